"""Verbs of proving who one is in a running app: by a fact the company holds, or by a code texted to the number on file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from disposable.engine import Answer, Command, Handover, Prove, Raised, Text
from widget_server.actions import access, code_fields, codes, driving, speaking, windows
from widget_server.actions.access import Grant
from widget_server.actions.code_fields import Asked
from widget_server.actions.driving import Acting
from widget_server.actions.errors import Refused, Throttled
from widget_server.actions.world import World, row_of
from widget_server.addresses import masked
from widget_server.events import Draft
from widget_server.store import customers, grants, log, records
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx

REBINDS_A_DAY = 3


def prove(world: World, who: Grant, handle: str, raw: str, key: str, device: str = "") -> bool:
    """Compares a fact with what the company told; it is then dropped. True if it was right.

    Raises Throttled (C12), Refused("locked").
    """
    with world.store.write() as tx:
        run = windows.run_of(tx, who, handle)
        windows.must_be_unlocked(tx, who, run)
        by = windows.acting(who, key, device)
        if _has_proven(world, tx, who, run):
            return True
        if log.by_key(tx, run.session, by.key) is None:
            windows.must_be_open(tx, run)
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
        run = windows.run_of(tx, who, handle)
        session = log.locked(tx, run.session)
        phone = speaking.phone_for(tx, session["customer"], None)
        if phone is None:
            raise Refused("no-phone")
        action, title = _act(world, tx, who, run)
        if not title and records.tries(tx, f"rebind {run.session}", 86_400_000) >= REBINDS_A_DAY:
            raise Refused("rebinds")
        codes.send(world, tx, session, who.id, phone, action, title)
        return masked("phone", phone)


def prove_code(world: World, who: Grant, handle: str, digits: str, key: str) -> bool:
    """Checks a texted code; right, the grant stands at tier 2 and other windows are told. Raises Throttled.

    If the code was for one act, and the fact was known before, it stands at tier 3 for as long as the code would have lived.
    """
    with world.store.write() as tx:
        run = windows.run_of(tx, who, handle)
        by = windows.acting(who, key)
        if log.by_key(tx, run.session, by.key) is not None:
            return True
        action, title = _act(world, tx, who, run)
        allowed = driving.may_try(tx, run.session, who.id)
        phone = speaking.phone_for(tx, log.locked(tx, run.session)["customer"], None)
        right = bool(allowed and phone and codes.is_right(tx, who.id, phone, action, digits))
        if right:
            if not title:
                records.tried(tx, f"rebind {run.session}")
            note_code(world, tx, run, by, 3 if title else 2)
    if not allowed:
        raise Throttled(driving.TRIES_WINDOW_MS // 1000)
    return right


def note_code(world: World, tx: Tx, run: Row, by: Acting, tier: int, *, speaks: bool = True) -> None:
    """A texted code was right: the window stands higher, other windows are told, and the run goes on where it waited for it."""
    if by.grant is None:
        return
    driving.raise_grant(tx, by.grant, tier, "code")
    body = {"tier": tier, "by": "code"}
    log.append(tx, run.session, Draft("grant.raised", body, by.key, by.actor, by.channel, run=run.id, grant=by.grant))
    after = Acting(f"{by.key}/run", by.actor, by.channel, by.grant, tier)
    driving.drive(world, tx, run, Raised(tier, "code", by.channel), after, speaks)


# fields of kind code

WRONG = {"ok": False, "to": ""}


def checked(world: World, tx: Tx, run: Row, one: Asked, said: str, by: Acting) -> dict[str, Any]:
    """What the engine is told of the digits given in a field. Raises Throttled from the sixth try within an hour on (C12)."""
    if by.grant is None or one.phone is None:
        return WRONG
    if not driving.may_try(tx, run.session, by.grant, one.phone):
        raise Throttled(driving.TRIES_WINDOW_MS // 1000)
    if not codes.is_right(tx, by.grant, one.phone, one.act, code_fields.bare(said)):
        return WRONG
    _proven(world, tx, run, one, by)
    return {"ok": True, "to": one.to}


def _proven(world: World, tx: Tx, run: Row, one: Asked, by: Acting) -> None:
    """The number on file raises the window, as any texted code does. Another number is proven for this answer only: whoever
    knows a name could otherwise bring a phone of their own, and have every later code sent there."""
    if one.on_file:
        note_code(world, tx, run, replace(by, key=f"{by.key}/code"), 2, speaks=False)
        return
    site, customer = row_of(tx, run.site), log.locked(tx, run.session)["customer"]
    customers.learn(tx, customer, site, Address("phone", one.phone or "", "code", proven=False))
    body = {"kind": "phone", "value": one.phone, "evidence": "code"}
    key = f"{by.key}/proven"
    log.append(tx, run.session, Draft("identity", body, key, by.actor, by.channel, run=run.id, grant=by.grant))


def tier_now(tx: Tx, by: Acting) -> int:
    """What the window may do after what it has just proven."""
    row = grants.get(tx, by.grant) if by.grant else None
    return access.grant_of(row, tx.now).tier if row else by.tier


def heard(world: World, tx: Tx, run: Row, text: str, by: Acting) -> Command:
    """What a text to a run means: where its step asks for a code, digits are looked at first, and a code that was never
    sent, or is too old, is sent."""
    flow, state = driving.load(world, tx, run)
    plain = Text(text, by.tier, by.channel)
    one = code_fields.asked(tx, run, flow, state, state.step)
    if one is None or by.grant is None or by.tier < flow.steps[state.step].tier:
        return plain
    if not code_fields.reads_as_code(text):
        code_fields.entered(world, tx, run, flow, state, by.grant, by.tier)
        return plain
    try:
        found = checked(world, tx, run, one, text, by)
    except Throttled:
        return Handover("anyone", "prove")
    if not found["ok"]:
        code_fields.entered(world, tx, run, flow, state, by.grant, by.tier)
    return Answer(state.step, {one.field: found}, tier_now(tx, by), by.channel)
