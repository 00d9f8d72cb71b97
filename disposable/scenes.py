"""What a transcript is made of: the stories, their acts, and the circumstances they happen in."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as having
from typing import Any, TypeAlias

from disposable.definition import Flow

Json: TypeAlias = Any

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
