"""Answers in words: what somebody chose or filled in, in the language of who reads it."""

from collections.abc import Callable
from typing import Any

from disposable import fields, steps
from disposable.definition import Flow
from disposable.expressions import Names
from disposable.steps import Setting


def printed(
    flow: Flow, name: str, value: Any, names: Names, setting: Setting, words: Callable[..., str] | None = None
) -> str:
    """The answer of a step. Without `words` what only they can say (yes, agreed, a drawing) is left empty."""
    step = flow.steps[name]
    if step.kind == "choose":
        choice = (step.choose or {}).get(value) if isinstance(value, str) else None
        return steps.say(choice.label, names, setting) if choice else ""
    if step.field is None or value is None:
        return ""
    said = fields.in_words(step.field, value, steps.where(names, setting), words or _wordless)
    return said or (str(value) if step.field.kind == "scale" else "")


def _wordless(key: str, **_values: object) -> str:
    return ", " if key == "menu.separator" else ""
