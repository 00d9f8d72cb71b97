"""A run as a phone menu: TwiML that Twilio's own library would have written, and keys and words that mean what was read out."""

from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import Gather, VoiceResponse

from disposable.engine import Returned, Text, decide
from disposable.render import asks, voice
from disposable.render.voice import reading, twiml
from disposable.screen import Screen
from tests.flows.samples import NOW, Run, catalog, context, flight_delay, flow_of, words
from tests.flows.strategies import CONTEXT, SECRET, commands, flows
from tests.flows.test_ussd import given_in

ACTION = "https://go.meridian.example/hooks/voice/answer?call=1&x=2"
LINK = "{link:0123456789abcdef}"


def screen_of(run: Run, tier: int = 1) -> Screen:
    return run.screen(channel="voice", tier=tier)


def drawn(run: Run, locale: str = "en", **how: Any) -> Xml.Element:
    return parsed(twiml(screen_of(run, how.pop("tier", 1)), words, locale, ACTION, **how))


def parsed(document: str) -> Xml.Element:
    return Xml.fromstring(document.encode())  # noqa: S314 - we wrote it


def said(root: Xml.Element) -> str:
    """What is said before the first answer can come."""
    first = root.find("Gather")
    return " ".join(one.text or "" for one in (first if first is not None else root).iter("Say"))


def small(field: dict[str, Any], values: dict[str, Any] | None = None, **more: Any) -> Run:
    step = {"ask": "Which?", "field": {"save": "it", **field}, "next": "z"}
    return Run(flow_of({"a": step, "z": {"end": "Bye"}}, **more), values)


def test_a_menu_is_the_document_twilio_itself_would_write() -> None:
    run = Run(flight_delay(), context())
    speaker = {"language": "en-US", "voice": "Polly.Joanna"}
    menu = "Press 1 or say: Keep my seat. Press 2 or say: Change flight."

    def gather() -> Gather:
        return Gather(
            action=ACTION,
            method="POST",
            input="dtmf speech",
            language="en-US",
            timeout="6",
            speech_timeout="auto",
            finish_on_key="",
            num_digits=1,
            hints="Keep my seat, Change flight",
        )

    wanted = VoiceResponse()
    first = gather()
    first.say(f"Your flight now leaves at 6:40 PM. {menu}", **speaker)
    wanted.append(first)
    wanted.say("Sorry, nothing was heard.", **speaker)
    again = gather()
    again.say(menu, **speaker)
    wanted.append(again)
    wanted.say("You can call again at any time and go on from here. Goodbye.", **speaker)
    wanted.hangup()
    written = twiml(screen_of(run), words, "en", ACTION)
    assert Xml.canonicalize(written) == Xml.canonicalize(str(wanted))


def test_a_run_by_phone() -> None:
    run = Run(flight_delay(), context())

    def press(digits: str = "", speech: str = "") -> None:
        run.tell(Text(reading(screen_of(run), digits, speech), channel="voice"))

    press("2")
    assert said(drawn(run)) == (
        "Which flight suits you? Press 1 or say: MA 14, 8:40 PM. Press 2 or say: MA 16, 9:55 PM. To go back, press star."
    )
    press("*")
    assert run.state.step == "status"
    press(speech="Change flight.")
    press("1")
    press(speech="that is all")
    assert said(drawn(run)).startswith("To show that it is you, please answer: Your last name.")
    press(speech="Müller")
    working = drawn(run, tier=2)
    assert [one.tag for one in working] == ["Say", "Pause", "Redirect"]
    assert working[2].text == ACTION
    run.tell(Returned("book:1", ok=True, value={"reference": "QX7"}))
    end = drawn(run, tier=2)
    assert [one.tag for one in end] == ["Say", "Hangup"]
    assert end[0].text == "You are on MA 14. Booking QX7. Goodbye."


def test_what_was_not_understood_is_said_first() -> None:
    run = Run(flight_delay(), context())
    run.tell(Text(reading(screen_of(run), "7", ""), channel="voice"))
    assert said(drawn(run)).startswith("Please choose one of the answers shown. Your flight now leaves")


def test_a_long_list_is_read_nine_at_a_time() -> None:
    run = small(
        {"kind": "choice", "from": "things"},
        {"things": [f"Thing {n}" for n in range(1, 31)]},
        context={"things": ["text"]},
    )
    assert said(drawn(run)).endswith("Press 9 or say: Thing 9. For more, press 0.")
    run.tell(Text(reading(screen_of(run), "0", ""), channel="voice"))
    assert said(drawn(run)).startswith("Press 1 or say: Thing 10. Press 2 or say: Thing 11.")
    assert "Which?" not in said(drawn(run))
    assert reading(screen_of(run), "3", "") == "12"
    for _ in range(2):
        run.tell(Text("more", channel="voice"))
    assert said(drawn(run)).count("Press ") == 3
    assert reading(screen_of(run), "4", "") == "4"
    run.tell(Text(reading(screen_of(run), "3", ""), channel="voice"))
    assert run.state.saved == {"it": "Thing 30"}


@pytest.mark.parametrize(
    ("kind", "keys", "text"),
    [
        ("number", "42", "42"),
        ("number", "12*5", "12.5"),
        ("phone", "004930901820", "+4930901820"),
        ("date", "27112026", "2026-11-27"),
        ("date", "99112026", "99112026"),
        ("text", "7", "7"),
        ("text", "*", "back"),
        ("text", "**", "skip"),
        ("text", "", ""),
    ],
)
def test_keys_of_a_field(kind: str, keys: str, text: str) -> None:
    assert reading(screen_of(small({"kind": kind})), keys, "") == text


def test_a_field_says_how_it_can_be_filled_in() -> None:
    run = small({"kind": "date", "optional": True})
    assert said(drawn(run)) == (
        "Which? Say the date, or enter eight digits: two for the day, two for the month, four for the year. "
        "To leave it out, press star twice, then hash."
    )
    gather = drawn(run).find("Gather")
    assert gather is not None
    assert (gather.get("finishOnKey"), gather.get("numDigits")) == ("#", "8")


def test_a_short_scale_is_one_key_and_a_long_one_is_not() -> None:
    stars = small({"kind": "scale", "scale": "stars", "optional": True})
    gather = drawn(stars).find("Gather")
    assert gather is not None
    assert (gather.get("finishOnKey"), gather.get("numDigits")) == ("", "1")
    assert said(drawn(stars)).endswith("Say or press a number from 1 to 5. To leave it out, press hash.")
    assert [reading(screen_of(stars), keys, "") for keys in ("5", "0", "#", "*")] == ["5", "0", "skip", "back"]
    nps = small({"kind": "scale", "scale": "nps"})
    gather = drawn(nps).find("Gather")
    assert gather is not None
    assert gather.get("finishOnKey") == "#"
    nps.tell(Text(reading(screen_of(nps), "10", ""), channel="voice"))
    assert nps.state.saved == {"it": 10}


def test_what_a_call_cannot_take_is_texted() -> None:
    run = small({"kind": "email"})
    end = drawn(run, link=LINK)
    assert said(end) == "Which? We have texted you a link to do this on your phone."
    assert end[-1].tag == "Hangup"
    assert "AGENT" in said(drawn(run))


def test_what_may_be_left_out_can_be_left_out_here_too() -> None:
    run = small({"kind": "email", "optional": True})
    assert said(drawn(run, link=LINK)).endswith("To leave it out, press star twice, then hash.")
    run.tell(Text(reading(screen_of(run), "**", ""), channel="voice"))
    assert run.state.status == "ended"


def test_a_person_is_a_redirect_where_there_is_one() -> None:
    run = Run(flow_of({"a": {"handover": {"team": "care"}}}))
    assert [one.tag for one in drawn(run)] == ["Say", "Hangup"]
    person = drawn(run, person="https://go.meridian.example/dial")
    assert [one.tag for one in person] == ["Say", "Redirect"]
    assert person[1].text == "https://go.meridian.example/dial"


@pytest.mark.parametrize(
    ("locale", "heard", "spoken", "speaker"),
    [
        ("de", "de-DE", "de-DE", "Polly.Vicki"),
        ("en-GB", "en-GB", "en-GB", "Polly.Amy"),
        ("ar", "ar-EG", "arb", "Polly.Zeina"),
        ("pt_BR", "pt-BR", "pt-BR", "Polly.Camila"),
        ("sw", "sw-TZ", "sw-TZ", None),
        ("xx", "xx-US", "xx-US", None),
    ],
)
def test_each_language_has_its_voice(locale: str, heard: str, spoken: str, speaker: str | None) -> None:
    gather = drawn(Run(flight_delay(), context()), locale).find("Gather")
    assert gather is not None
    assert gather.get("language") == heard
    assert (gather[0].get("language"), gather[0].get("voice")) == (spoken, speaker)


def test_words_of_every_shipped_language_fill_in() -> None:
    for locale in ("en", "de", "ar"):

        def own(key: str, locale: str = locale, **values: object) -> str:
            return catalog(locale)[key].format(**values)

        run = Run(flight_delay(), context())
        run.tell(Text("2", channel="voice"))
        assert "{" not in twiml(run.screen(words=own, locale=locale, channel="voice"), own, locale, ACTION)


@given(st.text(max_size=300), st.text(max_size=200))
def test_any_words_are_escaped(say: str, label: str) -> None:
    steps = {
        "a": {"say": "{{ say }}", "choose": {"x": {"label": "{{ label }}", "next": "z"}}},
        "z": {"end": "{{ say }}"},
    }
    run = Run(flow_of(steps, context={"say": "text", "label": "text"}), {"say": say, "label": label})
    root = drawn(run)
    assert {one.tag for one in root.iter()} == {"Response", "Gather", "Say", "Hangup"}


def test_a_long_text_is_said_in_pieces() -> None:
    run = Run(flow_of({"a": {"end": "{{ say }}"}}, context={"say": "text"}), {"say": "word " * 1_900})
    pieces = [one.text or "" for one in drawn(run).iter("Say")]
    assert len(pieces) > 2
    assert all(len(piece) <= voice.LONGEST for piece in pieces)
    assert " ".join(pieces).split()[:1900] == ["word"] * 1899 + ["word."]


@given(st.data())
def test_every_screen_is_said_and_every_option_can_be_pressed(data: st.DataObject) -> None:
    flow = data.draw(flows())
    run = Run(flow, CONTEXT)
    for _ in range(data.draw(st.integers(0, 6))):
        run.tell(data.draw(commands(flow, run.state)))
    tier = data.draw(st.sampled_from([1, 2, 3]))
    shown = screen_of(run, tier)
    written = twiml(shown, words, data.draw(st.sampled_from(["en", "de", "ar"])), ACTION, LINK)
    root = parsed(written)
    assert root.tag == "Response"
    assert len(written) < 64_000
    assert SECRET not in written
    assert root[-1].tag in ("Hangup", "Redirect")
    pressed = () if shown.page or asks.is_several(shown) or asks.escape(shown, "voice") else asks.entries(shown)
    for at, entry in enumerate(pressed[: voice.PAGE], 1):
        assert reading(shown, str(at), "") == str(entry.number)
        told = decide(flow, run.state, Text(str(entry.number), tier, "voice"), NOW, run.setting)
        answered = [one.body for one in told if one.kind == "run.answered" and one.body]
        assert not answered or shown.confirm or entry.value in given_in(answered[0])


def test_days_are_read_out_in_full() -> None:
    steps = {
        "a": {"say": "On {{ on | date }}, {{ at }}.", "ask": "When?", "field": {"kind": "date"}, "next": "z"},
        "z": {"end": "Bye"},
    }
    values = {"on": "2026-11-27", "at": "2026-11-22T18:40:00+01:00"}
    run = Run(flow_of(steps, context={"on": "date", "at": "datetime"}), values)
    assert said(drawn(run)).startswith("On Friday, November 27, 2026, Sunday, November 22, 2026, 6:40 PM. When?")
    assert "On Nov 27, 2026, Nov 22, 2026, 6:40 PM." in run.screen(channel="sms").say
    german = run.screen(channel="voice", locale="de")
    assert german.say == "On Freitag, 27. November 2026, Sonntag, 22. November 2026, 18:40."
    run.tell(Text("tomorrow", channel="voice"))
    assert said(drawn(run)).startswith("Sunday, November 22, 2026, is that right?")
