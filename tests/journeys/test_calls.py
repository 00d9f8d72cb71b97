"""A flow calls the company's server: signed, timed out, repeated only if that is safe, its answer saved, or otherwise."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support import worlds
from tests.support.both import BOTH, house_on
from tests.support.companies import Company, Reply, company, json_reply
from tests.support.phones import Phone, opened, publish
from tests.support.server import free_port
from tests.support.worlds import House
from widget_server.actions import setup
from widget_server.channels import signed_calls
from widget_server.delivery import CALLS, LARGEST_ANSWER, Loop, carrier
from widget_server.store import outbox
from widget_server.words import Words

SECRET = b"k" * 24
ORDER = """
app: order
purpose: Your order
title: Your order
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: sure
steps:
  sure: {say: Send it?, choose: {yes: {label: Send it, next: send}}}
  send: {do: {call: order, with: {cups: 2, note: "{{ site.name }}"}, save: made, otherwise: failed}, next: done}
  done: {end: "Number {{ made.number }}"}
  failed: {end: That did not work.}
"""
SAFE = ORDER.replace("app: order", "app: look").replace("call: order,", "call: order, safe: true,")
LIST = """
app: pick
purpose: Your choice
title: Your choice
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: sure
steps:
  sure: {say: Look?, choose: {yes: {label: Look, next: look}}}
  look: {do: {call: order, save: found, otherwise: failed}, next: pick}
  pick: {ask: Which?, field: {kind: choice, from: found.cups, label: "{{ item.name }}", save: cup}, next: done}
  done: {end: "{{ cup.name }}"}
  failed: {end: That did not work.}
"""
DEEP = b"[" * 15_000 + b"]" * 15_000
BOXES = b'{"a":' * 60 + b"1" + b"}" * 60


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    for made in house_on(request.param, request, tmp_path, words):
        for text in (ORDER, SAFE, LIST):
            publish(made, text)
        yield made


@pytest.fixture
def quick(tmp_path: Path, words: Words) -> House:
    """The same on SQLite alone: for what never gets as far as a database."""
    made = worlds.make(tmp_path, words)
    for text in (ORDER, LIST):
        publish(made, text)
    return made


def sent(house: House, to: str, app: str = "order", timeout_ms: int = 5_000) -> Phone:
    """A customer who has just sent the order, which goes to that URL."""
    setup.register_call(house.world, house.site.id, "order", to, SECRET, timeout_ms)
    phone = opened(house, app)
    phone.answer("sure", choice="yes")
    return phone


def loop_of(house: House) -> Loop:
    return Loop(house.world, {}, carrier(house.world.settings), Random(7))


def pay(house: House, rounds: int = CALLS.tries + 2) -> None:
    loop = loop_of(house)
    for _ in range(rounds):
        loop.turn()
        house.clock.on(seconds=30)


def said(phone: Phone) -> str:
    return phone.see().screen.say


def test_it_is_signed_and_its_answer_is_saved(house: House) -> None:
    with company(json_reply({"number": "B-7"})) as server:
        phone = sent(house, server.url)
        assert phone.see().screen.kind == "working"
        pay(house)
    (call,) = server.asked
    assert signed_calls.verify(SECRET, call.headers, call.body, int(call.headers["webhook-timestamp"]) * 1000)
    assert call.told["with"] == {"cups": 2, "note": "Meridian Air"}
    assert call.told["session"] == phone.session
    assert said(phone) == "Number B-7"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(503),
        Reply(400),
        Reply(302, location="http://127.0.0.1:1/elsewhere"),
        Reply(body=b"<html>Welcome</html>"),
        Reply(body=b'{"number": '),
        Reply(body=b'{"number": NaN}'),
        Reply(body=b'{"number": 1e999}'),
        Reply(body=b'{"number": "\\ud800"}'),
        Reply(body=b"\xff\xfe{}"),
        Reply(body=DEEP),
        Reply(body=BOXES),
        Reply(body=b'"' + b"x" * LARGEST_ANSWER + b'"'),
        Reply(body=b'{"number": 1}', claims=500),
    ],
    ids=[
        *("500", "503", "400", "redirect", "page", "half", "nan", "infinite", "surrogate", "bytes", "deep", "boxes"),
        *("large", "cut"),
    ],
)
def test_what_is_no_answer_is_asked_once_and_goes_otherwise(quick: House, reply: Reply) -> None:
    with company(reply) as server:
        phone = sent(quick, server.url)
        pay(quick, rounds=3)
    assert len(server.asked) == 1
    assert said(phone) == "That did not work."


@pytest.mark.parametrize("bad", [Reply(500), Reply(429)], ids=["500", "429"])
def test_a_safe_one_is_repeated_under_the_same_key(house: House, bad: Reply) -> None:
    with company(bad, bad, json_reply({"number": 3})) as server:
        phone = sent(house, server.url, "look")
        pay(house)
    assert len(server.asked) == 3
    assert len({call.key for call in server.asked}) == 1
    assert said(phone) == "Number 3"


def test_a_safe_one_is_not_repeated_for_ever(house: House) -> None:
    with company(Reply(500)) as server:
        phone = sent(house, server.url, "look")
        pay(house)
    assert len(server.asked) == CALLS.tries
    assert said(phone) == "That did not work."


@pytest.mark.parametrize(("app", "times", "end"), [("order", 1, "That did not work."), ("look", 2, "Number 9")])
def test_nobody_answers_in_time(house: House, app: str, times: int, end: str) -> None:
    with company(Reply(hangs=True), json_reply({"number": 9})) as server:
        phone = sent(house, server.url, app, timeout_ms=150)
        pay(house)
        assert len(server.asked) == times
    assert said(phone) == end


def test_a_connection_refused_is_tried_again_though_it_is_not_safe(house: House) -> None:
    port = free_port()
    phone = sent(house, f"http://127.0.0.1:{port}/call")
    pay(house, rounds=2)
    assert phone.see().screen.kind == "working"
    with company(json_reply({"number": 4}), port=port) as server:
        pay(house)
    assert len(server.asked) == 1
    assert said(phone) == "Number 4"


def test_a_name_nobody_knows_goes_otherwise_in_the_end(house: House) -> None:
    phone = sent(house, "https://nowhere.invalid/call")
    pay(house)
    assert said(phone) == "That did not work."


def test_an_answer_twice_changes_nothing_the_second_time(house: House) -> None:
    with company(json_reply({"number": "first"}), json_reply({"number": "second"})) as server:
        phone = sent(house, server.url)
        loop = loop_of(house)
        (row,) = [one for one in outbox.claim(house.world.store) if one.kind == "call"]
        loop.pay(row)
        before = house.events(phone.session)
        loop.pay(row)  # as after a crash between the flow's learning of it and the row's settling
    assert len(server.asked) == 2
    assert said(phone) == "Number first"
    assert house.events(phone.session) == before


def test_an_answer_of_the_wrong_shape_is_for_a_person(quick: House) -> None:
    answers: list[Any] = [{"cups": "no list"}, {"cups": 7}, [1, 2], "text", 5, True, None, {"cups": []}]
    for answer in answers:
        with company(json_reply(answer)) as server:
            phone = sent(quick, server.url, "pick")
            pay(quick, rounds=2)
        assert phone.see().mode == "chat", answer


def test_a_list_of_odd_things_breaks_nothing(house: House) -> None:
    with company(json_reply({"cups": [{"name": "Tea"}, 5, None, {"other": 1}, {"name": "Milk"}]})) as server:
        phone = sent(house, server.url, "pick")
        pay(house, rounds=2)
    screen = phone.see().screen
    assert "Tea" in [label for view in screen.fields for _, label in view.options]


def test_a_caller_that_died_asks_again_only_where_that_is_safe(house: House) -> None:
    with company(json_reply({"number": 5})) as server:
        for app, end in (("order", "That did not work."), ("look", "Number 5")):
            phone = sent(house, server.url, app)
            assert [row for row in outbox.claim(house.world.store, 50, 60_000) if row.kind == "call"]
            house.clock.on(seconds=120)
            pay(house)
            assert said(phone) == end
    assert len(server.asked) == 1


def test_a_company_that_fails_once_is_asked_anew_when_the_customer_says_so(house: House) -> None:
    server: Company
    with company(Reply(500), json_reply({"number": 6})) as server:
        publish(house, ORDER.replace("  failed: {end: That did not work.}", AGAIN))
        phone = sent(house, server.url)
        pay(house)
        assert phone.step == "failed"
        phone.answer("failed", choice="again")
        pay(house)
    assert said(phone) == "Number 6"
    assert len({call.key for call in server.asked}) == 2


AGAIN = "  failed: {say: That did not work., choose: {again: {label: Once more, next: send}}}"
