"""What a step says and offers in a given state, channel and language. The engine and the screen read it alike."""

import datetime as dt
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as having
from urllib.parse import quote

from disposable import fields, formats
from disposable.definition import Flow, Layer, Step, Visit
from disposable.expressions import Condition, Names, Template
from disposable.fields import Option, Where
from disposable.formats import Worded, zone_info
from disposable.state import State

CONTINUE, CHANGE = "continue", "change"
LIKE: Mapping[str, str] = {"ussd": "sms", **dict.fromkeys(("whatsapp", "messenger", "x", "telegram"), "widget")}
"""Channel -> the one whose words serve it best where a flow has none for it. What is spoken has none."""
BACK = "__back__"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANSWERED = ("choose", "field", "review", "visit", "say")
PAGES = ("web", "email", "push", "video")
"""Channels where a run is a page; on every other one it is a dialog, in which a guess is asked before it is taken."""


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

    def clock(self) -> dt.datetime:
        """What a clock says where the customer is, else at the site."""
        zone = zone_info(self.zone) or zone_info(self.site.get("zone")) or dt.UTC
        return dt.datetime.fromtimestamp(self.now / 1000, zone)

    def today(self) -> dt.date:
        """The day it is there."""
        return self.clock().date()


def names(state: State, setting: Setting) -> Names:
    """Every name an expression may read. Those of the moment stand in `when` only, and give way to the flow's own."""
    clock = setting.clock()
    moment = {
        "minutes": max(0, setting.now - setting.started) // 60_000 if setting.started else 0,
        "open": setting.open,
        "agents": setting.agents,
        "hour": clock.hour,
        "weekday": WEEKDAYS[clock.weekday()],
    }
    return {**moment, **state.context, **state.saved, "site": setting.site, "stuck": state.tries}


def worded(flow: Flow, known: Names, setting: Setting) -> Names:
    """The same names for texts: what was picked from fixed options prints its label, a phone number its spaces."""
    found: dict[str, object] = {}
    for field in (step.field for step in flow.steps.values()):
        if field is None or not field.save or field.save not in known:
            continue
        value = found.get(field.save, known[field.save])
        if field.options:
            labels = {key: say(label, known, setting) for key, label in field.options.items()}
            found[field.save] = (
                [_word(one, labels) for one in value] if isinstance(value, list) else _word(value, labels)
            )
        elif field.kind == "phone" and isinstance(value, str):
            found[field.save] = Worded(value, fields.phone_text(value))
    return {**known, **found} if found else known


def _word(value: object, labels: Mapping[str, str]) -> object:
    return Worded(value, labels[value]) if isinstance(value, str) and value in labels else value


def say(text: str, known: Names, setting: Setting) -> str:
    return Template.parse(text).render(known, setting.locale, setting.zone)


def wording(flow: Flow, name: str, key: str, channel: str) -> str | None:
    """The text of a step under `key` (title, say, ask, end), in the words of the channel where it has its own."""
    own: list[str | None] = [getattr(layer, key) for layer in _layers(flow, name, channel)]
    usual: str | None = getattr(flow.steps[name], key)
    return next((text for text in own if text is not None), usual)


def _layers(flow: Flow, name: str, channel: str) -> Iterator[Layer]:
    """Where a step may have other words for a channel: its own layer, then that of the channel most like it."""
    for layer in (flow.layers.get(one, {}).get(name) for one in (channel, LIKE.get(channel, ""))):
        if layer is not None:
            yield layer


def choices(flow: Flow, name: str, known: Names, setting: Setting, channel: str) -> tuple[Option, ...]:
    """The choices of a `choose` that are there now, in order."""
    labels = dict(ChainMap(*(dict(layer.choose) for layer in _layers(flow, name, channel))))
    return tuple(
        Option(key, say(labels.get(key, choice.label), known, setting), key, choice.like)
        for key, choice in (flow.steps[name].choose or {}).items()
        if choice.when is None or Condition.parse(choice.when).test(known)
    )


def options(step: Step, known: Names, setting: Setting) -> tuple[Option, ...]:
    """What a field of kind choice, choices or slot offers now."""
    if step.field is None:
        return ()
    today = setting.today()
    return fields.options(step.field, known, setting.locale, setting.zone, today=today, slots=setting.slots)


def where(known: Names, setting: Setting) -> Where:
    """Who reads or types a value, where and when."""
    return Where(known, setting.locale, setting.zone, setting.today(), setting.slots)


def field_name(name: str, step: Step) -> str:
    """The name a field is posted and answered under."""
    return (step.field.save if step.field else None) or name


def before(flow: Flow, state: State, name: str) -> str | None:
    """The step one goes back to from a step: the last one before it that was shown and can be answered anew."""
    open_path = state.open
    earlier = open_path[: open_path.index(name)] if name in open_path else ()
    return next((step for step in reversed(earlier) if flow.steps[step].kind in ANSWERED), None)


def address(visit: Visit, known: Names, setting: Setting) -> str:
    """Where a visit leads: what is printed into the address cannot change its parts; `{back}` is left for the way back."""
    style = Where(known, setting.locale, setting.zone).style
    names_ = {**known, "back": BACK}
    parts = (
        part if isinstance(part, str) else quote(formats.plain(part(names_, style), style), safe="")
        for part in Template.parse(visit.to).parts
    )
    return "".join(parts).replace(BACK, "{back}")
