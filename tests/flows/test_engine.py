"""A run, told things: what happens, and where it stands then."""

import pytest

from disposable.commands import Command
from disposable.engine import (
    Answer,
    Handover,
    Happened,
    Prove,
    Raised,
    Resume,
    Returned,
    Start,
    State,
    Text,
    Tick,
    decide,
    evolve,
    replay,
)
from tests.flows.samples import NOW, Run, context, flight_delay, flow_of

MA_14, MA_16 = context()["flight"]["alternatives"]


@pytest.fixture
def run() -> Run:
    return Run(flight_delay(), context())


def picked(run: Run) -> Run:
    """The run where a flight was chosen."""
    run.tell(Text("2"))
    run.tell(Text("2"))
    return run


def booked(run: Run) -> Run:
    """The run whose call is under way."""
    picked(run).tell(Answer("extras", {"choice": "done"}, tier=2))
    return run


def test_a_run_starts_at_its_start(run: Run) -> None:
    assert [one.kind for one in run.log] == ["run.started", "run.entered"]
    assert run.last("run.started")["hash"] == flight_delay().hash
    assert (run.state.status, run.state.step, run.state.path) == ("asking", "status", ("status",))
    assert run.tell(Start(context())) == []


@pytest.mark.parametrize(
    "said", ["2", "2.", "(2)", "٢", "Change flight", "change flight!", "CHANGE", "rebook me", "chnge flight"]
)
def test_a_choice_is_understood(run: Run, said: str) -> None:
    assert run.tell(Text(said)) == ["run.answered", "run.entered"]
    assert run.state.step == "pick"


def test_an_answer_says_how_it_was_understood(run: Run) -> None:
    run.tell(Text("i want another flight please"))
    answered = run.last("run.answered")
    assert (answered["value"], answered["label"], answered["by"]) == ("change", "Change flight", "word")
    assert 0.75 <= answered["sure"] < 1


def test_an_item_of_the_context_is_chosen_whole(run: Run) -> None:
    picked(run)
    assert run.state.saved == {"chosen": MA_16}
    assert run.last("run.answered")["label"] == "MA 16, 9:55 PM"


def test_what_is_not_understood_is_counted_and_the_rule_calls_a_person(run: Run) -> None:
    assert run.tell(Text("what?")) == ["run.misunderstood"]
    assert run.tell(Text("🙂")) == ["run.misunderstood"]
    assert run.state.tries == 2
    assert run.tell(Text("")) == ["run.misunderstood", "run.handover"]
    assert run.last("run.handover") | {"left": ""} == {
        "step": "status",
        "team": "anyone",
        "why": "Stuck",
        "then": None,
        "otherwise": None,
        "rule": "stuck >= 3",
        "left": "",
    }
    assert run.state.status == "handed"


def test_a_new_step_forgets_the_tries(run: Run) -> None:
    run.tell(Text("what?"))
    run.tell(Text("2"))
    assert run.state.tries == 0
    assert run.state.error is None


def test_a_choice_can_call_a_person_and_the_run_goes_on_after(run: Run) -> None:
    picked(run)
    assert run.tell(Answer("extras", {"choice": "business"})) == ["run.answered", "run.handover"]
    assert run.last("run.handover")["why"] == "Business class on MA 16"
    assert run.last("run.handover")["team"] == "upgrades"
    assert run.tell(Text("hello?")) == run.tell(Answer("status", {"choice": "keep"})) == []
    assert run.tell(Resume("then", tier=1)) == ["run.resumed", "run.entered"]
    assert (run.state.step, run.state.status) == ("book", "asking")


def test_given_back_by_a_person_who_is_sure_of_the_customer_it_books_at_once(run: Run) -> None:
    picked(run).tell(Answer("extras", {"choice": "business"}))
    assert run.tell(Resume("then", tier=2)) == ["run.resumed", "run.entered", "run.called"]


def test_without_then_the_step_that_was_left_is_entered_again(run: Run) -> None:
    run.tell(Handover("care", "Wants to talk"))
    assert run.last("run.handover")["rule"] == "asked"
    run.tell(Resume("then"))
    assert (run.state.step, run.state.status, run.state.tries, run.state.why) == ("status", "asking", 0, "return")


def test_without_a_person_it_goes_otherwise_or_back_with_a_word(run: Run) -> None:
    run.tell(Handover())
    run.tell(Resume("otherwise"))
    assert (run.state.step, run.state.why) == ("status", "nobody")
    assert run.screen().note


def test_a_call_waits_for_the_tier_of_its_step(run: Run) -> None:
    picked(run)
    assert run.tell(Answer("extras", {"choice": "done"}, tier=1)) == ["run.answered", "run.entered"]
    assert run.screen(tier=1).kind == "verify"
    assert run.tell(Answer("book", {"choice": "continue"}, tier=1)) == []
    assert run.tell(Prove("Maier")) == ["run.unverified"]
    assert run.tell(Prove("MUELLER ")) == ["run.verified", "run.called"]
    assert run.last("run.called") == {"step": "book", "call": "rebook", "key": "book:1", "with": {"flight": "MA 16"}}


@pytest.mark.parametrize("fact", ["Müller", "müller", " MULLER", "Mueller", "M ü l l e r", "Mu\u0308ller"])
def test_a_fact_is_compared_as_people_write_it(run: Run, fact: str) -> None:
    assert run.tell(Prove(fact))[0] == "run.verified"


@pytest.mark.parametrize("fact", ["", " ", "Muell", "•••", "{{ passenger.last_name }}", "\x00", "M" * 20_000])
def test_another_fact_is_refused(run: Run, fact: str) -> None:
    assert run.tell(Prove(fact)) == ["run.unverified"]


def test_nothing_can_be_proved_against_nothing() -> None:
    run = Run(flight_delay(), {})
    assert run.tell(Prove("")) == ["run.unverified"]


def test_a_text_proves_where_proof_is_asked(run: Run) -> None:
    picked(run).tell(Text("1"))
    assert run.tell(Text("mueller")) == ["run.verified", "run.called"]


def test_three_wrong_facts_call_a_person(run: Run) -> None:
    picked(run).tell(Text("1"))
    run.tell(Text("a"))
    run.tell(Text("b"))
    assert run.tell(Text("c")) == ["run.unverified", "run.handover"]


def test_what_was_offered_as_proof_stands_in_no_event(run: Run) -> None:
    picked(run).tell(Text("1"))
    run.tell(Text("Mxyzptlk"))
    run.tell(Prove("Müller"))
    assert "Mxyzptlk" not in str(run.log)
    assert "Müller" not in str(run.log[1:])


def test_another_way_up_counts_as_well(run: Run) -> None:
    picked(run).tell(Text("1"))
    assert run.tell(Raised(2, "code")) == ["run.verified", "run.called"]


def test_a_call_that_went_well_leads_on(run: Run) -> None:
    booked(run)
    assert run.state.status == "calling"
    assert run.tell(Returned("book:1", ok=True, value={"reference": "QX7"})) == [
        "run.returned",
        "run.entered",
        "run.ended",
    ]
    assert run.state.outcome == "booked"
    assert run.screen().say == "You are on MA 16. Booking QX7."


def test_a_call_that_failed_leads_otherwise(run: Run) -> None:
    booked(run)
    assert run.tell(Returned("book:1", ok=False)) == ["run.returned", "run.entered", "run.handover"]
    assert run.last("run.handover")["team"] == "rebooking"
    assert "booking" not in run.state.saved


def test_a_person_sends_a_failed_call_round_again_under_a_new_key(run: Run) -> None:
    booked(run).tell(Returned("book:1", ok=False))
    assert run.tell(Resume("then", tier=2)) == ["run.resumed", "run.entered", "run.called"]
    assert run.last("run.called")["key"] == "book:2"


def test_with_nobody_there_a_failed_call_is_not_repeated_by_itself(run: Run) -> None:
    booked(run).tell(Returned("book:1", ok=False))
    assert run.tell(Resume("otherwise", tier=2)) == ["run.resumed", "run.entered"]
    assert [choice.value for choice in run.screen(tier=2).choices] == ["continue"]
    assert run.tell(Answer("book", {"choice": "continue"}, tier=2)) == ["run.called"]


def test_a_call_comes_back_once(run: Run) -> None:
    booked(run).tell(Returned("book:1", ok=False))
    assert run.tell(Returned("book:1", ok=True, value={})) == []
    assert run.tell(Returned("nothing:9", ok=True)) == []


def test_a_failed_call_without_otherwise_calls_a_person() -> None:
    run = Run(flow_of({"a": {"do": {"call": "x"}, "next": "b"}, "b": {"end": "Done"}}))
    assert run.state.status == "calling"
    assert run.tell(Returned("a:1", ok=False)) == ["run.returned", "run.handover"]
    assert run.last("run.handover")["rule"] == "failed"


def test_a_call_may_come_back_while_a_person_has_the_run(run: Run) -> None:
    booked(run).tell(Handover())
    assert run.tell(Returned("book:1", ok=True, value={"reference": "QX7"})) == ["run.returned"]
    assert run.state.status == "handed"
    run.tell(Resume("then"))
    assert (run.state.status, run.state.step) == ("ended", "booked")


def test_a_run_given_back_while_its_call_is_under_way_waits_for_it(run: Run) -> None:
    booked(run).tell(Handover())
    assert run.tell(Resume("then")) == ["run.resumed"]
    assert run.state.status == "calling"
    run.tell(Returned("book:1", ok=True, value={}))
    assert run.state.outcome == "booked"


class TestGoingBack:
    def test_an_earlier_step_is_revised_and_later_answers_stay(self, run: Run) -> None:
        picked(run)
        keys = [value for value, _ in run.screen(step="pick").fields[0].options]
        assert run.tell(Answer("pick", {"chosen": keys[0]})) == ["run.answered", "run.entered"]
        assert run.last("run.answered")["revises"] is True
        assert run.state.saved == {"chosen": MA_14}
        assert run.state.step == "extras"

    def test_answers_that_are_still_reached_are_walked_over(self) -> None:
        steps = {
            "a": {"ask": "A?", "field": {"kind": "text", "save": "a"}, "next": "b"},
            "b": {"ask": "B?", "field": {"kind": "text", "save": "b"}, "next": "c"},
            "c": {"ask": "C?", "field": {"kind": "text", "save": "c"}, "next": "z"},
            "z": {"end": "Bye"},
        }
        run = Run(flow_of(steps))
        run.tell(Text("one"))
        run.tell(Text("two"))
        assert run.tell(Answer("a", {"a": "ONE"})) == ["run.answered", "run.entered", "run.entered"]
        assert (run.state.step, run.state.saved) == ("c", {"a": "ONE", "b": "two"})

    def test_answers_of_another_branch_are_gone(self, run: Run) -> None:
        picked(run)
        assert run.tell(Answer("status", {"choice": "keep"})) == ["run.answered", "run.entered", "run.ended"]
        assert run.state.saved == {}
        assert set(run.state.answers) == {"status"}

    def test_the_same_answer_again_changes_nothing(self, run: Run) -> None:
        picked(run)
        assert run.tell(Answer("status", {"choice": "change"})) == []
        assert run.state.step == "extras"

    def test_a_text_can_say_back(self, run: Run) -> None:
        picked(run)
        assert run.tell(Text("zurück")) == ["run.entered"]
        assert (run.state.step, run.state.why) == ("pick", "back")
        assert run.state.saved == {}
        assert run.screen().fields[0].value
        run.tell(Text("1"))
        assert (run.state.step, run.state.saved) == ("extras", {"chosen": MA_14})

    def test_at_the_first_step_there_is_no_back(self, run: Run) -> None:
        assert run.tell(Text("back")) == ["run.misunderstood"]

    def test_a_finished_call_is_a_barrier(self) -> None:
        steps = {
            "a": {"ask": "A?", "field": {"kind": "text", "save": "a"}, "next": "b"},
            "b": {"do": {"call": "x"}, "next": "c"},
            "c": {"ask": "C?", "field": {"kind": "text"}, "next": "z"},
            "z": {"end": "Bye"},
        }
        run = Run(flow_of(steps))
        run.tell(Text("one"))
        run.tell(Returned("b:1", ok=True))
        assert run.tell(Answer("a", {"a": "two"})) == []
        assert run.screen().back is None
        assert run.state.saved == {"a": "one"}

    def test_a_step_entered_again_after_a_call_is_asked_afresh(self) -> None:
        steps = {
            "a": {"ask": "A?", "field": {"kind": "text", "save": "a"}, "next": "b"},
            "b": {"do": {"call": "x", "otherwise": "a"}, "next": "z"},
            "z": {"end": "Bye"},
        }
        run = Run(flow_of(steps))
        run.tell(Text("one"))
        run.tell(Returned("b:1", ok=False))
        assert (run.state.step, dict(run.state.answers), run.screen().fields[0].value) == ("a", {}, "")
        assert run.state.saved == {"a": "one"}
        run.tell(Text("two"))
        assert run.state.saved == {"a": "two"}
        assert run.last("run.called")["key"] == "b:2"

    def test_a_later_step_cannot_be_answered_before_its_time(self, run: Run) -> None:
        assert run.tell(Answer("extras", {"choice": "done"})) == []
        assert run.tell(Answer("nowhere", {"choice": "done"})) == []

    def test_a_circle_asks_afresh(self) -> None:
        steps = {
            "a": {"ask": "A?", "field": {"kind": "text", "save": "a"}, "next": "b"},
            "b": {"choose": {"again": {"label": "Again", "next": "a"}, "go": {"label": "Go", "next": "z"}}},
            "z": {"end": "Bye"},
        }
        run = Run(flow_of(steps))
        run.tell(Text("one"))
        run.tell(Text("again"))
        assert (run.state.step, run.state.path, run.state.saved) == ("a", ("a",), {})
        run.tell(Text("two"))
        assert run.state.step == "b"


def test_an_ended_run_is_deaf(run: Run) -> None:
    run.tell(Text("1"))
    assert run.state.status == "ended"
    deaf: list[Command] = [
        Text("2"),
        Answer("status", {"choice": "change"}),
        Resume("then"),
        Handover(),
        Tick(),
        Returned("book:1", ok=True),
    ]
    assert [run.tell(command) for command in deaf] == [[]] * len(deaf)


def test_a_rule_over_data_fires_once() -> None:
    steps = {
        "a": {"ask": "How much?", "field": {"kind": "number", "save": "n"}, "next": "b"},
        "b": {"say": "Ok", "next": "z"},
    }
    flow = flow_of(
        {**steps, "z": {"end": "Bye"}}, rules=[{"when": "n > 100", "handover": {"team": "big", "why": "{{ n }}"}}]
    )
    run = Run(flow)
    assert run.tell(Text("250")) == ["run.answered", "run.entered", "run.handover"]
    assert run.last("run.handover")["why"] == "250"
    run.tell(Resume("then"))
    assert (run.state.status, run.state.step) == ("asking", "b")


def test_a_list_that_has_become_empty_calls_a_person(run: Run) -> None:
    run.append("context", {"set": {"flight.alternatives": []}})
    assert run.tell(Text("2")) == ["run.answered", "run.entered", "run.handover"]
    assert run.last("run.handover")["rule"] == "empty"


def test_context_set_later_is_what_is_read(run: Run) -> None:
    run.append("context", {"set": {"flight.number": "MA 99"}})
    assert run.screen().title == "Flight MA 99 is late"
    assert run.state.context["flight"]["departs"] == context()["flight"]["departs"]


def test_a_choice_is_hidden_by_its_when() -> None:
    choose = {"a": {"label": "A", "next": "z"}, "b": {"label": "B", "next": "z", "when": "vip == 'yes'"}}
    flow = flow_of({"s": {"choose": choose}, "z": {"end": "Bye"}}, context={"vip": "text"})
    assert [choice.value for choice in Run(flow, {"vip": "no"}).screen().choices] == ["a"]
    assert [choice.value for choice in Run(flow, {"vip": "yes"}).screen().choices] == ["a", "b"]
    run = Run(flow, {"vip": "no"})
    assert run.tell(Answer("s", {"choice": "b"})) == ["run.misunderstood"]


def test_a_step_that_only_speaks_waits_to_be_read() -> None:
    run = Run(flow_of({"a": {"say": "Hello", "next": "z"}, "z": {"end": "Bye"}}))
    assert run.tell(Text("what?")) == ["run.misunderstood"]
    assert run.tell(Text("ok")) == ["run.answered", "run.entered", "run.ended"]


def test_a_hand_over_that_nothing_follows_ends_when_given_back() -> None:
    run = Run(flow_of({"a": {"handover": {"team": "care", "why": "All of it"}}}))
    assert run.state.status == "handed"
    assert run.tell(Resume("then")) == ["run.resumed", "run.ended"]


def test_an_optional_field_can_be_left_out_and_a_required_one_cannot() -> None:
    field = {"kind": "text", "save": "note", "optional": True}
    run = Run(flow_of({"a": {"ask": "Note?", "field": field, "next": "z"}, "z": {"end": "Bye"}}))
    assert run.tell(Answer("a", {"note": ""})) == ["run.answered", "run.entered", "run.ended"]
    assert run.state.saved == {"note": None}
    run = Run(flow_of({"a": {"ask": "Note?", "field": field | {"optional": False}, "next": "z"}, "z": {"end": "Bye"}}))
    assert run.tell(Answer("a", {"note": " "})) == ["run.misunderstood"]
    assert run.screen().errors == (("note", "Please fill this in."),)


@pytest.mark.parametrize("given", [None, 7, [], ["change"], {"a": 1}, "x" * 100_000, "\x00", "\ud800", b"change"])
def test_strange_input_is_at_most_misunderstood(run: Run, given: object) -> None:
    assert run.tell(Answer("status", {"choice": given})) in (["run.misunderstood"], ["run.answered", "run.entered"])


def test_replay_is_the_live_state_and_survives_what_it_does_not_know(run: Run) -> None:
    booked(run).tell(Returned("book:1", ok=True, value={"reference": "QX7"}))
    assert replay(run.flow, run.log) == run.state
    strange = [*run.log, Happened("run.of-the-future", {"x": 1}), Happened("message", {"text": "hi"})]
    assert replay(run.flow, strange) == run.state


def test_an_erased_run_still_folds(run: Run) -> None:
    picked(run)
    erased = [Happened(one.kind, None) for one in run.log]
    assert replay(run.flow, erased) == State()
    half = [*run.log[:3], *erased[3:]]
    state = replay(run.flow, half)
    assert decide(run.flow, state, Text("2"), NOW) is not None
    assert evolve(run.flow, state, Happened("run.entered", {"step": "pick", "why": "kept"})).step == "pick"
