"""The kinds of event a session's log may hold: payload, audience and who may write each.

One entry in one table per kind. `append` refuses a kind that is not here; reading keeps what it does not know. A released
kind never changes its meaning: what must change becomes a new version, and an upcaster brings the old one forward on read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_BODY = 64 * 1024
"""Bytes of canonical JSON one body may have; larger things are files."""

Body = dict[str, Any]
ActorKind = Literal["customer", "agent", "flow", "key", "system", "provider"]


class UnknownKind(Exception):
    """A kind no table entry names. `kind` is the word that was given."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"unknown event kind {kind!r}")
        self.kind = kind


class BadBody(Exception):
    """A body that is not what its kind's payload says. `mistakes` are (where, message)."""

    def __init__(self, kind: str, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(f"{kind}: " + "; ".join(f"{where}: {message}" for where, message in mistakes))
        self.kind = kind
        self.mistakes = mistakes


class BodyTooLarge(Exception):
    """A body above MAX_BODY. `size` and `limit` are bytes."""

    def __init__(self, size: int, limit: int = MAX_BODY) -> None:
        super().__init__(f"the body has {size} bytes; {limit} is the most, larger things are files")
        self.size = size
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a kind and an opaque id. Names are resolved on read, never stored in the log."""

    kind: ActorKind
    id: str = ""


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has a place: what an author hands to `append`.

    `key` is made by the author and unique in the session, so that a retry changes nothing. `epoch` is the owner's epoch the
    author saw (None: not bound to one). `grant` is the customer's window that wrote it, or that a company line is meant for.
    """

    kind: str
    body: Body
    key: str
    actor: Actor
    channel: str = ""
    device: str = ""
    run: str | None = None
    epoch: int | None = None
    grant: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered fact of a session. `body` is None once its person was erased. `at` is milliseconds UTC, never an order."""

    id: str
    pos: int
    session: str
    seq: int
    key: str
    kind: str
    v: int
    run: str | None
    epoch: int
    actor: Actor
    channel: str
    device: str
    grant: str | None
    at: int
    body: Body | None


class Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class Text(Payload):
    text: str = Field(min_length=1, max_length=10_000)


class Prompt(Payload):
    run: str
    step: str
    menu: list[list[str]] = []
    text: str = ""
    cards: list[dict[str, Any]] = []
    field: dict[str, str] = {}
    link: dict[str, str] = {}


class Message(Text):
    prompt: Prompt | None = None
    notice: str | None = None
    files: list[str] = []


class SessionOpened(Payload):
    channel: str = ""
    previous: str | None = None
    flow: str | None = None


class SessionClosed(Payload):
    reason: Literal["disposition", "silence", "erased", "continued"]
    disposition: str = ""
    continued_in: str | None = None


class Owner(Payload):
    owner: str
    previous: str
    why: str = ""
    team: str = ""


class Identity(Payload):
    kind: Literal["phone", "email", "user_id", "device"]
    value: str
    evidence: str


class Context(Payload):
    set: dict[str, Any]


class Custom(BaseModel):
    model_config = ConfigDict(extra="allow")


class Focus(Payload):
    state: Literal["opened", "left"]


class Seen(Payload):
    seq: int


class Receipt(Payload):
    delivery: str
    of: int
    channel: str
    status: Literal["owed", "sent", "unknown", "delivered", "read", "failed", "cancelled"]
    permanent: bool = False
    reason: str = ""


class LinkEvent(Payload):
    link: str
    app: str = ""
    channel: str = ""
    device: str = ""


class GrantRaised(Payload):
    tier: int
    by: str


class Callback(Payload):
    callback: str
    state: Literal["requested", "done", "missed", "cancelled"]
    due: int = 0
    phone: str = ""
    topic: str = ""
    outcome: str = ""


class File(Payload):
    file: str
    name: str
    type: str
    size: int


class RunStarted(Payload):
    flow: str
    hash: str
    context: dict[str, Any] = {}
    channel: str = ""
    heard: str = ""


class RunEntered(Payload):
    step: str
    why: str = ""
    rule: str | None = None
    field: str | None = None


class RunAnswered(Payload):
    step: str
    name: str = ""
    value: Any = None
    label: str = ""
    given: Any = None
    save: str = ""
    by: str = ""
    sure: float = 1.0
    channel: str = ""
    revises: bool = False
    shown: str | None = None
    heard: str | None = None
    next: str | None = None
    evidence: dict[str, Any] = {}


class RunGuessed(Payload):
    step: str
    name: str = ""
    value: Any = None
    label: str = ""
    given: Any = None
    save: str = ""
    by: str = ""
    sure: float = 1.0
    channel: str = ""
    heard: str = ""


class RunWaiting(Payload):
    step: str
    kind: str
    within: int = 0
    due: int = 0


class RunCame(Payload):
    step: str
    kind: str
    value: Any = None
    save: str = ""
    next: str = ""


class RunBooked(Payload):
    step: str
    slot: str
    calendar: str = ""
    instead: str = ""


class RunNotified(Payload):
    rule: str
    team: str
    text: str = ""


class RunMisunderstood(Payload):
    step: str
    error: str
    params: dict[str, Any] = {}
    field: str = ""
    tries: int = 0
    channel: str = ""


class RunVerified(Payload):
    step: str
    tier: int
    by: str


class RunUnverified(Payload):
    step: str
    tries: int
    channel: str = ""


class RunCalled(Payload):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    step: str
    call: str
    with_: dict[str, Any] = Field(default={}, alias="with")
    key: str


class RunReturned(Payload):
    step: str
    key: str
    ok: bool
    value: Any = None
    save: str = ""
    next: str = ""


class RunHandover(Payload):
    step: str
    team: str
    why: str = ""
    then: str | None = None
    otherwise: str | None = None
    rule: str | None = None
    left: str = ""


class RunResumed(Payload):
    step: str
    to: str = ""


class RunEnded(Payload):
    step: str
    outcome: str = ""
    text: str = ""


class Empty(Payload):
    pass


ALL = frozenset({"customer", "agent", "company"})
STAFF = frozenset({"agent", "company"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: version written now, payload, who is shown it, and which outside authors may write it."""

    name: str
    v: int
    body: type[BaseModel]
    audience: frozenset[str]
    writers: frozenset[str] = frozenset()


def _table(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS: dict[str, Kind] = _table(
    Kind("session.opened", 1, SessionOpened, ALL),
    Kind("session.closed", 1, SessionClosed, ALL),
    Kind("owner", 1, Owner, ALL),
    Kind("identity", 1, Identity, STAFF),
    Kind("context", 1, Context, STAFF, frozenset({"key", "agent"})),
    Kind("message", 1, Message, ALL, frozenset({"customer", "agent", "key"})),
    Kind("note", 1, Text, STAFF, frozenset({"agent", "key"})),
    Kind("focus", 1, Focus, STAFF, frozenset({"agent"})),
    Kind("seen", 1, Seen, ALL, frozenset({"customer", "agent"})),
    Kind("receipt", 1, Receipt, ALL),
    Kind("link.made", 1, LinkEvent, STAFF),
    Kind("link.engaged", 1, LinkEvent, STAFF),
    Kind("link.disowned", 1, LinkEvent, STAFF),
    Kind("link.revoked", 1, LinkEvent, STAFF),
    Kind("grant.raised", 1, GrantRaised, ALL),
    Kind("callback", 1, Callback, ALL),
    Kind("file", 1, File, ALL),
    Kind("erased", 1, Empty, STAFF),
    Kind("run.started", 1, RunStarted, STAFF),
    Kind("run.entered", 1, RunEntered, ALL),
    Kind("run.answered", 1, RunAnswered, ALL),
    Kind("run.guessed", 1, RunGuessed, STAFF),
    Kind("run.waiting", 1, RunWaiting, STAFF),
    Kind("run.came", 1, RunCame, STAFF),
    Kind("run.booked", 1, RunBooked, STAFF),
    Kind("run.notified", 1, RunNotified, STAFF),
    Kind("run.misunderstood", 1, RunMisunderstood, STAFF),
    Kind("run.verified", 1, RunVerified, STAFF),
    Kind("run.unverified", 1, RunUnverified, STAFF),
    Kind("run.called", 1, RunCalled, STAFF),
    Kind("run.returned", 1, RunReturned, STAFF),
    Kind("run.handover", 1, RunHandover, ALL),
    Kind("run.resumed", 1, RunResumed, STAFF),
    Kind("run.ended", 1, RunEnded, ALL),
)

CUSTOM = Kind("custom.*", 1, Custom, STAFF, frozenset({"key", "customer"}))

Upcaster = Callable[[Body], Body]
UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}
"""(kind, v) -> the function that turns that version's body into the next one's. Empty while every kind is at its first."""


def kind_of(name: str) -> Kind:
    """The table's entry for a kind; `custom.anything` shares one. Raises UnknownKind."""
    if name in KINDS:
        return KINDS[name]
    if name.startswith("custom.") and 7 < len(name) <= 64 and name[7:].replace("_", "").replace(".", "").isalnum():
        return CUSTOM
    raise UnknownKind(name)


def checked(name: str, body: Body) -> Body:
    """The body as its kind's payload reads it, as given. Raises UnknownKind or BadBody."""
    kind = kind_of(name)
    if kind is CUSTOM:
        return body
    try:
        return kind.body.model_validate(body).model_dump(by_alias=True, exclude_unset=True, mode="json")
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise BadBody(name, [(".".join(map(str, one["loc"])) or "body", one["msg"]) for one in found]) from None


def upcast(name: str, v: int, body: Body) -> Body:
    """A stored body brought to the version this server writes."""
    while (name, v) in UPCASTERS:
        body = UPCASTERS[name, v](body)
        v += 1
    return body
