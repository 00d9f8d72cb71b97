"""The engine of a run: decide(flow, state, command) -> what happened; evolve(flow, state, happened) -> state.

decide thinks: it understands, validates, walks and fires rules, and never raises for a flow that loading accepted. Times
and actors belong to whoever stores the events.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from disposable import fields, steps, understand
from disposable.commands import Answer, Command, Handover, Prove, Raised, Resume, Returned, Start, Text, Tick
from disposable.definition import ANYONE, Flow, Step
from disposable.definition import Handover as HandoverTo
from disposable.expressions import Condition, Template, lookup
from disposable.fields import FieldError, Option
from disposable.state import ASKING, CALLING, ENDED, HANDED, NEW, Answered, Happened, State, evolve, replay
from disposable.steps import CONTINUE, Setting
from disposable.understand import Understood

__all__ = [
    "Answer",
    "Answered",
    "Command",
    "Handover",
    "Happened",
    "Prove",
    "Raised",
    "Resume",
    "Returned",
    "Setting",
    "Start",
    "State",
    "Text",
    "Tick",
    "decide",
    "evolve",
    "replay",
]

FACT_TIER = 2
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_HERE = Setting()


def decide(flow: Flow, state: State, command: Command, now_ms: int, setting: Setting = _HERE) -> list[Happened]:
    """What the command makes happen; nothing if it is not, or no longer, the run's turn. Never raises."""
    run = _Run(flow, state, replace(setting, now=now_ms))
    _HANDLERS[type(command)](run, command)
    if run.happened:
        run.fire_rules()
    return run.happened


class _Run:
    """One decision under way: what happened so far, and the state it makes."""

    def __init__(self, flow: Flow, state: State, setting: Setting) -> None:
        self.flow, self.state, self.setting = flow, state, setting
        self.happened: list[Happened] = []

    def happen(self, kind: str, **body: Any) -> None:
        happened = Happened(kind, body)
        self.happened.append(happened)
        self.state = evolve(self.flow, self.state, happened)

    # what can be told to a run

    def start(self, command: Start) -> None:
        if self.state.status == NEW:
            flow = self.flow
            context = dict(command.context)
            self.happen("run.started", flow=flow.app, hash=flow.hash, context=context, channel=command.channel)
            self.enter(flow.start, "start", tier=1)

    def answer(self, command: Answer) -> None:
        state, name = self.state, command.step
        if not self.listens(command) or name not in state.path[state.barrier :] or not self.may(name, command.tier):
            return
        step = self.flow.steps[name]
        if step.kind == "choose":
            self.take_choice(name, self.posted_choice(name, command), command)
        elif step.kind == "field":
            self.take_value(name, self.posted_value(name, step, command.given), command)
        elif name == state.step and fields.clean(command.given.get("choice")) == CONTINUE:
            self.go_on(name, command)

    def text(self, command: Text) -> None:
        state = self.state
        if state.status != ASKING or state.step not in self.flow.steps:
            return
        name, step = state.step, self.flow.steps[state.step]
        word = understand.control(fields.clean(command.text) or "")
        if not self.may(name, command.tier):
            self.text_below(command, word)
        elif step.kind == "choose":
            found = understand.choose(fields.clean(command.text) or "", self.choices(name, command.channel))
            self.take_choice(name, found, command) if found else self.other_word(word, "choice", command)
        elif step.kind == "field":
            self.text_value(name, step, word, command)
        elif word == CONTINUE:
            self.go_on(name, command)
        else:
            self.other_word(word, "continue", command)

    def prove(self, command: Prove) -> None:
        if self.state.status != NEW and self.flow.verify and command.tier < FACT_TIER:
            self.compare(command.raw, command.channel)

    def raised(self, command: Raised) -> None:
        if self.state.status != NEW:
            self.verified(command.tier, command.by)

    def returned(self, command: Returned) -> None:
        calling = self.state.calling
        step = self.flow.steps.get(calling.step) if calling else None
        if not calling or calling.key != command.key or not step or not step.do:
            return
        onward = (step.next if command.ok else step.do.otherwise) or ""
        self.happen(
            "run.returned",
            step=calling.step,
            key=command.key,
            ok=command.ok,
            value=command.value if command.ok else None,
            save=step.do.save or "",
            next=onward or calling.step,
        )
        if self.state.status == HANDED:
            return
        if onward:
            self.enter(onward, "next" if command.ok else "otherwise", command.tier)
        else:
            self.hand_over(HandoverTo(team=ANYONE), rule="failed", left=calling.step)

    def resume(self, command: Resume) -> None:
        handed = self.state.handover
        if self.state.status != HANDED or handed is None:
            return
        wanted = {"then": handed.then, "otherwise": handed.otherwise}.get(command.to)
        self.happen("run.resumed", step=wanted or handed.left, to=command.to)
        if self.state.status == CALLING and not wanted:
            return
        if wanted:
            self.enter(wanted, command.to, command.tier)
        elif handed.left:
            self.enter(handed.left, "nobody" if command.to == "otherwise" else "return", command.tier)
        else:
            # A hand-over that nothing came before and nothing follows: its work was done by the person.
            self.happen("run.ended", step=self.state.step, outcome=self.state.step)

    def asked(self, command: Handover) -> None:
        if self.state.status in (ASKING, CALLING):
            self.hand_over(HandoverTo(team=command.team), rule="asked", left=self.state.step, why=command.why)

    def tick(self, command: Tick) -> None:
        """Nothing of a run depends on time yet but its expiry, which is the link's."""

    def listens(self, command: Answer) -> bool:
        """An ended run is deaf, but to who is surely the customer: what a scanner pressed at tier 1 settles nothing."""
        state = self.state
        revises = state.status == ENDED and command.tier >= FACT_TIER and command.step in state.earlier
        return state.status == ASKING or revises

    # steps

    def may(self, name: str, tier: int) -> bool:
        return tier >= self.flow.steps[name].tier

    def enter(self, name: str, why: str, tier: int) -> None:
        step = self.flow.steps[name]
        self.happen("run.entered", step=name, why=why)
        if step.end is not None:
            self.happen("run.ended", step=name, outcome=name)
        elif step.handover is not None:
            self.hand_over(step.handover, left=self.before_handover())
        elif step.do is not None and self.may(name, tier) and why != "nobody":
            # With nobody to help, a failed call is tried again when the customer says so, not in a circle by itself.
            self.call(name)
        elif step.field and step.field.kind == "choice" and not self.options(step):
            self.hand_over(HandoverTo(team=ANYONE), rule="empty", left=name)

    def before_handover(self) -> str:
        earlier = (name for name in reversed(self.state.path[:-1]) if self.flow.steps[name].handover is None)
        return next(earlier, "")

    def advance(self, name: str, tier: int) -> None:
        """Go on to a step, over those whose earlier answers still stand."""
        while (onward := self.kept(name)) is not None:
            self.happen("run.entered", step=name, why="kept")
            name = onward
        self.enter(name, "next", tier)

    def kept(self, name: str) -> str | None:
        """Where the answer held for a step leads on, None if it has to be asked."""
        held, state = self.state.held.get(name), self.state
        if held is None or name in state.path[state.barrier :]:
            return None
        step = self.flow.steps[name]
        if step.kind == "choose":
            there = any(option.value == held.value for option in self.choices(name, state.channel))
            return (step.choose or {})[held.value].next if there else None
        if step.field and step.field.kind == "choice":
            return step.next if any(option.value == held.given for option in self.options(step)) else None
        return step.next if step.kind in ("field", "say") else None

    def go_on(self, name: str, command: Answer | Text) -> None:
        step = self.flow.steps[name]
        if step.do is not None:
            self.call(name)
        elif step.next is not None:
            answered = Answered(name, True, "", CONTINUE)
            self.answered(name, answered, Understood(True, "value"), command)
            self.advance(step.next, command.tier)

    def call(self, name: str) -> None:
        do = self.flow.steps[name].do
        if do is not None:
            given = {key: self.filled(value) for key, value in do.with_.items()}
            self.happen("run.called", step=name, call=do.call, key=f"{name}:{self.state.calls + 1}", **{"with": given})

    def filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return Template.parse(value).value(self.names(), self.setting.locale, self.setting.zone)
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        return [self.filled(inner) for inner in value] if isinstance(value, list) else value

    def hand_over(self, to: HandoverTo, *, left: str, rule: str = "", why: str | None = None) -> None:
        self.happen(
            "run.handover",
            step=self.state.step,
            team=to.team,
            why=steps.say(to.why, self.names(), self.setting) if why is None else why,
            then=to.then,
            otherwise=to.otherwise,
            rule=rule,
            left=left,
        )

    def fire_rules(self) -> None:
        if self.state.status != ASKING:
            return
        known = self.names()
        for rule in self.flow.rules:
            condition = Condition.parse(rule.when)
            counts = any(read.path == ("stuck",) for read in condition.reads)
            # A rule over data would fire again as soon as a person gives the run back: it fires once.
            if (counts or rule.when not in self.state.fired) and condition.test(known):
                if rule.handover is not None:
                    self.hand_over(rule.handover, rule=rule.when, left=self.state.step)
                return

    # answers

    def posted_choice(self, name: str, command: Answer) -> Understood | None:
        value = fields.clean(command.given.get("choice"))
        there = any(option.value == value for option in self.choices(name, command.channel))
        return Understood(value, "form") if there else None

    def posted_value(self, name: str, step: Step, given: Mapping[str, object]) -> Understood | FieldError:
        if step.field is None:
            return FieldError("text")
        raw = given.get(steps.field_name(name, step), given.get("answer"))
        read = fields.parse(
            step.field, raw, self.names(), self.setting.locale, zone=self.setting.zone, today=self.setting.today()
        )
        return read if isinstance(read, FieldError) else Understood(read, "form")

    def take_choice(self, name: str, found: Understood | None, command: Answer | Text) -> None:
        if found is None:
            self.misunderstood(name, FieldError("choice"), "choice", command.channel)
            return
        key = str(found.value)
        if self.already(name, key):
            return
        choice = (self.flow.steps[name].choose or {})[key]
        label = steps.say(choice.label, self.names(), self.setting)
        self.answered(name, Answered(name, key, label, key), found, command)
        if choice.handover is not None:
            self.hand_over(choice.handover, left=name)
        elif choice.next is not None:
            self.advance(choice.next, command.tier)

    def take_value(self, name: str, found: Understood | FieldError, command: Answer | Text) -> None:
        step = self.flow.steps[name]
        if isinstance(found, FieldError):
            self.misunderstood(name, found, steps.field_name(name, step), command.channel)
            return
        answered = self.answer_of(name, step, found.value)
        if self.already(name, answered.given) or step.next is None:
            return
        self.answered(name, answered, found, command)
        self.advance(step.next, command.tier)

    def answer_of(self, name: str, step: Step, value: Any) -> Answered:
        given = label = "" if value is None else str(value)
        if isinstance(value, bool):
            given = label = "yes" if value else "no"
        for option in self.options(step):
            if option.saved == value:
                given, label = option.value, option.label
        save = (step.field.save if step.field else None) or ""
        return Answered(steps.field_name(name, step), value, label, given, save)

    def already(self, name: str, given: str) -> bool:
        """The same answer to an earlier step again: a double tap, or someone going forward."""
        before = self.state.answers.get(name)
        return name != self.state.step and before is not None and before.given == given

    def answered(self, name: str, answer: Answered, found: Understood, command: Answer | Text) -> None:
        self.happen(
            "run.answered",
            step=name,
            name=answer.name,
            value=answer.value,
            label=answer.label,
            given=answer.given,
            save=answer.save,
            by=found.by,
            sure=found.sure,
            channel=command.channel,
            revises=name != self.state.step,
        )

    def misunderstood(self, name: str, error: FieldError, field: str, channel: str) -> None:
        self.happen(
            "run.misunderstood",
            step=name,
            error=error.code,
            params=dict(error.params),
            field=field,
            tries=self.state.tries + 1,
            channel=channel,
        )

    # texts

    def text_value(self, name: str, step: Step, word: str, command: Text) -> None:
        if word in ("back", "more") and self.moved(word):
            return
        if step.field is not None:
            known, locale = self.names(), self.setting.locale
            found = understand.value(
                step.field, command.text, known, locale, zone=self.setting.zone, today=self.setting.today()
            )
            self.take_value(name, found, command)

    def text_below(self, command: Text, word: str) -> None:
        """At a step that asks for more trust, a text is the fact that gives it."""
        proves = self.flow.verify is not None and command.tier < FACT_TIER
        if proves and (word != "back" or self.is_fact(command.text)):
            self.compare(command.text, command.channel)
        else:
            self.other_word(word, "tier", command)

    def other_word(self, word: str, error: str, command: Text) -> None:
        if not self.moved(word):
            self.misunderstood(self.state.step, FieldError(error), "choice", command.channel)

    def moved(self, word: str) -> bool:
        """Whether the word turned a page or went back a step."""
        if word == "back" and self.state.earlier:
            self.happen("run.entered", step=self.state.earlier[-1], why="back")
            return True
        if word == "more":
            self.happen("run.entered", step=self.state.step, why="more")
            return True
        return False

    # trust

    def compare(self, raw: str, channel: str) -> None:
        if self.is_fact(raw):
            self.verified(FACT_TIER, "fact")
        else:
            self.happen("run.unverified", step=self.state.step, tries=self.state.tries + 1, channel=channel)

    def is_fact(self, raw: str) -> bool:
        if self.flow.verify is None:
            return False
        against = self.flow.verify.against
        said = fields.clean(raw) or ""
        expected = fields.clean(lookup(tuple(against.split(".")), self.state.context)) or ""
        if self.flow.types.get(against) == "date" and (on := fields.read_date(said, self.setting.locale)):
            said = on.isoformat()
        known = {_bare(expected), _bare(expected.casefold().translate(_GERMAN))} - {""}
        return any(hmac.compare_digest(_bare(said).encode(), fact.encode()) for fact in known)

    def verified(self, tier: int, by: str) -> None:
        state = self.state
        self.happen("run.verified", step=state.step, tier=tier, by=by)
        step = self.flow.steps.get(state.step)
        if state.status == ASKING and step and step.do and tier >= step.tier:
            self.call(state.step)

    # what is known

    def names(self) -> Mapping[str, object]:
        return steps.names(self.state, self.setting)

    def choices(self, name: str, channel: str) -> tuple[Option, ...]:
        return steps.choices(self.flow, name, self.names(), self.setting, channel)

    def options(self, step: Step) -> tuple[Option, ...]:
        return steps.options(step, self.names(), self.setting)


def _bare(text: str) -> str:
    return fields.plain_words(text).replace(" ", "")


_HANDLERS: Mapping[type, Callable[[_Run, Any], None]] = {
    Start: _Run.start,
    Answer: _Run.answer,
    Text: _Run.text,
    Prove: _Run.prove,
    Raised: _Run.raised,
    Returned: _Run.returned,
    Resume: _Run.resume,
    Handover: _Run.asked,
    Tick: _Run.tick,
}
