"""What was answered so far, row by row: to be looked over before it is sent, to be changed, to be kept."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from disposable import steps
from disposable.answers import printed
from disposable.definition import Flow
from disposable.expressions import Names, Template
from disposable.state import State
from disposable.steps import Setting

NOT_SHOWN = frozenset({"code"})
NOTHING = "–"
"""Stands for what was left out: a line without a value looks like a fault."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line to look over. `step` is where it can be changed, "" where it cannot be any more."""

    label: str
    value: str
    step: str = ""


def review(
    flow: Flow, state: State, name: str, names: Names, setting: Setting, words: Callable[..., str] | None = None
) -> tuple[Row, ...]:
    """The rows of a review: its own texts, or all answers on the way to it."""
    found = flow.steps[name].review
    if found is None:
        return ()
    if found.rows is not None:
        return tuple(own(found.rows, names, setting, _saving(state)))
    return tuple(_answers(flow, state, names, setting, words))


def own(texts: dict[str, str], names: Names, setting: Setting, saving: dict[str, str] | None = None) -> Iterator[Row]:
    """Rows an author wrote; what prints a saved answer can be changed where that is asked. Empty ones are left out."""
    for label, text in texts.items():
        reads = (str(read.path[0]) for read in Template.parse(text).reads)
        step = next((saving[read] for read in reads if read in saving), "") if saving else ""
        if value := steps.say(text, names, setting):
            yield Row(steps.say(label, names, setting), value, step)


def _saving(state: State) -> dict[str, str]:
    answered = ((name, state.answers[name]) for name in state.earlier if name in state.answers)
    return {answer.save: name for name, answer in answered if answer.save}


def _answers(
    flow: Flow, state: State, names: Names, setting: Setting, words: Callable[..., str] | None
) -> Iterator[Row]:
    for name in dict.fromkeys(state.path):
        step, answer = flow.steps[name], state.answers.get(name)
        if answer is None or step.kind not in ("choose", "field") or (step.field and step.field.kind in NOT_SHOWN):
            continue
        field = step.field
        label = field.label if field and field.from_ is None and "{{ item" not in field.label else ""
        label = steps.say(label or step.ask or step.title or "", names, setting)
        value = printed(flow, name, answer.value, names, setting, words) or answer.label or NOTHING
        yield Row(label, value, name if name in state.earlier else "")


def changeable(found: Iterable[Row]) -> tuple[Row, ...]:
    """The rows that can be changed, in the order they are offered in."""
    return tuple(row for row in found if row.step)
