"""Whatever is told to a run of whatever flow: it does not fall over, skip, leak or disagree with its log."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disposable.commands import Command
from disposable.definition import Flow
from disposable.engine import FACT_TIER, Happened, Setting, Start, State, decide, evolve, replay
from disposable.render.text import notice, prompt
from disposable.screen import screen
from tests.flows.samples import NOW, SITE, words
from tests.flows.strategies import CONTEXT, SECRET, commands, flows
from tests.support.examples import many

ONWARD = {"run.answered", "run.entered", "run.returned"}
LONG = settings(
    max_examples=many(150), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@LONG
@given(st.data())
def test_any_commands_on_any_flow(data: st.DataObject) -> None:
    flow = data.draw(flows())
    state, log, left = State(), list[Happened](), set[str]()
    for number in range(data.draw(st.integers(1, 25))):
        command = data.draw(commands(flow, state)) if number else Start(CONTEXT, "web")
        happened = decide(flow, state, command, NOW, Setting(SITE))
        assert happened == decide(flow, state, command, NOW, Setting(SITE))
        through_json(happened)
        onward_only_after_an_answer(happened)
        calls_only_with_the_tier(flow, happened, command)
        for one in happened:
            state = evolve(flow, state, one)
            left |= {one.body["step"]} if one.kind == "run.handover" and one.body else set()
        log += happened
        nothing_required_was_skipped(flow, state, left)
        shown_everywhere(flow, state)
    assert replay(flow, log) == state
    keeps_its_secret(log)


def through_json(happened: list[Happened]) -> None:
    for one in happened:
        assert json.loads(json.dumps(one.body)) == one.body


def onward_only_after_an_answer(happened: list[Happened]) -> None:
    for before, one in zip([None, *happened], happened, strict=False):
        if one.kind == "run.entered" and one.body and one.body["why"] in ("next", "kept"):
            assert before is not None
            assert before.kind in ONWARD


def calls_only_with_the_tier(flow: Flow, happened: list[Happened], command: Command) -> None:
    tier = getattr(command, "tier", 1)
    for one in happened:
        body = one.body or {}
        if one.kind == "run.verified":
            tier = max(tier, body["tier"])
            assert body["by"] != "fact" or body["tier"] == FACT_TIER
        if one.kind == "run.called":
            assert tier >= flow.steps[body["step"]].tier
        if one.kind == "run.answered":
            assert getattr(command, "tier", 1) >= flow.steps[body["step"]].tier


def nothing_required_was_skipped(flow: Flow, state: State, left: set[str]) -> None:
    """Every step behind the current one was answered, or left by way of a person."""
    for name in state.earlier:
        answer = state.answers.get(name)
        field = flow.steps[name].field
        assert name in left or answer is not None or flow.steps[name].do
        if answer is not None and field and not field.optional:
            assert answer.value is not None


def shown_everywhere(flow: Flow, state: State) -> None:
    for tier in (0, 1, 2, 3):
        for channel in ("web", "sms"):
            shown = screen(flow, state, tier=tier, site=SITE, words=words, channel=channel, now=NOW)
            assert SECRET not in repr(shown) + prompt(shown, words)
            if tier < flow.steps[state.step].tier:
                assert not shown.choices
    assert screen(flow, state, tier=2, site=SITE, words=words, step="s0").kind
    assert SECRET not in notice(flow, CONTEXT, SITE, "https://x.example/c", words=words)


def keeps_its_secret(log: list[Happened]) -> None:
    said = [
        value
        for one in log
        if one.kind not in ("run.started", "run.answered")
        for value in json.dumps(one.body).split()
    ]
    assert SECRET not in " ".join(said)
