"""What follows an event of a run, in the transaction that stores it: one visible list, `FOLLOWS`.

What follows may be one more command for the same run (a built-in call has answered, nobody is there to hand over to, what it
waits for had come): it is given back, and driving.py goes on with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from disposable.definition import Flow
from disposable.engine import Came, Command, Resume, Returned, State
from widget_server.actions import access, builtin, code_fields, slots, speaking
from widget_server.actions.hours import is_open
from widget_server.actions.surroundings import voice_of
from widget_server.actions.world import World, row_of
from widget_server.events import Actor, Draft
from widget_server.store import accounts, customers, grants, links, log, outbox, records, sessions
from widget_server.store import slots as stored
from widget_server.store.database import Row, Tx

ACT_LASTS_MS = 10 * 60_000
"""How long a code for one act opens steps of tier 3."""
FACT_LASTS_MS = 30 * 60_000
"""How long a fact said in a text thread counts; in a jar it counts as long as the grant."""
HANDOVER_TIMEOUT_MS = 15 * 60_000
PROVEN = 2
"""From this tier on an outcome is told to the number on file, so that whoever it is not from learns of it (C38)."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who caused a step, from where: the author's key, the actor, the channel and the grant with its tier."""

    key: str
    actor: Actor
    channel: str = ""
    grant: str | None = None
    tier: int = 1
    device: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """An event just stored, and all that is known around it. `number` is its place in the decision; `owned`: the run speaks
    for the company, so what it asks of others is done now."""

    world: World
    tx: Tx
    run: Row
    flow: Flow
    state: State
    body: Mapping[str, Any]
    number: int
    by: Acting
    owned: bool


@dataclass(frozen=True, slots=True)
class Onward:
    """One more command for the run, and in whose name."""

    command: Command
    by: Acting


def follow(kind: str, case: Case) -> Onward | None:
    """Does what follows one event of that kind."""
    verb = FOLLOWS.get(kind)
    return verb(case) if verb else None


# the run begins, somebody proves who they are


def _started(case: Case) -> None:
    """A rule over minutes is looked at when its minute has come, though nobody does anything."""
    for minutes in sorted(_minutes(case.flow)):
        _wake(case.tx, case.run, case.run.created_at + minutes * 60_000)
    look_again(case.tx, case.run, case.flow)


def look_again(tx: Tx, run: Row, flow: Flow) -> None:
    """Rules over opening hours, agents, the hour or the day: looked at every quarter of an hour, as long as a link would last."""
    soon = (tx.now // QUARTER_MS + 1) * QUARTER_MS
    kept = links.run(tx, run.id)
    over = kept is None or kept.status == "ended" or soon > run.created_at + flow.expires * 1000
    if not over and any(_CLOCKS.search(rule.when) for rule in flow.rules):
        records.drop_timers(tx, run.id, "look")
        records.set_timer(tx, run.site, run.session, "look", soon, 0, run.id)


_CLOCKS = re.compile(r"\b(?:open|agents|hour|weekday)\b")
QUARTER_MS = 15 * 60_000


def _minutes(flow: Flow) -> set[int]:
    """The minutes at which a rule over them may begin to hold: those it names, and the next for one that says "more than"."""
    named = [int(one) for rule in flow.rules if "minutes" in rule.when for one in _NUMBER.findall(rule.when)]
    return {minute for one in named for minute in (one, one + 1) if 0 < minute <= LONGEST_RULE}


_NUMBER = re.compile(r"\b\d{1,6}\b")
LONGEST_RULE = 90 * 24 * 60


def _wake(tx: Tx, run: Row, at: int) -> None:
    records.set_timer(tx, run.site, run.session, "tick", at, 0, run.id)


def _entered(case: Case) -> None:
    """A step that asks for a code sends it, where the customer's own act led to it."""
    by = case.by
    if by.grant and by.actor.kind == "customer" and case.body["step"] == case.state.step:
        code_fields.entered(case.world, case.tx, case.run, case.flow, case.state, by.grant, by.tier)


def _verified(case: Case) -> None:
    if case.by.grant:
        tier = int(case.body["tier"])
        raise_grant(case.tx, case.by.grant, tier, str(case.body["by"]))
        code_fields.entered(case.world, case.tx, case.run, case.flow, case.state, case.by.grant, tier)


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


def best_tier(tx: Tx, session: str) -> int:
    """What the surest of the customer's windows in a session may do now."""
    return max((access.grant_of(row, tx.now).tier for row in grants.of_session(tx, session)), default=1)


# slots


def _answered(case: Case) -> None:
    slots.answered(case.tx, case.run, case.flow, case.body)


def _booked(case: Case) -> None:
    customer = log.locked(case.tx, case.run.session)["customer"]
    slots.booked(case.tx, case.run, case.body, customers.cluster(case.tx, customer))


# calls, waits, notes


def _called(case: Case) -> Onward | None:
    return call(case.world, case.tx, case.run, case.flow, case.body, case.by) if case.owned else None


def call(world: World, tx: Tx, run: Row, flow: Flow, body: Mapping[str, Any], by: Acting) -> Onward | None:
    """Does a built-in call at once; owes any other to the company's server, with an idempotency key that stays the same."""
    name, key, given = str(body["call"]), str(body["key"]), body.get("with", {})
    if builtin.is_ours(name):
        ok, value = builtin.perform(world, tx, run, name, f"call {run.id} {key}", given)
        tier = max(by.tier, best_tier(tx, run.session))
        return Onward(Returned(key, ok, value, tier), _later(by, f"returned {run.id} {key}", tier))
    session = log.locked(tx, run.session)
    step = flow.steps.get(str(body["step"]))
    safe = step is not None and step.do is not None and step.do.safe
    payload = {"call": name, "with": given, "key": key, "step": body["step"], "safe": safe}
    outbox.owe(tx, session, "call", "call", f"call {run.id}", payload, seq=session["seq"], run=run.id)
    return None


def _later(by: Acting, key: str, tier: int) -> Acting:
    """What happens by itself is nobody's act: the flow turns to where the customer was last."""
    return replace(by, key=key, actor=Actor("system"), tier=tier)


def _waiting(case: Case) -> Onward | None:
    if case.state.waiting is None:
        return None
    if case.state.waiting.due:
        _wake(case.tx, case.run, case.state.waiting.due)
    return came(case.tx, case.run, case.state, case.by)


def came(tx: Tx, run: Row, state: State, by: Acting) -> Onward | None:
    """What a run waits for, if the company told of it since the run began and the run has not used it yet."""
    if state.waiting is None:
        return None
    for event in log.told(tx, run.session, state.waiting.kind, run.created_at):
        key = f"came {run.id} {event.seq}"
        if log.by_key(tx, run.session, key) is None:
            tier = best_tier(tx, run.session)
            return Onward(Came(event.kind, event.body, tier), _later(by, key, tier))
    return None


def _notified(case: Case) -> None:
    """A rule tells the team something; the run goes on."""
    note = Draft("note", {"text": case.body["text"]}, f"{case.by.key}/note{case.number}", _flow_of(case.run))
    log.append(case.tx, case.run.session, replace(note, run=case.run.id))


def _flow_of(run: Row) -> Actor:
    return Actor("flow", run.id)


# people, and the end


def _handover(case: Case) -> Onward | None:
    return hand_over(case.tx, case.run, case.body, case.by) if case.owned else None


def hand_over(tx: Tx, run: Row, body: Mapping[str, Any], by: Acting) -> Onward | None:
    """Queues the session for a team; where nobody is there, the run goes `otherwise` if it has one."""
    site = row_of(tx, run.site)
    team = site.default_team if body["team"] == "anyone" else body["team"]
    if body.get("otherwise") and not (is_open(site, tx.now) and _staffed(tx, site.id, team)):
        return Onward(Resume("otherwise", by.tier), replace(by, key=f"{by.key}/nobody"))
    given = sessions.give(tx, run.session, f"queue:{team}", f"{by.key}/owner", body.get("why", ""), _flow_of(run))
    if body.get("otherwise"):
        waits = int(site.options.get("handover_timeout_ms", HANDOVER_TIMEOUT_MS))
        records.set_timer(tx, site.id, run.session, "handover", tx.now + waits, given.epoch, run.id)
    return None


def _staffed(tx: Tx, site_id: str, team: str) -> bool:
    return any(
        team in agent.teams or not agent.teams for agent in accounts.agents(tx, site_id) if not agent.disabled_at
    )


def _ended(case: Case) -> None:
    if case.run.link is not None:
        links.change(case.tx, case.run.link, state="done")
    stored.let_go(case.tx, case.run.id)


def tell_outcome(case: Case, said_on: str, grant: str | None) -> None:
    """Tells the number on file that something was done, once and without a link: it may have been somebody else (C38).

    Where the end was just said to that very number, it knows. `said_on` is the channel of the thread it was said in.
    """
    tx, run = case.tx, case.run
    if not any(case.flow.steps[name].tier >= PROVEN for name in case.state.path if name in case.flow.steps):
        return
    session = log.locked(tx, run.session)
    to = speaking.phone_for(tx, session["customer"], None)
    knows = said_on in speaking.TEXTS and to == speaking.phone_for(tx, session["customer"], grant)
    if to is None or knows or outbox.texted_for(tx, run.id):
        return
    site = row_of(tx, run.site)
    locale, _ = voice_of(tx, session["customer"], site)
    purpose = case.flow.spoken(locale).purpose
    text = case.world.words.text("notice.outcome", locale, site=site.name, purpose=purpose)
    speaking.owe_text(case.world, tx, session, site, to, text, run=run.id)


FOLLOWS: Mapping[str, Callable[[Case], Onward | None]] = {
    "run.started": _started,
    "run.entered": _entered,
    "run.verified": _verified,
    "run.answered": _answered,
    "run.booked": _booked,
    "run.called": _called,
    "run.waiting": _waiting,
    "run.notified": _notified,
    "run.handover": _handover,
    "run.ended": _ended,
}
