"""Verbs on short links: mint, show the cover, open by a gesture, disown, revoke. What a fetch may learn: /docs/security."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from disposable import qr
from disposable.definition import ContextInvalid, Flow, check_context, context_types
from disposable.links import LinkForged
from disposable.render.text import lint, notice, segments
from widget_server.actions import access
from widget_server.actions.access import ApiKey, Seat
from widget_server.actions.beginning import begin_run
from widget_server.actions.driving import Acting, is_settled, voice_of
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.sessions import addresses_of
from widget_server.actions.urls import url_for
from widget_server.actions.world import World, base62, row_of, site_facts
from widget_server.clock import to_wire
from widget_server.events import Actor, Draft
from widget_server.store import customers, grants, links, log, outbox, sessions
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx

MAX_EXPIRES_S = 30 * 24 * 3600
HANDLE_COOKIE = "__Host-a-"


@dataclass(frozen=True, slots=True)
class Cover:
    """What a link shows to whoever fetches it: brand, the flow's fixed purpose, when it ends. `state`: open, expired, done.

    `again`: done, but by somebody who proved nothing, so that the customer may still come and change it.
    """

    link: str
    site: dict[str, Any]
    locale: str
    zone: str
    purpose: str
    state: str
    expires_at: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Engaged:
    """What a gesture made: the running app's handle and the jar's secret for it."""

    handle: str
    cookie_name: str
    cookie_value: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Minted:
    """A link's row just made, with its URL."""

    row: Row
    flow: Flow
    url: str
    code: str


def mint(
    world: World,
    who: ApiKey | Seat,
    app: str,
    to: dict[str, str] | None,
    session: str | None,
    context: dict[str, Any],
    expires_in: int | None = None,
) -> dict[str, Any]:
    """Makes a link that opens one run of a registered flow, for one person. Raises NotFound, Invalid, SessionClosed."""
    with world.store.write() as tx:
        site = row_of(tx, who.site)
        if session is not None:
            row = access.session_for(tx, who, session)
            if row.status == "closed":
                raise log.SessionClosed(session)
            customer = row.customer
        elif to:
            customer = customers.resolve(tx, site, addresses_of(to, site.options.get("region"), "company"))
        else:
            customer = customers.create(tx, site)
        made = make(world, tx, site, app, customer, context, session=session, expires_in=expires_in)
        if session is not None:
            body = {"link": links.hexed(made.row.id), "app": app}
            actor = Actor("agent" if isinstance(who, Seat) else "key", who.id)
            log.append(tx, session, Draft("link.made", body, f"link {body['link']}", actor))
        return described(world, tx, site, made, context)


def make(
    world: World,
    tx: Tx,
    site: Row,
    app: str,
    customer: str,
    context: dict[str, Any],
    *,
    session: str | None = None,
    channel: str = "",
    to: Address | None = None,
    expires_in: int | None = None,
) -> Minted:
    """The link's row: checked context sealed with the customer's key, definition pinned. One row, nothing else."""
    named = world.flows.named(tx, site.id, app)
    if named is None:
        raise NotFound("app", app)
    hash_, flow = named
    try:
        check_context(flow, context)
    except ContextInvalid as invalid:
        raise Invalid([(f"context.{where}", what) for where, what in invalid.mistakes]) from None
    seconds = flow.expires if expires_in is None else expires_in
    if not 60 <= seconds <= MAX_EXPIRES_S:
        raise Invalid([("expires_in", f"60 to {MAX_EXPIRES_S} seconds")])
    holder = customers.get(tx, customer)
    if holder is None or holder.data_key is None:
        raise NotFound("customer", customer)
    link_id = links.signed(secrets.randbits(64))
    links.add(
        tx,
        link_id,
        site=site.id,
        customer=customer,
        session=session,
        run=None,
        app=app,
        hash=hash_,
        host=site.host,
        channel=channel,
        context=links.seal_context(
            tx, holder.data_key, link_id, {"context": context, "to": [to.kind, to.value] if to else None}
        ),
        identity=None,
        expires_at=tx.now + seconds * 1000,
    )
    row = links.get(tx, link_id)
    code = world.links.sign(links.unsigned(link_id), site.host)
    return Minted(row, flow, url_for(world, site.host, code), code)


def described(world: World, tx: Tx, site: Row, made: Minted, context: dict[str, Any]) -> dict[str, Any]:
    """The link as the API answers: {id, url, code, qr, expires_at, sms: {text, segments, warnings}}."""
    locale, zone = voice_of(tx, made.row.customer, site)
    text = notice(
        made.flow, context, site_facts(site), made.url, words=world.speak(locale), locale=locale, zone=zone, now=tx.now
    )
    counted = segments(text)
    speak = world.speak(locale)
    return {
        "id": links.hexed(made.row.id),
        "url": made.url,
        "code": made.code,
        "qr": qr.svg(made.url),
        "expires_at": to_wire(made.row.expires_at),
        "sms": {
            "text": text,
            "segments": counted.segments,
            "warnings": [speak(f"lint.{one}") for one in warnings(made.flow, context, site, text, made.url)],
        },
    }


def warnings(flow: Flow, context: dict[str, Any], site: Row, text: str, url: str) -> list[str]:
    """What is unwise about a text with this link: it must name the sender, and nothing the flow calls personal (C36)."""
    private = {name for name, kind in context_types(flow).items() if kind in ("personal", "secret")}
    return lint(text, url, sender=site.name, personal=_values(context, private))


def _values(value: Any, names: set[str], where: str = "") -> list[str]:
    if isinstance(value, dict):
        return [
            one for name, inner in value.items() for one in _values(inner, names, f"{where}.{name}" if where else name)
        ]
    if isinstance(value, list):
        return [one for inner in value for one in _values(inner, names, f"{where}[]")]
    return [str(value)] if where in names and value else []


def count(world: World, fetches: dict[str, tuple[int, int]]) -> None:
    """Adds to the counters of links, by their public ids, (fetches by people's browsers, by programs). Only figures read them."""
    with world.store.write() as tx:
        for name, (hits, bot_hits) in fetches.items():
            link_id = links.unhexed(name)
            if link_id is not None:
                links.count(tx, link_id, hits, bot_hits)


def genuine(world: World, host: str, code: str) -> int:
    """The id in a code that our keys made for this host: asked before anything touches the database (C02). Raises NotFound."""
    try:
        return links.signed(world.links.read(code, host))
    except LinkForged:
        raise NotFound("link") from None


def find(tx: Tx, host: str, link_id: int) -> Row:
    """The link behind a genuine code. Raises NotFound: the same for forged, unknown, revoked, of another host."""
    row = links.get(tx, link_id)
    if row is None or row.host != host or row.state in ("revoked", "disowned"):
        raise NotFound("link")
    return row


def cover(world: World, host: str, code: str) -> Cover:
    """What a fetch of a link may say. Changes nothing. Raises NotFound."""
    link_id = genuine(world, host, code)
    with world.store.glance() as tx:
        row = find(tx, host, link_id)
        flow = world.flows.pinned(tx, row.hash)
        state = "done" if row.state == "done" else "expired" if row.expires_at <= tx.now else "open"
        site = {"id": row.site, "name": row.site_name, "look": row.look, "host": row.host}
        again = state == "done" and _may_reopen(world, tx, row)
        return Cover(links.hexed(row.id), site, row.locale, row.zone, flow.purpose, state, row.expires_at, again)


def _may_reopen(world: World, tx: Tx, row: Row) -> bool:
    """Whether a done link still lets somebody in, to step up and change what was pressed: a scanner settles nothing (C08)."""
    run = links.run(tx, row.run) if row.run and row.expires_at > tx.now else None
    return run is not None and run.status == "ended" and not is_settled(world, tx, run)


def live_handle(world: World, host: str, code: str, cookies: dict[str, str]) -> str | None:
    """The handle of the running app that a grant in this jar already opened by this link, or None. Raises NotFound."""
    held = [value for name, value in cookies.items() if name.startswith(HANDLE_COOKIE)]
    if not held:
        return None
    link_id = genuine(world, host, code)
    with world.store.read() as tx:
        row = find(tx, host, link_id)
        run = links.run(tx, row.run) if row.run else None
        if run is None:
            return None
        mine = grants.by_token(tx, cookies.get(HANDLE_COOKIE + run.handle, ""))
        return run.handle if mine is not None and mine.run == run.id else None


def engage(world: World, host: str, code: str, device: str = "", key: str = "", locale: str | None = None) -> Engaged:
    """The first gesture: makes this jar's grant at tier 1, and the session and run if the link has none yet.

    Raises NotFound, Refused("expired"), Refused("done").
    """
    link_id = genuine(world, host, code)
    with world.store.write() as tx:
        row = find(tx, host, link_id)
        row = links.lock(tx, row.id)
        if row.expires_at <= tx.now:
            raise Refused("expired")
        if row.state != "open" and not _may_reopen(world, tx, row):
            raise Refused("done")
        # What the phone speaks counts where nobody has told what its owner does.
        customers.set_profile(tx, row.customer, locale_seen=locale)
        return _opened(world, tx, row, device, key or secrets.token_hex(8))


def _opened(world: World, tx: Tx, row: Row, device: str, key: str) -> Engaged:
    site = row_of(tx, row.site)
    session_id, run = _run_of(world, tx, site, row)
    token = base62(32)
    grant_id = grants.add(
        tx,
        site.id,
        "jar",
        row.customer,
        "web",
        1,
        access.HANDED if _is_handed(tx, row) else "gesture",
        token=token,
        session=session_id,
        run=run.id,
        link=row.id,
        device=device,
    )
    body = {"link": links.hexed(row.id), "app": row.app, "channel": row.channel}
    actor = Actor("customer", row.customer)
    log.append(
        tx, session_id, Draft("link.engaged", body, f"engaged {key}", actor, "web", device, run.id, grant=grant_id)
    )
    _prove(tx, site, row)
    return Engaged(run.handle, HANDLE_COOKIE + run.handle, token, row.expires_at)


def _is_handed(tx: Tx, row: Row) -> bool:
    """Whether who opens a link now can only be the person of the widget it was shown in: nobody opened it before, and no
    text told anybody else of it (a line that went unseen, or a flow that sent its link)."""
    return bool(_told(tx, row).get("for")) and not grants.of_link(tx, row.id) and not _was_texted(tx, row)


def _was_texted(tx: Tx, row: Row) -> bool:
    """What waits to be seen first was not sent yet; all else that is owed is as good as sent."""
    mark, out = f"{{link:{links.hexed(row.id)}}}", []
    for one in outbox.of_session(tx, row.session):
        waits = one.status == "owed" and one.unless_seen is not None
        if one.kind == "message" and one.status != "cancelled" and not waits:
            out.append(one)
    return any(mark in str(outbox.payload(tx, one).get("text", "")) for one in out)


def _run_of(world: World, tx: Tx, site: Row, row: Row) -> tuple[str, Row]:
    run = links.run(tx, row.run) if row.run else None
    if run is not None:
        return run.session, run
    session_id = row.session
    open_now = session_id and sessions.get(tx, session_id)
    if not session_id or (open_now and open_now.status == "closed"):
        found = sessions.newest(tx, site.id, row.customer, "open")
        session_id = (
            found.id if found else sessions.begin(tx, site, row.customer, "web", Actor("customer", row.customer))
        )
    told = _told(tx, row)["context"]
    by = Acting(f"link {links.hexed(row.id)}", Actor("customer", row.customer), "web")
    run = begin_run(world, tx, site, session_id, row.app, told, by, link=row.id, hash_=row.hash)
    links.change(tx, row.id, run=run.id, session=session_id)
    return session_id, run


def _told(tx: Tx, row: Row) -> dict[str, Any]:
    holder = customers.get(tx, row.customer)
    if holder is None or holder.data_key is None:
        raise NotFound("link")
    found: dict[str, Any] = links.open_context(tx, holder.data_key, row)
    return found or {"context": {}, "to": None}


def _prove(tx: Tx, site: Row, row: Row) -> None:
    """The first gesture on a link proves the address it was sent to: only who reads it there could press."""
    sent_to = _told(tx, row).get("to")
    if sent_to:
        customers.learn(tx, row.customer, site, Address(sent_to[0], sent_to[1], "link"))


def disown(world: World, host: str, code: str) -> None:
    """ "Not you?": ends the link and all it made, and the number proves nobody any more. Proves and shows nothing (C34)."""
    link_id = genuine(world, host, code)
    with world.store.write() as tx:
        row = find(tx, host, link_id)
        site = row_of(tx, row.site)
        sent_to = _told(tx, row).get("to")
        if sent_to:
            customers.disown(tx, site.realm, sent_to[0], sent_to[1])
        end(tx, row, "disowned")
        actor = Actor("customer", row.customer)
        # The company learns it as an event; a link nobody ever used has no session yet to learn it in.
        session_id = row.session or sessions.begin(tx, site, row.customer, "web", actor)
        links.change(tx, row.id, session=session_id)
        body = {"link": links.hexed(row.id), "app": row.app}
        log.append(tx, session_id, Draft("link.disowned", body, f"disowned {body['link']}", actor))


def revoke(world: World, who: ApiKey | Seat, name: str) -> None:
    """Ends a link at once, with every grant it made; their open sockets learn it from the event."""
    with world.store.write() as tx:
        _revoke(tx, who, _own(tx, who, name))


def revoke_all(world: World, who: ApiKey | Seat, app: str | None = None, customer: str | None = None) -> int:
    """Ends every link of the site, or those of one flow or one person, and whatever they opened. Returns how many (C15).

    A person's other windows, the widget and the addresses, end with them.
    """
    with world.store.write() as tx:
        everybody = customers.cluster(tx, customer) if customer else None
        found = links.living(tx, who.site, app, everybody)
        for row in found:
            _revoke(tx, who, row)
        for one in everybody or ():
            grants.revoke(tx, customer=one)
            tx.moved |= {row.id for row in sessions.of_customer(tx, who.site, one, "open")}
        return len(found)


def _revoke(tx: Tx, who: ApiKey | Seat, row: Row) -> None:
    end(tx, row, "revoked")
    if row.session is not None:
        name = links.hexed(row.id)
        actor = Actor("agent" if isinstance(who, Seat) else "key", who.id)
        log.append(tx, row.session, Draft("link.revoked", {"link": name, "app": row.app}, f"revoked {name}", actor))


def end(tx: Tx, row: Row, state: str) -> None:
    links.change(tx, row.id, state=state)
    grants.revoke(tx, link=row.id)
    tx.moved |= {row.session} if row.session else set()


def _own(tx: Tx, who: ApiKey | Seat, name: str) -> Row:
    link_id = links.unhexed(name)
    row = links.get(tx, link_id) if link_id is not None else None
    if row is None or row.site != who.site:
        raise NotFound("link", name)
    return row


def show(world: World, who: ApiKey | Seat, name: str) -> dict[str, Any]:
    """A link as the API shows it later: state, counts, where it led. The code is not shown again."""
    with world.store.read() as tx:
        row = _own(tx, who, name)
        return {
            "id": name,
            "app": row.app,
            "state": "expired" if row.state == "open" and row.expires_at <= tx.now else row.state,
            "session": row.session,
            "fetches": row.hits,
            "bot_fetches": row.bot_hits,
            "expires_at": to_wire(row.expires_at),
        }
