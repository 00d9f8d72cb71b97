"""The state of a run, which is the fold of its events (folding.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as having
from typing import Any, TypeAlias

Json: TypeAlias = Any

NEW, ASKING, WAITING, CALLING, HANDED, ENDED = "new", "asking", "waiting", "calling", "handed", "ended"
STOPPED = ":stopped"
"""The outcome of a run whose customer wrote STOP; no step has such a name."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a run, before it has a place in the log. `body` is plain JSON; None once it was erased."""

    kind: str
    body: dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered at a step: its name, the value, its words, what a form posts for it (a text, several, or parts),
    and the name it is saved under. The words are those of the moment; whoever shows them to somebody makes them anew."""

    name: str
    value: Json
    label: str
    given: Json
    save: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What was probably meant, and is asked before it is taken. `heard` is what the sentence said besides."""

    step: str
    answer: Answered
    by: str
    sure: float
    heard: str = ""


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
class Waiting:
    """A wait for an event of that kind; `due` is when it is over (ms), 0 for never."""

    step: str
    kind: str
    due: int = 0


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
    """A run, folded. `why` is how the step was entered: start next back kept then return otherwise nobody more change help
    taken rule. `heard` is what the last sentence said beyond its answer, `bookings` the slot each step has booked.
    """

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
    waiting: Waiting | None = None
    guess: Guess | None = None
    heard: str = ""
    bookings: Mapping[str, str] = having(default_factory=dict)

    @property
    def saved(self) -> dict[str, Json]:
        """What is saved under which name: what stood at the last finished call, and the answers given since."""
        since = (self.answers[name] for name in self.path[self.barrier :] if name in self.answers)
        return {**self.done, **{answer.save: answer.value for answer in since if answer.save}}

    @property
    def earlier(self) -> tuple[str, ...]:
        """The steps before the current one that can still be gone back to, oldest first."""
        return self.path[self.barrier : -1]

    @property
    def open(self) -> tuple[str, ...]:
        """The steps that can still be answered anew, the current one included, oldest first."""
        return self.path[self.barrier :]

    @property
    def booked(self) -> frozenset[str]:
        """The slots this run has booked."""
        return frozenset(self.bookings.values())
