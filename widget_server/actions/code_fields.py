"""Fields of kind code: whom a step sends digits to, and when. The number on file, or a phone the customer gave.

They are looked at in proofs.py; the engine learns only whether they were right: {"ok", "to"}.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from disposable import steps
from disposable.definition import Flow, Step
from disposable.engine import State
from disposable.expressions import lookup
from disposable.fields import digits as figures
from disposable.state import ASKING
from widget_server.actions import codes, speaking, surroundings
from widget_server.actions.errors import BadAddress, Refused, Throttled
from widget_server.actions.world import World, row_of
from widget_server.addresses import masked, normal
from widget_server.store import log
from widget_server.store.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Asked:
    """A code a run asks for: at which step, under which name, from which number, None if none is known."""

    step: str
    field: str
    phone: str | None
    on_file: bool
    act: str
    called: str

    @property
    def to(self) -> str:
        """The number as its owner knows it."""
        return masked("phone", self.phone) if self.phone else ""


def asked(tx: Tx, run: Row, flow: Flow, state: State, name: str) -> Asked | None:
    """What the step `name` asks for; None if it asks for no code."""
    step = flow.steps.get(name)
    if step is None or step.field is None or step.field.kind != "code":
        return None
    phone = _phone(tx, run, flow, state, step)
    called = step.title if step.title and "{" not in step.title else flow.purpose
    field = steps.field_name(name, step)
    return Asked(name, field, phone, step.field.to is None, codes.action(run.id, name), called)


def _phone(tx: Tx, run: Row, flow: Flow, state: State, step: Step) -> str | None:
    if step.field is None or step.field.to is None:
        return speaking.phone_for(tx, log.locked(tx, run.session)["customer"], None)
    told = lookup(tuple(step.field.to.split(".")), steps.names(state, surroundings.here(tx, run, flow)))
    try:
        return normal("phone", str(told or ""), row_of(tx, run.site).options.get("region"))
    except BadAddress:
        return None


def send(world: World, tx: Tx, run: Row, grant_id: str, one: Asked) -> None:
    """Texts the digits. Raises Refused("no-phone"), Throttled (C12)."""
    if one.phone is None:
        raise Refused("no-phone")
    codes.send(world, tx, log.locked(tx, run.session), grant_id, one.phone, one.act, one.called)


def entered(world: World, tx: Tx, run: Row, flow: Flow, state: State, grant_id: str, tier: int) -> None:
    """An act of the customer led to a step: if that asks for a code, it is sent without their asking.

    Whoever has had too many, or whose number nobody knows, is told so when they ask for one.
    """
    step = flow.steps.get(state.step)
    if step is None or state.status != ASKING or tier < step.tier:
        return
    one = asked(tx, run, flow, state, state.step)
    if one is not None and not codes.underway(tx, grant_id, one.act):
        with suppress(Throttled, Refused):
            send(world, tx, run, grant_id, one)


def bare(said: str) -> str:
    """The digits of what was typed, in any script, with whatever stands between them left out."""
    return "".join(filter(str.isdigit, figures(said)))


def reads_as_code(text: str) -> bool:
    """Whether a text is digits for a code rather than a word for the flow."""
    return 4 <= len(bare(text)) <= 10 and not any(sign.isalpha() for sign in text)


def holds_code(text: str) -> bool:
    """Whether the digits of a code stand somewhere in a text, "it is 123456" or "123 456": not for the log to keep."""
    return _DIGITS.search(figures(text)) is not None


_DIGITS = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")
