"""The company of a simulated run: its server that answers calls, its calendars, all as a test file tells them."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from disposable.scenes import Scene

Json: TypeAlias = Any


class Company:
    """What stands outside the run, and changes as it goes on."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.free: dict[str, tuple[Mapping[str, Json], ...]] = dict(scene.slots)
        self.known = {one["id"]: (calendar, one) for calendar, some in scene.slots.items() for one in some}
        self.asked: dict[str, int] = {}
        self.calls: list[tuple[str, Json]] = []
        self.unanswered: list[str] = []

    def answer(self, call: str, given: Json) -> tuple[bool, Json]:
        """Whether the call succeeds, and what it gives. One the file says nothing of succeeds with nothing, and is noted."""
        self.calls.append((call, given))
        if call == "slots.release" and isinstance(given, dict):
            self.give_back(given.get("slot"))
        answers = self.scene.calls.get(call)
        if answers is None:
            # A name with a dot is done by our own server.
            if "." not in call:
                self.unanswered.append(call)
            return True, {}
        turn = self.asked.get(call, 0)
        self.asked[call] = turn + 1
        answer = answers[min(turn, len(answers) - 1)]
        fails = isinstance(answer, dict) and set(answer) == {"fail"}
        return not fails, None if fails else answer

    def book(self, calendar: str, slot: Json, instead: Json = None) -> None:
        """Nobody else gets the slot any more; the one it stands instead of is free again."""
        self.take(_id(slot), calendar)
        self.give_back(instead)

    def take(self, name: str, calendar: str = "") -> bool:
        """Takes a slot away. False if it is not free."""
        there = calendar or next((key for key, some in self.free.items() if any(one["id"] == name for one in some)), "")
        free = self.free.get(there, ())
        self.free[there] = tuple(one for one in free if one["id"] != name)
        return len(self.free[there]) < len(free)

    def give_back(self, slot: Json) -> None:
        """The slot can be had again, if it was one of ours."""
        calendar, one = self.known.get(_id(slot), ("", None))
        if one is not None and one not in self.free[calendar]:
            free = [*self.free[calendar], one]
            self.free[calendar] = tuple(sorted(free, key=lambda each: str(each["starts"])))


def _id(slot: Json) -> str:
    return str(slot.get("id", "")) if isinstance(slot, Mapping) else str(slot or "")
