"""One decision under way: what happened so far, and the state it makes. What is decided stands in the modules around it."""

from typing import Any

from disposable import steps
from disposable.definition import Flow
from disposable.expressions import Names
from disposable.fields import Option
from disposable.folding import evolve
from disposable.state import ASKING, WAITING, Happened, State
from disposable.steps import Setting

FACT_TIER = 2
AT_REST = (ASKING, WAITING)
"""Where a run waits for somebody, and can be told things."""


class Decision:
    """A flow in the reader's language, a state, and a growing list of events. `tier` is what the command came with."""

    def __init__(self, flow: Flow, state: State, setting: Setting, tier: int, channel: str) -> None:
        self.hash, self.flow = flow.hash, flow.spoken(setting.locale)
        self.state, self.setting = state, setting
        self.tier, self.channel = tier, channel
        self.happened: list[Happened] = []

    def happen(self, kind: str, /, **body: Any) -> None:
        """Appends an event, and stands where it leads."""
        happened = Happened(kind, body)
        self.happened.append(happened)
        self.state = evolve(self.flow, self.state, happened)

    def may(self, name: str) -> bool:
        """Whether whoever acts is known surely enough for a step."""
        return self.tier >= self.flow.steps[name].tier

    def names(self) -> Names:
        return steps.names(self.state, self.setting)

    def printed_names(self) -> Names:
        """The names as texts print them."""
        return steps.worded(self.flow, self.names(), self.setting)

    def say(self, text: str) -> str:
        return steps.say(text, self.printed_names(), self.setting) if "{{" in text else text

    def choices(self, name: str) -> tuple[Option, ...]:
        return steps.choices(self.flow, name, self.names(), self.setting, self.channel)

    def options(self, name: str) -> tuple[Option, ...]:
        return steps.options(self.flow.steps[name], self.names(), self.setting)
