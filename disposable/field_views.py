"""How a field stands on a screen: its label, its keyboard, what there is to choose, and what was given before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from disposable import steps
from disposable.definition import Field, Step
from disposable.expressions import Names
from disposable.state import Answered
from disposable.steps import Setting

Words: TypeAlias = Callable[..., str]
Options: TypeAlias = tuple[tuple[str, str], ...]

# type, inputmode, autocomplete; what is not here is a line of text.
_INPUT = {
    "choice": ("radio", "", ""),
    "yesno": ("radio", "", ""),
    "name": ("text", "", "name"),
    "phone": ("tel", "tel", "tel"),
    "email": ("email", "email", "email"),
    "date": ("date", "", ""),
    "time": ("time", "", ""),
    "number": ("text", "decimal", ""),
    "money": ("text", "decimal", ""),
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field to fill in; `options` are (value, label) where there is something to choose.

    `parts` are the fields an address is made of, `groups` the options under their headings, `low` and `high` the words at
    the ends of a scale, `terms` the words agreed to, `why` the reason a location is asked for.
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


def view(
    name: str, step: Step, field: Field, names: Names, setting: Setting, words: Words, given: Answered | None
) -> FieldView:
    """The field of a step, posted under `name`; `given` is what was answered there before."""
    kind, mode, complete = _INPUT.get(field.kind, ("text", "", ""))
    return FieldView(
        name=name,
        kind=field.kind,
        label="" if field.from_ is not None else _say(field.label, names, setting),
        hint=_say(field.hint, names, setting),
        value=given.given if given and isinstance(given.given, str) else "",
        options=_options(step, field, names, setting, words),
        type=kind,
        inputmode=mode,
        autocomplete=complete,
        required=not field.optional,
    )


def _options(step: Step, field: Field, names: Names, setting: Setting, words: Words) -> Options:
    if field.kind == "yesno":
        return (("yes", words("step.yes")), ("no", words("step.no")))
    return tuple((option.value, option.label) for option in steps.options(step, names, setting))


def _say(text: str, names: Names, setting: Setting) -> str:
    return steps.say(text, names, setting) if text else ""
