"""Calendars, their slots, and who holds or booked one: a slot is free while fewer have it than it has room for.

Whoever decides over a slot locks its calendar first: of two that want the last place, one finds it taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import exists, func, or_, select
from uuid_utils.compat import uuid7

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx

HOLD_MS = 10 * 60_000
"""How long a slot waits for the one who chose it; after that it is there for others, too."""


def calendar(tx: Tx, site: str, name: str) -> Row | None:
    return tx.one(select(t.calendar).where(t.calendar.c.site == site, t.calendar.c.name == name))


def calendars(tx: Tx, site: str) -> list[Row]:
    return tx.all(select(t.calendar).where(t.calendar.c.site == site).order_by(t.calendar.c.name))


def locked(tx: Tx, site: str, names: Iterable[str]) -> list[Row]:
    """These calendars of a site, locked if this transaction writes: always in one order, so that none waits in a circle."""
    mine = (t.calendar.c.site == site) & t.calendar.c.name.in_(sorted(names))
    statement = select(t.calendar).where(mine).order_by(t.calendar.c.id)
    return tx.all(statement.with_for_update() if tx.writing else statement)


def keep_calendar(tx: Tx, site: str, name: str, zone: str, duration_ms: int) -> Row:
    """The calendar of that name, made if it is new; zone and duration are those given last."""
    known = calendar(tx, site, name)
    said = {"zone": zone, "duration_ms": duration_ms}
    if known is None:
        values = {"id": str(uuid7()), "site": site, "name": name, "created_at": tx.now}
        tx.run(t.calendar.insert().values(**values, **said))
    else:
        tx.run(t.calendar.update().where(t.calendar.c.id == known.id).values(**said))
    return calendar(tx, site, name)


def put(tx: Tx, calendar_id: str, starts: int, ends: int, capacity: int) -> str:
    """A slot, or another end and capacity for the one that starts then. Returns its id."""
    mine = (t.slot.c.calendar == calendar_id) & (t.slot.c.starts == starts)
    known = tx.one(select(t.slot.c.id).where(mine))
    if known is not None:
        tx.run(t.slot.update().where(t.slot.c.id == known.id).values(ends=ends, capacity=capacity))
        return str(known.id)
    slot_id = str(uuid7())
    values = {"id": slot_id, "calendar": calendar_id, "starts": starts, "ends": ends, "capacity": capacity}
    tx.run(t.slot.insert().values(**values))
    return slot_id


def get(tx: Tx, slot_id: str) -> Row | None:
    """A slot with its calendar's site, name and zone, and how many have it."""
    return tx.one(_with_counts(tx).where(t.slot.c.id == slot_id))


def listed(tx: Tx, calendar_id: str, after: int, before: int | None = None, limit: int = 1000) -> list[Row]:
    """Slots that start from `after` on and before `before`, soonest first, each with how many have it."""
    wanted = (t.slot.c.calendar == calendar_id) & (t.slot.c.starts >= after)
    if before is not None:
        wanted &= t.slot.c.starts < before
    return tx.all(_with_counts(tx).where(wanted).order_by(t.slot.c.starts).limit(limit))


def free(tx: Tx, calendar_id: str, run: str, limit: int) -> list[Row]:
    """Slots to come that have room for one more beside all others, soonest first."""
    wanted = (t.slot.c.calendar == calendar_id) & (t.slot.c.starts > tx.now) & (_others(tx, run) < t.slot.c.capacity)
    return tx.all(_with_counts(tx).where(wanted).order_by(t.slot.c.starts).limit(limit))


def had(tx: Tx, calendar_id: str, run: str) -> list[Row]:
    """Slots a run booked, or holds still: they are its own however many others come before them."""
    mine = (t.booking.c.slot == t.slot.c.id) & (t.booking.c.run == run)
    lives = or_(t.booking.c.held_until.is_(None), t.booking.c.held_until > tx.now)
    own = exists().where(mine, lives)
    return tx.all(_with_counts(tx).where(t.slot.c.calendar == calendar_id, own))


def _with_counts(tx: Tx) -> Any:
    taken, booked = _others(tx, "").label("taken"), _count(t.booking.c.held_until.is_(None)).label("booked")
    place = (t.calendar.c.site, t.calendar.c.name, t.calendar.c.zone)
    return select(t.slot, *place, taken, booked).join(t.calendar, t.calendar.c.id == t.slot.c.calendar)


def _others(tx: Tx, run: str) -> Any:
    """How many have a slot beside a run; what was held too long counts no more."""
    lives = or_(t.booking.c.held_until.is_(None), t.booking.c.held_until > tx.now)
    return _count(lives & (t.booking.c.run != run))


def _count(which: Any) -> Any:
    mine = select(func.count()).select_from(t.booking).where(t.booking.c.slot == t.slot.c.id, which)
    return mine.correlate(t.slot).scalar_subquery()


def hold(tx: Tx, slot_id: str, run: str, step: str, session: str) -> None:
    """Keeps a slot for a run's step for a while; what the step held before is free again."""
    mine = (t.booking.c.run == run) & (t.booking.c.step == step)
    tx.run(t.booking.delete().where(mine, t.booking.c.held_until.is_not(None), t.booking.c.slot != slot_id))
    if not _change(tx, slot_id, run, t.booking.c.held_until.is_not(None), step=step, held_until=tx.now + HOLD_MS):
        _take(tx, slot_id, run, step, session, tx.now + HOLD_MS)


def book(tx: Tx, slot_id: str, run: str, step: str, session: str) -> None:
    """Makes a slot a run's for good; what the same step had booked before is given back."""
    mine = (t.booking.c.run == run) & (t.booking.c.step == step)
    tx.run(t.booking.delete().where(mine, t.booking.c.slot != slot_id))
    if not _change(tx, slot_id, run, None, step=step, held_until=None):
        _take(tx, slot_id, run, step, session, None)


def _change(tx: Tx, slot_id: str, run: str, also: Any, **columns: Any) -> bool:
    """False if the run has nothing of that slot yet; a slot it booked is not turned into one that it holds."""
    mine = (t.booking.c.slot == slot_id) & (t.booking.c.run == run)
    if tx.one(select(t.booking.c.slot).where(mine)) is None:
        return False
    tx.run(t.booking.update().where(mine if also is None else mine & also).values(**columns))
    return True


def _take(tx: Tx, slot_id: str, run: str, step: str, session: str, until: int | None) -> None:
    values = {"slot": slot_id, "run": run, "step": step, "session": session, "held_until": until, "at": tx.now}
    tx.run(t.booking.insert().values(**values))


def let_go(tx: Tx, run: str) -> None:
    """Frees what a run holds and has not booked."""
    tx.run(t.booking.delete().where(t.booking.c.run == run, t.booking.c.held_until.is_not(None)))


def let_go_of(tx: Tx, session: str) -> None:
    """Frees what the runs of a session hold and have not booked."""
    tx.run(t.booking.delete().where(t.booking.c.session == session, t.booking.c.held_until.is_not(None)))


def give_back(tx: Tx, slot_id: str, customers: list[str]) -> bool:
    """Frees a slot that one of these customers had booked. False if none of them had."""
    theirs = select(t.session.c.id).where(t.session.c.customer.in_(customers))
    mine = (t.booking.c.slot == slot_id) & t.booking.c.session.in_(theirs)
    return tx.run(t.booking.delete().where(mine)) > 0


def drop(tx: Tx, slot_id: str) -> None:
    """Removes a slot that nobody booked, and what was held of it."""
    tx.run(t.booking.delete().where(t.booking.c.slot == slot_id))
    tx.run(t.slot.delete().where(t.slot.c.id == slot_id))


def close(tx: Tx, slot_id: str, capacity: int) -> None:
    """Lets nobody in beside those who are."""
    tx.run(t.slot.update().where(t.slot.c.id == slot_id).values(capacity=capacity))


def sweep(tx: Tx) -> None:
    """Drops what nobody holds any more."""
    tx.run(t.booking.delete().where(t.booking.c.held_until < tx.now))
