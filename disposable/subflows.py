"""Putting the steps of another flow in the place of a step with `subflow`.

Its steps are called `step.name` and its ends lead to what comes next. What it has besides steps, layers and translations is left
out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as having
from typing import Any, TypeAlias

from disposable.definition import Choice, ContextType, Flow, Handover, Layer, Step
from disposable.graph import Saved
from disposable.known import ANY, Known, meant, resolve, saved_types
from disposable.naming import Found
from disposable.spots import Spot, Where, nearest_spot
from disposable.texts import Tree

Renamed: TypeAlias = Callable[[str], str]

MAX_STEPS = 3_000


@dataclass(frozen=True, slots=True)
class Need:
    """What another flow must be given: the types of its context, at the step `entry` it begins with."""

    where: Where
    entry: str
    name: str
    types: Mapping[str, ContextType]


@dataclass
class Part:
    """A flow that was read, where each thing of it stands, and what could not be read of it."""

    flow: Flow
    places: dict[Where, Spot]
    broken: set[Where] = having(default_factory=set)
    loose: bool = False
    blind: bool = False
    """Whether a flow it runs could not be read, so that nothing can be said about names."""
    needs: list[Need] = having(default_factory=list)
    trees: dict[str, Tree] = having(default_factory=dict)
    tree_places: dict[str, dict[Where, Spot]] = having(default_factory=dict)
    tree_broken: dict[str, set[Where]] = having(default_factory=dict)

    def spot(self, where: Where) -> Spot:
        return nearest_spot(self.places, where)


def joined(whole: Part, parts: Mapping[str, Part]) -> Part:
    """The flow with the parts (step -> the flow it runs) in the places of these steps."""
    if not parts:
        return whole
    entries = {name: _entry(name, whole.flow.steps[name], part.flow) for name, part in parts.items()}

    def outside(target: str) -> str:
        # A flow that begins with its end is nothing: one is led on, but not in circles.
        for _ in range(len(entries) + 1):
            if target not in entries:
                break
            target = entries[target]
        return target

    steps: dict[str, Step] = {}
    for name, step in whole.flow.steps.items():
        if name in parts:
            steps |= _inside(name, parts[name].flow, outside(step.next or ""))
        else:
            steps[name] = _led(step, outside)
    rules = tuple(
        rule.model_copy(update={"next": rule.next and outside(rule.next), "handover": _handed(rule.handover, outside)})
        for rule in whole.flow.rules
    )
    layers = _layers(whole.flow, parts)
    flow = whole.flow.but(start=outside(whole.flow.start), steps=steps, rules=rules, layers=layers)
    found = Part(flow, dict(whole.places), set(whole.broken), whole.loose, whole.blind, list(whole.needs))
    found.trees = {language: dict(tree) for language, tree in whole.trees.items()}
    for name, part in parts.items():
        _add(found, name, part, whole, outside(name))
    return found


def _entry(name: str, step: Step, inner: Flow) -> str:
    first = inner.steps.get(inner.start)
    return (step.next or "") if first is not None and first.end is not None else f"{name}.{inner.start}"


def _inside(name: str, inner: Flow, after: str) -> dict[str, Step]:
    def target(of: str) -> str:
        step = inner.steps.get(of)
        return after if step is not None and step.end is not None else f"{name}.{of}"

    return {f"{name}.{key}": _led(step, target) for key, step in inner.steps.items() if step.end is None}


def _led(step: Step, renamed: Renamed) -> Step:
    """The step with every way on renamed."""
    change: dict[str, Any] = {"next": step.next and renamed(step.next), "handover": _handed(step.handover, renamed)}
    if step.choose is not None:
        change["choose"] = {key: _chosen(choice, renamed) for key, choice in step.choose.items()}
    for key in ("do", "wait"):
        part = getattr(step, key)
        if part is not None and part.otherwise is not None:
            change[key] = part.model_copy(update={"otherwise": renamed(part.otherwise)})
    return step.model_copy(update=change)


def _chosen(choice: Choice, renamed: Renamed) -> Choice:
    change = {"next": choice.next and renamed(choice.next), "handover": _handed(choice.handover, renamed)}
    return choice.model_copy(update=change)


def _handed(handover: Handover | None, renamed: Renamed) -> Handover | None:
    if handover is None:
        return None
    change = {key: renamed(to) for key in ("then", "otherwise") if (to := getattr(handover, key)) is not None}
    return handover.model_copy(update=change)


def _layers(flow: Flow, parts: Mapping[str, Part]) -> dict[str, dict[str, Layer]]:
    found = {channel: dict(steps) for channel, steps in flow.layers.items()}
    for name, part in parts.items():
        inner = part.flow
        for channel, layers in inner.layers.items():
            kept = {
                key: layer for key, layer in layers.items() if key not in inner.steps or inner.steps[key].end is None
            }
            found.setdefault(channel, {}).update({f"{name}.{key}": layer for key, layer in kept.items()})
    return found


def _add(found: Part, name: str, part: Part, whole: Part, entry: str) -> None:
    """Where the parts of another flow stand, what it needs, and its translations."""
    found.places |= _placed(name, part.places)
    found.broken |= set(_placed(name, dict.fromkeys(part.broken, ("", 0))))
    found.loose |= part.loose
    found.blind |= part.blind
    found.needs += [
        Need(("steps", f"{name}.{need.where[1]}", "subflow"), f"{name}.{need.entry}", need.name, need.types)
        for need in part.needs
    ]
    if entry.startswith(f"{name}."):
        called = whole.flow.steps[name].subflow or ""
        found.needs.append(Need(("steps", name, "subflow"), entry, called, part.flow.context))
    for language, tree in part.trees.items():
        own = found.trees.setdefault(language, {})
        for key in ("steps", "layers"):
            own[key] = _prefixed(name, tree.get(key, {}), part.flow, deep=key == "layers") | own.get(key, {})
        found.tree_places.setdefault(language, {}).update(_placed(name, part.tree_places[language]))
        broken = dict.fromkeys(part.tree_broken[language], ("", 0))
        found.tree_broken.setdefault(language, set()).update(_placed(name, broken))


def _prefixed(name: str, tree: Tree, inner: Flow, *, deep: bool) -> Tree:
    """The words of another flow's steps, as they are called here; its ends do not come along."""
    if deep:
        return {channel: _prefixed(name, steps, inner, deep=False) for channel, steps in tree.items()}
    kept = {key: words for key, words in tree.items() if key not in inner.steps or inner.steps[key].end is None}
    return {f"{name}.{key}": words for key, words in kept.items()}


def _placed(name: str, places: Mapping[Where, Spot]) -> dict[Where, Spot]:
    """Places of another flow's steps and layers, as they are called here."""
    found = {}
    for where, spot in places.items():
        if where[:1] == ("steps",) and len(where) > 1:
            found["steps", f"{name}.{where[1]}", *where[2:]] = spot
        elif where[:1] == ("layers",) and len(where) > 2:
            found["layers", where[1], f"{name}.{where[2]}", *where[3:]] = spot
    return found


def check(flow: Flow, needs: Iterable[Need], reached: Mapping[str, Saved], every: Saved) -> Found:
    """What a subflow needs and is not known, or of another type, where it begins."""
    types = saved_types(flow)
    for need in needs:
        known = Known(flow.context, reached.get(need.entry, every), types, {})
        for name, kind in need.types.items():
            here, problem = resolve(known, [name])
            if problem:
                yield (
                    need.where,
                    f"`subflow`: `{need.name}` needs `{name}`, which is neither in the context nor saved before this"
                    f" step{meant(name, known)}",
                )
            elif not _fits(kind, here):
                yield (
                    need.where,
                    f"`subflow`: `{need.name}` needs `{name}` to be {_said(kind)}, and here it is {_said(here)}",
                )


def _fits(kind: ContextType, here: ContextType) -> bool:
    if ANY in (kind, here):
        return True
    if isinstance(kind, dict) and isinstance(here, dict):
        return all(key in here and _fits(inner, here[key]) for key, inner in kind.items())
    if isinstance(kind, list) and isinstance(here, list):
        return all(_fits(one, other) for one, other in zip(kind, here, strict=False))
    # A text is as good as a personal one, and whatever is told may be kept as a secret.
    return kind == here or {kind, here} <= {"text", "personal"} or (kind == "secret" and isinstance(here, str))


def _said(kind: ContextType) -> str:
    if isinstance(kind, dict):
        return f"{{{', '.join(f'{key}: {_said(inner)}' for key, inner in kind.items())}}}"
    return f"[{_said(kind[0] if kind else ANY)}]" if isinstance(kind, list) else str(kind)
