"""Slots: times that can be had once each, or as often as they have room. Chosen, one is held; booked, it is somebody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from disposable.definition import Flow
from widget_server.actions.access import ApiKey, Seat
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.world import World, row_of
from widget_server.store import slots
from widget_server.store.database import Row, Tx

OFFERED = 60
"""Of one calendar a customer is offered so many, the soonest: who looks for later ones answers another question first."""
MOST, CAPACITY = 5_000, 10_000
NAME = 64
LISTED = 1_000
LONGEST_MS = 24 * 3_600_000
FAR_MS = 5 * 366 * LONGEST_MS


@dataclass(frozen=True, slots=True)
class New:
    """A slot to make: when it starts and ends (ms UTC) and how many it has room for. Without an end it is as long as its
    calendar says."""

    starts: int
    ends: int | None = None
    capacity: int = 1


def calendars_of(flow: Flow) -> set[str]:
    """The calendars a flow takes slots from; what is taken `from` a list is somebody else's."""
    fields = [step.field for step in flow.steps.values() if step.field and step.field.kind == "slot"]
    return {field.calendar for field in fields if field.calendar and not field.from_}


def offered(tx: Tx, site: str, names: Iterable[str], run: str) -> dict[str, tuple[Mapping[str, object], ...]]:
    """The free slots of these calendars, soonest first, those included that the run itself has."""
    found: dict[str, tuple[Mapping[str, object], ...]] = dict.fromkeys(names, ())
    for one in slots.locked(tx, site, found) if found else []:
        rows = {row.id: row for row in (*slots.free(tx, one.id, run, OFFERED), *slots.had(tx, one.id, run))}
        found[one.name] = tuple(_told(row) for row in sorted(rows.values(), key=lambda row: row.starts))
    return found


def _told(row: Row) -> Mapping[str, object]:
    """A slot as flows know it, its times in its calendar's own zone."""
    zone = ZoneInfo(row.zone)
    starts, ends = (datetime.fromtimestamp(at / 1000, zone).isoformat() for at in (row.starts, row.ends))
    return {"id": row.id, "starts": starts, "ends": ends, "zone": row.zone}


def add(
    world: World,
    who: ApiKey | Seat,
    calendar: str,
    new: list[New],
    *,
    zone: str | None = None,
    minutes: int | None = None,
    replace: bool = False,
) -> list[dict[str, Any]]:
    """Makes slots in a calendar, and the calendar with the first; the same start again changes end and capacity.

    `replace` removes what is to come and not named here: what somebody booked stays theirs, and takes nobody in any more.
    Raises Invalid.
    """
    with world.store.write() as tx:
        site = row_of(tx, who.site)
        known = slots.calendar(tx, site.id, calendar)
        length = minutes * 60_000 if minutes else known.duration_ms if known else 30 * 60_000
        zone = zone or (known.zone if known else site.zone)
        _check(calendar, new, zone, length, tx.now + FAR_MS)
        kept = slots.keep_calendar(tx, site.id, calendar, zone, length)
        slots.locked(tx, site.id, [calendar])
        if replace:
            _clear(tx, kept.id, {one.starts for one in new})
        made = [slots.put(tx, kept.id, one.starts, one.ends or one.starts + length, one.capacity) for one in new]
        return [_shown(row) for row in (slots.get(tx, one) for one in made) if row is not None]


def _check(calendar: str, new: list[New], zone: str, length: int, latest: int) -> None:
    mistakes = []
    if not calendar or len(calendar) > NAME or not calendar.isprintable():
        mistakes.append(("calendar", f"a name of at most {NAME} characters"))
    if zone not in available_timezones():
        mistakes.append(("zone", f"{zone} is no time zone; write one like Europe/Berlin"))
    if not 0 < length <= LONGEST_MS:
        mistakes.append(("minutes", "1 to 1440"))
    if not new or len(new) > MOST:
        mistakes.append(("slots", f"1 to {MOST} of them"))
    for at, one in enumerate(new[:MOST]):
        if not 0 <= one.starts <= latest:
            mistakes.append((f"slots.{at}.starts", "at most five years ahead"))
        if one.ends is not None and not 0 < one.ends - one.starts <= LONGEST_MS:
            mistakes.append((f"slots.{at}.ends", "after its start, within 24 hours"))
        if not 1 <= one.capacity <= CAPACITY:
            mistakes.append((f"slots.{at}.capacity", f"1 to {CAPACITY}"))
    if mistakes:
        raise Invalid(mistakes)


def _clear(tx: Tx, calendar: str, named: set[int]) -> None:
    for row in slots.listed(tx, calendar, tx.now, limit=MOST):
        if row.starts in named:
            continue
        if row.booked:
            slots.close(tx, row.id, row.booked)
        else:
            slots.drop(tx, row.id)


def listed(
    world: World, who: ApiKey | Seat, calendar: str, after: int | None = None, before: int | None = None
) -> list[dict[str, Any]]:
    """The slots of a calendar from now, or `after`, on (ms UTC), soonest first. Raises NotFound."""
    with world.store.read() as tx:
        known = slots.calendar(tx, who.site, calendar)
        if known is None:
            raise NotFound("calendar", calendar)
        rows = slots.listed(tx, known.id, tx.now if after is None else after, before, limit=LISTED)
        return [_shown(row) for row in rows]


def calendars(world: World, who: ApiKey | Seat) -> list[Row]:
    with world.store.read() as tx:
        return slots.calendars(tx, who.site)


def remove(world: World, who: ApiKey | Seat, slot: str) -> None:
    """Removes a slot nobody booked. Raises NotFound, Refused("booked")."""
    with world.store.write() as tx:
        row = slots.get(tx, slot)
        if row is None or row.site != who.site:
            raise NotFound("slot", slot)
        slots.locked(tx, row.site, [row.name])
        row = slots.get(tx, slot)
        if row is not None and row.booked:
            raise Refused("booked", booked=row.booked)
        slots.drop(tx, slot)


def _shown(row: Row) -> dict[str, Any]:
    free = max(row.capacity - row.taken, 0)
    return {**_told(row), "calendar": row.name, "capacity": row.capacity, "free": free, "booked": row.booked}


# what a run does with them


def answered(tx: Tx, run: Row, flow: Flow, body: Mapping[str, Any]) -> None:
    """A slot that was chosen waits for the run, ten minutes long; what the same step held before is free again."""
    step = flow.steps.get(str(body["step"]))
    field = step.field if step else None
    if field is None or field.kind != "slot" or field.from_:
        return
    slot = slots.get(tx, id_of(body.get("value")))
    if slot is not None and slot.site == run.site:
        slots.hold(tx, slot.id, run.id, str(body["step"]), run.session)


def booked(tx: Tx, run: Row, body: Mapping[str, Any], customers: list[str]) -> None:
    """A slot is the run's for good; the one it takes the place of is given back, if it was this customer's. Without a slot
    it is only given back."""
    slot, instead = slots.get(tx, id_of(body.get("slot"))), id_of(body.get("instead"))
    if slot is not None and slot.site == run.site:
        slots.book(tx, slot.id, run.id, str(body["step"]), run.session)
    if instead and instead != id_of(body.get("slot")):
        release(tx, run.site, instead, customers)


def id_of(slot: Any) -> str:
    """The id of a slot, given as itself or by its id."""
    return str(slot.get("id") or "") if isinstance(slot, Mapping) else str(slot or "").strip()


def release(tx: Tx, site: str, slot: str, customers: list[str]) -> bool:
    """Gives back a slot one of these customers had. False if there was nothing to give back."""
    row = slots.get(tx, slot)
    if row is None or row.site != site:
        return False
    slots.locked(tx, site, [row.name])
    return slots.give_back(tx, slot, customers)
