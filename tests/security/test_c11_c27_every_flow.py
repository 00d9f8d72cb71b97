"""C11 and C27 over every shipped flow, those to come included: whoever wanders through it, on any page and by any door.

No answer to a window below a step's tier holds a value of that tier, and no page holds a value its step does not declare.
"""

import datetime as dt
import random
from typing import Any

import pytest
import yaml
from werkzeug.test import TestResponse

from disposable import loading
from disposable.definition import Flow
from tests.support.examples import many
from tests.support.fort import BASE, Fort, home, see
from tests.support.leaks import NOBODY, Known
from tests.support.walks import Walk, begun
from tests.support.worlds import CONTEXT
from widget_server.actions import setup, slots

GALLERY = sorted(loading.gallery())
ACTS = 12


def flow_of(name: str) -> Flow:
    return loading.load(loading.gallery()[name], f"{name}.yaml")


def context_of(flow: Flow) -> dict[str, Any]:
    return dict(flow.example) or (CONTEXT if flow.context else {})


def calls_of(name: str) -> dict[str, Any]:
    """What the company's server answers: as the flow's own transcripts have it."""
    path = loading.GALLERY / f"{name}.test.yaml"
    told = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
    return {call: one[0] if isinstance(one, list) else one for call, one in (told.get("calls") or {}).items()}


def furnished(fort: Fort, name: str) -> Flow:
    """The flow, published, with times in every calendar it offers."""
    flow = flow_of(name)
    setup.publish(fort.world, fort.house.site.id, flow)
    noon = dt.datetime.fromtimestamp(fort.clock.at / 1000, dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    for calendar in slots.calendars_of(flow):
        days = [slots.New(int((noon + dt.timedelta(days=ahead)).timestamp() * 1000), None, 50) for ahead in (2, 3, 4)]
        slots.add(fort.world, fort.house.key, calendar, days)
    return flow


def check(known: Known, walk: Walk, answer: TestResponse) -> None:
    """What one answer holds, for whoever got it."""
    tier = walk.grant().tier
    leaked = known.leaked(answer.text, tier, step_of(walk, answer))
    assert not leaked, f"tier {tier} was shown {leaked} at {answer.request.path}"


def step_of(walk: Walk, answer: TestResponse) -> str | None:
    """The step whose page this is; None for a chat, which holds the thread, and for what is no page of a step."""
    view = walk.view()
    page = answer.request.path.startswith("/a/") and answer.status_code < 400
    last = answer.request.path.rpartition("/")[2]
    if not page or view.mode != "flow" or view.screen.kind != "step" or last != view.screen.step:
        return None
    return view.screen.step


@pytest.mark.parametrize("name", GALLERY)
@pytest.mark.parametrize("seed", range(many(2)))
def test_c11_c27_no_walk_leads_to_what_is_not_theirs(fort: Fort, name: str, seed: int) -> None:
    chance = random.Random(f"{name} {seed}").choice
    flow = furnished(fort, name)
    known = Known(flow, context_of(flow))
    walk = begun(fort, flow, context_of(flow), calls_of(name))
    check(known, walk, walk.page)
    for _ in range(ACTS):
        for answer in walk.go(chance):
            check(known, walk, answer)
    # A second window of the same link, which has ended by now or not.
    other = fort.person()
    cover = other.get(walk.sent.path)
    pages = [cover, *([other.press(cover, act="continue")] if 'value="continue"' in cover.text else [])]
    for answer in (*pages, see(other, f"{walk.home}/{walk.view().screen.step}")):
        assert not known.leaked(answer.text, 1, None)


@pytest.mark.parametrize("name", GALLERY)
def test_c11_who_has_not_pressed_continue_sees_no_value_at_all(fort: Fort, name: str) -> None:
    flow = furnished(fort, name)
    known = Known(flow, context_of(flow))
    walk = begun(fort, flow, context_of(flow), {})
    nobody = fort.person()
    paths = [f"/l/{walk.sent.code}", walk.home, *(f"{walk.home}/{step}" for step in flow.steps)]
    paths += [f"/v1/sessions/{walk.sent.session}/events?handle={walk.handle}", "/a/"]
    for path in paths:
        assert not known.leaked(nobody.get(path).text, 0, None), path


@pytest.mark.parametrize("name", GALLERY)
def test_c11_the_first_window_sees_nothing_of_a_higher_tier_at_any_address(fort: Fort, name: str) -> None:
    flow = furnished(fort, name)
    known = Known(flow, context_of(flow))
    walk = begun(fort, flow, context_of(flow), {})
    for step in flow.steps:
        answer = see(walk.person, f"{walk.home}/{step}")
        assert not known.leaked(answer.text, 1, None), step
    told = walk.person.client.get(f"/v1/sessions/{walk.sent.session}/events?handle={walk.handle}", base_url=BASE)
    assert told.status_code == 200
    assert not known.leaked(told.text, 1, None)


@pytest.mark.parametrize("name", GALLERY)
def test_c27_numbers_and_codes_are_masked(fort: Fort, name: str) -> None:
    """The number on file stands on no page in full, wherever a code is offered or asked for."""
    flow = furnished(fort, name)
    walk = begun(fort, flow, context_of(flow), {})
    pages = [walk.page, *(see(walk.person, f"{walk.home}/{step}") for step in (*flow.steps, "code", "verify"))]
    for page in pages:
        assert walk.phone not in page.text
        assert walk.phone[2:] not in page.text


# that these tests can fail

PLANTED = """
app: planted
purpose: A thing
title: For {{ who.name }}
verify: {ask: Your last name, against: who.last}
context: {who: {name: personal, last: secret}, bill: {number: personal, lines: [{what: text}]}}
start: hello
steps:
  hello: {say: "Hello {{ who.name }}", choose: {go: {label: Go on, next: pick}}}
  pick: {tier: 2, ask: Which?, field: {kind: choice, from: bill.lines, label: "{{ item.what }}", save: line}, next: pay}
  pay: {tier: 3, say: "Bill {{ bill.number }}", choose: {pay: {label: Pay, next: paid}}}
  paid: {tier: 2, end: "Thanks for {{ line.what }}"}
"""
PLANTED_CONTEXT = {
    "who": {"name": "Ottilie", "last": "Brandauer"},
    "bill": {"number": "B-9931-22", "lines": [{"what": "Gutters"}, {"what": "Chimney"}]},
}


@pytest.fixture(scope="module")
def planted() -> Known:
    return Known(loading.load(PLANTED), PLANTED_CONTEXT)


def test_c11_c27_each_value_has_the_tier_of_the_first_step_that_reads_it(planted: Known) -> None:
    tiers = {one.text: one.tier for one in planted.values}
    assert tiers == {"Ottilie": 1, "Brandauer": NOBODY, "B-9931-22": 3, "Gutters": 2, "Chimney": 2}


@pytest.mark.parametrize(
    ("text", "tier", "step", "names"),
    [
        ("<p>Hello Ottilie", 1, "hello", []),
        ("<p>Hello Ottilie", 0, None, ["who.name"]),
        ("<p>Gutters", 1, None, ["bill.lines[].what"]),
        ("<p>Gutters", 2, "pick", []),
        ("<p>Gutters", 2, "paid", []),
        ("<p>Gutters", 3, "hello", ["bill.lines[].what"]),
        ("<p>B-9931-22", 2, None, ["bill.number"]),
        ('<script type="application/json">{"a": "B-9931-22"}</script>', 1, None, ["bill.number"]),
        ("<p>Brandauer", 3, "pay", ["who.last"]),
    ],
)
def test_c11_c27_a_planted_leak_is_found(
    planted: Known, text: str, tier: int, step: str | None, names: list[str]
) -> None:
    assert planted.leaked(text, tier, step) == names


def test_c11_c27_there_is_something_to_leak(fort: Fort) -> None:
    """Each flow that asks for more than a link has values of its own that could be seen too early."""
    for name in GALLERY:
        flow = flow_of(name)
        if any(step.tier > 1 for step in flow.steps.values()):
            known = Known(flow, context_of(flow))
            assert [one for one in known.values if one.tier > 1], name
    assert home(fort.person().opened(fort.send())).startswith("/a/")
