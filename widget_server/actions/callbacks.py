"""Callbacks: a phone call owed to a customer, promised for a time, kept once."""

from __future__ import annotations

from typing import Any

from widget_server.actions import access
from widget_server.actions.access import ApiKey, Grant, Seat, Who
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.world import World, row_of
from widget_server.addresses import BadAddress, masked, normal
from widget_server.clock import to_wire
from widget_server.events import Actor, Draft
from widget_server.store import customers, log, records, sessions
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx

TOPIC = 500
FAR_MS = 90 * 24 * 3600 * 1000
OUTCOMES = ("reached", "no-answer", "voicemail", "wrong-number", "not-needed")


def request(world: World, who: Who, session: str, due: int, phone: str | None, topic: str, key: str) -> dict[str, Any]:
    """Promises a call at `due` (ms UTC) to `phone`, else to the number on file. Raises Invalid, NotFound, SessionClosed."""
    with world.store.write() as tx:
        access.session_for(tx, who, session)
        known = log.by_key(tx, session, key)
        if known is not None:
            return _shown(tx, _known(tx, (known.body or {}).get("callback", "")), who)
        customers_own = isinstance(who, Grant)
        grant = who.id if isinstance(who, Grant) else None
        actor, channel = _actor(who), _channel(who)
        made = promise(
            tx, session, due, phone, topic, key=key, actor=actor, channel=channel, grant=grant, typed=customers_own
        )
        return _shown(tx, made, who)


def promise(
    tx: Tx,
    session: str,
    due: int,
    phone: str | None,
    topic: str,
    *,
    key: str,
    actor: Actor,
    channel: str = "",
    grant: str | None = None,
    typed: bool = True,
) -> Row:
    """Owes a call and says so in the session. A number that was `typed` is noted and proves nobody. Raises Invalid."""
    row = log.locked(tx, session)
    site = row_of(tx, row["site"])
    number = _number(tx, site, row["customer"], phone)
    if not tx.now - 60_000 <= due <= tx.now + FAR_MS:
        raise Invalid([("due", "a time from now on, at most 90 days ahead")])
    if len(topic) > TOPIC:
        raise Invalid([("topic", f"at most {TOPIC} characters")])
    if typed:
        customers.learn(tx, row["customer"], site, Address("phone", number, "typed", proven=False))
    made = records.promise(tx, row, due, {"phone": number, "topic": topic})
    body = {"callback": made, "state": "requested", "due": due, "phone": number, "topic": topic}
    log.append(tx, session, Draft("callback", body, key, actor, channel, grant=grant))
    return _known(tx, made)


def _actor(who: Who) -> Actor:
    if isinstance(who, Grant):
        return Actor("customer", who.customer)
    return Actor("agent" if isinstance(who, Seat) else "key", who.id)


def _channel(who: Who) -> str:
    return who.channel if isinstance(who, Grant) else ""


def _number(tx: Tx, site: Row, customer: str, phone: str | None) -> str:
    if not phone:
        found = customers.address_of(tx, customer, "phone")
        if found is None:
            raise Invalid([("phone", "no number is known; give one")])
        return found
    try:
        return normal("phone", phone, site.options.get("region"))
    except BadAddress as bad:
        raise Invalid([("phone", str(bad))]) from None


def _known(tx: Tx, callback: str) -> Row:
    row = records.callback(tx, callback)
    if row is None:
        raise NotFound("callback", callback)
    return row


def _shown(tx: Tx, row: Row, who: Who) -> dict[str, Any]:
    details = records.callback_details(tx, row)
    phone = details.get("phone", "")
    hidden = isinstance(who, Grant) and who.tier < 2
    return {
        "id": row.id,
        "session": row.session,
        "state": row.state,
        "due": to_wire(row.due),
        "phone": masked("phone", phone) if hidden and phone else phone,
        "topic": details.get("topic", ""),
        "outcome": row.outcome,
        "created_at": to_wire(row.created_at),
    }


def listed(
    world: World, who: ApiKey | Seat | Grant, state: str | None = None, session: str | None = None
) -> list[dict[str, Any]]:
    """The callbacks of a site, soonest first; of one session for a customer."""
    with world.store.read() as tx:
        if isinstance(who, Grant):
            if session is None:
                raise Invalid([("session", "name one of your sessions")])
            access.session_for(tx, who, session)
        found = [_shown(tx, row, who) for row in records.callbacks(tx, who.site, state, session)]
        names = {one["session"]: _name(tx, one["session"]) for one in found} if isinstance(who, Seat) else {}
        return [one | {"name": names[one["session"]]} if names else one for one in found]


def _asker(tx: Tx, row: Row) -> str | None:
    """The window that asked for the call: it is told what became of it."""
    asked = (one for one in log.every(tx, row.session) if one.kind == "callback")
    return next((one.grant for one in asked if (one.body or {}).get("callback") == row.id), None)


def _name(tx: Tx, session: str) -> str:
    row = sessions.get(tx, session)
    return str(customers.profile(tx, row.customer).get("name", "")) if row else ""


def done(world: World, who: Seat | ApiKey, callback: str, outcome: str, key: str) -> dict[str, Any]:
    """Marks a promise kept (or given up), once. Raises NotFound, Invalid, Refused("already")."""
    if outcome not in OUTCOMES:
        raise Invalid([("outcome", f"one of {', '.join(OUTCOMES)}")])
    with world.store.write() as tx:
        row = _known(tx, callback)
        if row.site != who.site:
            raise NotFound("callback", callback)
        if log.by_key(tx, row.session, key) is not None:
            return _shown(tx, row, who)
        ended = records.end_callback(tx, callback, "done", outcome, who.id if isinstance(who, Seat) else None)
        if not ended:
            raise Refused("already", state=row.state)
        if log.locked(tx, row.session)["status"] == "open":
            body = {"callback": callback, "state": "done", "outcome": outcome}
            log.append(tx, row.session, Draft("callback", body, key, _actor(who), grant=_asker(tx, row)))
        return _shown(tx, _known(tx, callback), who)
