"""What happens by itself when its time has come: a queue nobody answered, a sender that died, a session fallen silent."""

from __future__ import annotations

from disposable.engine import Resume
from widget_server.actions import driving, receipts, retention
from widget_server.actions import sessions as session_verbs
from widget_server.actions.driving import Acting
from widget_server.actions.world import World
from widget_server.events import Actor
from widget_server.store import customers, links, log, outbox, records, sessions
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
    if timer.kind != "handover" or row["status"] == "closed" or row["epoch"] != timer.epoch:
        return
    run = links.run(tx, timer.run)
    if run is None:
        return
    sessions.give(tx, timer.session, f"flow:{run.id}", f"timer {timer.id}", "timeout")
    by = Acting(f"timer {timer.id}/run", Actor("system"), row["last_channel"], row["last_grant"])
    driving.drive(world, tx, run, Resume("otherwise"), by)


def recover(world: World) -> int:
    """Finds deliveries whose sender died. A call may be tried again (its key makes that safe); a text's fate is unknown."""
    with world.store.write() as tx:
        lost = outbox.overdue(tx)
        for row in lost:
            if row.kind == "call":
                outbox.settle(tx, row.id, "owed")
            else:
                receipts.record(tx, row, "unknown", "sender stopped")
    return len(lost)


def tidy(world: World) -> None:
    """The slow round: closes silent sessions, forgets old ones, drops counts no window reaches."""
    session_verbs.close_silent(world)
    retention.purge(world)
    with world.store.write() as tx:
        records.sweep(tx)
        if not records.tries(tx, "unprove silent", DAY_MS):
            records.tried(tx, "unprove silent")
            customers.unprove_silent(tx, tx.now - YEAR_MS)
