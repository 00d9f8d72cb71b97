"""The page on transcripts is true: every word of them is on it, and its example is one."""

import re
from pathlib import Path

from disposable import loading, simulate, transcripts
from disposable.transcripts import FACES, VERBS
from tests.flows.test_simulate import speak

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "templates" / "docs" / "transcripts.md").read_text("utf-8")
NEW = (ROOT / "templates" / "flow" / "new.yaml").read_text("utf-8")
BLOCKS = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL))


def test_every_word_is_on_the_page() -> None:
    missing = [verb for verb in VERBS if f"| `{verb}: " not in PAGE]
    missing += [key for key in transcripts.SCENE if not re.search(rf"`{key}`", PAGE)]
    missing += [face for face in FACES if f"`{face}`" not in PAGE]
    assert not missing


def test_its_example_plays_with_the_flow_one_begins_with() -> None:
    flow = loading.load(NEW, "visit.yaml")
    found = transcripts.read(BLOCKS["yaml"], flow, "visit.test.yaml")
    assert not [one.failure for one in simulate.play_all(flow, found, speak) if one.failure]


def test_the_failure_on_the_page_is_what_is_printed() -> None:
    flow = loading.load(NEW, "visit.yaml")
    wrong = BLOCKS["yaml"].replace("see: How was it?", "see: How is it?")
    found = transcripts.read(wrong, flow, "visit.test.yaml")
    failures = [one.failure for one in simulate.play_all(flow, found, speak) if one.failure]
    assert failures[0] == BLOCKS["text"].rstrip("\n")


def test_the_flow_one_begins_with_does_what_its_stories_say() -> None:
    flow = loading.load(NEW, "my-flow.yaml")
    found = transcripts.read((ROOT / "templates" / "flow" / "new.test.yaml").read_text("utf-8"), flow)
    played = list(simulate.play_all(flow, found, speak))
    assert not [one.failure for one in played if one.failure]
    assert {one.face for one in played} == set(FACES)
