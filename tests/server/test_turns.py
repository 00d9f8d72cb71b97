"""Writers share one SQLite transaction and one commit, and each still gets all or nothing."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from widget_server.store.turns import NotStored, Turns


class Books:
    """A table of one column, the turns on it, and how often it committed."""

    def __init__(self, path: Path) -> None:
        self.engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
        event.listen(self.engine, "connect", _autocommit)
        self.commits = 0
        event.listen(self.engine, "commit", self._count)
        with self.engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA journal_mode=WAL")
            conn.exec_driver_sql("CREATE TABLE book (name TEXT UNIQUE)")
        self.turns = Turns(self.engine.connect)

    def _count(self, _conn: Connection) -> None:
        self.commits += 1

    def write(self, name: str) -> None:
        with self.turns.turn() as conn:
            add(conn, name)

    def stored(self) -> list[str]:
        with self.engine.connect() as conn:
            return [row[0] for row in conn.exec_driver_sql("SELECT name FROM book ORDER BY name")]


def _autocommit(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]


def add(conn: Connection, name: str) -> None:
    conn.exec_driver_sql("INSERT INTO book VALUES (?)", (name,))


def _fail(turns: Turns, name: str) -> None:
    with turns.turn() as conn:
        add(conn, name)
        raise LookupError


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(tmp_path / "books.db")
    yield made
    made.engine.dispose()


def test_what_a_turn_wrote_is_stored_when_it_ends(books: Books) -> None:
    books.write("one")
    assert books.stored() == ["one"]


def test_a_failed_turn_stores_nothing_and_leaves_the_next_one_free(books: Books) -> None:
    with pytest.raises(LookupError):
        _fail(books.turns, "one")
    books.write("two")
    assert books.stored() == ["two"]


def test_writers_at_once_are_all_stored(books: Books) -> None:
    names = [f"{number:02}" for number in range(20)]
    threads = [threading.Thread(target=books.write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert books.stored() == names


class Counted:
    """A lock that tells how many turns have ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ended = threading.Semaphore(0)

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        self.ended.release()


class Stubborn(Turns):
    """Lets followers in before its leader commits, as gevent does; a thread has no such moment of its own."""

    def __init__(self, engine: Engine, followers: list[str]) -> None:
        super().__init__(engine.connect)
        self._turn = self.counted = Counted()  # type: ignore[assignment]
        self.followers = followers
        self.errors: dict[str, BaseException] = {}
        self.threads: list[threading.Thread] = []

    def _end(self, shared: object) -> None:
        assert self.counted.ended.acquire(timeout=10)  # the leader's own
        for sql in self.followers:
            self.threads.append(threading.Thread(target=self._follow, args=(sql,)))
            self.threads[-1].start()
            assert self.counted.ended.acquire(timeout=10)
        super()._end(shared)  # type: ignore[arg-type]

    def _follow(self, sql: str) -> None:
        try:
            with self.turn() as conn:
                conn.exec_driver_sql(sql)
        except BaseException as error:
            self.errors[sql] = error

    def finish(self) -> None:
        for thread in self.threads:
            thread.join(10)


def test_followers_share_the_leaders_commit(books: Books) -> None:
    turns = Stubborn(books.engine, ["INSERT INTO book VALUES ('b')", "INSERT INTO book VALUES ('c')"])
    with turns.turn() as conn:
        add(conn, "a")
    turns.finish()
    assert (books.stored(), books.commits, turns.errors) == (["a", "b", "c"], 1, {})


def test_a_follower_that_fails_does_not_touch_the_leader(books: Books) -> None:
    bad = "INSERT INTO book VALUES ('a')"
    turns = Stubborn(books.engine, [bad, "INSERT INTO book VALUES ('c')"])
    with turns.turn() as conn:
        add(conn, "a")
    turns.finish()
    assert (books.stored(), books.commits, list(turns.errors)) == (["a", "c"], 1, [bad])


def test_a_leader_that_fails_does_not_touch_its_followers(books: Books) -> None:
    turns = Stubborn(books.engine, ["INSERT INTO book VALUES ('b')"])
    with pytest.raises(LookupError):
        _fail(turns, "a")
    turns.finish()
    assert (books.stored(), turns.errors) == (["b"], {})


def test_nobody_believes_it_is_stored_when_sqlite_gives_the_transaction_up(books: Books) -> None:
    # As it does by itself when the disk is full or fails under it: then the driver's commit would say nothing.
    late = "INSERT INTO book VALUES ('c')"
    turns = Stubborn(books.engine, ["INSERT INTO book VALUES ('b')", "ROLLBACK", late])
    with pytest.raises(NotStored), turns.turn() as conn:
        add(conn, "a")
    turns.finish()
    assert books.stored() == []
    assert isinstance(turns.errors["INSERT INTO book VALUES ('b')"], NotStored)
    assert {"ROLLBACK", late} <= set(turns.errors)
    books.write("later")
    assert books.stored() == ["later"]


def test_who_must_be_alone_finds_nothing_begun(books: Books) -> None:
    with books.turns.alone():
        assert books.stored() == []
    books.write("one")
    assert books.stored() == ["one"]
