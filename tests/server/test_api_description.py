"""/openapi.json and /docs/api say what the code does: nothing more, nothing less."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api
from widget_server.assets import Assets
from widget_server.web.api.table import OPERATIONS
from widget_server.web.openapi import SECURITY_SCHEMES, document, problems_of
from widget_server.web.problems import STATUS
from widget_server.words import Words

TABLE = list(OPERATIONS)
DOCUMENT = document(TABLE, version="1", base_url="https://chat.example")


def references(value: Any) -> set[str]:
    """Every $ref of a document."""
    if isinstance(value, dict):
        inner = [references(one) for one in value.values()]
        return set().union(*inner, {value["$ref"]} if isinstance(value.get("$ref"), str) else set())
    return set().union(*(references(one) for one in value)) if isinstance(value, list) else set()


def test_it_is_served(tmp_path: Path, assets: Assets, words: Words) -> None:
    answer = Api(tmp_path, assets, words).nobody.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.get_json()["paths"].keys() == DOCUMENT["paths"].keys()


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert {ref.removeprefix("#/components/schemas/") for ref in references(DOCUMENT)} <= set(schemas)


def test_names_are_unique_and_everything_is_summed_up() -> None:
    names = [operation.name for operation in TABLE]
    assert len(names) == len(set(names))
    assert [operation.name for operation in TABLE if not operation.summary.endswith(".")] == []


@pytest.mark.parametrize("operation", TABLE, ids=lambda operation: operation.name)
def test_an_operation_names_known_schemes_and_problems(operation: Any) -> None:
    assert set(operation.auth) <= set(SECURITY_SCHEMES)
    assert set(problems_of(operation)) <= set(STATUS)


def test_the_documentation_lists_exactly_these_operations(assets: Assets) -> None:
    text = (assets.templates / "docs" / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z]+ /[^`]+)` \|", text, re.MULTILINE))
    assert listed == {f"{operation.method} {operation.path}" for operation in TABLE}
