"""Hub and feed without a socket: joining late, going on from a cursor, being told, being raised, being cut."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.both import BOTH, house_on
from tests.support.worlds import PHONE, House
from widget_server.actions import access, desk, links, proofs, runs, sessions, setup, widget
from widget_server.actions.errors import BadCursor, NotFound
from widget_server.events import SYSTEM, Draft
from widget_server.realtime.feed import EPHEMERAL, Feed
from widget_server.realtime.hub import Hub, Tide
from widget_server.store import customers, log
from widget_server.words import Words

OTHER = "+12025550199"


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on("sqlite", request, tmp_path, words)


@pytest.fixture
def hub(house: House) -> Hub:
    made = Hub()
    house.world.store.after_commit = made.wake
    return made


@pytest.fixture
def session(house: House) -> str:
    return str(house.text("hello").session)


class Reader:
    """A feed, and how often it rang."""

    def __init__(self, house: House, hub: Hub, who: access.Who, after: dict[str, Any]) -> None:
        self.rung = 0
        self.feed = Feed(house.world, hub, who, after, self.ring)

    def ring(self) -> None:
        self.rung += 1

    def frames(self, *kinds: str) -> list[dict[str, Any]]:
        return [one for one in self.feed.frames() if not kinds or one["type"] in kinds]

    def seqs(self) -> list[int]:
        return [one["event"]["seq"] for one in self.frames("event")]


def note(house: House, session: str, text: str) -> int:
    return sessions.write(house.world, house.key, session, text, "note", {"text": text}).seq


def window(house: House) -> tuple[access.Grant, str, str]:
    """A jar at tier 1, its handle, its session."""
    sent = house.notify()
    opened = links.engage(house.world, house.world.settings.host, sent["link"]["code"])
    return runs.grant(house.world, opened.cookie_value, opened.handle), opened.handle, sent["session"]


def notes(house: House, session: str, texts: list[str]) -> None:
    for text in texts:
        note(house, session, text)


class TestReading:
    def test_whoever_joins_late_reads_it_from_the_start_then_what_comes(
        self, house: House, hub: Hub, session: str
    ) -> None:
        reader = Reader(house, hub, house.ada, {session: 0})
        assert reader.frames()[0] == {"type": "welcome", "after": {session: 0}}
        reader = Reader(house, hub, house.ada, {session: 0})
        assert reader.seqs() == [1, 2, 3]
        assert reader.seqs() == []
        note(house, session, "new")
        assert reader.rung == 1
        assert reader.seqs() == [4]

    def test_cut_off_it_goes_on_from_its_cursor(self, house: House, hub: Hub, session: str) -> None:
        first = Reader(house, hub, house.key, {session: 0})
        seen = first.seqs()
        first.feed.close()
        for number in range(450):
            note(house, session, str(number))
        again = Reader(house, hub, house.key, {session: seen[-1]})
        assert seen + again.seqs() == list(range(1, 454))

    def test_what_is_written_while_it_joins_is_not_missed(self, house: House, hub: Hub, session: str) -> None:
        reader = Reader(house, hub, house.key, {session: 3})
        frames = reader.feed.frames()
        assert next(frames)["type"] == "welcome"
        note(house, session, "in between")
        assert [one["event"]["seq"] for one in frames if one["type"] == "event"] == [4]

    def test_events_out_of_sight_move_the_cursor(self, house: House, hub: Hub) -> None:
        who, _, session = window(house)
        reader = Reader(house, hub, who, {session: 0})
        reader.frames()
        note(house, session, "for us alone")
        assert reader.frames("event") == []
        said = sessions.write(house.world, who, session, "m", "message", {"text": "hi"})
        assert said.seq in reader.seqs()

    @pytest.mark.parametrize("kind", BOTH)
    def test_many_writers_and_nothing_is_missed_or_doubled(
        self, kind: str, request: pytest.FixtureRequest, tmp_path: Path, words: Words
    ) -> None:
        for house in house_on(kind, request, tmp_path / kind, words):
            hub = Hub()
            house.world.store.after_commit = hub.wake
            session = str(house.text("hello").session)
            bell = threading.Event()
            narrow = Feed(house.world, hub, house.key, {session: 0}, bell.set)
            wide = Feed(house.world, hub, house.key, {"*": ""}, bell.set)
            writers = [
                threading.Thread(target=notes, args=(house, session, [f"{n} {m}" for m in range(15)])) for n in range(3)
            ]
            got: dict[str, list[int]] = {"narrow": [], "wide": []}
            for one in writers:
                one.start()
            while any(one.is_alive() for one in writers) or (len(got["narrow"]), len(got["wide"])) != (48, 45):
                assert bell.wait(20)
                bell.clear()
                for name, feed in (("narrow", narrow), ("wide", wide)):
                    got[name] += [one["event"]["seq"] for one in feed.frames() if one["type"] == "event"]
            assert got["narrow"] == list(range(1, 49))
            assert got["wide"] == list(range(4, 49))


class TestTheStream:
    def test_it_begins_now_and_shows_every_session_of_the_site(self, house: House, hub: Hub, session: str) -> None:
        reader = Reader(house, hub, house.key, {"*": ""})
        assert reader.frames()[0]["after"].keys() == {"*"}
        other = str(house.text("hello", OTHER).session)
        note(house, session, "x")
        assert [one["session"] for one in reader.frames("event")] == [other] * 3 + [session]

    def test_cut_anywhere_it_goes_on_right_there(self, house: House, hub: Hub, session: str) -> None:
        reader = Reader(house, hub, house.key, {"*": ""})
        reader.frames()
        for number in range(5):
            note(house, session, str(number))
        first, second, *_ = reader.frames("event")
        again = Reader(house, hub, house.key, {"*": second["cursor"]})
        assert [first["event"]["seq"], second["event"]["seq"], *again.seqs()] == [4, 5, 6, 7, 8]

    def test_who_began_early_and_wrote_late_stands_behind(
        self, request: pytest.FixtureRequest, tmp_path: Path, words: Words
    ) -> None:
        for house in house_on("postgresql", request, tmp_path / "pg", words):
            session = str(house.text("hello").session)
            with house.world.store.write() as tx:
                customers.create(tx, house.site)
                quick = threading.Thread(target=notes, args=(house, session, ["quick"]))
                quick.start()
                quick.join(20)
                log.append(tx, session, Draft("note", {"text": "late"}, "late", SYSTEM))
            with house.world.store.read() as tx:
                events, _ = log.stream(tx)
            assert [one.seq for one in events if one.session == session] == [1, 2, 3, 4, 5]
            assert [one.key for one in events][-2:] == ["quick", "late"]

    def test_what_is_followed_by_name_comes_once(self, house: House, hub: Hub, session: str) -> None:
        reader = Reader(house, hub, house.ada, {"*": "", session: 0})
        reader.frames()
        note(house, session, "x")
        assert reader.seqs() == [4]
        reader.feed.hear({"type": "unsubscribe", "session": session})
        note(house, session, "y")
        assert reader.seqs() == [5]

    def test_another_sites_sessions_are_not_in_it(self, house: House, hub: Hub, session: str) -> None:
        other = setup.add_site(house.world, "Other", [])
        key_id, _ = setup.add_key(house.world, other.id, "other")
        reader = Reader(house, hub, access.ApiKey(key_id, other.id, "other"), {"*": "0.0"})
        assert reader.frames("event") == []

    def test_a_cursor_nobody_made_is_refused(self, house: House, hub: Hub) -> None:
        with pytest.raises(BadCursor):
            Reader(house, hub, house.key, {"*": "yesterday"}).frames()

    def test_a_customer_has_none(self, house: House, hub: Hub) -> None:
        who, _, session = window(house)
        reader = Reader(house, hub, who, {"*": "", session: 0})
        house.text("somebody else", OTHER)
        assert {one["session"] for one in reader.frames("event")} == {session}


class TestBeingTold:
    def test_typing_and_presence_reach_the_others_only(self, house: House, hub: Hub) -> None:
        who, _, session = window(house)
        mara = Reader(house, hub, who, {session: 99})
        ada = Reader(house, hub, house.ada, {session: 99})
        assert [one["actor"]["kind"] for one in mara.frames("presence")] == ["agent"]
        assert [one["actor"]["kind"] for one in ada.frames("presence")] == ["customer"]
        mara.feed.hear({"type": "typing", "session": session, "on": True})
        assert mara.frames("typing") == []
        assert ada.frames("typing") == [
            {"type": "typing", "session": session, "actor": {"kind": "customer", "name": ""}, "on": True}
        ]
        ada.feed.close()
        assert [one["on"] for one in mara.frames("presence")] == [False]

    def test_typing_elsewhere_is_not_heard(self, house: House, hub: Hub, session: str) -> None:
        who, _, mine = window(house)
        mara, ada = Reader(house, hub, who, {mine: 0}), Reader(house, hub, house.ada, {session: 0})
        mara.feed.hear({"type": "typing", "session": session, "on": True})
        assert ada.frames("typing") == []

    def test_a_slow_reader_holds_few_of_them(self, house: House, hub: Hub, session: str) -> None:
        slow, ada = Reader(house, hub, house.key, {session: 99}), Reader(house, hub, house.ada, {session: 99})
        for _ in range(EPHEMERAL * 3):
            ada.feed.hear({"type": "typing", "session": session, "on": True})
        assert len(slow.frames("typing", "presence")) == EPHEMERAL

    @pytest.mark.parametrize(
        "frame",
        [{}, {"type": "typing"}, {"type": "typing", "session": []}, {"type": "subscribe", "after": []}, {"type": "no"},
         {"type": "unsubscribe", "session": "x"}, {"type": "subscribe"}, {"type": "subscribe", "after": {}}],
    )  # fmt: skip
    def test_nonsense_is_left_be(self, house: House, hub: Hub, session: str, frame: dict[str, Any]) -> None:
        reader = Reader(house, hub, house.ada, {session: 0})
        reader.feed.hear(frame)
        assert reader.seqs() == [1, 2, 3]


class TestRights:
    def test_nobody_follows_anothers_session_or_is_announced_in_it(self, house: House, hub: Hub) -> None:
        who, _, mine = window(house)
        theirs = str(house.text("private", OTHER).session)
        ada = Reader(house, hub, house.ada, {theirs: 99})
        ada.frames()
        with pytest.raises(NotFound):
            Feed(house.world, hub, who, {theirs: 0}, lambda: None)
        mara = Reader(house, hub, who, {mine: 0})
        with pytest.raises(NotFound):
            mara.feed.hear({"type": "subscribe", "after": {theirs: 0}})
        mara.feed.close()
        assert ada.frames() == []

    @pytest.mark.parametrize("way", ["link revoked", "logged out", "key revoked", "expired"])
    def test_a_right_that_ends_cuts_it_before_another_word(self, house: House, hub: Hub, way: str) -> None:
        who: access.Who
        who, _, session = window(house)
        if way == "key revoked":
            who = house.key
        elif way == "logged out":
            who, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
            session = str(widget.start(house.world, who, "s")["id"])
        reader = Reader(house, hub, who, {session: 0})
        reader.frames()
        before = reader.rung
        if way == "link revoked":
            links.revoke(house.world, house.key, sessions_link(house, session))
        elif way == "logged out":
            assert isinstance(who, access.Grant)
            widget.log_out(house.world, who)
        elif way == "key revoked":
            setup.revoke_key(house.world, house.key.id)
        else:
            desk.close(house.world, house.ada, session, "resolved", 1, "c")
            house.clock.on(seconds=8 * 3600)
        assert reader.rung > before or way in ("key revoked", "expired")
        with pytest.raises(NotFound):
            reader.frames()
        reader.feed.close()
        assert len(hub) == 0

    def test_raised_it_sees_from_then_on_what_the_tier_may_see(self, house: House, hub: Hub) -> None:
        who, handle, session = window(house)
        reader = Reader(house, hub, who, {session: 0})
        reader.frames()
        runs.answer(house.world, who, handle, "status", {"choice": "change"}, "n-1")
        proofs.prove(house.world, who, handle, "Lindqvist", "n-2")
        reader.frames()
        house.pay()
        house.text("by text from the same person")
        shown = [one["event"]["body"].get("text") for one in reader.frames("event")]
        assert "by text from the same person" in shown

    def test_below_it_does_not(self, house: House, hub: Hub) -> None:
        who, _, session = window(house)
        reader = Reader(house, hub, who, {session: 0})
        house.pay()
        house.text("by text from the same person")
        assert "by text from the same person" not in str(reader.frames("event"))


def sessions_link(house: House, session: str) -> str:
    return next(str(one["body"]["link"]) for one in house.events(session) if one["kind"] == "link.made")


class TestHub:
    def test_leaving_leaves_nothing(self, house: House, hub: Hub, session: str) -> None:
        readers = [Reader(house, hub, house.key, {session: 0, "*": ""}) for _ in range(3)]
        assert len(hub) == 6
        for reader in readers:
            reader.feed.close()
        assert len(hub) == 0

    def test_a_bell_rings_for_its_sessions_only(self, house: House, hub: Hub, session: str) -> None:
        other = str(house.text("hello", OTHER).session)
        with hub.listening([session]) as bell:
            note(house, other, "x")
            assert not bell.wait(0)
            note(house, session, "y")
            assert bell.wait(0)
            assert not bell.wait(0)
        assert len(hub) == 0

    def test_nothing_is_told_of_what_was_taken_back(self, house: House, hub: Hub, session: str) -> None:
        def break_off() -> None:
            with house.world.store.together():
                note(house, session, "x")
                raise ZeroDivisionError

        with hub.listening([session]) as bell:
            with pytest.raises(ZeroDivisionError):
                break_off()
            assert not bell.wait(0)

    @pytest.mark.parametrize("kind", BOTH)
    def test_the_tide_brings_what_other_processes_committed(
        self, kind: str, request: pytest.FixtureRequest, tmp_path: Path, words: Words
    ) -> None:
        for house in house_on(kind, request, tmp_path / kind, words):
            session = str(sessions.begin(house.world, house.key, {"phone": PHONE}, {}, None)["id"])
            here = Hub()
            tide = Tide(house.world.store, here)
            with here.listening([session]) as bell:
                tide.look()
                assert not bell.wait(0)
                for number in range(3):
                    note(house, session, str(number))
                tide.look()
                assert bell.wait(0)
                tide.look()
                assert not bell.wait(0)
                assert here.owed.is_set()
