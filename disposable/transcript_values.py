"""What the keys and verbs of a transcript take: how each is read, and what is said of a value that is none."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from disposable.scenes import FACES, NOW, Scene, duration, milliseconds

Json: TypeAlias = Any
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


READ: Mapping[str, Read] = {
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
TAKES = {
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


CHECKS = {
    **dict.fromkeys(("pick", "say", "prove", "take", "at", "handed", "end", "revise"), _text),
    **dict.fromkeys(("back", "person", "returned", "skip"), _truth),
    **dict.fromkeys(("see", "unseen"), _texts),
    "fill": lambda value: "" if value is not None else "a value",
    "confirm": lambda value: "" if isinstance(value, bool) else "true or false",
    "wait": _wait,
    "event": _event,
    "agent": _agent,
}
