"""Somebody writes first: their words pick a flow, are asked back, or go to the default flow or a person."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from disposable import loading
from tests.support.both import house_on
from tests.support.worlds import House
from widget_server.actions import flows as versions
from widget_server.actions import links, models, runs, setup
from widget_server.words import Words

APPOINTMENT = """
app: appointment
text: "{{ site.name }}: your appointment, tap {{ link }} to see it"
purpose: Your appointment
like: [move my appointment, I cannot come, another day please]
start: what
steps:
  what:
    ask: What shall we do?
    choose:
      move: {label: Move it, next: moved, like: [another day, later please]}
      off:  {label: Call it off, next: off, like: [I cannot come, cancel it]}
  moved: {end: Moved.}
  off: {end: It is off.}
"""
BILL = """
app: bill
purpose: Your bill
like: [I have a question about my bill, pay my invoice, how much do I owe]
start: bill
steps: {bill: {say: It is being looked up., next: done}, done: {end: Thank you.}}
"""
NEEDY = """
app: needy
purpose: Your parcel
like: [where is my parcel]
context: {parcel: {number: text}}
start: there
steps: {there: {end: "Parcel {{ parcel.number }} is on its way."}}
"""


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on("sqlite", request, tmp_path, words)


@pytest.fixture
def flows(house: House) -> House:
    for text in (APPOINTMENT, BILL, NEEDY):
        setup.publish(house.world, house.site.id, loading.load(text))
    return house


def _owner(house: House, session: str) -> str:
    owners = [one["body"]["owner"] for one in house.events(session) if one["kind"] == "owner"]
    return owners[-1] if owners else "none"


def said(house: House, session: str) -> dict[str, Any]:
    lines = [one for one in house.events(session) if one["kind"] == "message" and one["actor"]["kind"] == "flow"]
    body: dict[str, Any] = lines[-1]["body"]
    return body


def test_words_of_a_flow_start_it(flows: House) -> None:
    event = flows.text("Hello, I'd like to move my appointment please")
    assert _owner(flows, event.session).startswith("flow:")
    assert "What shall we do?" in said(flows, event.session)["text"]


def test_what_is_probably_meant_is_asked_back(flows: House) -> None:
    event = flows.text("question concerning a bill i got")
    body = said(flows, event.session)
    assert "Is this about: Your bill?" in body["text"]
    assert body["prompt"]["step"] == "opening:bill"
    assert _owner(flows, event.session) == "none"
    flows.text("yes")
    assert "It is being looked up." in said(flows, event.session)["text"]
    assert _owner(flows, event.session).startswith("flow:")


def test_asked_back_in_vain_a_person_has_it(flows: House) -> None:
    event = flows.text("question concerning a bill i got")
    flows.text("2")
    assert _owner(flows, event.session) == "queue:care"


def test_nothing_of_all_that_is_for_a_person(flows: House) -> None:
    event = flows.text("My dog ate something strange")
    assert _owner(flows, event.session) == "queue:care"


def test_a_flow_that_needs_what_nobody_told_is_not_started(flows: House) -> None:
    event = flows.text("where is my parcel")
    assert _owner(flows, event.session) == "queue:care"


def test_a_flow_that_is_not_for_this_channel_is_not_started(house: House) -> None:
    only = APPOINTMENT.replace("start: what", "only: [web, widget]\nstart: what")
    setup.publish(house.world, house.site.id, loading.load(only))
    event = house.text("move my appointment")
    assert _owner(house, event.session) == "queue:care"


def test_the_words_of_choices_are_learnt_when_a_flow_is_published(flows: House) -> None:
    event = flows.text("move my appointment")
    flows.text("sorry but I really can not come at all")
    texts = [one["body"].get("text", "") for one in flows.events(event.session) if one["kind"] == "message"]
    assert any("It is off." in text or "Call it off" in text for text in texts[2:]), texts


def test_what_the_opening_text_chose_is_not_asked_again(flows: House) -> None:
    event = flows.text("I cannot come, please cancel it")
    kinds = flows.kinds(event.session)
    assert "run.answered" in kinds
    assert "It is off." in said(flows, event.session)["text"]


def test_without_the_extra_letters_are_enough(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "is_there", lambda: False)
    setup.publish(house.world, house.site.id, loading.load(APPOINTMENT))
    event = house.text("move my appointment")
    assert _owner(house, event.session).startswith("flow:")


def test_what_cannot_be_learnt_stops_no_publishing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    fresh = APPOINTMENT.replace("another day, later please", "some other day, later if you can")
    assert setup.publish(house.world, house.site.id, loading.load(fresh))


def test_a_flow_taken_back_is_opened_no_more(flows: House) -> None:
    versions.unpublish(flows.world, flows.site.id, "appointment")
    event = flows.text("I cannot come, please cancel it")
    assert _owner(flows, event.session) == "queue:care"


GERMAN = """
purpose: Ihr Termin
like: [meinen Termin verschieben]
steps:
  what:
    ask: Was sollen wir tun?
    choose: {move: {label: Verschieben}, off: {label: Absagen}}
  moved: {end: Verschoben.}
  off: {end: Abgesagt.}
"""


def test_the_words_of_a_translation_open_the_flow_in_that_language(house: House) -> None:
    setup.publish(house.world, house.site.id, loading.load(APPOINTMENT, translations={"de": GERMAN}))
    event = house.text("ich möchte meinen Termin verschieben")
    assert said(house, event.session)["text"] == "Verschoben."


def test_the_language_of_the_phone_counts_where_none_was_told(house: House) -> None:
    setup.publish(house.world, house.site.id, loading.load(APPOINTMENT, translations={"de": GERMAN}))
    sent = house.notify(to={"phone": "+12025550177"}, app="appointment", context={})
    made = links.engage(house.world, house.world.settings.host, sent["link"]["code"], locale="de")
    seen = runs.view(house.world, runs.grant(house.world, made.cookie_value, made.handle), made.handle)
    assert (seen.locale, seen.screen.ask) == ("de", "Was sollen wir tun?")


def test_a_language_that_was_told_stays(house: House) -> None:
    setup.publish(house.world, house.site.id, loading.load(APPOINTMENT, translations={"de": GERMAN}))
    sent = house.notify(to={"phone": "+12025550178"}, app="appointment", context={}, locale="de")
    made = links.engage(house.world, house.world.settings.host, sent["link"]["code"], locale="en")
    seen = runs.view(house.world, runs.grant(house.world, made.cookie_value, made.handle), made.handle)
    assert seen.locale == "de"
