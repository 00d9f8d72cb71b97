"""The hub: who waits for which session, in this process. A wake says only "session S moved"; the waiter then reads.

Commits of this process arrive by the store's `after_commit`; those of others (the command line, a worker beside it) are
noticed by `Tide`, which asks the database whether anything changed and finds out what by the stream.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from widget_server.store import log as store_log
from widget_server.store.database import Store

Frame = dict[str, Any]

_log = logging.getLogger("samethread.hub")


class Waiter(Protocol):
    """Somebody who wants to know. `wide`: about every session, else about those it joined."""

    wide: bool

    def moved(self, sessions: Iterable[str]) -> None:
        """These sessions have something new. Must not block: it runs in the writer's own request."""

    def told(self, frame: Frame) -> None:
        """A frame that is gone if it is missed: typing, presence."""


class Hub:
    """In-process registry of waiters by session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_session: dict[str, set[Waiter]] = defaultdict(set)
        self._wide: set[Waiter] = set()
        self.owed = threading.Event()

    def __len__(self) -> int:
        return len(self._wide) + sum(map(len, self._by_session.values()))

    def join(self, waiter: Waiter, sessions: Iterable[str] = ()) -> None:
        """From now on the waiter hears of these sessions (or of all, if it is wide). Join before the first read."""
        with self._lock:
            if waiter.wide:
                self._wide.add(waiter)
            for session in sessions:
                self._by_session[session].add(waiter)

    def leave(self, waiter: Waiter, sessions: Iterable[str]) -> None:
        with self._lock:
            self._wide.discard(waiter)
            for session in sessions:
                self._by_session[session].discard(waiter)
                if not self._by_session[session]:
                    del self._by_session[session]

    def wake(self, sessions: set[str], owed: bool = False) -> None:
        """Sessions moved, and perhaps the outbox too. Called after the commit, never inside it."""
        if owed:
            self.owed.set()
        with self._lock:
            rung: dict[Waiter, list[str]] = defaultdict(list)
            for session in sessions:
                for waiter in self._by_session.get(session, ()):
                    rung[waiter].append(session)
            for waiter in self._wide:
                rung[waiter] = list(sessions)
        for waiter, which in rung.items():
            waiter.moved(which)

    def tell(self, session: str, frame: Frame, besides: Waiter | None = None) -> None:
        """Passes an ephemeral frame to everybody in a session but its author."""
        with self._lock:
            present = [one for one in self._by_session.get(session, ()) if one is not besides]
        for waiter in present:
            waiter.told(frame)

    def present(self, session: str) -> list[Waiter]:
        with self._lock:
            return list(self._by_session.get(session, ()))

    @contextmanager
    def listening(self, sessions: Iterable[str]) -> Iterator[Bell]:
        """For a long poll: join, read, and if there was nothing `bell.wait(seconds)`, then read again."""
        bell, which = Bell(), list(sessions)
        self.join(bell, which)
        try:
            yield bell
        finally:
            self.leave(bell, which)


class Bell:
    """A waiter that only rings."""

    wide = False

    def __init__(self) -> None:
        self._event = threading.Event()

    def moved(self, sessions: Iterable[str]) -> None:  # noqa: ARG002 - it listens to a list its owner knows
        self._event.set()

    def told(self, frame: Frame) -> None:
        """A poll carries no ephemeral frames."""

    def wait(self, seconds: float) -> bool:
        """True if it rang since the last time."""
        rang = self._event.wait(seconds)
        self._event.clear()
        return rang


class Tide:
    """Notices what other processes commit, and wakes the hub for it."""

    def __init__(self, store: Store, hub: Hub) -> None:
        self._store = store
        self._hub = hub
        self._stopped = threading.Event()
        with store.read() as tx:
            self._cursor = store_log.stream_end(tx)

    def run(self, every: float = 0.2) -> None:
        """Looks every so many seconds until stopped; costs one pragma, and a read only where something changed."""
        changed = self._store.watch()
        while not self._stopped.wait(every):
            try:
                if changed():
                    self.look()
            except Exception:
                _log.exception("cannot ask the database what changed")

    def look(self) -> None:
        """Wakes every session that moved since the last look."""
        while True:
            with self._store.read() as tx:
                moved, cursor = store_log.moved(tx, self._cursor)
            if cursor == self._cursor:
                return
            self._cursor = cursor
            self._hub.wake(moved, owed=True)

    def stop(self) -> None:
        self._stopped.set()


def start(target: Callable[[], None], name: str) -> threading.Thread:
    """A background loop: a greenlet where gevent has patched threads."""
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
