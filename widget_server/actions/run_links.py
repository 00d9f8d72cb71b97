"""The link of a run under way: a dialog that comes to a step no text can show names it, and a flow may send it."""

from __future__ import annotations

import secrets
from typing import Any

from widget_server.actions.world import World, row_of
from widget_server.store import links, log
from widget_server.store.database import Row, Tx


def link_of(world: World, tx: Tx, run: Row, sent_to: str | None = None, handed_to: str | None = None) -> str:
    """The public id of a run's link, made now if the run began without one; `sent_to` is the phone it is texted to.

    `handed_to` is the widget's grant it is shown to, and to nobody else: whoever opens it first is that window's own person.

    A link that was used up or has expired is not lent anew: the run gets another, which ends when its flow says.
    """
    kept = links.run(tx, run.id)
    row = links.get(tx, kept.link) if kept is not None and kept.link is not None else None
    if row is not None and row.state == "open" and row.expires_at > tx.now:
        return links.hexed(row.id)
    return _make(world, tx, run, sent_to, handed_to)


def _make(world: World, tx: Tx, run: Row, sent_to: str | None, handed_to: str | None) -> str:
    session, site = log.locked(tx, run.session), row_of(tx, run.site)
    link_id = links.signed(secrets.randbits(64))
    told: dict[str, Any] = {"context": {}, "to": ["phone", sent_to] if sent_to else None, "for": handed_to}
    links.add(
        tx,
        link_id,
        site=site.id,
        customer=session["customer"],
        session=run.session,
        run=run.id,
        app=run.flow,
        hash=run.hash,
        host=site.host,
        channel="sms" if sent_to else "",
        context=links.seal_context(tx, session["data_key"], link_id, told),
        identity=None,
        expires_at=tx.now + world.flows.pinned(tx, run.hash).expires * 1000,
    )
    links.lead_to(tx, run.id, link_id)
    return links.hexed(link_id)
