"""Who speaks for the company: handing over and back, runs that are not the owner, epochs, and where an answer goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from disposable import loading
from tests.support.both import house_on
from tests.support.worlds import House
from widget_server.actions import desk, links, runs, sessions, setup, ticks, widget
from widget_server.actions.errors import Invalid, KeyReused, NotFound, Refused, StaleEpoch
from widget_server.words import Words

HELP = """
app: help
purpose: Help
title: Help
text: "{{ site.name }}: tap {{ link }} or reply {{ menu }}"
start: ask
steps:
  ask:
    choose:
      person: {label: A person, handover: {team: TEAM, why: Wants one, then: after, otherwise: alone}}
      plain: {label: Somebody, handover: {team: anyone, why: Anyone will do}}
      book: {label: Book, next: book}
      bye: {label: Bye, next: done}
  after: {say: Welcome back., next: done}
  alone: {say: Nobody is here., next: done}
  book: {do: {call: rebook, with: {flight: X}, save: booking, otherwise: alone}, next: booked}
  booked: {end: "Booked {{ booking.reference }}."}
  done: {end: Goodbye.}
"""


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on("sqlite", request, tmp_path, words)


class Case:
    """One texted run of the flow above."""

    def __init__(self, house: House, team: str = "care") -> None:
        self.house = house
        setup.publish(house.world, house.site.id, loading.load(HELP.replace("TEAM", team)))
        sent = house.notify(app="help", context={})
        self.session, self.code = sent["session"], sent["link"]["code"]
        self.said()

    def state(self) -> dict[str, Any]:
        return sessions.get(self.house.world, self.house.key, self.session)

    def said(self) -> list[str]:
        return [one.payload["text"] for one in self.house.pay("delivered") if one.kind == "message"]

    def text(self, words: str) -> list[str]:
        assert self.house.text(words).session == self.session
        return self.said()

    def steps(self) -> list[str]:
        events = self.house.events(self.session)
        return [one["body"]["step"] for one in events if one["kind"] == "run.entered"]

    def accept(self) -> int:
        epoch = int(self.state()["epoch"])
        desk.accept(self.house.world, self.house.ada, self.session, epoch, f"accept {epoch}")
        return epoch + 1

    def give_back(self) -> list[str]:
        epoch = int(self.state()["epoch"])
        desk.return_to_flow(self.house.world, self.house.ada, self.session, epoch, f"return {epoch}")
        return self.said()

    def engage(self) -> tuple[Any, str]:
        host = self.house.world.settings.host
        window = links.engage(self.house.world, host, self.code)
        return runs.grant(self.house.world, window.cookie_value, window.handle), window.handle


@pytest.fixture
def case(house: House) -> Case:
    return Case(house)


class TestHandingOver:
    def test_to_a_queue_with_its_reason(self, case: Case) -> None:
        case.text("1")
        assert case.state()["owner"] == "queue:care"
        waiting = desk.inbox(case.house.world, case.house.ben)["sessions"]
        assert [one["why"] for one in waiting] == ["Wants one"]

    def test_anyone_is_the_sites_default_team(self, case: Case) -> None:
        setup.set_site(case.house.world, case.house.site.id, default_team="rebooking")
        case.text("2")
        assert case.state()["owner"] == "queue:rebooking"

    def test_closed_goes_otherwise_at_once(self, case: Case) -> None:
        setup.set_site(case.house.world, case.house.site.id, hours={"mon": []})
        assert "Nobody is here" in case.text("1")[-1]
        assert case.state()["owner"].startswith("flow:")

    def test_no_agent_goes_otherwise_at_once(self, house: House) -> None:
        case = Case(house, team="nobody")
        assert "Nobody is here" in case.text("1")[-1]
        assert house.kinds(case.session).count("owner") == 1

    def test_nobody_answering_goes_otherwise_in_time(self, case: Case) -> None:
        case.text("1")
        case.house.clock.on(seconds=14 * 60)
        assert ticks.run_due(case.house.world) == 0
        case.house.clock.on(seconds=2 * 60)
        assert ticks.run_due(case.house.world) == 1
        assert "Nobody is here" in case.said()[-1]
        assert ticks.run_due(case.house.world) == 0

    def test_the_sites_own_patience(self, case: Case) -> None:
        setup.set_site(case.house.world, case.house.site.id, options={"handover_timeout_ms": 5_000})
        case.text("1")
        case.house.clock.on(seconds=6)
        ticks.run_due(case.house.world)
        assert case.steps()[-1] == "alone"

    @pytest.mark.parametrize("meanwhile", ["accepted", "given on", "closed"])
    def test_a_timer_that_comes_late_does_nothing(self, case: Case, meanwhile: str) -> None:
        case.text("1")
        world, ada, session, epoch = case.house.world, case.house.ada, case.session, case.state()["epoch"]
        if meanwhile == "accepted":
            case.accept()
        elif meanwhile == "given on":
            desk.transfer(world, ada, session, "queue:upgrades", "theirs", epoch, "t")
        else:
            desk.close(world, ada, session, "resolved", epoch, "c")
        before = case.state()
        case.house.clock.on(seconds=16 * 60)
        ticks.run_due(world)
        assert case.state() == before

    def test_a_retry_hands_over_once(self, case: Case) -> None:
        case.house.text("1", provider_id="SMx")
        case.house.text("1", provider_id="SMx")
        assert case.house.kinds(case.session).count("run.handover") == 1


class TestGivingBack:
    def test_enters_then(self, case: Case) -> None:
        case.text("1")
        case.accept()
        assert "Welcome back" in case.give_back()[-1]
        assert case.state()["owner"].startswith("flow:")

    def test_else_the_step_it_left_with_tries_zeroed(self, case: Case) -> None:
        case.text("nonsense")
        case.text("2")
        case.accept()
        assert "A person" in case.give_back()[-1]
        assert case.steps()[-1] == "ask"

    def test_with_the_context_as_the_agent_left_it(self, house: House) -> None:
        notice = house.notify()
        house.pay()
        house.text("2")
        house.text("1")
        house.text("2")
        session = notice["session"]
        epoch = sessions.get(house.world, house.key, session)["epoch"]
        desk.accept(house.world, house.ada, session, epoch, "a")
        sessions.patch_context(house.world, house.ada, session, {"passenger.last_name": "Berg"}, "p")
        desk.return_to_flow(house.world, house.ada, session, epoch + 1, "r")
        house.text("berg")
        assert "run.called" in house.kinds(session)

    def test_twice_is_once(self, case: Case) -> None:
        case.text("1")
        epoch = case.accept()
        world, ada = case.house.world, case.house.ada
        first = desk.return_to_flow(world, ada, case.session, epoch, "r")
        assert desk.return_to_flow(world, ada, case.session, epoch, "r").seq == first.seq
        assert case.steps().count("after") == 1

    def test_not_where_no_flow_waits(self, house: House) -> None:
        session = house.text("hello").session
        with pytest.raises(Refused, match="no-run"):
            desk.return_to_flow(house.world, house.ada, session, 1, "r")

    def test_taken_from_a_flow_in_the_middle_it_can_be_given_back(self, case: Case) -> None:
        jar, handle = case.engage()
        case.accept()
        assert runs.view(case.house.world, jar, handle).mode == "chat"
        case.give_back()
        assert runs.view(case.house.world, jar, handle).mode == "flow"
        assert case.steps() == ["ask", "ask"]

    def test_the_run_that_was_handed_over_is_given_back_not_one_that_waits(self, case: Case) -> None:
        case.text("1")
        other = case.house.notify(app="help", context={})
        assert other["session"] == case.session
        case.code = other["link"]["code"]
        jar, handle = case.engage()
        runs.answer(case.house.world, jar, handle, "ask", {"choice": "plain"}, "n-1")
        case.accept()
        case.give_back()
        first, *_, last = [one for one in case.house.events(case.session) if one["kind"] == "run.entered"]
        assert (last["run"], last["body"]["step"]) == (first["run"], "after")


class TestNotTheOwner:
    """A second run in a session that another party owns."""

    @pytest.fixture
    def second(self, case: Case) -> tuple[Any, str]:
        case.text("2")
        case.accept()
        case.code = case.house.notify(app="help", context={})["link"]["code"]
        case.said()
        return case.engage()

    def answer(self, case: Case, second: tuple[Any, str], step: str, choice: str) -> runs.Answered:
        return runs.answer(case.house.world, *second, step, {"choice": choice}, f"n-{step}-{choice}")

    def test_draws_its_screen_and_records_answers(self, case: Case, second: tuple[Any, str]) -> None:
        assert runs.view(case.house.world, *second).screen.step == "ask"
        assert self.answer(case, second, "ask", "bye").moved
        assert runs.view(case.house.world, *second).mode == "end"

    def test_writes_nothing_in_the_thread_and_keeps_the_owner(self, case: Case, second: tuple[Any, str]) -> None:
        before = case.house.kinds(case.session).count("message"), case.state()["owner"], case.state()["epoch"]
        self.answer(case, second, "ask", "bye")
        assert case.said() == []
        now = case.house.kinds(case.session).count("message"), case.state()["owner"], case.state()["epoch"]
        assert now == before

    def test_texts_go_to_the_owner_and_move_no_run(self, case: Case, second: tuple[Any, str]) -> None:
        before = case.steps()
        assert case.text("1") == []
        assert case.steps() == before
        assert runs.view(case.house.world, *second).screen.step == "ask"

    def test_its_call_waits_until_the_owner_is_gone(self, case: Case, second: tuple[Any, str]) -> None:
        self.answer(case, second, "ask", "book")
        assert case.house.pay() == []
        assert runs.view(case.house.world, *second).screen.kind == "working"
        self.owner_ends(case)
        assert [one.payload["call"] for one in case.house.sent if one.kind == "call"] == ["rebook"]

    def test_its_hand_over_waits_until_the_owner_is_gone(self, case: Case, second: tuple[Any, str]) -> None:
        self.answer(case, second, "ask", "person")
        assert case.state()["owner"].startswith("agent:")
        self.owner_ends(case)
        assert case.state()["owner"] == "queue:care"

    def owner_ends(self, case: Case) -> None:
        case.give_back()
        case.text("4")

    def test_it_owns_the_session_when_nobody_does(self, case: Case) -> None:
        case.text("4")
        assert case.state()["owner"] == "none"
        case.code = case.house.notify(app="help", context={})["link"]["code"]
        assert case.state()["owner"].startswith("flow:")


class TestEpochs:
    @pytest.fixture
    def epoch(self, case: Case) -> int:
        case.text("1")
        return case.accept()

    def write(self, case: Case, key: str, epoch: int | None, who: Any = None, text: str = "Hello") -> Any:
        who = who or case.house.ada
        return sessions.write(case.house.world, who, case.session, key, "message", {"text": text}, epoch=epoch)

    def test_a_stale_epoch_is_refused_with_who_owns_it_now(self, case: Case, epoch: int) -> None:
        with pytest.raises(StaleEpoch) as refused:
            self.write(case, "m", epoch - 1)
        assert (refused.value.owner, refused.value.epoch) == (f"agent:{case.house.ada.id}", epoch)
        assert case.said() == []

    def test_who_is_not_the_owner_is_refused(self, case: Case, epoch: int) -> None:
        with pytest.raises(Refused, match="not-owner"):
            self.write(case, "m", epoch, case.house.ben)
        with pytest.raises(Refused, match="not-owner"):
            self.write(case, "m", None, case.house.ben)

    def test_after_giving_it_on_the_first_agent_is_refused(self, case: Case, epoch: int) -> None:
        world, ada, ben = case.house.world, case.house.ada, case.house.ben
        desk.transfer(world, ada, case.session, f"agent:{ben.id}", "knows better", epoch, "t")
        with pytest.raises(StaleEpoch):
            self.write(case, "m", epoch)
        self.write(case, "m", epoch + 1, ben)

    def test_a_retry_is_answered_though_the_owner_changed(self, case: Case, epoch: int) -> None:
        first = self.write(case, "m", epoch)
        desk.transfer(case.house.world, case.house.ada, case.session, "queue:upgrades", "", epoch, "t")
        assert self.write(case, "m", epoch).seq == first.seq
        assert len(case.said()) == 1

    def test_a_key_with_another_text_is_refused(self, case: Case, epoch: int) -> None:
        self.write(case, "m", epoch)
        with pytest.raises(KeyReused):
            self.write(case, "m", epoch, text="Other")

    def test_of_two_who_accept_at_once_one_has_it(self, case: Case) -> None:
        case.text("1")
        epoch = case.state()["epoch"]
        desk.accept(case.house.world, case.house.ada, case.session, epoch, "a")
        with pytest.raises(StaleEpoch):
            desk.accept(case.house.world, case.house.ben, case.session, epoch, "b")

    def test_a_customers_words_are_never_refused_for_one(self, case: Case, epoch: int) -> None:
        desk.transfer(case.house.world, case.house.ada, case.session, "queue:upgrades", "", epoch, "t")
        assert case.house.text("still there?").seq == case.state()["seq"]

    @pytest.mark.parametrize("to", ["agent:nobody", "queue:", "desk:x", "care", "flow:x", "none"])
    def test_it_is_given_only_to_who_is_there(self, case: Case, epoch: int, to: str) -> None:
        with pytest.raises(Invalid):
            desk.transfer(case.house.world, case.house.ada, case.session, to, "", epoch, "t")

    @pytest.mark.parametrize(
        ("who", "kind"),
        [("ada", "receipt"), ("ada", "run.answered"), ("key", "owner"), ("key", "focus"), ("ada", "custom.x")],
    )
    def test_each_writes_only_its_own_kinds(self, case: Case, epoch: int, who: str, kind: str) -> None:
        with pytest.raises(Refused, match="kind"):
            sessions.write(case.house.world, getattr(case.house, who), case.session, "k", kind, {})


class TestWhereAnAnswerGoes:
    """On the channel of the customer's last act; what was not seen there in two minutes also by text."""

    @pytest.fixture
    def chat(self, case: Case) -> tuple[Any, str]:
        window = case.engage()
        runs.answer(case.house.world, *window, "ask", {"choice": "person"}, "n-1")
        self.epoch = case.accept()
        return window

    def write(self, case: Case, key: str, text: str) -> Any:
        body = {"text": text}
        return sessions.write(case.house.world, case.house.ada, case.session, key, "message", body, epoch=self.epoch)

    def see(self, case: Case, who: Any, seq: int) -> None:
        sessions.write(case.house.world, who, case.session, f"seen {seq}", "seen", {"seq": seq})

    def test_unseen_on_the_page_for_two_minutes_it_goes_by_text_too(self, case: Case, chat: tuple[Any, str]) -> None:
        self.write(case, "m", "Hello there")
        case.house.clock.on(seconds=110)
        assert case.said() == []
        case.house.clock.on(seconds=20)
        assert case.said() == ["Hello there"]

    def test_seen_in_time_it_does_not(self, case: Case, chat: tuple[Any, str]) -> None:
        said = self.write(case, "m", "Hello there")
        self.see(case, chat[0], said.seq)
        case.house.clock.on(seconds=200)
        assert case.said() == []

    def test_answered_on_the_page_it_does_not(self, case: Case, chat: tuple[Any, str]) -> None:
        self.write(case, "m", "Hello there")
        sessions.write(case.house.world, chat[0], case.session, "c", "message", {"text": "Hi"})
        case.house.clock.on(seconds=200)
        assert case.said() == []

    def test_only_what_came_after_the_last_look_goes(self, case: Case, chat: tuple[Any, str]) -> None:
        said = self.write(case, "m", "One")
        self.write(case, "m2", "Two")
        self.see(case, chat[0], said.seq)
        case.house.clock.on(seconds=200)
        assert case.said() == ["Two"]

    def test_a_text_from_them_is_no_look_at_the_page(self, case: Case, chat: tuple[Any, str]) -> None:
        self.write(case, "m", "Said on the page")
        case.house.text("Are you there?")
        case.house.clock.on(seconds=200)
        assert case.said() == ["Said on the page"]

    def test_nobody_claims_to_have_seen_what_is_not_written(self, case: Case, chat: tuple[Any, str]) -> None:
        self.see(case, chat[0], 2**40)
        self.write(case, "m", "Later")
        case.house.clock.on(seconds=200)
        assert case.said() == ["Later"]

    def test_after_their_text_it_is_texted_at_once(self, case: Case, chat: tuple[Any, str]) -> None:
        case.house.text("I am on the move")
        self.write(case, "m", "By text then")
        assert case.said() == ["By text then"]

    def test_and_back_on_the_page_it_is_pushed(self, case: Case, chat: tuple[Any, str]) -> None:
        case.house.text("I am on the move")
        sessions.write(case.house.world, chat[0], case.session, "c", "message", {"text": "Here again"})
        self.write(case, "m", "Fine")
        assert case.said() == []

    def test_a_site_may_want_no_texts_for_what_was_unseen(self, case: Case, chat: tuple[Any, str]) -> None:
        setup.set_site(case.house.world, case.house.site.id, options={"unseen_by_text": False})
        self.write(case, "m", "Hello there")
        case.house.clock.on(seconds=200)
        assert case.said() == []

    def test_whoever_gave_no_number_is_pushed_to_only(self, house: House) -> None:
        visitor, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
        session = widget.start(house.world, visitor, "s")["id"]
        sessions.write(house.world, visitor, session, "m", "message", {"text": "hi"})
        desk.accept(house.world, house.ada, session, 1, "a")
        sessions.write(house.world, house.ada, session, "r", "message", {"text": "hello"}, epoch=2)
        house.clock.on(seconds=200)
        assert house.pay() == []
        assert "hello" in [one["body"].get("text") for one in house.events(session, visitor)]

    def test_the_flow_answers_where_they_are_after_a_person_gave_it_back(
        self, case: Case, chat: tuple[Any, str]
    ) -> None:
        case.house.text("On the move")
        assert "Welcome back" in case.give_back()[-1]

    def test_a_visitor_sees_an_agent_who_wrote_first(self, house: House) -> None:
        visitor, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
        session = widget.start(house.world, visitor, "s")["id"]
        desk.accept(house.world, house.ada, session, 0, "a")
        sessions.write(house.world, house.ada, session, "r", "message", {"text": "hello"}, epoch=1)
        assert "hello" in [one["body"].get("text") for one in house.events(session, visitor)]


def test_context_of_another_type_breaks_no_run(house: House) -> None:
    sent = house.notify()
    host = house.world.settings.host
    window = links.engage(house.world, host, sent["link"]["code"])
    jar = runs.grant(house.world, window.cookie_value, window.handle)
    values: list[Any] = [None, 5, "x", [], {"alternatives": "y"}]
    for number, value in enumerate(values):
        try:
            sessions.patch_context(house.world, house.key, sent["session"], {"flight": value}, f"p{number}")
        except Invalid:
            continue
        runs.view(house.world, jar, window.handle)
    runs.answer(house.world, jar, window.handle, "status", {"choice": "change"}, "n-1")
    assert runs.view(house.world, jar, window.handle).session == sent["session"]


def test_context_is_set_by_dotted_name_over_whatever_was_there(house: House) -> None:
    session = str(
        sessions.begin(house.world, house.key, {"phone": "+12025550142"}, {"bag": "one", "a": {"b": 1}}, None)["id"]
    )
    sessions.patch_context(house.world, house.key, session, {"bag.colour": "red", "a.c": 2, "x.y.z": 3}, "p")
    known = sessions.context(house.world, house.key, session)
    assert known == {"bag": {"colour": "red"}, "a": {"b": 1, "c": 2}, "x": {"y": {"z": 3}}}


def test_a_session_of_another_site_is_not_there(house: House) -> None:
    session = house.text("hello").session
    other = setup.add_site(house.world, "Other", [])
    key_id, _ = setup.add_key(house.world, other.id, "other")
    stranger = type(house.key)(key_id, other.id, "other")
    for ask in (
        lambda: sessions.get(house.world, stranger, session),
        lambda: sessions.write(house.world, stranger, session, "n", "note", {"text": "x"}),
        lambda: links.mint(house.world, stranger, "help", None, session, {}),
    ):
        with pytest.raises(NotFound):
            ask()
