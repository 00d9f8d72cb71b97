"""Reading for a socket without a reader of its own: the loop says that something came, and the socket's one greenlet takes it.

simple-websocket gives every socket a thread that reads; under gevent that is a second greenlet, and 16 KB of memory for its
frames alone. Here the writer reads too, between two writes: who does not read from us is not read from either.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.monkey import is_module_patched
from wsproto.events import Ping
from wsproto.utilities import ProtocolError

AT_ONCE = 16 * 1024


class NoThread:
    """What a server is given in place of a thread."""

    name = ""

    def __init__(self, target: Callable[[], None]) -> None:
        """The target would read; nobody runs it."""

    def start(self) -> None:
        """Nothing to start."""


def options() -> dict[str, Any]:
    """What tells simple-websocket to leave the reading to us, where gevent runs the loop."""
    return {"thread_class": NoThread} if is_module_patched("socket") else {}


class Ear:
    """Takes what a client sent, rings when there is something, and pings it when it is silent."""

    def __init__(self, ws: Any, bell: threading.Event, ping_every: float) -> None:
        self._ws = ws
        self._bell = bell
        self._every = ping_every
        self._ping_at = time.monotonic() + ping_every
        self._came = False
        self._io = gevent.get_hub().loop.io(ws.sock.fileno(), 1)
        self._io.start(self._rung)

    def patience(self, seconds: float | None) -> float:
        """How long one may wait: as long as asked for, and not past the next ping."""
        left = max(0.0, self._ping_at - time.monotonic())
        return left if seconds is None else min(seconds, left)

    def listen(self) -> None:
        """Takes what came, and pings if it is time. A client that is gone leaves the socket unconnected."""
        try:
            if self._came:
                self._take()
            if self._ws.connected and time.monotonic() >= self._ping_at:
                self._ping()
        except (OSError, ProtocolError):
            self._ws.connected = False

    def close(self) -> None:
        """Waits a moment for the other side's goodbye, and reads no more."""
        self._io.stop()
        self._io.close()
        # Bytes that nobody took would turn the end into a reset, and the goodbye might be lost with it.
        with contextlib.suppress(OSError), gevent.Timeout(1, False):
            while self._ws.sock.recv(AT_ONCE):
                pass

    def _rung(self) -> None:
        # Runs in the loop itself, which would call it again and again until somebody reads.
        self._io.stop()
        self._came = True
        self._bell.set()

    def _take(self) -> None:
        self._came = False
        data = self._ws.sock.recv(AT_ONCE)
        if not data:
            self._ws.connected = False
            return
        self._ws.ws.receive_data(data)
        self._ws.connected = self._ws._handle_events()  # noqa: SLF001 - what its own reader would call
        if self._ws.connected:
            self._io.start(self._rung)

    def _ping(self) -> None:
        if not self._ws.pong_received:
            raise TimeoutError
        self._ws.pong_received = False
        self._ws.sock.send(self._ws.ws.send(Ping()))
        self._ping_at = time.monotonic() + self._every
