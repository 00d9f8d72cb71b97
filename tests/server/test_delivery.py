"""What the outbox owes is paid once, in order, and what became of it is in the timeline."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from disposable import loading
from tests.support import worlds
from tests.support.fakes_channels import Wire, answered, answering, listening
from widget_server.actions import desk, receipts, sessions, setup
from widget_server.channels import signed_calls
from widget_server.channels.contract import (
    Capabilities,
    Carry,
    DeliveryFailed,
    Hook,
    HttpAnswer,
    HttpCall,
    Outgoing,
    Receipt,
    Sent,
)
from widget_server.delivery import CALLS, MESSAGES, Loop, Patience, carrier
from widget_server.settings import Settings
from widget_server.store import outbox
from widget_server.words import Words

SECRET = b"k" * 24


@dataclass
class Provider:
    """A channel whose provider answers as it was told to: an exception is raised, anything else is a success."""

    answers: list[Exception | None] = field(default_factory=list)
    sent: list[Outgoing] = field(default_factory=list)
    meanwhile: Callable[[Outgoing], None] = lambda outgoing: None
    name: str = "sms"
    sender: str = "+12025550123"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(max_length=1600))

    def send(self, outgoing: Outgoing, _carry: Carry) -> Sent:
        self.meanwhile(outgoing)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.sent.append(outgoing)
        return Sent(f"SM{len(self.sent)}", 1)

    def verify(self, _hook: Hook) -> None:
        raise AssertionError

    def parse(self, _hook: Hook) -> None:
        raise AssertionError

    def segments(self, _text: str) -> int:
        return 1


@pytest.fixture
def house(tmp_path: Path, words: Words) -> worlds.House:
    made = worlds.make(tmp_path, words)
    setup.register_call(made.world, made.site.id, "rebook", "https://erp.example.com/rebook", SECRET)
    return made


@pytest.fixture
def provider() -> Provider:
    return Provider()


def loop_of(house: worlds.House, provider: Provider, *answers: HttpAnswer | Exception) -> tuple[Loop, Wire]:
    wire = Wire(*answers)
    return Loop(house.world, {"sms": provider}, wire, Random(7)), wire


def receipts_of(house: worlds.House, session: str) -> list[dict[str, Any]]:
    return [event["body"] for event in house.events(session) if event["kind"] == "receipt"]


def statuses(house: worlds.House, session: str) -> list[str]:
    with house.world.store.read() as tx:
        return [row.status for row in outbox.of_session(tx, session)]


def say(house: worlds.House, session: str, *texts: str) -> None:
    """An agent takes the session and writes by text."""
    epoch = sessions.get(house.world, house.ada, session)["epoch"]
    desk.accept(house.world, house.ada, session, epoch, f"accept {epoch}")
    for text in texts:
        write(house, session, text)


def write(house: worlds.House, session: str, text: str) -> None:

    epoch = sessions.get(house.world, house.ada, session)["epoch"]
    sessions.write(house.world, house.ada, session, f"say {text}", "message", {"text": text}, epoch=epoch)


# --- messages ---


def test_a_notice_leaves_with_its_link_written_in(house: worlds.House, provider: Provider) -> None:
    session = house.notify()["session"]
    loop, _ = loop_of(house, provider)
    assert loop.turn() == 1
    (sent,) = provider.sent
    assert sent.to == worlds.PHONE
    assert "http://127.0.0.1:8123/l/" in sent.text
    assert "{link" not in sent.text
    assert sent.status_url == f"http://127.0.0.1:8123/hooks/sms?delivery={sent.delivery}"
    assert [(one["status"], one["delivery"]) for one in receipts_of(house, session)] == [("sent", sent.delivery)]
    assert loop.turn() == 0


def test_what_failed_for_now_is_tried_again_later(house: worlds.House, provider: Provider) -> None:
    session = house.notify()["session"]
    provider.answers = [DeliveryFailed("provider_503"), DeliveryFailed("timeout")]
    loop, _ = loop_of(house, provider)
    assert [loop.turn(), loop.turn()] == [1, 0]
    house.clock.on(seconds=3)
    assert [loop.turn(), loop.turn()] == [1, 0]
    house.clock.on(seconds=6)
    assert loop.turn() == 1
    assert len(provider.sent) == 1
    assert [one["status"] for one in receipts_of(house, session)] == ["sent"]


def test_the_provider_may_ask_for_more_time(house: worlds.House, provider: Provider) -> None:
    house.notify()
    provider.answers = [DeliveryFailed("provider_429", retry_in=120)]
    loop, _ = loop_of(house, provider)
    loop.turn()
    house.clock.on(seconds=100)
    assert loop.turn() == 0
    house.clock.on(seconds=30)
    assert loop.turn() == 1


def test_a_later_text_never_overtakes_one_that_is_tried_again(house: worlds.House, provider: Provider) -> None:
    session = house.text("hello").session
    loop, _ = loop_of(house, provider)
    while loop.turn():
        pass
    provider.sent.clear()
    provider.answers = [DeliveryFailed("provider_503")]
    say(house, session, "one", "two", "three")
    assert [loop.turn(), loop.turn()] == [1, 0]
    house.clock.on(seconds=3)
    assert [loop.turn(), loop.turn(), loop.turn(), loop.turn()] == [1, 1, 1, 0]
    assert [sent.text for sent in provider.sent] == ["one", "two", "three"]


def test_a_refusal_for_good_is_in_the_timeline(house: worlds.House, provider: Provider) -> None:
    session = house.notify()["session"]
    provider.answers = [DeliveryFailed("not_mobile", permanent=True)]
    loop, _ = loop_of(house, provider)
    loop.turn()
    (told,) = receipts_of(house, session)
    assert (told["status"], told["permanent"], told["reason"]) == ("failed", True, "not_mobile")
    assert statuses(house, session) == ["failed"]


def test_patience_ends(house: worlds.House, provider: Provider) -> None:
    session = house.notify()["session"]
    provider.answers = [DeliveryFailed("provider_503") for _ in range(MESSAGES.tries)]
    loop, _ = loop_of(house, provider)
    for _ in range(MESSAGES.tries):
        assert loop.turn() == 1
        house.clock.on(seconds=1000)
    assert loop.turn() == 0
    (told,) = receipts_of(house, session)
    assert (told["status"], told["permanent"]) == ("failed", False)


def test_what_may_have_gone_out_is_unknown_and_not_repeated(house: worlds.House, provider: Provider) -> None:
    session = house.notify()["session"]
    provider.answers = [DeliveryFailed("timeout", unknown=True)]
    loop, _ = loop_of(house, provider)
    loop.turn()
    house.clock.on(seconds=10_000)
    assert loop.turn() == 0
    assert provider.sent == []
    assert [one["status"] for one in receipts_of(house, session)] == ["unknown"]


def test_a_sender_that_died_leaves_an_unknown_text_and_a_free_lane(house: worlds.House, provider: Provider) -> None:
    session = house.text("hello").session
    loop, _ = loop_of(house, provider)
    while loop.turn():
        pass
    provider.sent.clear()
    say(house, session, "one", "two")

    def die(_outgoing: Outgoing) -> None:
        raise SystemExit

    provider.meanwhile = die
    with pytest.raises(SystemExit):
        loop.turn()
    provider.meanwhile = lambda outgoing: None
    other, _ = loop_of(house, provider)
    assert other.turn() == 0
    house.clock.on(seconds=120)
    assert [other.turn(), other.turn()] == [1, 0]
    assert [sent.text for sent in provider.sent] == ["two"]
    assert "unknown" in [one["status"] for one in receipts_of(house, session)]


def test_a_receipt_that_outruns_the_answer_stands(house: worlds.House, provider: Provider) -> None:
    session = house.notify()["session"]

    def at_once(outgoing: Outgoing) -> None:
        receipts.take(house.world, Receipt(outgoing.delivery, "SM1", "delivered"))

    provider.meanwhile = at_once
    loop, _ = loop_of(house, provider)
    loop.turn()
    assert statuses(house, session) == ["delivered"]
    assert [one["status"] for one in receipts_of(house, session)] == ["delivered"]


def test_a_channel_nobody_built_fails_for_good(house: worlds.House) -> None:
    session = house.notify()["session"]
    Loop(house.world, {"other": Provider()}, Wire(), Random(7)).turn()
    assert receipts_of(house, session)[0]["reason"] == "no_channel"


# --- calls ---


def to_booking(house: worlds.House, loop: Loop) -> str:
    """Texts the flow as far as the call to the company."""
    session = str(house.notify()["session"])
    loop.turn()
    for words in ("2", "1", "1", "Lindqvist"):
        house.text(words)
        house.clock.on(seconds=1)
    return session


def ended(house: worlds.House, session: str) -> list[str]:
    kinds = house.kinds(session)
    return [kind for kind in kinds if kind in ("run.called", "run.returned", "run.ended", "run.handover")]


def pay_all(house: worlds.House, loop: Loop) -> None:
    for _ in range(12):
        while loop.turn():
            pass
        house.clock.on(seconds=30)


def test_a_call_is_signed_and_its_answer_moves_the_flow(house: worlds.House, provider: Provider) -> None:
    loop, wire = loop_of(house, provider, answered(200, {"reference": "K7QX2M"}))
    session = to_booking(house, loop)
    assert ended(house, session) == ["run.called"]
    pay_all(house, loop)
    (call,) = wire.calls
    told = {name.lower(): value for name, value in call.headers.items()}
    assert signed_calls.verify(SECRET, told, call.body, int(told["webhook-timestamp"]) * 1000)
    body = json.loads(call.body)
    assert (call.url, body["call"], body["with"]) == ("https://erp.example.com/rebook", "rebook", {"flight": "MA 210"})
    assert ended(house, session) == ["run.called", "run.returned", "run.ended"]
    assert "K7QX2M" in provider.sent[-1].text


def make_safe(house: worlds.House) -> None:
    """From now on the flow says that its call may be repeated."""
    text = loading.gallery()["flight-delay"].replace("do: {call: rebook,", "do: {call: rebook, safe: true,")
    setup.publish(house.world, house.site.id, loading.load(text))


def test_a_safe_call_is_repeated_under_the_same_key_until_it_succeeds(house: worlds.House, provider: Provider) -> None:
    make_safe(house)
    timeout = DeliveryFailed("timeout", unknown=True)
    loop, wire = loop_of(house, provider, answered(503), timeout, answered(200, {"reference": "K7QX2M"}))
    session = to_booking(house, loop)
    pay_all(house, loop)
    assert len({call.headers["Idempotency-Key"] for call in wire.calls}) == 1
    assert len(wire.calls) == 3
    assert ended(house, session) == ["run.called", "run.returned", "run.ended"]


@pytest.mark.parametrize(
    "answers",
    [
        [answered(400)],
        [answered(200, "<html>")],
        [answered(302)],
        [answered(500)],
        [DeliveryFailed("timeout", unknown=True)],
        [DeliveryFailed("unreachable")] * CALLS.tries,
    ],
    ids=["refused", "no json", "redirected", "broken", "no answer", "nobody there"],
)
def test_a_call_that_fails_takes_the_other_way(
    house: worlds.House, provider: Provider, answers: list[HttpAnswer]
) -> None:
    loop, wire = loop_of(house, provider, *answers)
    session = to_booking(house, loop)
    pay_all(house, loop)
    assert len(wire.calls) == len(answers)
    assert ended(house, session) == ["run.called", "run.returned", "run.handover"]


def test_a_call_nobody_registered_takes_the_other_way(tmp_path: Path, words: Words, provider: Provider) -> None:
    house = worlds.make(tmp_path, words)
    loop, wire = loop_of(house, provider)
    session = to_booking(house, loop)
    pay_all(house, loop)
    assert wire.calls == []
    assert ended(house, session)[-1] == "run.handover"


def test_a_call_that_reached_nobody_is_tried_again_though_it_is_not_safe(
    house: worlds.House, provider: Provider
) -> None:
    refused = DeliveryFailed("unreachable")
    loop, wire = loop_of(house, provider, refused, refused, answered(200, {"reference": "K7QX2M"}))
    session = to_booking(house, loop)
    pay_all(house, loop)
    assert len(wire.calls) == 3
    assert ended(house, session) == ["run.called", "run.returned", "run.ended"]


def test_a_call_whose_caller_died_is_not_repeated_unless_it_is_safe(house: worlds.House, provider: Provider) -> None:
    loop, wire = loop_of(house, provider)
    session = to_booking(house, loop)
    while not any(row.kind == "call" for row in outbox.claim(house.world.store)):
        house.clock.on(seconds=100)
        loop.tick()
    house.clock.on(seconds=100)
    pay_all(house, loop)
    assert wire.calls == []
    assert ended(house, session) == ["run.called", "run.returned", "run.handover"]


def test_a_caller_that_died_calls_again_under_the_same_key(house: worlds.House, provider: Provider) -> None:
    make_safe(house)
    loop, wire = loop_of(house, provider)
    session = to_booking(house, loop)
    while not any(row.kind == "call" for row in outbox.claim(house.world.store)):
        house.clock.on(seconds=100)
        loop.tick()
    house.clock.on(seconds=100)
    wire.answers = [answered(200, {"reference": "K7QX2M"})]
    pay_all(house, loop)
    assert ended(house, session) == ["run.called", "run.returned", "run.ended"]


# --- the loop itself ---


@pytest.fixture
def running(house: worlds.House, provider: Provider) -> Iterator[Loop]:
    loop, _ = loop_of(house, provider)
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield loop
    loop.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_a_commit_wakes_the_loop_and_many_texts_keep_their_order(
    house: worlds.House, provider: Provider, running: Loop
) -> None:
    arrived = threading.Event()
    provider.meanwhile = lambda outgoing: arrived.set() if outgoing.text == "text 19" else None
    session = house.text("hello").session
    say(house, session, *(f"text {n}" for n in range(20)))
    assert arrived.wait(30)
    running.stop()
    assert running.join(30)
    assert [sent.text for sent in provider.sent if sent.text.startswith("text")] == [f"text {n}" for n in range(20)]


def test_stopping_finishes_what_is_in_hand_and_takes_nothing_new(
    house: worlds.House, provider: Provider, running: Loop
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(_outgoing: Outgoing) -> None:
        begun.set()
        assert go_on.wait(30)

    provider.meanwhile = slow
    session = house.notify()["session"]
    assert begun.wait(30)
    running.stop()
    assert not running.join(0.05)
    house.notify(to={"phone": "+12025550177"})
    go_on.set()
    assert running.join(30)
    assert statuses(house, session) == ["sent"]
    assert len(provider.sent) == 1


def test_one_row_that_breaks_does_not_stop_the_others(
    house: worlds.House, provider: Provider, running: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    provider.answers = [RuntimeError("a fault of ours")]
    house.notify()
    arrived = threading.Event()
    provider.meanwhile = lambda outgoing: arrived.set() if outgoing.to == "+12025550177" else None
    house.notify(to={"phone": "+12025550177"})
    assert arrived.wait(30)
    running.stop()
    assert running.join(30)
    assert "a fault of ours" in caplog.text


@pytest.mark.parametrize("patience", [MESSAGES, CALLS])
def test_pauses_grow_are_spread_and_have_a_bound(patience: Patience) -> None:
    random = Random(1)
    for attempt in range(1, patience.tries + 1):
        whole = min(patience.longest, patience.first * 2 ** (attempt - 1))
        pauses = {patience.pause(attempt, random) for _ in range(50)}
        assert len(pauses) > 10
        assert all(whole / 2 <= pause <= whole for pause in pauses)


# --- the way out ---


def test_the_way_out_says_what_a_sender_must_know(tmp_path: Path) -> None:

    settings = Settings.for_demo(tmp_path, 8123, environ={})
    carry = carrier(settings)
    with listening(answering(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok")) as port:
        assert carry(HttpCall("POST", f"http://127.0.0.1:{port}/")).status == 201
    with listening(answering(b"")) as port, pytest.raises(DeliveryFailed) as broken:
        carry(HttpCall("POST", f"http://127.0.0.1:{port}/"))
    assert broken.value.unknown
    with pytest.raises(DeliveryFailed, match="blocked") as blocked:
        carry(HttpCall("POST", "http://10.0.0.1/"))
    assert blocked.value.permanent
    with pytest.raises(DeliveryFailed, match="unreachable") as lost:
        carry(HttpCall("POST", "https://nowhere.invalid/"))
    assert not lost.value.permanent
    assert not lost.value.unknown


def test_the_providers_address_is_allowed_by_being_a_setting(tmp_path: Path) -> None:

    with listening(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as port:
        base = f"http://127.0.0.1:{port}"
        settings = Settings.for_demo(tmp_path, 8123, twilio_api_base=base, environ={})
        carry = carrier(replace(settings, allow_private_calls=()))
        assert carry(HttpCall("POST", f"{base}/x")).status == 204
        with pytest.raises(DeliveryFailed, match="blocked"):
            carry(HttpCall("POST", f"http://127.0.0.1:{port + 1}/x"))
