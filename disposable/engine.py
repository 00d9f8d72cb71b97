"""The engine of a run: decide(flow, state, command) -> what happened; evolve(flow, state, happened) -> state.

decide thinks: it understands, validates, walks and fires rules, and never raises for a flow that loading accepted. Times
and actors belong to whoever stores the events. What it decides stands by subject: answering, hearing, walking, booking,
trust, rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from disposable import answering, hearing, rules, trust, walking
from disposable.commands import (
    Answer,
    Came,
    Command,
    Handover,
    Prove,
    Raised,
    Resume,
    Returned,
    Start,
    Text,
    Tick,
)
from disposable.deciding import AT_REST, FACT_TIER, Decision
from disposable.definition import ANYONE, Flow
from disposable.definition import Handover as HandoverTo
from disposable.folding import KINDS, evolve, replay
from disposable.state import CALLING, HANDED, NEW, WAITING, Answered, Happened, State
from disposable.steps import Setting

__all__ = [
    "FACT_TIER",
    "KINDS",
    "Answer",
    "Answered",
    "Came",
    "Command",
    "Handover",
    "Happened",
    "Prove",
    "Raised",
    "Resume",
    "Returned",
    "Setting",
    "Start",
    "State",
    "Text",
    "Tick",
    "decide",
    "evolve",
    "replay",
]

_HERE = Setting()


def decide(flow: Flow, state: State, command: Command, now_ms: int, setting: Setting = _HERE) -> list[Happened]:
    """What the command makes happen; nothing if it is not, or no longer, the run's turn. Never raises."""
    channel = getattr(command, "channel", "") or state.channel
    run = Decision(flow, state, replace(setting, now=now_ms), getattr(command, "tier", 1), channel)
    _HANDLERS[type(command)](run, command)
    if run.happened:
        hearing.go_ahead(run)
    if run.happened or isinstance(command, Tick):
        rules.fire(run)
    return run.happened


def _start(run: Decision, command: Start) -> None:
    if run.state.status == NEW:
        context = dict(command.context)
        said = {"heard": command.said[: answering.MAX_HEARD]} if command.said else {}
        run.happen("run.started", flow=run.flow.app, hash=run.hash, context=context, channel=command.channel, **said)
        walking.enter(run, run.flow.start, "start")
        if command.said:
            hearing.opened(run, command.said)


def _answer(run: Decision, command: Answer) -> None:
    answering.answer(run, command.step, command.given)


def _text(run: Decision, command: Text) -> None:
    hearing.text(run, command.text)


def _prove(run: Decision, command: Prove) -> None:
    if run.state.status != NEW and run.flow.verify and command.tier < FACT_TIER:
        trust.compare(run, command.raw)


def _raised(run: Decision, command: Raised) -> None:
    if run.state.status != NEW:
        trust.verified(run, command.tier, command.by)


def _returned(run: Decision, command: Returned) -> None:
    calling = run.state.calling
    step = run.flow.steps.get(calling.step) if calling else None
    if not calling or calling.key != command.key or not step or not step.do:
        return
    onward = (step.next if command.ok else step.do.otherwise) or ""
    run.happen(
        "run.returned",
        step=calling.step,
        key=command.key,
        ok=command.ok,
        value=command.value if command.ok else None,
        save=step.do.save or "",
        next=onward or calling.step,
    )
    _go_on(run, calling.step, onward, "next" if command.ok else "otherwise")


def _came(run: Decision, command: Came) -> None:
    waiting = run.state.waiting
    step = run.flow.steps.get(waiting.step) if waiting else None
    if not waiting or waiting.kind != command.kind or not step or not step.wait:
        return
    save, onward = step.wait.save or "", step.next or ""
    run.happen(
        "run.came", step=waiting.step, kind=command.kind, value=command.value, save=save, next=onward or waiting.step
    )
    _go_on(run, waiting.step, onward, "next")


def _go_on(run: Decision, name: str, onward: str, why: str) -> None:
    """After what was done outside; a person who has the run by now gives it back when they are done."""
    if run.state.status == HANDED:
        return
    if onward:
        walking.enter(run, onward, why)
    else:
        walking.hand_over(run, HandoverTo(team=ANYONE), rule="failed", left=name)


def _tick(run: Decision, _command: Tick) -> None:
    if run.state.status == WAITING:
        _expire(run)


def _expire(run: Decision) -> None:
    """Ends a wait that is over."""
    waiting = run.state.waiting
    step = run.flow.steps.get(waiting.step) if waiting else None
    if not waiting or not waiting.due or run.setting.now < waiting.due or not step or not step.wait:
        return
    if step.wait.otherwise:
        walking.enter(run, step.wait.otherwise, "otherwise")
    else:
        walking.hand_over(run, HandoverTo(team=ANYONE), rule="late", left=waiting.step)


def _resume(run: Decision, command: Resume) -> None:
    handed = run.state.handover
    if run.state.status != HANDED or handed is None:
        return
    wanted = {"then": handed.then, "otherwise": handed.otherwise}.get(command.to)
    run.happen("run.resumed", step=wanted or handed.left, to=command.to)
    if wanted:
        walking.enter(run, wanted, command.to)
    elif run.state.status == WAITING:
        _expire(run)
    elif run.state.status == CALLING:
        return
    elif handed.left:
        walking.enter(run, handed.left, "nobody" if command.to == "otherwise" else "return")
    else:
        # A hand-over that nothing came before and nothing follows: its work was done by the person.
        run.happen("run.ended", step=run.state.step, outcome=run.state.step)


def _handover(run: Decision, command: Handover) -> None:
    if run.state.status in (*AT_REST, CALLING):
        walking.hand_over(run, HandoverTo(team=command.team), rule="asked", left=run.state.step, why=command.why)


_HANDLERS: Mapping[type, Callable[[Decision, Any], None]] = {
    Start: _start,
    Answer: _answer,
    Text: _text,
    Prove: _prove,
    Raised: _raised,
    Returned: _returned,
    Came: _came,
    Resume: _resume,
    Handover: _handover,
    Tick: _tick,
}
