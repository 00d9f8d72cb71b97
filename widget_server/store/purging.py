"""Emptying a closed session: every personal body of it goes, the envelopes stay. The person's own rows are not touched."""

from __future__ import annotations

from sqlalchemy import select

from widget_server.store import tables as t
from widget_server.store.database import Tx


def due(tx: Tx, site: str, before: int, limit: int) -> list[str]:
    """Sessions of a site that closed before an instant (ms) and were not emptied yet."""
    closed = t.session.c.purged_at.is_(None) & (t.session.c.closed_at < before) & (t.session.c.site == site)
    return [row.id for row in tx.all(select(t.session.c.id).where(closed).limit(limit))]


def empty(tx: Tx, session: str) -> list[str]:
    """Drops what was said, sent, promised and uploaded, and ends the windows. Returns the files whose bytes are to go too."""
    tx.run(t.session.update().where(t.session.c.id == session).values(purged_at=tx.now))
    files = [row.id for row in tx.all(select(t.file.c.id).where(t.file.c.session == session))]
    tx.run(t.event.update().where(t.event.c.session == session).values(body=None))
    tx.run(t.delivery.update().where(t.delivery.c.session == session).values(payload=None))
    tx.run(t.callback.update().where(t.callback.c.session == session).values(details=b""))
    tx.run(t.link.update().where(t.link.c.session == session).values(context=None, state="revoked"))
    ended = {"revoked_at": tx.now, "lookup": None}
    tx.run(t.grant.update().where(t.grant.c.session == session).values(**ended))
    tx.run(t.challenge.delete().where(t.challenge.c.session == session))
    tx.run(t.file.delete().where(t.file.c.session == session))
    return files
