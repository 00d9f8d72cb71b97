"""How a line of the company reaches the customer: a text where they write texts, a live push where they look at a page,
and a text after all when what was pushed was not seen within two minutes."""

from __future__ import annotations

from typing import Any

from widget_server.actions.world import World, row_of
from widget_server.events import Event
from widget_server.store import customers, grants, outbox
from widget_server.store.database import Row, Tx

THREADS = frozenset({"sms", "widget"})
"""Channels on which a flow is a dialog of messages; elsewhere it is a page."""

TEXTS = frozenset({"sms"})
"""Channels whose messages go out by a provider."""

UNSEEN_MS = 120_000


def deliver(world: World, tx: Tx, session: dict[str, Any], message: Event, text: str) -> str | None:
    """Owes what the outside must get of a message. Returns the delivery's id, or None where a push is all it takes."""
    site = row_of(tx, session["site"])
    if message.channel in TEXTS:
        to = phone_for(tx, session["customer"], message.grant)
        return owe_text(world, tx, session, site, to, text, seq=message.seq) if to else None
    if site.options.get("unseen_by_text", True):
        to = phone_for(tx, session["customer"], message.grant)
        if to:
            late = tx.now + int(site.options.get("unseen_ms", UNSEEN_MS))
            owe_text(world, tx, session, site, to, text, seq=message.seq, due_at=late, unless_seen=message.seq)
    return None


def owe_text(
    world: World,
    tx: Tx,
    session: dict[str, Any],
    site: Row,
    to: str,
    text: str,
    *,
    seq: int = 0,
    due_at: int | None = None,
    unless_seen: int | None = None,
    run: str | None = None,
) -> str:
    """Owes one text message to a number. `seq` 0: not a line of the thread (a code, say); `run`: it is told once a run."""
    sender = world.sender(site)
    lane = outbox.lane(tx, "sms", sender, to)
    payload = {"to": to, "sender": sender, "text": text}
    when = {"due_at": due_at, "unless_seen": unless_seen}
    return outbox.owe(tx, session, "message", "sms", lane, payload, seq=seq, run=run, **when)


def phone_for(tx: Tx, customer: str, grant_id: str | None) -> str | None:
    """The number to text: that of the address grant a line is meant for, else the best known of the customer."""
    row = grants.get(tx, grant_id) if grant_id else None
    known = [one for one in customers.addresses(tx, customer) if one[0].evidence != customers.DISOWNED]
    if row is not None and row.lookup:
        return next((value for identity, value in known if identity.lookup == row.lookup), None)
    return next((value for identity, value in known if identity.kind == "phone" and identity.proven_at), None)
