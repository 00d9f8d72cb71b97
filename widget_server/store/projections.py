"""`db rebuild`: drops every projection and computes it again from the log, one session a transaction."""

from __future__ import annotations

from sqlalchemy import select

from widget_server.store import log, steps
from widget_server.store import tables as t
from widget_server.store.database import Store, Tx
from widget_server.store.folds import FRESH, FRESH_RUN, fold_run, fold_session


def rebuild(store: Store) -> tuple[int, int]:
    """Drops and refolds every projection. Returns how many sessions and runs there were.

    One session a transaction: a server beside it goes on working.
    """
    with store.read() as tx:
        ids = [row.id for row in tx.all(select(t.session.c.id).order_by(t.session.c.id))]
    runs = 0
    for session_id in ids:
        with store.write() as tx:
            runs += refold(tx, session_id)
    return len(ids), runs


def refold(tx: Tx, session_id: str) -> int:
    """Computes one session's columns and those of its runs again from its events. Returns the number of runs."""
    row = dict(FRESH)
    runs = {one.id: dict(FRESH_RUN) for one in tx.all(select(t.run.c.id).where(t.run.c.session == session_id))}
    at_steps: steps.Rows = {}
    for event in log.every(tx, session_id):
        fold_session(row, event)
        if event.run in runs:
            fold_run(runs[event.run], event)
            steps.fold(at_steps, event)
    tx.run(t.session.update().where(t.session.c.id == session_id).values(**row))
    for run_id, columns in runs.items():
        tx.run(t.run.update().where(t.run.c.id == run_id).values(**columns))
    steps.replace(tx, session_id, at_steps)
    tx.sessions.pop(session_id, None)
    return len(runs)
