"""Drives a run: replays it, lets the engine decide, appends what happened, and does what follows from it.

The one place where the pure engine meets the log. What follows an event is listed in `_follow`, top to bottom: calls are owed,
hand-overs queue the session, an end frees it, a proof raises the grant, and the owner speaks in the thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from disposable.definition import Flow
from disposable.engine import Command, Happened, Resume, Returned, Start, State, decide, evolve, replay
from disposable.render.text import prompt
from disposable.screen import Screen, screen
from disposable.steps import Setting
from widget_server.actions import access, speaking
from widget_server.actions.hours import is_open
from widget_server.actions.world import World, row_of, site_facts
from widget_server.events import Actor, Draft
from widget_server.store import accounts, customers, grants, links, log, outbox, records, sessions
from widget_server.store.database import Row, Tx

LATE = (Resume, Returned)
"""Commands that no act of the customer brought: the flow then turns to where they were last."""

CUSTOMERS_OWN = frozenset({"run.answered", "run.misunderstood", "run.verified", "run.unverified"})
ACT_LASTS_MS = 10 * 60_000
"""How long a code for one act opens steps of tier 3."""
FACT_LASTS_MS = 30 * 60_000
"""How long a fact said in a text thread counts; in a jar it counts as long as the grant."""
HANDOVER_TIMEOUT_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Acting:
    """Who caused a step, from where: the author's key, the actor, the channel and the grant with its tier."""

    key: str
    actor: Actor
    channel: str = ""
    grant: str | None = None
    tier: int = 1
    device: str = ""


def load(world: World, tx: Tx, run: Row) -> tuple[Flow, State]:
    """A run's pinned flow, and its state: the fold of the events that carry its id."""
    flow = world.flows.pinned(tx, run.hash)
    return flow, replay(flow, [Happened(one.kind, one.body) for one in log.of_run(tx, run.session, run.id)])


def start(world: World, tx: Tx, run: Row, context: dict[str, Any], by: Acting) -> State:
    """Begins a run with what the company told; nothing is said yet."""
    return drive(world, tx, run, Start(context, by.channel or "web"), by, speaks=False)


def drive(world: World, tx: Tx, run: Row, command: Command, by: Acting, speaks: bool = True) -> State:
    """Gives the engine one command and stores what it decides. Nothing happens where nothing can."""
    flow, state = load(world, tx, run)
    site = row_of(tx, run.site)
    locale, zone = voice_of(tx, log.locked(tx, run.session)["customer"], site)
    happened = decide(flow, state, command, tx.now, Setting(site_facts(site), locale, zone))
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
        log.append(tx, run.session, Draft(one.kind, body, key, actor, by.channel, by.device, run.id, grant=grant_id))
    if _follow(world, tx, run, happened, by, owned, speaks):
        return load(world, tx, run)[1]
    if happened and channel and state.status not in ("new", "calling"):
        shown = draw(world, tx, run, flow, state, grant_id=grant_id, channel=channel)
        say_screen(world, tx, run, shown, key=f"{by.key}/said", channel=channel, grant_id=grant_id)
    for one in happened:
        if one.kind == "run.ended" and owned:
            _free(world, tx, run, by)
    return state


def _follow(world: World, tx: Tx, run: Row, happened: list[Happened], by: Acting, owned: bool, speaks: bool) -> bool:
    """True if the run went on by itself, since nobody was there to hand over to: it has said by now where it stands."""
    went_on = False
    for one in happened:
        body = one.body or {}
        if one.kind == "run.verified" and by.grant:
            raise_grant(tx, by.grant, int(body["tier"]), str(body["by"]))
        elif one.kind == "run.called" and owned:
            owe_call(tx, run, body)
        elif one.kind == "run.handover" and owned:
            went_on = _hand_over(world, tx, run, body, by, speaks)
        elif one.kind == "run.ended" and run.link is not None:
            links.change(tx, run.link, state="done")
    return went_on


def raise_grant(tx: Tx, grant_id: str, tier: int, by: str) -> None:
    """Notes that somebody proved more. In a text thread a fact counts for a while only: senders can be forged.

    Tier 3 is lent, for one act: what it was built on stays known.
    """
    row = grants.get(tx, grant_id)
    if row is None:
        return
    if tier > 2:
        grants.change(tx, grant_id, tier=tier, tier_until=tx.now + ACT_LASTS_MS)
        return
    stands = access.grant_of(row, tx.now).tier
    if stands >= 2 and row.by == "code" and by == "fact":
        grants.change(tx, grant_id, by=by)
    if stands >= tier:
        return
    until = tx.now + FACT_LASTS_MS if row.kind == "address" else None
    grants.change(tx, grant_id, tier=tier, by=by, tier_until=until)


def owe_call(tx: Tx, run: Row, body: dict[str, Any]) -> None:
    """Owes a call to the company's server: an outbox row whose idempotency key is the same however often it is tried."""
    session = log.locked(tx, run.session)
    payload = {"call": body["call"], "with": body.get("with", {}), "key": body["key"], "step": body["step"]}
    outbox.owe(tx, session, "call", "call", f"call {run.id}", payload, seq=session["seq"], run=run.id)


def _hand_over(world: World, tx: Tx, run: Row, body: dict[str, Any], by: Acting, speaks: bool = True) -> bool:
    """Queues the session for a team; True if the run went `otherwise` instead, for nobody is there."""
    site = row_of(tx, run.site)
    team = site.default_team if body["team"] == "anyone" else body["team"]
    if body.get("otherwise") and not (is_open(site, tx.now) and _staffed(tx, site.id, team)):
        drive(world, tx, run, Resume("otherwise", by.tier), replace(by, key=f"{by.key}/nobody"), speaks)
        return True
    given = sessions.give(
        tx, run.session, f"queue:{team}", f"{by.key}/owner", body.get("why", ""), Actor("flow", run.id)
    )
    if body.get("otherwise"):
        waits = int(site.options.get("handover_timeout_ms", HANDOVER_TIMEOUT_MS))
        records.set_timer(tx, site.id, run.session, "handover", tx.now + waits, given.epoch, run.id)
    return False


def _staffed(tx: Tx, site_id: str, team: str) -> bool:
    return any(
        team in agent.teams or not agent.teams for agent in accounts.agents(tx, site_id) if not agent.disabled_at
    )


def is_settled(world: World, tx: Tx, run: Row) -> bool:
    """Whether a run's end stands: something was done outside. Else the customer, surely known, may still change it."""
    return run.status != "ended" or load(world, tx, run)[1].barrier > 0


def _free(world: World, tx: Tx, run: Row, by: Acting) -> None:
    """A run that ended owns nothing; one that waited for its turn may go on now."""
    if log.locked(tx, run.session)["owner"] != f"flow:{run.id}":
        return
    sessions.give(tx, run.session, "none", f"{by.key}/free", "ended", Actor("flow", run.id))
    for other in links.runs(tx, run.session):
        if other.id != run.id and other.status in ("calling", "handed"):
            take(world, tx, other, replace(by, key=f"{by.key}/next"))
            return


def take(world: World, tx: Tx, run: Row, by: Acting, again: bool = False) -> None:
    """Makes a run in which the customer acts the owner, unless a person is: and pays what it had to wait with.

    An ended run has nothing to own, unless it goes on `again`.
    """
    owner = str(log.locked(tx, run.session)["owner"])
    if owner == f"flow:{run.id}" or not (owner == "none" or owner.startswith("flow:")):
        return
    if run.status == "ended" and not again:
        return
    sessions.give(tx, run.session, f"flow:{run.id}", f"{by.key}/take", actor=Actor("flow", run.id))
    _, state = load(world, tx, run)
    if state.status == "calling" and state.calling is not None:
        called = state.calling
        owe_call(tx, run, {"call": called.call, "with": called.with_, "key": called.key, "step": called.step})
    elif state.status == "handed" and state.handover is not None:
        handed = state.handover
        body = {"team": handed.team, "why": handed.why, "otherwise": handed.otherwise}
        _hand_over(world, tx, run, body, by)


def _thread(tx: Tx, run: Row, command: Command, by: Acting) -> str:
    """The channel on which the flow answers in words: that of the customer's last act, if it is a thread; else none.

    A web page draws itself from the state, so nothing is said there, unless a person had the thread in between.
    """
    late = isinstance(command, LATE)
    channel = str(log.locked(tx, run.session)["last_channel"]) if late else by.channel
    if channel in speaking.THREADS or (late and log.has(tx, run.session, "owner", "agent")):
        return channel
    return ""


def say_screen(world: World, tx: Tx, run: Row, shown: Screen, *, key: str, channel: str, grant_id: str | None) -> None:
    """Writes a screen into the thread as text, with its menu, and owes its delivery."""
    session = log.locked(tx, run.session)
    site = row_of(tx, run.site)
    locale, _ = voice_of(tx, session["customer"], site)
    link = f"{{link:{links.hexed(run.link)}}}" if run.link is not None else ""
    text = prompt(shown, world.speak(locale), link=link)
    menu = [[choice.value, choice.label] for choice in shown.choices]
    menu += [[value, label] for field in shown.fields for value, label in field.options]
    asked = {"run": run.id, "step": shown.step or "", "menu": menu[:50]}
    body: dict[str, Any] = {"text": text, "prompt": asked}
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
    session = log.locked(tx, run.session)
    site = row_of(tx, run.site)
    locale, zone = voice_of(tx, session["customer"], site)
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
        site=site_facts(site),
        locale=locale,
        zone=zone,
        now=tx.now,
        step=step,
        error=error,
        words=world.speak(locale),
        channel=channel,
        locked=locked,
    )


def voice_of(tx: Tx, customer: str, site: Row) -> tuple[str, str | None]:
    """Language and zone to speak to a customer in: theirs where known, else the site's language."""
    known = customers.profile(tx, customer)
    return str(known.get("locale") or site.locale), known.get("zone")


TRIES = 5
TRIES_WINDOW_MS = 3_600_000


def may_try(tx: Tx, session_id: str, grant_id: str | None) -> bool:
    """Counts one try to prove something; False from the sixth within an hour on: per session, grant and number (C12)."""
    number = speaking.phone_for(tx, log.locked(tx, session_id)["customer"], None)
    buckets = [f"prove session {session_id}", f"prove grant {grant_id}"]
    buckets += [f"prove number {tx.vault.lookup('phone', number)}"] if number else []
    if any(records.tries(tx, bucket, TRIES_WINDOW_MS) >= TRIES for bucket in buckets):
        return False
    for bucket in buckets:
        records.tried(tx, bucket)
    return True
