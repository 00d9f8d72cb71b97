"""Small records: hooks taken, answers kept for retries, tries counted for limits, timers, promises, codes."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.log import KeyReused

KEPT = 48 * 3600 * 1000
"""How long an Idempotency-Key is remembered, in milliseconds."""


def received(tx: Tx, channel: str, account: str, provider_id: str) -> Row | None:
    """Where an inbound message of a provider went, if it came before."""
    mine = (
        (t.inbound.c.channel == channel) & (t.inbound.c.account == account) & (t.inbound.c.provider_id == provider_id)
    )
    return tx.one(select(t.inbound).where(mine))


def receive(tx: Tx, channel: str, account: str, provider_id: str, session: str, seq: int) -> None:
    values = {"channel": channel, "account": account, "provider_id": provider_id, "session": session, "seq": seq}
    tx.run(t.inbound.insert().values(**values, at=tx.now))


def first(tx: Tx, kind: str, site: str, name: str) -> bool:
    """Whether something that may happen once (an identity token, by its jti) happens now for the first time."""
    name = tx.vault.lookup(kind, name)
    tx.serialise(f"{kind} {name}")
    if received(tx, kind, site, name) is not None:
        return False
    receive(tx, kind, site, name, "", 0)
    return True


def recall(tx: Tx, api_key: str, key: str, digest: str) -> tuple[int, bytes] | None:
    """The (status, answer) an Idempotency-Key got before. Raises KeyReused when the request was another."""
    tx.serialise(f"idempotency {api_key} {key}")
    mine = (t.idempotency.c.api_key == api_key) & (t.idempotency.c.key == key)
    row = tx.one(select(t.idempotency).where(mine))
    if row is None:
        return None
    if row.at < tx.now - KEPT:
        tx.run(t.idempotency.delete().where(mine))
        return None
    if row.digest != digest:
        raise KeyReused(key)
    return row.status, tx.vault.open_own(row.answer, f"answer {api_key} {key}")


def remember(tx: Tx, api_key: str, key: str, digest: str, status: int, answer: bytes) -> None:
    sealed = tx.vault.seal_own(answer, f"answer {api_key} {key}")
    values = {"api_key": api_key, "key": key, "digest": digest, "status": status, "answer": sealed, "at": tx.now}
    tx.run(t.idempotency.insert().values(**values))


def forget_answers(tx: Tx, names: set[str]) -> None:
    """Empties kept answers that speak of any of these ids: a retry learns that it was done, and nothing of what."""
    for row in tx.all(select(t.idempotency)):
        about = f"answer {row.api_key} {row.key}"
        if names.intersection(_IDS.findall(tx.vault.open_own(row.answer, about).decode())):
            mine = (t.idempotency.c.api_key == row.api_key) & (t.idempotency.c.key == row.key)
            tx.run(t.idempotency.update().where(mine).values(status=204, answer=tx.vault.seal_own(b"\n", about)))


_IDS = re.compile(r"\b[0-9a-f-]{16,36}\b")


def tries(tx: Tx, bucket: str, window_ms: int) -> int:
    """How many times something was tried within the window."""
    recent = (t.attempt.c.bucket == bucket) & (t.attempt.c.at > tx.now - window_ms)
    row = tx.one(select(func.count()).select_from(t.attempt).where(recent))
    return int(row[0]) if row else 0


def tried(tx: Tx, bucket: str) -> None:
    tx.run(t.attempt.insert().values(bucket=bucket, at=tx.now))


def forgive(tx: Tx, bucket: str) -> None:
    """Whoever got in was no guesser: what they mistyped before is not held against them."""
    tx.run(t.attempt.delete().where(t.attempt.c.bucket == bucket))


def sweep(tx: Tx) -> None:
    """Drops what no window reaches any more."""
    tx.run(t.attempt.delete().where(t.attempt.c.at < tx.now - 48 * 3600 * 1000))
    tx.run(t.idempotency.delete().where(t.idempotency.c.at < tx.now - KEPT))
    tx.run(t.seat.delete().where(t.seat.c.expires_at < tx.now))


def set_timer(tx: Tx, site: str, session: str, kind: str, at: int, epoch: int, run: str | None = None) -> None:
    values = {"id": str(uuid7()), "site": site, "session": session, "run": run, "kind": kind, "at": at, "epoch": epoch}
    tx.run(t.due.insert().values(**values))


def drop_timers(tx: Tx, run: str, kind: str) -> None:
    tx.run(t.due.delete().where(t.due.c.run == run, t.due.c.kind == kind))


def timers(tx: Tx, limit: int = 50) -> list[Row]:
    """What is due now, oldest first."""
    return tx.all(select(t.due).where(t.due.c.at <= tx.now).order_by(t.due.c.at).limit(limit))


def drop_timer(tx: Tx, timer_id: str) -> bool:
    """True for the one caller who may act on it."""
    return tx.run(t.due.delete().where(t.due.c.id == timer_id)) > 0


def promise(tx: Tx, session: Row | dict[str, Any], due: int, details: dict[str, Any]) -> str:
    """A callback owed. `details` (phone, topic) are sealed with the customer's key. `session` is the locked row."""
    row = session if isinstance(session, dict) else dict(session._mapping)
    callback_id = str(uuid7())
    values = {"id": callback_id, "site": row["site"], "session": row["id"], "customer": row["customer"], "due": due}
    sealed = tx.vault.seal_json(row["data_key"], details, f"callback {callback_id}")
    tx.run(t.callback.insert().values(**values, state="requested", details=sealed, outcome="", created_at=tx.now))
    return callback_id


def callback(tx: Tx, callback_id: str) -> Row | None:
    return tx.one(select(t.callback).where(t.callback.c.id == callback_id))


def callback_details(tx: Tx, row: Row) -> dict[str, Any]:
    """Phone and topic; empty once erased."""
    key = tx.one(select(t.customer.c.data_key).where(t.customer.c.id == row.customer))
    if key is None or key.data_key is None or not row.details:
        return {}
    found: dict[str, Any] = tx.vault.open_json(key.data_key, row.details, f"callback {row.id}")
    return found


def callbacks(tx: Tx, site: str, state: str | None = None, session: str | None = None, limit: int = 200) -> list[Row]:
    statement = select(t.callback).where(t.callback.c.site == site)
    if state:
        statement = statement.where(t.callback.c.state == state)
    if session:
        statement = statement.where(t.callback.c.session == session)
    return tx.all(statement.order_by(t.callback.c.due).limit(limit))


def end_callback(tx: Tx, callback_id: str, state: str, outcome: str, agent: str | None) -> bool:
    """True if it was still open: one promise is kept once."""
    mine = (t.callback.c.id == callback_id) & (t.callback.c.state == "requested")
    values = {"state": state, "outcome": outcome, "agent": agent, "done_at": tx.now}
    return tx.run(t.callback.update().where(mine).values(**values)) > 0


def challenge(tx: Tx, site: str, grant: str, session: str, action: str, hash_: str, lifetime_ms: int) -> str:
    """A code on its way to a number on file, bound to one grant, session and act."""
    challenge_id = str(uuid7())
    values = {"id": challenge_id, "site": site, "grant": grant, "session": session, "action": action, "hash": hash_}
    times = {"created_at": tx.now, "expires_at": tx.now + lifetime_ms}
    tx.run(t.challenge.insert().values(**values, **times, tries=0))
    return challenge_id


def newest_challenge(tx: Tx, grant: str, action: str) -> Row | None:
    """The last code sent for this act that may still be answered."""
    mine = (t.challenge.c.grant == grant) & (t.challenge.c.action == action) & t.challenge.c.used_at.is_(None)
    statement = select(t.challenge).where(mine & (t.challenge.c.expires_at > tx.now)).order_by(t.challenge.c.id.desc())
    return tx.one(statement.limit(1))


def challenge_tried(tx: Tx, challenge_id: str, used: bool) -> None:
    values: dict[str, Any] = {"tries": t.challenge.c.tries + 1}
    if used:
        values["used_at"] = tx.now
    tx.run(t.challenge.update().where(t.challenge.c.id == challenge_id).values(**values))


def notified(tx: Tx, **columns: Any) -> str:
    """A notification's row. Returns its id."""
    notification_id = str(columns.pop("id", None) or uuid7())
    tx.run(t.notification.insert().values(id=notification_id, created_at=tx.now, **columns))
    return notification_id


def notification(tx: Tx, notification_id: str) -> Row | None:
    statement = (
        select(t.notification, t.delivery.c.status, t.delivery.c.reason, t.delivery.c.permanent)
        .join(t.delivery, t.delivery.c.id == t.notification.c.delivery, isouter=True)
        .where(t.notification.c.id == notification_id)
    )
    return tx.one(statement)
