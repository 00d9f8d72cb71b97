"""What providers call: believed only when signed over our own address, taken once, answered without a word."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import worlds
from tests.support.fakes_channels import SID, TOKEN
from widget_server.channels import twilio_signature
from widget_server.channels.sms import Account, Sms
from widget_server.store import outbox
from widget_server.web import hooks, problems
from widget_server.words import Words

BASE = "http://127.0.0.1:8123"


@pytest.fixture
def house(tmp_path: Path, words: Words) -> worlds.House:
    return worlds.make(tmp_path, words)


@pytest.fixture
def client(house: worlds.House) -> Iterator[FlaskClient]:
    app = Flask("hooks")
    problems.Problems(house.world.words, BASE).install(app)
    app.register_blueprint(hooks.blueprint(house.world, {"sms": Sms(Account(SID, TOKEN, "+12025550123"))}))
    with app.test_client() as found:
        yield found


def call(client: FlaskClient, form: dict[str, str], query: str = "", token: str = TOKEN, **more: Any) -> Any:
    signature = twilio_signature.sign(token, f"{BASE}/hooks/sms{query}", form.items())
    sent = {twilio_signature.HEADER: signature, "Content-Type": "application/x-www-form-urlencoded"}
    return client.post(f"/hooks/sms{query}", data=urlencode(form), headers=sent | more.pop("headers", {}), **more)


def text(body: str, sid: str = "SM1", sender: str = worlds.PHONE) -> dict[str, str]:
    form = {"MessageSid": sid, "AccountSid": SID, "From": sender, "To": "+12025550123", "Body": body}
    return form | {"SmsStatus": "received", "NumMedia": "0"}


def test_a_text_is_taken_and_answered_with_nothing(house: worlds.House, client: FlaskClient) -> None:
    session = house.notify()["session"]
    house.pay()
    answer = call(client, text("Where do I sit?"))
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text.endswith("<Response></Response>")
    assert heard(house, session) == ["Where do I sit?"]


def heard(house: worlds.House, session: str) -> list[str]:
    """What the customer wrote."""
    events = house.events(session)
    return [e["body"]["text"] for e in events if e["kind"] == "message" and e["actor"]["kind"] == "customer"]


def test_a_doubled_text_is_taken_once(house: worlds.House, client: FlaskClient) -> None:
    session = house.notify()["session"]
    house.pay()
    assert [call(client, text("hello")).status_code for _ in range(3)] == [200, 200, 200]
    assert heard(house, session) == ["hello"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("emoji \U0001f469\u200d\U0001f467 <b>&amp;</b>", "emoji \U0001f469\u200d\U0001f467 <b>&amp;</b>"),
        ("control\x00\x07 characters", "control characters"),
        ("x" * 9_000, "x" * 9_000),
    ],
)
def test_whatever_people_write_is_kept(house: worlds.House, client: FlaskClient, written: str, kept: str) -> None:
    session = house.notify()["session"]
    house.pay()
    assert call(client, text(written)).status_code == 200
    assert heard(house, session) == [kept]


def test_an_empty_text_is_taken_and_says_nothing(house: worlds.House, client: FlaskClient) -> None:
    session = house.notify()["session"]
    house.pay()
    assert call(client, text(" \x00 ")).status_code == 200
    assert heard(house, session) == []


def test_receipts_move_a_delivery_forward_only(house: worlds.House, client: FlaskClient) -> None:
    session = house.notify()["session"]
    (sent,) = house.pay()
    for status in ("queued", "delivered", "sent", "delivered"):
        form = {"MessageSid": "SM9", "AccountSid": SID, "MessageStatus": status, "SmsStatus": status}
        assert call(client, form, f"?delivery={sent.id}").status_code == 200
    told = [event["body"]["status"] for event in house.events(session) if event["kind"] == "receipt"]
    assert told == ["delivered"]
    with house.world.store.read() as tx:
        row = outbox.get(tx, sent.id)
    assert row is not None
    assert row.status == "delivered"


def test_a_receipt_for_nothing_we_sent_is_taken_calmly(client: FlaskClient) -> None:
    form = {"MessageSid": "SM9", "AccountSid": SID, "MessageStatus": "delivered", "SmsStatus": "delivered"}
    assert call(client, form, "?delivery=nothing").status_code == 200
    assert call(client, form).status_code == 200


@pytest.mark.parametrize("how", ["token", "none", "query", "body"])
def test_a_forged_hook_is_refused_and_leaves_nothing(house: worlds.House, client: FlaskClient, how: str) -> None:
    session = house.notify()["session"]
    house.pay()
    form = text("hello")
    if how == "token":
        answer = call(client, form, token="guessed")
    elif how == "none":
        answer = client.post("/hooks/sms", data=form)
    elif how == "query":
        signature = twilio_signature.sign(TOKEN, f"{BASE}/hooks/sms", form.items())
        answer = client.post("/hooks/sms?x=1", data=form, headers={twilio_signature.HEADER: signature})
    else:
        signature = twilio_signature.sign(TOKEN, f"{BASE}/hooks/sms", form.items())
        answer = client.post("/hooks/sms", data=form | {"Body": "other"}, headers={twilio_signature.HEADER: signature})
    assert answer.status_code == 403
    assert heard(house, session) == []


def test_headers_cannot_move_the_address_that_was_signed(house: worlds.House, client: FlaskClient) -> None:
    session = house.notify()["session"]
    house.pay()
    claims = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert call(client, text("hello"), headers=claims).status_code == 200
    assert heard(house, session) == ["hello"]
    form = text("again", "SM2")
    elsewhere = twilio_signature.sign(TOKEN, "https://evil.example/hooks/sms", form.items())
    answer = client.post("/hooks/sms", data=form, headers=claims | {twilio_signature.HEADER: elsewhere})
    assert answer.status_code == 403


def test_what_is_no_hook_is_no_hook(client: FlaskClient) -> None:
    assert client.post("/hooks/pigeon").status_code == 404
    assert client.get("/hooks/sms").status_code == 405
    assert call(client, {"AccountSid": SID, "MessageStatus": "vanished"}).status_code == 400
    assert call(client, text("x") | {"AccountSid": "AC2"}).status_code == 400
    assert client.post("/hooks/sms", data=b"x" * 200_000).status_code == 413
