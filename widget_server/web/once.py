"""Idempotency-Key: the same request again, for 48 hours, gets the first answer, and happens once.

Answers are kept for API keys alone. For everybody else the key becomes the event's own, which the session's log already holds
unique. Only what succeeded is kept: a refused request changed nothing and may be tried again when it is mended.
"""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, request
from uuid_utils.compat import uuid7

from widget_server.actions.access import ApiKey
from widget_server.actions.world import World
from widget_server.store import records
from widget_server.web.guards import Guards
from widget_server.web.problems import Problem

PATIENCE = 10
"""Seconds a second request with the same key waits for the first."""

_KEY = re.compile(r"[!-~]{1,100}\Z")


class Gate:
    """What stands before every operation of the REST interface."""

    def __init__(self, world: World, guards: Guards) -> None:
        self._store = world.store
        self._guards = guards
        self._turns = Turns()

    def who(self, auth: tuple[str, ...], writes: bool) -> Any:
        """The party that asks. Raises Problem."""
        return self._guards.who(auth, writes)

    def once(self, who: Any, answer: Callable[[str], Response]) -> Response:
        """`answer(key)`, or what the same key was answered before. Raises Problem and KeyReused."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return answer(str(uuid7()))
        if not _KEY.match(key):
            raise Problem("invalid", errors=[("header.Idempotency-Key", "1 to 100 printable ASCII characters")])
        if not isinstance(who, ApiKey):
            return answer(key)
        digest = _digest()
        with self._turns.of(f"{who.id} {key}"):
            with self._store.write() as tx:
                before = records.recall(tx, who.id, key, digest)
            if before is not None:
                return _again(*before)
            # The author's key is unique for the API key, an event's for its session: theirs alone could meet another's.
            response = answer(key)
            if 200 <= response.status_code < 300 and not response.is_streamed:
                with self._store.write() as tx:
                    records.remember(tx, who.id, key, digest, response.status_code, response.get_data())
            return response


class Turns:
    """One at a time for each name; who waits too long is sent away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Holds the turn of a name. Raises Problem("busy")."""
        with self._lock:
            turn, waiting = self._held.get(name, (threading.Lock(), 0))
            self._held[name] = turn, waiting + 1
        got = False
        try:
            got = turn.acquire(timeout=PATIENCE)
            if not got:
                raise Problem("busy")
            yield
        finally:
            if got:
                turn.release()
            with self._lock:
                turn, waiting = self._held[name]
                self._held[name] = turn, waiting - 1
                if waiting == 1:
                    del self._held[name]


def _digest() -> str:
    what = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(
        what + (_parts() if request.mimetype == "multipart/form-data" else request.get_data())
    ).hexdigest()


def _parts() -> bytes:
    # The boundary between the parts differs each time; the parts do not.
    found = [f"{name}={value}".encode() for name, value in sorted(request.form.items(multi=True))]
    for name, file in sorted(request.files.items(multi=True), key=lambda part: part[0]):
        found.append(name.encode() + b"=" + hashlib.sha256(file.stream.read()).digest())
        file.stream.seek(0)
    return b"\n".join(found)


def _again(status: int, body: bytes) -> Response:
    response = Response(body, status, mimetype="application/json" if body else None)
    response.headers["Idempotency-Replayed"] = "true"
    return response
