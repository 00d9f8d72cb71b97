"""What stands on the screen, for whom: nothing of what a reader has not proved to be theirs."""

from typing import Any

import pytest

from disposable.definition import Flow
from disposable.engine import Answer, Handover, Prove, Resume, Returned, Setting, Text
from disposable.fields import FieldError
from disposable.screen import ChoiceView, Screen
from tests.flows.samples import SITE, Run, catalog, context, flight_delay, flow_of, words


@pytest.fixture
def run() -> Run:
    return Run(flight_delay(), context())


def test_a_step_with_choices(run: Run) -> None:
    shown = run.screen()
    assert (shown.kind, shown.step, shown.title) == ("step", "status", "Flight MA 12 is late")
    assert shown.say == "Your flight now leaves at 6:40 PM."
    assert shown.choices == (ChoiceView("keep", "Keep my seat", primary=True), ChoiceView("change", "Change flight"))
    assert (shown.back, shown.errors, shown.fields) == (None, (), ())


def test_other_words_for_one_channel_and_another_language(run: Run) -> None:
    assert run.screen(channel="sms").say == "Now leaves 6:40 PM."
    assert run.screen(locale="de").say == "Your flight now leaves at 18:40."
    assert run.screen(zone="Europe/London").say == "Your flight now leaves at 6:40 PM GMT+1."


def test_a_field_with_options_from_the_context(run: Run) -> None:
    run.tell(Text("2"))
    shown = run.screen()
    field = shown.fields[0]
    assert (shown.ask, shown.back, shown.choices) == ("Which flight suits you?", "status", ())
    assert (field.name, field.kind, field.type, field.required, field.value) == ("chosen", "choice", "radio", True, "")
    assert [label for _, label in field.options] == ["MA 14, 8:40 PM", "MA 16, 9:55 PM"]


def test_an_earlier_step_shows_what_was_answered(run: Run) -> None:
    run.tell(Text("2"))
    run.tell(Text("1"))
    shown = run.screen(step="pick")
    assert (shown.step, shown.back) == ("pick", "status")
    assert shown.fields[0].value == shown.fields[0].options[0][0]
    assert run.screen(step="book").step == run.screen(step="nowhere").step == "extras"


def test_an_error_stands_at_its_field_until_it_is_mended(run: Run) -> None:
    run.tell(Text("2"))
    run.tell(Answer("pick", {"chosen": "0"}))
    shown = run.screen()
    assert shown.errors == (("chosen", "Please choose one of the answers shown."),)
    assert shown.fields[0].error == "Please choose one of the answers shown."
    run.tell(Text("1"))
    assert run.screen().errors == ()
    assert run.screen(error=FieldError("choice")).errors == (("choice", "Please choose one of the answers shown."),)


def test_what_was_typed_and_not_taken_is_shown_again() -> None:
    run = Run(
        flow_of({"a": {"ask": "Mail?", "field": {"kind": "email", "save": "mail"}, "next": "z"}, "z": {"end": "Bye"}})
    )
    run.tell(Answer("a", {"mail": "jo at home"}))
    shown = run.screen(typed={"mail": "jo at home"}).fields[0]
    assert (shown.value, bool(shown.error)) == ("jo at home", True)
    assert "jo at home" not in str(run.log)


def test_below_its_tier_a_step_shows_only_how_to_prove_oneself(run: Run) -> None:
    run.tell(Text("2"))
    run.tell(Text("1"))
    run.tell(Text("1"))
    shown = run.screen(tier=1)
    assert (shown.kind, shown.verify, shown.tier, shown.ask) == ("verify", "fact", 2, "Your last name")
    assert [field.name for field in shown.fields] == ["fact"]
    assert shown.back == "extras"
    run.tell(Prove("wrong"))
    assert run.screen(tier=1).errors == (("fact", "That is not what we have on file. Please try again."),)


def test_a_wrong_fact_tried_elsewhere_is_not_shown_to_who_needs_none(run: Run) -> None:
    run.tell(Prove("wrong"))
    assert run.screen(tier=1).errors == ()


def test_the_third_tier_asks_for_a_code() -> None:
    steps: dict[str, dict[str, Any]] = {"pay": {"tier": 3, "do": {"call": "pay"}, "next": "z"}, "z": {"end": "Paid"}}
    verify = {"ask": "Name?", "against": "name"}
    run = Run(flow_of(steps, verify=verify, context={"name": "secret"}), {"name": "Jo"})
    assert (run.screen(tier=1).verify, run.screen(tier=2).verify, run.screen(tier=2).fields) == ("fact", "code", ())
    without = Run(flow_of({**steps, "pay": {**steps["pay"], "tier": 2}}))
    assert without.screen(tier=1).verify == "code"


def test_a_locked_reader_sees_nothing_of_the_run(run: Run) -> None:
    for shown in (run.screen(locked=True), run.screen(tier=0)):
        assert (shown.kind, shown.title, shown.step) == ("locked", "A change to your flight", "")
        assert shown.say == catalog("en")["screen.locked"]
        assert [*shown.choices, *shown.fields] == []


def test_working_handed_and_ended(run: Run) -> None:
    run.tell(Text("2"))
    run.tell(Text("1"))
    run.tell(Answer("extras", {"choice": "done"}, tier=2))
    assert run.screen(tier=2).kind == "working"
    assert run.screen(tier=1).title == "A change to your flight"
    run.tell(Handover())
    assert run.screen(tier=2).kind == "handed"
    run.tell(Returned("book:1", ok=True, value={"reference": "QX7"}))
    assert run.screen(tier=2).kind == "handed"


def test_the_end_of_a_guarded_step_is_for_who_proved_it() -> None:
    run = Run(flow_of({"a": {"tier": 2, "end": "Your number is {{ n }}."}}, context={"n": "personal"}), {"n": "42"})
    assert run.screen(tier=2).say == "Your number is 42."
    assert (run.screen(tier=1).kind, run.screen(tier=1).say) == ("end", "All done. Thank you.")


@pytest.mark.parametrize(
    ("kind", "type_", "mode", "complete"),
    [
        ("phone", "tel", "tel", "tel"),
        ("email", "email", "email", "email"),
        ("date", "date", "", ""),
        ("number", "text", "decimal", ""),
        ("text", "text", "", ""),
    ],
)
def test_fields_bring_up_the_right_keyboard(kind: str, type_: str, mode: str, complete: str) -> None:
    field: dict[str, Any] = {"kind": kind, "label": "It", "hint": "For {{ site.name }}", "save": "it"}
    run = Run(flow_of({"a": {"field": field, "next": "z"}, "z": {"end": "Bye"}}))
    shown = run.screen().fields[0]
    assert (shown.type, shown.inputmode, shown.autocomplete) == (type_, mode, complete)
    assert (shown.label, shown.hint) == ("It", "For Meridian Air")


def test_yes_and_no_are_said_in_the_reader_s_language() -> None:
    run = Run(flow_of({"a": {"ask": "Well?", "field": {"kind": "yesno"}, "next": "z"}, "z": {"end": "Bye"}}))
    said = lambda key, **_values: catalog("de")[key]  # noqa: E731
    assert run.screen(words=said).fields[0].options == (("yes", "Ja"), ("no", "Nein"))


def test_a_screen_of_a_new_or_unknown_state_is_no_crash() -> None:
    run = Run(flight_delay(), {})
    assert isinstance(run.screen(), Screen)
    assert run.screen().say == "Your flight now leaves at ."


@pytest.mark.parametrize("locale", ["en", "de", "ar"])
def test_all_words_are_there_in_every_language(locale: str) -> None:
    assert set(catalog(locale)) == set(catalog("en"))
    assert all(catalog(locale).values())


def test_a_wait_says_what_was_not_taken_and_that_nobody_was_there() -> None:
    run = Run(flow_of({"w": {"wait": {"for": "custom.x"}, "next": "z"}, "z": {"end": "Bye"}}))
    run.tell(Text("what now?"))
    assert run.screen(channel="sms").errors == (("choice", words("error.wait")),)
    run.tell(Handover())
    run.tell(Resume("otherwise"))
    assert (run.screen().kind, run.screen().note) == ("waiting", words("screen.nobody"))


class TestLanguages:
    def run(self) -> Run:
        choose = {"go": {"label": "Go on", "next": "b"}, "no": {"label": "Not now", "next": "z"}}
        ask = {"ask": "Are you sure?", "field": {"kind": "yesno", "save": "sure"}, "next": "look"}
        flow = flow_of({"a": {"choose": choose}, "b": ask, "look": {"review": {}, "next": "z"}, "z": {"end": "Bye"}})
        german = {
            "steps": {"a": {"choose": {"go": {"label": "Weiter"}}}, "b": {"ask": "Sicher?"}, "z": {"end": "Tschüss"}}
        }
        whole = flow.model_copy(update={"translations": {"de": german}})
        return Run(Flow.from_json(whole.to_json()), setting=Setting(SITE, "de"))

    def test_what_is_said_stored_and_understood_is_in_it(self) -> None:
        run = self.run()
        assert run.last("run.started")["hash"] == run.flow.hash
        assert [choice.label for choice in run.screen().choices] == ["Weiter", "Not now"]
        run.tell(Text("weiter"))
        assert run.last("run.answered")["label"] == "Weiter"
        assert run.screen().ask == "Sicher?"

    def test_another_reader_reads_the_same_answers_in_theirs(self) -> None:
        run = self.run()
        run.tell(Text("weiter"))
        run.tell(Text("ja"))
        german = lambda key, **values: catalog("de")[key].format(**values)  # noqa: E731
        assert [row.value for row in run.screen(words=german).rows] == ["Weiter", "Ja"]
        assert [row.value for row in run.screen(locale="en").rows] == ["Go on", "Yes"]
