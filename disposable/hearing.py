"""What somebody typed, keyed or spoke: to the step the run is at, to what was guessed, or to take back what they said last."""

from functools import partial

from disposable import answering, fields, rows, trust, understand, walking
from disposable.deciding import AT_REST, Decision
from disposable.fields import FieldError, Option
from disposable.state import STOPPED
from disposable.steps import CHANGE, CONTINUE
from disposable.understand import Understood

LIKELY = 0.45
"""Below this nobody is even asked whether it was meant."""
FREE = frozenset({"text", "long", "name", "address", "location", "signature"})
"""Kinds that take nearly anything: what they understood says little."""
SENT = frozenset({"photo", "file", "code"})
"""Kinds no words can answer."""
AHEAD = frozenset({"choice", "date", "time", "number", "money", "slot"})
"""Kinds that a sentence said before may fill."""
STANDING = {"visit": "visit", "wait": "wait"}
"""What is said to words at a step that no words move on."""


def text(run: Decision, said: str) -> None:
    """Free text to wherever the run is."""
    state = run.state
    if state.status not in AT_REST or state.step not in run.flow.steps:
        return
    said = fields.clean(said) or ""
    if understand.control(said) == "stop" and not _is_offered(run, said):
        run.happen("run.ended", step=state.step, outcome=STOPPED)
    elif not run.may(state.step):
        trust.text_below(run, said, understand.control(said))
    elif state.guess is not None and (meant := _yes_or_no(said)) is not None:
        answering.confirm(run, yes=meant)
    else:
        listen(run, said)


def _is_offered(run: Decision, said: str) -> bool:
    """Whether a word of command is what the step itself offers: "Stop" may be a choice."""
    name = run.state.step
    offered = run.choices(name) if run.flow.steps[name].kind == "choose" else ()
    return run.may(name) and any(fields.plain_words(said) == fields.plain_words(option.label) for option in offered)


def _yes_or_no(said: str) -> bool | None:
    number = {"1": True, "2": False}.get(fields.plain_words(said[:40]))
    return fields.agreement(said) if number is None else number


def listen(run: Decision, said: str) -> None:
    """Takes a text as what the step asks for, as a word of command, or as a correction."""
    name, word = run.state.step, understand.control(said)
    step = run.flow.steps[name]
    if step.review is not None:
        _to_review(run, name, said, word)
    elif step.kind not in ("choose", "field"):
        _to_standing(run, name, said, word)
    elif not (step.kind == "field" and word and walking.moved(run, word)) and not _takes_back(run, said):
        found = _read(run, name, said)
        if not (_settles(run, name, found, said) or corrects(run, said)):
            _consider(run, name, found, said)


def _to_standing(run: Decision, name: str, said: str, word: str) -> None:
    """A step that waits: to be read, for a visit, for an event."""
    kind = run.flow.steps[name].kind
    if word == CONTINUE and kind not in STANDING:
        answering.pick(run, name, CONTINUE)
    elif not (walking.moved(run, word) or corrects(run, said)):
        answering.misunderstood(run, name, FieldError(STANDING.get(kind, "continue")))


def _to_review(run: Decision, name: str, said: str, word: str) -> None:
    """1 or "send" goes on, 2 or "change" lists the answers, and there a number goes to one."""
    step = run.flow.steps[name]
    if run.state.why == CHANGE:
        changeable = rows.changeable(rows.review(run.flow, run.state, name, run.names(), run.setting))
        found = understand.choose(said, [Option(row.step, row.label, row.step) for row in changeable])
    else:
        label = run.say(step.review.send) if step.review else ""
        found = understand.choose(said, [Option(CONTINUE, label, CONTINUE), Option(CHANGE, CHANGE, CHANGE)])
    picked = str(found.value) if found and found.sure >= run.flow.sure else word if word in (CONTINUE, CHANGE) else ""
    if not picked and said and fields.plain_words(said) in fields.NO:
        picked = CHANGE
    if picked:
        answering.pick(run, name, picked)
    elif not (corrects(run, said) or walking.moved(run, word)):
        answering.misunderstood(run, name, FieldError("choice"))


# understanding


def _read(run: Decision, name: str, said: str) -> Understood | FieldError:
    """What a text would answer at a step."""
    step, setting = run.flow.steps[name], run.setting
    guess = partial(setting.guess, name) if setting.guess else None
    if step.field is None:
        return understand.choose(said, run.choices(name), guess) or FieldError("choice")
    if step.field.kind in SENT:
        return FieldError(step.field.kind)
    return understand.value(
        step.field,
        said,
        run.names(),
        setting.locale,
        zone=setting.zone,
        today=setting.today(),
        options=run.options(name),
        guess=guess,
    )


def _settles(run: Decision, name: str, found: Understood | FieldError, said: str) -> bool:
    """Whether the step asked understood the text well enough; if so it is answered, whatever else could be meant."""
    if isinstance(found, FieldError) or found.sure < run.flow.sure or found.ask:
        return False
    _consider(run, name, found, said)
    return True


def _consider(run: Decision, name: str, found: Understood | FieldError, said: str) -> None:
    """Takes what is sure, asks about what is likely, and asks again for the rest."""
    if isinstance(found, FieldError):
        if not walking.moved(run, understand.control(said)):
            answering.misunderstood(run, name, found)
        return
    doubtful = found.ask or found.sure < run.flow.sure or (name != run.state.step and _free(run, name))
    if found.sure < LIKELY:
        answering.misunderstood(run, name, FieldError("choice"))
        return
    answer = answering.answer_of(run, name, found.value)
    heard = _beyond(said, found) or run.state.heard
    if doubtful:
        answering.ask(run, name, answer, found.by, found.sure, heard)
    else:
        answering.take(run, name, answer, found.by, sure=found.sure, heard=heard)


def _beyond(said: str, found: Understood) -> str:
    """What a sentence said besides its answer; the whole of it where the answer was only somewhere in it."""
    return found.rest or (said if found.by in ("word", "model") and " " in said else "")


def _free(run: Decision, name: str) -> bool:
    field = run.flow.steps[name].field
    return field is not None and field.kind in FREE


# taking back


def corrects(run: Decision, said: str) -> bool:
    """ "No, Friday": whether the rest of a text that takes something back answers this step, or the last one answered."""
    rest = understand.negated(said)
    if not rest:
        return False
    for name in (run.state.step, *_last_answered(run)):
        if run.flow.steps[name].kind not in ("choose", "field") or not run.may(name):
            continue
        found = _read(run, name, rest)
        before = run.state.answers.get(name)
        if isinstance(found, FieldError) or found.sure < LIKELY or (found.by == "number" and name != run.state.step):
            continue
        if before is None or before.value != found.value:
            _consider(run, name, found, rest)
            return True
    return False


def _takes_back(run: Decision, said: str) -> bool:
    """Whether, at a step that takes any words, a text plainly corrects the answer before it: "no, the terrace"."""
    rest = understand.negated(said)
    if not rest or not _free(run, run.state.step):
        return False
    for name in (name for name in _last_answered(run) if not _free(run, name) and run.may(name)):
        found, before = _read(run, name, rest), run.state.answers[name]
        surely = isinstance(found, Understood) and found.by in ("label", "like", "word") and found.sure >= run.flow.sure
        if isinstance(found, Understood) and surely and found.value != before.value:
            _consider(run, name, found, rest)
            return True
    return False


def _last_answered(run: Decision) -> list[str]:
    """The last step that was answered; at a review all of them, the last first, but those that would take anything."""
    answered = [name for name in reversed(run.state.earlier) if name in run.state.answers]
    answered = [name for name in answered if run.flow.steps[name].kind in ("choose", "field")]
    if run.flow.steps[run.state.step].review is None:
        return answered[:1]
    return [name for name in answered if not _free(run, name)]


# one sentence, several fields


def opened(run: Decision, said: str) -> None:
    """What opened the run may have chosen already: then the first step is not asked."""
    name = run.state.step
    if run.state.status in AT_REST and run.flow.steps[name].kind == "choose" and run.may(name):
        found = _read(run, name, said)
        if isinstance(found, Understood) and found.by != "number":
            _settles(run, name, found, said)


def go_ahead(run: Decision) -> None:
    """Tries what a sentence held beyond its answer at the field steps that come next."""
    while run.state.heard and _just_entered(run):
        name = run.state.step
        field = run.flow.steps[name].field
        if field is None or field.kind not in AHEAD or not run.may(name):
            return
        setting = run.setting
        found = understand.ahead(
            field,
            run.state.heard,
            run.names(),
            setting.locale,
            zone=setting.zone,
            today=setting.today(),
            options=run.options(name),
        )
        if found is None or found.sure < LIKELY:
            return
        answer = answering.answer_of(run, name, found.value)
        rest = found.rest if len(found.rest) < len(run.state.heard) else ""
        if found.ask or found.sure < 1:
            answering.ask(run, name, answer, found.by, found.sure, rest)
            return
        answering.take(run, name, answer, found.by, sure=found.sure, heard=rest)


def _just_entered(run: Decision) -> bool:
    last = run.happened[-1]
    body = last.body or {}
    return last.kind == "run.entered" and body["step"] == run.state.step and body["why"] in ("next", "start")
