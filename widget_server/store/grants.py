"""Grants: what one cookie jar, widget token or channel address may see and do, and how surely it knows who is there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from uuid_utils.compat import uuid7

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.vault import token_hash

COLUMNS = {
    "token": None,
    "session": None,
    "run": None,
    "link": None,
    "lookup": None,
    "tier_until": None,
    "device": "",
    "expires_at": None,
}


def add(tx: Tx, site: str, kind: str, customer: str, channel: str, tier: int, by: str, **more: Any) -> str:
    """A new grant. `more` names any of COLUMNS; `token` is given in clear and kept as its hash. Returns the id."""
    grant_id = str(uuid7())
    if more.get("token"):
        more["token"] = token_hash(more["token"])
    fixed = {
        "id": grant_id,
        "site": site,
        "kind": kind,
        "customer": customer,
        "channel": channel,
        "tier": tier,
        "by": by,
    }
    tx.run(t.grant.insert().values(**(COLUMNS | more | fixed), created_at=tx.now))
    return grant_id


def get(tx: Tx, grant_id: str) -> Row | None:
    return tx.one(select(t.grant).where(t.grant.c.id == grant_id))


def by_token(tx: Tx, token: str) -> Row | None:
    """A live grant by its secret."""
    mine = (t.grant.c.token == token_hash(token)) & _alive(tx)
    return tx.one(select(t.grant).where(mine))


def _alive(tx: Tx) -> Any:
    return t.grant.c.revoked_at.is_(None) & or_(t.grant.c.expires_at.is_(None), t.grant.c.expires_at > tx.now)


def of_address(tx: Tx, session: str, channel: str, lookup: str) -> Row | None:
    """The grant a channel's address has in a session."""
    mine = (t.grant.c.session == session) & (t.grant.c.channel == channel) & (t.grant.c.lookup == lookup)
    return tx.one(select(t.grant).where(mine & _alive(tx)))


def of_session(tx: Tx, session: str) -> list[Row]:
    return tx.all(select(t.grant).where((t.grant.c.session == session) & _alive(tx)))


def of_link(tx: Tx, link: int) -> list[Row]:
    """Every window a link ever made, ended ones too."""
    return tx.all(select(t.grant).where(t.grant.c.link == link))


def change(tx: Tx, grant_id: str, **columns: Any) -> None:
    tx.run(t.grant.update().where(t.grant.c.id == grant_id).values(**columns))


def revoke(tx: Tx, grant_id: str | None = None, link: int | None = None, customer: str | None = None) -> int:
    """Ends grants at once: one, or all that a link made, or all widgets of a customer. Returns how many."""
    if grant_id is not None:
        which = t.grant.c.id == grant_id
    elif link is not None:
        which = t.grant.c.link == link
    else:
        which = t.grant.c.customer == customer
    return tx.run(t.grant.update().where(which & t.grant.c.revoked_at.is_(None)).values(revoked_at=tx.now))
