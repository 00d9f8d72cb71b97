"""Verbs of a customer in a running app: see the step, answer it, ask for a person. Proving who one is: proofs.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from disposable.engine import Answer, Handover, Returned, State, decide
from disposable.screen import Screen
from widget_server.actions import access, code_fields, codes, driving, files, proofs, sendings, speaking, windows
from widget_server.actions.access import Grant
from widget_server.actions.driving import Acting
from widget_server.actions.errors import Refused
from widget_server.actions.sendings import Sending, Wanted
from widget_server.actions.surroundings import here
from widget_server.actions.uploads import Sent, Unfit
from widget_server.actions.windows import grant
from widget_server.actions.world import World, row_of
from widget_server.addresses import masked
from widget_server.events import Actor
from widget_server.store import accounts, grants, links, log, sessions
from widget_server.store.database import Row, Tx

__all__ = ["Answered", "RunView", "answer", "grant", "person", "returned", "send_code", "view", "wanted"]

wanted = sendings.wanted


@dataclass(frozen=True, slots=True)
class RunView:
    """All a page of a running app needs. `mode`: flow (a step), chat (a person has it), end, closed, locked.

    `code` is the phone a code was sent to, masked, where the step asks for one; "" if none was sent yet, None elsewhere.
    """

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
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer: whether anything happened, and the step the run is at now."""

    moved: bool
    step: str
    status: str


def view(world: World, who: Grant, handle: str, step: str | None = None, error: Any = None) -> RunView:
    """The run as this grant may see it now; `step` shows one visited before. Changes nothing."""
    with world.store.read() as tx:
        return _view(world, tx, who, windows.run_of(tx, who, handle), step, error)


def _view(world: World, tx: Tx, who: Grant, run: Row, step: str | None = None, error: Any = None) -> RunView:
    flow, state = driving.load(world, tx, run)
    session = sessions.known(tx, run.session)
    site = row_of(tx, run.site)
    locked = windows.is_locked(tx, who, run)
    shown = driving.draw(world, tx, run, flow, state, grant_id=who.id, step=step, error=error, locked=locked)
    locale, zone = driving.voice_of(tx, session.customer, site)
    kind, _, owner = session.owner.partition(":")
    agent = accounts.agent(tx, owner) if kind == "agent" else None
    if shown.kind == "end" and shown.back and not (session.status == "open" and _lasts(tx, run)):
        shown = replace(shown, back=None)
    phone = speaking.phone_for(tx, session.customer, None)
    asked = code_fields.asked(tx, run, flow, state, shown.step) if shown.kind == "step" else None
    code = None if asked is None else asked.to if codes.underway(tx, who.id, asked.act) else ""
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
        code=code,
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


def answer(
    world: World,
    who: Grant,
    handle: str,
    step: str,
    given: Mapping[str, Any],
    key: str,
    device: str = "",
    sent: Mapping[str, Sequence[Sent]] | None = None,
    *,
    back: bool = False,
) -> Answered:
    """Gives a step's form, with the files that came with it. A second tap with the same key changes nothing; a step that is
    not current is not answered. `back`: the nonce of a visit was right (visits.py); without it no form ends one.

    Raises Refused("locked"), SessionClosed, Throttled (too many codes tried)."""
    by = windows.acting(who, key, device)
    gone: set[str] = set()
    wants = wanted(world, who, handle, step)
    with sendings.laid(world, wants, given, sent or {}) as sending, world.store.write() as tx:
        run = windows.run_of(tx, who, handle)
        windows.must_be_unlocked(tx, who, run)
        _, state = driving.load(world, tx, run)
        if log.by_key(tx, run.session, by.key) is not None:
            return Answered(True, state.step or "", state.status)
        windows.must_be_open(tx, run)
        command = _command(world, tx, run, step, sending, wants, by)
        if not back:
            command = _without_return(world, tx, run, command)
        if not _would_move(world, tx, run, command):
            return Answered(False, run.step, run.status)
        command = _with_files(world, tx, run, command, sending, wants, by)
        driving.take(world, tx, run, by, again=True)
        before, files_before = log.locked(tx, run.session)["seq"], sendings.of_answer(state, step)
        state = driving.drive(world, tx, run, command, replace(by, tier=command.tier))
        if run.link is not None and run.status == "ended" and state.status != "ended":
            links.change(tx, run.link, state="open")
        gone = sendings.let_go(tx, files_before, state, step)
        answered = Answered(log.locked(tx, run.session)["seq"] > before, state.step or "", state.status)
    for name in gone:
        files.remove(world, name)
    return answered


def _command(world: World, tx: Tx, run: Row, step: str, sending: Sending, wants: Wanted | None, by: Acting) -> Answer:
    """The answer as the engine is to be told it: what was sent before still stands, and digits were looked at."""
    flow, state = driving.load(world, tx, run)
    given = dict(sending.given)
    if wants is not None and not any(name.partition(".")[0] == wants.name and value for name, value in given.items()):
        given |= sendings.as_before(tx, state, step, wants)
    tier = by.tier
    asked = code_fields.asked(tx, run, flow, state, step) if step == state.step else None
    said = given.get(asked.field, "") if asked else ""
    if asked and isinstance(said, str) and said.strip() and tier >= flow.steps[step].tier:
        given[asked.field] = proofs.checked(world, tx, run, asked, said, by)
        tier = proofs.tier_now(tx, by)
    return Answer(step, given, tier, "web")


def _without_return(world: World, tx: Tx, run: Row, command: Answer) -> Answer:
    """A visit hears nothing from a form, however its words are written, but from one whose nonce was right (C21)."""
    flow, _ = driving.load(world, tx, run)
    step = flow.steps.get(command.step)
    return replace(command, given={}) if step is not None and step.kind == "visit" else command


def _with_files(
    world: World, tx: Tx, run: Row, command: Answer, sending: Sending, wants: Wanted | None, by: Acting
) -> Answer:
    try:
        sending.keep(world, tx, run, command, by)
    except Unfit as unfit:
        name = wants.name if wants else ""
        return replace(command, given={**command.given, **sendings.refusal(name, unfit)})
    return command


def _would_move(world: World, tx: Tx, run: Row, command: Answer) -> bool:
    """An ended run takes the session again only for an answer that changes it, and while its link lasts."""
    if run.status != "ended":
        return True
    flow, state = driving.load(world, tx, run)
    return _may_change(tx, run) and bool(decide(flow, state, command, tx.now, here(tx, run, flow)))


def _may_change(tx: Tx, run: Row) -> bool:
    return _lasts(tx, run) and log.locked(tx, run.session)["status"] == "open"


def _lasts(tx: Tx, run: Row) -> bool:
    link = links.get(tx, run.link) if run.link is not None else None
    return link is not None and bool(link.expires_at > tx.now)


def send_code(world: World, who: Grant, handle: str, step: str) -> str:
    """Texts the digits that the current step's field asks for. Returns the number, masked.

    Raises Refused: "locked", "no-code" (the step asks for none), "no-phone"; Throttled (C12), SessionClosed.
    """
    with world.store.write() as tx:
        run = windows.run_of(tx, who, handle)
        windows.must_be_unlocked(tx, who, run)
        windows.must_be_open(tx, run)
        flow, state = driving.load(world, tx, run)
        asked = code_fields.asked(tx, run, flow, state, step) if step == state.step else None
        if asked is None or who.tier < flow.steps[step].tier:
            raise Refused("no-code")
        code_fields.send(world, tx, run, who.id, asked)
        return asked.to


def person(world: World, who: Grant, handle: str, key: str) -> None:
    """The customer asks for a person, wherever the flow stands."""
    with world.store.write() as tx:
        run = windows.run_of(tx, who, handle)
        windows.must_be_unlocked(tx, who, run)
        if log.by_key(tx, run.session, key) is None:
            windows.must_be_open(tx, run)
            driving.take(world, tx, run, windows.acting(who, key))
            driving.drive(world, tx, run, Handover("anyone", ""), windows.acting(who, key))


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
