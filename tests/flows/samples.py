"""What the tests of the generator share: the example flow, its context, words, and a run one can talk to."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from disposable import loading
from disposable.commands import Command
from disposable.definition import Flow
from disposable.engine import Happened, Setting, Start, State, decide, evolve
from disposable.screen import Screen, screen

ROOT = Path(__file__).resolve().parents[2]
SITE: Mapping[str, object] = {"name": "Meridian Air", "host": "go.meridian.example", "zone": "Europe/Berlin"}
NOW = 1_795_291_200_000


def context() -> dict[str, Any]:
    return {
        "flight": {
            "number": "MA 12",
            "departs": "2026-11-22T18:40:00+01:00",
            "alternatives": [
                {"number": "MA 14", "departs": "2026-11-22T20:40:00+01:00"},
                {"number": "MA 16", "departs": "2026-11-22T21:55:00+01:00"},
            ],
        },
        "passenger": {"first_name": "Jo", "last_name": "Müller"},
    }


@cache
def flight_delay() -> Flow:
    return loading.load(loading.gallery()["flight-delay"])


@cache
def catalog(locale: str) -> dict[str, str]:
    with (ROOT / "templates" / "locale" / locale / "text.po").open("rb") as file:
        return {str(word.id): str(word.string) for word in read_po(file) if word.id}


def words(key: str, **values: object) -> str:
    return catalog("en")[key].format(**values)


def flow_of(steps: Mapping[str, object], **more: object) -> Flow:
    """A small flow, through the loader like any other."""
    whole = {"app": "small", "purpose": "A test", "start": next(iter(steps)), "steps": steps, **more}
    return loading.load(json.dumps(whole, ensure_ascii=False))


class Run:
    """A run in memory: what is told to it, what happened, and what its screen shows."""

    def __init__(self, flow: Flow, values: Mapping[str, Any] | None = None, setting: Setting | None = None) -> None:
        self.flow, self.setting = flow, setting or Setting(SITE)
        self.state, self.log, self.now = State(), list[Happened](), NOW
        self.tell(Start({} if values is None else values))

    def tell(self, command: Command) -> list[str]:
        """The kinds of what happened."""
        happened = decide(self.flow, self.state, command, self.now, self.setting)
        for one in happened:
            self.state = evolve(self.flow, self.state, one)
        self.log += happened
        return [one.kind for one in happened]

    def append(self, kind: str, body: dict[str, Any]) -> None:
        self.log.append(Happened(kind, body))
        self.state = evolve(self.flow, self.state, self.log[-1])

    def last(self, kind: str) -> dict[str, Any]:
        return next(one.body or {} for one in reversed(self.log) if one.kind == kind)

    def screen(self, **how: Any) -> Screen:
        """As a reader in the run's surroundings sees it; `locale` and `zone` are theirs."""
        here = {key: how.pop(key) for key in ("locale", "zone") if key in how}
        setting = replace(self.setting, now=self.now, **here)
        return screen(self.flow, self.state, **{"tier": 1, "setting": setting, "words": words, **how})
