"""The page on flows is true: its flows run, its mistakes are made, its tables are complete."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import BaseModel

from disposable import loading, understand
from disposable.checking import SITE
from disposable.context import TYPES
from disposable.definition import (
    BUILT_IN,
    KINDS,
    RENDERED,
    SCALES,
    VIEWS,
    Calendar,
    Call,
    Card,
    Choice,
    Field,
    Flow,
    Handover,
    Image,
    Layer,
    Listing,
    Map,
    Pass,
    Review,
    Rule,
    Step,
    Table,
    Timeline,
    Visit,
    Wait,
)
from disposable.engine import Start, State, decide
from disposable.expressions import FILTERS
from disposable.known import IN_WHEN

PAGE = (Path(__file__).resolve().parents[2] / "templates" / "docs" / "flows.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
FLOWS = [block for block in BLOCKS if block.startswith("app:")]
NAMED = {block.split()[1]: block for block in FLOWS}
TRANSLATIONS = dict(re.findall(r"```yaml\n# (\S+)\.yaml\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize("text", FLOWS, ids=[block.split()[1] for block in FLOWS])
def test_a_flow_on_the_page_runs(text: str) -> None:
    flow = loading.load(text, find=NAMED.get)
    assert decide(flow, State(), Start({}), 0)[0].kind == "run.started"


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_a_translation_on_the_page_lacks_nothing(name: str) -> None:
    app, language = name.split(".")
    flow = loading.load(NAMED[app], translations={language: TRANSLATIONS[name]})
    assert loading.missing(flow) == {language: []}
    assert flow.spoken(language) != flow


def test_a_part_of_a_flow_on_the_page_is_sound_in_a_whole_one() -> None:
    parts = [block for block in BLOCKS if not block.startswith(("app:", "#"))]
    whole = "app: a\npurpose: p\ncontext: {claim: {amount: number}}\nstart: s\nsteps: {s: {end: x}, later: {end: y}}\n"
    assert parts
    assert [loading.check(whole + part) for part in parts] == [[]] * len(parts)


def test_the_mistake_on_the_page_is_what_is_printed() -> None:
    shown = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)
    wrong = FLOWS[0].replace("next: thanks", "next: thank")
    assert [str(mistake) for mistake in loading.check(wrong, "seat.yaml")] == [shown[0]]


def words(model: type[BaseModel]) -> list[str]:
    """The keys of a part, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items() if name != "translations"]


@pytest.mark.parametrize(
    "names",
    [
        *(words(part) for part in (Flow, Step, Field, Choice, Call, Wait, Visit, Handover, Rule, Layer)),
        *(words(part) for part in (Card, Listing, Table, Image, Map, Timeline, Calendar, Pass, Review)),
        *(KINDS, TYPES, FILTERS, VIEWS, SCALES, BUILT_IN, RENDERED, IN_WHEN),
    ],
    ids=" ".join,
)
def test_every_word_of_the_language_is_on_the_page(names: Iterable[str]) -> None:
    missing = [name for name in names if not re.search(rf"`[^`\n]*\b{re.escape(name)}\b[^`\n]*`", PAGE)]
    assert not missing


def test_what_a_site_tells_is_on_the_page() -> None:
    assert all(f"`site.{name}`" in PAGE for name in SITE)


def test_the_words_of_texts_work() -> None:
    assert [understand.control(word) for word in ("BACK", "MORE", "SKIP")] == ["back", "more", "skip"]
