"""How a field stands on a screen: its label, its keyboard, what there is to choose, and what was given before."""

from collections.abc import Mapping
from dataclasses import replace

from disposable import field_kinds, fields, steps
from disposable.definition import Field
from disposable.expressions import Names
from disposable.field_shape import FieldView, Options, Words, filled, marked
from disposable.fields import choosing
from disposable.state import Answered
from disposable.steps import Setting

__all__ = ["FieldView", "Options", "Words", "filled", "marked", "view"]

# type, inputmode, autocomplete; what is not here is a line of text.
_INPUT = {
    "choice": ("radio", "", ""),
    "choices": ("checkbox", "", ""),
    "slot": ("radio", "", ""),
    "yesno": ("radio", "", ""),
    "scale": ("radio", "", ""),
    "name": ("text", "", "name"),
    "phone": ("tel", "tel", "tel"),
    "email": ("email", "email", "email"),
    "date": ("date", "", ""),
    "time": ("time", "", ""),
    "number": ("text", "decimal", ""),
    "money": ("text", "decimal", ""),
    "photo": ("file", "", ""),
    "file": ("file", "", ""),
    "signature": ("file", "", ""),
    "code": ("text", "numeric", "one-time-code"),
    "consent": ("checkbox", "", ""),
}
# What a browser can fill in by itself, told by the name the answer is saved under.
_KNOWN = {
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "organisation": "organization",
    "organization": "organization",
    "birthday": "bday",
    "birth_date": "bday",
    "date_of_birth": "bday",
}


def view(name: str, field: Field, names: Names, setting: Setting, words: Words, given: Answered | None) -> FieldView:
    """The field of a step, posted under `name`; `given` is what was answered there before."""
    where = steps.where(names, setting)
    kind, mode, complete = _INPUT.get(field.kind, ("text", "", ""))
    made = FieldView(
        name=name,
        kind=field.kind,
        label=_label(field, names, setting),
        hint=_say(field.hint, names, setting),
        type=kind,
        inputmode=mode,
        autocomplete=_KNOWN.get(name, complete) if kind in ("text", "date") else complete,
        required=not field.optional,
    )
    made = field_kinds.more(made, field, where, words)
    if field.why or field.terms:
        made = replace(made, why=_say(field.why or "", names, setting), terms=_say(field.terms or "", names, setting))
    if given is None:
        return made
    made = replace(made, parts=(*made.parts, *_kept(made, given.value, words)))
    return filled(made, fields.posted(field, given.value, where))


def _label(field: Field, names: Names, setting: Setting) -> str:
    """A field's own name. What is taken from a list prints an item by its label, and has no other name than the question."""
    per_item = field.from_ is not None or (field.kind == "slot" and choosing.per_item(field))
    return "" if per_item else _say(field.label, names, setting)


def _kept(made: FieldView, value: object, words: Words) -> tuple[FieldView, ...]:
    """The files that are already there, each of which may be kept."""
    there = value if isinstance(value, list) else [value]
    drawn = words("field.signature.drawn")
    files = tuple(
        (str(one["file"]), str(one.get("name") or drawn)) for one in there if isinstance(one, Mapping) and "file" in one
    )
    if made.type != "file" or not files:
        return ()
    return (FieldView(f"{made.name}.kept", "kept", "", options=files, type="checkbox", required=False),)


def _say(text: str, names: Names, setting: Setting) -> str:
    return steps.say(text, names, setting) if text else ""
