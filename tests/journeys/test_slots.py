"""A time is somebody's once: chosen it waits ten minutes, booked it is theirs, given back it is there for others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.both import BOTH, house_on
from tests.support.phones import Phone, opened, publish
from tests.support.worlds import House
from widget_server.actions import desk, sessions, slots, ticks
from widget_server.actions.errors import Refused
from widget_server.store import grants
from widget_server.words import Words

VISIT = """
app: visit
purpose: Your technician
title: Your technician
text: "{{ site.name }}: choose a time at {{ link }} or reply {{ menu }}"
start: time
steps:
  time: {ask: When suits you?, field: {kind: slot, calendar: technician, label: Time, save: slot}, next: sure}
  sure:
    say: We come then.
    choose: {book: {label: Book it, next: done}}
  done: {end: "Until {{ slot.starts | date }}."}
"""
MOVE = """
app: move
purpose: Your appointment
title: Your appointment
text: "{{ site.name }}: move it at {{ link }} or reply {{ menu }}"
context: {appointment: {slot: text}}
start: time
steps:
  time:
    ask: When instead?
    field: {kind: slot, calendar: technician, instead: appointment.slot, label: Time, save: slot}
    next: done
  done: {end: Moved.}
"""
CANCEL = """
app: cancel
purpose: Your appointment
title: Your appointment
text: "{{ site.name }}: cancel it at {{ link }} or reply {{ menu }}"
context: {appointment: {slot: text}}
start: sure
steps:
  sure: {say: Cancel it?, choose: {yes: {label: Cancel it, next: cancel}}}
  cancel: {do: {call: slots.release, with: {slot: "{{ appointment.slot }}"}, save: released, otherwise: failed}, next: done}
  done: {end: "Cancelled {{ released.slot }}"}
  failed: {end: That was not yours.}
"""
HOUR = 3_600_000


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    for made in house_on(request.param, request, tmp_path, words):
        for text in (VISIT, MOVE, CANCEL):
            publish(made, text)
        yield made


def calendar(house: House, *capacities: int, name: str = "technician") -> list[str]:
    """Slots of an hour each from tomorrow on. Returns their ids."""
    first = house.clock.at // HOUR * HOUR + 24 * HOUR
    new = [slots.New(first + at * HOUR, None, room) for at, room in enumerate(capacities)]
    return [one["id"] for one in slots.add(house.world, house.key, name, new, minutes=60)]


def free(house: House) -> list[int]:
    return [one["free"] for one in slots.listed(house.world, house.key, "technician")]


def booked(house: House) -> list[int]:
    return [one["booked"] for one in slots.listed(house.world, house.key, "technician")]


def book(phone: Phone, slot: str) -> Phone:
    phone.answer("time", slot=slot)
    phone.answer("sure", choice="book")
    return phone


def test_chosen_it_is_held_and_booked_it_is_theirs(house: House) -> None:
    (first, second) = calendar(house, 1, 2)
    mara = opened(house, "visit")
    assert mara.options() == [first, second]
    mara.answer("time", slot=first)
    assert (free(house), booked(house)) == ([0, 2], [0, 0])
    mara.answer("sure", choice="book")
    assert (free(house), booked(house)) == ([0, 2], [1, 0])
    assert mara.see().mode == "end"
    assert opened(house, "visit").options() == [second]


def test_choosing_again_moves_what_is_held(house: House) -> None:
    first, second = calendar(house, 1, 1)
    mara = opened(house, "visit")
    mara.answer("time", slot=first)
    mara.answer("time", slot=second)
    assert free(house) == [1, 0]
    mara.answer("sure", choice="book")
    assert booked(house) == [0, 1]


def test_two_links_and_one_slot_have_one_winner_and_the_other_is_offered_anew(house: House) -> None:
    one, spare = calendar(house, 1, 1)
    phones = [opened(house, "visit") for _ in range(4)]

    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(lambda phone: phone.answer("time", slot=one), phones))
    at = [phone.step for phone in phones]
    assert sorted(at) == ["sure", "time", "time", "time"]
    loser = phones[at.index("time")]
    assert loser.error
    assert loser.options() == [spare]
    winner = phones[at.index("sure")]
    winner.answer("sure", choice="book")
    assert booked(house) == [1, 0]


def test_twenty_taps_on_the_last_place_book_it_once(house: House) -> None:
    (only,) = calendar(house, 1)
    mara = opened(house, "visit")
    mara.answer("time", slot=only)
    with ThreadPoolExecutor(5) as at_once:
        list(at_once.map(lambda n: mara.answer("sure", key=f"tap {n}", choice="book"), range(20)))
    assert booked(house) == [1]
    assert mara.kinds().count("run.booked") == 1
    assert mara.kinds().count("run.ended") == 1


def test_room_for_two_is_filled_by_two(house: House) -> None:
    (shared,) = calendar(house, 2)
    for _ in range(2):
        assert book(opened(house, "visit"), shared).see().mode == "end"
    assert free(house) == [0]
    assert opened(house, "visit").see().mode == "chat", "with nothing to choose from a person helps"


def test_what_is_held_too_long_is_there_for_others_and_the_slow_one_is_sent_back(house: House) -> None:
    first, spare = calendar(house, 1, 1)
    slow, quick = opened(house, "visit"), opened(house, "visit")
    slow.answer("time", slot=first)
    assert quick.options() == [spare]
    house.clock.on(seconds=601)
    assert quick.options() == [first, spare]
    book(quick, first)
    slow.answer("sure", choice="book")
    assert (slow.step, slow.options()) == ("time", [spare])
    assert slow.error
    book(slow, spare)
    assert booked(house) == [1, 1]


def test_nobody_in_between_a_late_booking_still_holds(house: House) -> None:
    (only,) = calendar(house, 1)
    mara = opened(house, "visit")
    mara.answer("time", slot=only)
    house.clock.on(seconds=3_000)
    ticks.tidy(house.world)
    mara.answer("sure", choice="book")
    assert booked(house) == [1]


def test_what_a_closed_session_held_is_free_at_once(house: House) -> None:
    (only,) = calendar(house, 1)
    gone = opened(house, "visit")
    gone.answer("time", slot=only)
    assert free(house) == [0]
    epoch = sessions.get(house.world, house.ada, gone.session)["epoch"]
    desk.close(house.world, house.ada, gone.session, desk.DISPOSITIONS[0], epoch, "close")
    assert free(house) == [1]


def test_moving_an_appointment_gives_the_old_time_back(house: House) -> None:
    old, new = calendar(house, 1, 1)
    phone = "+12025559001"
    book(opened(house, "visit", phone), old)
    mover = opened(house, "move", phone, context={"appointment": {"slot": old}})
    assert mover.options() == [new]
    mover.answer("time", slot=new)
    assert booked(house) == [0, 1]


def test_nobody_gives_back_what_is_anothers(house: House) -> None:
    theirs, spare = calendar(house, 1, 1)
    book(opened(house, "visit", "+12025559001"), theirs)
    stranger = opened(house, "move", "+12025559002", context={"appointment": {"slot": theirs}})
    stranger.answer("time", slot=spare)
    assert booked(house) == [1, 1]
    canceller = opened(house, "cancel", "+12025559003", context={"appointment": {"slot": theirs}})
    canceller.answer("sure", choice="yes")
    assert canceller.see().screen.say == "That was not yours."
    assert booked(house) == [1, 1]


def test_a_flow_cancels_what_its_customer_booked(house: House) -> None:
    (mine,) = calendar(house, 1)
    phone = "+12025559001"
    book(opened(house, "visit", phone), mine)
    canceller = opened(house, "cancel", phone, context={"appointment": {"slot": mine}})
    canceller.answer("sure", choice="yes")
    assert canceller.see().screen.say == f"Cancelled {mine}"
    assert free(house) == [1]


def test_a_change_of_mind_after_the_end_gives_the_first_time_back(house: House) -> None:
    first, second = calendar(house, 1, 1)
    mara = book(opened(house, "visit"), first)
    with house.world.store.write() as tx:
        grants.change(tx, mara.grant.id, tier=2, by="code")
    mara.answer("time", slot=second)
    mara.answer("sure", choice="book")
    assert booked(house) == [0, 1]


def test_what_was_never_offered_is_not_taken(house: House) -> None:
    calendar(house, 1)
    (elsewhere,) = calendar(house, 1, name="dentist")
    mara = opened(house, "visit")
    for forged in (elsewhere, "x" * 36, "", {"id": elsewhere}):
        mara.answer("time", slot=forged)
        assert mara.step == "time"
    (dentist,) = slots.listed(house.world, house.key, "dentist")
    assert dentist["free"] == 1


def test_by_text_the_times_are_a_menu(house: House) -> None:
    first, _second = calendar(house, 1, 1)
    number = "+12025559004"
    sent = house.notify(to={"phone": number}, app="visit", context={})
    house.pay()
    house.text("1", sender=number)
    assert free(house) == [0, 1]
    house.text("1", sender=number)
    assert booked(house) == [1, 0]
    assert first in str(house.events(sent["session"]))


def test_the_past_is_not_offered(house: House) -> None:
    soon, later = calendar(house, 1, 1)
    house.clock.on(seconds=24.2 * 3600)
    assert opened(house, "visit").options() == [later]
    assert soon != later


class TestCalendars:
    def test_the_same_start_again_changes_it_and_replace_clears_the_rest(self, house: House) -> None:
        one, two, three = calendar(house, 1, 1, 1)
        book(opened(house, "visit"), two)
        listed = slots.listed(house.world, house.key, "technician")
        starts = [round(datetime.fromisoformat(slot["starts"]).timestamp() * 1000) for slot in listed]
        slots.add(house.world, house.key, "technician", [slots.New(starts[0], None, 5)], replace=True)
        now = slots.listed(house.world, house.key, "technician")
        assert [slot["id"] for slot in now] == [one, two]
        assert [slot["free"] for slot in now] == [5, 0]
        assert three not in {slot["id"] for slot in now}

    def test_what_is_booked_cannot_be_removed(self, house: House) -> None:
        one, two = calendar(house, 1, 1)
        book(opened(house, "visit"), one)
        with pytest.raises(Refused):
            slots.remove(house.world, house.key, one)
        slots.remove(house.world, house.key, two)
        assert [slot["id"] for slot in slots.listed(house.world, house.key, "technician")] == [one]

    def test_times_are_those_of_its_zone(self, house: House) -> None:
        noon = round(datetime(2027, 7, 1, 10, tzinfo=UTC).timestamp() * 1000)
        slots.add(house.world, house.key, "technician", [slots.New(noon)], zone="Europe/Berlin", minutes=90)
        (slot,) = slots.listed(house.world, house.key, "technician", after=0)
        assert (slot["starts"], slot["ends"]) == ("2027-07-01T12:00:00+02:00", "2027-07-01T13:30:00+02:00")
        assert slot["zone"] == "Europe/Berlin"
