"""Verbs of a customer in a running app: see the step, answer it, prove who one is, go on from another phone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from disposable.engine import Answer, Handover, Prove, Raised, Returned, State, decide
from disposable.screen import Screen
from widget_server.actions import access, driving, speaking
from widget_server.actions.access import Grant
from widget_server.actions.driving import Acting
from widget_server.actions.errors import NotFound, Refused, SessionClosed, Throttled
from widget_server.actions.world import World, row_of
from widget_server.addresses import country, masked
from widget_server.events import Actor, Draft
from widget_server.store import accounts, grants, links, log, records, sessions
from widget_server.store.database import Row, Tx

CODE_LASTS_MS = 10 * 60_000
CODES_AN_HOUR, CODES_AN_HOUR_COUNTRY, CODES_AN_HOUR_SITE = 3, 1_000, 3_000
"""To one number; of one site to one country, and to all (both may be set at the site)."""
REBINDS_A_DAY = 3


@dataclass(frozen=True, slots=True)
class RunView:
    """All a page of a running app needs. `mode`: flow (a step), chat (a person has it), end, closed, locked."""

    mode: str
    screen: Screen
    handle: str
    run: str
    session: str
    seq: int
    owner: str
    agent: str
    tier: int
    site: dict[str, Any]
    locale: str
    zone: str
    purpose: str
    phone: str
    fact: bool
    joined: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer: whether anything happened, and the step the run is at now."""

    moved: bool
    step: str
    status: str


def grant(world: World, token: str, handle: str) -> Grant:
    """The live grant of a jar for a handle. Raises NotFound: the same for none, ended and another's."""
    with world.store.read() as tx:
        return _grant(tx, token, handle)


def _grant(tx: Tx, token: str, handle: str) -> Grant:
    row = grants.by_token(tx, token) if token else None
    run = links.run_by_handle(tx, handle)
    if row is None or run is None or row.run != run.id:
        raise NotFound("app", handle)
    return access.grant_of(row, tx.now)


def view(world: World, who: Grant, handle: str, step: str | None = None, error: Any = None) -> RunView:
    """The run as this grant may see it now; `step` shows one visited before. Changes nothing."""
    with world.store.read() as tx:
        return _view(world, tx, who, _run(tx, who, handle), step, error)


def _run(tx: Tx, who: Grant, handle: str) -> Row:
    run = links.run_by_handle(tx, handle)
    if run is None or who.run != run.id:
        raise NotFound("app", handle)
    if tx.writing:
        # Two windows that answer at once go one after the other, and the second sees what the first did.
        log.locked(tx, run.session)
    return run


def _view(world: World, tx: Tx, who: Grant, run: Row, step: str | None = None, error: Any = None) -> RunView:
    flow, state = driving.load(world, tx, run)
    session = sessions.known(tx, run.session)
    site = row_of(tx, run.site)
    locked = is_locked(tx, who, run)
    shown = driving.draw(world, tx, run, flow, state, grant_id=who.id, step=step, error=error, locked=locked)
    locale, zone = driving.voice_of(tx, session.customer, site)
    kind, _, owner = session.owner.partition(":")
    agent = accounts.agent(tx, owner) if kind == "agent" else None
    if shown.kind == "end" and shown.back and not (session.status == "open" and _lasts(tx, run)):
        shown = replace(shown, back=None)
    phone = speaking.phone_for(tx, session.customer, None)
    return RunView(
        mode=_mode(state, session, locked),
        screen=shown,
        handle=run.handle,
        run=run.id,
        session=run.session,
        seq=session.seq,
        owner=kind,
        agent=agent.name if agent else "",
        tier=who.tier,
        site={"id": site.id, "name": site.name, "look": site.look, "host": site.host, "origins": site.origins},
        locale=locale,
        zone=zone or site.zone,
        purpose=flow.purpose,
        phone=masked("phone", phone) if phone else "",
        fact=flow.verify is not None,
        joined=_joined(tx, who, run),
    )


def _joined(tx: Tx, who: Grant, run: Row) -> bool:
    """Whether another window took part by a texted code since this one last did anything: it is told so (C10)."""
    others = [one.seq for one in log.raised(tx, run.session, run.id) if one.grant != who.id]
    return bool(others) and max(others) > log.last_of(tx, run.session, who.id)


def _mode(state: State, session: Row, locked: bool) -> str:
    if locked:
        return "locked"
    if state.status == "handed":
        return "closed" if session.status == "closed" else "chat"
    return "end" if state.status == "ended" else "closed" if session.status == "closed" else "flow"


def is_locked(tx: Tx, who: Grant, run: Row) -> bool:
    """Whether another grant has answered, or took the run over by a code, and this one has proved nothing: then it sees
    none of it until it steps up by a code itself. A fact does not do: others of the household know it too."""
    return access.is_locked(tx, who, run.session, run.id)


def answer(
    world: World, who: Grant, handle: str, step: str, given: dict[str, Any], key: str, device: str = ""
) -> Answered:
    """Gives a step's form. A second tap with the same key changes nothing; a step that is not current is not answered."""
    with world.store.write() as tx:
        run = _run(tx, who, handle)
        if is_locked(tx, who, run):
            raise Refused("locked")
        by = _by(who, key, device)
        if log.by_key(tx, run.session, by.key) is None:
            _open(tx, run)
            command = Answer(step, given, who.tier, "web")
            if not _would_move(world, tx, run, command):
                return Answered(False, run.step, run.status)
            driving.take(world, tx, run, by, again=True)
            before = log.locked(tx, run.session)["seq"]
            state = driving.drive(world, tx, run, command, by)
            if run.link is not None and run.status == "ended" and state.status != "ended":
                links.change(tx, run.link, state="open")
            return Answered(log.locked(tx, run.session)["seq"] > before, state.step or "", state.status)
        _, state = driving.load(world, tx, run)
        return Answered(True, state.step or "", state.status)


def _would_move(world: World, tx: Tx, run: Row, command: Answer) -> bool:
    """An ended run takes the session again only for an answer that changes it, and while its link lasts."""
    if run.status != "ended":
        return True
    flow, state = driving.load(world, tx, run)
    return _may_change(tx, run) and bool(decide(flow, state, command, tx.now))


def _may_change(tx: Tx, run: Row) -> bool:
    return _lasts(tx, run) and log.locked(tx, run.session)["status"] == "open"


def _lasts(tx: Tx, run: Row) -> bool:
    link = links.get(tx, run.link) if run.link is not None else None
    return link is not None and bool(link.expires_at > tx.now)


def _by(who: Grant, key: str, device: str = "") -> Acting:
    return Acting(key, Actor("customer", who.customer), "web", who.id, who.tier, device)


def _open(tx: Tx, run: Row) -> None:
    if log.locked(tx, run.session)["status"] == "closed":
        raise SessionClosed(run.session)


def prove(world: World, who: Grant, handle: str, raw: str, key: str, device: str = "") -> bool:
    """Compares a fact with what the company told; it is then dropped. True if it was right.

    Raises Throttled (C12), Refused("locked").
    """
    with world.store.write() as tx:
        run = _run(tx, who, handle)
        if is_locked(tx, who, run):
            raise Refused("locked")
        by = _by(who, key, device)
        if _has_proven(world, tx, who, run):
            return True
        if log.by_key(tx, run.session, by.key) is None:
            _open(tx, run)
            allowed = driving.may_try(tx, run.session, who.id)
            if allowed:
                driving.take(world, tx, run, by)
                driving.drive(world, tx, run, Prove(raw, 1, "web"), by)
        else:
            allowed = True
        right = _has_proven(world, tx, who, run)
    if not allowed:
        raise Throttled(driving.TRIES_WINDOW_MS // 1000)
    return right


def _has_proven(world: World, tx: Tx, who: Grant, run: Row) -> bool:
    """Asked inside the transaction: of twenty taps at once, one proves and the others find it done."""
    row = grants.get(tx, who.id)
    if row is None or access.grant_of(row, tx.now).tier < 2:
        return False
    return access.is_sure(row, tx.now) or _needs(world, tx, run)[0] < 3


def _needs(world: World, tx: Tx, run: Row) -> tuple[int, str, str]:
    """The tier the current step asks for, its name, and what the act is called in a text, which names nobody."""
    flow, state = driving.load(world, tx, run)
    step = flow.steps.get(state.step)
    if step is None:
        return 1, "", flow.purpose
    return step.tier, state.step, step.title if step.title and "{" not in step.title else flow.purpose


def _act(world: World, tx: Tx, who: Grant, run: Row) -> tuple[str, str]:
    """(what a code is for now, what it is called): going on in this window, or one act of tier 3."""
    needs, step, title = _needs(world, tx, run)
    row = grants.get(tx, who.id)
    sure = row is not None and access.is_sure(row, tx.now)
    return (f"act {step}"[:64], title) if needs > 2 and sure else ("continue", "")


def send_code(world: World, who: Grant, handle: str) -> str:
    """Texts six digits to the number on file, bound to this grant and act, which it names. Returns the number, masked.

    Raises Refused("no-phone"), Throttled at the fourth within an hour, or when the country or the site has had its share,
    Refused("rebinds") past three windows a day.
    """
    with world.store.write() as tx:
        run = _run(tx, who, handle)
        session = log.locked(tx, run.session)
        phone = speaking.phone_for(tx, session["customer"], None)
        if phone is None:
            raise Refused("no-phone")
        site = row_of(tx, run.site)
        action, title = _act(world, tx, who, run)
        if not title and records.tries(tx, f"rebind {run.session}", 86_400_000) >= REBINDS_A_DAY:
            raise Refused("rebinds")
        _meter(tx, site, phone)
        digits = world.digits()
        records.challenge(tx, site.id, who.id, run.session, action, _code_hash(who, action, digits), CODE_LASTS_MS)
        locale, _ = driving.voice_of(tx, session["customer"], site)
        called = world.words.text("code.act" if title else "code.continue", locale, act=title)
        text = world.words.text("code.text", locale, site=site.name, code=digits, action=called)
        speaking.owe_text(world, tx, session, site, phone, text)
        return masked("phone", phone)


def _meter(tx: Tx, site: Row, phone: str) -> None:
    """Counts a code sent, by number, country and site: nobody makes the site pay for texts to a number farm (C12)."""
    limits = {
        f"code {tx.vault.lookup('phone', phone)}": CODES_AN_HOUR,
        f"codes {site.id} {country(phone)}": int(site.options.get("codes_an_hour_country", CODES_AN_HOUR_COUNTRY)),
        f"codes {site.id}": int(site.options.get("codes_an_hour", CODES_AN_HOUR_SITE)),
    }
    if any(records.tries(tx, bucket, 3_600_000) >= most for bucket, most in limits.items()):
        raise Throttled(3600)
    for bucket in limits:
        records.tried(tx, bucket)


def _code_hash(who: Grant, action: str, digits: str) -> str:
    return hashlib.sha256(f"{who.id} {action} {digits}".encode()).hexdigest()


def prove_code(world: World, who: Grant, handle: str, digits: str, key: str) -> bool:
    """Checks a texted code; right, the grant stands at tier 2 and other windows are told. Raises Throttled.

    If the code was for one act, and the fact was known before, it stands at tier 3 for as long as the code would have lived.
    """
    with world.store.write() as tx:
        run = _run(tx, who, handle)
        by = _by(who, key)
        if log.by_key(tx, run.session, by.key) is not None:
            return True
        action, title = _act(world, tx, who, run)
        tier = 3 if title else 2
        allowed = driving.may_try(tx, run.session, who.id)
        sent = records.newest_challenge(tx, who.id, action) if allowed else None
        right = sent is not None and sent.hash == _code_hash(who, action, "".join(digits.split()))
        if sent is not None:
            records.challenge_tried(tx, sent.id, right)
        if right:
            if not title:
                records.tried(tx, f"rebind {run.session}")
            driving.raise_grant(tx, who.id, tier, "code")
            body = {"tier": tier, "by": "code"}
            log.append(tx, run.session, Draft("grant.raised", body, by.key, by.actor, "web", run=run.id, grant=who.id))
            raised = Acting(f"{key}/run", by.actor, "web", who.id, tier)
            driving.drive(world, tx, run, Raised(tier, "code", "web"), raised)
    if not allowed:
        raise Throttled(driving.TRIES_WINDOW_MS // 1000)
    return right


def person(world: World, who: Grant, handle: str, key: str) -> None:
    """The customer asks for a person, wherever the flow stands."""
    with world.store.write() as tx:
        run = _run(tx, who, handle)
        if is_locked(tx, who, run):
            raise Refused("locked")
        if log.by_key(tx, run.session, key) is None:
            _open(tx, run)
            driving.take(world, tx, run, _by(who, key))
            driving.drive(world, tx, run, Handover("anyone", ""), _by(who, key))


def returned(world: World, session: str, run_id: str, key: str, ok: bool, value: Any = None) -> None:
    """Takes what a registered call answered. A second answer to the same call changes nothing."""
    with world.store.write() as tx:
        run = links.run(tx, run_id)
        if run is None or log.locked(tx, session)["status"] == "closed":
            return
        event_key = f"returned {run_id} {key}"
        if log.by_key(tx, session, event_key) is None:
            tier = max((access.grant_of(row, tx.now).tier for row in grants.of_session(tx, session)), default=1)
            driving.drive(world, tx, run, Returned(key, ok, value, tier), Acting(event_key, Actor("system"), tier=tier))
