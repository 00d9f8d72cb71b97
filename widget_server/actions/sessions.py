"""Verbs on sessions: open one by the API, read it, set its context, write into it, close it when it fell silent."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from widget_server.actions import access, driving, files, speaking
from widget_server.actions.access import ApiKey, Grant, Seat, Who
from widget_server.actions.beginning import open_run
from widget_server.actions.driving import Acting
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.hearing import fields_of, hear
from widget_server.actions.world import World, row_of
from widget_server.addresses import KINDS, BadAddress, normal
from widget_server.clock import to_wire
from widget_server.events import Actor, Draft, Event, kind_of
from widget_server.store import accounts, customers, grants, links, log, sessions
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx, flush

KEY_LENGTH = 100


def addresses_of(identity: dict[str, str], region: str | None, evidence: str, proven: bool = True) -> list[Address]:
    """The addresses of an `identity` or `to` object, normalised. Raises Invalid naming each that is not one."""
    mistakes: list[tuple[str, str]] = []
    found: list[Address] = []
    for kind, value in identity.items():
        if kind not in KINDS:
            mistakes.append((kind, f"write one of {', '.join(KINDS)}"))
            continue
        try:
            found.append(Address(kind, normal(kind, value, region), evidence, proven))
        except BadAddress as bad:
            mistakes.append((kind, str(bad)))
    if not identity:
        mistakes.append(("identity", f"give at least one of {', '.join(KINDS)}"))
    if mistakes:
        raise Invalid(mistakes)
    return found


def begin(
    world: World,
    who: ApiKey,
    identity: dict[str, str],
    context: dict[str, Any],
    flow: str | None,
    locale: str | None = None,
) -> dict[str, Any]:
    """Opens a session for a customer on the company's word, with what it already knows, and starts a flow in it if named."""
    with world.store.write() as tx:
        site = row_of(tx, who.site)
        given = addresses_of(identity, site.options.get("region"), "company")
        customer = customers.resolve(tx, site, given)
        customers.set_profile(tx, customer, locale=locale)
        session_id = sessions.begin(tx, site, customer, "", Actor("key", who.id))
        if context:
            log.append(tx, session_id, Draft("context", {"set": context}, "context", Actor("key", who.id)))
        if flow is not None:
            open_run(world, tx, site, session_id, flow, context, Acting("run", Actor("key", who.id), "widget"))
        return shown(tx, session_id)


def shown(tx: Tx, session_id: str) -> dict[str, Any]:
    """A session as the API shows it."""
    flush(tx)  # what this very transaction appended counts
    row = sessions.get(tx, session_id)
    if row is None:
        raise NotFound("session", session_id)
    return {
        "id": row.id,
        "site": row.site,
        "customer": customers.root(tx, row.customer),
        "seq": row.seq,
        "status": row.status,
        "owner": row.owner,
        "epoch": row.epoch,
        "team": row.team,
        "channel": row.last_channel,
        "previous": row.previous,
        "continued_in": row.continued_in,
        "disposition": row.disposition,
        "opened_at": to_wire(row.opened_at),
        "closed_at": to_wire(row.closed_at) if row.closed_at else None,
    }


def get(world: World, who: Who, session_id: str) -> dict[str, Any]:
    with world.store.read() as tx:
        access.session_for(tx, who, session_id)
        found = shown(tx, session_id)
        return found if not isinstance(who, Grant) else for_customer(found)


def for_customer(found: dict[str, Any]) -> dict[str, Any]:
    """The same for the customer's own windows: who owns it by kind only, nothing of how the company sorts its work."""
    kept = {
        name: found[name]
        for name in ("id", "seq", "status", "epoch", "previous", "continued_in", "opened_at", "closed_at")
    }
    return kept | {"owner": str(found["owner"]).partition(":")[0]}


def context(world: World, who: Who, session_id: str) -> dict[str, Any]:
    """What the company and the customer told so far: the fold of the context events and of the runs' own contexts."""
    with world.store.read() as tx:
        access.session_for(tx, who, session_id)
        secrets = world.flows.secret_names(tx, who.site)
        known: dict[str, Any] = {}
        for event in log.every(tx, session_id):
            body = event.body or {}
            if event.kind == "run.started":
                known |= body.get("context", {})
            elif event.kind == "context":
                _put(known, body.get("set", {}))
        hidden: dict[str, Any] = access.hide(known, secrets)
        return hidden


def _put(known: dict[str, Any], new: dict[str, Any]) -> None:
    for name, value in new.items():
        *path, last = name.split(".")
        inner = known
        for part in path:
            if not isinstance(inner.get(part), dict):
                inner[part] = {}
            inner = inner[part]
        inner[last] = value


def patch_context(world: World, who: ApiKey | Seat, session_id: str, values: dict[str, Any], key: str) -> Event:
    """Sets context values, dotted or whole. Runs under way see them from their next step on."""
    return write(world, who, session_id, key, "context", {"set": values})


def write(
    world: World,
    who: Who,
    session_id: str,
    key: str,
    kind: str,
    body: dict[str, Any],
    epoch: int | None = None,
    device: str = "",
) -> Event:
    """Appends an event an outside author may write, and does what follows: a flow answers, a text goes out.

    Raises Refused("kind"), UnknownKind, BadBody, BodyTooLarge, StaleEpoch, KeyReused, SessionClosed, NotFound.
    """
    if not key or len(key) > KEY_LENGTH or not key.isprintable():
        raise Invalid([("key", f"1 to {KEY_LENGTH} printable characters")])
    with world.store.write() as tx:
        row = access.session_to_write(tx, who, session_id)
        _may_write(who, kind)
        if kind in ("message", "note") and _is_blank(body.get("text")):
            raise Invalid([("body.body.text", "say something")])
        if isinstance(who, Grant):
            return _from_customer(
                world, tx, who, session_id, Draft(kind, body, key, Actor("customer", who.customer), device=device)
            )
        actor = Actor("agent" if isinstance(who, Seat) else "key", who.id)
        if kind == "message" and isinstance(who, ApiKey):
            return _relayed(
                world, tx, session_id, Draft(kind, body, key, Actor("customer", row["customer"]), channel="widget")
            )
        if kind == "message":
            return _from_agent(world, tx, session_id, Draft(kind, body, key, actor, epoch=epoch))
        event = log.append(tx, session_id, Draft(kind, body, key, actor, epoch=epoch))
        if kind.startswith("custom."):
            driving.tell(world, tx, session_id)
        return event


def _is_blank(text: Any) -> bool:
    """Nothing anybody could see: it would go out as an empty text, which providers refuse."""
    return isinstance(text, str) and bool(text) and all(c.isspace() or category(c) in ("Cc", "Cf") for c in text)


def _may_write(who: Who, kind: str) -> None:
    author = "customer" if isinstance(who, Grant) else "agent" if isinstance(who, Seat) else "key"
    if author not in kind_of(kind).writers:
        raise Refused("kind", kind=kind, author=author)


def _from_customer(world: World, tx: Tx, who: Grant, session_id: str, draft: Draft) -> Event:
    if who.run is not None and access.is_locked(tx, who, session_id, who.run):
        raise Refused("locked")
    draft = Draft(draft.kind, draft.body, draft.key, draft.actor, who.channel, draft.device, grant=who.id)
    if draft.kind != "message":
        return log.append(tx, session_id, draft)
    if set(draft.body) - {"text", "files"}:
        raise Invalid([(f"body.{name}", "not yours to write") for name in set(draft.body) - {"text", "files"}])
    return hear(world, tx, session_id, draft, who.tier)


def _relayed(world: World, tx: Tx, session_id: str, draft: Draft) -> Event:
    """A customer's message from a channel the company runs itself."""
    return hear(world, tx, session_id, draft, 1)


def _from_agent(world: World, tx: Tx, session_id: str, draft: Draft) -> Event:
    row = log.locked(tx, session_id)
    if log.by_key(tx, session_id, draft.key) is None and row["owner"] != f"agent:{draft.actor.id}":
        if draft.epoch is not None and draft.epoch != row["epoch"]:
            raise log.StaleEpoch(row["owner"], row["epoch"], draft.epoch)
        raise Refused("not-owner", owner=row["owner"], epoch=row["epoch"])
    channel = row["last_channel"] or "widget"
    fields = fields_of(draft) | {"channel": channel, "grant": row["last_grant"]}
    before = row["seq"]
    message = log.append(tx, session_id, Draft(**fields))
    if message.seq > before:
        speaking.deliver(world, tx, row, message, str(draft.body["text"]))
    return message


ABANDONED_MS = 30 * 24 * 3600 * 1000
"""As long as any link lasts: after so much silence, whoever was asked something will not answer it."""


def close_silent(world: World, silence_ms: int = 24 * 3600 * 1000) -> int:
    """Closes sessions that owe nothing and were silent for the site's time; what was sent to a form that nobody finished
    goes with it. Returns how many."""
    closed = 0
    left: set[str] = set()
    with world.store.write() as tx:
        for site in accounts.sites(tx):
            still = sessions.silent(tx, site.id, tx.now - int(site.options.get("silence_ms", silence_ms)))
            still += sessions.forsaken(tx, site.id, tx.now - int(site.options.get("abandoned_ms", ABANDONED_MS)))
            for row in still:
                sessions.close(tx, row.id, f"silence-{row.seq}", Actor("system"), reason="silence")
                end_links(tx, row.id)
                end_grants(tx, site, row.id)
                left |= files.abandoned(tx, row.id)
                closed += 1
    for name in left:
        files.remove(world, name)
    return closed


GRANT_OUTLIVES_MS = 6 * 3600 * 1000


def end_links(tx: Tx, session_id: str) -> None:
    """The links of a closed session have done their work: whoever taps one is told so."""
    for link in links.of_session(tx, session_id):
        if link.state == "open":
            links.change(tx, link.id, state="done")


def end_grants(tx: Tx, site: Row, session_id: str) -> None:
    """A closed session's windows may be looked at for some hours more (site setting), then no longer."""
    until = tx.now + int(site.options.get("grant_outlives_ms", GRANT_OUTLIVES_MS))
    for row in grants.of_session(tx, session_id):
        if row.expires_at is None or row.expires_at > until:
            grants.change(tx, row.id, expires_at=until)
