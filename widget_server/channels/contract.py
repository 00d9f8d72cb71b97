"""What every channel promises, and the few values that travel through one.

A channel knows a provider's language: how a message is put, what an answer means, whether a hook is genuine and what
it says. It opens no connection itself (it is handed `Carry`), keeps no rows and knows no session: `delivery` and
`web.hooks` are its only callers, so a new channel is one file, one line in the registry and one test class.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class HttpCall:
    """One request that is ready to leave. `timeout` is in seconds and covers connecting and each wait for an answer."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float = 10.0


@dataclass(frozen=True)
class HttpAnswer:
    """What came back: header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Carry = Callable[[HttpCall], HttpAnswer]


@dataclass(frozen=True)
class Outgoing:
    """One message for one address; `delivery` is the outbox row's id, by which receipts find their way home."""

    delivery: str
    to: str
    sender: str
    text: str
    status_url: str = ""


@dataclass(frozen=True)
class Sent:
    """The provider took it. `segments` is what it will be billed as; 0 where the channel does not count."""

    provider_id: str
    segments: int = 0


@dataclass(frozen=True)
class Inbound:
    """A customer's message as a provider handed it over; `at` is when we got it, in milliseconds UTC."""

    channel: str
    account: str
    provider_id: str
    sender: str
    recipient: str
    text: str
    at: int
    media: tuple[tuple[str, str], ...] = ()
    """(address, content type) of each attachment."""


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery: `status` is sent, delivered, read or failed; `reason` a code, never a sentence."""

    delivery: str
    provider_id: str
    status: str
    permanent: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Hook:
    """One call of a provider to us, untouched. `url` is built from our settings, never from the request's Host."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    at: int


@dataclass(frozen=True)
class Capabilities:
    """What one message may hold: `max_length` in characters, buttons it can show, whether marked-up text is drawn."""

    max_length: int
    options: int = 0
    formatting: bool = False


class ChannelError(Exception):
    """Base of what can go wrong between a provider and us."""


class DeliveryFailed(ChannelError):
    """A message did not go out, or we cannot say whether it did (`unknown`).

    `permanent`: the same message to the same address will never succeed. `retry_in`: seconds the provider asked us to
    wait, None where it said nothing. `reason` is a code that desks translate.
    """

    def __init__(self, reason: str, *, permanent: bool = False, unknown: bool = False, retry_in: float | None = None):
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.unknown = unknown
        self.retry_in = retry_in


class ForgedHook(ChannelError):
    """A hook's signature is missing or wrong: nothing in it was read."""


class UnreadableHook(ChannelError):
    """A genuine hook that says nothing we understand (`reason` names what)."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """One way to reach a person."""

    name: str
    sender: str
    """The address a message leaves from when nothing else was chosen."""
    capabilities: Capabilities

    def send(self, outgoing: Outgoing, carry: Carry, /) -> Sent:
        """Hand the message to the provider. Raises DeliveryFailed."""

    def verify(self, hook: Hook, /) -> None:
        """Raises ForgedHook unless the provider's own signature fits."""

    def parse(self, hook: Hook, /) -> Inbound | Receipt | None:
        """What a verified hook says; None for news that needs no record. Raises UnreadableHook."""

    def segments(self, text: str, /) -> int:
        """How many billed pieces this text makes; 0 where the channel does not count."""
