"""The page on flows is true: its flows run, its mistakes are made, its tables are complete."""

import re
from pathlib import Path

import pytest

from disposable import loading, understand
from disposable.checking import SITE
from disposable.context import TYPES
from disposable.definition import KINDS, Flow, Layer, Step
from disposable.engine import Start, State, decide
from disposable.expressions import FILTERS

PAGE = (Path(__file__).resolve().parents[2] / "templates" / "docs" / "flows.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
FLOWS = [block for block in BLOCKS if block.startswith("app:")]


@pytest.mark.parametrize("text", FLOWS, ids=[block.split()[1] for block in FLOWS])
def test_a_flow_on_the_page_runs(text: str) -> None:
    flow = loading.load(text)
    assert decide(flow, State(), Start({}), 0)[0].kind == "run.started"


def test_a_part_of_a_flow_on_the_page_is_sound_in_a_whole_one() -> None:
    parts = [block for block in BLOCKS if not block.startswith("app:")]
    whole = "app: a\npurpose: p\ncontext: {claim: {amount: number}}\nstart: s\nsteps: {s: {end: x}, later: {end: y}}\n"
    assert [loading.check(whole + part) for part in parts] == [[]] * len(parts)


def test_the_mistake_on_the_page_is_what_is_printed() -> None:
    shown = re.findall(r"```text\n(.*?)\n```", PAGE, re.DOTALL)
    wrong = FLOWS[0].replace("next: thanks", "next: thank")
    assert [str(mistake) for mistake in loading.check(wrong, "seat.yaml")] == [shown[0]]


@pytest.mark.parametrize(
    "names",
    [Flow.model_fields, Step.model_fields, Layer.model_fields, KINDS, TYPES, FILTERS],
    ids=["flow", "step", "layer", "kinds", "types", "filters"],
)
def test_every_word_of_the_language_is_on_the_page(names: object) -> None:
    missing = [name for name in names if not re.search(rf"`{name}[`:(]", PAGE)]  # type: ignore[attr-defined]
    assert not missing


def test_what_a_site_tells_is_on_the_page() -> None:
    assert all(f"`site.{name}`" in PAGE for name in SITE)


def test_the_words_of_texts_work() -> None:
    assert [understand.control(word) for word in ("BACK", "MORE", "SKIP")] == ["back", "more", "skip"]
