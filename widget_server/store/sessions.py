"""Rows of sessions: how one begins, which one something joins, who owns it, how it ends."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, exists, select
from uuid_utils.compat import uuid7

from widget_server.events import SYSTEM, Actor, Draft, Event
from widget_server.store import customers, log, slots
from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.folds import FRESH


def begin(
    tx: Tx,
    site: Row,
    customer: str,
    channel: str,
    actor: Actor,
    key: str = "opened",
    flow: str = "",
    grant: str | None = None,
) -> str:
    """Opens a session for a customer. The one closed last at this site, if any, is its `previous`. Returns the id.

    `grant` is the window it was opened from: what the company says first is meant for it.
    """
    before = newest(tx, site.id, customer, "closed")
    session_id = str(uuid7())
    holder = customers.root(tx, customer)
    values = FRESH | {"id": session_id, "site": site.id, "customer": holder, "opened_at": tx.now, "last_at": tx.now}
    tx.run(t.session.insert().values(**values, previous=before.id if before else None))
    body: dict[str, Any] = {"channel": channel, "flow": flow or None, "previous": before.id if before else None}
    log.append(tx, session_id, Draft("session.opened", body, key, actor, channel=channel, grant=grant))
    return session_id


def get(tx: Tx, session_id: str) -> Row | None:
    return tx.one(_SESSION, {"session": session_id})


_SESSION = select(t.session).where(t.session.c.id == bindparam("session"))


def known(tx: Tx, session_id: str) -> Row:
    """The row of a session that must be there. Raises log.NoSession."""
    found = get(tx, session_id)
    if found is None:
        raise log.NoSession(session_id)
    return found


def of_customer(tx: Tx, site: str, customer: str, status: str | None = None) -> list[Row]:
    """A person's sessions at a site, newest first."""
    mine = (t.session.c.customer.in_(customers.cluster(tx, customer))) & (t.session.c.site == site)
    statement = select(t.session).where(mine).order_by(t.session.c.id.desc())
    return tx.all(statement.where(t.session.c.status == status) if status else statement)


def of_everybody(tx: Tx, customers_: list[str]) -> list[Row]:
    """The sessions of these customers at every site."""
    return tx.all(select(t.session).where(t.session.c.customer.in_(customers_)).order_by(t.session.c.id))


def newest(tx: Tx, site: str, customer: str, status: str) -> Row | None:
    found = of_customer(tx, site, customer, status)
    return max(found, key=lambda row: row.closed_at or row.last_at) if found else None


def newest_on(tx: Tx, lane: str) -> Row | None:
    """The open session with the newest outbound on a pair of addresses."""
    gone_out = t.delivery.c.status.in_(("sending", "sent", "delivered", "read", "unknown"))
    statement = (
        select(t.session)
        .join(t.delivery, t.delivery.c.session == t.session.c.id)
        .where(t.delivery.c.lane == lane, gone_out, t.delivery.c.kind == "message", t.session.c.status == "open")
        .order_by(t.delivery.c.id.desc())
        .limit(1)
    )
    return tx.one(statement)


def give(
    tx: Tx, session_id: str, owner: str, key: str, why: str = "", actor: Actor = SYSTEM, epoch: int | None = None
) -> Event:
    """Makes somebody the owner: the one party that speaks for the company from now on. The epoch grows.

    `epoch` is the one the author saw; raises log.StaleEpoch when another change came first.
    """
    row = log.locked(tx, session_id)
    known = log.by_key(tx, session_id, key)
    if known is not None and _same_gift(known, owner, why):
        return known  # a retry: its `previous` would be another by now
    team = owner[6:] if owner.startswith("queue:") else row["team"]
    body = {"owner": owner, "previous": row["owner"], "why": why, "team": team}
    return log.append(tx, session_id, Draft("owner", body, key, actor, epoch=epoch))


def _same_gift(known: Event, owner: str, why: str) -> bool:
    body = known.body or {}
    return known.kind == "owner" and (body.get("owner"), body.get("why", "")) == (owner, why)


def close(
    tx: Tx,
    session_id: str,
    key: str,
    actor: Actor,
    reason: str = "disposition",
    disposition: str = "",
    continued_in: str | None = None,
    epoch: int | None = None,
) -> Event:
    """Ends a session for good; its grants lose their write and keep their sight until they expire."""
    slots.let_go_of(tx, session_id)
    body = {"reason": reason, "disposition": disposition, "continued_in": continued_in}
    return log.append(tx, session_id, Draft("session.closed", body, key, actor, epoch=epoch))


def listed(tx: Tx, sites: list[str], status: str = "open", owner: str | None = None, limit: int = 200) -> list[Row]:
    """For the inbox: newest first; `owner` may be exact or a prefix that ends with a colon."""
    statement = select(t.session).where(t.session.c.site.in_(sites), t.session.c.status == status)
    if owner is not None:
        column = t.session.c.owner
        statement = statement.where(column.startswith(owner) if owner.endswith(":") else column == owner)
    return tx.all(statement.order_by(t.session.c.last_at.desc()).limit(limit))


def silent(tx: Tx, site: str, before: int, limit: int = 100) -> list[Row]:
    """Open sessions nobody owns, that owe no text and no call, and nothing happened in since `before`."""
    return tx.all(_still(site, before).where(t.session.c.owner == "none").limit(limit))


def forsaken(tx: Tx, site: str, before: int, limit: int = 100) -> list[Row]:
    """The same of those whose flow waits for a customer who came no more."""
    asks = (t.run.c.session == t.session.c.id) & t.run.c.status.in_(("new", "asking"))
    mine = t.session.c.owner == "flow:" + t.run.c.id
    return tx.all(_still(site, before).where(exists().where(asks & mine)).limit(limit))


def _still(site: str, before: int) -> Any:
    waits = (t.delivery.c.session == t.session.c.id) & t.delivery.c.status.in_(("owed", "sending"))
    promised = (t.callback.c.session == t.session.c.id) & (t.callback.c.state == "requested")
    return select(t.session).where(
        t.session.c.site == site,
        t.session.c.status == "open",
        t.session.c.last_at < before,
        ~exists().where(waits),
        ~exists().where(promised),
    )
