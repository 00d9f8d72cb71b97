"""When a session begins and ends, and which one a message from outside joins: four rules, on both databases."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support import worlds
from tests.support.both import BOTH, house_on
from tests.support.worlds import PHONE, House
from widget_server.actions import callbacks, desk, inbound, links, notify, runs, sessions, setup, ticks, widget
from widget_server.actions.errors import NotFound, SessionClosed
from widget_server.events import SYSTEM, Actor
from widget_server.store import customers, log
from widget_server.store import sessions as rows
from widget_server.words import Words

DAY_S = 24 * 3600
OTHER = "+12025550199"


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on("sqlite", request, tmp_path, words)


class OnBoth:
    @pytest.fixture(params=BOTH)
    def house(self, request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
        yield from house_on(request.param, request, tmp_path, words)


def epoch(house: House, session: str) -> int:
    return int(sessions.get(house.world, house.key, session)["epoch"])


def close(house: House, session: str) -> None:
    desk.close(house.world, house.ada, session, "resolved", epoch(house, session), f"close {session}")


def opened(house: House, **identity: str) -> str:
    return str(sessions.begin(house.world, house.key, identity, {}, None)["id"])


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, all begun at the same moment."""
    gate = threading.Barrier(len(work))
    done: list[Any] = [None] * len(work)

    def run(number: int, one: Callable[[], Any]) -> None:
        gate.wait(20)
        try:
            done[number] = one()
        except Exception as error:
            done[number] = error

    threads = [threading.Thread(target=run, args=(number, one)) for number, one in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return done


class TestJoining(OnBoth):
    def test_the_newest_outbound_on_the_pair_decides_before_the_person(self, house: House) -> None:
        older = house.notify()["session"]
        house.pay()
        newer = opened(house, phone=PHONE)
        assert newer != older
        assert house.text("hello").session == older

    def test_of_two_that_wrote_to_the_number_the_newer(self, house: House) -> None:
        first = house.notify()["session"]
        house.pay()
        second = opened(house, phone=PHONE)
        sessions.write(house.world, house.key, second, "m", "message", {"text": "hi"})
        desk.accept(house.world, house.ada, second, epoch(house, second), "a")
        house.clock.on(seconds=1)
        house.text("to the first")
        sessions.write(house.world, house.ada, second, "m2", "message", {"text": "reply"}, epoch=epoch(house, second))
        house.clock.on(seconds=200)
        house.pay()
        assert house.text("to the second").session == second != first

    def test_a_text_that_only_waits_is_no_outbound(self, house: House) -> None:
        waits = house.notify(not_before=house.clock() + 3_600_000)["session"]
        later = opened(house, phone=PHONE)
        got = house.text("hello")
        assert got.session not in (waits, later)
        assert sessions.get(house.world, house.key, got.session)["customer"] == house.notify()["customer"]

    def test_the_only_open_session_of_the_person(self, house: House) -> None:
        only = opened(house, phone=PHONE)
        assert house.text("hello").session == only

    def test_with_several_open_a_new_one(self, house: House) -> None:
        two = {opened(house, phone=PHONE), opened(house, phone=PHONE)}
        assert house.text("hello").session not in two

    def test_an_unknown_number_opens_one_in_the_default_teams_queue(self, house: House) -> None:
        got = house.text("hello", sender=OTHER)
        assert house.kinds(got.session) == ["session.opened", "message", "owner"]
        assert sessions.get(house.world, house.key, got.session)["owner"] == "queue:care"
        assert house.text("again", sender=OTHER).session == got.session

    def test_a_closed_one_is_never_joined_but_named(self, house: House) -> None:
        before = house.notify()["session"]
        house.pay()
        close(house, before)
        after = house.text("one more thing").session
        assert after != before
        assert sessions.get(house.world, house.key, after)["previous"] == before

    def test_a_number_answers_the_newest_prompt_of_the_pair(self, house: House) -> None:
        session = house.notify()["session"]
        house.pay()
        house.text("2")
        answered = [one["body"]["label"] for one in house.events(session) if one["kind"] == "run.answered"]
        assert answered == ["Change flight"]

    def test_one_sites_number_never_reaches_anothers_session(self, house: House) -> None:
        session = house.notify()["session"]
        house.pay()
        got = inbound.receive(house.world, worlds.Text("SMx", "hello", recipient="+12025550111"))
        assert got is not None
        assert got.session == session  # the same person's only open session, though not by the pair


class TestArrivingTogether(OnBoth):
    def test_twenty_copies_make_one_event_and_one_session(self, house: House) -> None:
        got = at_once(*[lambda: house.text("hello", OTHER, "SM-one") for _ in range(20)])
        events = [one for one in got if one is not None]
        assert [type(one).__name__ for one in events] == ["Event"]
        assert house.kinds(events[0].session) == ["session.opened", "message", "owner"]

    def test_two_texts_of_a_new_number_make_one_session(self, house: House) -> None:
        for sender in ("+12025550171", "+12025550172", "+12025550173"):
            got = at_once(*[partial(house.text, f"part {n}", sender, f"SM{sender}{n}") for n in range(2)])
            assert len({one.session for one in got}) == 1, got
            assert house.kinds(got[0].session).count("message") == 2

    def test_a_text_and_the_widget_of_one_person_make_one_session(self, house: House) -> None:
        grant, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
        with house.world.store.write() as tx:
            customers.learn(tx, grant.customer, house.site, customers.Address("phone", OTHER, "token"))
        got = at_once(
            lambda: house.text("hello", OTHER).session, lambda: widget.start(house.world, grant, "start")["id"]
        )
        assert got[0] == got[1]

    def test_copies_of_one_write_are_one_write(self, house: House) -> None:
        session = house.notify()["session"]
        house.pay()
        body = {"text": "2"}
        got = at_once(
            *[lambda: sessions.write(house.world, house.key, session, "k", "message", body) for _ in range(8)]
        )
        assert len({one.seq for one in got}) == 1, got
        assert house.kinds(session).count("run.answered") == 1

    def test_out_of_order_both_are_kept_in_the_order_they_came(self, house: House) -> None:
        session = house.text("second", provider_id="SM2").session
        assert house.text("first", provider_id="SM1").session == session
        said = [one["body"]["text"] for one in house.events(session) if one["kind"] == "message"]
        assert said == ["second", "first"]

    def test_a_text_that_meets_the_close_opens_the_next(self, house: House) -> None:
        session = house.notify()["session"]
        house.pay()
        got = at_once(lambda: house.text("wait"), lambda: close(house, session))
        assert got[1] is None or isinstance(got[1], Exception)
        assert got[0] is not None
        assert not isinstance(got[0], Exception), got[0]


class TestEnding:
    def silent(self, house: House, seconds: float = DAY_S + 60) -> str:
        house.clock.on(seconds=seconds)
        ticks.tidy(house.world)
        return str(sessions.get(house.world, house.key, self.session)["status"])

    @pytest.fixture(autouse=True)
    def one(self, house: House) -> None:
        self.session = opened(house, phone=PHONE)

    def test_a_day_of_silence_closes_what_nobody_owns(self, house: House) -> None:
        assert self.silent(house, DAY_S - 60) == "open"
        assert self.silent(house, 180) == "closed"
        last = house.events(self.session)[-1]
        assert (last["kind"], last["body"]["reason"]) == ("session.closed", "silence")

    def test_not_while_somebody_owns_it(self, house: House) -> None:
        desk.accept(house.world, house.ada, self.session, 0, "a")
        assert self.silent(house) == "open"

    def test_not_while_a_call_is_owed(self, house: House) -> None:
        due = house.clock() + 3 * DAY_S * 1000
        made = callbacks.request(house.world, house.ada, self.session, due, PHONE, "Seat", "cb")
        with house.world.store.write() as tx:
            rows.give(tx, self.session, "none", "free")
        assert self.silent(house) == "open"
        callbacks.done(house.world, house.ada, made["id"], "reached", "cb-done")
        assert self.silent(house) == "closed"

    def test_not_while_a_text_is_owed(self, house: House) -> None:
        later = house.clock() + 3 * DAY_S * 1000
        sent = notify.notify(house.world, house.key, {"phone": PHONE}, text="Soon", not_before=later)
        assert sent["session"] == self.session
        assert self.silent(house) == "open"
        house.clock.on(seconds=2 * DAY_S)
        house.pay()
        assert self.silent(house) == "closed"

    def test_a_runs_end_and_a_day_close_it_and_its_link_says_so(self, house: House) -> None:
        sent = house.notify()
        self.session = sent["session"]
        house.pay()
        house.text("1")
        house.pay()
        assert self.silent(house) == "closed"
        assert links.cover(house.world, house.world.settings.host, sent["link"]["code"]).state == "done"

    def test_the_sites_own_time(self, house: House) -> None:
        setup.set_site(house.world, house.site.id, options={"silence_ms": 60_000})
        assert self.silent(house, 61) == "closed"

    def test_closed_is_final_but_for_what_is_said_of_it(self, house: House) -> None:
        close(house, self.session)
        with pytest.raises(SessionClosed):
            sessions.write(house.world, house.key, self.session, "m", "message", {"text": "but"})
        sessions.write(house.world, house.ada, self.session, "n", "note", {"text": "was settled"})
        desk.focus(house.world, house.ada, self.session, "opened", "f")

    def test_a_close_is_by_epoch_and_a_retry_of_it_is_the_same(self, house: House) -> None:
        desk.accept(house.world, house.ada, self.session, 0, "a")
        with pytest.raises(log.StaleEpoch):
            desk.close(house.world, house.ben, self.session, "resolved", 0, "c")
        first = desk.close(house.world, house.ada, self.session, "resolved", 1, "d")
        assert desk.close(house.world, house.ada, self.session, "resolved", 1, "d").seq == first.seq

    def test_one_closes_as_continued_in_another(self, house: House) -> None:
        other = opened(house, phone=PHONE)
        with house.world.store.write() as tx:
            rows.close(tx, self.session, "go on", SYSTEM, reason="continued", continued_in=other)
        shown = sessions.get(house.world, house.key, self.session)
        assert (shown["status"], shown["continued_in"]) == ("closed", other)

    def test_after_closing_a_window_may_look_for_some_hours(self, house: House) -> None:
        sent = house.notify()
        host = house.world.settings.host
        window = links.engage(house.world, host, sent["link"]["code"])
        close(house, sent["session"])
        jar = runs.grant(house.world, window.cookie_value, window.handle)
        assert runs.view(house.world, jar, window.handle).mode == "closed"
        house.clock.on(seconds=7 * 3600)
        with pytest.raises(NotFound):
            runs.grant(house.world, window.cookie_value, window.handle)

    def test_previous_is_the_one_closed_last(self, house: House) -> None:
        other = opened(house, phone=PHONE)
        close(house, other)
        house.clock.on(seconds=5)
        close(house, self.session)
        after = opened(house, phone=PHONE)
        assert sessions.get(house.world, house.key, after)["previous"] == self.session

    def test_opened_by_the_api_with_what_is_known(self, house: House) -> None:
        given = {"phone": PHONE}
        made = sessions.begin(house.world, house.key, given, worlds.CONTEXT, "flight-delay")
        assert made["owner"].startswith("flow:")
        assert sessions.context(house.world, house.key, made["id"])["flight"]["number"] == "MA 204"
        assert Actor("key", house.key.id).id in {one["actor"]["id"] for one in house.events(made["id"])}
