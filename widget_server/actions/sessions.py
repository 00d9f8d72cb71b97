"""Verbs on sessions: open one by the API, read it, set its context, write into it, close it when it fell silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unicodedata import category

from uuid_utils.compat import uuid7

from disposable.definition import HIDDEN, ContextInvalid, check_context
from disposable.engine import Handover
from disposable.screen import Screen
from widget_server.actions import access, code_fields, driving, files, opening, proofs, speaking
from widget_server.actions.access import ApiKey, Grant, Seat, Who
from widget_server.actions.driving import Acting
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.world import World, base62, row_of
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
    world: World, who: ApiKey, identity: dict[str, str], context: dict[str, Any], flow: str | None
) -> dict[str, Any]:
    """Opens a session for a customer on the company's word, with what it already knows, and starts a flow in it if named."""
    with world.store.write() as tx:
        site = row_of(tx, who.site)
        given = addresses_of(identity, site.options.get("region"), "company")
        customer = customers.resolve(tx, site, given)
        session_id = sessions.begin(tx, site, customer, "", Actor("key", who.id))
        if context:
            log.append(tx, session_id, Draft("context", {"set": context}, "context", Actor("key", who.id)))
        if flow is not None:
            open_run(world, tx, site, session_id, flow, context, Acting("run", Actor("key", who.id), "widget"))
        return shown(tx, session_id)


def begin_run(
    world: World,
    tx: Tx,
    site: Row,
    session_id: str,
    app: str,
    context: dict[str, Any],
    by: Acting,
    link: int | None = None,
    hash_: str | None = None,
) -> Row:
    """Starts one use of a flow in a session; it becomes the owner if nobody is. Raises NotFound, Invalid."""
    named = world.flows.named(tx, site.id, app) if hash_ is None else (hash_, world.flows.pinned(tx, hash_))
    if named is None:
        raise NotFound("app", app)
    hash_, definition = named
    try:
        check_context(definition, context)
    except ContextInvalid as invalid:
        raise Invalid([(f"context.{where}", what) for where, what in invalid.mistakes]) from None
    run_id = str(uuid7())
    links.add_run(tx, run_id, session_id, site.id, base62(11), definition.app, hash_, link)
    run = links.run(tx, run_id)
    driving.start(world, tx, run, context, by)
    if log.locked(tx, session_id)["owner"] == "none":
        sessions.give(tx, session_id, f"flow:{run_id}", f"{by.key}/owner", actor=Actor("flow", run_id))
    return links.run(tx, run_id)


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


def hear(world: World, tx: Tx, session_id: str, draft: Draft, tier: int) -> Event:
    """Takes a customer's message: while a flow owns the session it is the answer to its step, else it is for the owner.

    What is said to prove who one is, is compared and dropped: the thread keeps only that something was said. An
    unowned session gets the site's default flow where that can start on nothing, else its default team, so nobody speaks
    into the void.
    """
    known = log.by_key(tx, session_id, draft.key)
    if known is not None:
        return log.append(tx, session_id, _as_before(draft, known))
    row = log.locked(tx, session_id)
    run = _asking(tx, row, draft.channel)
    if run is None:
        message = log.append(tx, session_id, draft)
        if row["owner"] == "none" and not opening.greet(world, tx, row, message, _beginning(world, tx, session_id)):
            site = row_of(tx, row["site"])
            sessions.give(tx, session_id, f"queue:{site.default_team}", f"{draft.key}/owner", "message")
        return message
    flow, state = driving.load(world, tx, run)
    shown_now = driving.draw(world, tx, run, flow, state, grant_id=draft.grant, channel=draft.channel)
    hides = shown_now.kind == "verify" or _is_code(shown_now, str(draft.body["text"]))
    said = Draft(**(_fields(draft) | {"body": draft.body | {"text": HIDDEN}})) if hides else draft
    message = log.append(tx, session_id, said)
    by = Acting(f"{draft.key}/run", draft.actor, draft.channel, draft.grant, tier, draft.device)
    driving.take(world, tx, run, by)
    if shown_now.kind == "verify" and not driving.may_try(tx, session_id, draft.grant):
        driving.drive(world, tx, run, Handover("anyone", "prove"), by)
    else:
        command = proofs.heard(world, tx, run, str(draft.body["text"]), by)
        driving.drive(world, tx, run, command, replace(by, tier=proofs.tier_now(tx, by)))
    return message


def _is_code(shown: Screen, text: str) -> bool:
    """Whether a text is the digits that a field asks for: they open something, and are nobody's business afterwards."""
    asks = shown.kind == "step" and any(field.kind == "code" for field in shown.fields)
    return asks and code_fields.reads_as_code(text)


def _beginning(world: World, tx: Tx, session_id: str) -> opening.Begin:
    def begin(site: Row, app: str, context: dict[str, Any], by: Acting) -> None:
        open_run(world, tx, site, session_id, app, context, by)

    return begin


def open_run(world: World, tx: Tx, site: Row, session_id: str, app: str, context: dict[str, Any], by: Acting) -> Row:
    """Starts a flow that speaks first in the thread, rather than one that a link or a notice tells of."""
    run = begin_run(world, tx, site, session_id, app, context, by)
    if log.locked(tx, session_id)["owner"] == f"flow:{run.id}" and by.channel in speaking.THREADS:
        flow, state = driving.load(world, tx, run)
        shown_first = driving.draw(world, tx, run, flow, state, grant_id=by.grant, channel=by.channel)
        driving.say_screen(world, tx, run, shown_first, key=f"{by.key}/said", channel=by.channel, grant_id=by.grant)
    return run


def _as_before(draft: Draft, known: Event) -> Draft:
    hidden = (known.body or {}).get("text") == HIDDEN
    return Draft(**(_fields(draft) | {"body": known.body or {}})) if hidden else draft


def _fields(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Draft.__slots__}


def _asking(tx: Tx, row: dict[str, Any], channel: str) -> Row | None:
    """The run a text answers: the one whose prompt came last on this channel, else the owner; none while a person owns."""
    kind, _, owner = str(row["owner"]).partition(":")
    if kind not in ("flow", "none"):
        return None
    said = log.newest(tx, row["id"], "message", actor="flow", channel=channel)
    prompted = links.run(tx, said.run) if said is not None and said.run else None
    if prompted is not None and prompted.status == "asking":
        return prompted
    return links.run(tx, owner) if kind == "flow" else None


def _from_agent(world: World, tx: Tx, session_id: str, draft: Draft) -> Event:
    row = log.locked(tx, session_id)
    if log.by_key(tx, session_id, draft.key) is None and row["owner"] != f"agent:{draft.actor.id}":
        if draft.epoch is not None and draft.epoch != row["epoch"]:
            raise log.StaleEpoch(row["owner"], row["epoch"], draft.epoch)
        raise Refused("not-owner", owner=row["owner"], epoch=row["epoch"])
    channel = row["last_channel"] or "widget"
    fields = _fields(draft) | {"channel": channel, "grant": row["last_grant"]}
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
