"""Requests that stay: sockets, event streams, long polls. A stopping server asks all of them to end."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from widget_server.realtime.hub import Hub


class Stays(Protocol):
    """Something that goes on until it is told to stop; `ring` makes it look."""

    stopping: bool

    def ring(self) -> None: ...


class Held:
    """One waiting request: rung by the hub for its sessions, and by a stopping server."""

    wide = False

    def __init__(self) -> None:
        self.stopping = False
        self._bell = threading.Event()

    def ring(self) -> None:
        """Wakes whoever waits."""
        self._bell.set()

    def wait(self, seconds: float) -> bool:
        """Whether it rang since the last time, or within these seconds."""
        rang = self._bell.wait(seconds)
        self._bell.clear()
        return rang

    def moved(self, sessions: Iterable[str]) -> None:  # noqa: ARG002 - it only follows what it reads
        """The hub's wake."""
        self.ring()

    def told(self, frame: dict[str, Any]) -> None:
        """Ephemeral frames are for sockets."""


class Live:
    """All requests that stay in this process, and the hub that wakes them."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.stopping = False
        self._here: set[Stays] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._here)

    def add(self, one: Stays) -> None:
        """It begins to stay."""
        with self._lock:
            self._here.add(one)
            one.stopping = self.stopping

    def remove(self, one: Stays) -> None:
        """It is gone."""
        with self._lock:
            self._here.discard(one)

    @contextmanager
    def holding(self, sessions: Iterable[str]) -> Iterator[Held]:
        """A request that waits for these sessions as long as the block lasts. Read after entering, not before."""
        held, names = Held(), list(sessions)
        self.add(held)
        self.hub.join(held, names)
        try:
            yield held
        finally:
            self.hub.leave(held, names)
            self.remove(held)

    def stop(self) -> None:
        """Everybody who stays, and who comes from now on, is to end."""
        with self._lock:
            self.stopping = True
            here = list(self._here)
        for one in here:
            one.stopping = True
            one.ring()
