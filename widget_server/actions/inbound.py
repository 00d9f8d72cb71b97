"""A message from outside finds its session: what it names, else the pair of addresses, else the person, else a new one."""

from __future__ import annotations

from typing import Any, Protocol
from unicodedata import category

from widget_server.actions import access
from widget_server.actions.hearing import hear
from widget_server.actions.notify import address_grant
from widget_server.actions.world import World
from widget_server.addresses import BadAddress, normal
from widget_server.events import Actor, Draft, Event
from widget_server.store import accounts, customers, grants, log, outbox, records, sessions
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx

MAX_TEXT = 10_000
CUT = "…"


class Arrived(Protocol):
    """What a channel makes of a provider's hook (channels.contract.Inbound)."""

    @property
    def channel(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def provider_id(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def text(self) -> str: ...


def receive(world: World, inbound: Arrived) -> Event | None:
    """Takes one inbound message, once, however often the provider brings it. None for what was taken before or is empty.

    Two that arrive together never make two sessions: they queue on the pair of addresses.
    """
    text = _clean(inbound.text)
    with world.store.write() as tx:
        tx.serialise(f"inbound {inbound.channel} {inbound.sender}")
        if records.received(tx, inbound.channel, inbound.account, inbound.provider_id) is not None:
            return None
        site = _site(world, tx, inbound.recipient)
        try:
            sender = normal("phone", inbound.sender, site.options.get("region"))
        except BadAddress:
            sender = inbound.sender
        row, customer = _session(tx, site, inbound, sender)
        if log.locked(tx, row.id)["status"] == "closed":
            # It was closed while we looked for it.
            row, customer = _session(tx, site, inbound, sender)
        if not text:
            records.receive(tx, inbound.channel, inbound.account, inbound.provider_id, row.id, 0)
            return None
        grant_id = address_grant(tx, site, row.id, row.customer, inbound.channel, sender)
        tier = access.grant_of(_known(tx, grant_id), tx.now).tier
        key = f"{inbound.channel} {inbound.provider_id}"[:100]
        draft = Draft("message", {"text": text}, key, Actor("customer", customer), inbound.channel, grant=grant_id)
        event = hear(world, tx, row.id, draft, tier)
        records.receive(tx, inbound.channel, inbound.account, inbound.provider_id, row.id, event.seq)
        return event


def _known(tx: Tx, grant_id: str) -> Row:
    row = grants.get(tx, grant_id)
    if row is None:
        raise LookupError(grant_id)
    return row


def _clean(text: str) -> str:
    """What a text can hold: no control characters but line breaks, and no more than a message may have.

    Joiners, tags and unusual spaces stay: flags, families and prices are written with them.
    """
    kept = "".join(c for c in text if c == "\n" or category(c) not in ("Cc", "Cs")).strip()
    return kept if len(kept) <= MAX_TEXT else kept[: MAX_TEXT - 1] + CUT


def _site(world: World, tx: Tx, recipient: str) -> Row:
    """The site whose number was written to; the only one, or the first, where no site claims it."""
    listed = accounts.sites(tx)
    return next((one for one in listed if world.sender(one) == recipient), listed[0])


def _session(tx: Tx, site: Row, inbound: Any, sender: str) -> tuple[Row, str]:
    lane = outbox.lane(tx, inbound.channel, inbound.recipient, sender)
    row = sessions.newest_on(tx, lane)
    if row is not None and not customers.was_left(tx, row.customer, "phone", sender):
        return row, customers.root(tx, row.customer)
    customer = customers.who_writes_from(tx, site.realm, "phone", sender) or customers.create(tx, site)
    customers.learn(tx, customer, site, Address("phone", sender, "sender", proven=False))
    tx.serialise(f"customer {customer}")
    opened = sessions.of_customer(tx, site.id, customer, "open")
    if len(opened) == 1:
        return opened[0], customer
    session_id = sessions.begin(tx, site, customer, inbound.channel, Actor("customer", customer))
    return sessions.known(tx, session_id), customer
