"""Taking an answer: from a posted form, or from whoever understood a text. What is not taken says why."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from disposable import fields, rows, shown, steps, walking
from disposable.answers import printed
from disposable.deciding import AT_REST, FACT_TIER, Decision
from disposable.definition import Field, Flow, Step
from disposable.fields import FieldError
from disposable.folding import RETURNED
from disposable.state import ENDED, HANDED, Answered, State
from disposable.steps import CHANGE, CONTINUE, Setting

MAX_EVIDENCE = 20_000
MAX_HEARD = 300
EVIDENCE = ("consent", "signature")


def answer(run: Decision, name: str, given: Mapping[str, object]) -> None:
    """A posted form: of the current step, or of an earlier one, which it revises."""
    if name not in run.state.open or not run.may(name):
        return
    step, picked = run.flow.steps[name], fields.clean(given.get("choice"))
    if step.kind == "visit":
        _came_back(run, name, picked)
    elif not _listens(run, name):
        return
    elif confirms(run, name, picked):
        confirm(run, yes=picked == "yes")
    elif step.kind == "choose":
        take_choice(run, name, picked if walking.offered(run, name, picked) else None, "form")
    elif step.field is not None:
        _posted(run, name, step.field, given)
    elif name == run.state.step and picked and step.kind in ("review", "do", "say"):
        pick(run, name, picked)


def _listens(run: Decision, name: str) -> bool:
    """An ended run is deaf, but to who is surely the customer: what a scanner pressed at tier 1 settles nothing."""
    state = run.state
    return state.status in AT_REST or (state.status == ENDED and run.tier >= FACT_TIER and name in state.earlier)


def _came_back(run: Decision, name: str, picked: str | None) -> None:
    """From a visit, which whoever sent this has checked. It counts while a person has the run, as what was done is done."""
    state, onward = run.state, run.flow.steps[name].next
    handed = state.status == HANDED and state.handover is not None and state.handover.left == name
    if picked != RETURNED or name != state.step or not (handed or state.status in AT_REST):
        return
    _answered(run, name, Answered(name, True, "", RETURNED), by=RETURNED, next=onward or name)
    if onward and not handed:
        walking.advance(run, onward)


def pick(run: Decision, name: str, picked: str) -> None:
    """What a step without choices of its own offers: to go on, and at a review to change an answer."""
    step = run.flow.steps[name]
    if step.review is not None and picked == CHANGE:
        change(run, name)
    elif step.review is not None and picked in run.state.earlier and run.flow.steps[picked].kind in ("choose", "field"):
        walking.enter(run, picked, "back")
    elif picked != CONTINUE:
        return
    elif step.do is not None:
        walking.call(run, name)
    elif step.next is not None:
        _answered(run, name, Answered(name, True, "", CONTINUE), by="value")
        walking.advance(run, step.next)


def change(run: Decision, name: str) -> None:
    """Lists what can be changed at a review."""
    if rows.changeable(rows.review(run.flow, run.state, name, run.names(), run.setting)):
        run.happen("run.entered", step=name, why=CHANGE)
    else:
        misunderstood(run, name, FieldError("choice"))


def _posted(run: Decision, name: str, field: Field, given: Mapping[str, object]) -> None:
    at = steps.field_name(name, run.flow.steps[name])
    raw = fields.collect(given, at)
    raw = given.get("answer") if raw is None else raw
    before = run.state.answers.get(name) or run.state.held.get(name)
    read = fields.parse(
        field,
        raw,
        run.names(),
        run.setting.locale,
        zone=run.setting.zone,
        today=run.setting.today(),
        slots=run.setting.slots,
        before=before.value if before else None,
    )
    if isinstance(read, FieldError):
        misunderstood(run, name, read)
    else:
        take(run, name, answer_of(run, name, read), "form")


# a guess that waits for a yes


def confirms(run: Decision, name: str, picked: str | None) -> bool:
    """Whether this is the yes or no to what was guessed. A page asks no such thing: there the step itself is answered."""
    guess = run.state.guess
    asked = guess is not None and name == run.state.step and run.channel not in steps.PAGES
    return asked and picked in ("yes", "no")


def confirm(run: Decision, *, yes: bool) -> None:
    """Takes what was guessed, or drops it and asks again."""
    guess = run.state.guess
    if guess is None:
        return
    if not yes:
        misunderstood(run, run.state.step, FieldError("guess"))
    elif not (run.may(guess.step) and walking.offered(run, guess.step, guess.answer.value)):
        misunderstood(run, run.state.step, FieldError("choice"))
    else:
        take(run, guess.step, guess.answer, "confirmed", sure=guess.sure, heard=guess.heard)


def ask(run: Decision, name: str, answer: Answered, by: str, sure: float, heard: str) -> None:
    """Asks whether this was meant."""
    run.happen(
        "run.guessed", step=name, **asdict(answer), by=by, sure=sure, channel=run.channel, heard=heard[:MAX_HEARD]
    )


# what is taken


def take_choice(run: Decision, name: str, key: str | None, by: str, sure: float = 1.0) -> None:
    """A choice by its key; None is none of them."""
    if key is None:
        misunderstood(run, name, FieldError("choice"))
    else:
        take(run, name, answer_of(run, name, key), by, sure=sure)


def take(run: Decision, name: str, answer: Answered, by: str, *, sure: float = 1.0, heard: str = "") -> None:
    """Stores an answer, and goes where it leads."""
    if _already(run, name, answer):
        return
    step = run.flow.steps[name]
    choice = (step.choose or {})[answer.value] if step.kind == "choose" else None
    _answered(run, name, answer, by=by, sure=sure, heard=heard[:MAX_HEARD])
    if choice is not None and choice.handover is not None:
        walking.hand_over(run, choice.handover, left=name)
        return
    onward = choice.next if choice else step.next
    if onward is not None:
        walking.advance(run, onward)


def answer_of(run: Decision, name: str, value: Any) -> Answered:
    """A value as it stands in an event: with its words, and what a form would post for it."""
    step = run.flow.steps[name]
    at, label = steps.field_name(name, step), printed(run.flow, name, value, run.names(), run.setting)
    if step.field is None:
        return Answered(at, value, label, value)
    given = fields.posted(step.field, value, steps.where(run.names(), run.setting))
    return Answered(at, value, label, given, step.field.save or "")


def _already(run: Decision, name: str, answer: Answered) -> bool:
    """The same answer to an earlier step again: a double tap, or someone going forward."""
    before = run.state.answers.get(name)
    return name != run.state.step and before is not None and before.value == answer.value


def _answered(run: Decision, name: str, answer: Answered, *, by: str, sure: float = 1.0, **more: Any) -> None:
    body = {"step": name, **asdict(answer), "by": by, "sure": sure, "channel": run.channel}
    if words := _evidence(run, name, run.flow.steps[name]):
        more["shown"] = words
    run.happen("run.answered", **body, revises=name != run.state.step, **{key: one for key, one in more.items() if one})


def words_shown(flow: Flow, state: State, name: str, setting: Setting, channel: str) -> str:
    """The words as they stood for whoever agrees or signs at a step in this state; "" for any other step."""
    run = Decision(flow, state, setting, 0, channel)
    return _evidence(run, name, run.flow.steps[name])


def _evidence(run: Decision, name: str, step: Step) -> str:
    """The words as they stood, where somebody agrees or signs."""
    if step.field is None or step.field.kind not in EVIDENCE:
        return ""
    before, after = (
        [steps.wording(run.flow, name, key, run.channel) or "" for key in keys] for keys in (("title", "say"), ("ask",))
    )
    after += [step.field.label, step.field.terms or "", step.field.hint]
    blocks = (
        text for block in shown.show(step.show, run.printed_names(), run.setting) for text in _texts(asdict(block))
    )
    words = [*map(run.say, before), *blocks, *map(run.say, after)]
    return "\n".join(dict.fromkeys(word for word in words if word))[:MAX_EVIDENCE]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, Mapping):
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, list | tuple):
        yield from (text for inner in value for text in _texts(inner))


def misunderstood(run: Decision, name: str, error: FieldError, field: str | None = None) -> None:
    """Says why nothing was taken, and counts it."""
    step = run.flow.steps[name]
    at = steps.field_name(name, step) if step.field is not None else "choice"
    if error.part:
        at = f"{at}.{error.part}"
    run.happen(
        "run.misunderstood",
        step=name,
        error=error.code,
        params=dict(error.params),
        field=at if field is None else field,
        tries=run.state.tries + 1,
        channel=run.channel,
    )
