"""Every kind of event is complete: payload, audience, a released sample that still folds, and words for each who sees it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from widget_server import events
from widget_server.events import Actor, Event
from widget_server.store import folds

ROOT = Path(__file__).resolve().parents[2]
TIMELINE = (ROOT / "static" / "js" / "desk" / "facts.js").read_text(encoding="utf-8")
CHAT = (ROOT / "static" / "js" / "chat.js").read_text(encoding="utf-8")
# What a customer may read and sees no line for: the owner event beside it says the same in better words, or the page itself
# changes with it.
NO_LINE_IN_CHAT = {"session.opened", "run.handover", "run.entered", "grant.raised"}

SAMPLES = Path(__file__).resolve().parents[1] / "server" / "samples"
AUDIENCES = {"customer", "agent", "company"}
KINDS = {**events.KINDS, "custom.*": events.CUSTOM}


def samples() -> list[dict[str, Any]]:
    """One event of every kind and version ever released, as it was stored then. They are added, never changed."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLES.glob("*.json"))]


def event(sample: dict[str, Any], body: dict[str, Any] | None, seq: int = 1) -> Event:
    """The sample as it is read from the log."""
    return Event(
        id=f"01940000-0000-7000-8000-{seq:012d}",
        pos=seq,
        session="01940000-0000-7000-8000-00000000aaaa",
        seq=seq,
        key=f"k{seq}",
        kind=sample["kind"],
        v=sample["v"],
        run=None,
        epoch=1,
        actor=Actor("customer", "c"),
        channel="web",
        device="",
        grant=None,
        at=1_795_293_156_123 + seq,
        body=body,
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_a_kind_is_complete(kind: events.Kind) -> None:
    assert kind.v >= 1
    assert kind.audience
    assert kind.audience <= AUDIENCES
    assert kind.body.model_json_schema()["type"] == "object"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_version_has_a_sample(kind: events.Kind) -> None:
    have = {(events.kind_of(sample["kind"]).name, sample["v"]) for sample in samples()}
    assert {(kind.name, v) for v in range(1, kind.v + 1)} <= have


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: f"{sample['kind']}.{sample['v']}")
def test_a_sample_is_still_understood(sample: dict[str, Any]) -> None:
    body = events.upcast(sample["kind"], sample["v"], sample["body"])
    assert events.checked(sample["kind"], body) == body


def test_all_samples_fold_and_fold_without_their_bodies() -> None:
    whole, erased, run = dict(folds.FRESH), dict(folds.FRESH), dict(folds.FRESH_RUN)
    for seq, sample in enumerate(samples(), start=1):
        body = events.upcast(sample["kind"], sample["v"], sample["body"])
        folds.fold_session(whole, event(sample, body, seq))
        folds.fold_session(erased, event(sample, None, seq))
        folds.fold_run(run, event(sample, body, seq))
    assert whole["seq"] == erased["seq"] == len(samples())
    assert whole.keys() == folds.FRESH.keys()
    assert run.keys() == folds.FRESH_RUN.keys()


def test_every_kind_an_agent_sees_has_a_line_in_the_timeline() -> None:
    facts = TIMELINE.partition("export const FACTS = {")[2].partition("\n}\n")[0]
    drawn = set(re.findall(r"""^  "?([a-z.]+)"?: \(""", facts, re.MULTILINE))
    inside = {
        name for group in re.findall(r"new Set\(\[([^]]*)\]\)", TIMELINE) for name in re.findall(r'"([a-z.]+)"', group)
    }
    assert drawn | inside == {kind.name for kind in events.KINDS.values() if "agent" in kind.audience}


def test_every_kind_a_customer_sees_has_a_line_in_the_chat() -> None:
    drawn = set(re.findall(r"^  on_([a-z_]+)\(", CHAT, re.MULTILINE))
    shown = {kind.name for kind in events.KINDS.values() if "customer" in kind.audience} - NO_LINE_IN_CHAT
    assert drawn == {name.replace(".", "_") for name in shown}
