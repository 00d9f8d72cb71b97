"""Whatever is told to a run of whatever flow: it does not fall over, skip, leak or disagree with its log."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disposable import steps
from disposable.commands import Answer, Came, Command, Handover, Tick
from disposable.definition import Flow
from disposable.engine import FACT_TIER, Happened, Setting, Start, State, decide, evolve, replay
from disposable.render.text import notice, prompt
from disposable.screen import screen
from tests.flows.samples import NOW, SITE, Run, flow_of, words
from tests.flows.strategies import CONTEXT, FIELDS, GOOD, SECRET, SLOTS, commands, flows
from tests.support.examples import many

ONWARD = {"run.answered", "run.entered", "run.returned", "run.came", "run.booked"}
LED = ("rule", "otherwise", "then", "taken")
"""Ways into a step that pass by what was not answered."""
DAY = 86_400_000
LONG = settings(
    max_examples=many(150), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def model(_step: str, text: str) -> list[tuple[str, float]]:
    """An intent model that is never quite sure."""
    return [("c1", 0.6), ("c0", 0.3)] if len(text) % 2 else [("x", 0.9)]


@st.composite
def surroundings(draw: st.DrawFn) -> Setting:
    free = draw(st.sampled_from([SLOTS, SLOTS, SLOTS[1:], SLOTS[:1]]))
    return Setting(
        SITE,
        slots={"fitter": free},
        open=draw(st.booleans()),
        agents=draw(st.integers(0, 3)),
        started=NOW,
        guess=draw(st.sampled_from([None, model])),
    )


@LONG
@given(st.data())
def test_any_commands_on_any_flow(data: st.DataObject) -> None:
    flow = data.draw(flows())
    state, log, left, now = State(), list[Happened](), set[str](), NOW
    for number in range(data.draw(st.integers(1, 25))):
        setting = data.draw(surroundings())
        now += data.draw(st.sampled_from([0, 0, 60_000, DAY]))
        command = data.draw(commands(flow, state)) if number else Start(CONTEXT, "web")
        happened = decide(flow, state, command, now, setting)
        assert happened == decide(flow, state, command, now, setting)
        through_json(happened)
        onward_only_after_an_answer(happened)
        only_with_the_tier(flow, happened, command)
        for one in happened:
            only_where_it_is_asked(flow, state, one, replace(setting, now=now))
            before, state = state, evolve(flow, state, one)
            what_is_done_stays(before, state)
            left |= leaves(before, one)
        log += happened
        nothing_required_was_skipped(flow, state, left)
        shown_everywhere(flow, state, replace(setting, now=now))
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


def only_with_the_tier(flow: Flow, happened: list[Happened], command: Command) -> None:
    tier = getattr(command, "tier", 1)
    for one in happened:
        body = one.body or {}
        if one.kind == "run.verified":
            tier = max(tier, body["tier"])
            assert body["by"] != "fact" or body["tier"] == FACT_TIER
        if one.kind == "run.called":
            assert tier >= flow.steps[body["step"]].tier
        if one.kind in ("run.answered", "run.guessed"):
            assert getattr(command, "tier", 1) >= flow.steps[body["step"]].tier


def only_where_it_is_asked(flow: Flow, state: State, one: Happened, setting: Setting) -> None:
    """No answer to a step that is not on the way, none that was not offered; and what was chosen is booked before it counts."""
    body = one.body or {}
    if one.kind == "run.answered":
        assert body["step"] in state.open
        offered(flow, state, body, setting)
    if one.kind in ("run.called", "run.ended"):
        for name in state.open:
            field, answer = flow.steps[name].field, state.answers.get(name)
            if field and field.kind == "slot" and not field.from_ and answer and answer.value:
                assert answer.value["id"] in state.booked


def offered(flow: Flow, state: State, body: dict[str, Any], setting: Setting) -> None:
    name, known = body["step"], steps.names(state, setting)
    step = flow.steps[name]
    if step.choose:
        assert body["value"] in [option.value for option in steps.choices(flow, name, known, setting, "web")]
    elif step.field and step.field.kind in ("choice", "choices", "slot") and body["value"] is not None:
        there = [option.saved for option in steps.options(step, known, setting)]
        assert all(one in there for one in (body["value"] if step.field.kind == "choices" else [body["value"]]))


def what_is_done_stays(before: State, after: State) -> None:
    assert after.barrier >= before.barrier
    assert after.path[: before.barrier] == before.path[: before.barrier]
    assert before.done.keys() <= after.done.keys()


def leaves(state: State, one: Happened) -> set[str]:
    """The step that was left without an answer, by a person, a rule, or because time ran out."""
    led = one.kind == "run.entered" and (one.body or {})["why"] in LED
    return {state.step} if led or one.kind == "run.handover" else set()


def nothing_required_was_skipped(flow: Flow, state: State, left: set[str]) -> None:
    """Every step behind the current one was answered, or left by way of a person or a rule."""
    for name in state.earlier:
        answer = state.answers.get(name)
        field = flow.steps[name].field
        assert name in left or answer is not None or flow.steps[name].do
        if answer is not None and field and not field.optional:
            assert answer.value is not None


def shown_everywhere(flow: Flow, state: State, setting: Setting) -> None:
    for tier in (0, 1, 2, 3):
        for channel in ("web", "widget", "sms", "ussd", "voice"):
            shown = screen(flow, state, tier=tier, words=words, channel=channel, setting=setting)
            assert SECRET not in repr(shown) + prompt(shown, words)
            if tier < flow.steps[state.step].tier:
                assert [*shown.choices, *shown.shown, *shown.rows, *(shown.visit or ())] == []
            assert way_on(shown.kind, shown.choices or shown.fields or shown.visit or shown.verify)
    assert screen(flow, state, tier=2, words=words, step="s0", setting=setting).kind
    assert SECRET not in notice(flow, CONTEXT, SITE, "https://x.example/c", words=words)


def way_on(kind: str, offers: object) -> bool:
    return bool(offers) or kind in ("locked", "working", "waiting", "handed", "end")


def keeps_its_secret(log: list[Happened]) -> None:
    """What proves somebody stands in no event; what they typed at a step does, as that is their answer."""
    told = ("run.started", "run.answered", "run.guessed")
    said = [value for one in log if one.kind not in told for value in json.dumps(one.body).split()]
    assert SECRET not in " ".join(said)


@LONG
@given(st.data())
def test_a_run_at_rest_can_always_be_left(data: st.DataObject) -> None:
    """Whatever it waits for, a person can be asked for; and a wait that is limited ends by itself."""
    flow = data.draw(flows())
    state, setting = State(), Setting(SITE, slots={"fitter": SLOTS})
    for number in range(data.draw(st.integers(1, 12))):
        command = data.draw(commands(flow, state)) if number else Start(CONTEXT, "web")
        for one in decide(flow, state, command, NOW, setting):
            state = evolve(flow, state, one)
    if state.status in ("asking", "waiting"):
        kinds = [one.kind for one in decide(flow, state, Handover(), NOW, setting)]
        assert kinds[-1] == "run.handover"
    if state.waiting and state.status == "waiting":
        came = decide(flow, state, Came(state.waiting.kind, "X"), NOW, setting)
        assert came[0].kind == "run.came"
        if state.waiting.due:
            late = decide(flow, state, Tick(), state.waiting.due, setting)
            assert late
            assert late[0].kind in ("run.entered", "run.booked")


CHAINED = [field for field in FIELDS if not field.get("from") and not field.get("optional")]


@LONG
@given(st.data())
def test_what_comes_after_a_revised_answer_stays(data: st.DataObject) -> None:
    """On one path the later answers are all still reached, so each of them stands as it was."""
    chain = data.draw(st.lists(st.sampled_from(CHAINED), min_size=2, max_size=6))
    names = [f"f{at}" for at in range(len(chain))]
    flow = flow_of(
        {
            **{
                name: {"tier": 3, "ask": "?", "field": {**field, "save": name}, "next": after}
                for name, field, after in zip(names, chain, [*names[1:], "look"], strict=True)
            },
            "look": {"review": {}, "next": "end"},
            "end": {"end": "Bye"},
        },
        context={"old": "text"},
        verify={"ask": "Old one?", "against": "old"},
    )
    run = Run(flow, {"old": "s0"}, Setting(SITE, slots={"fitter": SLOTS}))
    for name, field in zip(names, chain, strict=True):
        run.tell(Answer(name, {name: GOOD[field["kind"]][0]}, tier=3))
    assert run.state.step == "look"
    at = data.draw(st.integers(0, len(chain) - 1))
    before = dict(run.state.answers)
    run.tell(Answer(names[at], {names[at]: GOOD[chain[at]["kind"]][-1]}, tier=3))
    assert run.state.step == "look"
    assert {name: one for name, one in run.state.answers.items() if name != names[at]} == {
        name: one for name, one in before.items() if name != names[at]
    }
    assert set(run.state.saved) == set(names)


@LONG
@given(st.data())
def test_a_log_with_holes_is_still_a_run(data: st.DataObject) -> None:
    """What was erased changes nothing; what is left can be told things, and shown."""
    flow, setting = data.draw(flows()), Setting(SITE, slots={"fitter": SLOTS})
    state, log = State(), list[Happened]()
    for number in range(data.draw(st.integers(2, 12))):
        command = data.draw(commands(flow, state)) if number else Start(CONTEXT, "web")
        happened = decide(flow, state, command, NOW, setting)
        log += happened
        for one in happened:
            state = evolve(flow, state, one)
    holes = data.draw(st.sets(st.integers(0, len(log) - 1)))
    state = replay(flow, [Happened(one.kind, None) if at in holes else one for at, one in enumerate(log)])
    for _ in range(3):
        for one in decide(flow, state, data.draw(commands(flow, state)), NOW, setting):
            state = evolve(flow, state, one)
        assert screen(flow, state, tier=2, words=words, setting=setting).kind
