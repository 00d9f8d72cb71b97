"""How a person answers what stands on a screen: by a form on the web, by words, numbers and keys elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from disposable.render import asks
from disposable.screen import FieldView, Screen

Json: TypeAlias = Any
NUMBERED = ("sms", "ussd", "voice")
"""The faces where one of many is told by its number."""
WRITTEN = {"signature": "typed", "location": "text"}
"""Kinds of field that may be written instead, and the part of the form that takes it."""
MASKED = "•••42"
TEXTED = "424242"
"""The digits that were texted, in this make-believe."""
UPLOADS = {"photo": "image/jpeg", "file": "application/pdf"}


class NoSuchOption(LookupError):
    """Nothing that is offered is called so. `offered` are the labels there are, `wanted` what was looked for."""

    def __init__(self, wanted: str, offered: Sequence[str]) -> None:
        super().__init__(f"`{wanted}` is not offered")
        self.wanted, self.offered = wanted, tuple(offered)


@dataclass(frozen=True, slots=True)
class Option:
    """Something to pick: the name it is posted under, its value, its words, and its place in the menu, from 1."""

    name: str
    value: str
    label: str
    number: int


def offered(screen: Screen) -> tuple[Option, ...]:
    """All there is to pick on a page, in its order."""
    pairs = [(field.name, *option) for field in screen.fields for option in field.options]
    pairs = pairs or [("choice", choice.value, choice.label) for choice in screen.choices]
    return tuple(Option(name, value, label, number) for number, (name, value, label) in enumerate(pairs, 1))


def menu(screen: Screen) -> tuple[Option, ...]:
    """All there is to pick in words: a scale is no menu, its numbers are the answer."""
    return tuple(Option("", entry.value, entry.label, entry.number) for entry in asks.entries(screen))


def find(options: Sequence[Option], wanted: object) -> Option:
    """By value, label, or a part of one label only. Raises NoSuchOption."""
    text = _said(wanted)
    ways = (
        lambda one: one.value == text,
        lambda one: one.label.casefold() == text.casefold(),
        lambda one: text.casefold() in one.label.casefold(),
    )
    for fits in ways:
        found = [one for one in options if fits(one)]
        if len(found) == 1:
            return found[0]
    raise NoSuchOption(text, [one.label for one in options])


def form(screen: Screen, field: FieldView, value: Json) -> dict[str, Json]:
    """What the page posts when the field is filled in with this. Raises NoSuchOption."""
    options = offered(screen)
    if field.kind in UPLOADS:
        return {field.name: _uploads(field.kind, value)}
    if field.kind == "code":
        return {field.name: {"ok": value == "code", "to": MASKED}}
    if isinstance(value, Mapping):
        return {f"{field.name}.{part}": _text(inner) for part, inner in value.items()}
    if field.kind in WRITTEN:
        return {f"{field.name}.{WRITTEN[field.kind]}": _said(value)}
    if options and field.multiple:
        wanted = value if isinstance(value, list) else [value]
        return {field.name: [find(options, one).value for one in wanted]}
    return {field.name: find(options, value).value if options else _said(value)}


def words(screen: Screen, face: str, value: Json) -> str:
    """What is typed, keyed or said to answer with this. Raises NoSuchOption."""
    options = menu(screen)
    if value == "code" and any(field.kind == "code" for field in screen.fields):
        return TEXTED
    if isinstance(value, Mapping):
        return ", ".join(_text(part) for part in value.values())
    wanted = value if isinstance(value, list) else [value]
    if not options:
        return ", ".join(map(_said, wanted))
    found = [find(options, one) for one in wanted]
    if face in NUMBERED or len(found) > 1:
        # On the phone a star stands between the keys of several.
        return ("*" if face == "voice" else ", ").join(str(one.number) for one in found)
    return found[0].label if found else ""


def _uploads(kind: str, value: Json) -> list[dict[str, Json]]:
    """As the server tells of what was uploaded: a number of files, or {photo: 2}."""
    count = value.get(kind, 1) if isinstance(value, Mapping) else value
    ending = UPLOADS[kind].partition("/")[2]
    return [
        {"file": f"sample-{number}", "name": f"{kind}-{number}.{ending}", "type": UPLOADS[kind], "size": 48_000}
        for number in range(1, int(count) + 1)
    ]


def _text(value: Json) -> str:
    return "\n".join(map(_said, value)) if isinstance(value, list) else _said(value)


def _said(value: object) -> str:
    """YAML's true and false are a yes and a no."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
