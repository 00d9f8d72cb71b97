"""Slots of a run: booked before it ends or calls, given back when no longer wanted, asked again when somebody was faster."""

from dataclasses import replace
from typing import Any

from disposable.commands import Answer, Returned, Text
from disposable.engine import Setting
from tests.flows.samples import SITE, Run, flow_of
from tests.flows.strategies import SLOTS

WHEN = {"ask": "When?", "field": {"kind": "slot", "calendar": "fitter", "save": "when"}}
WHY = {"ask": "Why?", "field": {"kind": "text", "save": "why"}}
END = {"z": {"end": "See you"}}


def run_of(steps: dict[str, Any], values: dict[str, Any] | None = None, **more: Any) -> Run:
    return Run(flow_of({**steps, **END}, **more), values, Setting(SITE, slots={"fitter": SLOTS}))


def booked(run: Run) -> list[dict[str, Any]]:
    return [one.body or {} for one in run.log if one.kind == "run.booked"]


def taken(run: Run, *gone: str) -> None:
    """Somebody else has these by now."""
    free = tuple(slot for slot in SLOTS if slot["id"] not in gone)
    run.setting = replace(run.setting, slots={"fitter": free})


def test_a_slot_is_booked_before_the_end() -> None:
    run = run_of({"a": {**WHEN, "next": "z"}})
    assert run.tell(Answer("a", {"when": "s2"})) == ["run.answered", "run.booked", "run.entered", "run.ended"]
    assert booked(run) == [{"step": "a", "slot": "s2", "calendar": "fitter", "instead": ""}]
    assert run.state.booked == {"s2"}
    assert run.state.saved["when"]["calendar"] == "fitter"


def test_a_slot_is_booked_before_a_call_and_not_twice() -> None:
    run = run_of({"a": {**WHEN, "next": "b"}, "b": {"do": {"call": "x"}, "next": "z"}})
    assert run.tell(Answer("a", {"when": "s1"})) == ["run.answered", "run.booked", "run.entered", "run.called"]
    taken(run, "s1")
    assert run.tell(Returned("b:1", ok=True)) == ["run.returned", "run.entered", "run.ended"]


def test_one_that_is_taken_is_asked_again_and_later_answers_stay() -> None:
    run = run_of({"a": {**WHEN, "next": "b"}, "b": {**WHY, "next": "z"}})
    run.tell(Answer("a", {"when": "s1"}))
    taken(run, "s1")
    assert run.tell(Answer("b", {"why": "Heating"})) == ["run.answered", "run.entered"]
    assert (run.state.step, run.state.why) == ("a", "taken")
    shown = run.screen()
    assert shown.errors == (("when", "That time has just been taken. Please choose another one."),)
    assert [value for value, _ in shown.fields[0].options] == ["s2", "s3"]
    assert run.tell(Answer("a", {"when": "s3"}))[-1] == "run.ended"
    assert run.state.saved["why"] == "Heating"
    assert booked(run)[-1]["slot"] == "s3"


def test_the_old_appointment_is_given_back() -> None:
    field = {**WHEN["field"], "instead": "visit.slot"}  # type: ignore[dict-item]
    steps = {"a": {"ask": "When?", "field": field, "next": "z"}}
    run = run_of(steps, {"visit": {"slot": "old"}}, context={"visit": {"slot": "text"}})
    run.tell(Answer("a", {"when": "s1"}))
    assert booked(run)[0]["instead"] == "old"


def test_a_slot_that_was_booked_and_is_changed_after_all_is_given_back() -> None:
    run = run_of({"a": {**WHEN, "next": "z"}})
    run.tell(Answer("a", {"when": "s1"}))
    assert run.tell(Answer("a", {"when": "s2"}, tier=2))[-1] == "run.ended"
    assert booked(run)[-1] == {"step": "a", "slot": "s2", "calendar": "fitter", "instead": "s1"}
    assert run.state.booked == {"s2"}


def test_a_slot_on_a_way_not_gone_in_the_end_is_given_back() -> None:
    choose = {"yes": {"label": "Come", "next": "a"}, "no": {"label": "Do not come", "next": "z"}}
    run = run_of({"q": {"choose": choose}, "a": {**WHEN, "next": "z"}})
    run.tell(Answer("q", {"choice": "yes"}))
    run.tell(Answer("a", {"when": "s1"}))
    assert run.tell(Answer("q", {"choice": "no"}, tier=2)) == [
        "run.answered",
        "run.booked",
        "run.entered",
        "run.ended",
    ]
    assert booked(run)[-1] == {"step": "a", "slot": "", "calendar": "", "instead": "s1"}
    assert run.state.booked == set()


def test_what_is_taken_from_a_list_is_the_company_s_own_to_book() -> None:
    field = {"kind": "slot", "from": "times", "save": "when"}
    starts = [{"starts": "2026-11-23T09:00:00+01:00"}]
    run = run_of(
        {"a": {"ask": "When?", "field": field, "next": "z"}},
        {"times": starts},
        context={"times": [{"starts": "datetime"}]},
    )
    assert run.tell(Text("1")) == ["run.answered", "run.entered", "run.ended"]


def test_a_calendar_with_nothing_free_calls_a_person() -> None:
    run = run_of({"q": {"say": "Hello", "next": "a"}, "a": {**WHEN, "next": "z"}})
    taken(run, "s1", "s2", "s3")
    assert run.tell(Answer("q", {"choice": "continue"})) == ["run.answered", "run.entered", "run.handover"]
    assert run.last("run.handover")["rule"] == "empty"


def test_an_earlier_choice_that_somebody_took_is_not_walked_over() -> None:
    run = run_of({"q": {**WHY, "next": "a"}, "a": {**WHEN, "next": "b"}, "b": {**WHY, "next": "z"}})
    run.tell(Text("Heating"))
    run.tell(Answer("a", {"when": "s1"}))
    taken(run, "s1")
    run.tell(Answer("q", {"why": "Water"}))
    assert run.state.step == "a"
