"""Reading transcripts: what a customer does and sees, written down beside a flow, and the circumstances it happens in.

Every mistake is reported at once with its line, as for flows. The format is described in templates/docs/transcripts.md.
"""

import datetime as dt
import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as having
from typing import Any, TypeAlias

import yaml

from disposable import source
from disposable.definition import ContextInvalid, Flow, check_context
from disposable.loading import Mistake

Json: TypeAlias = Any
Where: TypeAlias = tuple[str | int, ...]

FACES = ("web", "chat", "sms", "ussd", "voice")
"""The ways a customer meets a flow, as transcripts call them."""
TYPED = ("chat", "sms", "ussd", "voice")
"""Those on which a sentence can be typed, keyed or spoken."""
LAYER = {"chat": "widget"}
"""A face whose channel has another name in flows."""
VERBS = (
    *("pick", "fill", "skip", "say", "confirm", "revise", "back", "person", "prove", "returned"),
    *("event", "wait", "agent", "take", "see", "unseen", "at", "handed", "end"),
)
NOW = "2026-11-21T10:00:00+01:00"
SITE: Mapping[str, Json] = {
    "name": "Example",
    "host": "go.example.com",
    "zone": "Europe/Berlin",
    "country": "DE",
    "phone": "+4930901820",
}
_DURATION = re.compile(r"(?:(\d{1,4})d ?)?(?:(\d{1,4})h ?)?(?:(\d{1,5})m ?)?(?:(\d{1,7})s)?")
SCENE = ("context", "calls", "slots", "now", "site", "locale", "zone", "open", "agents", "tier")


class TranscriptsInvalid(ValueError):
    """The file has `mistakes`, in the order of their lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Scene:
    """The circumstances: what the company knows, what its server answers, which slots are free, where and when it is.

    `calls` holds for each call its answers in turn, the last one again and again; {"fail": CODE} is a failure.
    `now` is in milliseconds, `tier` what the customer is known by when it begins.
    """

    context: Mapping[str, Json] = having(default_factory=dict)
    calls: Mapping[str, tuple[Json, ...]] = having(default_factory=dict)
    slots: Mapping[str, tuple[Mapping[str, Json], ...]] = having(default_factory=dict)
    now: int = 0
    site: Mapping[str, Json] = having(default_factory=lambda: dict(SITE))
    locale: str = "en"
    zone: str | None = None
    open: bool = True
    agents: int = 1
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Act:
    """One line of a transcript: what is done or looked for. `on` are the faces it is for, all if empty."""

    verb: str
    value: Json
    line: int
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """One story, told on each of the faces in `on`."""

    name: str
    on: tuple[str, ...]
    acts: tuple[Act, ...]
    scene: Scene
    line: int


@dataclass(frozen=True, slots=True)
class Transcripts:
    """All of a file, and the circumstances they share."""

    file: str
    scene: Scene
    all: tuple[Transcript, ...]


def read(text: str, flow: Flow, file: str = "flow.test.yaml") -> Transcripts:
    """Raises TranscriptsInvalid with every mistake."""
    try:
        root = source.compose(text)
    except source.SourceInvalid as error:
        raise TranscriptsInvalid([Mistake(file, error.line, error.reason)]) from None
    reader = _Reader(flow)
    found = reader.file(reader.plain((), root))
    if reader.mistakes:
        ordered = sorted(set(reader.mistakes))
        raise TranscriptsInvalid([Mistake(file, line, message) for line, message in ordered])
    return Transcripts(file, *found)


def milliseconds(text: str) -> int:
    """Of an instant with an offset. Raises ValueError."""
    when = dt.datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return round(when.timestamp() * 1000)


def duration(text: str) -> int:
    """Milliseconds of words like `20m` or `1h 30m`. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not match[0]:
        raise ValueError(f"{text} is no duration")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000


def faces(flow: Flow) -> tuple[str, ...]:
    """The faces a flow may be met on."""
    return tuple(face for face in FACES if not flow.only or LAYER.get(face, face) in flow.only)


class _Reader:
    """Reads one file; what is wrong is noted, and reading goes on."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.lines: dict[Where, int] = {(): 1}
        self.mistakes: list[tuple[int, str]] = []

    def plain(self, where: Where, node: yaml.Node) -> Json:
        """The value of a node as plain JSON; where each part of it stands is remembered."""
        self.lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping_of(where, node)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain((*where, index), inner) for index, inner in enumerate(node.value)]
        return _scalar(node)

    def mapping_of(self, where: Where, node: yaml.MappingNode) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for key, value in source.pairs(node):
            name = str(key.value)
            self.lines[*where, name] = key.start_mark.line + 1
            if name in made:
                self.wrong((*where, name), f"`{name}` stands here twice: keep one")
            made[name] = self.plain((*where, name), value)
        return made

    def wrong(self, where: Where, message: str) -> None:
        while where not in self.lines:
            where = where[:-1]
        self.mistakes.append((self.lines[where], message))

    def file(self, found: Json) -> tuple[Scene, tuple[Transcript, ...]]:
        keys = self.mapping((), found, (*SCENE, "transcripts"), "a test file")
        scene = self.scene((), keys, Scene(context=self.flow.example, now=milliseconds(NOW)))
        stories = keys.get("transcripts")
        if not isinstance(stories, dict) or not stories:
            self.wrong(("transcripts",), "write `transcripts: {NAME: {steps: [...]}}`, at least one")
            return scene, ()
        made = tuple(self.transcript(("transcripts", name), name, story, scene) for name, story in stories.items())
        if not any(line.startswith("context") for _, line in self.mistakes):
            self.contexts(made)
        return scene, made

    def contexts(self, made: tuple[Transcript, ...]) -> None:
        """What the flow is tried with has to be what a link could be minted with."""
        for transcript in made:
            where: Where = ("transcripts", transcript.name, "context")
            try:
                check_context(self.flow, transcript.scene.context)
            except ContextInvalid as invalid:
                for name, message in invalid.mistakes:
                    place = where if where in self.lines else ("context",)
                    self.wrong((*place, *name.split(".")), f"context.{name}: {message}")

    def transcript(self, where: Where, name: str, found: Json, scene: Scene) -> Transcript:
        if isinstance(found, list):
            self.wrong(where, f"transcript `{name}` is a list: write it under `steps:`")
        keys = self.mapping(where, found, (*SCENE, "on", "steps"), f"transcript `{name}`")
        there = faces(self.flow)
        on = self.faces((*where, "on"), keys["on"], there) if "on" in keys else there
        steps = keys.get("steps")
        if not isinstance(steps, list) or not steps:
            self.wrong((*where, "steps"), f"transcript `{name}` has no `steps`: write a list of what is done and seen")
            steps = []
        acts = tuple(self.acts((*where, "steps"), steps, on))
        return Transcript(name, on, acts, self.scene(where, keys, scene), self.lines[where])

    def faces(self, where: Where, found: Json, allowed: Collection[str]) -> tuple[str, ...]:
        named = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        if not named:
            self.wrong(where, f"`on` names channels: {', '.join(allowed)}")
        for name in named:
            if name not in allowed:
                self.wrong(where, self.not_on(name))
        return tuple(face for face in allowed if face in named)

    def not_on(self, name: str) -> str:
        if name not in FACES:
            return f"unknown channel `{name}`{_meant(name, FACES)}"
        there = name in faces(self.flow)
        return f"this story is not told on {name}: add it to its own `on`" if there else f"the flow leaves {name} out"

    def acts(self, where: Where, steps: list[Json], on: tuple[str, ...]) -> Iterator[Act]:
        for index, step in enumerate(steps):
            place = (*where, index)
            keys = self.mapping(place, step, (*VERBS, "on"), "a step")
            verbs = [verb for verb in VERBS if verb in keys]
            if len(verbs) != 1:
                many = "and ".join(f"`{verb}` " for verb in verbs)
                self.wrong(place, f"one thing a step: {many or 'nothing '}stands here")
                continue
            act = Act(verbs[0], keys[verbs[0]], self.lines[place])
            act = replace(act, on=self.faces((*place, "on"), keys["on"], on) if "on" in keys else ())
            self.sense((*place, act.verb), act, on)
            yield act

    def sense(self, where: Where, act: Act, on: tuple[str, ...]) -> None:
        """Whether the value is one the verb can take."""
        verb, value = act.verb, act.value
        if verb == "say" and (silent := [face for face in act.on or on if face not in TYPED]):
            self.wrong(where, f"nothing is said on {', '.join(silent)}: use `pick` or `fill`, or `on: [sms, ...]`")
        if problem := _CHECKS[verb](value):
            self.wrong(where, f"`{verb}` takes {problem}")
        elif verb in ("at", "end", "revise") and value not in self.flow.steps:
            self.wrong(where, f"there is no step `{value}`{_meant(value, self.flow.steps)}")

    def scene(self, where: Where, keys: Mapping[str, Json], scene: Scene) -> Scene:
        for name in SCENE:
            if name not in keys:
                continue
            try:
                scene = replace(scene, **{name: _READ[name](keys[name], scene)})
            except (ValueError, TypeError, AttributeError, KeyError):
                self.wrong((*where, name), f"`{name}` takes {_TAKES[name]}")
        return scene

    def mapping(self, where: Where, found: Json, keys: Collection[str], what: str) -> dict[str, Json]:
        if not isinstance(found, dict):
            self.wrong(where, f"{what} is a mapping of {', '.join(keys)}")
            return {}
        for name in found:
            if name not in keys:
                self.wrong((*where, name), f"unknown key `{name}` in {what}{_meant(name, keys)}")
        return found


def _scalar(node: yaml.Node) -> Json:
    text = str(node.value)
    if node.tag == source.NULL:
        return None
    if node.tag == source.BOOL:
        return text.lower() == "true"
    if node.tag == source.INT:
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if node.tag == source.FLOAT else text


def _meant(wrong: object, known: Collection[str]) -> str:
    near = difflib.get_close_matches(str(wrong), list(known), 1, 0.5)
    return f": did you mean `{near[0]}`?" if near else f": one of {', '.join(known)}"


Read: TypeAlias = Callable[[Json, Scene], Json]


def _calls(found: Json, scene: Scene) -> Mapping[str, tuple[Json, ...]]:
    own = {name: tuple(one) if isinstance(one, list) and one else (one,) for name, one in found.items()}
    return {**scene.calls, **own}


def _slots(found: Json, scene: Scene) -> Mapping[str, tuple[Mapping[str, Json], ...]]:
    return {**scene.slots, **{calendar: tuple(map(_slot, free)) for calendar, free in found.items()}}


def _slot(one: Json) -> Mapping[str, Json]:
    for name in ("starts", "ends"):
        milliseconds(one[name])
    return {"zone": "Europe/Berlin", **one, "id": str(one["id"])}


def _whole(found: Json, low: int, high: int) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
        raise ValueError(f"{found} is not a number from {low} to {high}")
    return found


def _is(found: Json, kind: type) -> Json:
    if not isinstance(found, kind):
        raise TypeError(f"{found} is no {kind.__name__}")
    return found


_READ: Mapping[str, Read] = {
    "context": lambda found, _: _is(found, dict),
    "calls": _calls,
    "slots": _slots,
    "now": lambda found, _: milliseconds(found),
    "site": lambda found, scene: {**scene.site, **found},
    "locale": lambda found, _: _is(found, str),
    "zone": lambda found, _: _is(found, str),
    "open": lambda found, _: _is(found, bool),
    "agents": lambda found, _: _whole(found, 0, 1000),
    "tier": lambda found, _: _whole(found, 1, 3),
}
_TAKES = {
    "context": "what a link is minted with: {NAME: VALUE}",
    "calls": "what each call answers: {NAME: {...}}, a list for several in turn, {fail: 500} for a failure",
    "slots": "what is free: {CALENDAR: [{id: a1, starts: INSTANT, ends: INSTANT}]}",
    "now": f"an instant with an offset, like {NOW}",
    "site": "facts of the site: {name: TEXT, zone: Europe/Berlin, ...}",
    "locale": "a language, like de",
    "zone": "a zone, like Europe/Berlin",
    "open": "true or false",
    "agents": "how many are there, like 0",
    "tier": "1, 2 or 3",
}


def _text(value: Json) -> str:
    return "" if isinstance(value, str | int | float) and not isinstance(value, bool) else "a text"


def _truth(value: Json) -> str:
    return "" if value is True else "`true`"


def _texts(value: Json) -> str:
    """A text, several, or another one for each channel."""
    if isinstance(value, dict):
        return "" if value and set(value) <= set(FACES) else f"a text, or one for each channel: {', '.join(FACES)}"
    several = value if isinstance(value, list) else [value]
    return "a text or a list of texts" if not several or any(map(_text, several)) else ""


def _wait(value: Json) -> str:
    try:
        duration(str(value))
    except ValueError:
        return "a duration, like 20m or 2h"
    return ""


def _event(value: Json) -> str:
    right = isinstance(value, dict) and isinstance(value.get("kind"), str) and set(value) <= {"kind", "body"}
    return "" if right else "{kind: custom.NAME, body: {...}}"


def _agent(value: Json) -> str:
    ways = ("then", "otherwise", "step")
    if isinstance(value, dict):
        right = set(value) <= {*ways, "set"} and len(set(value) & set(ways)) <= 1
        return "" if right and isinstance(value.get("set", {}), dict) else "then, otherwise or step, and `set: {...}`"
    return "" if value in ways else "then, otherwise or step"


_CHECKS = {
    **dict.fromkeys(("pick", "say", "prove", "take", "at", "handed", "end", "revise"), _text),
    **dict.fromkeys(("back", "person", "returned", "skip"), _truth),
    **dict.fromkeys(("see", "unseen"), _texts),
    "fill": lambda value: "" if value is not None else "a value",
    "confirm": lambda value: "" if isinstance(value, bool) else "true or false",
    "wait": _wait,
    "event": _event,
    "agent": _agent,
}
