"""The ways through a flow: which step leads where, and what is saved on the way."""

import functools
import operator
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
    for key, part in (("do", step.do), ("wait", step.wait)):
        if part is not None and part.otherwise is not None:
            yield Edge((*at, key, "otherwise"), part.otherwise)
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


def circles(flow: Flow) -> frozenset[str]:
    """The calls that lead from one to the next and round again, with nobody asked and nothing waited for in between."""
    ways = {name: {step.next, step.do.otherwise} for name, step in flow.steps.items() if step.do is not None}
    left = set(ways)
    while True:
        entered = {target for name in left for target in ways[name] if target in left}
        on = {name for name in left if name in entered and ways[name] & left}
        if on == left:
            return frozenset(on)
        left = on


def all_edges(flow: Flow) -> Iterator[Edge]:
    """Every way from step to step, those of rules last."""
    for name, step in flow.steps.items():
        yield from edges(name, step)
    yield from rule_edges(flow)


@dataclass(frozen=True, slots=True)
class Saved:
    """Names that may have been saved; one bit for each keeps a flow of thousands of steps cheap."""

    bits: int
    index: Mapping[str, int]

    def __contains__(self, name: object) -> bool:
        place = self.index.get(name) if isinstance(name, str) else None
        return place is not None and bool(self.bits >> place & 1)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.index if name in self)

    def __hash__(self) -> int:
        return hash(self.bits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Saved) and (self.bits, self.index) == (other.bits, other.index)


def anything(flow: Flow) -> Saved:
    """Every name that some step saves."""
    index = _index(flow)
    return Saved((1 << len(index)) - 1, index)


def _index(flow: Flow) -> dict[str, int]:
    names = dict.fromkeys(saved for step in flow.steps.values() if (saved := saved_by(step)))
    return {name: place for place, name in enumerate(names)}


def reached(flow: Flow, instead: Mapping[str, str]) -> dict[str, Saved]:
    """Every step that can be reached, with what may have been saved before it; `instead` mends mistyped targets."""
    index = _index(flow)
    ways = _ways(flow, instead, index)
    first = instead.get(flow.start, flow.start)
    if first not in ways:
        return {}
    ruled = [edge.target for edge in rule_edges(flow) if edge.target in ways]
    order = _order(ways, [first, *ruled])
    # A rule may fire at any step, after anything that can be saved.
    every = functools.reduce(operator.or_, (bit for name in order for _, bit in ways[name]), 0)
    found = dict.fromkeys(order, 0) | dict.fromkeys(ruled, every)
    grown = True
    while grown:
        grown = False
        for name in order:
            for target, bit in ways[name]:
                more = found[target] | found[name] | bit
                grown |= more != found[target]
                found[target] = more
    return {name: Saved(bits, index) for name, bits in found.items()}


def _ways(flow: Flow, instead: Mapping[str, str], index: Mapping[str, int]) -> dict[str, list[tuple[str, int]]]:
    """Step -> (step it may lead to, the bit of what it then has saved)."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name, step in flow.steps.items():
        targets = ((instead.get(edge.target, edge.target), edge.save) for edge in edges(name, step))
        found[name] = [(target, 1 << index[save] if save else 0) for target, save in targets if target in flow.steps]
    return found


def _order(ways: Mapping[str, list[tuple[str, int]]], roots: list[str]) -> list[str]:
    """What can be reached, each step before those it leads to, as far as circles allow: then one pass does nearly all."""
    seen: set[str] = set()
    after: list[str] = []
    for root in reversed(roots):
        todo = [(root, iter(ways[root]))] if root not in seen else []
        seen.add(root)
        while todo:
            name, rest = todo[-1]
            target = next((target for target, _ in rest if target not in seen), None)
            if target is None:
                after.append(name)
                todo.pop()
            else:
                seen.add(target)
                todo.append((target, iter(ways[target])))
    return after[::-1]


def everything_saved(flow: Flow, found: Mapping[str, Saved]) -> Saved:
    """What may have been saved anywhere, which is what a rule can know."""
    index = _index(flow)
    bits = functools.reduce(operator.or_, (saved.bits for saved in found.values()), 0)
    for name in found:
        for edge in edges(name, flow.steps[name]):
            bits |= 1 << index[edge.save] if edge.save else 0
    return Saved(bits, index)


def can_leave(flow: Flow, instead: Mapping[str, str]) -> frozenset[str]:
    """The steps from which an end or a person can be reached."""
    before: dict[str, list[str]] = {name: [] for name in flow.steps}
    for name, step in flow.steps.items():
        for edge in edges(name, step):
            before.get(instead.get(edge.target, edge.target), []).append(name)
    todo = [name for name, step in flow.steps.items() if step.kind in ("end", "handover") or _offers_person(step)]
    good = set(todo)
    while todo:
        more = [name for name in before[todo.pop()] if name not in good]
        good.update(more)
        todo += more
    return frozenset(good)


def _offers_person(step: Step) -> bool:
    return any(choice.handover for choice in (step.choose or {}).values())
