"""Random flows that loading accepts, and random things to tell to their runs."""

import json
from typing import Any

from hypothesis import strategies as st

from disposable import loading
from disposable.commands import Answer, Came, Command, Handover, Prove, Raised, Resume, Returned, Text, Tick
from disposable.definition import Flow
from disposable.fields import item_key
from disposable.state import State

SECRET = "Zqxwvkj"
CONTEXT: dict[str, Any] = {
    "name": "Ann",
    "amount": 250,
    "on": "2026-11-22",
    "at": {"at": "2026-11-22T18:40:00Z", "zone": "Asia/Tokyo"},
    "hidden": {"fact": SECRET},
    "things": [{"title": "One", "price": 1.5}, {"title": "Two", "price": 20}],
    "words": ["red", "green"],
    "times": [{"starts": "2026-11-23T09:00:00+01:00"}, {"starts": "2026-11-24T09:00:00+01:00"}],
    "old": "s0",
}
SLOTS: tuple[dict[str, str], ...] = tuple(
    {"id": f"s{day}", "starts": f"2026-11-2{day}T09:00:00+01:00", "ends": f"2026-11-2{day}T10:00:00+01:00", "zone": ""}
    for day in range(1, 4)
)
TYPES = {
    "name": "personal",
    "amount": "number",
    "on": "date",
    "at": "datetime",
    "hidden": {"fact": "secret"},
    "things": [{"title": "text", "price": "number"}],
    "words": ["text"],
    "times": [{"starts": "datetime"}],
    "old": "text",
}
TEXTS = (
    "Hello",
    "On {{ on | date }} at {{ at | time }}",
    "{{ amount | money('EUR') }} for {{ name }}",
    "{{ site.name }}",
    "{{ at }}",
)
FIELDS: tuple[dict[str, Any], ...] = (
    {"kind": "text"},
    {"kind": "text", "optional": True, "max": 20},
    {"kind": "long"},
    {"kind": "name"},
    {"kind": "choice", "options": {"x": "An x", "y": "A y"}},
    {"kind": "choice", "from": "things", "label": "{{ item.title }} {{ item.price | number }}"},
    {"kind": "choice", "from": "words"},
    {"kind": "choices", "options": {"x": "An x", "y": "A y"}},
    {"kind": "choices", "from": "words", "optional": True},
    {"kind": "yesno"},
    {"kind": "phone"},
    {"kind": "email", "optional": True},
    {"kind": "date", "min": "2026-01-01"},
    {"kind": "time"},
    {"kind": "number", "min": 1, "max": 10},
    {"kind": "money", "currency": "EUR"},
    {"kind": "slot", "calendar": "fitter", "instead": "old"},
    {"kind": "slot", "calendar": "fitter", "optional": True},
    {"kind": "slot", "from": "times"},
    {"kind": "scale", "scale": "nps"},
    {"kind": "address"},
    {"kind": "location", "why": "To find you"},
    {"kind": "photo", "max": 2},
    {"kind": "file", "optional": True},
    {"kind": "signature"},
    {"kind": "code"},
    {"kind": "consent", "terms": "I agree to {{ site.name }}"},
)
TIMES = ("minutes > 30", "open and agents > 1", "hour >= 18 or weekday == 'sun'", "not open")
CONDITIONS = (*TIMES, "amount > 100", "stuck >= 2", "amount < 100 and not stuck", "on == '2026-11-22' or amount == 1")
TIERS = {"photo": 2, "file": 2, "signature": 3}
"""What is sent comes from somebody who is surely known."""
UPLOAD = {"file": "f1", "name": "a.jpg", "type": "image/jpeg", "size": 1000}
CODE = {"ok": True, "to": "•••42"}
GOOD: dict[str, list[Any]] = {
    "text": ["Hello", "Bye"],
    "long": ["Hello", "Bye"],
    "name": ["Ann Ode", "Bo"],
    "choice": ["x", "y"],
    "choices": [["x"], ["x", "y"], ["y"]],
    "yesno": ["yes", "no"],
    "phone": ["+4930901820"],
    "email": ["a@b.example", "c@d.example"],
    "date": ["2026-11-22", "2026-11-23"],
    "time": ["09:30", "17:00"],
    "number": ["7", "8"],
    "money": ["12.50"],
    "slot": ["s1", "s2", "s3"],
    "scale": ["7"],
    "address": ["1 High Street, 10115 Berlin"],
    "location": ["Berlin"],
    "photo": [[UPLOAD]],
    "file": [[UPLOAD]],
    "signature": ["Ann Ode"],
    "code": [CODE],
    "consent": ["yes"],
}
SAID = (
    "1|2|3|ok|yes|no|back|more|skip|x|One|red|Hello there|a@b.example|+4930901820|2026-11-22|7||continue|22.11.2026|c1|🙂|"
    "no, Friday|no, An x|tomorrow at 4|at 4 pm|An x on Friday|agent|help|change|send|30.11.|red and green|s1|Bo, 3"
)
INPUT = st.one_of(st.sampled_from([*SAID.split("|"), SECRET, "\x00", "\ud800", "9" * 50]), st.text(max_size=12))


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """A chain of steps, so that each is reached and left, with other ways from step to step drawn over it."""
    count = draw(st.integers(1, 6))
    names = [*(f"s{index}" for index in range(count)), "end"]
    steps = {name: draw(_step(index, names)) for index, name in enumerate(names[:-1])}
    for at, name in enumerate(names[:-1]):
        other = steps[name].get("do", {}).get("otherwise")
        if other in names[: at + 1] and "do" in steps[other]:
            # Calls that lead back to calls go round for ever, and are refused.
            del steps[name]["do"]["otherwise"]
    steps["end"] = {"end": draw(st.sampled_from(TEXTS)), "receipt": {"For": "{{ name }}"}}
    whole: dict[str, Any] = {
        "app": "random",
        "purpose": "A random flow",
        "context": TYPES,
        "start": "s0",
        "steps": steps,
    }
    if draw(st.booleans()) or any(step.get("tier") == 3 for step in steps.values()):
        whole["verify"] = {"ask": "Which word?", "against": "hidden.fact"}
    if draw(st.booleans()):
        whole["rules"] = draw(st.lists(_rule(names), min_size=1, max_size=3))
    if draw(st.booleans()):
        whole |= {"title": "For {{ name }}", "text": "{{ site.name }}: on {{ on | date }} tap {{ link }} to see it"}
    return loading.load(json.dumps(whole))


@st.composite
def _rule(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    does: dict[str, Any] = draw(
        st.one_of(
            st.builds(lambda to: {"handover": to}, _handover(names)),
            st.builds(lambda name: {"next": name}, st.sampled_from(names)),
            st.just({"notify": {"team": "care", "text": "{{ name }} is stuck"}}),
        )
    )
    return {"when": draw(st.sampled_from(CONDITIONS)), **does}


@st.composite
def _step(draw: st.DrawFn, index: int, names: list[str]) -> dict[str, Any]:
    after = names[index + 1]
    kind = draw(st.sampled_from("choose choose field field field do say call review visit wait".split()))
    step: dict[str, Any] = {"tier": draw(st.sampled_from([1, 1, 1, 2, 3]))}
    if kind == "choose":
        return step | {"choose": {"c0": {"label": "Go on", "next": after}, **draw(_choices(names))}}
    if kind in ("do", "call"):
        return step | {"do": draw(_call(index, names)), "next": after}
    step["next"] = after
    if kind == "field":
        field = draw(st.sampled_from(FIELDS))
        tier = max(step["tier"], TIERS.get(field["kind"], 1))
        return step | {"tier": tier, "ask": "What?", "field": {**field, "save": f"v{index}"}}
    if kind == "review":
        return step | {"review": draw(st.sampled_from([{}, {"rows": {"Who": "{{ name }}"}}, {"send": "Off it goes"}]))}
    if kind == "visit":
        return step | {"visit": {"to": "https://pay.example/x?n={{ name }}&back={{ back }}", "label": "Pay"}}
    if kind == "wait":
        over = draw(st.sampled_from([{}, {"within": "20m", "otherwise": draw(st.sampled_from(names))}]))
        return step | {"wait": {"for": "custom.paid", "save": f"v{index}", **over}}
    return step | {"say": draw(st.sampled_from(TEXTS))}


@st.composite
def _choices(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number in range(1, draw(st.integers(1, 3))):
        choice: dict[str, Any] = {"label": f"{draw(st.sampled_from(TEXTS))} {number}"}
        if draw(st.booleans()):
            choice["next"] = draw(st.sampled_from(names))
        else:
            choice["handover"] = draw(_handover(names))
        if draw(st.booleans()):
            choice["when"] = draw(st.sampled_from(CONDITIONS))
        found[f"c{number}"] = choice
    return found


@st.composite
def _call(draw: st.DrawFn, index: int, names: list[str]) -> dict[str, Any]:
    call: dict[str, Any] = {"call": "thing", "with": {"amount": "{{ amount }}", "all": ["{{ things }}", 1, True]}}
    if draw(st.booleans()):
        call["save"] = f"v{index}"
    if draw(st.booleans()):
        call["otherwise"] = draw(st.sampled_from(names))
    return call


@st.composite
def _handover(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    handover: dict[str, Any] = {"team": "care", "why": draw(st.sampled_from(TEXTS))}
    for key in ("then", "otherwise"):
        if draw(st.booleans()):
            handover[key] = draw(st.sampled_from(names))
    return handover


@st.composite
def commands(draw: st.DrawFn, flow: Flow, state: State) -> Command:
    """Something to tell: mostly what makes sense now, sometimes what never did."""
    tier = draw(st.sampled_from([0, 1, 1, 2, 3]))
    channel = draw(st.sampled_from(["web", "sms", "widget", "ussd", "voice"]))
    kind = draw(
        st.sampled_from(
            [*["good"] * 6, "answer", "text", "text", "revise", "returned", "came", "resume", "prove", "other"]
        )
    )
    if kind == "good":
        return draw(_sensible(flow, state))
    if kind in ("answer", "revise"):
        places = [state.step] if kind == "answer" else [*state.path, *flow.steps, "nowhere"]
        return Answer(draw(st.sampled_from(places)), draw(_given(flow)), tier, channel)
    if kind == "text":
        return Text(draw(INPUT), tier, channel)
    if kind == "came":
        return Came(draw(st.sampled_from(["custom.paid", "custom.paid", "custom.other"])), {"amount": 5}, tier)
    if kind == "returned":
        key = state.calling.key if state.calling else "s0:1"
        value = draw(st.sampled_from([None, {"reference": "X"}, [1, 2], "text", 5]))
        return Returned(draw(st.sampled_from([key, key, "s1:2"])), draw(st.booleans()), value, tier)
    if kind == "resume":
        return Resume(draw(st.sampled_from(["then", "otherwise", "step", "?"])), tier)
    if kind == "prove":
        return Prove(draw(st.sampled_from([SECRET, SECRET.lower(), "wrong", ""])), tier, channel)
    others: list[Command] = [Handover(), Tick(), Raised(2), Raised(3, "code")]
    return draw(st.sampled_from(others))


@st.composite
def _sensible(draw: st.DrawFn, flow: Flow, state: State) -> Command:
    """What brings a run on, or back a step."""
    if state.status == "calling" and state.calling:
        return Returned(state.calling.key, draw(st.sampled_from([True, True, False])), {"reference": "X"}, 3)
    if state.status == "handed":
        return Resume(draw(st.sampled_from(["then", "otherwise", "step"])), draw(st.sampled_from([1, 3])))
    if state.status == "waiting" and draw(st.booleans()):
        return Came("custom.paid", "X", 3) if draw(st.booleans()) else Tick()
    if state.guess is not None and draw(st.booleans()):
        return Text(draw(st.sampled_from(["1", "2", "yes", "no, Friday"])), 3)
    name = draw(st.sampled_from([state.step, state.step, *state.earlier]))
    if name not in flow.steps:
        return Handover()
    step = flow.steps[name]
    if step.field is None:
        ways = {"visit": ["returned"], "review": ["continue", "continue", "change", *state.earlier]}
        return Answer(
            name, {"choice": draw(st.sampled_from(ways.get(step.kind) or [*(step.choose or ["continue"])]))}, 3
        )
    kind = "from" if step.field.from_ else step.field.kind
    return Answer(name, {"answer": draw(st.sampled_from(GOOD.get(kind, _posted())))}, 3)


@st.composite
def _given(draw: st.DrawFn, flow: Flow) -> dict[str, object]:
    values = [
        "c0",
        "c1",
        "c2",
        "continue",
        *_posted(),
        "yes",
        "7",
        "a@b.example",
        "+4930901820",
        "2026-11-22",
        "",
        None,
        3,
        ["c0"],
        {"file": "f", "name": "x", "type": "image/png", "size": "1"},
        [{"ok": "true"}],
        "returned",
        "change",
    ]
    value = draw(st.one_of(st.sampled_from(values), INPUT))
    return draw(st.sampled_from([{"choice": value}, {"answer": value}, {}, {"choice": value, "answer": value}]))


def _posted() -> list[str]:
    return ["x", *(item_key(item) for item in [*CONTEXT["things"], *CONTEXT["words"], *CONTEXT["times"]])]
