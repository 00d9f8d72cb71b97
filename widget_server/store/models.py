"""Intent models as they are kept: arrays in bytes, under what they understand and the hash of the bytes."""

from __future__ import annotations

from sqlalchemy import select

from widget_server.store import tables as t
from widget_server.store.database import Tx


def keep(tx: Tx, of: str, hash_: str, data: bytes) -> None:
    """Keeps a model in place of the one there was."""
    if name(tx, of) == hash_:
        return
    forget(tx, of)
    tx.run(t.model.insert().values(of=of, hash=hash_, data=data, created_at=tx.now))


def name(tx: Tx, of: str) -> str | None:
    """The hash of the model of that, or None where there is none."""
    row = tx.one(select(t.model.c.hash).where(t.model.c.of == of))
    return str(row.hash) if row else None


def data(tx: Tx, of: str) -> bytes | None:
    """The bytes of a model."""
    row = tx.one(select(t.model.c.data).where(t.model.c.of == of))
    return bytes(row.data) if row else None


def forget(tx: Tx, of: str) -> None:
    """Drops a model."""
    tx.run(t.model.delete().where(t.model.c.of == of))
