"""One WebSocket, made safe to hold by the thousand: whole writes, one writer, bounded input, no compression.

simple-websocket alone would cut a large write short under gevent, let reader and writer mix their bytes, keep whatever a client
sends without bound, and give every socket that spoke 90 KB of compression state. A `Line` is what the rest of the code sees.
"""

import base64
import binascii
import contextlib
import json
import random
import socket
import threading
import time
from typing import Any

from werkzeug.wrappers import Request

from widget_server.web.ear import Ear, NoThread
from widget_server.web.problems import Problem

MAX_FRAME = 16 * 1024
"""Bytes of one frame from a client. They are all small: writes go by POST."""
PING_EVERY = 25
"""Seconds; a client that answers two pings with silence is gone. Below the idle limits of proxies and carriers."""
STUCK = 30
"""Seconds one write may take before the connection is given up: its reader is gone, not slow."""
SLOW = 5
"""Seconds of one write after which the reader is told (1013) to come back with its cursor."""
BURST, A_SECOND = 40, 10
"""Frames a client may send at once, and per second from then on."""

NORMAL, GOING_AWAY, POLICY, TRY_LATER = 1000, 1001, 1008, 1013


class Bell(threading.Event):
    """The one thing a socket's greenlet waits for. The reader rings it too, so it is where input is counted."""

    line: "Line | None" = None

    def set(self) -> None:
        super().set()
        if self.line is not None:
            self.line.count_input()


OPTIONS = {"ping_interval": PING_EVERY, "max_message_size": MAX_FRAME, "event_class": Bell}
"""What flask-sock builds every server with."""


class WholeSocket:
    """A socket whose `send` writes all of it, under a lock: the reader answers pings while the writer writes."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        # The reader only reads when there is something, so this bounds writes alone.
        sock.settimeout(STUCK)

    def send(self, data: bytes) -> int:
        with self._lock:
            self._sock.sendall(data)
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def prepare(request: Request) -> None:
    """Checks the handshake and makes the environ safe to build a server from. Raises Problem."""
    sent = request.headers
    if sent.get("Upgrade", "").lower() != "websocket" or "upgrade" not in sent.get("Connection", "").lower():
        raise Problem("upgrade-required", headers={"Upgrade": "websocket"})
    if sent.get("Sec-WebSocket-Version") != "13" or not _is_nonce(sent.get("Sec-WebSocket-Key", "")):
        raise Problem("bad-request", "not a WebSocket handshake of version 13")
    environ = request.environ
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    environ.pop("HTTP_SEC_WEBSOCKET_PROTOCOL", None)
    for name in ("werkzeug.socket", "gunicorn.socket"):
        if name in environ and not isinstance(environ[name], WholeSocket):
            environ[name] = WholeSocket(environ[name])


def _is_nonce(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False


class Closed(Exception):
    """The conversation is over. `code` and `reason` are what the other side was told, or is to be told."""

    def __init__(self, code: int, reason: str = "", retry_in: float | None = None) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.retry_in = retry_in


class Line:
    """One open socket. Whoever holds it is its only writer; anybody may `ring`."""

    def __init__(self, ws: Any) -> None:
        self._ws = ws
        self._bell: Bell = ws.event
        self._allowed = float(BURST)
        self._counted_at = time.monotonic()
        self.stopping = False
        self._ear = Ear(ws, self._bell, PING_EVERY) if isinstance(ws.thread, NoThread) else None
        self._bell.line = self
        self._bell.set()

    def ring(self) -> None:
        """Wakes the writer: there may be something to send."""
        self._bell.set()

    def wait(self, seconds: float | None) -> bool:
        """Waits for a ring; whether one came. Raises Closed when there is nothing left to wait for."""
        rung = self._bell.wait(self._ear.patience(seconds) if self._ear else seconds)
        self._bell.clear()
        if self._ear:
            self._ear.listen()
        if self.stopping:
            raise Closed(GOING_AWAY, "restart", retry_in=round(random.uniform(0.5, 3), 2))  # noqa: S311 - spreads clients
        if not self._ws.connected and not self._ws.input_buffer:
            raise Closed(NORMAL)
        return rung

    def heard(self) -> list[dict[str, Any]]:
        """The frames that came since last time. Raises Closed for what is no frame, or too many."""
        waiting = self._ws.input_buffer
        frames = []
        while waiting:
            self._spend()
            frames.append(_frame(waiting.pop(0)))
        return frames

    def tell(self, frame: dict[str, Any]) -> None:
        """Writes one frame. Raises Closed when the reader is gone, or so slow that it had better come back later."""
        if not self._ws.connected:
            raise Closed(NORMAL)
        began = time.monotonic()
        try:
            self._ws.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
        except OSError:
            self.cut()
            raise Closed(NORMAL) from None
        if time.monotonic() - began > SLOW:
            raise Closed(TRY_LATER, "slow", retry_in=1)

    def hang_up(self, end: Closed) -> None:
        """Says goodbye as far as the other side still listens."""
        try:
            if end.retry_in is not None:
                self.tell({"type": "bye", "retry_in": end.retry_in, "reason": end.reason})
            if self._ws.connected:
                self._ws.close(end.code, end.reason)
        except (Closed, OSError):
            self.cut()

    def cut(self) -> None:
        """Ends the connection without a word. The reader, woken by the end of its input, closes the socket."""
        self._ws.connected = False
        with contextlib.suppress(OSError):
            self._ws.sock.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        """Waits a moment for the other side's goodbye, then lets the reader go: it would wait for the next ping's time."""
        if self._ear:
            self._ear.close()
        else:
            self._ws.thread.join(1)
        self.cut()

    def count_input(self) -> None:
        """Called by the reader: a client that floods while it does not read is cut before it fills memory."""
        if len(self._ws.input_buffer) > 2 * BURST:
            self._ws.input_buffer.clear()
            self.cut()

    def _spend(self) -> None:
        now = time.monotonic()
        self._allowed = min(BURST, self._allowed + (now - self._counted_at) * A_SECOND)
        self._counted_at = now
        if self._allowed < 1:
            raise Closed(POLICY, "too many frames", retry_in=10)
        self._allowed -= 1


def _frame(text: str | bytes) -> dict[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        frame = None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise Closed(POLICY, "not a frame", retry_in=10)
    return frame
