"""What the names of a flow hold: the types of the context, of what each kind of field saves, and of our own names."""

import difflib
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from disposable.definition import ContextType, Field, Flow
from disposable.graph import Saved

Types: TypeAlias = Mapping[str, ContextType]

ANY, YES_NO, CLOCK = "any", "yes or no", "time of day"
LEAST_TIER = {"photo": 2, "file": 2, "signature": 3}
"""What a link alone does not allow, for whoever holds it may be anybody: such a step has this tier unless it asks for more."""
SITE: Types = {"name": "text", "host": "text", "zone": "text", "phone": "text"}
IN_WHEN: Types = {
    "stuck": "number",
    "minutes": "number",
    "open": YES_NO,
    "agents": "number",
    "hour": "number",
    "weekday": "text",
}
"""What only the `when` of a rule or a choice may name, beside what every text may."""

MOST = 300

PLACE: ContextType = {"lat": "number", "lon": "number"}
SLOT: ContextType = {"id": "text", "calendar": "text", "starts": "datetime", "ends": "datetime", "zone": "text"}
_FILES: ContextType = [{"file": "text", "name": "text", "type": "text", "size": "number"}]
_OF_FIELD: Mapping[str, ContextType] = {
    "name": "personal",
    "phone": "personal",
    "email": "personal",
    "number": "number",
    "scale": "number",
    "money": {"amount": "number", "currency": "text"},
    "date": "date",
    "time": CLOCK,
    "slot": SLOT,
    "choices": ["text"],
    "yesno": YES_NO,
    "address": {
        "lines": ["personal"],
        "postcode": "personal",
        "city": "personal",
        "region": "personal",
        "country": "personal",
    },
    "photo": _FILES,
    "file": _FILES,
    "signature": {"typed": "personal", "file": "text"},
    "location": {"lat": "number", "lon": "number", "text": "personal", "by": "text"},
    "code": {"to": "personal"},
    "consent": {"agreed": YES_NO},
}


def resolve(known: Types, path: Iterable[str | int]) -> tuple[ContextType, str]:
    """The type that a path reads, or a sentence on why it reads nothing."""
    first, *keys = path
    if first not in known:
        return ANY, f"unknown name `{first}`{meant(str(first), known)}"
    kind, read = known[str(first)], str(first)
    for key in keys:
        if kind == ANY:
            return ANY, ""
        if isinstance(kind, list) and isinstance(key, int):
            kind = kind[0] if kind else ANY
        elif isinstance(kind, dict) and key in kind:
            kind = kind[str(key)]
        elif isinstance(kind, dict):
            return ANY, f"unknown name `{key}` in `{read}`{meant(str(key), kind)}"
        else:
            return ANY, f"`{read}` is {called(kind)} and has no `{key}`"
        read = f"{read}.{key}"
    return kind, ""


def called(kind: ContextType) -> str:
    """A type in words."""
    if isinstance(kind, list):
        return "a list"
    return "an object" if isinstance(kind, dict) else f"a {kind}" if kind != YES_NO else YES_NO


def leaves(kind: ContextType) -> set[str]:
    """The plain types that stand somewhere in a type."""
    if isinstance(kind, dict):
        return set().union(*(leaves(inner) for inner in kind.values()))
    if isinstance(kind, list):
        return set().union(*(leaves(inner) for inner in kind))
    return {str(kind)}


def saved_types(flow: Flow) -> dict[str, ContextType]:
    """What each saved name holds; `any` for what the company tells, and where two steps disagree."""
    types: dict[str, ContextType] = {}
    for step in flow.steps.values():
        part = step.do or step.wait
        if part and part.save:
            types[part.save] = ANY
        if step.field and step.field.save:
            kind = _field_type(flow, step.field)
            known = types.setdefault(step.field.save, kind)
            types[step.field.save] = kind if known == kind else ANY
    return types


def _field_type(flow: Flow, field: Field) -> ContextType:
    if field.from_ is None or field.kind == "slot":
        return _OF_FIELD.get(field.kind, "text")
    kind, problem = resolve(flow.context, field.from_.split("."))
    item = kind[0] if not problem and isinstance(kind, list) and kind else ANY
    return [item] if field.kind == "choices" else item


def is_place(kind: ContextType) -> bool:
    """Whether a type is a position {lat, lon}, or may be one, or holds one under `at`."""
    if not isinstance(kind, dict):
        return kind == ANY
    return all(kind.get(key) in ("number", ANY) for key in ("lat", "lon")) or is_place(kind.get("at", "text"))


@dataclass(frozen=True, slots=True)
class Known(Mapping[str, ContextType]):
    """What one text may read: the context, what may have been saved before it, the site, and what is known there only."""

    context: Types
    saved: Collection[str] | Saved
    types: Types
    also: Types

    def __getitem__(self, name: str) -> ContextType:
        if name in self.also:
            return self.also[name]
        if name in self.types and name in self.saved:
            return self.types[name]
        return dict(SITE) if name == "site" else self.context[name]

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys(
            (*self.context, *(name for name in self.types if name in self.saved), "site", *self.also)
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)


def meant(word: str, options: Iterable[str]) -> str:
    """The known word that was probably meant, or all of them."""
    names = list(itertools.islice(options, MOST))
    close = nearest(word, names)
    if close:
        return f": did you mean `{close}`?"
    return f": there are {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}" if names else ""


def nearest(word: str, options: Collection[str]) -> str | None:
    """The one that was probably meant; of many only the first are looked at, for comparing is slow."""
    return next(iter(difflib.get_close_matches(word[:60], itertools.islice(options, MOST), 1, 0.6)), None)
