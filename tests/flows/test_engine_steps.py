"""Steps that lead outside and back: visits, waits, reviews, and what an end leaves in the customer's hands."""

from typing import Any

import pytest

from disposable.commands import Answer, Came, Handover, Resume, Returned, Text, Tick
from disposable.keepsakes import CalendarView, PassView
from disposable.rows import Row
from tests.flows.samples import NOW, Run, flow_of

MINUTE = 60_000
END = {"z": {"end": "Bye"}}
NAME = {"ask": "Name?", "field": {"kind": "text", "label": "Your name", "save": "who"}}
MAIL = {"ask": "Mail?", "field": {"kind": "email", "save": "mail"}}
PAY = {"visit": {"to": "https://pay.example/{{ who }}?to={{ back }}", "label": "Pay now"}}
WAIT = {"wait": {"for": "custom.paid", "within": "20m", "save": "payment", "otherwise": "late"}}


def at_time(run: Run, minutes: int) -> None:
    run.now = NOW + minutes * MINUTE


class TestVisits:
    def run(self) -> Run:
        run = Run(
            flow_of({"a": {**NAME, "next": "pay"}, "pay": {**PAY, "next": "c"}, "c": {**MAIL, "next": "z"}, **END})
        )
        run.tell(Text("Jo & Co"))
        return run

    def test_its_screen_names_the_page_and_leaves_room_for_the_way_back(self) -> None:
        shown = self.run().screen()
        assert shown.visit == ("Pay now", "https://pay.example/Jo%20%26%20Co?to={back}")
        assert (shown.kind, shown.choices, shown.fields, shown.back) == ("step", (), (), "a")

    def test_coming_back_goes_on_and_cannot_be_undone(self) -> None:
        run = self.run()
        assert run.tell(Answer("pay", {"choice": "returned"})) == ["run.answered", "run.entered"]
        assert (run.last("run.answered")["by"], run.state.step, run.state.saved) == (
            "returned",
            "c",
            {"who": "Jo & Co"},
        )
        assert run.tell(Answer("a", {"who": "Bo"})) == []
        assert run.screen().back is None

    def test_coming_back_twice_is_coming_back_once(self) -> None:
        run = self.run()
        run.tell(Answer("pay", {"choice": "returned"}))
        assert run.tell(Answer("pay", {"choice": "returned"})) == []

    @pytest.mark.parametrize("posted", ["continue", "", None, "yes", ["back"]])
    def test_nothing_else_that_is_posted_moves_it(self, posted: object) -> None:
        assert self.run().tell(Answer("pay", {"choice": posted})) == []

    def test_a_text_does_not_move_it_but_to_go_back_or_to_a_person(self) -> None:
        run = self.run()
        assert run.tell(Text("paid")) == run.tell(Text("1")) == ["run.misunderstood"]
        assert run.screen().errors == (("choice", "Please use the link to do this."),)
        assert run.tell(Text("back")) == ["run.entered"]
        assert run.state.step == "a"
        run.tell(Text("Jo"))
        assert run.tell(Text("agent")) == ["run.handover"]

    def test_it_counts_while_a_person_has_the_run(self) -> None:
        run = self.run()
        run.tell(Handover())
        assert run.tell(Answer("pay", {"choice": "returned"})) == ["run.answered"]
        assert run.state.status == "handed"
        run.tell(Resume("then"))
        assert (run.state.step, run.state.status) == ("c", "asking")

    def test_what_is_printed_into_the_address_cannot_change_it(self) -> None:
        run = Run(flow_of({"a": {**NAME, "next": "pay"}, "pay": {**PAY, "next": "z"}, **END}))
        run.tell(Text("x?to=https://evil.example#"))
        assert run.screen().visit == ("Pay now", "https://pay.example/x%3Fto%3Dhttps%3A%2F%2Fevil.example%23?to={back}")


class TestWaits:
    def run(self, **more: Any) -> Run:
        steps = {"a": {**NAME, "next": "w"}, "w": {**WAIT, "next": "z"}, "late": {"end": "Too late"}, **more, **END}
        run = Run(flow_of(steps))
        run.tell(Text("Jo"))
        return run

    def test_it_begins_by_itself_and_shows_that_it_waits(self) -> None:
        run = self.run()
        assert run.state.status == "waiting"
        assert run.last("run.waiting") == {
            "step": "w",
            "kind": "custom.paid",
            "within": 1200,
            "due": NOW + 20 * MINUTE,
        }
        assert (run.screen().kind, run.screen().back) == ("waiting", "a")
        assert run.screen().say == "We are waiting for news. This page goes on by itself."

    def test_the_event_leads_on_and_is_saved(self) -> None:
        run = self.run()
        assert run.tell(Came("custom.other", {"x": 1})) == []
        assert run.tell(Came("custom.paid", {"amount": 5})) == ["run.came", "run.entered", "run.ended"]
        assert run.state.saved == {"who": "Jo", "payment": {"amount": 5}}
        assert run.tell(Came("custom.paid", {"amount": 5})) == []

    def test_what_came_cannot_be_undone(self) -> None:
        run = Run(
            flow_of(
                {
                    "a": {**NAME, "next": "w"},
                    "w": {"wait": {"for": "custom.x"}, "next": "c"},
                    "c": {**MAIL, "next": "z"},
                    **END,
                }
            )
        )
        run.tell(Text("Jo"))
        run.tell(Came("custom.x"))
        assert run.tell(Answer("a", {"who": "Bo"})) == []
        assert run.state.saved == {"who": "Jo"}

    def test_time_ends_it_and_not_before(self) -> None:
        run = self.run()
        at_time(run, 19)
        assert run.tell(Tick()) == []
        at_time(run, 20)
        assert run.tell(Tick()) == ["run.entered", "run.ended"]
        assert (run.state.outcome, run.state.why) == ("late", "otherwise")

    def test_a_wait_without_end_is_left_by_a_person(self) -> None:
        run = Run(flow_of({"w": {"wait": {"for": "custom.x"}, "next": "z"}, **END}))
        at_time(run, 10_000)
        assert run.tell(Tick()) == []
        assert run.tell(Handover()) == ["run.handover"]
        run.tell(Resume("step"))
        assert run.state.status == "waiting"

    def test_an_earlier_answer_can_be_changed_while_it_waits(self) -> None:
        run = self.run()
        assert run.tell(Answer("a", {"who": "Bo"})) == ["run.answered", "run.entered", "run.waiting"]
        assert (run.state.status, run.state.saved) == ("waiting", {"who": "Bo"})

    def test_a_text_says_that_it_still_waits_and_can_go_back(self) -> None:
        run = self.run()
        assert run.tell(Text("well?")) == run.tell(Text("ok")) == ["run.misunderstood"]
        assert run.state.status == "waiting"
        assert run.tell(Text("back")) == ["run.entered"]
        assert (run.state.step, run.state.status, run.state.waiting) == ("a", "asking", None)

    def test_a_form_does_not_skip_it(self) -> None:
        assert self.run().tell(Answer("w", {"choice": "continue"})) == []

    def test_it_goes_on_under_a_person(self) -> None:
        run = self.run()
        run.tell(Handover())
        assert run.tell(Came("custom.paid")) == ["run.came"]
        run.tell(Resume("then"))
        assert run.state.outcome == "z"

    def test_what_ran_out_under_a_person_is_seen_when_they_give_it_back(self) -> None:
        run = self.run()
        run.tell(Handover())
        at_time(run, 30)
        assert run.tell(Tick()) == []
        assert run.tell(Resume("step")) == ["run.resumed", "run.entered", "run.ended"]
        assert run.state.outcome == "late"


class TestReviews:
    def run(self, **review: Any) -> Run:
        steps = {
            "a": {**NAME, "next": "b"},
            "b": {"ask": "Sure?", "field": {"kind": "yesno", "save": "sure"}, "next": "look"},
            "look": {"review": review, "next": "z"},
            **END,
        }
        run = Run(flow_of(steps))
        run.tell(Text("Jo"))
        run.tell(Text("yes"))
        return run

    def test_it_shows_every_answer_in_the_reader_s_words(self) -> None:
        shown = self.run().screen()
        assert shown.rows == (Row("Your name", "Jo", "a"), Row("Sure?", "Yes", "b"))
        assert [(choice.value, choice.label) for choice in shown.choices] == [("continue", "Send")]
        assert self.run().last("run.answered")["label"] == ""

    def test_rows_of_its_own_are_changed_where_they_were_asked(self) -> None:
        shown = self.run(rows={"Guest": "{{ who }}", "House": "{{ site.name }}"}, send="Book it").screen()
        assert shown.rows == (Row("Guest", "Jo", "a"), Row("House", "Meridian Air", ""))
        assert shown.choices[0].label == "Book it"

    @pytest.mark.parametrize("said", ["1", "send", "yes", "Absenden", "إرسال"])
    def test_words_send_it(self, said: str) -> None:
        run = self.run(send="Absenden")
        assert run.tell(Text(said)) == ["run.answered", "run.entered", "run.ended"]

    @pytest.mark.parametrize("said", ["2", "change", "no", "nein", "ändern"])
    def test_words_change_it_and_a_number_leads_to_the_answer(self, said: str) -> None:
        run = self.run()
        assert run.tell(Text(said)) == ["run.entered"]
        shown = run.screen(channel="sms")
        assert [(choice.value, choice.label) for choice in shown.choices] == [
            ("a", "Your name: Jo"),
            ("b", "Sure? Yes"),
        ]
        assert shown.ask == "What do you want to change?"
        assert run.tell(Text("1")) == ["run.entered"]
        assert (run.state.step, run.state.why) == ("a", "back")
        assert run.tell(Text("Bo")) == ["run.answered", "run.entered", "run.entered"]
        assert (run.state.step, run.state.saved) == ("look", {"who": "Bo", "sure": True})

    def test_a_dialog_offers_to_change_something(self) -> None:
        assert [choice.label for choice in self.run().screen(channel="sms").choices] == ["Send", "Change something"]

    def test_a_revision_is_looked_over_again(self) -> None:
        run = self.run()
        run.tell(Answer("a", {"who": "Bo"}))
        assert run.state.step == "look"

    def test_no_and_the_right_answer_changes_it_at_once(self) -> None:
        steps = {
            "a": {
                "ask": "Which?",
                "field": {"kind": "choice", "options": {"r": "Red", "g": "Green"}, "save": "c"},
                "next": "b",
            },
            "b": {"ask": "Sure?", "field": {"kind": "yesno", "save": "sure"}, "next": "look"},
            "look": {"review": {}, "next": "z"},
            **END,
        }
        run = Run(flow_of(steps))
        run.tell(Text("red"))
        run.tell(Text("yes"))
        assert run.tell(Text("no, green"))[0] == "run.answered"
        assert (run.state.step, run.state.saved) == ("look", {"c": "g", "sure": True})

    def test_what_was_answered_above_the_reader_s_tier_is_hidden(self) -> None:
        steps = {"a": {**NAME, "tier": 2, "next": "look"}, "look": {"review": {}, "next": "z"}, **END}
        run = Run(flow_of(steps))
        run.tell(Answer("a", {"who": "Jo"}, tier=2))
        assert run.screen(tier=1).rows == (Row("Your name", "•••", "a"),)
        assert run.screen(tier=2).rows == (Row("Your name", "Jo", "a"),)


class TestEnds:
    def run(self, **end: Any) -> Run:
        slots = {"slot": {"id": "s", "starts": "2026-11-23T09:00:00+01:00", "ends": "2026-11-23T10:00:00+01:00"}}
        flow = flow_of(
            {"a": {"do": {"call": "x", "save": "got"}, "next": "z"}, "z": {"end": "Done", **end}},
            context={"on": "datetime"},
        )
        run = Run(flow, {"on": "2026-11-22T18:40:00+01:00"})
        run.tell(Returned("a:1", ok=True, value={"number": "B7", **slots}))
        return run

    def test_a_receipt_has_rows(self) -> None:
        run = self.run(receipt={"Booking": "{{ got.number }}", "Nothing": "{{ got.none }}"})
        assert run.screen().rows == (Row("Booking", "B7"),)

    def test_a_slot_goes_into_the_calendar_with_its_end(self) -> None:
        entry = {"title": "Visit {{ got.number }}", "starts": "got.slot", "where": "Home"}
        assert self.run(calendar=entry).screen().calendar == CalendarView(
            "Visit B7", "2026-11-23T09:00:00+01:00", "2026-11-23T10:00:00+01:00", "Home"
        )

    def test_an_instant_has_no_end_and_what_is_no_instant_no_entry(self) -> None:
        at = self.run(calendar={"title": "T", "starts": "on"}).screen().calendar
        assert at == CalendarView("T", "2026-11-22T18:40:00+01:00")
        assert self.run(calendar={"title": "T", "starts": "got.number"}).screen().calendar is None

    def test_a_pass_is_shown_at_the_counter(self) -> None:
        shown = self.run(**{"pass": {"title": "Pass", "code": "{{ got.number }}", "rows": {"For": "{{ got.number }}"}}})
        assert shown.screen().pass_ == PassView("Pass", "B7", (Row("For", "B7"),))
        assert self.run(**{"pass": {"title": "Pass", "code": "{{ got.none }}"}}).screen().pass_ is None
