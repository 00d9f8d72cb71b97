"""What became of runs at their steps: rows folded from the log, and the bounded reading of them that figures are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from widget_server.events import Event
from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.folds import FRESH_STEP, fold_step, step_of

Rows = dict[tuple[str, str], dict[str, Any]]


def note(tx: Tx, event: Event) -> None:
    """Counts one event of a run at its step."""
    step = step_of(event)
    if not step:
        return
    mine = (t.run_step.c.run == event.run) & (t.run_step.c.step == step)
    found = tx.one(select(t.run_step).where(mine))
    row = dict(found._mapping) if found else dict(FRESH_STEP)
    fold_step(row, event)
    if found:
        tx.run(t.run_step.update().where(mine).values(**{name: row[name] for name in FRESH_STEP}))
    else:
        tx.run(t.run_step.insert().values(run=event.run, step=step, session=event.session, **row))


def fold(rows: Rows, event: Event) -> None:
    """The same for rows that are being computed again."""
    step = step_of(event)
    if step and event.run:
        fold_step(rows.setdefault((event.run, step), dict(FRESH_STEP)), event)


def replace(tx: Tx, session: str, rows: Rows) -> None:
    """Stores what was computed again of a session, instead of what stood there."""
    tx.run(t.run_step.delete().where(t.run_step.c.session == session))
    for (run, step), row in rows.items():
        tx.run(t.run_step.insert().values(run=run, step=step, session=session, **row))


def newest_runs(tx: Tx, site: str, flow: str, since: int, limit: int, hash_: str = "") -> list[Row]:
    """The newest runs of a flow, or of one version of it, begun since an instant (ms), at most `limit`."""
    mine = (t.run.c.site == site) & (t.run.c.flow == flow) & (t.run.c.created_at >= since)
    if hash_:
        mine &= t.run.c.hash == hash_
    columns = (t.run.c.id, t.run.c.hash, t.run.c.status, t.run.c.step)
    return tx.all(select(*columns).where(mine).order_by(t.run.c.created_at.desc()).limit(limit))


AT_ONCE = 500


def of_runs(tx: Tx, runs: Iterable[str]) -> list[Row]:
    """What became of these runs at their steps."""
    ids, found = list(runs), []
    for first in range(0, len(ids), AT_ONCE):
        found += tx.all(select(t.run_step).where(t.run_step.c.run.in_(ids[first : first + AT_ONCE])))
    return found


def running(tx: Tx, site: str) -> dict[str, int]:
    """How many runs of each flow are under way."""
    mine = (t.run.c.site == site) & (t.run.c.status.in_(("asking", "calling", "waiting", "handed")))
    rows = tx.all(select(t.run.c.flow, func.count().label("number")).where(mine).group_by(t.run.c.flow))
    return {row.flow: row.number for row in rows}
