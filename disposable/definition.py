"""What a flow is: frozen models, its hash, and the types of the context it needs.

Whoever reads a flow from YAML goes through loading.py, which explains mistakes; these models hold what came out of it.
"""

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic import Field as Key

from disposable import context, texts
from disposable.context import TYPES, ContextInvalid, ContextType

__all__ = [
    "TYPES",
    "Call",
    "Choice",
    "ContextInvalid",
    "ContextType",
    "Field",
    "Flow",
    "Handover",
    "Layer",
    "Rule",
    "Step",
    "Verify",
    "check_context",
    "check_values",
    "context_types",
    "mask",
]

CHANNELS = ("sms", "widget", "web", "email", "push", "whatsapp", "messenger", "x", "telegram", "ussd", "voice", "video")
RENDERED = ("web", "widget", "sms", "ussd", "voice")
"""The channels a flow can be drawn on; the others show it as a chat, or as a text."""
KINDS = (
    *("text", "long", "name", "email", "phone", "number", "money", "date", "time", "slot"),
    *("choice", "choices", "yesno", "scale", "address", "photo", "file", "signature", "location", "code", "consent"),
)
SCALES = ("nps", "stars", "csat")
LOOKS = ("list", "grid")
VIEWS = ("card", "list", "table", "image", "map", "timeline")
BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "slots.release": ("slot",),
    "preferences.set": ("channel", "quiet_from", "quiet_to", "opt_out", "opt_in"),
    "callback.request": ("phone", "at", "topic"),
    "link.send": ("to",),
    "customer.set": ("name", "email", "phone", "locale", "zone"),
}
"""Calls the server does by itself, and what is told to each; the name of a company's own has no dot."""
ANYONE = "anyone"
DEFAULT_EXPIRES = 48 * 3600
MAX_EXPIRES = 30 * 86400
HIDDEN = "•••"
SURE = 0.75


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Handover(Frozen):
    """To whose queue, why, and where the flow goes on: `then` after a person, `otherwise` when there is none."""

    team: str = ANYONE
    why: str = ""
    then: str | None = None
    otherwise: str | None = None


class Choice(Frozen):
    """One way on: to a step, or to a person. `like` are other words for it, `when` hides it unless true."""

    label: str
    next: str | None = None
    handover: Handover | None = None
    when: str | None = None
    like: tuple[str, ...] = ()


class Field(Frozen):
    """Something to fill in. A choice has fixed `options` (value: label) or takes them `from` a list, printed by `label`.

    What belongs to one kind only: `currency` (money, ISO 4217), `calendar` and `instead` (slot: where its slots come from;
    the dotted name of the slot that is given back when this one is booked), `scale` (nps, stars, csat), `terms` (consent:
    the words agreed to), `why` (location: the reason it is asked for), `near` (choice: the name of a saved location; the
    nearest come first), `to` (code: the dotted name of the phone it is texted to; left out, the number on file).
    Of choices and slots: `group` prints the heading an item stands under, `look` is list or grid (a seat map, times).
    `min` and `max` bound a number, a money, a date or time, the length of a text, or how many are chosen or sent.
    """

    kind: str
    label: str = ""
    hint: str = ""
    options: dict[str, str] | None = None
    from_: str | None = Key(default=None, alias="from")
    save: str | None = None
    optional: bool = False
    min: float | str | None = None
    max: float | str | None = None
    currency: str | None = None
    calendar: str | None = None
    instead: str | None = None
    scale: str | None = None
    terms: str | None = None
    why: str | None = None
    near: str | None = None
    to: str | None = None
    group: str | None = None
    look: str | None = None


class Call(Frozen):
    """A call to the company's own system, by the name it is registered under at the site."""

    call: str
    with_: dict[str, JsonValue] = Key(default_factory=dict, alias="with")
    save: str | None = None
    otherwise: str | None = None
    safe: bool = False


class Visit(Frozen):
    """Leaving to a page of somebody else, a payment say, and coming back. The host of `to` stands in the flow itself;
    `{{ back }}` in it is the address to come back to."""

    to: str
    label: str


class Wait(Frozen):
    """Waiting until the company tells of an event of kind `for` (custom.NAME), `within` seconds, else `otherwise`."""

    for_: str = Key(alias="for")
    within: int | None = None
    save: str | None = None
    otherwise: str | None = None


class Review(Frozen):
    """What was answered so far, to be looked over before it is sent. `rows` (label: text) instead of all answers."""

    send: str = ""
    rows: dict[str, str] | None = None


class Calendar(Frozen):
    """An entry for the customer's own calendar. `starts` and `ends` are dotted names of instants, or of a slot."""

    title: str
    starts: str
    ends: str | None = None
    where: str = ""


class Pass(Frozen):
    """A page to show at the counter: `code` stands in its QR code and below it. It is kept on the phone, offline."""

    title: str
    code: str
    rows: dict[str, str] = Key(default_factory=dict)


class Card(Frozen):
    title: str = ""
    text: str = ""
    rows: dict[str, str] = Key(default_factory=dict)


class Listing(Frozen):
    """A list of what stands in `from`; `title` and `text` print one `item`."""

    from_: str = Key(alias="from")
    title: str
    text: str = ""


class Table(Frozen):
    """A table of what stands in `from`; `columns` (heading: text) print one `item`."""

    from_: str = Key(alias="from")
    columns: dict[str, str]


class Image(Frozen):
    """A picture the company uploaded (POST /v1/files), by its id; `alt` says what is to be seen."""

    file: str
    alt: str


class Map(Frozen):
    """A place `at` (dotted name of {lat, lon}), or the places of a list `from`, each printed by `label`."""

    label: str
    at: str | None = None
    from_: str | None = Key(default=None, alias="from")


class Timeline(Frozen):
    """What happened and what is to come: the items of `from`; `at` prints when, `done` says what lies behind."""

    from_: str = Key(alias="from")
    title: str
    at: str = ""
    done: str | None = None


class Block(Frozen):
    """One thing to look at: exactly one of card, list, table, image, map, timeline. `when` hides it unless true."""

    card: Card | None = None
    list: Listing | None = None
    table: Table | None = None
    image: Image | None = None
    map: Map | None = None
    timeline: Timeline | None = None
    when: str | None = None


class Step(Frozen):
    """One screen, call, visit, wait, hand-over or end.

    `subflow` names another flow that is run here; loading puts its steps in its place, so that no flow in use has one.
    `receipt`, `calendar` and `pass` go with an `end`.
    """

    tier: int = 1
    title: str | None = None
    say: str | None = None
    ask: str | None = None
    show: tuple[Block, ...] = ()
    choose: dict[str, Choice] | None = None
    field: Field | None = None
    review: Review | None = None
    do: Call | None = None
    visit: Visit | None = None
    wait: Wait | None = None
    subflow: str | None = None
    handover: Handover | None = None
    end: str | None = None
    receipt: dict[str, str] | None = None
    calendar: Calendar | None = None
    pass_: Pass | None = Key(default=None, alias="pass")
    next: str | None = None

    @property
    def kind(self) -> str:
        """choose, field, review, do, visit, wait, handover, end, or say for a step that only speaks and goes on."""
        return next((kind for kind in STEP_KINDS if getattr(self, kind) is not None), "say")


STEP_KINDS = ("choose", "field", "review", "do", "visit", "wait", "subflow", "handover", "end")


class Notify(Frozen):
    """A note for the agents of a team; the run goes on."""

    team: str = ANYONE
    text: str


class Rule(Frozen):
    """When it holds: to a person, or to the step `next`, or a note to a team. One of them."""

    when: str
    handover: Handover | None = None
    next: str | None = None
    notify: Notify | None = None


class Verify(Frozen):
    """How tier 2 is reached: a question, and the context value that answers it."""

    ask: str
    against: str


class Layer(Frozen):
    """Other words of one step for one channel."""

    say: str | None = None
    ask: str | None = None
    title: str | None = None
    end: str | None = None
    choose: dict[str, str] = Key(default_factory=dict)


class Flow(Frozen):
    """The whole. `like` are words that open it, `sure` is the confidence (0 to 1) below which a reply is asked again, `only`
    the channels it may run on (all, if empty), `example` a context to try it with, `translations` its texts in other
    languages: language -> the same tree with nothing but texts in it.
    """

    app: str
    purpose: str
    title: str | None = None
    text: str | None = None
    expires: int = DEFAULT_EXPIRES
    verify: Verify | None = None
    context: dict[str, ContextType] = Key(default_factory=dict)
    start: str
    steps: dict[str, Step]
    rules: tuple[Rule, ...] = ()
    layers: dict[str, dict[str, Layer]] = Key(default_factory=dict)
    like: tuple[str, ...] = ()
    sure: float = SURE
    only: tuple[str, ...] = ()
    example: dict[str, JsonValue] = Key(default_factory=dict)
    translations: dict[str, dict[str, JsonValue]] = Key(default_factory=dict)

    def to_json(self) -> str:
        """Canonical JSON. Keep it as text: the order of choices is part of the flow."""
        return self._canonical

    @staticmethod
    def from_json(text: str) -> "Flow":
        return Flow.model_validate_json(text)

    def plain(self) -> dict[str, Any]:
        """The flow as plain JSON, without its translations."""
        found: dict[str, Any] = json.loads(self._canonical)
        found.pop("translations", None)
        return found

    def spoken(self, locale: str) -> "Flow":
        """The flow with its texts in that language, where it has a translation; the same steps, ids and hash."""
        language = texts.language(locale, self.translations)
        if language is None:
            return self
        if language not in self._languages:
            self._languages[language] = self._translated(language)
        return self._languages[language]

    def _translated(self, language: str) -> "Flow":
        flow = Flow.model_validate(texts.translated(self.plain(), self.translations[language]))
        # Whoever asks what it is pinned to is told of the whole: a language is not another flow.
        vars(flow).update(_canonical=self._canonical, _hash=self._hash)
        return flow

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, in hex: what a run is pinned to."""
        return self._hash

    @functools.cached_property
    def _canonical(self) -> str:
        data = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    @functools.cached_property
    def _hash(self) -> str:
        return hashlib.sha256(self._canonical.encode()).hexdigest()

    def but(self, **changes: Any) -> "Flow":
        """A flow with other values in the keys named; nothing that was worked out for this one is taken along."""
        return Flow.model_construct(**{name: getattr(self, name) for name in Flow.model_fields} | changes)

    @functools.cached_property
    def _languages(self) -> dict[str, "Flow"]:
        return {}

    @functools.cached_property
    def types(self) -> dict[str, str]:
        """context_types(self), kept."""
        return dict(_leaves("", dict(self.context)))


def check_context(flow: Flow, values: Mapping[str, Any]) -> None:
    """Raises ContextInvalid with every mistake: missing, unknown, of another type, a list to choose from that is empty."""
    lists = [step.field.from_ for step in flow.steps.values() if step.field and step.field.from_]
    context.check(flow.context, values, lists)


def check_values(flow: Flow, values: Mapping[str, Any]) -> None:
    """The same for values set later, by dotted or top name; names the flow does not declare are free."""
    context.check_some(flow.context, values)


def context_types(flow: Flow) -> dict[str, str]:
    """Dotted names of the context and their types; lists are marked with []: flight.alternatives[].number."""
    return dict(flow.types)


def _leaves(name: str, kind: ContextType) -> Iterator[tuple[str, str]]:
    if isinstance(kind, dict):
        for key, inner in kind.items():
            yield from _leaves(f"{name}.{key}" if name else key, inner)
    elif isinstance(kind, list):
        yield from _leaves(f"{name}[]", kind[0] if kind else "text")
    else:
        yield name, str(kind)


def mask(flow: Flow, values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the context with every secret value hidden. What the flow does not declare is kept as it is."""
    masked = _masked(dict(flow.context), dict(values))
    return masked if isinstance(masked, dict) else {}


def _masked(kind: ContextType, value: Any) -> Any:
    if kind == "secret":
        return HIDDEN
    if isinstance(kind, dict) and isinstance(value, dict):
        return {key: _masked(kind[key], inner) if key in kind else inner for key, inner in value.items()}
    if isinstance(kind, list) and isinstance(value, list):
        return [_masked(kind[0], inner) for inner in value] if kind else value
    # A value of another shape than declared may hold the secret somewhere: hide it whole.
    return HIDDEN if "secret" in _kinds(kind) else value


def _kinds(kind: ContextType) -> set[str]:
    return {leaf for _, leaf in _leaves("", kind)}
