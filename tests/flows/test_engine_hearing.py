"""What is heard in a text: guesses that are confirmed, corrections, several fields in one sentence, words of command."""

from typing import Any

import pytest

from disposable.commands import Answer, Start, Text
from disposable.engine import Setting, State
from tests.flows.samples import SITE, Run, flow_of, words

DAY = {"ask": "Which day?", "field": {"kind": "date", "save": "day"}}
TIME = {"ask": "What time?", "field": {"kind": "time", "save": "time"}}
WHO = {"ask": "Who?", "field": {"kind": "text", "save": "who"}}
SIZE = {"ask": "Which?", "field": {"kind": "choice", "options": {"s": "Small one", "l": "Large one"}, "save": "size"}}
FIRST = {"choose": {"book": {"label": "Book a table", "next": "day"}, "ask": {"label": "Ask something", "next": "who"}}}
ZURICH = {"zone": "Europe/Zurich"}


def run_of(*names: str, sure: float | None = None, guess: Any = None, **steps: Any) -> Run:
    known = {"day": DAY, "time": TIME, "who": WHO, "size": SIZE, **steps}
    chain = {
        name: {**known[name], **({} if "choose" in known[name] else {"next": after})}
        for name, after in zip(names, [*names[1:], "z"], strict=True)
    }
    more = {} if sure is None else {"sure": sure}
    return Run(flow_of({**chain, "z": {"end": "Bye"}}, **more), setting=Setting(SITE, guess=guess))


class TestGuesses:
    def test_a_day_in_words_is_asked_before_it_is_taken(self) -> None:
        run = run_of("day", "who")
        assert run.tell(Text("tomorrow")) == ["run.guessed"]
        assert run.state.guess is not None
        assert (run.state.guess.answer.value, run.state.saved) == ("2026-11-22", {})
        shown = run.screen(channel="sms")
        assert (shown.ask, shown.confirm) == ("Nov 22, 2026, is that right?", True)
        assert [choice.label for choice in shown.choices] == ["Yes", "No"]

    @pytest.mark.parametrize("said", ["1", "yes", "ja", "نعم", "OK."])
    def test_yes_takes_it(self, said: str) -> None:
        run = run_of("day", "who")
        run.tell(Text("tomorrow"))
        assert run.tell(Text(said)) == ["run.answered", "run.entered"]
        assert (run.last("run.answered")["by"], run.state.saved) == ("confirmed", {"day": "2026-11-22"})

    @pytest.mark.parametrize("said", ["2", "no", "nein", "لا"])
    def test_no_asks_again(self, said: str) -> None:
        run = run_of("day", "who")
        run.tell(Text("tomorrow"))
        assert run.tell(Text(said)) == ["run.misunderstood"]
        assert (run.state.guess, run.state.step, run.state.tries) == (None, "day", 1)
        assert run.screen(channel="sms").errors[0][1] == "All right, not that. Please answer again."

    def test_another_answer_takes_its_place(self) -> None:
        run = run_of("day", "who")
        run.tell(Text("tomorrow"))
        assert run.tell(Text("2026-11-25")) == ["run.answered", "run.entered"]
        assert run.state.saved == {"day": "2026-11-25"}

    def test_no_and_another_day_guesses_anew(self) -> None:
        run = run_of("day", "who")
        run.tell(Text("tomorrow"))
        assert run.tell(Text("no, today")) == ["run.guessed"]
        run.tell(Text("yes"))
        assert run.state.saved == {"day": "2026-11-21"}

    def test_a_page_shows_it_filled_in_and_takes_what_is_posted(self) -> None:
        run = run_of("day", "who")
        run.tell(Text("tomorrow"))
        shown = run.screen()
        assert (shown.confirm, shown.fields[0].value) == (False, "2026-11-22")
        assert run.tell(Answer("day", {"day": "2026-11-23"})) == ["run.answered", "run.entered"]

    def test_a_chat_may_post_its_yes(self) -> None:
        run = run_of("day", "who")
        run.tell(Text("tomorrow", channel="widget"))
        assert run.tell(Answer("day", {"choice": "yes"}, channel="widget")) == ["run.answered", "run.entered"]

    def test_what_is_gone_when_it_is_confirmed_is_not_taken(self) -> None:
        field = {"ask": "Which?", "field": {"kind": "choice", "from": "things", "save": "thing"}, "next": "z"}
        flow = flow_of({"a": field, "z": {"end": "Bye"}}, context={"things": ["text"]}, sure=0.99)
        run = Run(flow, {"things": ["Large hat", "Small hat"]})
        assert run.tell(Text("larg hat")) == ["run.guessed"]
        run.append("context", {"set": {"things": ["Small hat"]}})
        assert run.tell(Text("yes")) == ["run.misunderstood"]

    def test_below_the_flow_s_confidence_a_choice_is_asked(self) -> None:
        assert run_of("size", sure=0.5).tell(Text("larg one")) == ["run.answered", "run.entered", "run.ended"]
        assert run_of("size", sure=0.99).tell(Text("larg one")) == ["run.guessed"]
        assert run_of("size", sure=0.99).tell(Text("Large one"))[0] == "run.answered"

    def test_an_intent_model_is_asked_where_letters_say_nothing(self) -> None:
        asked: list[tuple[str, str]] = []

        def model(step: str, text: str) -> list[tuple[str, float]]:
            asked.append((step, text))
            return [("book", 0.6), ("ask", 0.2)]

        run = run_of("first", "day", "who", first=FIRST, guess=model)
        assert run.tell(Text("we would love to eat at yours")) == ["run.guessed"]
        assert asked == [("first", "we would love to eat at yours")]
        assert run.screen(channel="sms").ask == "Book a table, is that right?"
        run.tell(Text("yes"))
        assert run.state.step == "day"


class TestCorrections:
    @pytest.mark.parametrize("said", ["no, 27.11.2026", "Nein, 27.11.2026", "لا، 2026-11-27"])
    def test_the_last_answer_is_taken_back(self, said: str) -> None:
        run = run_of("day", "size")
        run.tell(Text("2026-11-26"))
        assert run.tell(Text(said)) == ["run.answered", "run.entered"]
        assert run.last("run.answered")["revises"] is True
        assert (run.state.step, run.state.saved) == ("size", {"day": "2026-11-27"})

    def test_in_words_it_is_asked_first(self) -> None:
        run = run_of("day", "size")
        run.tell(Text("2026-11-26"))
        assert run.tell(Text("no, friday")) == ["run.guessed"]
        assert run.state.step == "size"
        assert run.screen(channel="sms").ask == "Nov 27, 2026, is that right?"
        assert run.tell(Text("1")) == ["run.answered", "run.entered"]
        assert (run.state.step, run.state.saved) == ("size", {"day": "2026-11-27"})

    def test_what_the_step_asked_understands_is_its_answer(self) -> None:
        run = run_of("size", "day")
        run.tell(Text("1"))
        run.tell(Text("no, 2026-11-27"))
        assert run.state.saved == {"size": "s", "day": "2026-11-27"}

    def test_the_same_again_is_no_correction(self) -> None:
        run = run_of("size", "day")
        run.tell(Text("1"))
        assert run.tell(Text("no, small one")) == ["run.misunderstood"]

    def test_what_would_take_anything_is_asked(self) -> None:
        run = run_of("who", "size")
        run.tell(Text("Miler"))
        assert run.tell(Text("no, Miller")) == ["run.guessed"]
        run.tell(Text("yes"))
        assert run.state.saved == {"who": "Miller"}

    def test_a_number_is_the_menu_s_of_now(self) -> None:
        run = run_of("size", "who")
        run.tell(Text("1"))
        run.tell(Text("no, 2"))
        assert run.state.saved["size"] == "s"

    def test_what_was_done_cannot_be_taken_back(self) -> None:
        pay = {"visit": {"to": "https://pay.example/?b={{ back }}", "label": "Pay"}}
        run = run_of("day", "pay", "size", pay=pay)
        run.tell(Text("2026-11-26"))
        run.tell(Answer("pay", {"choice": "returned"}))
        assert run.tell(Text("no, 2026-11-27")) == ["run.misunderstood"]


class TestOneSentence:
    def test_what_was_said_besides_is_asked_where_it_belongs(self) -> None:
        run = run_of("day", "time", "who")
        assert run.tell(Text("tomorrow at 4 pm")) == ["run.guessed"]
        assert run.tell(Text("yes")) == ["run.answered", "run.entered", "run.guessed"]
        assert run.screen(channel="sms").ask == "4:00 PM, is that right?"
        run.tell(Text("yes"))
        assert (run.state.step, run.state.saved) == ("who", {"day": "2026-11-22", "time": "16:00"})

    def test_a_choice_leads_on_to_what_was_said_with_it(self) -> None:
        run = run_of("first", "day", "who", first=FIRST)
        assert run.tell(Text("book a table for tomorrow")) == ["run.answered", "run.entered", "run.guessed"]
        assert (run.state.step, run.state.guess is not None) == ("day", True)

    def test_it_is_kept_over_a_step_it_does_not_answer(self) -> None:
        run = run_of("day", "size", "time")
        run.tell(Text("tomorrow at 4 pm"))
        run.tell(Text("yes"))
        assert run.tell(Text("2")) == ["run.answered", "run.entered", "run.guessed"]

    def test_a_form_forgets_it(self) -> None:
        run = run_of("day", "size", "time")
        run.tell(Text("tomorrow at 4 pm"))
        run.tell(Text("yes"))
        assert run.tell(Answer("size", {"size": "s"})) == ["run.answered", "run.entered"]

    def test_nothing_is_put_into_words_of_one_s_own(self) -> None:
        run = run_of("day", "who")
        run.tell(Text("tomorrow, but not too early"))
        run.tell(Text("yes"))
        assert (run.state.step, run.state.saved) == ("who", {"day": "2026-11-22"})

    def test_above_the_tier_nothing_is_tried(self) -> None:
        run = run_of("day", "time", time={**TIME, "tier": 2})
        run.tell(Text("tomorrow at 4 pm"))
        assert run.tell(Text("yes")) == ["run.answered", "run.entered"]


class TestWordsOfCommand:
    @pytest.mark.parametrize("said", ["agent", "Mitarbeiter", "talk to a person", "موظف"])
    def test_a_person_is_a_word_away(self, said: str) -> None:
        for run in (run_of("who"), run_of("size")):
            assert run.tell(Text(said)) == ["run.handover"]
            assert run.last("run.handover")["rule"] == "asked"

    @pytest.mark.parametrize("said", ["help", "Hilfe", "?", "مساعدة"])
    def test_help_says_what_can_be_said(self, said: str) -> None:
        run = run_of("size")
        assert run.tell(Text(said)) == ["run.entered"]
        assert run.screen(channel="sms").note == words("screen.help")
        assert (run.state.tries, run.state.path) == (0, ("size",))

    def test_a_label_that_is_such_a_word_is_a_choice(self) -> None:
        choose = {"choose": {"person": {"label": "Agent", "next": "z"}, "help": {"label": "Help", "next": "z"}}}
        assert run_of("a", a=choose).tell(Text("agent"))[-1] == "run.ended"


class TestWhatNoWordsAnswer:
    @pytest.mark.parametrize("kind", ["photo", "file", "code"])
    def test_a_text_is_none(self, kind: str) -> None:
        run = run_of("a", a={"ask": "Well?", "tier": 2, "field": {"kind": kind, "save": "it"}})
        assert run.tell(Text("abc123", tier=2)) == ["run.misunderstood"]
        assert "abc123" not in str(run.log)
        assert run.screen(tier=2).errors

    def test_of_a_code_only_that_it_was_right_is_kept(self) -> None:
        run = run_of("a", a={"ask": "Well?", "field": {"kind": "code", "save": "it"}})
        assert run.tell(Answer("a", {"it": "123456"})) == ["run.misunderstood"]
        assert run.tell(Answer("a", {"it.ok": "true", "it.to": "x"})) == ["run.misunderstood"]
        assert run.tell(Answer("a", {"it": {"ok": False, "to": "•••42"}})) == ["run.misunderstood"]
        assert run.tell(Answer("a", {"it": {"ok": True, "to": "•••42", "code": "123456"}}))[0] == "run.answered"
        assert run.last("run.answered")["value"] == {"to": "•••42"}
        assert "123456" not in str(run.log)


class TestEvidence:
    def test_the_words_agreed_to_are_kept_as_they_stood(self) -> None:
        consent = {
            "say": "Before we go on.",
            "field": {"kind": "consent", "terms": "I let {{ site.name }} call me.", "save": "ok"},
        }
        run = run_of("a", a=consent)
        run.tell(Answer("a", {"ok": "yes"}))
        assert run.last("run.answered")["shown"] == "Before we go on.\nI let Meridian Air call me."

    def test_what_is_signed_stands_with_the_signature(self) -> None:
        card = {"card": {"title": "Contract", "text": "You owe {{ n }}."}}
        sign = {
            "tier": 3,
            "ask": "Please sign",
            "show": [card],
            "field": {"kind": "signature", "save": "by"},
            "next": "z",
        }
        verify = {"ask": "How much?", "against": "n"}
        run = Run(flow_of({"a": sign, "z": {"end": "Bye"}}, context={"n": "number"}, verify=verify), {"n": 5})
        run.tell(Answer("a", {"by": "Jo Miller"}, tier=3))
        assert run.last("run.answered")["shown"] == "Contract\nYou owe 5.\nPlease sign"

    def test_other_answers_carry_no_words(self) -> None:
        run = run_of("who")
        run.tell(Text("Jo"))
        assert "shown" not in run.last("run.answered")


class TestStop:
    @pytest.mark.parametrize("said", ["STOP", "stop!", "Abbestellen", "توقف"])
    def test_it_ends_the_run_in_every_language(self, said: str) -> None:
        run = run_of("day", "who")
        assert run.tell(Text(said)) == ["run.ended"]
        assert run.state.outcome == ":stopped"
        assert run.screen(channel="sms").say == words("screen.stopped")
        assert run.tell(Text("tomorrow")) == []

    def test_a_step_that_offers_it_is_answered(self) -> None:
        stops = {"choose": {"go": {"label": "Go on", "next": "z"}, "halt": {"label": "Stop", "next": "z"}}}
        run = run_of("what", what=stops)
        assert run.tell(Text("stop"))[0] == "run.answered"
        assert run.state.answers["what"].value == "halt"

    def test_more_than_the_word_is_no_command(self) -> None:
        run = run_of("who")
        run.tell(Text("stop by on Friday"))
        assert run.state.outcome != ":stopped"


class TestOpening:
    def test_what_the_first_sentence_chose_is_not_asked(self) -> None:
        run = Run(flow_of({**FIRST_STEPS}), setting=Setting(SITE))
        run.state = State()
        run.tell(Start({}, "sms", "I would like to book a table on friday"))
        assert run.state.answers["first"].value == "book"
        assert run.state.guess is not None
        assert run.state.guess.answer.value == "2026-11-27"

    def test_what_it_did_not_choose_is_asked(self) -> None:
        run = Run(flow_of({**FIRST_STEPS}), setting=Setting(SITE))
        run.state = State()
        run.tell(Start({}, "sms", "hello there"))
        assert (run.state.step, run.state.guess) == ("first", None)
        assert run.state.tries == 0


FIRST_STEPS: dict[str, Any] = {
    "first": FIRST,
    "day": {**DAY, "next": "z"},
    "who": {**WHO, "next": "z"},
    "z": {"end": "Bye"},
}


def test_one_sentence_says_how_many_and_when() -> None:
    run = run_of(
        "party", "day", "time", party={"ask": "How many?", "field": {"kind": "number", "max": 12, "save": "party"}}
    )
    run.tell(Text("a table for 4 tomorrow at 7pm"))
    for name, value in (("party", 4), ("day", "2026-11-22"), ("time", "19:00")):
        assert run.state.guess is not None
        assert (run.state.guess.step, run.state.guess.answer.value) == (name, value)
        run.tell(Text("yes"))
    assert run.state.step == "z"


def test_a_correction_is_no_answer_to_a_step_that_takes_any_words() -> None:
    run = run_of("size", "who")
    run.tell(Text("small one"))
    run.tell(Text("no, the large one"))
    assert (run.state.step, run.state.saved) == ("who", {"size": "l"})
    run.tell(Text("No, nobody I know"))
    assert run.state.saved["who"] == "No, nobody I know"
