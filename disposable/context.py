"""The context a flow needs, checked when a link is minted, so that a mistake is found there and not on a phone."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from pydantic import JsonValue

from disposable import formats

TYPES = ("text", "personal", "secret", "number", "date", "datetime")

# A type of context: one of TYPES, [type] for a list, {key: type} for an object.
ContextType: TypeAlias = JsonValue
Types: TypeAlias = Mapping[str, ContextType]

MAX_TEXT = 1_000
MAX_LIST = 200
Mistakes = Iterator[tuple[str, str]]


class ContextInvalid(ValueError):
    """The context does not fit the flow; `mistakes` are (dotted name, what to write instead)."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in mistakes))
        self.mistakes = mistakes


def check(types: Types, context: Mapping[str, Any], lists: Iterable[str]) -> None:
    """Raises ContextInvalid with every mistake: missing, unknown, of another type, one of `lists` (dotted) empty."""
    mistakes = list(_object("", types, context)) + list(_empty_lists(types, context, lists))
    if mistakes:
        raise ContextInvalid(mistakes)


def check_some(types: Types, values: Mapping[str, Any]) -> None:
    """The same for values set later, by dotted or top name; names the flow does not declare are free."""
    mistakes = []
    for name, value in values.items():
        kind = type_at(dict(types), name)
        mistakes += list(_check(name, kind, value)) if kind is not None else []
    if mistakes:
        raise ContextInvalid(mistakes)


def type_at(kind: ContextType, name: str) -> ContextType | None:
    """The declared type under a dotted name, or None."""
    for key in name.split("."):
        if not isinstance(kind, dict) or key not in kind:
            return None
        kind = kind[key]
    return kind


def _object(name: str, kinds: Mapping[str, ContextType], value: object) -> Mistakes:
    if not isinstance(value, Mapping):
        yield name or "context", f"must be an object with {', '.join(kinds)}"
        return
    for key, kind in kinds.items():
        where = f"{name}.{key}" if name else key
        if value.get(key) is None:
            yield where, f"is missing: it must be {described(kind)}"
        else:
            yield from _check(where, kind, value[key])
    for key in value:
        if key not in kinds:
            yield f"{name}.{key}" if name else str(key), "is not in the flow's context"


def _check(name: str, kind: ContextType, value: object) -> Mistakes:
    if isinstance(kind, dict):
        yield from _object(name, kind, value)
    elif isinstance(kind, list):
        yield from _list(name, kind[0], value)
    elif not _fits(str(kind), value):
        yield name, f"must be {described(kind)}"


def _list(name: str, kind: ContextType, value: object) -> Mistakes:
    if not isinstance(value, list):
        yield name, "must be a list"
    elif len(value) > MAX_LIST:
        yield name, f"must have {MAX_LIST} items at most"
    else:
        for index, item in enumerate(value):
            yield from _check(f"{name}[{index}]", kind, item)


def _fits(kind: str, value: object) -> bool:
    if kind == "number":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and math.isfinite(value) and abs(value) < 10**15  # type: ignore[arg-type]
    if kind == "date":
        return formats.day(value) is not None
    if kind == "datetime":
        extra = set(value) - {"at", "zone"} if isinstance(value, Mapping) else set()
        return formats.moment(value) is not None and not extra
    return isinstance(value, str) and len(value) <= MAX_TEXT


def described(kind: ContextType) -> str:
    """A type in words, for whoever must give such a value."""
    if isinstance(kind, dict):
        return f"an object with {', '.join(kind)}"
    if isinstance(kind, list):
        return "a list"
    return {
        "number": "a number",
        "date": "a date like 2026-11-21",
        "datetime": 'an instant with an offset like 2026-11-21T20:12:00+01:00, or {"at": instant, "zone": "Europe/Berlin"}',
    }.get(str(kind), f"text of {MAX_TEXT} characters at most")


def _empty_lists(types: Types, context: Mapping[str, Any], lists: Iterable[str]) -> Mistakes:
    for name in dict.fromkeys(lists):
        if type_at(dict(types), name) is None:
            continue
        value: object = context
        for key in name.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value == []:
            yield name, "must hold at least one item: the flow lets the customer choose from it"
