"""The channel for a developer's terminal: prints what would have been sent, and keeps it for whoever asks.

It has no provider, so nothing can come in by it: every hook is refused.
"""

import sys
from typing import TextIO

from widget_server.channels.contract import Capabilities, Carry, DeliveryFailed, ForgedHook, Hook, Outgoing, Sent
from widget_server.channels.plain import clean

KEPT = 200


class Console:
    """Prints to `out` (standard error unless told) and keeps the last messages in `sent`."""

    name = "console"
    capabilities = Capabilities(max_length=10_000)

    def __init__(self, sender: str = "console", out: TextIO | None = None) -> None:
        self.sender = sender
        self.sent: list[Outgoing] = []
        self._out = out

    def send(self, outgoing: Outgoing, _carry: Carry) -> Sent:
        """Print it. Raises DeliveryFailed for an empty text."""
        text = clean(outgoing.text)
        if not text:
            raise DeliveryFailed("empty", permanent=True)
        self.sent = [*self.sent[-KEPT + 1 :], outgoing]
        print(f"{outgoing.sender} -> {outgoing.to}: {text}", file=self._out or sys.stderr, flush=True)
        return Sent(provider_id=f"console-{outgoing.delivery}")

    def verify(self, _hook: Hook) -> None:
        """Always raises: a terminal calls nobody."""
        raise ForgedHook

    def parse(self, _hook: Hook) -> None:
        """Nothing ever comes in by a terminal."""

    def segments(self, _text: str) -> int:
        """A terminal does not count."""
        return 0
