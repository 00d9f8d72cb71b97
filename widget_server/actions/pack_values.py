"""What of a session is already given, and what its steps are called: the pack's side that reads flows.

A value counts as given whoever gave it: the company's context, the customer's answer, an address they proved. Secret ones
are masked here by the flow's own types, so that no reader of a pack has to remember to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from disposable import formats
from disposable.definition import Flow
from disposable.expressions import ExpressionInvalid, Template
from disposable.state import State
from widget_server.actions.pack_cards import MASK, Given
from widget_server.events import Event

GENERIC = frozenset({"number", "name", "id", "date", "time", "type", "code", "value", "text", "reference", "status"})
"""Names that ask for nothing by themselves: `flight.number` is looked for as "flight number", never as "number"."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One run of the session: its id, its pinned flow and the fold of its events."""

    run: str
    flow: Flow
    state: State


@dataclass(frozen=True, slots=True)
class Wording:
    """The flows' own words, filled in with what their runs know. `site` is what templates call `site`, `words` are ours."""

    journeys: Mapping[str, Journey]
    site: Mapping[str, Any]
    locale: str
    zone: str | None
    words: Callable[..., str] | None = None

    def title(self, run: str) -> str:
        """The title of a run's flow, else its purpose."""
        journey = self.journeys[run]
        return self._filled(journey, journey.flow.title or "") or journey.flow.purpose

    def step(self, run: str, step: str) -> str:
        """What a step asks, else its title, else its name as words."""
        journey = self.journeys.get(run)
        found = journey.flow.steps.get(step) if journey else None
        if journey is None or found is None:
            return human(step)
        label = found.field.label if found.field and "{{" not in found.field.label else ""
        return self._filled(journey, found.ask or found.title or label or "") or human(step)

    def kind(self, run: str, step: str) -> str:
        """The kind of a step's field; empty where it has none, as where one only chooses the way."""
        journey = self.journeys.get(run)
        found = journey.flow.steps.get(step) if journey else None
        return found.field.kind if found and found.field else ""

    def end(self, run: str, step: str) -> str:
        """The last words of a run that ended at a step."""
        journey = self.journeys.get(run)
        found = journey.flow.steps.get(step) if journey else None
        return self._filled(journey, found.end or "") if journey and found else ""

    def printed(self, value: object) -> str:
        """A value for reading: instants and days in the reader's way, lists with their items apart."""
        style = formats.Style(self.locale, self.zone, str(self.site.get("zone") or "") or None)
        if formats.moment(value):
            return f"{formats.date_text(value, style)}, {formats.time_text(value, style)}"
        if isinstance(value, str):
            return formats.date_text(value, style) if formats.day(value) else value
        if isinstance(value, Mapping):
            return ", ".join(filter(None, (self.printed(inner) for inner in value.values())))
        if isinstance(value, Sequence):
            return " · ".join(filter(None, (self.printed(inner) for inner in value)))
        if isinstance(value, bool) or value is None:
            return "" if value is None else self.yes_or_no(value)
        return formats.number_text(value, style)

    def yes_or_no(self, value: bool) -> str:
        """A yes is kept as true: its word is the reader's."""
        return self.words("step.yes" if value else "step.no") if self.words else str(value).lower()

    def _filled(self, journey: Journey, text: str) -> str:
        names = {**journey.state.context, **journey.state.saved, "site": self.site}
        try:
            return Template.parse(text).render(names, self.locale, self.zone).strip()
        except ExpressionInvalid:
            return ""


def given(log: Sequence[Event], say: Wording, addresses: Iterable[tuple[str, str]] = ()) -> Iterator[Given]:
    """Every value the session knows, each with its newest: what a flow declares in its order, then as it was given."""
    types = {name: kind for journey in say.journeys.values() for name, kind in journey.flow.types.items()}
    found = {kind: _address(kind, value, "identity") for kind, value in addresses if kind in ("phone", "email")}
    for event in log:
        found.update(_of_event(event, types, say))
    # The log keeps no order within an object: the flow's author chose one.
    declared = {name.partition("[]")[0]: place for place, name in reversed(list(enumerate(types)))}
    yield from sorted(found.values(), key=lambda one: declared.get(one.name, len(types)))


def _of_event(event: Event, types: Mapping[str, str], say: Wording) -> dict[str, Given]:
    body = event.body or {}
    if event.kind == "run.started":
        return _values(body.get("context", {}), types, say)
    if event.kind == "context":
        return _values(_nested(body.get("set", {})), types, say)
    if event.kind == "identity" and body.get("kind") in ("phone", "email"):
        return {body["kind"]: _address(body["kind"], body.get("value", ""), "identity")}
    if event.kind == "callback" and body.get("phone"):
        return {"phone": _address("phone", body["phone"], "answer")}
    return _answer(event, say) if event.kind == "run.answered" else {}


def _address(kind: str, value: str, source: str) -> Given:
    return Given(kind, human(kind), kind, value, shown=True, source=source, words=(kind,))


def _answer(event: Event, say: Wording) -> dict[str, Given]:
    """An answer is given under the name it was saved by; a chosen way on is a step done, not a value."""
    body, run = event.body or {}, event.run or ""
    name, step = body.get("name", ""), body.get("step", "")
    kind = say.kind(run, step)
    if not kind:
        return {}
    label = say.step(run, step)
    text = answered(body, say)
    words = (*_words(name), label.rstrip("?؟. ").lower())
    return {name: Given(name, label, kind, text, shown=True, source="answer", words=words)}


def answered(body: Mapping[str, Any], say: Wording) -> str:
    """What was answered, as it is read."""
    value = body.get("value")
    return say.yes_or_no(value) if isinstance(value, bool) else body.get("label") or say.printed(value)


def _values(context: Mapping[str, Any], types: Mapping[str, str], say: Wording, within: str = "") -> dict[str, Given]:
    found: dict[str, Given] = {}
    for key, value in context.items():
        name = f"{within}.{key}" if within else str(key)
        if isinstance(value, Mapping) and not formats.moment(value):
            found.update(_values(value, types, say, name))
        elif value not in (None, "", []):
            found[name] = _value(name, value, types, say)
    return found


def _value(name: str, value: object, types: Mapping[str, str], say: Wording) -> Given:
    inside = {kind for other, kind in types.items() if other == name or other.startswith((f"{name}.", f"{name}[]"))}
    # A value of another shape than declared may hold the secret somewhere: hide it whole.
    shown = "secret" not in inside
    kind = types.get(name) or ("list" if isinstance(value, list) else "text")
    text = say.printed(_in_order(name, value, types)) if shown else MASK
    return Given(name, human(name), kind, text, shown=shown, source="context", words=_words(name))


def _in_order(name: str, value: object, types: Mapping[str, str]) -> object:
    """A list's objects with their keys as the flow declares them."""
    if not isinstance(value, list):
        return value
    places = {one.removeprefix(f"{name}[]."): place for place, one in enumerate(types)}
    return [
        dict(sorted(one.items(), key=lambda pair: places.get(pair[0], len(places))))
        if isinstance(one, Mapping)
        else one
        for one in value
    ]


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """`{"flight.number": 1}` and `{"flight": {"number": 1}}` are the same thing said twice."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        *way, last = str(name).split(".")
        place = nested
        for part in way:
            place[part] = dict(place[part]) if isinstance(place.get(part), Mapping) else {}
            place = place[part]
        place[last] = value
    return nested


def human(name: str) -> str:
    """A dotted name as a person reads it: `flight.number` is "Flight number", `passenger.last_name` is "Passenger last name"."""
    text = name.replace(".", " ").replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _words(name: str) -> tuple[str, ...]:
    last = name.rpartition(".")[2]
    whole = human(name).lower()
    return (whole,) if last.lower() in GENERIC else tuple(dict.fromkeys((whole, human(last).lower())))
