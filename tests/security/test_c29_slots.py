"""Two links and one slot: one wins, the other is offered what is left (C29), over the whole server."""

import itertools
import re
import threading
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from disposable import loading
from tests.support.fort import Fort, home, see
from tests.support.pages import Person, Sent
from widget_server.actions import setup, slots

VISIT = """
app: {calendar}
purpose: Your technician
title: Your technician
text: "{{{{ site.name }}}}: choose a time at {{{{ link }}}} or reply {{{{ menu }}}}"
start: time
steps:
  time: {{ask: When suits you?, field: {{kind: slot, calendar: {calendar}, label: Time, save: slot}}, next: sure}}
  sure: {{say: We come then., choose: {{book: {{label: Book it, next: done}}}}}}
  done: {{end: "See you then."}}
"""
NUMBERS = itertools.count(1)


@pytest.fixture
def calendar(fort: Fort) -> str:
    """A calendar of its own, with a flow of the same name that books in it."""
    name = f"technician-{next(NUMBERS)}"
    setup.publish(fort.world, fort.house.site.id, loading.load(VISIT.format(calendar=name)))
    return name


def made(fort: Fort, calendar: str, *capacities: int) -> list[str]:
    first = fort.clock.at + 86_400_000
    new = [slots.New(first + at * 3_600_000, None, room) for at, room in enumerate(capacities)]
    return [one["id"] for one in slots.add(fort.world, fort.house.key, calendar, new)]


def taken(fort: Fort, calendar: str) -> list[tuple[int, int]]:
    return [(one["free"], one["booked"]) for one in slots.listed(fort.world, fort.house.key, calendar)]


def opened(fort: Fort, calendar: str) -> tuple[Person, Sent, TestResponse]:
    somebody, sent = fort.person(), fort.send(app=calendar, context={})
    return somebody, sent, somebody.opened(sent)


def together(*acts: Callable[[], object]) -> None:
    """All of them at the same moment."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        gate.wait(20)
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)


def test_c29_two_links_and_one_slot_have_one_winner_and_the_other_is_offered_anew(fort: Fort, calendar: str) -> None:
    one, spare = made(fort, calendar, 1, 1)
    people = [opened(fort, calendar) for _ in range(6)]
    assert all(one in page.text for _, _, page in people)
    together(*(lambda who=who, page=page: who.press(page, slot=one) for who, _, page in people))
    pages = [see(who, home(page)) for who, _, page in people]
    won = [page for page in pages if "We come then" in page.text]
    lost = [page for page in pages if "We come then" not in page.text]
    assert (len(won), len(lost)) == (1, 5)
    for page in lost:
        assert page.status_code in (200, 422)
        assert spare in page.text
        assert f'value="{one}"' not in page.text
    assert taken(fort, calendar) == [(0, 0), (1, 0)]


def test_c29_the_last_place_is_booked_once_however_often_it_is_pressed(fort: Fort, calendar: str) -> None:
    (only,) = made(fort, calendar, 1)
    somebody, sent, page = opened(fort, calendar)
    sure = somebody.press(page, slot=only)
    together(*(lambda: somebody.press(sure, choice="book") for _ in range(12)))
    kinds = fort.house.kinds(sent.session)
    assert (kinds.count("run.booked"), kinds.count("run.ended")) == (1, 1)
    assert taken(fort, calendar) == [(0, 1)]


def test_c29_who_was_too_slow_loses_to_who_was_not_and_is_told(fort: Fort, calendar: str) -> None:
    one, spare = made(fort, calendar, 1, 1)
    slow, _, slow_page = opened(fort, calendar)
    slow_sure = slow.press(slow_page, slot=one)
    fort.clock.on(seconds=601)
    quick, _, quick_page = opened(fort, calendar)
    quick.press(quick.press(quick_page, slot=one), choice="book")
    again = slow.press(slow_sure, choice="book")
    assert "We come then" not in again.text
    assert spare in again.text
    assert re.search(r'role="alert"|aria-invalid|class="[^"]*err', again.text)
    assert taken(fort, calendar) == [(0, 1), (1, 0)]


def test_c29_a_slot_of_another_calendar_or_site_is_not_taken(fort: Fort, calendar: str) -> None:
    made(fort, calendar, 1)
    (other,) = made(fort, f"{calendar}-other", 1)
    abroad = setup.add_site(fort.world, f"Other {calendar}", [])
    foreign = slots.add(
        fort.world,
        type(fort.house.key)("key", abroad.id, "other"),
        calendar,
        [slots.New(fort.clock.at + 90_000_000)],
    )[0]["id"]
    somebody, _, page = opened(fort, calendar)
    for forged in (other, foreign, "0" * 36, "null", "{}"):
        page = somebody.press(page, slot=forged)
        assert "We come then" not in page.text
    assert taken(fort, f"{calendar}-other") == [(1, 0)]
