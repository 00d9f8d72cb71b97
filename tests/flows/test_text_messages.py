"""A run as text messages: the notice that opens it, the prompts that go on, and what a carrier would say to them."""

from functools import partial
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from disposable import qr
from disposable.definition import Flow
from disposable.engine import Answer, Prove, Returned, Text
from disposable.render.page import page
from disposable.render.text import lint, notice, prompt, segments
from tests.flows.samples import SITE, Run, catalog, context, flight_delay, flow_of, words

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
