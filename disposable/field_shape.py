"""A field as it stands on a screen: plain data, filled in again with what was given, marked with what was wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from disposable import fields

Words: TypeAlias = Callable[..., str]
Options: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field to fill in; `options` are (value, label) where there is something to choose, `values` what is chosen.

    `parts` are the fields it is made of, posted as NAME.PART; `groups` the options under their headings, with labels that
    are short below them; `low` and `high` the words at the ends of a scale, `min` and `max` its ends; `terms` the words
    agreed to, `why` the reason a location is asked for, `note` how much it takes, `unit` what stands behind a number.
    """

    name: str
    kind: str
    label: str
    hint: str = ""
    value: str = ""
    options: Options = ()
    type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    error: str = ""
    required: bool = True
    parts: tuple["FieldView", ...] = ()
    groups: tuple[tuple[str, Options], ...] = ()
    look: str = ""
    multiple: bool = False
    accept: str = ""
    capture: str = ""
    low: str = ""
    high: str = ""
    terms: str = ""
    why: str = ""
    min: str = ""
    max: str = ""
    rows: int = 0
    maxlength: int = 0
    note: str = ""
    values: tuple[str, ...] = ()
    unit: str = ""
    pattern: str = ""


def filled(made: FieldView, raw: object) -> FieldView:
    """The field with something in it: what was answered before, or what was typed and not taken (see fields.collect)."""
    if isinstance(raw, Mapping):
        parts = tuple(filled(part, raw.get(part_of(part), "")) for part in made.parts)
        return replace(filled(made, raw[""]) if "" in raw else made, parts=parts)
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        values = tuple(text for one in raw if (text := fields.clean(one)))
        return replace(made, values=values, value=values[0] if len(values) == 1 else made.value)
    if made.parts and made.type != "file" and isinstance(raw, str):
        return replace(made, parts=(filled(made.parts[0], raw), *made.parts[1:]))
    text = "" if made.type == "file" or made.kind == "code" else fields.clean(raw) or ""
    return replace(made, value=text, values=(text,) if text else ())


def marked(made: FieldView, errors: Mapping[str, str]) -> FieldView:
    """The field with what is wrong with it, or with a part of it, by name."""
    parts = tuple(marked(part, errors) for part in made.parts)
    return replace(made, error=errors.get(made.name, ""), parts=parts)


def part_of(part: FieldView) -> str:
    """The name of a part below that of its field."""
    return part.name.rpartition(".")[2]
