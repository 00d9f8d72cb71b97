"""A run as text messages: the notice that opens it, the prompts that go on, and what a carrier would say to them."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from disposable import qr
from disposable.definition import Flow
from disposable.engine import Answer, Prove, Returned, Setting, Text
from disposable.render import asks, chat, ussd, voice
from disposable.render.page import page
from disposable.render.text import lint, notice, prompt, segments
from tests.flows.samples import NOW, SITE, Run, catalog, context, flight_delay, flow_of, words

LINK = "https://go.meridian.example/" + "x" * 22
say = partial(notice, words=words, locale="en", zone=None)


def test_the_notice_of_the_example_is_one_segment_without_fault() -> None:
    text = say(flight_delay(), context(), SITE, LINK)
    assert (
        text == f"Meridian Air: flight MA 12 now leaves at 6:40 PM. Tap {LINK} or reply 1 Keep my seat, 2 Change flight"
    )
    assert (segments(text).encoding, segments(text).segments) == ("GSM-7", 1)
    assert lint(text, LINK, sender="Meridian Air", personal=["Jo", "Müller"]) == []


def test_opt_out_words_stand_at_the_end() -> None:
    assert say(flight_delay(), context(), {**SITE, "stop": "STOP ends"}, LINK).endswith("Change flight STOP ends")


def test_a_flow_without_a_text_has_one_of_its_purpose() -> None:
    flow = flow_of({"a": {"ask": "Well?", "field": {"kind": "text"}, "next": "z"}, "z": {"end": "Bye"}})
    text = say(flow, {}, SITE, LINK)
    assert text == f"Meridian Air: A test. Tap {LINK} to see it, or reply here"
    assert lint(text, LINK, sender="Meridian Air") == []


def menu_of(step: dict[str, object], **more: object) -> str:
    flow = flow_of({"a": step, "z": {"end": "Bye"}}, text="x {{ link }} {{ menu }}", **more)
    return say(flow, {}, SITE, "L").removeprefix("x L ")


def test_the_menu_is_that_of_the_first_step() -> None:
    assert menu_of({"say": "Hi", "next": "z"}) == "1 Continue"
    assert menu_of({"ask": "?", "field": {"kind": "yesno"}, "next": "z"}) == "1 Yes, 2 No"
    assert (
        menu_of({"ask": "?", "field": {"kind": "choice", "options": {"x": "X", "y": "Y"}}, "next": "z"}) == "1 X, 2 Y"
    )
    assert menu_of({"ask": "?", "field": {"kind": "text"}, "next": "z"}) == "here"
    assert menu_of({"tier": 2, "say": "Hi", "next": "z"}) == "here"


def prompt_of(run: Run, link: str = "") -> list[str]:
    return prompt(run.screen(channel="sms"), words, link=link).split("\n")


def test_a_run_as_texts() -> None:
    run = Run(flight_delay(), context())
    assert prompt_of(run) == ["Now leaves 6:40 PM.", "1 Keep my seat", "2 Change flight", "Reply with a number."]
    run.tell(Text("perhaps"))
    assert prompt_of(run)[0] == "Please choose one of the answers shown."
    run.tell(Text("2"))
    assert prompt_of(run) == ["Which flight suits you?", "1 MA 14, 8:40 PM", "2 MA 16, 9:55 PM", "Reply with a number."]
    run.tell(Text("MA 16"))
    run.tell(Text("1"))
    assert prompt_of(run) == ["To show that it is you, reply with: Your last name"]
    run.tell(Text("Müller"))
    assert prompt_of(run) == ["We are working on it. This can take a moment."]
    run.tell(Returned("book:1", ok=True, value={"reference": "QX7"}))
    assert prompt_of(run) == ["You are on MA 16. Booking QX7."]


def test_what_no_text_can_prove_is_sent_to_the_link() -> None:
    run = Run(flow_of({"pay": {"tier": 2, "do": {"call": "pay"}, "next": "z"}, "z": {"end": "Paid"}}))
    run.tell(Prove("x"))
    assert prompt_of(run, link=LINK) == [f"To go on safely, open {LINK} and enter the code we text you."]
    assert prompt_of(run) == ["We can text you a code to show that it is you."]


def test_a_menu_of_two_hundred_has_pages_and_keeps_its_numbers() -> None:
    field = {"kind": "choice", "from": "things", "save": "thing"}
    flow = flow_of(
        {"a": {"ask": "Which?", "field": field, "next": "z"}, "z": {"end": "{{ thing }}"}}, context={"things": ["text"]}
    )
    run = Run(flow, {"things": [f"Thing {number}" for number in range(1, 201)]})
    assert prompt_of(run)[1:] == [*(f"{n} Thing {n}" for n in range(1, 10)), "Reply with a number, or MORE."]
    assert run.tell(Text("more")) == ["run.entered"]
    assert prompt_of(run)[1] == "10 Thing 10"
    for _ in range(21):
        run.tell(Text("More."))
    assert prompt_of(run)[1:-1] == ["199 Thing 199", "200 Thing 200"]
    run.tell(Text("more"))
    assert prompt_of(run)[1] == "1 Thing 1"
    run.tell(Text("137"))
    assert run.state.saved == {"thing": "Thing 137"}


def test_what_is_optional_says_so() -> None:
    field = {"kind": "text", "label": "A note?", "hint": "For the crew", "optional": True}
    run = Run(flow_of({"a": {"field": field, "next": "z"}, "z": {"end": "Bye"}}))
    assert prompt_of(run) == ["A note?", "For the crew", "Reply SKIP to leave it out."]
    assert run.tell(Text("skip"))[0] == "run.answered"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (f"Meridian: tap {LINK} or reply", []),
        (f"{LINK} is from Meridian", ["link_first"]),
        (f"Meridian: tap {LINK}", ["link_last"]),
        (f"Meridian: tap {LINK}. Bye", ["link_punctuation"]),
        (f"Meridian: tap {LINK} or {LINK} now", ["links"]),
        (f"Meridian: tap {LINK} or https://evil.example now", ["links"]),
        ("Meridian: tap nothing", ["links"]),
        (f"Tap {LINK} or reply", ["sender"]),
        (f"Meridian: it’s late, tap {LINK} or reply", ["unicode", "segments"]),
        (f"Meridian: {'late ' * 30}, tap {LINK} or reply", ["segments"]),
        (f"Meridian: Ann Müller, tap {LINK} or reply", ["personal"]),
        (f"Meridian: MULLER, tap {LINK} or reply", ["personal"]),
    ],
)
def test_lint(text: str, faults: list[str]) -> None:
    assert lint(text, LINK, sender="Meridian", personal=["Müller", ""]) == faults
    for fault in faults:
        assert catalog("en")[f"lint.{fault}"]


def test_a_page_is_what_the_environment_makes_of_a_screen() -> None:
    env = Environment(autoescape=True, loader=DictLoader({"step.html": "<h1>{{ screen.title }}</h1>{{ extra }}"}))
    flow: Flow = flow_of({"a": {"end": "Bye"}}, title="<b>{{ site.name }}")
    assert page(env, "step.html", Run(flow).screen(), extra="&") == "<h1>&lt;b&gt;Meridian Air</h1>&amp;"


def test_a_code_to_scan_is_drawn_without_any_image_library() -> None:
    drawn = qr.svg(LINK)
    assert drawn.startswith("<?xml")
    assert "<path" in drawn
    assert len(drawn) < 20_000
    for text in ("", "x" * 1_001):
        with pytest.raises(ValueError, match="QR code"):
            qr.svg(text)


def test_an_answer_on_the_web_goes_on_in_texts() -> None:
    run = Run(flight_delay(), context())
    run.tell(Answer("status", {"choice": "change"}))
    run.tell(Text("1"))
    assert run.state.step == "extras"


def test_catalogs_stand_where_they_belong() -> None:
    assert Path(__file__).parents[2].joinpath("templates/locale/en/text.po").exists()


SHOP = {"lat": 52.5, "lon": 13.4}
SHOWN: list[dict[str, Any]] = [
    {"card": {"title": "Order", "text": "On its way", "rows": {"Number": "{{ number }}"}}},
    {"list": {"from": "things", "title": "{{ item.name }}", "text": "{{ item.price | money('EUR') }}"}},
    {"table": {"from": "things", "columns": {"Thing": "{{ item.name }}", "Price": "{{ item.price | number }}"}}},
    {"image": {"file": "f1", "alt": "A red lamp"}},
    {"map": {"at": "shop", "label": "Our shop"}},
    {"timeline": {"from": "things", "title": "{{ item.name }}", "done": "item.price < 5"}},
]


def test_what_is_shown_stands_in_lines() -> None:
    types = {
        "number": "text",
        "things": [{"name": "text", "price": "number"}],
        "shop": {"lat": "number", "lon": "number"},
    }
    flow = flow_of({"a": {"say": "Look.", "show": SHOWN, "next": "z"}, "z": {"end": "Bye"}}, context=types)
    things = [{"name": "Pen", "price": 2}, {"name": "Ink", "price": 9}]
    run = Run(flow, {"number": "4711", "things": things, "shop": SHOP})
    assert prompt_of(run) == [
        *("Look.", "Order", "On its way", "Number: 4711"),
        *("- Pen: €2.00", "- Ink: €9.00"),
        *("- Pen, Price: 2", "- Ink, Price: 9"),
        "[A red lamp]",
        "Our shop",
        *("Pen (done)", "Ink"),
        *("1 Continue", "Reply with a number."),
    ]


def test_a_long_list_says_how_much_is_left() -> None:
    flow = flow_of(
        {"a": {"show": [{"list": {"from": "things", "title": "{{ item }}"}}], "next": "z"}, "z": {"end": "Bye"}},
        context={"things": ["text"]},
    )
    said = prompt_of(Run(flow, {"things": [f"Thing {number}" for number in range(60)]}))
    assert said[8:10] == ["- Thing 8", "and 51 more"]


def test_slots_stand_below_their_day() -> None:
    step = {"ask": "When?", "field": {"kind": "slot", "calendar": "fitter", "save": "at"}, "next": "z"}
    starts = ("2026-11-24T09:00:00+01:00", "2026-11-24T10:00:00+01:00", "2026-11-25T20:00:00+01:00")
    slots = {"fitter": tuple({"id": f"s{at}", "starts": start} for at, start in enumerate(starts))}
    run = Run(flow_of({"a": step, "z": {"end": "Bye"}}), setting=Setting(SITE, now=NOW, slots=slots))
    said = prompt(run.screen(channel="sms", setting=run.setting), words).split("\n")
    assert said == [
        *("When?", "Tuesday, November 24", "1 9:00 AM", "2 10:00 AM", "Wednesday, November 25", "3 8:00 PM"),
        "Reply with a number.",
    ]


def test_a_review_lists_what_was_answered_and_what_can_be_changed() -> None:
    steps = {
        "who": {"ask": "Your name?", "field": {"kind": "name", "save": "who"}, "next": "look"},
        "look": {"review": {"send": "Send it"}, "next": "z"},
        "z": {"end": "Thanks", "receipt": {"Name": "{{ who }}"}},
    }
    run = Run(flow_of(steps))
    run.tell(Text("Ann"))
    assert prompt_of(run) == ["Your name? Ann", "1 Send it", "2 Change something", "Reply with a number."]
    run.tell(Text("2"))
    assert prompt_of(run)[-2:] == ["1 Your name? Ann", "Reply with a number."]
    run.tell(Text("1"))
    run.tell(Text("Ben"))
    run.tell(Text("1"))
    assert prompt_of(run) == ["Thanks", "Name: Ben"]


def test_a_pass_is_told_and_kept_behind_the_link() -> None:
    flow = flow_of({"a": {"end": "Done.", "pass": {"title": "Boarding pass", "code": "QX7", "rows": {"Seat": "2A"}}}})
    assert prompt_of(Run(flow), LINK) == [
        *("Done.", "Boarding pass: QX7", "Seat: 2A"),
        f"To keep it on your phone, open {LINK} at any time.",
    ]


def test_what_only_a_page_can_take_names_the_link() -> None:
    flow = flow_of(
        {
            "a": {"visit": {"to": "https://pay.example/?back={{ back }}", "label": "Pay"}, "next": "b"},
            "b": {"tier": 2, "ask": "The damage?", "field": {"kind": "photo", "optional": True}, "next": "z"},
            "z": {"end": "Bye"},
        },
        verify={"ask": "Name?", "against": "name"},
        context={"name": "secret"},
    )
    run = Run(flow, {"name": "x"})
    assert prompt_of(run, LINK) == [f"To do this, open {LINK} and then go on here."]
    assert prompt_of(run) == [words("escape.none")]
    run.tell(Answer("a", {"choice": "returned"}))
    said = prompt(run.screen(channel="sms", tier=2), words, link=LINK).split("\n")
    assert said == [
        "The damage?",
        f"To send a photo, open {LINK} and then go on here.",
        "Reply SKIP to leave it out.",
    ]


@pytest.mark.parametrize("channel", ["sms", "ussd", "voice", "widget"])
@pytest.mark.parametrize("tier", [2, 3])
def test_nothing_of_a_higher_tier_is_said(channel: str, tier: int) -> None:
    hidden = {
        "tier": tier,
        "title": "Hidden",
        "say": "Hidden",
        "show": [{"card": {"title": "Hidden"}}],
        "choose": {"x": {"label": "Hidden", "next": "z"}},
    }
    flow = flow_of(
        {"a": hidden, "z": {"end": "Bye"}},
        verify={"ask": "Name?", "against": "name"},
        context={"name": "secret"},
    )
    shown = Run(flow, {"name": "x"}).screen(channel=channel)
    drawn = {
        "sms": lambda: prompt(shown, words, link=LINK),
        "ussd": lambda: ussd.page(shown, words, 0, LINK).text,
        "voice": lambda: voice.twiml(shown, words, "en", "/", LINK),
        "widget": lambda: str(chat.message(shown, words, LINK)),
    }[channel]()
    assert "Hidden" not in drawn
    assert "Name?" in drawn


@pytest.mark.parametrize("channel", ["sms", "ussd", "voice"])
def test_what_asks_most_is_never_done_in_a_thread(channel: str) -> None:
    """Not even for a reader who proved enough on a page: a sender can be forged."""
    hidden = {"tier": 3, "say": "Hidden", "choose": {"x": {"label": "Hidden", "next": "z"}}}
    flow = flow_of(
        {"a": hidden, "z": {"end": "Bye"}}, verify={"ask": "Name?", "against": "name"}, context={"name": "secret"}
    )
    shown = Run(flow, {"name": "x"}).screen(channel=channel, tier=3)
    assert asks.escape(shown, channel) == "verify"
    drawn = {
        "sms": lambda: prompt(shown, words, link=LINK),
        "ussd": lambda: ussd.page(shown, words, 0, LINK).text,
        "voice": lambda: voice.twiml(shown, words, "en", "/", LINK),
    }[channel]()
    assert "Hidden" not in drawn
