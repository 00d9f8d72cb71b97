"""Drives a run: replays it, lets the engine decide, appends what happened, and goes on with what follows from it.

The one place where the pure engine meets the log. What follows an event is listed in following.py; here the owner speaks in the
thread, and a run that ended lets another go on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from disposable.definition import ANYONE, Flow
from disposable.engine import (
    Came,
    Command,
    Handover,
    Happened,
    Resume,
    Returned,
    Start,
    State,
    Tick,
    decide,
    evolve,
    replay,
)
from disposable.render import chat
from disposable.render.asks import escape
from disposable.render.text import prompt
from disposable.screen import Screen, screen
from widget_server.actions import access, builtin, evidence, following, speaking, urls
from widget_server.actions.following import Acting, Case, Onward, raise_grant
from widget_server.actions.run_links import link_of
from widget_server.actions.surroundings import here, voice_of
from widget_server.actions.world import World, row_of
from widget_server.events import Actor, Draft
from widget_server.store import grants, links, log, records, sessions
from widget_server.store.database import Row, Tx

__all__ = ["Acting", "raise_grant", "voice_of"]

MOST_IN_A_ROW = 20
"""Built-in calls a flow may make before it asks, waits or ends."""

LATE = (Resume, Returned, Came, Tick)
"""Commands that no act of the customer brought: the flow then turns to where they were last."""

CUSTOMERS_OWN = frozenset({"run.answered", "run.misunderstood", "run.guessed", "run.verified", "run.unverified"})


def load(world: World, tx: Tx, run: Row) -> tuple[Flow, State]:
    """A run's pinned flow, and its state: the fold of the events that carry its id."""
    flow = world.flows.pinned(tx, run.hash)
    return flow, replay(flow, [Happened(one.kind, one.body) for one in log.of_run(tx, run.session, run.id)])


def start(world: World, tx: Tx, run: Row, context: dict[str, Any], by: Acting, said: str = "") -> State:
    """Begins a run with what the company told, and the sentence the customer opened it with; nothing is said yet."""
    return drive(world, tx, run, Start(context, by.channel or "web", said), by, speaks=False)


def drive(world: World, tx: Tx, run: Row, command: Command, by: Acting, speaks: bool = True) -> State:
    """Gives the engine one command, stores what it decides, and goes on with what that brings along: where it comes to rest
    it is said. Nothing happens where nothing can."""
    pending, done, last = deque([Onward(command, by)]), 0, None
    while pending:
        given = pending.popleft()
        done += isinstance(given.command, Returned)
        if done > MOST_IN_A_ROW:
            # A flow that calls itself in a circle: a person sees it, rather than nobody for ever.
            called_by = replace(given.by, key=f"{given.by.key}/circle")
            given, pending = Onward(Handover(ANYONE, ""), called_by), deque()
        turn = _turn(world, tx, run, given, speaks)
        pending += turn.onward
        last = turn if turn.cases or last is None else last
    if last is None:
        raise LookupError(run.id)
    _rest(world, tx, run, last, speaks)
    return last.state


@dataclass(frozen=True, slots=True)
class Turn:
    """What one command made of a run: its events and what follows from them. `channel`: the thread it is said in, "" for none."""

    by: Acting
    flow: Flow
    state: State
    cases: tuple[tuple[str, Case], ...]
    onward: tuple[Onward, ...]
    channel: str
    grant: str | None
    owned: bool


def _turn(world: World, tx: Tx, run: Row, given: Onward, speaks: bool) -> Turn:
    """Decides, stores, and does what follows at once."""
    command, by = given.command, given.by
    flow, state = load(world, tx, run)
    setting = here(tx, run, flow)
    happened = decide(flow, state, command, tx.now, setting)
    owned = log.locked(tx, run.session)["owner"] == f"flow:{run.id}"
    channel = _thread(tx, run, command, by) if owned and speaks else ""
    grant_id = log.locked(tx, run.session)["last_grant"] if isinstance(command, LATE) else by.grant
    for number, one in enumerate(happened):
        key = by.key if number == 0 else f"{by.key}/{number}"
        actor = by.actor if one.kind in CUSTOMERS_OWN else Actor("flow", run.id)
        state = evolve(flow, state, one)
        body = dict(one.body or {})
        if one.kind == "run.ended" and not channel:
            # Nobody says it in the thread, so the event does: what the last page read stays in the history.
            body["text"] = draw(world, tx, run, flow, state, grant_id=grant_id).say
        if one.kind == evidence.KIND and body.get("shown"):
            body["evidence"] = evidence.made(world, tx, run, body, replace(by, actor=actor, grant=grant_id), setting)
        log.append(tx, run.session, Draft(one.kind, body, key, actor, by.channel, by.device, run.id, grant=grant_id))
    cases = [
        (one.kind, Case(world, tx, run, flow, state, one.body or {}, number, by, owned))
        for number, one in enumerate(happened)
    ]
    onward = [following.follow(kind, case) for kind, case in cases]
    if isinstance(command, Resume) and owned:
        onward.append(_undone(world, tx, run, flow, state, by))
    followed = tuple(one for one in onward if one is not None)
    return Turn(by, flow, state, tuple(cases), followed, channel, grant_id, owned)


def _undone(world: World, tx: Tx, run: Row, flow: Flow, state: State, by: Acting) -> Onward | None:
    """A built-in call that a person came in between: it is done when they give the run back."""
    called = state.calling if state.status == "calling" else None
    if called is None or not builtin.is_ours(called.call):
        return None
    body = {"call": called.call, "with": called.with_, "key": called.key, "step": called.step}
    return following.call(world, tx, run, flow, body, by)


def _rest(world: World, tx: Tx, run: Row, turn: Turn, speaks: bool) -> None:
    """The run has come to rest: it says where it stands, and frees the session if it ended."""
    if turn.cases and turn.state.status not in ("new", "calling"):
        if turn.channel:
            shown = draw(world, tx, run, turn.flow, turn.state, grant_id=turn.grant, channel=turn.channel)
            say_screen(world, tx, run, shown, key=f"{turn.by.key}/said", channel=turn.channel, grant_id=turn.grant)
        elif turn.owned and speaks:
            turn = _back_in_its_dialog(world, tx, run, turn)
    for kind, case in turn.cases:
        if kind == "run.ended":
            following.tell_outcome(case, turn.channel, turn.grant)
            if turn.owned:
                _free(world, tx, run, turn.by)


def _back_in_its_dialog(world: World, tx: Tx, run: Row, turn: Turn) -> Turn:
    """A dialog that had to send its customer to a page goes on as soon as words will do again; once, not for every page."""
    asked = log.newest(tx, run.session, "message", actor="flow")
    body = (asked.body or {}) if asked is not None and asked.run == run.id else {}
    waits = "{link:" in str(body.get("text")) or (body.get("prompt") or {}).get("link")
    if asked is None or not waits or body.get("notice") or asked.channel not in speaking.THREADS:
        return turn
    shown = draw(world, tx, run, turn.flow, turn.state, grant_id=asked.grant, channel=asked.channel)
    if shown.kind not in ("step", "waiting", "handed", "end") or escape(shown, asked.channel):
        return turn
    say_screen(world, tx, run, shown, key=f"{turn.by.key}/said", channel=asked.channel, grant_id=asked.grant)
    return replace(turn, channel=asked.channel, grant=asked.grant)


def tell(world: World, tx: Tx, session: str) -> None:
    """The company told something of its own: runs of the session that wait for it go on, the owner or not."""
    for run in links.runs(tx, session):
        if run.status not in ("new", "ended"):
            _, state = load(world, tx, run)
            _go_on(world, tx, run, following.came(tx, run, state, Acting("", Actor("system"))))


def _go_on(world: World, tx: Tx, run: Row, onward: Onward | None, speaks: bool = True) -> None:
    if onward is not None:
        drive(world, tx, run, onward.command, onward.by, speaks)


def is_settled(world: World, tx: Tx, run: Row) -> bool:
    """Whether a run's end stands: something was done outside. Else the customer, surely known, may still change it."""
    return run.status != "ended" or load(world, tx, run)[1].barrier > 0


def _free(world: World, tx: Tx, run: Row, by: Acting) -> None:
    """A run that ended owns nothing; one that waited for its turn may go on now."""
    if log.locked(tx, run.session)["owner"] != f"flow:{run.id}":
        return
    sessions.give(tx, run.session, "none", f"{by.key}/free", "ended", Actor("flow", run.id))
    for other in links.runs(tx, run.session):
        if other.id != run.id and other.status in ("calling", "handed", "waiting"):
            take(world, tx, other, replace(by, key=f"{by.key}/next"))
            return


def take(world: World, tx: Tx, run: Row, by: Acting, again: bool = False, speaks: bool = True) -> None:
    """Makes a run in which the customer acts the owner, unless a person is: and pays what it had to wait with.

    An ended run has nothing to own, unless it goes on `again`. `speaks`: what it comes to is said in its thread.
    """
    owner = str(log.locked(tx, run.session)["owner"])
    if owner == f"flow:{run.id}" or not (owner == "none" or owner.startswith("flow:")):
        return
    if run.status == "ended" and not again:
        return
    sessions.give(tx, run.session, f"flow:{run.id}", f"{by.key}/take", actor=Actor("flow", run.id))
    flow, state = load(world, tx, run)
    if state.status == "calling" and state.calling is not None:
        called = state.calling
        body = {"call": called.call, "with": called.with_, "key": called.key, "step": called.step}
        _go_on(world, tx, run, following.call(world, tx, run, flow, body, by), speaks)
    elif state.status == "handed" and state.handover is not None:
        handed = state.handover
        body = {"team": handed.team, "why": handed.why, "otherwise": handed.otherwise}
        _go_on(world, tx, run, following.hand_over(tx, run, body, by), speaks)
    elif state.status == "waiting":
        drive(world, tx, run, Tick(), replace(by, key=f"{by.key}/tick", actor=Actor("system")), speaks)


def _thread(tx: Tx, run: Row, command: Command, by: Acting) -> str:
    """The channel on which the flow answers in words: that of the customer's last act, if it is a thread; else none.

    A web page draws itself from the state, so nothing is said there, unless a person had the thread in between.
    """
    late = isinstance(command, LATE)
    channel = str(log.locked(tx, run.session)["last_channel"]) if late else by.channel
    if channel in speaking.THREADS or (late and log.has(tx, run.session, "owner", "agent")):
        return channel
    return ""


LINK = "{link:0000000000000000}"
"""Where a prompt names the run's link: it is made when one does."""


def say_screen(world: World, tx: Tx, run: Row, shown: Screen, *, key: str, channel: str, grant_id: str | None) -> None:
    """Writes a screen into the thread, as a chat draws it or as text, and owes its delivery; what goes unseen goes by text."""
    session = log.locked(tx, run.session)
    site = row_of(tx, run.site)
    locale, _ = voice_of(tx, session["customer"], site)
    words, link = world.speak(locale), ""
    if LINK in prompt(shown, words, link=LINK):
        handed_to = grant_id if channel == "widget" else None
        link = f"{{link:{link_of(world, tx, run, handed_to=handed_to)}}}"
    said = chat.message(shown, words, link, button=not urls.was_sent(tx, link))
    text = prompt(shown, words, link=link)
    asked = said["prompt"] if channel == "widget" else {"menu": said["prompt"]["menu"]}
    body = {
        "text": said["text"] if channel == "widget" else text,
        "prompt": {**asked, "run": run.id, "step": shown.step or ""},
    }
    message = log.append(
        tx, run.session, Draft("message", body, key, Actor("flow", run.id), channel, run=run.id, grant=grant_id)
    )
    speaking.deliver(world, tx, session, message, text)


def draw(
    world: World,
    tx: Tx,
    run: Row,
    flow: Flow,
    state: State,
    *,
    grant_id: str | None,
    channel: str = "web",
    step: str | None = None,
    error: Any = None,
    locked: bool = False,
) -> Screen:
    """The screen a grant is shown: at its own tier, in its customer's language and zone."""
    setting = here(tx, run, flow)
    row = grants.get(tx, grant_id) if grant_id else None
    tier = access.grant_of(row, tx.now).tier if row else 1
    shown = flow.steps.get(step or state.step)
    if row is not None and shown is not None and shown.tier > 2 and flow.verify and not access.is_sure(row, tx.now):
        # Whoever came by a code alone is asked for the fact first; then for a code for this very act.
        tier = min(tier, 1)
    return screen(
        flow,
        state,
        tier=tier,
        step=step,
        error=error,
        words=world.speak(setting.locale),
        channel=channel,
        locked=locked,
        setting=setting,
    )


TRIES = 5
TRIES_WINDOW_MS = 3_600_000


def may_try(tx: Tx, session_id: str, grant_id: str | None, phone: str | None = None) -> bool:
    """Counts one try to prove something; False from the sixth within an hour on: per session, grant and number (C12).

    `phone` is the number that is being proven, where that is not the one on file.
    """
    numbers = {speaking.phone_for(tx, log.locked(tx, session_id)["customer"], None), phone} - {None}
    buckets = [f"prove session {session_id}", f"prove grant {grant_id}"]
    buckets += [f"prove number {tx.vault.lookup('phone', str(number))}" for number in sorted(map(str, numbers))]
    if any(records.tries(tx, bucket, TRIES_WINDOW_MS) >= TRIES for bucket in buckets):
        return False
    for bucket in buckets:
        records.tried(tx, bucket)
    return True
