"""How events make a state. evolve copies what an event says and thinks nothing, so that no new version rewrites the past."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from disposable.definition import Flow
from disposable.state import (
    ASKING,
    CALLING,
    ENDED,
    HANDED,
    WAITING,
    Answered,
    Calling,
    Guess,
    Handed,
    Happened,
    Json,
    Misunderstood,
    State,
    Waiting,
)

SAME_SCREEN = ("more", "change", "help")
"""Ways of entering the step where one stands already."""
RETURNED = "returned"
"""How a visit is answered: what was done there is done, and nothing before it can be revised."""


def replay(flow: Flow, happened: Iterable[Happened]) -> State:
    """The state after all that happened."""
    state = State()
    for one in happened:
        state = evolve(flow, state, one)
    return state


def evolve(flow: Flow, state: State, happened: Happened) -> State:
    """The state after one more event. What it does not know, and what was erased, changes nothing."""
    fold = _FOLDS.get(happened.kind)
    if fold is None or happened.body is None:
        return state
    return fold(state, happened.body, flow)


def _started(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    heard = body.get("heard") or ""
    return replace(state, status=ASKING, context=body["context"], channel=body["channel"], heard=heard)


def _entered(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    name, why = body["step"], body["why"]
    if why in SAME_SCREEN:
        page = state.page + 1 if why == "more" else 0
        return replace(state, page=page, why=state.why if why == "more" else why, guess=None, error=None)
    state = replace(state, status=ASKING, step=name, why=why, tries=0, error=None, page=0, guess=None)
    state = replace(state, handover=None, calling=None, waiting=None)
    if rule := body.get("rule"):
        state = replace(state, fired=state.fired | {f"next {rule}"})
    if why == "kept" and name in state.held:
        held = state.held[name]
        rest = _without(state.held, [name])
        state = replace(state, path=(*state.path, name), held=rest)
        return _with_answer(state, name, held)
    open_path = state.path[state.barrier :]
    if name not in open_path:
        return replace(state, path=(*state.path, name), answers=_without(state.answers, [name]))
    # Entered again: going back keeps the later answers at hand, coming round in a circle asks them afresh.
    back = why in ("back", "taken")
    cut = state.barrier + open_path.index(name)
    dropped = {key: state.answers[key] for key in state.path[cut:] if key in state.answers}
    answers = {key: value for key, value in state.answers.items() if key not in dropped}
    at_hand = {**state.held, **dropped} if back else _without(state.held, open_path[cut - state.barrier :])
    state = replace(
        state, path=(*state.path[:cut], name), answers=answers, held=at_hand, heard="" if back else state.heard
    )
    if why != "taken":
        return state
    # Somebody else has it by now: it is asked again, and what was chosen is not offered as if it could be had.
    error = Misunderstood(name, "taken", {}, body.get("field", ""))
    return replace(state, error=error, held=_without(state.held, [name]))


def _without(held: Mapping[str, Answered], names: Iterable[str]) -> dict[str, Answered]:
    gone = set(names)
    return {key: value for key, value in held.items() if key not in gone}


def _with_answer(state: State, step: str, answer: Answered) -> State:
    return replace(state, answers={**state.answers, step: answer})


def _answered(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    step = body["step"]
    answer = Answered(body["name"], body["value"], body["label"], body["given"], body["save"])
    state = replace(state, channel=body["channel"], error=None, tries=0, guess=None, heard=body.get("heard", ""))
    if body["revises"] and step in state.path[state.barrier :]:
        cut = state.barrier + state.path[state.barrier :].index(step)
        later = {key: state.answers[key] for key in state.path[cut + 1 :] if key in state.answers}
        answers = {key: value for key, value in state.answers.items() if key not in later}
        state = replace(state, path=state.path[: cut + 1], step=step, answers=answers, held={**state.held, **later})
    state = _with_answer(replace(state, held=_without(state.held, [step])), step, answer)
    return _settled(state, body, state.saved) if body.get("by") == RETURNED else state


def _settled(state: State, body: Mapping[str, Json], done: Mapping[str, Json]) -> State:
    """Something was done outside: nothing before it can be revised. If a person has the run, it goes on after it."""
    state = replace(state, done=done, barrier=len(state.path), held={}, heard="")
    if state.handover:
        return replace(state, handover=replace(state.handover, left=body["next"]))
    return replace(state, status=ASKING)


def _guessed(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    answer = Answered(body["name"], body["value"], body["label"], body["given"], body["save"])
    guess = Guess(body["step"], answer, body["by"], body["sure"], body.get("heard", ""))
    return replace(state, guess=guess, error=None, channel=body["channel"])


def _misunderstood(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    error = Misunderstood(body["step"], body["error"], body["params"], body["field"])
    return replace(state, error=error, tries=body["tries"], channel=body["channel"], guess=None)


def _verified(state: State, _body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, error=None, tries=0)


def _unverified(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, error=Misunderstood(body["step"], "fact", {}, "fact"), tries=body["tries"])


def _called(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    calling = Calling(body["step"], body["call"], body["key"], body["with"])
    return replace(state, status=CALLING, calling=calling, calls=state.calls + 1, error=None)


def _returned(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return _settled(replace(state, calling=None), body, _done(state, body, ok=body["ok"]))


def _done(state: State, body: Mapping[str, Json], *, ok: bool) -> Mapping[str, Json]:
    return {**state.saved, body["save"]: body["value"]} if ok and body["save"] else state.saved


def _waiting(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, status=WAITING, waiting=Waiting(body["step"], body["kind"], body.get("due") or 0))


def _came(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return _settled(replace(state, waiting=None), body, _done(state, body, ok=True))


def _booked(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    others = {step: slot for step, slot in state.bookings.items() if step != body["step"]}
    return replace(state, bookings={**others, body["step"]: body["slot"]} if body["slot"] else others)


def _notified(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, fired=state.fired | {f"notify {body['rule']}"})


def _handover(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    handed = Handed(
        body["step"], body["team"], body["why"], body["then"], body["otherwise"], body["rule"], body.get("left", "")
    )
    return replace(state, status=HANDED, handover=handed, fired=state.fired | {handed.rule}, error=None, guess=None)


def _resumed(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    # A call or a wait that goes on says so where nobody was there; any other step is entered again.
    why = "nobody" if body.get("to") == "otherwise" else state.why
    status = CALLING if state.calling else WAITING if state.waiting else ASKING
    return replace(state, status=status, handover=None, tries=0, error=None, why=why)


def _ended(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, status=ENDED, outcome=body["outcome"], handover=None, calling=None, waiting=None, held={})


def _context(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    context: dict[str, Json] = dict(state.context)
    for name, value in body.get("set", {}).items():
        context = _put(context, name.split("."), value)
    return replace(state, context=context)


def _put(into: Mapping[str, Json], keys: list[str], value: Json) -> dict[str, Json]:
    if len(keys) == 1:
        return {**into, keys[0]: value}
    inner = into.get(keys[0])
    return {**into, keys[0]: _put(inner if isinstance(inner, dict) else {}, keys[1:], value)}


_FOLDS: Mapping[str, Callable[[State, Mapping[str, Json], Flow], State]] = {
    "run.started": _started,
    "run.entered": _entered,
    "run.answered": _answered,
    "run.misunderstood": _misunderstood,
    "run.verified": _verified,
    "run.unverified": _unverified,
    "run.called": _called,
    "run.returned": _returned,
    "run.guessed": _guessed,
    "run.waiting": _waiting,
    "run.came": _came,
    "run.booked": _booked,
    "run.notified": _notified,
    "run.handover": _handover,
    "run.resumed": _resumed,
    "run.ended": _ended,
    "context": _context,
}
KINDS = frozenset(_FOLDS) - {"context"}
