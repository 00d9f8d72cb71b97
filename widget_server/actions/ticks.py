"""What happens by itself when its time has come: a queue nobody answered, a sender that died, a session fallen silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from disposable.engine import Resume, Tick
from widget_server.actions import driving, files, following, receipts, retention, runs
from widget_server.actions import sessions as session_verbs
from widget_server.actions.driving import Acting
from widget_server.actions.world import World
from widget_server.events import Actor
from widget_server.store import customers, links, log, outbox, records, sessions, slots
from widget_server.store.database import Row, Tx

DAY_MS = 86_400_000
YEAR_MS = 365 * DAY_MS
"""After so long without a word from them, a phone proves its person no more."""


def run_due(world: World) -> int:
    """Does everything that is due. Returns how many timers fired. Safe to call from several processes at once."""
    fired = 0
    with world.store.read() as tx:
        timers = records.timers(tx)
    for timer in timers:
        with world.store.write() as tx:
            if records.drop_timer(tx, timer.id):
                _fire(world, tx, timer)
                fired += 1
    return fired


def _fire(world: World, tx: Tx, timer: Row) -> None:
    row = log.locked(tx, timer.session)
    run = links.run(tx, timer.run)
    if run is None or row["status"] == "closed":
        return
    if timer.kind in ("tick", "look"):
        _tick(world, tx, run, timer)
    elif timer.kind == "handover" and row["epoch"] == timer.epoch:
        _nobody_came(world, tx, run, timer, row)


def _tick(world: World, tx: Tx, run: Row, timer: Row) -> None:
    """A minute that a rule or a wait speaks of. A run that is not the owner is told when it takes the session again."""
    by = Acting(f"timer {timer.id}", Actor("system"))
    driving.take(world, tx, run, by)
    if log.locked(tx, run.session)["owner"] == f"flow:{run.id}":
        driving.drive(world, tx, run, Tick(), replace(by, key=f"timer {timer.id}/run"))
        following.look_again(tx, run, driving.load(world, tx, run)[0])


def _nobody_came(world: World, tx: Tx, run: Row, timer: Row, row: dict[str, Any]) -> None:
    sessions.give(tx, timer.session, f"flow:{run.id}", f"timer {timer.id}", "timeout")
    by = Acting(f"timer {timer.id}/run", Actor("system"), row["last_channel"], row["last_grant"])
    driving.drive(world, tx, run, Resume("otherwise"), by)


def recover(world: World) -> int:
    """Finds deliveries whose sender died. A call that is safe is tried again; the fate of another, and of a text, is unknown."""
    with world.store.write() as tx:
        lost = outbox.overdue(tx)
        doubtful = []
        for row in lost:
            if row.kind != "call":
                receipts.record(tx, row, "unknown", "sender stopped")
            elif outbox.payload(tx, row).get("safe"):
                outbox.settle(tx, row.id, "owed")
            else:
                doubtful.append((row, str(outbox.payload(tx, row).get("key", ""))))
    for row, key in doubtful:
        runs.returned(world, row.session, row.run or "", key, ok=False)
        with world.store.write() as tx:
            outbox.settle(tx, row.id, "unknown", reason="sender stopped")
    return len(lost)


def tidy(world: World) -> None:
    """The slow round: closes silent sessions, forgets old ones, drops counts no window reaches."""
    session_verbs.close_silent(world)
    retention.purge(world)
    files.sweep(world)
    with world.store.write() as tx:
        records.sweep(tx)
        slots.sweep(tx)
        if not records.tries(tx, "unprove silent", DAY_MS):
            records.tried(tx, "unprove silent")
            customers.unprove_silent(tx, tx.now - YEAR_MS)
