"""The log's contract, on SQLite and on a real PostgreSQL: numbers, keys, epochs, bodies, the stream, and what is sealed."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import worlds
from tests.support.examples import many
from tests.support.worlds import House
from widget_server.events import SYSTEM, Actor, BadBody, BodyTooLarge, Draft, Event, UnknownKind
from widget_server.store import customers, log, projections, sessions
from widget_server.store.log import KeyReused, NoSession, SessionClosed, StaleEpoch
from widget_server.store.tables import metadata
from widget_server.store.vault import Unreadable
from widget_server.words import Words

CUSTOMER = Actor("customer", "c")


def message(text: str, key: str, **more: Any) -> Draft:
    return Draft("message", {"text": text}, key, CUSTOMER, "widget", **more)


class LogContract:
    """What every database must do. A subclass says which."""

    @pytest.fixture
    def house(self, tmp_path: Path, words: Words, request: pytest.FixtureRequest) -> Iterator[House]:
        made = worlds.make(tmp_path, words, self.url(request))
        yield made
        made.world.store.close()

    def url(self, request: pytest.FixtureRequest) -> str | None:
        raise LookupError(request)

    @pytest.fixture
    def session(self, house: House) -> str:
        return self.fresh(house)

    def fresh(self, house: House) -> str:
        with house.world.store.write() as tx:
            return sessions.begin(tx, house.site, customers.create(tx, house.site), "widget", SYSTEM)

    def append(self, house: House, session: str, draft: Draft) -> Event:
        with house.world.store.write() as tx:
            return log.append(tx, session, draft)

    def read(self, house: House, session: str, after: int = 0) -> list[Event]:
        with house.world.store.read() as tx:
            return log.read(tx, session, after)

    def test_numbers_have_no_gap(self, house: House, session: str) -> None:
        for number in range(5):
            self.append(house, session, message(f"line {number}", f"k{number}"))
        assert [one.seq for one in self.read(house, session)] == [1, 2, 3, 4, 5, 6]
        assert [one.seq for one in self.read(house, session, 4)] == [5, 6]

    def test_a_retry_changes_nothing_and_answers_as_the_first_did(self, house: House, session: str) -> None:
        first = self.append(house, session, message("once", "k"))
        again = self.append(house, session, message("once", "k"))
        assert (again.id, again.seq, again.body) == (first.id, first.seq, first.body)
        assert len(self.read(house, session)) == 2

    def test_a_key_with_another_body_is_refused(self, house: House, session: str) -> None:
        self.append(house, session, message("once", "k"))
        with pytest.raises(KeyReused, match="'k'"):
            self.append(house, session, message("twice", "k"))
        assert len(self.read(house, session)) == 2

    def test_the_same_key_is_another_event_in_another_session(self, house: House, session: str) -> None:
        self.append(house, session, message("here", "k"))
        other = self.fresh(house)
        assert self.append(house, other, message("there", "k")).seq == 2

    @pytest.mark.parametrize(
        ("draft", "error"),
        [
            (Draft("massage", {"text": "x"}, "k", SYSTEM), UnknownKind),
            (Draft("message", {"txt": "x"}, "k", SYSTEM), BadBody),
            (Draft("message", {"text": ""}, "k", SYSTEM), BadBody),
            (Draft("custom.big", {"x": "y" * 65_536}, "k", SYSTEM), BodyTooLarge),
            (Draft("custom.", {}, "k", SYSTEM), UnknownKind),
        ],
    )
    def test_what_is_not_an_event_is_not_stored(
        self, house: House, session: str, draft: Draft, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            self.append(house, session, draft)
        assert len(self.read(house, session)) == 1

    def test_sixty_four_kibibytes_fit(self, house: House, session: str) -> None:
        fits = Draft("custom.big", {"x": "y" * (65_536 - len('{"x":""}'))}, "k", SYSTEM)
        assert self.append(house, session, fits).seq == 2

    def test_no_session_no_event(self, house: House) -> None:
        with pytest.raises(NoSession):
            self.append(house, "01a1ffd7-0000-7000-8000-000000000000", message("x", "k"))

    def test_each_change_of_owner_makes_the_older_epoch_stale(self, house: House, session: str) -> None:
        with house.world.store.write() as tx:
            sessions.give(tx, session, "queue:care", "o1")
            given = sessions.give(tx, session, "agent:a", "o2", epoch=1)
        assert given.epoch == 2
        with pytest.raises(StaleEpoch) as refused:
            self.append(house, session, message("late", "k", epoch=1))
        assert (refused.value.owner, refused.value.epoch, refused.value.seen) == ("agent:a", 2, 1)
        assert self.append(house, session, message("in time", "k2", epoch=2)).epoch == 2

    def test_a_retry_is_answered_even_when_its_epoch_is_past(self, house: House, session: str) -> None:
        first = self.append(house, session, message("mine", "k", epoch=0))
        with house.world.store.write() as tx:
            sessions.give(tx, session, "agent:b", "o1")
        assert self.append(house, session, message("mine", "k", epoch=0)).seq == first.seq

    def test_closed_is_final(self, house: House, session: str) -> None:
        with house.world.store.write() as tx:
            sessions.close(tx, session, "end", SYSTEM, disposition="resolved")
        with pytest.raises(SessionClosed):
            self.append(house, session, message("but", "k"))
        receipt = {"delivery": "d", "of": 1, "channel": "sms", "status": "delivered"}
        assert self.append(house, session, Draft("receipt", receipt, "r", SYSTEM)).seq == 3

    def test_a_transaction_that_fails_leaves_nothing(self, house: House, session: str) -> None:
        def break_off() -> None:
            with house.world.store.write() as tx:
                log.append(tx, session, message("gone", "k"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            break_off()
        assert [one.seq for one in self.read(house, session)] == [1]
        assert self.append(house, session, message("kept", "k2")).seq == 2

    def test_writers_at_once_get_numbers_without_gap_or_double(self, house: House, session: str) -> None:
        def write(name: int) -> None:
            for number in range(10):
                self.append(house, session, message(f"{name} {number}", f"{name}/{number}"))

        threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events = self.read(house, session)
        assert [one.seq for one in events] == list(range(1, 42))
        for name in range(4):
            mine = [one.body["text"] for one in events if one.body and one.body.get("text", "").startswith(f"{name} ")]
            assert mine == [f"{name} {number}" for number in range(10)]

    def test_the_stream_gives_each_event_once_in_pages(self, house: House, session: str) -> None:
        for number in range(7):
            self.append(house, session, message(str(number), str(number)))
        with house.world.store.read() as tx:
            whole, end = log.stream(tx)
            cursor, seen = "", []
            while page := log.stream(tx, cursor, 3)[0]:
                seen += page
                cursor = log.stream(tx, cursor, 3)[1]
            assert [one.id for one in seen] == [one.id for one in whole]
            assert cursor == end == log.stream_end(tx)

    def test_the_stream_never_skips_one_that_commits_late(self, house: House) -> None:
        slow, quick = self.fresh(house), self.fresh(house)
        with house.world.store.read() as tx:
            cursor = log.stream_end(tx)
        opened, go_on = threading.Event(), threading.Event()

        def linger() -> None:
            with house.world.store.write() as tx:
                log.append(tx, slow, message("begun first", "s"))
                opened.set()
                go_on.wait(10)

        thread = threading.Thread(target=linger)
        thread.start()
        opened.wait(10)
        writer = threading.Thread(target=self.append, args=(house, quick, message("done first", "q")))
        writer.start()
        with house.world.store.read() as tx:
            early, between = log.stream(tx, cursor)
        go_on.set()
        thread.join()
        writer.join()
        with house.world.store.read() as tx:
            late, _ = log.stream(tx, between)
        assert sorted(one.key for one in early + late) == ["q", "s"]

    def test_the_database_holds_no_word_of_it(self, house: House, session: str) -> None:
        self.append(house, session, message("a secret of Mara's", "k"))
        house.notify()
        dump = dump_of(house)
        for word in ("secret of Mara", "Lindqvist", worlds.PHONE, "12025550142", "mara-1042"):
            assert word not in dump

    def test_an_erased_body_is_read_as_none_and_everything_folds(self, house: House, session: str) -> None:
        self.append(house, session, message("mine", "k"))
        with house.world.store.write() as tx:
            row = sessions.known(tx, session)
            customers.destroy(tx, row.customer)
            projections.refold(tx, session)
        events = self.read(house, session)
        assert [one.body for one in events] == [None, None]
        assert events[1].kind == "message"

    def test_sealed_bytes_cannot_be_moved_to_another_event(self, house: House, session: str) -> None:
        self.append(house, session, message("one", "k1"))
        self.append(house, session, message("two", "k2"))
        with house.world.store.engine.begin() as raw:
            sql = "update event set body = (select body from event where key = 'k1') where key = 'k2'"
            raw.exec_driver_sql(sql)
        with pytest.raises(Unreadable):
            self.read(house, session)


def dump_of(house: House) -> str:
    """Every value of every table, as text."""
    with house.world.store.engine.connect() as raw:
        rows = [row for table in metadata.sorted_tables for row in raw.execute(table.select())]
    return "\n".join(str(value) for row in rows for value in row)


class TestOnSqlite(LogContract):
    def url(self, request: pytest.FixtureRequest) -> str | None:
        return None


class TestOnPostgresql(LogContract):
    def url(self, request: pytest.FixtureRequest) -> str | None:
        return str(request.getfixturevalue("postgres_url"))


steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.text(min_size=1, max_size=20).filter(str.isprintable), st.integers(0, 5)),
        st.tuples(st.just("give"), st.sampled_from(["queue:care", "agent:a", "agent:b", "none"]), st.integers(0, 9)),
        st.tuples(st.just("close"), st.just(""), st.integers(0, 9)),
        st.tuples(st.just("seen"), st.just(""), st.integers(0, 9)),
    ),
    max_size=12,
)


@pytest.fixture
def one_house(tmp_path: Path, words: Words) -> Iterator[House]:
    made = worlds.make(tmp_path, words)
    yield made
    made.world.store.close()


@settings(max_examples=many(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=steps)
def test_whatever_is_written_numbers_run_on_and_a_refold_agrees(
    one_house: House, moves: list[tuple[str, str, int]]
) -> None:
    with one_house.world.store.write() as tx:
        session = sessions.begin(tx, one_house.site, customers.create(tx, one_house.site), "widget", SYSTEM)
    for number, (what, word, other) in enumerate(moves):
        try:
            with one_house.world.store.write() as tx:
                if what == "say":
                    log.append(tx, session, message(word, f"say {other}"))
                elif what == "give":
                    sessions.give(tx, session, word, f"{number}", epoch=other)
                elif what == "close":
                    sessions.close(tx, session, f"{number}", SYSTEM, disposition="other")
                else:
                    log.append(tx, session, Draft("seen", {"seq": other}, f"{number}", CUSTOMER, "widget"))
        except (StaleEpoch, KeyReused, SessionClosed):
            continue
    with one_house.world.store.write() as tx:
        before = dict(sessions.known(tx, session)._mapping)
        events = log.read(tx, session)
        assert [one.seq for one in events] == list(range(1, len(events) + 1))
        assert before["epoch"] == sum(one.kind == "owner" for one in events)
        projections.refold(tx, session)
        assert dict(sessions.known(tx, session)._mapping) == before
