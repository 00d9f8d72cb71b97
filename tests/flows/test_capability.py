"""What `flow check` proves of every step and channel: native, in other words, by a link, and never a dead end."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable import capability, loading
from disposable.capability import Fit
from disposable.definition import KINDS, RENDERED
from disposable.render import asks
from disposable.screen import Screen
from tests.flows.samples import Run, flow_of
from tests.flows.strategies import CONTEXT, commands, flows

END: dict[str, Any] = {"end": "Bye"}


def mistakes(steps: dict[str, Any], **more: Any) -> list[str]:
    whole = {"app": "small", "purpose": "A test", "start": next(iter(steps)), "steps": steps, **KNOWN, **more}
    return [one.message for one in loading.check(json.dumps(whole))]


def asking(kind: str, **more: Any) -> dict[str, Any]:
    tier = {"photo": 2, "file": 2, "signature": 3, "location": 1}.get(kind, 1)
    return {"a": {"tier": tier, "ask": "Well?", "field": {"kind": kind, **more}, "next": "z"}, "z": END}


KNOWN: dict[str, Any] = {"verify": {"ask": "Who?", "against": "name"}, "context": {"name": "secret"}}
"""What a step above tier 1 needs."""


def fits(steps: dict[str, Any], **more: Any) -> dict[str, Fit]:
    flow = flow_of(steps, **KNOWN, **more)
    return capability.table(flow)[flow.start]


def test_a_photo_is_a_link_in_every_dialog() -> None:
    found = fits(asking("photo"))
    assert {channel: one.kind for channel, one in found.items()} == {
        "web": "native",
        "widget": "link",
        "sms": "link",
        "ussd": "link",
        "voice": "link",
    }
    assert found["ussd"].how == "a photo: the link is texted, and the next session goes on after it"


def test_what_is_said_in_other_words_says_how() -> None:
    choosing = {"a": {"say": "Hi", "choose": {"x": {"label": "X", "next": "z"}}}, "z": END}
    assert fits(choosing)["voice"] == Fit("rewritten", "read out 9 at a time, answered by a key or by saying it")
    assert fits(asking("date"))["voice"].how == "spoken, or eight digits"
    shown = {"a": {**choosing["a"], "show": [{"card": {"title": "A"}}, {"image": {"file": "f", "alt": "A"}}]}, "z": END}
    assert fits(shown)["sms"].how.endswith("; card and image as lines")


def test_a_step_of_tier_three_is_a_link() -> None:
    found = fits({"a": {"tier": 3, "do": {"call": "pay"}, "next": "z"}, "z": END})
    assert [one.kind for one in found.values()] == ["native", "link", "link", "link", "link"]


@pytest.mark.parametrize("only", [["ussd", "voice"], ["sms"], ["widget"]])
def test_a_photo_where_there_is_no_page_is_a_dead_end(only: list[str]) -> None:
    (found,) = mistakes(asking("photo"), only=only)
    assert found.startswith("step `a` is a dead end on ")
    assert found.endswith("a photo needs a page, and `only` leaves out web: add web to it")


def test_a_mistake_stands_at_its_step() -> None:
    steps = asking("photo")
    text = json.dumps(
        {"app": "small", "purpose": "A test", "start": "a", "only": ["sms"], "steps": steps, **KNOWN}, indent=1
    )
    (found,) = loading.check(text)
    assert 'a": {' in text.splitlines()[found.line - 1]


def test_a_page_opens_the_way_again() -> None:
    assert mistakes(asking("photo"), only=["ussd", "web"]) == []
    assert mistakes(asking("yesno"), only=["ussd"]) == []


def test_channels_are_those_it_may_run_on() -> None:
    assert tuple(fits(asking("yesno"), only=["ussd"])) == ("ussd",)
    assert tuple(fits(asking("yesno"))) == RENDERED


def test_words_nobody_can_listen_to_are_too_long() -> None:
    steps = {"a": {"say": "Hi", "next": "z"}, "z": END}
    layers = {"voice": {"a": {"say": "word " * 390}}, "ussd": {"a": {"say": "word " * 390}}}
    found = mistakes(steps, layers=layers)
    assert [one.split(":")[0] for one in found] == [
        "step `a` takes 14 pages of USSD, 12 at most",
        "step `a` takes 1950 characters to say on the phone, 1800 at most",
    ]
    assert mistakes(steps, layers=layers, only=["web", "sms"]) == []


def test_what_no_text_carries_is_not_measured_as_one() -> None:
    steps = {"a": {"say": "word " * 390, "next": "z"}, "z": END}
    assert mistakes(steps)
    assert mistakes(steps, only=["web"]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_field_fits_every_channel(kind: str) -> None:
    extra: dict[str, Any] = {
        "choice": {"options": {"x": "X"}},
        "choices": {"options": {"x": "X"}},
        "slot": {"calendar": "technician"},
        "scale": {"scale": "nps"},
        "money": {"currency": "EUR"},
        "consent": {"terms": "The terms"},
        "location": {"why": "To find you"},
    }
    for channel, one in fits(asking(kind, **extra.get(kind, {}))).items():
        assert one.kind == "native" if channel == "web" else one.kind in ("rewritten", "link")
        assert one.how or channel == "web"


@given(st.data())
def test_the_table_says_what_the_screens_do(data: st.DataObject) -> None:
    """Wherever a run goes, a channel escapes to the link exactly where the table says so."""
    flow = data.draw(flows())
    run = Run(flow, CONTEXT)
    for _ in range(data.draw(st.integers(0, 8))):
        run.tell(data.draw(commands(flow, run.state)))
    table = capability.table(flow)
    for channel in RENDERED:
        screen = run.screen(channel=channel, tier=2 if flow.verify else 1)
        if run.state.status == "asking":
            assert bool(asks.escape(screen, channel)) == (table[screen.step][channel].kind == "link" and _asks(screen))


def _asks(screen: Screen) -> bool:
    """A guess is confirmed in words, and a step below the reader's tier is shown to them."""
    return screen.kind == "verify" or screen.visit is not None or any(field.kind for field in screen.fields)
