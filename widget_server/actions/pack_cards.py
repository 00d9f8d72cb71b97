"""The parts of a context pack, typed. They hold codes and facts, never sentences: whoever shows them has the words."""

from dataclasses import dataclass

MASK = "•••"

NEXT = (
    "nothing",
    "careful",
    "watch",
    "accept",
    "reply",
    "call_back",
    "other_channel",
    "settle",
    "return",
    "verify",
    "wait",
    "close",
)
"""Every code `Next.code` may hold, in the order they are thought of."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the customer is here for. `title` is the flow's, filled in; `purpose` names nobody; `step` is where they are."""

    app: str = ""
    purpose: str = ""
    title: str = ""
    status: str = ""
    step: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """One way the customer is here, and how surely. `by`: none, link, sender, visitor, or what raised it (fact, code ...)."""

    channel: str
    tier: int
    by: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """How surely we know who is there: the surest window, the one used last (`now`), and all of them."""

    tier: int = 0
    by: str = "none"
    channel: str = ""
    now: Window | None = None
    windows: tuple[Window, ...] = ()
    disowned: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was finished: `kind` is answer, verified or call. `ok` is False where a call came back refused."""

    kind: str
    run: str
    step: str
    label: str
    value: str
    channel: str
    at: int
    ok: bool = True
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class Given:
    """A value nobody has to ask for again. `text` prints it, masked unless `shown`; `words` are what a question would name."""

    name: str
    label: str
    type: str
    text: str
    shown: bool
    source: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the customer wants of a person: why the flow handed over, or what they wrote since the company last spoke."""

    kind: str
    text: str
    at: int
    seq: int
    team: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Where it went wrong and was not put right since. `what`: call, misunderstood, unverified, delivery, callback, disowned."""

    what: str
    at: int
    seq: int
    channel: str = ""
    step: str = ""
    label: str = ""
    detail: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Promise:
    """What we owe: a `callback` at an instant, or a `step` the flow goes on with when it gets the session back."""

    what: str
    at: int
    due: int = 0
    callback: str = ""
    phone: str = ""
    topic: str = ""
    run: str = ""
    step: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """The suggested next step: a code of NEXT and the facts to word it with."""

    code: str
    label: str = ""
    due: int = 0
    run: str = ""
    step: str = ""
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    """The whole card. `seq` is the event it was folded up to."""

    session: str
    seq: int
    goal: Goal | None
    known: Known
    steps: tuple[Done, ...]
    given: tuple[Given, ...]
    asked: tuple[Asked, ...]
    failed: tuple[Failure, ...]
    promised: tuple[Promise, ...]
    next: Next
    owner: str = "none"
    previous: str | None = None
    closed: bool = False
    erased: bool = False
