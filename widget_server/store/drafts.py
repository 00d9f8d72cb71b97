"""What is being written of flows: every save of every file, and the texts that published versions were written as."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx

KEPT = 100
"""Saves of one file that are kept, the newest."""


def newest(tx: Tx, site: str, name: str) -> dict[str, Row]:
    """The last save of each file, whether it is still being written or what became of it (`closed`)."""
    mine = (t.draft.c.site == site) & (t.draft.c.name == name)
    last = select(t.draft.c.file, func.max(t.draft.c.rev).label("rev")).where(mine).group_by(t.draft.c.file).subquery()
    statement = select(t.draft).join(last, (t.draft.c.file == last.c.file) & (t.draft.c.rev == last.c.rev)).where(mine)
    return {row.file: row for row in tx.all(statement.order_by(t.draft.c.file))}


def saves(tx: Tx, site: str, name: str, limit: int = 50) -> list[Row]:
    """Who saved what when, newest first, without the texts."""
    columns = [column for column in t.draft.c if column.name != "text"]
    mine = (t.draft.c.site == site) & (t.draft.c.name == name)
    return tx.all(select(*columns).where(mine).order_by(t.draft.c.at.desc(), t.draft.c.id.desc()).limit(limit))


def saved(tx: Tx, site: str, name: str, save: str) -> Row | None:
    """One save by its id."""
    mine = (t.draft.c.site == site) & (t.draft.c.name == name) & (t.draft.c.id == save)
    return tx.one(select(t.draft).where(mine))


def opened(tx: Tx, site: str) -> list[Row]:
    """The drafts of a site, by name: when each was saved last, and by whom."""
    columns = (t.draft.c.name, t.draft.c.by, t.draft.c.at)
    mine = (t.draft.c.site == site) & (t.draft.c.closed == "")
    rows = tx.all(select(*columns).where(mine).order_by(t.draft.c.at, t.draft.c.id))
    return list({row.name: row for row in rows}.values())


def save(tx: Tx, site: str, name: str, file: str, rev: int, **columns: str) -> None:
    """Stores the next state of a file; the oldest beyond KEPT goes."""
    values = {"id": str(uuid7()), "site": site, "name": name, "file": file, "rev": rev, "at": tx.now, "closed": ""}
    tx.run(t.draft.insert().values(**values, **columns))
    mine = (t.draft.c.site == site) & (t.draft.c.name == name) & (t.draft.c.file == file)
    tx.run(t.draft.delete().where(mine, t.draft.c.rev <= rev - KEPT))


def close(tx: Tx, site: str, name: str, why: str, revs: Mapping[str, int] | None = None) -> int:
    """Ends what is being written of a flow, up to the saves of `revs` if they are named; its saves stay. How many were open."""
    mine = (t.draft.c.site == site) & (t.draft.c.name == name) & (t.draft.c.closed == "")
    if revs is None:
        return tx.run(t.draft.update().where(mine).values(closed=why))
    ended = 0
    for file, rev in revs.items():
        up_to = (t.draft.c.file == file) & (t.draft.c.rev <= rev)
        ended += tx.run(t.draft.update().where(mine, up_to).values(closed=why))
    return ended


def keep_source(tx: Tx, site: str, hash_: str, texts: Mapping[str, str]) -> None:
    """The texts of a published version, file by file; those it was written as last."""
    tx.run(t.source.delete().where(t.source.c.site == site, t.source.c.hash == hash_))
    tx.run(t.source.insert().values(site=site, hash=hash_, texts=dict(texts), at=tx.now))


def source(tx: Tx, site: str, hash_: str) -> dict[str, str] | None:
    """The texts of a published version; None where nobody kept them."""
    row = tx.one(select(t.source.c.texts).where(t.source.c.site == site, t.source.c.hash == hash_))
    return dict(row.texts) if row else None
