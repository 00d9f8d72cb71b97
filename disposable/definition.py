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

from disposable import context
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
    "json_schema",
    "mask",
]

CHANNELS = ("sms", "widget", "web", "email", "push", "whatsapp", "messenger", "x", "telegram", "ussd", "voice", "video")
KINDS = ("text", "choice", "yesno", "phone", "email", "date", "number")
ANYONE = "anyone"
DEFAULT_EXPIRES = 48 * 3600
MAX_EXPIRES = 30 * 86400
HIDDEN = "•••"


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
    """Something to fill in. A choice has fixed `options` (value: label) or takes them `from` a list, printed by `label`."""

    kind: str
    label: str = ""
    hint: str = ""
    options: dict[str, str] | None = None
    from_: str | None = Key(default=None, alias="from")
    save: str | None = None
    optional: bool = False
    min: float | str | None = None
    max: float | str | None = None


class Call(Frozen):
    """A call to the company's own system, by the name it is registered under at the site."""

    call: str
    with_: dict[str, JsonValue] = Key(default_factory=dict, alias="with")
    save: str | None = None
    otherwise: str | None = None


class Step(Frozen):
    """One screen, call, hand-over or end."""

    tier: int = 1
    title: str | None = None
    say: str | None = None
    ask: str | None = None
    choose: dict[str, Choice] | None = None
    field: Field | None = None
    do: Call | None = None
    handover: Handover | None = None
    end: str | None = None
    next: str | None = None

    @property
    def kind(self) -> str:
        """choose, field, do, handover, end, or say for a step that only speaks and goes on."""
        return next((kind for kind in STEP_KINDS if getattr(self, kind) is not None), "say")


STEP_KINDS = ("choose", "field", "do", "handover", "end")


class Rule(Frozen):
    when: str
    handover: Handover


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

    def to_json(self) -> str:
        """Canonical JSON. Keep it as text: the order of choices is part of the flow."""
        return self._canonical

    @staticmethod
    def from_json(text: str) -> "Flow":
        return Flow.model_validate_json(text)

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


def json_schema() -> dict[str, Any]:
    """JSON Schema of a flow as it is written in YAML, for editors."""
    schema = Flow.model_json_schema(by_alias=True)
    parts = schema["$defs"]
    # What loading reads from words: durations, one other word without a list, and the closed lists of the language.
    schema["properties"]["expires"] = {"type": "string", "pattern": r"^(\d+[dhms] ?)+$", "default": "48h"}
    like = parts["Choice"]["properties"]["like"]
    parts["Choice"]["properties"]["like"] = {"anyOf": [{"type": "string"}, like]}
    parts["Field"]["properties"]["kind"]["enum"] = list(KINDS)
    parts["Step"]["properties"]["tier"] |= {"minimum": 1, "maximum": 3}
    schema["properties"]["layers"]["propertyNames"] = {"enum": list(CHANNELS)}
    return schema


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
