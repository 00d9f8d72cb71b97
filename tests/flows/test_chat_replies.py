"""A run as chat messages: words, buttons, cards, the right keyboard, and the button to a page."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from disposable.engine import Text
from disposable.render import asks, chat
from disposable.screen import Screen
from tests.flows.samples import Run, context, flight_delay, flow_of, words
from tests.flows.strategies import CONTEXT, SECRET, commands, flows
from widget_server.events import checked

LINK = "{link:0123456789abcdef}"


def said(run: Run, link: str = LINK, **how: Any) -> dict[str, Any]:
    return chat.message(run.screen(channel="widget", **how), words, link)


def step(field: dict[str, Any] | None = None, **more: Any) -> Run:
    values = more.pop("values", None)
    context = more.pop("context", {})
    asked = {"ask": "Which?", "field": {"save": "it", **field}} if field else {}
    verify = {"verify": {"ask": "Who?", "against": "who"}} if "tier" in more else {}
    types = {"who": "secret", **context}
    return Run(flow_of({"a": {**asked, "next": "z", **more}, "z": {"end": "Bye"}}, context=types, **verify), values)


def test_a_menu_is_buttons_and_no_numbers() -> None:
    message = said(Run(flight_delay(), context()))
    assert message["text"] == "Your flight now leaves at 6:40 PM."
    assert message["prompt"] == {"menu": [["keep", "Keep my seat"], ["change", "Change flight"]]}


def test_what_a_button_says_is_an_answer() -> None:
    run = Run(flight_delay(), context())
    for label in ("Change flight", "MA 16, 9:55 PM", "That is all"):
        assert label in [one[1] for one in said(run)["prompt"]["menu"]]
        run.tell(Text(label, channel="widget"))
    assert run.state.step == "book"


def test_a_long_list_has_a_button_for_more() -> None:
    run = step(
        {"kind": "choice", "from": "things"},
        context={"things": ["text"]},
        values={"things": [f"Thing {number}" for number in range(1, 51)]},
    )
    seen = []
    for _ in range(3):
        menu = said(run)["prompt"]["menu"]
        assert menu[-1] == ["more", "More"]
        seen += [label for _, label in menu[:-1]]
        run.tell(Text(menu[-1][1], channel="widget"))
    assert seen == [f"Thing {number}" for number in range(1, 51)]


def test_the_keyboard_is_that_of_the_field() -> None:
    assert said(step({"kind": "phone"}))["prompt"]["field"] == {"inputmode": "tel", "autocomplete": "tel"}
    assert said(step({"kind": "number"}))["prompt"]["field"] == {"inputmode": "decimal"}
    assert "field" not in said(step({"kind": "yesno"}))["prompt"]
    picker = said(step({"kind": "date", "min": "2026-11-01"}))["prompt"]["field"]
    assert picker == {"type": "date", "min": "2026-11-01", "label": "Which?", "send": "Send"}


def test_a_scale_is_answered_by_its_numbers() -> None:
    run = step({"kind": "scale", "scale": "nps"})
    message = said(run)
    assert [label for _, label in message["prompt"]["menu"]] == [str(number) for number in range(11)]
    assert "Reply with a number from 0 to 10." in message["text"]
    run.tell(Text("10", channel="widget"))
    assert run.state.saved == {"it": 10}


def test_several_are_answered_by_their_numbers() -> None:
    run = step({"kind": "choices", "options": {"x": "An x", "y": "A y", "z": "A z"}})
    message = said(run)
    assert message["prompt"]["menu"] == []
    assert message["text"].split("\n")[-4:] == ["1 An x", "2 A y", "3 A z", "Reply with the numbers, like 1 3."]
    run.tell(Text("1 3", channel="widget"))
    assert run.state.saved == {"it": ["x", "z"]}


def test_what_is_shown_is_cards_and_stands_in_the_text_too() -> None:
    show = [
        {"card": {"title": "Order {{ number }}", "text": "On its way", "rows": {"Number": "{{ number }}"}}},
        {"map": {"at": "shop", "label": "Our shop"}},
    ]
    types = {"number": "text", "shop": {"lat": "number", "lon": "number"}}
    run = step(
        say="Here it is.", show=show, context=types, values={"number": "4711", "shop": {"lat": 52.5, "lon": 13.4}}
    )
    message = said(run)
    assert message["text"] == "Here it is.\nOrder 4711\nOn its way\nNumber: 4711\nOur shop"
    assert message["prompt"]["text"] == "Here it is."
    card, shop = message["prompt"]["cards"]
    assert card == {"title": "Order 4711", "text": "On its way", "rows": [["Number", "4711"]]}
    assert shop["rows"][0][0] == "Our shop"
    assert shop["rows"][0][2].startswith("https://")


def test_what_only_a_page_can_take_has_a_button_to_it() -> None:
    message = said(step({"kind": "photo"}, tier=2), tier=2)
    assert message["text"] == "Which?\nPlease do this on the page, then go on here."
    assert message["prompt"] == {"menu": [], "link": {"label": "Open the page", "url": LINK}}
    assert "link" not in said(step({"kind": "photo"}, tier=2), "", tier=2)["prompt"]
    texted = chat.message(step({"kind": "file"}, tier=2).screen(channel="widget", tier=2), words, LINK, button=False)
    assert texted["text"] == f"Which?\nTo send a file, open {LINK} and then go on here."
    assert "link" not in texted["prompt"]
    paying = step(visit={"to": "https://pay.example/?back={{ back }}", "label": "Pay now"})
    assert said(paying)["prompt"]["link"]["url"] == LINK


def test_a_guess_is_asked_with_two_buttons() -> None:
    run = step({"kind": "date"})
    run.tell(Text("tomorrow", channel="widget"))
    assert [label for _, label in said(run)["prompt"]["menu"]] == ["Yes", "No"]


@given(st.data())
def test_every_screen_is_a_message_the_log_takes(data: st.DataObject) -> None:
    flow = data.draw(flows())
    run = Run(flow, CONTEXT)
    for _ in range(data.draw(st.integers(0, 6))):
        run.tell(data.draw(commands(flow, run.state)))
    tier = data.draw(st.sampled_from([1, 2, 3]))
    shown: Screen = run.screen(channel="widget", tier=tier)
    message = chat.message(shown, words, data.draw(st.sampled_from(["", LINK])))
    checked("message", {**message, "prompt": {**message["prompt"], "run": "r", "step": shown.step}})
    assert SECRET not in json.dumps(message)
    if asks.scale(shown) is None and not asks.is_several(shown) and not asks.escape(shown, "widget"):
        buttons = [value for value, _ in message["prompt"]["menu"] if value != "more"]
        assert buttons == [entry.value for entry in asks.entries(shown)][: chat.PAGE] or shown.page
