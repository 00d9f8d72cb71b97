"""What is owed to the outside: one row a message or call, claimed by the delivery loop, settled with what became of it.

Only the oldest owed row of a lane (one pair of addresses) can be claimed, so texts keep their order. Rows that wait for
a time of their own (a notice for tomorrow, the fallback of something unseen) block nobody until they are due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, or_, select
from uuid_utils.compat import uuid7

from widget_server.store import tables as t
from widget_server.store.database import Row, Store, Tx

OPEN = ("owed", "sending")


@dataclass(frozen=True, slots=True)
class Owed:
    """A claimed row, its payload opened. `payload` of a message: {to, sender, text}; of a call: {call, with, key, run, step}."""

    id: str
    site: str
    session: str
    seq: int
    run: str | None
    kind: str
    lane: str
    channel: str
    payload: dict[str, Any]
    attempts: int
    created_at: int


def lane(tx: Tx, channel: str, sender: str, to: str) -> str:
    """The name of a pair of addresses; says nothing about them."""
    return tx.vault.lookup("lane", f"{channel} {sender} {to}")


def owe(
    tx: Tx,
    session: Row | dict[str, Any],
    kind: str,
    channel: str,
    lane_: str,
    payload: dict[str, Any],
    seq: int = 0,
    run: str | None = None,
    due_at: int | None = None,
    unless_seen: int | None = None,
) -> str:
    """Adds a debt in the transaction that makes it. `session` is the locked row. Returns the delivery's id."""
    row = session if isinstance(session, dict) else dict(session._mapping)
    delivery_id = str(uuid7())
    tx.run(
        t.delivery.insert().values(
            id=delivery_id,
            site=row["site"],
            session=row["id"],
            customer=row["customer"],
            seq=seq,
            run=run,
            kind=kind,
            lane=lane_,
            channel=channel,
            payload=tx.vault.seal_json(row["data_key"], payload, f"delivery {delivery_id}"),
            status="owed",
            attempts=0,
            due_at=tx.now if due_at is None else due_at,
            unless_seen=unless_seen,
            reason="",
            permanent=False,
            created_at=tx.now,
            updated_at=tx.now,
        )
    )
    tx.owed = True
    return delivery_id


def claim(store: Store, limit: int = 20, lease_ms: int = 60_000) -> list[Owed]:
    """Takes due rows to send now, at most one a lane, leased for a while. What was seen meanwhile is dropped here."""
    with store.write() as tx:
        claimed: list[Owed] = []
        # What is dropped stood before others of its lane: then look again.
        while not claimed and (rows := _ready(tx, limit)):
            for row in rows:
                vain = _in_vain(tx, row)
                if vain:
                    _set(tx, row.id, status="cancelled", reason=vain)
                    continue
                lease = {"lease_until": tx.now + lease_ms, "attempts": row.attempts + 1}
                if _set(tx, row.id, when="owed", status="sending", **lease):
                    claimed.append(_owed(tx, row))
        return claimed


def _in_vain(tx: Tx, row: Row) -> str:
    """Why a row need not be sent any more, empty if it must. A text from somebody is no look at the page beside it."""
    if row.data_key is None or row.payload is None:
        return "erased"
    if row.unless_seen is None or row.customer_seen < row.unless_seen:
        return ""
    event = t.event.c
    looked = (event.session == row.session) & (event.seq > row.unless_seen) & (event.channel != row.channel)
    looks = select(event.seq).where(looked, event.actor_kind == "customer").limit(1)
    return "seen" if tx.one(looks) is not None else ""


def _ready(tx: Tx, limit: int) -> list[Row]:
    mine = t.delivery
    older = mine.alias("older")
    blocks = or_(older.c.status == "sending", older.c.attempts > 0, older.c.due_at <= tx.now)
    blocked = exists().where(
        older.c.lane == mine.c.lane, older.c.id < mine.c.id, older.c.status.in_(OPEN), blocks, older.c.id != mine.c.id
    )
    statement = (
        select(mine, t.customer.c.data_key, t.session.c.customer_seen)
        .join(t.customer, t.customer.c.id == mine.c.customer)
        .join(t.session, t.session.c.id == mine.c.session)
        .where(and_(mine.c.status == "owed", mine.c.due_at <= tx.now, ~blocked))
        .order_by(mine.c.id)
        .limit(limit)
    )
    return tx.all(statement if tx.sqlite else statement.with_for_update(of=mine, skip_locked=True))


def _owed(tx: Tx, row: Row) -> Owed:
    payload = tx.vault.open_json(row.data_key, row.payload, f"delivery {row.id}")
    return Owed(
        id=row.id,
        site=row.site,
        session=row.session,
        seq=row.seq,
        run=row.run,
        kind=row.kind,
        lane=row.lane,
        channel=row.channel,
        payload=payload,
        attempts=row.attempts + 1,
        created_at=row.created_at,
    )


def _set(tx: Tx, delivery_id: str, when: str | None = None, **columns: Any) -> int:
    which = t.delivery.c.id == delivery_id
    if when is not None:
        which &= t.delivery.c.status == when
    return tx.run(t.delivery.update().where(which).values(updated_at=tx.now, **columns))


def get(tx: Tx, delivery_id: str) -> Row | None:
    return tx.one(select(t.delivery).where(t.delivery.c.id == delivery_id))


def by_provider(tx: Tx, channel: str, provider_id: str) -> Row | None:
    which = (t.delivery.c.channel == channel) & (t.delivery.c.provider_id == provider_id)
    return tx.one(select(t.delivery).where(which).limit(1))


def payload(tx: Tx, row: Row) -> dict[str, Any]:
    """What a row carries; empty once its person was erased."""
    key = tx.one(select(t.customer.c.data_key).where(t.customer.c.id == row.customer))
    if key is None or key.data_key is None or row.payload is None:
        return {}
    found: dict[str, Any] = tx.vault.open_json(key.data_key, row.payload, f"delivery {row.id}")
    return found


def settle(tx: Tx, delivery_id: str, status: str, **columns: Any) -> None:
    """Writes down what became of a claimed row: `status`, and any of provider_id, reason, permanent, due_at, attempts."""
    _set(tx, delivery_id, status=status, lease_until=None, **columns)


def overdue(tx: Tx) -> list[Row]:
    """Rows whose sender died while sending: nobody knows whether they went out."""
    lost = (t.delivery.c.status == "sending") & (t.delivery.c.lease_until < tx.now)
    return tx.all(select(t.delivery).where(lost).limit(100))


def of_session(tx: Tx, session: str) -> list[Row]:
    return tx.all(select(t.delivery).where(t.delivery.c.session == session).order_by(t.delivery.c.id))


def again(tx: Tx, delivery_id: str) -> str | None:
    """Owes a message once more under an id of its own, after it failed or its fate is unknown. None if it cannot be."""
    statement = (
        select(t.delivery, t.customer.c.data_key)
        .join(t.customer, t.customer.c.id == t.delivery.c.customer)
        .where(t.delivery.c.id == delivery_id, t.delivery.c.status.in_(("failed", "unknown")))
    )
    row = tx.one(statement)
    if row is None or row.payload is None or row.data_key is None:
        return None
    payload = tx.vault.open_json(row.data_key, row.payload, f"delivery {row.id}")
    session = {"id": row.session, "site": row.site, "customer": row.customer, "data_key": row.data_key}
    return owe(tx, session, row.kind, row.channel, row.lane, payload, seq=row.seq, run=row.run)


def texted_for(tx: Tx, run: str) -> bool:
    """Whether a text was owed in the name of a run, beside the lines of its thread."""
    mine = (t.delivery.c.run == run) & (t.delivery.c.kind == "message")
    return tx.one(select(t.delivery.c.id).where(mine).limit(1)) is not None


def next_due(tx: Tx) -> int | None:
    """When the next owed row is due, so that the loop need not ask all the time."""
    row = tx.one(
        select(t.delivery.c.due_at).where(t.delivery.c.status == "owed").order_by(t.delivery.c.due_at).limit(1)
    )
    return row.due_at if row else None
