"""What a step says and offers in a given state, channel and language. The engine and the screen read it alike."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as having

from disposable import fields
from disposable.definition import Flow, Step
from disposable.expressions import Condition, Names, Template
from disposable.fields import Option
from disposable.formats import zone_info
from disposable.state import State

CONTINUE = "continue"
NOWHERE: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a run is read: the site (name, host, zone, country), the language, the customer's zone, now in ms.

    `slots` are the free ones of each calendar, soonest first, those this run holds included; `open` the opening hours,
    `agents` how many are there for the flow's teams, `started` when the run began (ms), `guess` the intent model.
    """

    site: Mapping[str, object] = having(default_factory=dict)
    locale: str = "en"
    zone: str | None = None
    now: int = 0
    slots: Mapping[str, tuple[Mapping[str, object], ...]] = having(default_factory=dict)
    open: bool = True
    agents: int = 1
    started: int = 0
    guess: Callable[[str, str], Sequence[tuple[str, float]]] | None = None

    def today(self) -> dt.date:
        """The day it is for the customer, else at the site."""
        zone = zone_info(self.zone) or zone_info(self.site.get("zone")) or dt.UTC
        return dt.datetime.fromtimestamp(self.now / 1000, zone).date()


def names(state: State, setting: Setting) -> Names:
    """Every name an expression may read."""
    return {**state.context, **state.saved, "site": setting.site, "stuck": state.tries}


def say(text: str, known: Names, setting: Setting) -> str:
    return Template.parse(text).render(known, setting.locale, setting.zone)


def wording(flow: Flow, name: str, key: str, channel: str) -> str | None:
    """The text of a step under `key` (title, say, ask, end), in the words of the channel where it has its own."""
    layer = flow.layers.get(channel, {}).get(name)
    own: str | None = getattr(layer, key) if layer else None
    usual: str | None = getattr(flow.steps[name], key)
    return own if own is not None else usual


def choices(flow: Flow, name: str, known: Names, setting: Setting, channel: str) -> tuple[Option, ...]:
    """The choices of a `choose` that are there now, in order."""
    layer = flow.layers.get(channel, {}).get(name)
    labels = layer.choose if layer else {}
    return tuple(
        Option(key, say(labels.get(key, choice.label), known, setting), key, choice.like)
        for key, choice in (flow.steps[name].choose or {}).items()
        if choice.when is None or Condition.parse(choice.when).test(known)
    )


def options(step: Step, known: Names, setting: Setting) -> tuple[Option, ...]:
    """The options of a field of kind choice."""
    if step.field is None or step.field.kind != "choice":
        return ()
    return fields.options(step.field, known, setting.locale, setting.zone)


def field_name(name: str, step: Step) -> str:
    """The name a field is posted and answered under."""
    return (step.field.save if step.field else None) or name
