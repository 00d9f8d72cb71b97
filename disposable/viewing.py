"""What one reader sees of a state: the screen of each kind of step, and of a run that works, waits, was handed over or ended."""

from dataclasses import replace

from disposable import field_views, keepsakes, rows, shown, steps
from disposable.answers import printed
from disposable.deciding import FACT_TIER
from disposable.definition import HIDDEN, Flow, Review, Step
from disposable.expressions import Names
from disposable.field_views import FieldView, Words
from disposable.fields import FieldError
from disposable.formats import labelled
from disposable.rows import Row
from disposable.shown import Shown
from disposable.state import CALLING, ENDED, HANDED, STOPPED, WAITING, State
from disposable.steps import CHANGE, CONTINUE, PAGES, Setting
from disposable.views import ChoiceView, Screen


class View:
    """What one reader sees of a state."""

    def __init__(self, flow: Flow, state: State, tier: int, setting: Setting, *, words: Words, channel: str) -> None:
        self.flow, self.state, self.tier = flow, state, tier
        self.setting, self.words, self.channel = setting, words, channel
        self.known = steps.names(state, setting)
        self.names: Names = steps.worded(flow, self.known, setting)

    def of(self, name: str) -> Screen:
        state, step = self.state, self.flow.steps[name]
        if state.status in (HANDED, ENDED) and self.tier < step.tier:
            return Screen(self.kind_of_rest(), name, self.flow.purpose, say=self.words(f"screen.{self.kind_of_rest()}"))
        if state.outcome == STOPPED:
            return Screen("end", name, self.flow.purpose, say=self.words("screen.stopped"))
        if state.status == ENDED and name == state.step:
            return self.ended(name, step)
        if state.status == HANDED:
            return Screen("handed", name, self.title(name), say=self.text(name, "say") or self.words("screen.handed"))
        if state.status == CALLING:
            return self.working(name, step)
        if self.tier < step.tier:
            return self.verify(name, step)
        if state.status == WAITING and name == state.step:
            return self.waiting(name, step)
        return self.confirm(name, step) if self.guessed(name) else self.step(name, step)

    def kind_of_rest(self) -> str:
        return "end" if self.state.status == ENDED else "handed"

    def ended(self, name: str, step: Step) -> Screen:
        return Screen(
            "end",
            name,
            self.title(name),
            say=self.text(name, "end") or self.words("screen.end"),
            back=self.back(name) if self.tier >= FACT_TIER else None,
            shown=self.shown(step),
            rows=tuple(rows.own(step.receipt or {}, self.names, self.setting)),
            calendar=keepsakes.calendar(step.calendar, self.names, self.setting),
            pass_=keepsakes.pass_(step.pass_, self.names, self.setting),
        )

    def working(self, name: str, step: Step) -> Screen:
        if self.tier < step.tier:
            return Screen("working", name, self.flow.purpose, say=self.words("screen.working"), tier=step.tier)
        say = self.text(name, "say") or self.words("screen.working")
        return Screen("working", name, self.title(name), say=say, tier=step.tier, shown=self.shown(step))

    def waiting(self, name: str, step: Step) -> Screen:
        say = self.text(name, "say") or self.words("screen.waiting")
        return replace(self.bare("waiting", name, step), say=say, shown=self.shown(step), note=self.note(step))

    def verify(self, name: str, step: Step) -> Screen:
        """The step asks for more trust: nothing of it is shown, only how to prove who is there."""
        verify = self.flow.verify
        by_fact = verify is not None and self.tier < FACT_TIER
        ask = self.say(verify.ask) if verify and by_fact else self.words("verify.code")
        fact = FieldView("fact", "text", ask, autocomplete="off")
        return Screen(
            "verify",
            name,
            self.flow_title(),
            say=self.words("verify.say"),
            ask=ask,
            fields=(fact,) if by_fact else (),
            back=self.back(name),
            tier=step.tier,
            verify="fact" if by_fact else "code",
        )

    def guessed(self, name: str) -> bool:
        """Whether a guess is to be confirmed. A page asks no such thing: it shows the step with the guess filled in."""
        return self.state.guess is not None and name == self.state.step and self.channel not in PAGES

    def confirm(self, name: str, step: Step) -> Screen:
        yes, no = (ChoiceView(word, self.words(f"step.{word}"), primary=word == "yes") for word in ("yes", "no"))
        ask = self.words("confirm.ask", value=self.meant())
        return replace(self.bare("step", name, step), ask=ask, choices=(yes, no), confirm=True)

    def meant(self) -> str:
        guess = self.state.guess
        if guess is None:
            return ""
        said = printed(self.flow, guess.step, guess.answer.value, self.names, self.setting, self.words)
        return said or guess.answer.label or str(guess.answer.value)

    def bare(self, kind: str, name: str, step: Step) -> Screen:
        return Screen(kind, name, self.title(name), back=self.back(name), tier=step.tier)

    def step(self, name: str, step: Step) -> Screen:
        found = self.rows(name)
        changing = name == self.state.step and self.state.why == CHANGE
        return replace(
            self.bare("step", name, step),
            say=self.text(name, "say"),
            ask=self.words("step.which") if changing else self.text(name, "ask"),
            fields=self.fields(name, step),
            choices=self.to_change(found) if changing else self.choices(name, step),
            page=self.state.page,
            note=self.note(step),
            shown=self.shown(step),
            rows=() if changing else found,
            visit=self.visit(step),
        )

    def shown(self, step: Step) -> tuple[Shown, ...]:
        return shown.show(step.show, self.names, self.setting)

    def rows(self, name: str) -> tuple[Row, ...]:
        """What was answered; what a step of a higher tier asked stays with who has it."""
        found = rows.review(self.flow, self.state, name, self.names, self.setting, self.words)
        hidden = (row.step and self.tier < self.flow.steps[row.step].tier for row in found)
        return tuple(replace(row, value=HIDDEN) if hide else row for row, hide in zip(found, hidden, strict=True))

    def to_change(self, found: tuple[Row, ...]) -> tuple[ChoiceView, ...]:
        return tuple(ChoiceView(row.step, labelled(row.label, row.value)) for row in rows.changeable(found))

    def visit(self, step: Step) -> tuple[str, str] | None:
        return (
            None
            if step.visit is None
            else (self.say(step.visit.label), steps.address(step.visit, self.known, self.setting))
        )

    def note(self, step: Step) -> str:
        if self.state.why == "nobody":
            return self.words("screen.nobody")
        if self.state.why == "help":
            return self.words("screen.help")
        return self.words("screen.again") if step.do else ""

    def fields(self, name: str, step: Step) -> tuple[FieldView, ...]:
        if step.field is None:
            return ()
        given = self.state.answers.get(name) or self.state.held.get(name)
        if self.state.guess is not None and self.state.guess.step == name:
            given = self.state.guess.answer
        at = steps.field_name(name, step)
        return (field_views.view(at, step.field, self.names, self.setting, self.words, given),)

    def choices(self, name: str, step: Step) -> tuple[ChoiceView, ...]:
        if step.kind == "choose":
            offered = steps.choices(self.flow, name, self.names, self.setting, self.channel)
            return tuple(ChoiceView(option.value, option.label, primary=not at) for at, option in enumerate(offered))
        if step.review is not None:
            return self.to_send(name, step.review)
        word = "step.retry" if step.do else "step.continue"
        return (
            () if step.kind in ("field", "visit", "wait") else (ChoiceView(CONTINUE, self.words(word), primary=True),)
        )

    def to_send(self, name: str, review: Review) -> tuple[ChoiceView, ...]:
        """On a page each row has its own way to be changed; in words there is one for all."""
        single = self.channel in PAGES or not rows.changeable(self.rows(name))
        send = ChoiceView(CONTINUE, self.say(review.send) or self.words("step.send"), primary=True)
        return (send,) if single else (send, ChoiceView(CHANGE, self.words("step.change")))

    def back(self, name: str) -> str | None:
        return steps.before(self.flow, self.state, name)

    def errors(self, name: str, error: FieldError | None) -> tuple[tuple[str, str], ...]:
        wrong = self.state.error
        step = self.flow.steps[name]
        where = steps.field_name(name, step) if step.kind == "field" else "choice"
        if error is not None:
            at = f"{where}.{error.part}" if error.part else where
            return ((at, self.words(f"error.{error.code}", **error.params)),)
        # A wrong fact may have been tried from another browser: it is no business of who is past proving.
        if wrong is None or wrong.step != name or (wrong.code == "fact" and self.tier >= step.tier):
            return ()
        return ((wrong.field, self.words(f"error.{wrong.code}", **wrong.params)),)

    def title(self, name: str) -> str:
        own = steps.wording(self.flow, name, "title", self.channel)
        return self.say(own) if own else self.flow_title()

    def flow_title(self) -> str:
        return self.say(self.flow.title) if self.flow.title else self.flow.purpose

    def text(self, name: str, key: str) -> str:
        return self.say(steps.wording(self.flow, name, key, self.channel) or "")

    def say(self, text: str) -> str:
        return steps.say(text, self.names, self.setting) if text else ""
