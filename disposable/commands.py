"""What can be told to a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from disposable.definition import ANYONE
from disposable.state import Json


@dataclass(frozen=True, slots=True)
class Start:
    """Begins a run. `said` is the sentence that opened it: what it answers already is not asked again."""

    context: Mapping[str, Json]
    channel: str = "web"
    said: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A posted form of a step: the current one, or an earlier one to revise it.

    `given` is {"choice": VALUE} for what is picked, or what a form posted for the field (a field's own name, NAME.part).
    Only the server may say {"choice": "returned"} (a visit whose nonce was right) and give a field files or a code.
    """

    step: str
    given: Mapping[str, object]
    tier: int = 1
    channel: str = "web"


@dataclass(frozen=True, slots=True)
class Text:
    """Free text to the current step."""

    text: str
    tier: int = 1
    channel: str = "sms"


@dataclass(frozen=True, slots=True)
class Prove:
    """A fact offered to verify; compared and dropped. `tier` is what the grant had before."""

    raw: str
    tier: int = 1
    channel: str = "web"


@dataclass(frozen=True, slots=True)
class Raised:
    """Somebody was verified another way."""

    tier: int
    by: str = "code"
    channel: str = "web"


@dataclass(frozen=True, slots=True)
class Returned:
    """A call came back; `key` is the one run.called had."""

    key: str
    ok: bool
    value: Json = None
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Came:
    """The company told of an event of that kind (custom.NAME). `tier`: the customer's best."""

    kind: str
    value: Json = None
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Resume:
    """The person gives the run back ("then", "step"), or there was none ("otherwise"). `tier`: the customer's best."""

    to: str = "then"
    tier: int = 1


@dataclass(frozen=True, slots=True)
class Handover:
    """The customer asked for a person."""

    team: str = ANYONE
    why: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: a wait may be over, a rule over time may hold."""


Command: TypeAlias = Start | Answer | Text | Prove | Raised | Returned | Came | Resume | Handover | Tick
