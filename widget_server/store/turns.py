"""SQLite's one write transaction at a time, shared: writers take turns in it, and one of them commits for all.

A commit waits for the disk, which is most of what a small write costs. Who comes while nothing is begun leads: it begins, has
its turn, lets those who are ready have theirs, and commits. Each turn is a savepoint, so one that fails takes back itself
alone. Nobody leaves before the commit, not even who failed: it may have failed because of what another wrote here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


class NotStored(Exception):
    """The transaction a turn was part of did not commit: nothing of it is stored."""


class _Shared:
    """A transaction under way, and how it ended."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.ended = threading.Event()
        self.stored = False

    def say(self, sql: str) -> None:
        """To the driver itself: three of these a write would cost as much as its insert."""
        driver = self.conn.connection.driver_connection
        assert driver is not None  # noqa: S101 - it is open until `end`
        driver.execute(sql)

    def check(self) -> None:
        """Raises NotStored when SQLite gave the transaction up by itself, as it may when the disk is full."""
        driver = self.conn.connection.driver_connection
        # The driver's own commit would say nothing, and a savepoint would begin another transaction.
        if driver is None or not driver.in_transaction:
            raise NotStored("the database rolled back by itself")

    def end(self) -> None:
        """Commits. Raises NotStored."""
        try:
            self.check()
            self.conn.commit()
            self.stored = True
        finally:
            self.ended.set()
            self.conn.close()


class Turns:
    """Who may write to an SQLite database, of this process. `connect` opens a connection in autocommit mode."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._turn = threading.Lock()
        self._open: _Shared | None = None

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """A turn of the shared transaction. When this ends well the turn is on the disk. Raises NotStored."""
        shared, leads = None, False
        try:
            with self._turn:
                leads = self._open is None
                shared = self._open = self._open or self._begin()
                with _savepoint(shared):
                    yield shared.conn
        finally:
            if leads and shared is not None:
                self._end(shared)
            elif shared is not None:
                shared.ended.wait()
        if not shared.stored:
            raise NotStored("the transaction did not commit")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody of this process writes in this block, and nothing is begun."""
        with self._turn:
            if self._open is not None:
                self._finish(self._open)
            yield

    def _begin(self) -> _Shared:
        shared = _Shared(self._connect())
        try:
            shared.conn.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            shared.conn.close()
            raise
        return shared

    def _end(self, shared: _Shared) -> None:
        try:
            # Under gevent this lets every writer go first that is ready now; with threads they queue for the lock.
            time.sleep(0)
        finally:
            with self._turn:
                if self._open is shared:
                    self._finish(shared)

    def _finish(self, shared: _Shared) -> None:
        self._open = None
        shared.end()


@contextmanager
def _savepoint(shared: _Shared) -> Iterator[None]:
    shared.check()
    shared.say("SAVEPOINT turn")
    try:
        yield
    except BaseException:
        shared.say("ROLLBACK TO turn")
        shared.say("RELEASE turn")
        raise
    shared.say("RELEASE turn")
