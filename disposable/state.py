"""The state of a run, which is the fold of its events. evolve only copies what an event says and thinks nothing of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as having
from typing import Any, TypeAlias

from disposable.definition import Flow

Json: TypeAlias = Any

NEW, ASKING, CALLING, HANDED, ENDED = "new", "asking", "calling", "handed", "ended"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a run, before it has a place in the log. `body` is plain JSON; None once it was erased."""

    kind: str
    body: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered at a step: its name, the value, its words, what was posted, and the name it is saved under."""

    name: str
    value: Json
    label: str
    given: str
    save: str = ""


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """The last answer that was not taken: catalog key "error." + code."""

    step: str
    code: str
    params: Mapping[str, str]
    field: str


@dataclass(frozen=True, slots=True)
class Calling:
    step: str
    call: str
    key: str
    with_: Json


@dataclass(frozen=True, slots=True)
class Handed:
    """A hand-over under way; `left` is the step to go back to, "" for none."""

    step: str
    team: str
    why: str
    then: str | None
    otherwise: str | None
    rule: str
    left: str


@dataclass(frozen=True, slots=True)
class State:
    """A run, folded. `why` is how the step was entered: start next back kept then return otherwise nobody more."""

    status: str = NEW
    step: str = ""
    why: str = ""
    path: tuple[str, ...] = ()
    answers: Mapping[str, Answered] = having(default_factory=dict)
    held: Mapping[str, Answered] = having(default_factory=dict)
    done: Mapping[str, Json] = having(default_factory=dict)
    context: Mapping[str, Json] = having(default_factory=dict)
    channel: str = ""
    tries: int = 0
    error: Misunderstood | None = None
    calling: Calling | None = None
    handover: Handed | None = None
    barrier: int = 0
    outcome: str = ""
    calls: int = 0
    page: int = 0
    fired: frozenset[str] = frozenset()

    @property
    def saved(self) -> dict[str, Json]:
        """What is saved under which name: what stood at the last finished call, and the answers given since."""
        since = (self.answers[name] for name in self.path[self.barrier :] if name in self.answers)
        return {**self.done, **{answer.save: answer.value for answer in since if answer.save}}

    @property
    def earlier(self) -> tuple[str, ...]:
        """The steps before the current one that can still be gone back to, oldest first."""
        return self.path[self.barrier : -1]


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
    return replace(state, status=ASKING, context=body["context"], channel=body["channel"])


def _entered(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    name, why = body["step"], body["why"]
    if why == "more":
        return replace(state, page=state.page + 1)
    state = replace(state, status=ASKING, step=name, why=why, tries=0, error=None, page=0, handover=None, calling=None)
    if why == "kept" and name in state.held:
        held = state.held[name]
        rest = _without(state.held, [name])
        state = replace(state, path=(*state.path, name), held=rest)
        return _with_answer(state, name, held)
    open_path = state.path[state.barrier :]
    if name not in open_path:
        return replace(state, path=(*state.path, name), answers=_without(state.answers, [name]))
    # Entered again: going back keeps the later answers at hand, coming round in a circle asks them afresh.
    cut = state.barrier + open_path.index(name)
    dropped = {key: state.answers[key] for key in state.path[cut:] if key in state.answers}
    answers = {key: value for key, value in state.answers.items() if key not in dropped}
    at_hand = {**state.held, **dropped} if why == "back" else _without(state.held, open_path[cut - state.barrier :])
    return replace(state, path=(*state.path[:cut], name), answers=answers, held=at_hand)


def _without(held: Mapping[str, Answered], names: Iterable[str]) -> dict[str, Answered]:
    gone = set(names)
    return {key: value for key, value in held.items() if key not in gone}


def _with_answer(state: State, step: str, answer: Answered) -> State:
    return replace(state, answers={**state.answers, step: answer})


def _answered(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    step = body["step"]
    answer = Answered(body["name"], body["value"], body["label"], body["given"], body["save"])
    state = replace(state, channel=body["channel"], error=None, tries=0)
    if body["revises"] and step in state.path[state.barrier :]:
        cut = state.barrier + state.path[state.barrier :].index(step)
        later = {key: state.answers[key] for key in state.path[cut + 1 :] if key in state.answers}
        answers = {key: value for key, value in state.answers.items() if key not in later}
        state = replace(state, path=state.path[: cut + 1], step=step, answers=answers, held={**state.held, **later})
    return _with_answer(replace(state, held=_without(state.held, [step])), step, answer)


def _misunderstood(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    error = Misunderstood(body["step"], body["error"], body["params"], body["field"])
    return replace(state, error=error, tries=body["tries"], channel=body["channel"])


def _verified(state: State, _body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, error=None, tries=0)


def _unverified(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, error=Misunderstood(body["step"], "fact", {}, "fact"), tries=body["tries"])


def _called(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    calling = Calling(body["step"], body["call"], body["key"], body["with"])
    return replace(state, status=CALLING, calling=calling, calls=state.calls + 1, error=None)


def _returned(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    done = {**state.saved, body["save"]: body["value"]} if body["ok"] and body["save"] else state.saved
    # What was called outside is done: nothing before it can be revised.
    state = replace(state, calling=None, done=done, barrier=len(state.path), held={})
    if state.handover:
        return replace(state, handover=replace(state.handover, left=body["next"]))
    return replace(state, status=ASKING)


def _handover(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    handed = Handed(
        body["step"], body["team"], body["why"], body["then"], body["otherwise"], body["rule"], body.get("left", "")
    )
    return replace(state, status=HANDED, handover=handed, fired=state.fired | {handed.rule}, error=None)


def _resumed(state: State, _body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, status=CALLING if state.calling else ASKING, handover=None, tries=0, error=None)


def _ended(state: State, body: Mapping[str, Json], _flow: Flow) -> State:
    return replace(state, status=ENDED, outcome=body["outcome"], handover=None, calling=None, held={})


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


_FOLDS = {
    "run.started": _started,
    "run.entered": _entered,
    "run.answered": _answered,
    "run.misunderstood": _misunderstood,
    "run.verified": _verified,
    "run.unverified": _unverified,
    "run.called": _called,
    "run.returned": _returned,
    "run.handover": _handover,
    "run.resumed": _resumed,
    "run.ended": _ended,
    "context": _context,
}
KINDS = frozenset(_FOLDS) - {"context"}
