"""Who published which version of a flow, and who took one back: the history of each name at a site, never rewritten."""

from __future__ import annotations

from sqlalchemy import select
from uuid_utils.compat import uuid7

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx


def note(tx: Tx, site: str, name: str, hash_: str | None, by: str, text: str) -> None:
    """Adds a line to the history; without a hash the name was taken back."""
    values = {"id": str(uuid7()), "site": site, "name": name, "hash": hash_, "by": by, "note": text, "at": tx.now}
    tx.run(t.publication.insert().values(**values))


def history(tx: Tx, site: str, name: str, limit: int = 200) -> list[Row]:
    """What became of a name, newest first."""
    mine = (t.publication.c.site == site) & (t.publication.c.name == name)
    newest = (t.publication.c.at.desc(), t.publication.c.id.desc())
    return tx.all(select(t.publication).where(mine).order_by(*newest).limit(limit))


def names(tx: Tx, site: str) -> list[str]:
    """Every name that was ever published at a site."""
    statement = select(t.publication.c.name).where(t.publication.c.site == site).distinct()
    return sorted(row.name for row in tx.all(statement))


def hashes(tx: Tx, site: str) -> list[str]:
    """Every version that was ever published at a site."""
    mine = (t.publication.c.site == site) & t.publication.c.hash.is_not(None)
    return [row.hash for row in tx.all(select(t.publication.c.hash).where(mine).distinct())]
