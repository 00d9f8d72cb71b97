"""The simulated phone company: it speaks as Twilio does, forgets nothing, and goes wrong only as it was told."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.support.fakes_channels import SID, SPECS, TOKEN, Description
from tests.support.handset import SENDER, Handset, Listener, handset, listener
from widget_server.channels.contract import DeliveryFailed, Hook, HttpAnswer, HttpCall, Inbound, Outgoing, Receipt
from widget_server.channels.sms import Account, Sms
from widget_server.demo.handset.messages import Faults

NUMBERS = count(1)


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Listener]:
    with listener() as found:
        yield found


@pytest.fixture(scope="module")
def shared_phones(tmp_path_factory: pytest.TempPathFactory, shared_server: Listener) -> Iterator[Handset]:
    with handset(tmp_path_factory.mktemp("handset"), shared_server.url + "/hooks/sms") as found:
        yield found


@pytest.fixture
def server(shared_server: Listener) -> Listener:
    """Has heard nothing yet."""
    shared_server.answers.clear()
    shared_server.heard.clear()
    return shared_server


@pytest.fixture
def phones(shared_phones: Handset, server: Listener) -> Iterator[Handset]:
    """A phone nobody has used, on a network without faults."""
    server.about = f"+1202555{next(NUMBERS):04}"
    yield replace(shared_phones, phone=server.about)
    server.about = ""
    shared_phones.ask("PUT", "/faults", json={})


class RewrittenClient(TwilioHttpClient):  # type: ignore[misc]
    """The provider's own SDK, sent to our handset instead of its host."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self._base), *args, **kwargs)


def carry(call: HttpCall) -> HttpAnswer:
    answer = requests.request(call.method, call.url, headers=dict(call.headers), data=call.body, timeout=call.timeout)
    return HttpAnswer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


def our_channel(phones: Handset) -> Sms:
    return Sms(Account(SID, TOKEN, SENDER, phones.url))


def test_a_text_arrives_and_is_reported_step_by_step(phones: Handset, server: Listener) -> None:
    callback = server.url + "/hooks/sms?delivery=d1"
    sent = our_channel(phones).send(Outgoing("d1", phones.phone, "", "Your flight is late \U0001f6eb", callback), carry)
    assert (sent.provider_id[:2], sent.segments) == ("SM", 1)
    heard = server.wait(lambda heard: len(heard) == 2)
    hooks = [Hook(h.url, {"x-twilio-signature": h.signature}, _form(h.form), 0) for h in heard]
    for hook in hooks:
        our_channel(phones).verify(hook)
    assert [our_channel(phones).parse(hook) for hook in hooks] == [
        Receipt("d1", sent.provider_id, "sent"),
        Receipt("d1", sent.provider_id, "delivered"),
    ]
    (bubble,) = phones.shows()
    assert (bubble["text"], bubble["mine"], bubble["encoding"]) == ("Your flight is late \U0001f6eb", False, "UCS-2")


def test_a_phones_text_is_a_signed_hook(phones: Handset, server: Listener) -> None:
    typed = phones.type("Grüße & <b>2</b>")
    (heard,) = server.wait(lambda heard: len(heard) == 1)
    assert RequestValidator(TOKEN).validate(heard.url, heard.form, heard.signature)
    read = our_channel(phones).parse(Hook(heard.url, {}, _form(heard.form), 7))
    assert read == Inbound("sms", SID, typed["id"], phones.phone, SENDER, "Grüße & <b>2</b>", 7)
    assert phones.shows(lambda found: found[0]["status"] == "received")[0]["mine"]


def test_the_providers_own_sdk_works_against_it(phones: Handset, server: Listener) -> None:
    client = Client(SID, TOKEN, http_client=RewrittenClient(phones.url))
    made = client.messages.create(to=phones.phone, from_=SENDER, body="Hello", status_callback=server.url + "/cb")
    assert made.status == "queued"
    heard = server.wait(lambda heard: len(heard) == 2)
    assert all(RequestValidator(TOKEN).validate(h.url, h.form, h.signature) for h in heard)
    fetched = client.messages(made.sid).fetch()
    assert (fetched.status, fetched.body, fetched.num_segments) == ("delivered", "Hello", "1")
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to="12", from_=SENDER, body="Hello")
    assert refused.value.code == 21211


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"to": "12"}, "invalid_number"),
        ({"to": "+15005550009"}, "not_mobile"),
        ({"to": "+15005550004"}, "opted_out"),
        ({"From": "+19"}, "invalid_sender"),
        ({"From": "+12025550199"}, "invalid_sender"),
        ({"text": ""}, "empty"),
        ({"text": "x" * 1601}, "too_long"),
    ],
)
def test_it_refuses_as_the_provider_does(phones: Handset, form: dict[str, str], reason: str) -> None:
    answer = phones.send(**{"text": "Hello"} | form)
    assert answer.status_code == 400
    with pytest.raises(DeliveryFailed, match=reason) as refused:
        our_channel(phones).read_answer(HttpAnswer(answer.status_code, {}, answer.content))
    assert refused.value.permanent


def test_strangers_get_nothing(phones: Handset) -> None:
    for auth in (None, (SID, "wrong"), ("AC9", TOKEN), ("ä", "ö")):
        for path in ("/phones", "/faults", f"/2010-04-01/Accounts/{SID}/Messages.json"):
            assert requests.get(phones.url + path, auth=auth, timeout=10).status_code == 401
    assert phones.ask("GET", "/2010-04-01/Accounts/AC9/Messages/SM1.json").json()["code"] == 20404


def test_stop_is_obeyed_until_start(phones: Handset) -> None:
    phones.type("Stop ")
    assert phones.send("Hello").json()["code"] == 21610
    phones.type("START")
    assert phones.send("Hello").status_code == 201


def test_an_outage_and_its_end(phones: Handset) -> None:
    phones.ask("PUT", "/faults", json={"outage": True})
    with pytest.raises(DeliveryFailed, match="provider_503"):
        our_channel(phones).send(Outgoing("d1", phones.phone, "", "Hello"), carry)
    phones.ask("PUT", "/faults", json={})
    assert our_channel(phones).send(Outgoing("d1", phones.phone, "", "Hello"), carry).provider_id


def test_an_unreachable_phone(phones: Handset, server: Listener) -> None:
    phones.ask("PUT", "/faults", json={"unreachable": True})
    phones.send("Hello", StatusCallback=server.url + "/cb?delivery=d1")
    heard = server.wait(lambda heard: len(heard) == 2)
    assert [h.form["MessageStatus"] for h in heard] == ["sent", "undelivered"]
    assert heard[1].form["ErrorCode"] == "30003"
    assert phones.ask("GET", f"/phones/{phones.phone}/messages").json()["messages"] == []


def test_duplicates_come_twice_with_one_id(phones: Handset, server: Listener) -> None:
    phones.ask("PUT", "/faults", json={"duplicates": True})
    phones.type("2")
    heard = server.wait(lambda heard: len(heard) == 2)
    assert heard[0] == heard[1]


def test_disorder_reports_delivered_before_sent(phones: Handset, server: Listener) -> None:
    phones.ask("PUT", "/faults", json={"disorder": True})
    phones.send("Hello", StatusCallback=server.url + "/cb")
    heard = server.wait(lambda heard: len(heard) == 2)
    assert [h.form["MessageStatus"] for h in heard] == ["delivered", "sent"]


def test_silence_delivers_without_a_word(phones: Handset, server: Listener) -> None:
    phones.ask("PUT", "/faults", json={"silence": True})
    phones.send("Hello", StatusCallback=server.url + "/cb")
    assert phones.shows()[0]["text"] == "Hello"
    assert server.heard == []


def test_a_server_that_is_down_gets_every_text_later_in_order(phones: Handset, server: Listener) -> None:
    server.answers = [503, 500]
    for text in ("one", "two", "three"):
        phones.type(text)
    heard = server.wait(lambda heard: len(heard) == 3)
    assert [h.form["Body"] for h in heard] == ["one", "two", "three"]


def test_a_text_the_server_refuses_is_shown_as_refused(phones: Handset, server: Listener) -> None:
    server.answers = [403]
    phones.type("Hello")
    assert phones.shows(lambda found: found[0]["status"] == "refused")


def test_a_killed_handset_goes_on_with_the_same_messages(tmp_path: Path, server: Listener) -> None:
    hook = server.url + "/hooks/sms"
    with handset(tmp_path, hook) as first:
        first.send("Hello")
        first.shows()
        first.ask("PUT", "/faults", json={"delay": 60})
        first.type("typed and on its way")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(20)
    journal = tmp_path / "handset.jsonl"
    kept = journal.read_bytes().replace(b'"delay":60', b'"delay":0')
    journal.write_bytes(kept + b'{"message":{"sid":"SMhalf')
    with handset(tmp_path, hook) as second:
        (heard,) = server.wait(lambda heard: len(heard) == 1)
        assert heard.form["Body"] == "typed and on its way"
        texts = [m["text"] for m in second.shows(lambda found: len(found) == 2)]
        assert texts == ["Hello", "typed and on its way"]


def test_it_ends_when_it_is_told(tmp_path: Path, server: Listener) -> None:
    with handset(tmp_path, server.url) as found:
        assert found.stop() == 0


@pytest.mark.parametrize("told", [None, [], {"rain": True}, {"outage": 1}, {"delay": 61}, {"delay": True}])
def test_a_fault_nobody_knows_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match=r"fault|delay"):
        Faults.read(told)


if SPECS.exists():

    def test_its_answers_fit_the_published_description(phones: Handset) -> None:
        described = Description(SPECS / "twilio" / "twilio_api_v2010.json")
        schema = described.schema("api.v2010.account.message")
        made = phones.send("Hello").json()
        phones.shows()
        fetched = phones.ask("GET", made["uri"]).json()
        for answer in (made, fetched):
            assert list(described.faults(answer, schema)) == []


def _form(form: dict[str, str]) -> bytes:
    return urlencode(form).encode()
