"""From step to step: entering, going on over what was answered before, calling, waiting, handing over, ending."""

from typing import Any

from disposable import booking, steps
from disposable.deciding import Decision
from disposable.definition import ANYONE, Step
from disposable.definition import Handover as HandoverTo
from disposable.expressions import Template

LISTED = ("choice", "choices", "slot")


def enter(run: Decision, name: str, why: str, **more: Any) -> None:
    """Stands at a step, and does what it does by itself."""
    step = run.flow.steps[name]
    if step.kind in ("end", "do") and not booking.settle(run):
        return
    run.happen("run.entered", step=name, why=why, **more)
    if step.end is not None:
        run.happen("run.ended", step=name, outcome=name)
    elif step.handover is not None:
        hand_over(run, step.handover, left=_before_handover(run))
    elif step.wait is not None:
        _wait(run, name, step)
    elif step.do is not None and run.may(name) and why != "nobody":
        # With nobody to help, a failed call is tried again when the customer says so, not in a circle by itself.
        call(run, name)
    elif step.field and step.field.kind in LISTED and not step.field.optional and not run.options(name):
        hand_over(run, HandoverTo(team=ANYONE), rule="empty", left=name)


def _before_handover(run: Decision) -> str:
    earlier = (name for name in reversed(run.state.path[:-1]) if run.flow.steps[name].handover is None)
    return next(earlier, "")


def _wait(run: Decision, name: str, step: Step) -> None:
    if step.wait is not None:
        within = step.wait.within or 0
        due = run.setting.now + within * 1000 if within else 0
        run.happen("run.waiting", step=name, kind=step.wait.for_, within=within, due=due)


def advance(run: Decision, name: str) -> None:
    """Goes on to a step, over those whose earlier answers still stand."""
    while (onward := _kept(run, name)) is not None:
        run.happen("run.entered", step=name, why="kept")
        name = onward
    enter(run, name, "next")


def _kept(run: Decision, name: str) -> str | None:
    """Where the answer held for a step leads on, None if it has to be asked."""
    held = run.state.held.get(name)
    if held is None or name in run.state.open:
        return None
    step = run.flow.steps[name]
    if step.kind == "choose":
        return (step.choose or {})[held.value].next if offered(run, name, held.value) else None
    return step.next if step.kind == "say" or (step.kind == "field" and offered(run, name, held.value)) else None


def offered(run: Decision, name: str, value: Any) -> bool:
    """Whether a value can still be chosen at a step; what is not chosen from anything always can."""
    step = run.flow.steps[name]
    if step.kind == "choose":
        return any(option.value == value for option in run.choices(name))
    if step.field is None or step.field.kind not in LISTED or value is None:
        return True
    there = [option.saved for option in run.options(name)]
    wanted = value if step.field.kind == "choices" and isinstance(value, list) else [value]
    return all(one in there for one in wanted)


def call(run: Decision, name: str) -> None:
    """Asks the company's server."""
    do = run.flow.steps[name].do
    if do is not None:
        given = {key: _filled(run, value) for key, value in do.with_.items()}
        run.happen("run.called", step=name, call=do.call, key=f"{name}:{run.state.calls + 1}", **{"with": given})


def _filled(run: Decision, value: Any) -> Any:
    if isinstance(value, str):
        return Template.parse(value).value(run.names(), run.setting.locale, run.setting.zone)
    if isinstance(value, dict):
        return {key: _filled(run, inner) for key, inner in value.items()}
    return [_filled(run, inner) for inner in value] if isinstance(value, list) else value


def hand_over(run: Decision, to: HandoverTo, *, left: str, rule: str = "", why: str | None = None) -> None:
    """Gives the run to a person."""
    run.happen(
        "run.handover",
        step=run.state.step,
        team=to.team,
        why=run.say(to.why) if why is None else why,
        then=to.then,
        otherwise=to.otherwise,
        rule=rule,
        left=left,
    )


def moved(run: Decision, word: str) -> bool:
    """Whether a word turned the page, went back a step, called a person or asked for help."""
    if word == "back" and (before := steps.before(run.flow, run.state, run.state.step)) is not None:
        enter(run, before, "back")
    elif word in ("more", "help"):
        run.happen("run.entered", step=run.state.step, why=word)
    elif word == "agent":
        hand_over(run, HandoverTo(team=ANYONE), rule="asked", left=run.state.step)
    else:
        return False
    return True
