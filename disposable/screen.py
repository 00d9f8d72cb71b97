"""The channel-neutral view of a run: what stands on the screen now, for one reader. Renderers turn it into HTML or text."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from disposable import field_views, shown, steps
from disposable.definition import Flow, Step
from disposable.engine import FACT_TIER
from disposable.expressions import Names
from disposable.field_views import FieldView, Words
from disposable.fields import FieldError
from disposable.shown import Shown
from disposable.state import ASKING, CALLING, ENDED, HANDED, State
from disposable.steps import CONTINUE, Setting

__all__ = ["ChoiceView", "FieldView", "Screen", "Shown", "Words", "screen"]


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A way on; `value` is what is posted as `choice`."""

    value: str
    label: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """What to show. kind: step verify working handed end locked. `tier` is what the step asks for, `verify` how it can
    be reached ("fact": the field is there, "code": only a texted code), `back` the step before, `note` why one is here."""

    kind: str
    step: str
    title: str
    say: str = ""
    ask: str = ""
    fields: tuple[FieldView, ...] = ()
    choices: tuple[ChoiceView, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    back: str | None = None
    tier: int = 1
    page: int = 0
    verify: str = ""
    note: str = ""
    shown: tuple[Shown, ...] = ()


def screen(
    flow: Flow,
    state: State,
    *,
    tier: int,
    site: Mapping[str, object],
    words: Words,
    locale: str = "en",
    zone: str | None = None,
    now: int = 0,
    step: str | None = None,
    error: FieldError | None = None,
    channel: str = "web",
    locked: bool = False,
    typed: Mapping[str, str] | None = None,
) -> Screen:
    """The screen for a reader of this tier; `step` asks for an earlier one. Of what needs a higher tier it holds nothing.

    `words` gives the texts that are not the flow's, in the reader's language. `locked` is for a reader who may not see
    what another grant answered. `typed` is what was just posted and not taken: it is shown again, so that nothing typed
    is lost. Never raises for a flow that loading accepted.
    """
    view = _View(flow, state, tier, Setting(site, locale, zone, now), words=words, channel=channel)
    if locked or tier < 1:
        return Screen("locked", "", flow.purpose, say=words("screen.locked"))
    revisable = state.status == ASKING or (state.status == ENDED and tier >= FACT_TIER)
    name = step if step is not None and step in state.earlier and revisable else state.step
    if name not in flow.steps:
        return Screen("working", "", flow.purpose, say=words("screen.working"))
    drawn = view.of(name)
    if drawn.kind not in ("step", "verify"):
        return drawn
    errors = view.errors(name, error)
    return replace(drawn, errors=errors, fields=_marked(drawn.fields, dict(errors), typed or {}))


def _marked(found: tuple[FieldView, ...], errors: Mapping[str, str], typed: Mapping[str, str]) -> tuple[FieldView, ...]:
    return tuple(
        replace(field, error=errors.get(field.name, ""), value=typed.get(field.name, field.value)) for field in found
    )


class _View:
    """What one reader sees of a state."""

    def __init__(self, flow: Flow, state: State, tier: int, setting: Setting, *, words: Words, channel: str) -> None:
        self.flow, self.state, self.tier = flow, state, tier
        self.setting, self.words, self.channel = setting, words, channel
        self.names: Names = steps.names(state, setting)

    def of(self, name: str) -> Screen:
        state, step = self.state, self.flow.steps[name]
        if state.status in (HANDED, ENDED) and self.tier < step.tier:
            return Screen(self.kind_of_rest(), name, self.flow.purpose, say=self.words(f"screen.{self.kind_of_rest()}"))
        if state.status == ENDED and name == state.step:
            return self.ended(name)
        if state.status == HANDED:
            return Screen("handed", name, self.title(name), say=self.text(name, "say") or self.words("screen.handed"))
        if state.status == CALLING:
            return self.working(name, step)
        return self.step(name, step) if self.tier >= step.tier else self.verify(name, step)

    def kind_of_rest(self) -> str:
        return "end" if self.state.status == ENDED else "handed"

    def ended(self, name: str) -> Screen:
        say = self.text(name, "end") or self.words("screen.end")
        return Screen("end", name, self.title(name), say=say, back=self.back(name) if self.tier >= FACT_TIER else None)

    def working(self, name: str, step: Step) -> Screen:
        if self.tier < step.tier:
            return Screen("working", name, self.flow.purpose, say=self.words("screen.working"), tier=step.tier)
        say = self.text(name, "say") or self.words("screen.working")
        return Screen("working", name, self.title(name), say=say, tier=step.tier)

    def verify(self, name: str, step: Step) -> Screen:
        """The step asks for more trust: nothing of it is shown, only how to prove who is there."""
        verify = self.flow.verify
        by_fact = verify is not None and self.tier < FACT_TIER
        ask = steps.say(verify.ask, self.names, self.setting) if verify and by_fact else self.words("verify.code")
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

    def step(self, name: str, step: Step) -> Screen:
        return Screen(
            "step",
            name,
            self.title(name),
            say=self.text(name, "say"),
            ask=self.text(name, "ask"),
            fields=self.fields(name, step),
            choices=self.choices(name, step),
            back=self.back(name),
            tier=step.tier,
            page=self.state.page,
            note=self.note(step),
            shown=shown.show(step.show, self.names, self.setting),
        )

    def note(self, step: Step) -> str:
        if self.state.why == "nobody":
            return self.words("screen.nobody")
        return self.words("screen.again") if step.do else ""

    def fields(self, name: str, step: Step) -> tuple[FieldView, ...]:
        if step.field is None:
            return ()
        given = self.state.answers.get(name) or self.state.held.get(name)
        at = steps.field_name(name, step)
        return (field_views.view(at, step, step.field, self.names, self.setting, self.words, given),)

    def choices(self, name: str, step: Step) -> tuple[ChoiceView, ...]:
        if step.kind == "choose":
            offered = steps.choices(self.flow, name, self.names, self.setting, self.channel)
            return tuple(ChoiceView(option.value, option.label, primary=not at) for at, option in enumerate(offered))
        word = "step.retry" if step.do else "step.continue"
        return () if step.kind == "field" else (ChoiceView(CONTINUE, self.words(word), primary=True),)

    def back(self, name: str) -> str | None:
        open_path = self.state.path[self.state.barrier :]
        at = open_path.index(name) if name in open_path else 0
        return open_path[at - 1] if at > 0 else None

    def errors(self, name: str, error: FieldError | None) -> tuple[tuple[str, str], ...]:
        wrong = self.state.error
        step = self.flow.steps[name]
        where = steps.field_name(name, step) if step.kind == "field" else "choice"
        if error is not None:
            return ((where, self.words(f"error.{error.code}", **error.params)),)
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
