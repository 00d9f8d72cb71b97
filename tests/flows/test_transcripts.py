"""Transcripts are read with every mistake named by its line, and nothing is guessed."""

import pytest

from disposable import transcripts
from disposable.definition import Flow
from disposable.transcripts import FACES, TranscriptsInvalid
from tests.flows.samples import context, flight_delay, flow_of

SMALL = """\
transcripts:
  one:
    steps:
      - pick: a
"""


def mistakes(text: str) -> list[str]:
    flow = flow_of({"s": {"choose": {"a": {"label": "A", "next": "e"}}}, "e": {"end": "Bye"}})
    with pytest.raises(TranscriptsInvalid) as invalid:
        transcripts.read(text, flow, "t.test.yaml")
    return [str(mistake) for mistake in invalid.value.mistakes]


def steps(*lines: str) -> str:
    return "transcripts:\n  one:\n    steps:\n" + "".join(f"      - {line}\n" for line in lines)


def test_a_story_runs_on_every_channel_unless_it_says_so() -> None:
    flow = flow_of({"s": {"choose": {"a": {"label": "A", "next": "e"}}}, "e": {"end": "Bye"}})
    (found,) = transcripts.read(SMALL, flow).all
    assert found.on == FACES
    assert [(act.verb, act.value, act.line) for act in found.acts] == [("pick", "a", 4)]


def test_a_flow_that_leaves_channels_out_has_no_story_there() -> None:
    flow = flow_of({"s": {"choose": {"a": {"label": "A", "next": "e"}}}, "e": {"end": "Bye"}}, only=["web", "widget"])
    assert transcripts.read(SMALL, flow).all[0].on == ("web", "chat")
    with pytest.raises(TranscriptsInvalid, match="the flow leaves sms out"):
        transcripts.read(SMALL + "    on: sms\n", flow)


def test_circumstances_are_shared_and_may_differ_for_one_story() -> None:
    text = """\
now: 2026-11-22T12:00:00+01:00
calls: {rebook: {reference: A}}
site: {name: Meridian Air}
transcripts:
  usual: {steps: [{pick: keep}]}
  down: {calls: {rebook: [{fail: 500}, {reference: B}]}, tier: 2, agents: 0, steps: [{pick: keep}]}
context:
  flight: {number: MA 12, departs: 2026-11-22T18:40:00+01:00, alternatives: [{number: X, departs: 2026-11-22T20:00:00Z}]}
  passenger: {first_name: Jo, last_name: Doe}
"""
    usual, down = (one.scene for one in transcripts.read(text, flight_delay()).all)
    assert usual.calls == {"rebook": ({"reference": "A"},)}
    assert down.calls == {"rebook": ({"fail": 500}, {"reference": "B"})}
    assert (usual.tier, down.tier, down.agents) == (1, 2, 0)
    assert usual.site["name"] == down.site["name"] == "Meridian Air"
    assert usual.now == 1_795_345_200_000


def test_every_mistake_is_named_at_once_with_its_line() -> None:
    found = mistakes(steps("pcik: a", "{pick: a, say: x}", "see: {}", "at: nowhere", "wait: soon", "back: please"))
    assert found == [
        "t.test.yaml:4: one thing a step: nothing stands here",
        "t.test.yaml:4: unknown key `pcik` in a step: did you mean `pick`?",
        "t.test.yaml:5: one thing a step: `pick` and `say` stands here",
        "t.test.yaml:6: `see` takes a text, or one for each channel: web, chat, sms, ussd, voice",
        "t.test.yaml:7: there is no step `nowhere`: one of s, e",
        "t.test.yaml:8: `wait` takes a duration, like 20m or 2h",
        "t.test.yaml:9: `back` takes `true`",
    ]


def test_nothing_is_typed_on_a_page() -> None:
    assert mistakes(steps("say: hello")) == [
        "t.test.yaml:4: nothing is said on web: use `pick` or `fill`, or `on: [sms, ...]`"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("- a", "a mapping"),
        ("transcripts: {}", "at least one"),
        ("transcripts: {a: [{pick: a}]}", "write it under `steps:`"),
        ("transcripts: {a: {steps: []}}", "no `steps`"),
        ("now: yesterday\n" + SMALL, "`now` takes an instant"),
        ("now: 2026-11-22T12:00:00\n" + SMALL, "`now` takes an instant"),
        ("slots: {technician: [{id: 1}]}\n" + SMALL, "`slots` takes"),
        ("agents: many\n" + SMALL, "`agents` takes"),
        ("tier: 4\n" + SMALL, "`tier` takes 1, 2 or 3"),
        ("contxt: {}\n" + SMALL, "did you mean `context`?"),
        (steps("event: paid"), "`event` takes {kind: custom.NAME, body: {...}}"),
        (steps("agent: {then: true, step: true}"), "`agent` takes"),
        (steps("confirm: maybe"), "`confirm` takes true or false"),
        (SMALL + "    on: [fax]\n", "unknown channel `fax`"),
        (SMALL + "        on: sms\n    on: web\n", "this story is not told on sms"),
        (SMALL + SMALL.split("\n", 1)[1], "stands here twice"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    assert any(says in mistake for mistake in mistakes(text)), mistakes(text)


def test_the_context_has_to_be_one_a_link_can_be_minted_with() -> None:
    text = "context: {flight: {number: MA 12}}\ntranscripts: {a: {steps: [{pick: keep}]}}\n"
    with pytest.raises(TranscriptsInvalid) as invalid:
        transcripts.read(text, flight_delay())
    assert "context.flight.departs" in str(invalid.value)
    assert transcripts.read("transcripts: {a: {steps: [{pick: keep}]}}", flight_delay_with_example()).all


def flight_delay_with_example() -> Flow:
    return flight_delay().model_copy(update={"example": context()})


@pytest.mark.parametrize(("text", "ms"), [("20m", 1_200_000), ("1h 30m", 5_400_000), ("2d", 172_800_000), ("5s", 5000)])
def test_durations(text: str, ms: int) -> None:
    assert transcripts.duration(text) == ms
