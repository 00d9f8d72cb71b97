"""A flow being written is tried on every face; what was done is done again on what it becomes, as far as it fits."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable import loading
from disposable.playground import Pane, Playground
from disposable.transcripts import FACES
from tests.flows.test_simulate import speak

FLOW = """\
app: visit
purpose: Your visit
context: {visitor: {name: personal, since: date, orders: [{number: text}]}}
start: how
steps:
  how:
    ask: "How was it, {{ visitor.name }}?"
    choose:
      good: {label: Good, next: why}
      bad: {label: Bad, handover: {team: care, then: why, otherwise: why}}
  why: {ask: Why?, field: {kind: name, save: reason}, next: wait}
  wait: {say: Paying, wait: {for: custom.paid, within: 1h, save: paid, otherwise: late}, next: thanks}
  thanks: {end: "Thanks, {{ paid.by }}"}
  late: {end: Too late}
"""
TESTS = """\
context: {visitor: {name: Ada, since: 2026-01-01, orders: []}}
transcripts:
  one: {steps: [{pick: good}, {fill: Ada}, {event: {kind: custom.paid, body: {by: Bo}}}, {end: thanks}]}
"""
TYPED = [{"do": "type", "text": "1"}, {"do": "type", "text": "Ada"}]
POSTED = [{"do": "post", "given": {"choice": "good"}}, {"do": "post", "given": {"reason": "Ada"}}]


def ground(flow: str = FLOW, tests: str = TESTS) -> Playground:
    return Playground(flow, tests, speak)


def play(face: str, *acts: Mapping[str, Any], flow: str = FLOW) -> Pane:
    return ground(flow).play(face, acts)


def acts_of(face: str) -> list[dict[str, Any]]:
    return POSTED if face == "web" else TYPED


@pytest.mark.parametrize("face", FACES)
def test_what_is_done_on_a_face_is_what_stands_there(face: str) -> None:
    pane = play(face, *acts_of(face))
    assert (pane.step, pane.status, pane.fitted) == ("wait", "waiting", 2)
    assert pane.event == ("custom.paid", {"by": "Bo"})
    after = play(face, *acts_of(face), {"do": "event", "kind": "custom.paid", "body": {"by": "Cy"}})
    assert (after.step, after.screen.say) == ("thanks", "Thanks, Cy")
    assert play(face, *acts_of(face), {"do": "wait", "ms": 3_600_000}).step == "late"


def test_each_face_shows_what_it_is_made_of() -> None:
    panes = {face: play(face) for face in FACES}
    assert panes["web"].screen.choices[0].label == "Good"
    assert panes["chat"].chat is not None
    assert panes["chat"].chat["prompt"]["menu"][0] == ["good", "Good"]
    assert panes["ussd"].ussd is not None
    assert panes["ussd"].ussd.text.startswith("How was it, Ada?")
    assert "<Gather" in panes["voice"].voice
    assert panes["sms"].lines[0].text.startswith("Example: ")


@pytest.mark.parametrize("face", FACES)
def test_a_flow_that_changed_goes_on_as_far_as_what_was_done_fits(face: str) -> None:
    other = FLOW.replace("kind: name", "kind: number")
    pane = play(face, *acts_of(face), {"do": "event", "kind": "custom.paid"}, flow=other)
    assert (pane.step, pane.fitted) == ("why", 2), "what was typed is no number: it is said, and goes no further"
    assert play(face, *acts_of(face), flow=FLOW.replace("Why?", "Who?")).fitted == 2
    gone = play(face, {"do": "post", "step": "why", "given": {"reason": "x"}}, *acts_of(face))
    assert gone.fitted == 0


def test_an_agent_gives_back_or_is_not_there() -> None:
    asked = {"do": "post", "given": {"choice": "bad"}}
    assert play("web", asked).status == "handed"
    assert play("web", asked, {"do": "agent", "to": "then"}).step == "why"
    assert play("web", asked, {"do": "agent", "to": "otherwise"}).step == "why"
    assert play("web", {"do": "person"}, {"do": "agent", "to": "step"}).step == "how"


def test_an_earlier_page_is_looked_at_and_answered_anew() -> None:
    back: list[Mapping[str, Any]] = [*POSTED[:1], {"do": "look", "step": "how"}]
    assert play("web", *back).screen.step == "how"
    assert play("web", *back, {"do": "post", "step": "how", "given": {"choice": "bad"}}).status == "handed"
    assert play("web", {"do": "look", "step": "late"}).fitted == 0


def test_proving_by_fact_and_by_code() -> None:
    flow = """\
app: safe
purpose: Your safe
verify: {ask: Your last name, against: name}
context: {name: secret}
start: s
steps:
  s: {tier: 2, say: Inside, next: e}
  e: {end: Done}
"""
    safe = Playground(flow, "context: {name: Kranich}\ntranscripts: {a: {steps: [{prove: Kranich}]}}", speak)
    assert safe.play("web", []).screen.kind == "verify"
    assert safe.play("web", [{"do": "prove", "raw": "Kranich"}]).screen.kind == "step"
    wrong = safe.play("web", [{"do": "prove", "raw": "Kran"}])
    assert (wrong.screen.kind, len(wrong.screen.errors)) == ("verify", 1)
    assert safe.play("web", [{"do": "open", "what": "code"}]).opened == "code"
    assert safe.play("web", [{"do": "open", "what": "code"}, {"do": "code"}]).screen.kind == "step"
    assert safe.play("sms", [{"do": "type", "text": "kranich"}]).screen.kind == "step"


def test_mistakes_are_told_with_their_file_and_line_and_nothing_is_played() -> None:
    broken = ground(FLOW.replace("next: why}", "next: wy}"))
    assert broken.flow is None
    assert broken.faces == ()
    assert {(one.file, one.line) for one in broken.mistakes} >= {("flow.yaml", 9)}
    with pytest.raises(ValueError, match="mistakes"):
        broken.play("web", [])


def test_transcripts_with_mistakes_do_not_keep_a_flow_from_being_tried() -> None:
    odd = ground(tests="transcripts: {}")
    assert [one.file for one in odd.mistakes] == ["flow.test.yaml"]
    assert odd.play("web", []).step == "how"


def test_without_an_example_one_is_made_up_that_says_what_stands_where() -> None:
    bare = ground(tests="")
    assert bare.scene.context == {
        "visitor": {
            "name": "Name",
            "since": "2026-12-01",
            "orders": [{"number": "Number 1"}, {"number": "Number 2"}],
        }
    }
    assert bare.play("chat", []).lines[0].text.startswith("How was it, Name?")


def test_a_language_may_be_chosen() -> None:
    assert "Antwort" in ground().play("sms", [], "de").lines[0].text or ground().play("ussd", [], "de").lines
    assert ground().play("voice", [], "de").voice.count("de-DE") > 0


@pytest.mark.parametrize("name", sorted(loading.gallery()))
def test_every_flow_that_is_shipped_can_be_tried(name: str) -> None:
    shipped = Playground(loading.gallery()[name], "", speak, file=f"{name}.yaml")
    assert not shipped.mistakes
    assert all(shipped.play(face, []).step for face in shipped.faces)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
DOES = st.sampled_from(("post", "type", "prove", "open", "code", "look", "person", "event", "wait", "agent", "", "x"))
ACTS = st.lists(
    st.fixed_dictionaries(
        {"do": DOES},
        optional=dict.fromkeys(("given", "text", "raw", "what", "step", "kind", "body", "ms", "to"), JSON),
    ),
    max_size=6,
)


@given(st.sampled_from(FACES), ACTS)
def test_no_act_is_a_crash(face: str, acts: list[dict[str, Any]]) -> None:
    pane = ground().play(face, acts)
    assert 0 <= pane.fitted <= len(acts)


def test_an_act_nobody_knows_does_nothing() -> None:
    assert play("web", {"do": "dance"}).fitted == 0
