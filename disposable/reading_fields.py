"""From YAML nodes to the field of a step: which keys go with which kind, and what each kind cannot do without."""

import re
from collections.abc import Collection

import yaml
from babel.numbers import is_currency

from disposable import formats
from disposable.definition import KINDS, LOOKS, SCALES, Field
from disposable.values import Values, Where, number_of

_KEYS = (
    "kind label hint options from save optional min max currency calendar instead scale terms why near to group look"
)
OF_KIND: dict[str, tuple[str, ...]] = {
    "options": ("choice", "choices"),
    "from": ("choice", "choices", "slot"),
    "near": ("choice",),
    "group": ("choice", "choices", "slot"),
    "look": ("choice", "choices", "slot"),
    "currency": ("money",),
    "calendar": ("slot",),
    "instead": ("slot",),
    "scale": ("scale",),
    "terms": ("consent",),
    "why": ("location",),
    "to": ("code",),
}
NEEDS = {
    "money": ("currency", "currency: EUR"),
    "scale": ("scale", f"scale: {SCALES[0]}`, `scale: {'` or `scale: '.join(SCALES[1:])}"),
    "consent": ("terms", "terms: TEXT` with the words that are agreed to, like `terms: I agree to ..."),
    "location": ("why", "why: TEXT` with the reason it is asked for, like `why: To find the nearest shop"),
}
# What bounds a kind: how it is written, and the words for that.
_BOUNDS = {
    "number": "a number",
    "money": "a number",
    "text": "a number of characters",
    "long": "a number of characters",
    "choices": "how many can be chosen",
    "photo": "how many can be sent",
    "file": "how many can be sent",
    "date": "a date like 2026-11-21, today, or +14d",
    "time": "a time like 08:30",
}
_COUNTS = {"choices": 200, "photo": 20, "file": 20}
_AHEAD = re.compile(r"today|[+-]\d{1,4}[dwmy]")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class FieldReader(Values):
    """Reads fields."""

    def field(self, where: Where, node: yaml.Node | None) -> Field | None:
        if node is None:
            return None
        parts = self.mapping(where, node, _KEYS.split(), f"`field` of step `{where[1]}`", needs=("kind",))
        kind = self.one_of(parts, (*where, "kind"), KINDS, "kind") or ""
        strange = {key for key, kinds in OF_KIND.items() if key in parts and kind and kind not in kinds}
        field = Field(
            kind=kind or "text",
            label=self.text(parts, (*where, "label"), 200) or "",
            hint=self.text(parts, (*where, "hint"), 300) or "",
            options=self.options((*where, "options"), parts.get("options")),
            from_=self.path(parts, (*where, "from")),
            save=self.save(parts, (*where, "save")),
            optional=self.flag(parts, (*where, "optional")),
            min=self.bound(parts, (*where, "min"), kind),
            max=self.bound(parts, (*where, "max"), kind),
            currency=None if "currency" in strange else self.currency(parts, (*where, "currency")),
            calendar=self.word(parts, (*where, "calendar"), "technician"),
            instead=self.path(parts, (*where, "instead")),
            scale=None if "scale" in strange else self.one_of(parts, (*where, "scale"), SCALES, "scale"),
            terms=self.text(parts, (*where, "terms"), 4_000),
            why=self.text(parts, (*where, "why"), 300),
            near=self.path(parts, (*where, "near")),
            to=self.path(parts, (*where, "to")),
            group=self.text(parts, (*where, "group"), 200),
            look=None if "look" in strange else self.one_of(parts, (*where, "look"), LOOKS, "look"),
        )
        self.field_strange(where, strange, kind)
        self.field_combination(where, parts, kind)
        self.field_bounds(where, field)
        return field

    def field_strange(self, where: Where, strange: Collection[str], kind: str) -> None:
        """Keys of another kind; what stands in them is not looked at any more."""
        for key, kinds in OF_KIND.items():
            if key in strange:
                every = ", ".join(f"`{one}`" for one in kinds)
                which = f"the kinds {every}" if len(kinds) > 1 else f"kind {every}"
                self.wrong(
                    (*where, key),
                    f"`{key}` belongs to {which}, not to `{kind}`: leave it out or write `kind: {kinds[0]}`",
                )

    def field_combination(self, where: Where, parts: Collection[str], kind: str) -> None:
        if kind in ("choice", "choices") and ("options" in parts) == ("from" in parts):
            self.wrong(
                where,
                f"a field of kind `{kind}` needs either `options: {{value: Label}}` or `from: LIST`, one of them",
            )
        if kind == "slot" and ("calendar" in parts) == ("from" in parts):
            self.wrong(where, "a field of kind `slot` needs either `calendar: NAME` or `from: LIST`, one of them")
        needed, write = NEEDS.get(kind, ("", ""))
        if needed and needed not in parts and where not in self.unknown_in:
            self.note(where, f"a field of kind `{kind}` needs `{needed}`: write `{write}`")
        for key in ("near", "group"):
            if key in parts and kind in OF_KIND[key] and "options" in parts:
                self.wrong((*where, key), f"`{key}` needs `from: LIST`: fixed `options` have nothing it could read")
        if "instead" in parts and kind == "slot" and "from" in parts:
            self.wrong(
                (*where, "instead"), "`instead` needs `calendar: NAME`: what is taken `from` a list is not booked"
            )

    def field_bounds(self, where: Where, field: Field) -> None:
        low, high = field.min, field.max
        if field.kind == "date" and not (formats.day(low) and formats.day(high)):
            return
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            self.note((*where, "min"), f"`min` is above `max`: nothing fits between `{low}` and `{high}`")

    def bound(self, parts: dict[str, yaml.Node], where: Where, kind: str) -> float | str | None:
        node = parts.get(where[-1])
        if node is None:
            return None
        value = _bound(node, kind)
        if value is None and kind:
            fits = _BOUNDS.get(kind)
            says = f"must be {fits}" if fits else f"does not go with kind `{kind}`"
            self.wrong(where, f"`{where[-1]}` {says}", node)
        return value

    def currency(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        text = self.text(parts, where, 64)
        if text is None or (re.fullmatch("[A-Z]{3}", text) and is_currency(text)):
            return text
        again = (
            f": did you mean `{text.upper()}`?" if is_currency(text.upper()) else ": write its code, like EUR or USD"
        )
        self.wrong(where, f"unknown currency `{text}`{again}")
        return None

    def options(self, where: Where, node: yaml.Node | None) -> dict[str, str] | None:
        if node is None:
            return None
        found = self.free_mapping(where, node, "an option", re.compile(r"[^\s_].{0,63}"))
        if not found and where not in self.broken:
            self.wrong(where, "`options` is empty: write `options: {value: Label}`")
        return {name: self.scalar((*where, name), value, 200) or name for name, value in found.items()}


def _bound(node: yaml.Node, kind: str) -> float | str | None:
    if kind == "date":
        return str(node.value) if isinstance(node.value, str) and _is_day(node.value) else None
    if kind == "time":
        return str(node.value) if isinstance(node, yaml.ScalarNode) and _TIME.fullmatch(node.value) else None
    value = number_of(node) if kind in _BOUNDS else None
    if value is None or (kind in _COUNTS and not (value == int(value) and 0 <= value <= _COUNTS[kind])):
        return None
    return float(value)


def _is_day(text: str) -> bool:
    return bool(formats.day(text) or _AHEAD.fullmatch(text))
