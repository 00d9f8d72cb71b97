"""The schema for editors: what we ship fits it, what is misspelt or does not go together does not."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from disposable import loading, source
from disposable.definition import KINDS, STEP_KINDS, TYPES, Flow
from disposable.schema import json_schema
from disposable.schema_words import SAYS
from disposable.values import number_of

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SMALL: dict[str, Any] = {"app": "a", "purpose": "p", "start": "s", "steps": {"s": {"end": "Bye"}}}


def plain(node: yaml.Node) -> Any:
    """A document as an editor for YAML 1.2 reads it."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in source.pairs(node)}
    if isinstance(node, yaml.SequenceNode):
        return [plain(inner) for inner in node.value]
    if node.tag == source.BOOL:
        return node.value.lower() == "true"
    number = number_of(node)
    return node.value if number is None else number


def step(**keys: Any) -> list[str]:
    """What is wrong with a flow that has this step."""
    return faults({**SMALL, "steps": {"s": keys}})


def field(**keys: Any) -> list[str]:
    return step(ask="What?", field=keys, next="s")


def faults(flow: dict[str, Any]) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(flow)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    json.dumps(SCHEMA)


@pytest.mark.parametrize("name", sorted(loading.gallery()))
def test_the_gallery_fits_it(name: str) -> None:
    assert faults(plain(source.compose(loading.gallery()[name]))) == []


def test_what_is_simply_right() -> None:
    assert faults(SMALL) == []
    assert faults({**SMALL, "expires": "1d 12h", "like": "one", "only": "sms", "sure": 0.5, "title": 12}) == []
    assert step(say="Hello", next="s") == []
    assert step(review={}, next="s") == []
    assert field(kind="money", currency="EUR", min=1, optional=True) == []
    assert field(kind="choices", options={"a": "A", "b": 2}, max=2) == []
    assert faults({**SMALL, "context": {"a": {"b": [{"c": "text"}]}}, "example": {"a": {"b": [{"c": "x"}]}}}) == []


@pytest.mark.parametrize(
    "flow",
    [
        {**SMALL, "purpos": "p"},
        {key: value for key, value in SMALL.items() if key != "start"},
        {**SMALL, "title": None},
        {**SMALL, "expires": "soon"},
        {**SMALL, "sure": 2},
        {**SMALL, "only": ["fax"]},
        {**SMALL, "layers": {"smss": {}}},
        {**SMALL, "steps": {}},
        {**SMALL, "steps": {"a step": {"end": "x"}}},
        {**SMALL, "context": {"a": "txt"}},
        {**SMALL, "context": {"a": ["text", "text"]}},
        {**SMALL, "rules": [{"when": "stuck > 1"}]},
        {**SMALL, "rules": [{"when": "stuck > 1", "next": "s", "handover": {}}]},
        {**SMALL, "translations": {"de": {}}},
    ],
)
def test_a_wrong_flow_does_not_fit(flow: dict[str, Any]) -> None:
    assert faults(flow)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"tier": 1},
        {"end": "x", "nxt": "s"},
        {"end": "x", "next": "s"},
        {"end": "x", "say": "y"},
        {"end": "x", "tier": 4},
        {"end": "x", "field": {"kind": "text"}, "next": "s"},
        {"do": {"call": "thing"}},
        {"do": {"call": "slots.relase"}, "next": "s"},
        {"choose": {"a": {"label": "A"}}},
        {"choose": {"a": {"label": "A", "next": "s", "handover": {}}}},
        {"choose": {"a": {"next": "s"}}},
        {"choose": {}},
        {"say": "x", "receipt": {"A": "b"}, "next": "s"},
        {"visit": {"to": "ftp://a.example/", "label": "Pay"}, "next": "s"},
        {"visit": {"to": "https://{{ host }}/", "label": "Pay"}, "next": "s"},
        {"wait": {"for": "paid"}, "next": "s"},
        {"wait": {"for": "custom.paid", "otherwise": "s"}, "next": "s"},
        {"say": "x", "show": [], "next": "s"},
        {"say": "x", "show": [{"card": {}}], "next": "s"},
        {"say": "x", "show": [{"card": {"title": "a"}, "image": {"file": "f", "alt": "a"}}], "next": "s"},
        {"say": "x", "show": [{"map": {"label": "a"}}], "next": "s"},
    ],
)
def test_a_wrong_step_does_not_fit(keys: dict[str, Any]) -> None:
    assert step(**keys)


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "txt"},
        {"label": "x"},
        {"kind": "money"},
        {"kind": "text", "currency": "EUR"},
        {"kind": "money", "currency": "euro"},
        {"kind": "scale"},
        {"kind": "scale", "scale": "five"},
        {"kind": "consent"},
        {"kind": "location"},
        {"kind": "slot"},
        {"kind": "slot", "calendar": "a", "from": "b"},
        {"kind": "choice"},
        {"kind": "choice", "options": {"a": "A"}, "from": "b"},
        {"kind": "choice", "from": "b", "look": "map"},
        {"kind": "text", "save": "a b"},
    ],
)
def test_a_wrong_field_does_not_fit(keys: dict[str, Any]) -> None:
    assert field(**keys)


def test_it_names_every_word_of_the_language() -> None:
    parts = SCHEMA["$defs"]
    assert set(SCHEMA["properties"]) == set(Flow.model_fields) - {"translations"}
    assert parts["Field"]["properties"]["kind"]["enum"] == list(KINDS)
    assert parts["Type"]["anyOf"][0]["enum"] == list(TYPES)
    assert set(STEP_KINDS) < set(parts["Step"]["properties"])


def test_an_editor_has_something_to_say_of_every_key_it_explains() -> None:
    for name in SAYS:
        part, key = name.split(".")
        properties = SCHEMA["properties"] if part == "Flow" else SCHEMA["$defs"][part]["properties"]
        assert properties[key]["description"] == SAYS[name]
    for part in ("Flow", "Step", "Field", "Choice", "Call", "Wait"):
        properties = SCHEMA["properties"] if part == "Flow" else SCHEMA["$defs"][part]["properties"]
        assert not [key for key in properties if f"{part}.{key}" not in SAYS]
