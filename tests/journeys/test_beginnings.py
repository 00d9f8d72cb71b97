"""A flow whose first step asks nobody: it calls, waits, or hands over at once, however it was begun."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.support.both import BOTH, house_on
from tests.support.companies import company, json_reply
from tests.support.phones import opened, publish
from tests.support.worlds import House
from widget_server.actions import sessions, setup
from widget_server.delivery import Loop, carrier
from widget_server.words import Words

CALLS = """
app: order
purpose: Your order
title: Your order
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: look
steps:
  look: {do: {call: order, safe: true, save: found, otherwise: lost}, next: shown}
  shown: {say: "It is {{ found.state }}", choose: {ok: {label: Fine, next: done}}}
  done: {end: Thank you.}
  lost: {end: We cannot see it now.}
"""
OURS = """
app: quiet
purpose: Your wishes
title: Your wishes
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: set
steps:
  set: {do: {call: preferences.set, with: {channel: sms}, save: made, otherwise: lost}, next: shown}
  shown: {say: "By {{ made.channel }}", choose: {ok: {label: Fine, next: done}}}
  done: {end: Thank you.}
  lost: {end: That did not work.}
"""
WAITS = """
app: later
purpose: Your parcel
title: Your parcel
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: wait
steps:
  wait: {say: It is on its way., wait: {for: custom.parcel, within: 10m, save: parcel, otherwise: lost}, next: done}
  done: {end: "There: {{ parcel.place }}"}
  lost: {end: Nothing came.}
"""
HANDS = """
app: person
purpose: Your question
title: Your question
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: person
steps:
  person: {handover: {team: care, why: Asked for}}
"""


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    for made in house_on(request.param, request, tmp_path, words):
        for text in (CALLS, OURS, WAITS, HANDS):
            publish(made, text)
        yield made


def pay(house: House) -> None:
    loop = Loop(house.world, {}, carrier(house.world.settings), Random(7))
    while loop.turn():
        pass


def test_a_call_is_made_at_once(house: House) -> None:
    with company(json_reply({"state": "baked"})) as server:
        setup.register_call(house.world, house.site.id, "order", server.url, b"k" * 24)
        phone = opened(house, "order")
        assert phone.see().screen.kind == "working"
        pay(house)
    assert phone.see().screen.say == "It is baked"
    assert len(server.asked) == 1


def test_a_call_of_ours_is_done_before_anything_is_seen(house: House) -> None:
    assert opened(house, "quiet").see().screen.say == "By sms"


def test_a_wait_ends_by_the_event_or_by_its_time(house: House) -> None:
    phone = opened(house, "later")
    sessions.write(house.world, house.key, phone.session, "p", "custom.parcel", {"place": "at the door"})
    assert phone.see().screen.say == "There: at the door"


def test_a_person_is_called(house: House) -> None:
    phone = opened(house, "person")
    assert sessions.get(house.world, house.key, phone.session)["owner"] == "queue:care"
    assert phone.see().mode == "chat"


@pytest.mark.parametrize("app", ["quiet", "later", "person"])
def test_the_same_over_the_api(house: House, app: str) -> None:
    made = sessions.begin(house.world, house.key, {"phone": "+12025550188"}, {}, app)
    wanted = {"quiet": "flow", "later": "flow", "person": "queue"}[app]
    assert made["owner"].partition(":")[0] == wanted
    said = [one["body"]["text"] for one in house.events(made["id"]) if one["kind"] == "message"]
    assert len(said) == 1, "the flow speaks first, once"
