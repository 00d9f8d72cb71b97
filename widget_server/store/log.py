"""The log: append, read, stream. What every window on a session is made of.

`append` gives an event the session's next number in the transaction that also stores its projections and debts. `read` is
everything after a number, for first load, reconnect, long poll and push alike. `stream` is everything of all sessions after
an opaque cursor, and never skips an event whose transaction commits late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from json import loads as _json
from typing import Any

from sqlalchemy import and_, bindparam, func, literal_column, or_, select, text
from uuid_utils.compat import uuid7

from widget_server.events import MAX_BODY, Actor, BodyTooLarge, Draft, Event, checked, kind_of, upcast
from widget_server.store import steps
from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.folds import FRESH_RUN, fold_run, fold_session
from widget_server.store.vault import canonical, digest, seal, unseal

AFTER_CLOSE = {"receipt", "seen", "focus", "erased", "note", "link.revoked", "link.disowned", "session.closed"}
"""Closed is final; these are what may still be said of a closed session."""


class NoSession(Exception):
    """No session has that id."""

    def __init__(self, session: str) -> None:
        super().__init__(f"no session {session}")
        self.session = session


class StaleEpoch(Exception):
    """What was written assumed an owner who is the owner no more. Carries who is, and since which epoch."""

    def __init__(self, owner: str, epoch: int, seen: int) -> None:
        super().__init__(f"epoch {seen} is past: the session's owner is {owner} since epoch {epoch}")
        self.owner = owner
        self.epoch = epoch
        self.seen = seen


class KeyReused(Exception):
    """The same key came with another kind or body than at first."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key!r} was used before with another body")
        self.key = key


class SessionClosed(Exception):
    """Closed is final: write to the session that continues it, or open a new one."""

    def __init__(self, session: str) -> None:
        super().__init__(f"session {session} is closed")
        self.session = session


def locked(tx: Tx, session_id: str) -> dict[str, Any]:
    """The session's row, locked if this transaction writes, with its customer's wrapped data key. Raises NoSession."""
    row = tx.sessions.get(session_id)
    if row is None:
        found = tx.one(_LOCKED if tx.writing else _HELD, {"session": session_id})
        if found is None:
            raise NoSession(session_id)
        row = tx.sessions[session_id] = dict(found._mapping)
    return row


_HELD = (
    select(t.session, t.customer.c.data_key)
    .join(t.customer, t.customer.c.id == t.session.c.customer)
    .where(t.session.c.id == bindparam("session"))
)
_LOCKED = _HELD.with_for_update(of=t.session)


def append(tx: Tx, session_id: str, draft: Draft) -> Event:
    """Stores one event under the session's next number, or answers with the one its key already made.

    Raises UnknownKind, BadBody, BodyTooLarge, KeyReused, StaleEpoch, SessionClosed, NoSession; then nothing is stored.
    """
    body = checked(draft.kind, draft.body)
    size = len(canonical(body))
    if size > MAX_BODY:
        raise BodyTooLarge(size)
    row = locked(tx, session_id)
    if row["data_key"] is None:
        raise SessionClosed(session_id)
    data_key = tx.vault.unwrap(row["data_key"])
    salted = digest(data_key, draft.kind, body)
    before = tx.one(_BY_KEY, {"held": session_id, "made": draft.key})
    if before is not None:
        if before.digest != salted:
            raise KeyReused(draft.key)
        return opened(tx, before, row["data_key"])
    if draft.epoch is not None and draft.epoch != row["epoch"]:
        raise StaleEpoch(row["owner"], row["epoch"], draft.epoch)
    if row["status"] == "closed" and draft.kind not in AFTER_CLOSE:
        raise SessionClosed(session_id)
    return _insert(tx, row, draft, body, salted, data_key)


_BY_KEY = select(t.event).where(t.event.c.session == bindparam("held"), t.event.c.key == bindparam("made"))


def _insert(tx: Tx, row: dict[str, Any], draft: Draft, body: Any, salted: bytes, data_key: bytes) -> Event:
    event = Event(
        id=str(uuid7()),
        pos=0,
        session=row["id"],
        seq=row["seq"] + 1,
        key=draft.key,
        kind=draft.kind,
        v=kind_of(draft.kind).v,
        run=draft.run,
        epoch=row["epoch"] + (draft.kind == "owner"),
        actor=draft.actor,
        channel=draft.channel,
        device=draft.device,
        grant=draft.grant,
        at=tx.now,
        body=body,
    )
    values = {
        "id": event.id,
        "session": event.session,
        "seq": event.seq,
        "key": event.key,
        "site": row["site"],
        "kind": event.kind,
        "v": event.v,
        "run": event.run,
        "epoch": event.epoch,
        "actor_kind": event.actor.kind,
        "actor_id": event.actor.id,
        "channel": event.channel,
        "device": event.device,
        "grant": event.grant,
        "at": event.at,
        "digest": salted,
        "body": seal(data_key, canonical(body), _about(event.session, event.seq)),
    }
    if tx.sqlite:
        tx.run(_EVENT, values)
    else:
        tx.run(_PLACED, values | {"of": event.session, "last": row["seq"]})
    fold_session(row, event)
    tx.dirty.add(event.session)
    tx.moved.add(event.session)
    if event.run and event.kind.startswith("run."):
        _fold_run(tx, event)
    return event


_EVENT = t.event.insert().inline()

_before = t.event.alias("before")
_BEHIND = select(_before.c.xid).where(_before.c.session == bindparam("of"), _before.c.seq == bindparam("last"))
_OWN: Any = literal_column("(pg_current_xact_id()::text)::bigint")
_PLACED = _EVENT.values(xid=func.greatest(_OWN, func.coalesce(_BEHIND.scalar_subquery(), 0)))
"""Where PostgreSQL's stream has an event: at its transaction, but never before the session's event before it. A transaction
may have its id long before it gets hold of the session; what is behind another there is behind it in the stream, too."""


def _fold_run(tx: Tx, event: Event) -> None:
    changed: dict[str, Any] = dict(FRESH_RUN, status=None, step=None)
    fold_run(changed, event)
    changed = {name: value for name, value in changed.items() if value is not None}
    if changed:
        tx.run(t.run.update().where(t.run.c.id == event.run).values(**changed))
    steps.note(tx, event)


def read(tx: Tx, session_id: str, after: int = 0, limit: int = 500) -> list[Event]:
    """Everything of a session after a number, oldest first, at most `limit`."""
    return _opened_all(tx, tx.all(_AFTER, {"held": session_id, "after": after, "most": limit}))


_AFTER = (
    select(t.event)
    .where(t.event.c.session == bindparam("held"), t.event.c.seq > bindparam("after"))
    .order_by(t.event.c.seq)
    .limit(bindparam("most"))
)


def every(tx: Tx, session_id: str) -> Iterator[Event]:
    """The whole of a session, page by page, so that a long one does not fill memory."""
    after = 0
    while page := read(tx, session_id, after):
        yield from page
        after = page[-1].seq


def of_run(tx: Tx, session_id: str, run_id: str) -> list[Event]:
    """What a run's state is the fold of: its own events and the session's context changes."""
    mine = and_(t.event.c.session == session_id, or_(t.event.c.run == run_id, t.event.c.kind == "context"))
    kinds = or_(t.event.c.kind.like("run.%"), t.event.c.kind == "context")
    return _opened_all(tx, tx.all(select(t.event).where(mine, kinds).order_by(t.event.c.seq)))


def raised(tx: Tx, session_id: str, run_id: str) -> list[Event]:
    """The proofs by texted code that windows of a run gave."""
    mine = (t.event.c.session == session_id) & (t.event.c.run == run_id) & (t.event.c.kind == "grant.raised")
    return _opened_all(tx, tx.all(select(t.event).where(mine).order_by(t.event.c.seq)))


def last_of(tx: Tx, session_id: str, grant: str) -> int:
    """The number of the newest event a grant caused, 0 for none."""
    mine = (t.event.c.session == session_id) & (t.event.c.grant == grant) & (t.event.c.actor_kind == "customer")
    row = tx.one(select(func.max(t.event.c.seq)).where(mine))
    return int(row[0] or 0) if row else 0


def others_acted(tx: Tx, session_id: str, run_id: str, *grants: str) -> bool:
    """Whether another grant than these answered a run, or proved itself to it by a code."""
    mine = (t.event.c.session == session_id) & (t.event.c.run == run_id) & t.event.c.grant.is_not(None)
    theirs = t.event.c.kind.in_(("run.answered", "grant.raised")) & t.event.c.grant.not_in(grants)
    return tx.one(select(t.event.c.seq).where(mine, theirs).limit(1)) is not None


def by_key(tx: Tx, session_id: str, key: str) -> Event | None:
    """The event a key already made, if it has. Whoever asks in order to write holds the session from here on: of two copies
    of one write that come together, the second finds what the first made."""
    if tx.writing:
        locked(tx, session_id)
    row = tx.one(_BY_KEY, {"held": session_id, "made": key})
    return _opened_all(tx, [row])[0] if row else None


def newest(tx: Tx, session_id: str, kind: str, actor: str = "", channel: str = "") -> Event | None:
    """The last event of a kind, of one kind of actor and on one channel if those are named."""
    wanted = [t.event.c.session == session_id, t.event.c.kind == kind]
    wanted += [t.event.c.actor_kind == actor] if actor else []
    wanted += [t.event.c.channel == channel] if channel else []
    row = tx.one(select(t.event).where(*wanted).order_by(t.event.c.seq.desc()).limit(1))
    return _opened_all(tx, [row])[0] if row else None


def of_kind(tx: Tx, session_id: str, kind: str) -> list[Event]:
    """All events of a kind, oldest first."""
    mine = and_(t.event.c.session == session_id, t.event.c.kind == kind)
    return _opened_all(tx, tx.all(select(t.event).where(mine).order_by(t.event.c.seq)))


def told(tx: Tx, session_id: str, kind: str, since: int) -> list[Event]:
    """What the company's own systems told of a kind since an instant (ms UTC), oldest first; what a customer's app tells is
    not their word."""
    mine = and_(t.event.c.session == session_id, t.event.c.kind == kind, t.event.c.actor_kind == "key")
    return _opened_all(tx, tx.all(select(t.event).where(mine, t.event.c.at >= since).order_by(t.event.c.seq)))


def has(tx: Tx, session_id: str, kind: str, actor_kind: str) -> bool:
    """Whether such an actor ever made such an event; asks the envelopes alone."""
    mine = and_(t.event.c.session == session_id, t.event.c.kind == kind, t.event.c.actor_kind == actor_kind)
    return tx.one(select(t.event.c.seq).where(mine).limit(1)) is not None


def at(tx: Tx, session_id: str, seq: int) -> Event | None:
    """One event by its number."""
    row = tx.one(select(t.event).where(t.event.c.session == session_id, t.event.c.seq == seq))
    return _opened_all(tx, [row])[0] if row else None


def digest_of(tx: Tx, session_id: str, seq: int) -> bytes:
    """The salted digest of one event, empty where there is none."""
    row = tx.one(select(t.event.c.digest).where(t.event.c.session == session_id, t.event.c.seq == seq))
    return bytes(row.digest) if row else b""


def of_seqs(tx: Tx, wanted: Iterable[tuple[str, int]]) -> dict[str, Event]:
    """One event each of several sessions (their previews, say), by session id."""
    pairs = list(wanted)
    if not pairs:
        return {}
    each = or_(*(and_(t.event.c.session == session, t.event.c.seq == seq) for session, seq in pairs))
    return {event.session: event for event in _opened_all(tx, tx.all(select(t.event).where(each)))}


def moved(tx: Tx, after: str, limit: int = 500) -> tuple[set[str], str]:
    """Which sessions the stream moved after a cursor, and the cursor to go on from: `stream` without opening anything."""
    rows = tx.all(_streamed(tx, after, t.event.c.session, t.event.c.xid, t.event.c.pos).limit(limit))
    return {row.session for row in rows}, f"{rows[-1].xid}.{rows[-1].pos}" if rows else after


def stream(tx: Tx, after: str = "", limit: int = 500, sites: Iterable[str] | None = None) -> tuple[list[Event], str]:
    """Everything of all sessions after a cursor ("" is the beginning), and the cursor to go on from.

    On SQLite writers go one by one, so the row number is the order of commits. On PostgreSQL the order is (transaction id,
    row number), read only below the oldest transaction still open: one that commits late is then never behind the cursor.
    """
    events, _, cursor = streamed(tx, after, limit, sites)
    return events, cursor


def streamed(
    tx: Tx, after: str = "", limit: int = 500, sites: Iterable[str] | None = None
) -> tuple[list[Event], dict[str, str], str]:
    """The same with the cursor that stands right behind each event, by the event's id."""
    rows = tx.all(_streamed(tx, after, t.event).limit(limit))
    cursor = f"{rows[-1].xid}.{rows[-1].pos}" if rows else after
    if sites is not None:
        allowed = set(sites)
        rows = [row for row in rows if row.site in allowed]
    return _opened_all(tx, rows), {row.id: f"{row.xid}.{row.pos}" for row in rows}, cursor


def _streamed(tx: Tx, after: str, *columns: Any) -> Any:
    xid, pos = _cursor(after)
    event = t.event.c
    if tx.sqlite:
        return select(*columns).where(event.pos > pos).order_by(event.pos)
    past = or_(event.xid > xid, and_(event.xid == xid, event.pos > pos))
    return select(*columns).where(past, _COMMITTED).order_by(event.xid, event.pos)


_COMMITTED = text("xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")


def stream_end(tx: Tx) -> str:
    """The cursor that stands after everything committed now."""
    if tx.sqlite:
        row = tx.one(select(t.event.c.pos).order_by(t.event.c.pos.desc()).limit(1))
        return f"0.{row.pos if row else 0}"
    newest = select(t.event.c.xid, t.event.c.pos).where(_COMMITTED).order_by(t.event.c.xid.desc(), t.event.c.pos.desc())
    row = tx.one(newest.limit(1))
    return f"{row.xid}.{row.pos}" if row else "0.0"


class BadCursor(Exception):
    """A stream cursor this server never made."""


def _cursor(after: str) -> tuple[int, int]:
    if not after:
        return 0, 0
    xid, _, pos = after.partition(".")
    if not (xid.isascii() and xid.isdigit() and pos.isascii() and pos.isdigit() and len(after) < 42):
        raise BadCursor(after)
    return int(xid), int(pos)


def _opened_all(tx: Tx, rows: list[Row]) -> list[Event]:
    keys = _data_keys(tx, {row.session for row in rows})
    return [opened(tx, row, keys.get(row.session)) for row in rows]


def _data_keys(tx: Tx, sessions: set[str]) -> dict[str, bytes | None]:
    missing = [one for one in sessions if one not in tx.sessions]
    found: dict[str, bytes | None] = {one: tx.sessions[one]["data_key"] for one in sessions if one in tx.sessions}
    if missing:
        statement = (
            select(t.session.c.id, t.customer.c.data_key)
            .join(t.customer, t.customer.c.id == t.session.c.customer)
            .where(t.session.c.id.in_(missing))
        )
        found |= {row.id: row.data_key for row in tx.all(statement)}
    return found


def opened(tx: Tx, row: Row, data_key: bytes | None) -> Event:
    """A stored row as an event: body unsealed and upcast, or None where its person was erased."""
    body = None
    if row.body is not None and data_key is not None:
        plain = unseal(tx.vault.unwrap(data_key), row.body, _about(row.session, row.seq))
        body = upcast(row.kind, row.v, _json(plain))
    return Event(
        id=row.id,
        pos=row.pos,
        session=row.session,
        seq=row.seq,
        key=row.key,
        kind=row.kind,
        v=row.v,
        run=row.run,
        epoch=row.epoch,
        actor=Actor(row.actor_kind, row.actor_id),
        channel=row.channel,
        device=row.device,
        grant=row.grant,
        at=row.at,
        body=body,
    )


def _about(session: str, seq: int) -> str:
    return f"event {session} {seq}"
