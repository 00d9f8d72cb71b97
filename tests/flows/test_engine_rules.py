"""Rules: to a person, to another step, a note to a team; over answers, tries, time, opening hours and agents."""

from dataclasses import replace
from typing import Any

import pytest

from disposable import rules
from disposable.commands import Answer, Handover, Resume, Text, Tick
from disposable.engine import Setting
from tests.flows.samples import NOW, SITE, Run, flow_of

STEPS = {
    "a": {"ask": "How many?", "field": {"kind": "number", "save": "n"}, "next": "b"},
    "b": {"ask": "Why?", "field": {"kind": "text", "save": "why"}, "next": "z"},
    "help": {"say": "Let us help.", "next": "z"},
    "z": {"end": "Bye"},
}
CARE = {"handover": {"team": "care", "why": "{{ n }}"}}


def run_of(*found: dict[str, Any], **setting: Any) -> Run:
    steps = (
        STEPS if any("next" in rule for rule in found) else {key: one for key, one in STEPS.items() if key != "help"}
    )
    return Run(flow_of(steps, rules=list(found)), setting=Setting(SITE, started=NOW, **setting))


def test_a_rule_leads_to_a_step_once() -> None:
    run = run_of({"when": "n > 100", "next": "help"})
    assert run.tell(Text("250")) == ["run.answered", "run.entered", "run.entered"]
    assert (run.state.step, run.state.why, run.last("run.entered")["rule"]) == ("help", "rule", "n > 100")
    assert run.tell(Text("back")) == ["run.entered"]
    assert run.state.step == "b"
    assert run.tell(Text("So")) == ["run.answered", "run.entered", "run.ended"]


def test_a_rule_that_counts_tries_leads_there_each_time() -> None:
    run = run_of({"when": "stuck >= 2", "next": "help"})
    run.tell(Text("many"))
    assert run.tell(Text("a lot")) == ["run.misunderstood", "run.entered"]
    run.tell(Text("back"))
    run.tell(Text("many"))
    assert run.tell(Text("a lot")) == ["run.misunderstood", "run.entered"]


def test_where_a_rule_leads_it_does_not_lead_again() -> None:
    run = run_of({"when": "stuck >= 1", "next": "help"}, {"when": "stuck >= 2", **CARE})
    run.tell(Text("many"))
    assert run.state.step == "help"
    assert run.tell(Text("what?")) == ["run.misunderstood"]
    assert run.tell(Text("what?")) == ["run.misunderstood", "run.handover"]


def test_a_note_goes_out_once_and_the_run_goes_on() -> None:
    note = {"when": "n > 100", "notify": {"team": "care", "text": "{{ n }} at once"}}
    run = run_of(note, {"when": "n > 200", **CARE})
    assert run.tell(Text("150")) == ["run.answered", "run.entered", "run.notified"]
    assert run.last("run.notified") == {"rule": "n > 100", "team": "care", "text": "150 at once"}
    assert (run.state.step, run.state.status) == ("b", "asking")
    assert run.tell(Text("back")) == ["run.entered"]


def test_a_note_and_a_person_for_the_same_reason() -> None:
    run = run_of({"when": "n > 1", "notify": {"text": "Many"}}, {"when": "n > 1", **CARE})
    assert run.tell(Text("5")) == ["run.answered", "run.entered", "run.notified", "run.handover"]


def test_time_that_has_passed_fires_a_rule_by_itself() -> None:
    run = run_of({"when": "minutes >= 30", **CARE})
    run.now += 29 * 60_000
    assert run.tell(Tick()) == []
    run.now += 60_000
    assert run.tell(Tick()) == ["run.handover"]
    run.tell(Resume("step"))
    assert run.tell(Tick()) == []


@pytest.mark.parametrize(
    ("when", "setting"),
    [
        ("not open", {"open": False}),
        ("agents == 0", {"agents": 0}),
        ("hour == 21 and weekday == 'sat'", {}),
        ("hour == 5 and weekday == 'sun'", {"zone": "Asia/Tokyo"}),
    ],
)
def test_hours_and_agents_are_known_where_the_customer_is(when: str, setting: dict[str, Any]) -> None:
    run = run_of({"when": when, **CARE}, agents=5, zone="Europe/London")
    run.setting = replace(run.setting, **{"zone": None, **setting})
    assert run.tell(Tick()) == ["run.handover"]


def test_a_tick_without_a_rule_or_a_wait_changes_nothing() -> None:
    run = run_of({"when": "minutes > 5 and n > 1", **CARE})
    assert run.tell(Tick()) == []
    run.tell(Handover())
    assert run.tell(Tick()) == []


def test_a_choice_may_be_there_in_opening_hours_only() -> None:
    choose = {"call": {"label": "Call", "next": "z", "when": "open"}, "write": {"label": "Write", "next": "z"}}
    run = Run(flow_of({"s": {"choose": choose}, "z": {"end": "Bye"}}), setting=Setting(SITE, open=False))
    assert [choice.value for choice in run.screen().choices] == ["write"]
    assert run.tell(Text("call")) == ["run.misunderstood"]


def test_which_flows_want_to_be_woken() -> None:
    assert rules.timed(run_of({"when": "n > 1 or minutes > 5", **CARE}).flow)
    assert not rules.timed(run_of({"when": "stuck > 1", **CARE}).flow)


class TestLost:
    def test_words_that_are_never_understood_go_to_a_person_by_themselves(self) -> None:
        run = run_of()
        for _ in range(3):
            assert run.tell(Text("what?")) == ["run.misunderstood"]
        assert run.tell(Text("what?")) == ["run.misunderstood", "run.handover"]
        assert (run.last("run.handover")["rule"], run.last("run.handover")["team"]) == ("stuck", "anyone")

    def test_a_rule_that_counts_them_decides_alone(self) -> None:
        run = run_of({"when": "stuck >= 6", **CARE})
        for _ in range(5):
            assert run.tell(Text("what?")) == ["run.misunderstood"]

    def test_a_form_filled_in_wrong_is_no_cry_for_help(self) -> None:
        run = run_of()
        for _ in range(6):
            assert run.tell(Answer("a", {"n": "what?"})) == ["run.misunderstood"]
