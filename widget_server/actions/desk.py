"""Verbs of the agent's desk: sign in, see what waits, take it, give it on, give it back to the flow, close it."""

from __future__ import annotations

from typing import Any

from disposable.engine import Handover, Resume
from widget_server.actions import access, driving, evidence, pack
from widget_server.actions import sessions as session_verbs
from widget_server.actions.access import ApiKey, Seat
from widget_server.actions.driving import Acting, voice_of
from widget_server.actions.errors import Invalid, NotFound, Refused, Throttled
from widget_server.actions.pack_values import Journey
from widget_server.actions.world import World, base62, row_of, site_facts
from widget_server.clock import to_wire
from widget_server.events import Actor, Draft, Event
from widget_server.store import accounts, customers, grants, links, log, outbox, records, sessions
from widget_server.store.database import Row, Tx

SEAT_MS = 12 * 3600 * 1000
LOGINS, LOGIN_WINDOW_MS = 10, 900_000
DISPOSITIONS = (
    "resolved",
    "rebooked",
    "refunded",
    "answered",
    "callback-kept",
    "no-reply",
    "wrong-number",
    "spam",
    "other",
)
VIEWS = ("waiting", "mine", "open", "closed")


def sign_in(world: World, email: str, password: str) -> tuple[Seat, str]:
    """Checks a password (argon2id) and opens a desk seat. Raises Refused("login"), Throttled; never says which was wrong."""
    bucket = "login " + world.store.vault.lookup("email", email.strip().lower())
    with world.store.write() as tx:
        if records.tries(tx, bucket, LOGIN_WINDOW_MS) >= LOGINS:
            raise Throttled(LOGIN_WINDOW_MS // 1000)
        records.tried(tx, bucket)
        row = accounts.agent_by_email(tx, email)
    hashed = row.password if row is not None and row.disabled_at is None else UNUSABLE
    if not world.passwords.check(hashed, password) or row is None:
        raise Refused("login")
    token = base62(43)
    with world.store.write() as tx:
        accounts.seat(tx, token, row.id, SEAT_MS)
        records.forgive(tx, bucket)
    return _seat(row), token


UNUSABLE = "$argon2id$v=19$m=65536,t=3,p=4$c2FtZXRocmVhZC1ub25l$7Yk0mB4n9e0h1x4Qd0W2C0oYF7m8b3P1mJmO2y4a7fE"
"""Checked against when nobody has that address, so that the answer takes as long."""


def _seat(row: Row) -> Seat:
    return Seat(row.id, row.site, row.name, row.role, tuple(row.teams))


def seat(world: World, token: str) -> Seat:
    """The agent behind a desk cookie. Raises NotFound."""
    with world.store.read() as tx:
        row = accounts.seated(tx, token)
        if row is None:
            raise NotFound("seat")
        return _seat(row)


def sign_out(world: World, token: str) -> None:
    with world.store.write() as tx:
        accounts.unseat(tx, token)


def inbox(world: World, who: Seat, view: str = "waiting") -> dict[str, Any]:
    """Rows of one view, and the stream cursor they are true at: what comes after it arrives by the live feed.

    waiting: queued for the agent's teams, longest first; mine; open: all; closed: the newest.
    """
    if view not in VIEWS:
        raise Invalid([("view", f"one of {', '.join(VIEWS)}")])
    with world.store.read() as tx:
        cursor = log.stream_end(tx)
        rows = _view(tx, who, view)
        previews = log.of_seqs(tx, [(row.id, row.preview_seq) for row in rows if row.preview_seq])
        names = access.Names(world, tx, who)
        listed = [_row(tx, names, row, previews.get(row.id)) for row in rows]
        counts = {one: len(_view(tx, who, one)) for one in ("waiting", "mine", "open")}
        return {"sessions": listed, "cursor": cursor, "counts": counts, "now": to_wire(tx.now)}


def _view(tx: Tx, who: Seat, view: str) -> list[Row]:
    if view == "waiting":
        rows = [
            row for row in sessions.listed(tx, [who.site], owner="queue:") if not who.teams or row.team in who.teams
        ]
        return sorted(rows, key=lambda row: row.waiting_since or 0)
    if view == "mine":
        return sessions.listed(tx, [who.site], owner=f"agent:{who.id}")
    return sessions.listed(tx, [who.site], status="closed" if view == "closed" else "open")


def _row(tx: Tx, names: access.Names, row: Row, preview: Event | None) -> dict[str, Any]:
    tier, by = _known(tx, row)
    why = _why(tx, row)
    return {
        "id": row.id,
        "status": row.status,
        "owner": row.owner,
        "owner_name": names.owner(row.owner),
        "epoch": row.epoch,
        "seq": row.seq,
        "team": row.team,
        "why": why,
        "channel": row.last_channel,
        "customer": {
            "id": customers.root(tx, row.customer),
            "name": customers.profile(tx, row.customer).get("name", ""),
            "address": customers.address_of(tx, row.customer, "phone") or "",
        },
        "tier": tier,
        "by": by,
        "waiting_since": to_wire(row.waiting_since) if row.waiting_since else None,
        "last_at": to_wire(row.last_at),
        "last_customer_at": to_wire(row.last_customer_at) if row.last_customer_at else None,
        "unread": (row.last_customer_at or 0) > (row.last_company_at or 0),
        "unseen": preview is not None and preview.actor.kind == "customer" and preview.seq > row.agent_seen,
        "agent_seen": row.agent_seen,
        "preview": (preview.body or {}).get("text", "")[:140] if preview else "",
        "preview_by": preview.actor.kind if preview else "",
        "disposition": row.disposition,
        "previous": row.previous,
    }


def _known(tx: Tx, row: Row) -> tuple[int, str]:
    """How surely the customer is known: the surest window they came through, the newest used where two are as sure.

    An address nobody wrote from yet says nothing of who reads there.
    """
    came = [
        one
        for one in grants.of_session(tx, row.id)
        if one.kind != "address" or one.id == row.last_grant or one.tier > 1
    ]
    tiers = [(access.grant_of(one, tx.now).tier, one.id == row.last_grant, one.by) for one in came]
    tier, _, by = max(tiers, default=(0, False, "none"))
    return tier, by


def _why(tx: Tx, row: Row) -> str:
    if not row.owner.startswith("queue:"):
        return ""
    given = log.newest(tx, row.id, "owner")
    return str((given.body or {}).get("why", "")) if given else ""


def session(world: World, who: Seat, session_id: str) -> dict[str, Any]:
    """One session for the desk: its row, the context pack, deliveries, callbacks, who and what else is known."""
    with world.store.read() as tx:
        row = access.session_for(tx, who, session_id)
        preview = log.at(tx, session_id, row.preview_seq) if row.preview_seq else None
        shown = _row(tx, access.Names(world, tx, who), row, preview)
        tries = [
            {"id": one.id, "of": one.seq, "status": one.status, "reason": one.reason, "permanent": one.permanent}
            for one in outbox.of_session(tx, session_id)
            if one.kind == "message"
        ]
        known = [
            {"kind": one.kind, "value": value, "proven": one.proven_at is not None, "evidence": one.evidence}
            for one, value in customers.addresses(tx, row.customer)
        ]
        agents = [{"id": one.id, "name": one.name, "teams": one.teams} for one in accounts.agents(tx, who.site)]
        teams = sorted({team for one in agents for team in one["teams"]} | {row_of(tx, who.site).default_team})
        apps = [one.name for one in links.all_published(tx, who.site)]
        handed = any(run.status == "handed" for run in links.runs(tx, session_id))
        facts = {"deliveries": tries, "identities": known, "agents": agents, "teams": teams, "apps": apps}
        facts["dispositions"] = list(DISPOSITIONS)
        facts["evidence"] = list(evidence.of_session(world, tx, session_id))
        return {"session": shown, "pack": _pack(world, tx, who, row), "can_return": handed, **facts}


def context_pack(world: World, who: Seat | ApiKey, session_id: str) -> dict[str, Any]:
    """The typed card of a session: goal, how surely known, steps done, values given, what was promised, what next."""
    with world.store.read() as tx:
        return _pack(world, tx, who, access.session_for(tx, who, session_id))


def _pack(world: World, tx: Tx, who: Seat | ApiKey, row: Row) -> dict[str, Any]:
    site = row_of(tx, who.site)
    _, zone = voice_of(tx, row.customer, site)
    journeys = []
    for run in links.runs(tx, row.id):
        flow, state = driving.load(world, tx, run)
        journeys.append(Journey(run.id, flow, state))
    known = [(one.kind, value) for one, value in reversed(customers.addresses(tx, row.customer))]
    return pack.build(
        list(log.every(tx, row.id)),
        journeys,
        site=site_facts(site),
        addresses=known,
        locale=site.locale,
        zone=zone or site.zone,
        words=world.speak(site.locale),
    )


def accept(world: World, who: Seat, session_id: str, epoch: int, key: str) -> Event:
    """Takes a session: from its queue, from its flow, or from a colleague. Raises StaleEpoch if somebody was faster.

    A flow that is interrupted is handed over like one that asked: its page becomes the chat, and it can be given back.
    """
    with world.store.write() as tx:
        access.session_for(tx, who, session_id)
        known = log.by_key(tx, session_id, key)
        row = dict(log.locked(tx, session_id))
        actor = Actor("agent", who.id)
        given = sessions.give(tx, session_id, f"agent:{who.id}", key, "accept", actor, epoch)
        kind, _, run_id = row["owner"].partition(":")
        run = links.run(tx, run_id) if kind == "flow" and known is None else None
        if run is not None:
            by = Acting(f"{key}/run", actor, row["last_channel"], row["last_grant"])
            driving.drive(world, tx, run, Handover(), by)
        return given


def transfer(world: World, who: Seat, session_id: str, to: str, why: str, epoch: int, key: str) -> Event:
    """Gives a session to a team's queue ("queue:TEAM") or to a colleague ("agent:ID")."""
    with world.store.write() as tx:
        access.session_for(tx, who, session_id)
        kind, _, name = to.partition(":")
        known = {one.id for one in accounts.agents(tx, who.site)} if kind == "agent" else set()
        if not name or kind not in ("queue", "agent") or (kind == "agent" and name not in known):
            raise Invalid([("to", "queue:TEAM or agent:ID of this site")])
        return sessions.give(tx, session_id, to, key, why[:200], Actor("agent", who.id), epoch)


def return_to_flow(world: World, who: Seat, session_id: str, epoch: int, key: str) -> Event:
    """Gives a handed-over run its session back: it goes on at `then`, else at the step it left. Raises Refused("no-run")."""
    with world.store.write() as tx:
        access.session_for(tx, who, session_id)
        known = log.by_key(tx, session_id, key)
        if known is not None:
            return known
        run = _handed(tx, session_id)
        if run is None:
            raise Refused("no-run")
        actor = Actor("agent", who.id)
        given = sessions.give(tx, session_id, f"flow:{run.id}", key, "returned", actor, epoch)
        tier = max((access.grant_of(row, tx.now).tier for row in grants.of_session(tx, session_id)), default=1)
        row = log.locked(tx, session_id)
        by = Acting(f"{key}/run", actor, row["last_channel"], row["last_grant"], tier)
        driving.drive(world, tx, run, Resume("then", tier), by)
        return given


def _handed(tx: Tx, session_id: str) -> Row | None:
    """The run that gave the session to a person: of several that wait, the one that owned it last."""
    waiting = {f"flow:{one.id}": one for one in links.runs(tx, session_id) if one.status == "handed"}
    if len(waiting) > 1:
        owners = [one.body or {} for one in log.every(tx, session_id) if one.kind == "owner"]
        before = (one.get("previous", "") for one in reversed(owners))
        last = next((name for name in before if name in waiting), None)
        return waiting[last] if last else None
    return next(iter(waiting.values()), None)


def close(world: World, who: Seat, session_id: str, disposition: str, epoch: int, key: str) -> Event:
    """Closes a session for good, with what came of it. Raises Invalid, StaleEpoch."""
    if disposition not in DISPOSITIONS:
        raise Invalid([("disposition", f"one of {', '.join(DISPOSITIONS)}")])
    with world.store.write() as tx:
        access.session_for(tx, who, session_id)
        actor = Actor("agent", who.id)
        closed = sessions.close(tx, session_id, key, actor, disposition=disposition, epoch=epoch)
        session_verbs.end_links(tx, session_id)
        session_verbs.end_grants(tx, row_of(tx, who.site), session_id)
        return closed


def focus(world: World, who: Seat, session_id: str, state: str, key: str) -> Event:
    """Notes that an agent opened or left a session: the clocks begin with it."""
    if state not in ("opened", "left"):
        raise Invalid([("state", "opened or left")])
    with world.store.write() as tx:
        access.session_for(tx, who, session_id)
        return log.append(tx, session_id, Draft("focus", {"state": state}, key, Actor("agent", who.id)))
