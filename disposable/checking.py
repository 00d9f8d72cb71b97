"""What a flow must promise beyond its form: every step reached and left, every name known, its example sound.

Yields (place in the definition, message); loading.py turns places into lines.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping, Set

from disposable import graph, naming_steps, subflows
from disposable.context import ContextInvalid
from disposable.definition import Flow, Layer, Step, check_context
from disposable.graph import Saved
from disposable.known import LEAST_TIER, SITE, meant, nearest, saved_types
from disposable.naming import Found
from disposable.spots import Where
from disposable.subflows import Need

__all__ = ["SITE", "check", "saved_types"]

MENDED = 50
"""Of more mistyped targets than these, nothing is guessed."""


def check(
    flow: Flow, broken: Set[Where], needs: Iterable[Need] = (), *, loose: bool = False, blind: bool = False
) -> Found:
    """Every mistake in the sense of a flow. Places in `broken` were complained of already; `loose` says that some way
    on could not be read, so that nothing can be said about what is reached. `needs` are those of the flows it runs;
    `blind` says that one of these could not be read, so that nothing can be said about names nobody knows."""
    return _unbroken(_all(flow, needs, loose=loose, blind=blind), broken)


def check_texts(flow: Flow, broken: Set[Where], *, loose: bool = False, blind: bool = False) -> Found:
    """What may be wrong with the texts of a flow alone, in a translation say."""
    known = _known(flow, graph.reached(flow, _mended(flow)), loose=loose)
    return _unbroken(itertools.chain(naming_steps.check(flow, known, blind=blind), _layers(flow)), broken)


def _unbroken(found: Found, broken: Set[Where]) -> Found:
    for where, message in found:
        if not any(where[:end] in broken for end in range(1, len(where) + 1)):
            yield where, message


def _all(flow: Flow, needs: Iterable[Need], *, loose: bool, blind: bool) -> Found:
    yield from dict(_targets(flow)).items()
    mended = _mended(flow)
    found = graph.reached(flow, mended)
    # What a mistyped step inside another flow was to reach is told when that flow is checked by itself.
    lost = any("." in edge.target and edge.target not in (flow.steps | mended) for edge in graph.all_edges(flow))
    if found and not loose and not lost:
        yield from _ways(flow, found, mended)
        yield from _circles(flow)
        yield from _tiers(flow)
    known = _known(flow, found, loose=loose)
    lacking = list(subflows.check(flow, needs, known, graph.anything(flow)))
    yield from lacking
    # What a subflow is not given is said once, not wherever it reads it.
    inside = tuple(f"{where[1]}." for where, _ in lacking)
    for where, message in naming_steps.check(flow, known, blind=blind):
        if not (inside and where[{"steps": 1, "layers": 2}.get(where[0], 0)].startswith(inside)):
            yield where, message
    yield from _layers(flow)
    yield from _example(flow)


def _known(flow: Flow, found: Mapping[str, Saved], *, loose: bool) -> Mapping[str, Saved]:
    """What may have been saved before each step."""
    anything = graph.anything(flow)
    return {name: anything if loose else found.get(name, anything) for name in flow.steps}


def _mended(flow: Flow) -> dict[str, str]:
    """Mistyped targets and the steps that were probably meant."""
    every = dict.fromkeys([flow.start, *(edge.target for edge in graph.all_edges(flow))])
    wrong = [name for name in every if name not in flow.steps]
    close = {name: _near(name, flow.steps) for name in wrong[:MENDED]}
    return {name: found for name, found in close.items() if found}


def _near(target: str, steps: Iterable[str]) -> str | None:
    """The step that was probably meant, in the same flow as what was written."""
    inside, _, name = target.rpartition(".")
    found = nearest(name, _names(inside, steps))
    return f"{inside}.{found}" if found and inside else found


def _names(inside: str, steps: Iterable[str]) -> list[str]:
    """The steps of a flow inside another, as they are called there."""
    return [name.rpartition(".")[2] for name in steps if name.rpartition(".")[0] == inside]


def _targets(flow: Flow) -> Found:
    if flow.start and flow.start not in flow.steps:
        yield ("start",), f"`start` names no step: `{flow.start}`{meant(flow.start, flow.steps)}"
    for edge in graph.all_edges(flow):
        if edge.target not in flow.steps:
            inside, _, name = edge.target.rpartition(".")
            yield edge.where, f"`{edge.where[-1]}` names no step: `{name}`{meant(name, _names(inside, flow.steps))}"


def _ways(flow: Flow, found: Collection[str], mended: Mapping[str, str]) -> Found:
    leaving = graph.can_leave(flow, mended)
    for name, step in flow.steps.items():
        if name not in found:
            yield ("steps", name), f"step `{name}` can never be reached: lead a `next` to it or leave it out"
        if name not in leaving:
            yield ("steps", name), f"step `{name}` can never be left: no way from it leads to an `end` or a `handover`"
        elif step.choose and all(choice.when for choice in step.choose.values()):
            yield (
                ("steps", name, "choose"),
                f"every choice of step `{name}` has a `when`: keep one that is always there",
            )


def _circles(flow: Flow) -> Found:
    for name in graph.circles(flow):
        yield (
            ("steps", name, "do"),
            f"step `{name}` calls in a circle: between it and itself nobody is asked anything, so it would go on for ever."
            " Lead it to a step that asks, waits, hands over or ends",
        )


def _tiers(flow: Flow) -> Found:
    for name, step in flow.steps.items():
        needs = LEAST_TIER.get(step.field.kind, 1) if step.field else 1
        if step.tier < needs:
            yield (
                ("steps", name, "tier"),
                f"step `{name}` takes a {step.field.kind if step.field else ''}: write `tier: {needs}` or leave it out, so that"
                " it comes from somebody who is surely known",
            )


def remarks(flow: Flow) -> list[str]:
    """What is allowed and still worth a second look. For flows without mistakes."""
    return [
        f"step `{name}` has tier 3 and the flow no `verify`: only who is signed in to your app can finish it. A texted code goes"
        " to the same phone as the link, so add `verify: {ask: TEXT, against: CONTEXT.NAME}`"
        for name, step in flow.steps.items()
        if step.tier == 3 and flow.verify is None
    ]


def _layers(flow: Flow) -> Found:
    for channel, steps in flow.layers.items():
        for name, layer in steps.items():
            where = ("layers", channel, name)
            if name not in flow.steps:
                yield where, f"layer `{channel}` names no step: `{name}`{meant(name, flow.steps)}"
            else:
                yield from _layer(where, layer, flow.steps[name])


def _layer(where: Where, layer: Layer, step: Step) -> Found:
    for key in ("say", "ask", "end"):
        if getattr(layer, key) is not None and getattr(step, key) is None:
            yield (*where, key), f"step `{where[-1]}` has no `{key}`: a layer only says in other words what is there"
    for choice in layer.choose:
        if choice not in (step.choose or {}):
            yield (
                (*where, "choose", choice),
                f"step `{where[-1]}` has no choice `{choice}`{meant(choice, step.choose or {})}",
            )


def _example(flow: Flow) -> Found:
    """The example is a context like any other."""
    try:
        if flow.example:
            check_context(flow, flow.example)
    except ContextInvalid as invalid:
        for name, message in invalid.mistakes:
            where = ("example", *name.replace("[", ".").replace("]", "").split("."))
            yield where, f"`example`: `{name}` {message}"
