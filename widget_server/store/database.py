"""The engine, and what a transaction is: one unit that stores events, projections and debts together, or nothing.

SQLite runs in WAL with synchronous FULL and every write begins IMMEDIATE; writers of this process take turns (turns.py), since a
second greenlet waiting inside sqlite would stop the whole event loop. PostgreSQL locks the session's row instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, create_engine, event, select, text
from sqlalchemy.exc import SQLAlchemyError

from widget_server.store import tables as t
from widget_server.store.turns import Turns
from widget_server.store.vault import Vault

Row = Any
"""A SQLAlchemy row, read by attribute."""


@dataclass
class Tx:
    """One open transaction. `sessions` are the rows it has locked; `moved` those it appended to, woken after commit.

    `scrub`: what it deleted is to be overwritten, too.
    """

    conn: Connection
    vault: Vault
    now: int
    sqlite: bool
    writing: bool = True
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    dirty: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    owed: bool = False
    scrub: bool = False

    def one(self, statement: Any, values: Mapping[str, Any] | None = None) -> Row | None:
        """`values` fill a statement that was built before: building one takes longer than running it."""
        return self.conn.execute(statement, values).first()

    def all(self, statement: Any, values: Mapping[str, Any] | None = None) -> list[Row]:
        return list(self.conn.execute(statement, values))

    def run(self, statement: Any, values: Mapping[str, Any] | None = None) -> int:
        """Executes a change; the number of rows it touched."""
        return self.conn.execute(statement, values).rowcount

    def serialise(self, name: str) -> None:
        """Two transactions that name the same thing go one after the other (on SQLite every write does anyway)."""
        if not self.sqlite:
            self.conn.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


class Store:
    """The database, the vault and the clock together. `after_commit(sessions, owed)` is the hub's wake, set by the root."""

    def __init__(self, url: str, vault: Vault, clock: Callable[[], int], pool: int = 10) -> None:
        self.engine = _engine(url, pool)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self.vault = vault
        self.clock = clock
        self.after_commit: Callable[[set[str], bool], None] = _nobody
        self._turns = Turns(self.engine.connect)
        # SQLite's connections begin nothing by themselves; PostgreSQL's driver would, and roll back: two journeys for nothing.
        self._glancing = self.engine if self.sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._joined = threading.local()

    @contextmanager
    def together(self) -> Iterator[Tx]:
        """A transaction that every `write` and `read` of this thread joins until the block ends: all of it, or nothing."""
        outside = getattr(self._joined, "tx", None)
        with self.write() as tx:
            self._joined.tx = tx
            try:
                yield tx
            finally:
                self._joined.tx = outside

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that commits when the block ends well. Wakes whoever waits for the sessions it moved."""
        joined = getattr(self._joined, "tx", None)
        if joined is not None:
            yield joined
            flush(joined)
            return
        from_here: Tx
        with self._turns.turn() if self.sqlite else self.engine.begin() as conn:
            from_here = Tx(conn, self.vault, self.clock(), self.sqlite)
            yield from_here
            flush(from_here)
        if from_here.scrub:
            self._scrub()
        if from_here.moved or from_here.owed:
            self.after_commit(from_here.moved, from_here.owed)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A snapshot to read from; nothing written in it is kept."""
        joined = getattr(self._joined, "tx", None)
        if joined is not None:
            flush(joined)
            yield joined
            return
        with self.engine.connect() as conn:
            if self.sqlite:
                conn.exec_driver_sql("BEGIN")
            yield Tx(conn, self.vault, self.clock(), self.sqlite, writing=False)

    @contextmanager
    def glance(self) -> Iterator[Tx]:
        """The same where no two statements must agree: each sees what is committed when it runs, and nothing is begun."""
        if getattr(self._joined, "tx", None) is not None:
            with self.read() as joined:
                yield joined
            return
        with self._glancing.connect() as conn:
            yield Tx(conn, self.vault, self.clock(), self.sqlite, writing=False)

    def ready(self) -> None:
        """Reads the pepper, making it at the very first start. Call after the migrations."""
        with self.write() as tx:
            row = tx.one(select(t.keyring.c.wrapped).where(t.keyring.c.name == "pepper"))
            wrapped = row.wrapped if row else self.vault.new_key()
            if row is None:
                tx.run(t.keyring.insert().values(name="pepper", wrapped=wrapped))
        self.vault.take_pepper(wrapped)

    def watch(self) -> Callable[[], bool]:
        """A function that says whether anything was committed since it was asked last (SQLite's data_version of one connection;
        elsewhere it always may have)."""
        if not self.sqlite:
            return lambda: True
        # A connection of its own, for good: asking must not begin a transaction, a version means something to its own connection
        # only, and whoever writes on the same one while the answer is read would be told that the database is locked.
        connection = self.engine.raw_connection()
        connection.detach()
        seen = [0]

        def changed() -> bool:
            before = seen[0]
            cursor = connection.cursor()
            seen[0] = int(cursor.execute("PRAGMA data_version").fetchone()[0])
            cursor.close()
            return seen[0] != before

        return changed

    def _scrub(self) -> None:
        """Empties SQLite's log of changes, which still holds the pages as they were; where a reader is in the way the next
        checkpoint does it. What is deleted from the database itself is overwritten at once (secure_delete)."""
        if not self.sqlite:
            return
        with self._turns.alone():
            connection = self.engine.raw_connection()
            cursor = connection.cursor()
            for pragma in ("busy_timeout=0", "wal_checkpoint(TRUNCATE)", "busy_timeout=5000"):
                cursor.execute(f"PRAGMA {pragma}").fetchall()
            cursor.close()
            connection.close()

    def trouble(self) -> str:
        """Why the database cannot be reached, in a word; empty if it can."""
        try:
            with self.engine.connect():
                return ""
        except SQLAlchemyError as error:
            return type(error).__name__

    def close(self) -> None:
        self.engine.dispose()


def _nobody(_sessions: set[str], _owed: bool) -> None:
    """Whom a store wakes before the root has chosen."""


def flush(tx: Tx) -> None:
    """Writes the folded columns of the sessions this transaction moved: once each, however many events it appended."""
    for session_id in tx.dirty:
        row = tx.sessions[session_id]
        folded = {name: row[name] for name in t.FOLDED}
        tx.run(_FOLD, {"moved": session_id, **folded})
    tx.dirty.clear()


_FOLD = t.session.update().where(t.session.c.id == bindparam("moved"))


def _engine(url: str, pool: int) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(url, pool_size=pool, max_overflow=20, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _sqlite_connect)
        return engine
    return create_engine(url, pool_size=pool, max_overflow=10, pool_pre_ping=True)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: who needs it says how
    cursor = connection.cursor()
    settled = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "busy_timeout=5000")
    for pragma in settled:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
