"""JSON Schema of a flow as it is written in YAML: what makes an editor complete it, explain it and check it.

Made of the models, and of what reading.py says in code: closed lists, words for durations, and what does not go together.
"""

import itertools
from collections.abc import Mapping
from typing import Any, TypeAlias

from disposable.definition import (
    BUILT_IN,
    CHANNELS,
    KINDS,
    LOOKS,
    RENDERED,
    SCALES,
    STEP_KINDS,
    TYPES,
    VIEWS,
    Flow,
)
from disposable.reading_fields import NEEDS, OF_KIND
from disposable.schema_words import SAYS

Schema: TypeAlias = dict[str, Any]

_WORD = "^[A-Za-z][A-Za-z0-9_-]{0,63}$"
_NAME = "^[A-Za-z][A-Za-z0-9_]{0,63}$"
_PATH = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$"
# What looks like a number or a flag to YAML is as good a text.
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_DURATION: Schema = {"type": "string", "pattern": "^([0-9]{1,7}[dhms] ?){1,4}$", "examples": ["30m", "48h", "7d"]}
_TEXTS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_CHANNEL: Schema = {"enum": list(RENDERED)}
_GOES_ON = ("field", "review", "do", "visit", "wait", "subflow")

# What the models do not know of a key; `Part.key`, Flow's own at the top.
_KEYS: Mapping[str, Schema] = {
    "Flow.app": {"pattern": _WORD},
    "Flow.expires": _DURATION,
    "Flow.like": _TEXTS,
    "Flow.only": {"anyOf": [_CHANNEL, {"type": "array", "items": _CHANNEL, "minItems": 1}]},
    "Flow.sure": {"exclusiveMinimum": 0, "maximum": 1},
    "Flow.context": {
        "type": "object",
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": {"$ref": "#/$defs/Type"},
    },
    "Flow.steps": {"propertyNames": {"pattern": _WORD}, "minProperties": 1},
    "Flow.layers": {"propertyNames": {"enum": list(CHANNELS)}},
    "Choice.like": _TEXTS,
    "Field.kind": {"enum": list(KINDS)},
    "Field.scale": {"enum": list(SCALES)},
    "Field.look": {"enum": list(LOOKS)},
    "Field.currency": {"pattern": "^[A-Z]{3}$"},
    "Field.calendar": {"pattern": _WORD},
    **{f"Field.{key}": {"pattern": _PATH} for key in ("from", "near", "instead", "to")},
    "Field.save": {"pattern": _NAME},
    "Field.options": {"minProperties": 1},
    "Step.tier": {"minimum": 1, "maximum": 3},
    "Step.choose": {"propertyNames": {"pattern": _WORD}, "minProperties": 1},
    "Step.show": {"minItems": 1},
    "Step.subflow": {"pattern": _WORD},
    "Call.call": {"anyOf": [{"enum": list(BUILT_IN)}, {"pattern": _WORD}]},
    "Call.save": {"pattern": _NAME},
    "Visit.to": {"pattern": "^https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/|$)"},
    "Wait.for": {"pattern": r"^custom\.[A-Za-z0-9_.]+$"},
    "Wait.within": _DURATION,
    "Wait.save": {"pattern": _NAME},
    **{f"{part}.team": {"pattern": _WORD} for part in ("Handover", "Notify")},
}


def json_schema() -> Schema:
    """The schema, for `# yaml-language-server: $schema=`."""
    schema = Flow.model_json_schema(by_alias=True)
    parts: dict[str, Schema] = schema.pop("$defs")
    del parts["JsonValue"], schema["properties"]["translations"]
    for name, part in (("Flow", schema), *parts.items()):
        part.pop("title")
        part["properties"] = {key: _key(f"{name}.{key}", value) for key, value in part["properties"].items()}
        if "description" in part:
            part["description"] = " ".join(part["description"].split())
    parts["Type"] = _type()
    _exclusive(parts)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A flow"}
    return head | schema | {"$defs": parts}


def _key(name: str, value: Schema) -> Schema:
    """One key as it is written: never null, and with what is known of it."""
    found = {key: inner for key, inner in value.items() if key not in ("title", "default")}
    kinds = [kind for kind in found.pop("anyOf", []) if kind != {"type": "null"}]
    found |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
    found |= _KEYS.get(name, {})
    if "anyOf" in _KEYS.get(name, {}):
        found = {key: inner for key, inner in found.items() if key not in ("type", "items")}
    if found.get("type") == "string" and not {"pattern", "enum"} & set(found):
        found |= _TEXT
    for key in ("additionalProperties", "items"):
        if found.get(key) == {"type": "string"}:
            found[key] = _TEXT
        elif found.get(key) == {"$ref": "#/$defs/JsonValue"}:
            found[key] = True
    return found | ({"description": SAYS[name]} if name in SAYS else {})


def _type() -> Schema:
    inner: Schema = {"$ref": "#/$defs/Type"}
    return {
        "description": "A type: one of the words, [type] for a list, {key: type} for an object.",
        "anyOf": [
            {"enum": list(TYPES)},
            {"type": "array", "items": inner, "minItems": 1, "maxItems": 1},
            {"type": "object", "propertyNames": {"pattern": _NAME}, "additionalProperties": inner, "minProperties": 1},
        ],
    }


def _exclusive(parts: dict[str, Schema]) -> None:
    """What does not go together, and what does not go without."""
    parts["Step"]["allOf"] = _step()
    parts["Field"]["allOf"] = [*_field(), *_sources()]
    parts["Rule"]["oneOf"] = _one_of("handover", "next", "notify")
    parts["Choice"]["oneOf"] = _one_of("next", "handover")
    parts["Block"]["oneOf"] = _one_of(*VIEWS)
    parts["Map"]["oneOf"] = _one_of("at", "from")
    parts["Card"]["minProperties"] = 1
    parts["Wait"]["dependentRequired"] = {"otherwise": ["within"]}


def _step() -> list[Schema]:
    apart = [_not_both(one, other) for one, other in itertools.combinations(STEP_KINDS, 2)]
    apart += [_not_both("next", key) for key in ("choose", "handover", "end")] + [_not_both("say", "end")]
    spoken: Schema = {"anyOf": [{"required": [key]} for key in (*STEP_KINDS, "say", "show")]}
    led: Schema = {"dependentRequired": {key: ["next"] for key in _GOES_ON}}
    ended: Schema = {"dependentRequired": {key: ["end"] for key in ("receipt", "calendar", "pass")}}
    return [*apart, spoken, led, ended]


def _field() -> list[Schema]:
    only = [
        {"if": {"required": [key]}, "then": {"properties": {"kind": {"enum": list(kinds)}}}}
        for key, kinds in OF_KIND.items()
    ]
    needed = [{"if": _is_kind(kind), "then": {"required": [key]}} for kind, (key, _) in NEEDS.items()]
    return [*only, *needed]


def _sources() -> list[Schema]:
    both = {"choice": ("options", "from"), "choices": ("options", "from"), "slot": ("calendar", "from")}
    return [{"if": _is_kind(kind), "then": {"oneOf": _one_of(*keys)}} for kind, keys in both.items()]


def _is_kind(kind: str) -> Schema:
    return {"properties": {"kind": {"const": kind}}, "required": ["kind"]}


def _one_of(*keys: str) -> list[Schema]:
    return [{"required": [key]} for key in keys]


def _not_both(one: str, other: str) -> Schema:
    return {"not": {"required": [one, other]}}
