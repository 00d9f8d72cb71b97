"""The ways through a flow: which step leads where, and what is saved on the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from disposable.definition import Flow, Handover, Step


@dataclass(frozen=True, slots=True)
class Edge:
    """One way on. `where` is the place of the target in the definition, `save` what is known after it."""

    where: tuple[str, ...]
    target: str
    save: str | None = None


def edges(name: str, step: Step) -> Iterator[Edge]:
    """The ways out of a step, those of its hand-overs included."""
    at = ("steps", name)
    if step.next is not None:
        yield Edge((*at, "next"), step.next, saved_by(step))
    for key, otherwise in (("do", step.do and step.do.otherwise), ("wait", step.wait and step.wait.otherwise)):
        if otherwise is not None:
            yield Edge((*at, key, "otherwise"), otherwise)
    yield from handover_edges((*at, "handover"), step.handover)
    for key, choice in (step.choose or {}).items():
        if choice.next is not None:
            yield Edge((*at, "choose", key, "next"), choice.next)
        yield from handover_edges((*at, "choose", key, "handover"), choice.handover)


def saved_by(step: Step) -> str | None:
    """The name that is known after the step."""
    part = step.field or step.do or step.wait
    return part.save if part else None


def handover_edges(where: tuple[str, ...], handover: Handover | None) -> Iterator[Edge]:
    if handover and handover.then is not None:
        yield Edge((*where, "then"), handover.then)
    if handover and handover.otherwise is not None:
        yield Edge((*where, "otherwise"), handover.otherwise)


def rule_edges(flow: Flow) -> Iterator[Edge]:
    """Where rules lead; a rule may fire at any step."""
    for index, rule in enumerate(flow.rules):
        if rule.next is not None:
            yield Edge(("rules", str(index), "next"), rule.next)
        yield from handover_edges(("rules", str(index), "handover"), rule.handover)


def reached(flow: Flow, instead: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Every step that can be reached, with what may have been saved before it; `instead` mends mistyped targets."""
    found: dict[str, frozenset[str]] = {}
    todo = [(instead.get(flow.start, flow.start), frozenset[str]())]
    while todo:
        while todo:
            name, saved = todo.pop()
            if name not in flow.steps or (name in found and saved <= found[name]):
                continue
            found[name] = found.get(name, frozenset()) | saved
            todo += [
                (instead.get(edge.target, edge.target), found[name] | ({edge.save} if edge.save else frozenset()))
                for edge in edges(name, flow.steps[name])
            ]
        anything = everything_saved(flow, found)
        todo = [
            (edge.target, anything)
            for edge in rule_edges(flow)
            if edge.target in flow.steps and not (edge.target in found and anything <= found[edge.target])
        ]
    return found


def everything_saved(flow: Flow, found: dict[str, frozenset[str]]) -> frozenset[str]:
    """What may have been saved anywhere, which is what a rule can know."""
    names = {edge.save for name in found for edge in edges(name, flow.steps[name]) if edge.save}
    return frozenset(names).union(*found.values())


def can_leave(flow: Flow, instead: Mapping[str, str]) -> frozenset[str]:
    """The steps from which an end or a person can be reached."""
    good = {name for name, step in flow.steps.items() if step.kind in ("end", "handover") or _offers_person(step)}
    grown = True
    while grown:
        more = {
            name
            for name, step in flow.steps.items()
            if name not in good and any(instead.get(edge.target, edge.target) in good for edge in edges(name, step))
        }
        good |= more
        grown = bool(more)
    return frozenset(good)


def _offers_person(step: Step) -> bool:
    return any(choice.handover for choice in (step.choose or {}).values())
