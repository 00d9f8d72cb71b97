"""What is owed to the outside: order in a lane, times of their own, leases, receipts, notices, promises and files."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_joining import at_once
from tests.support.both import BOTH, house_on
from tests.support.worlds import PHONE, House
from widget_server.actions import callbacks, desk, files, notify, receipts, sessions, setup, ticks, widget
from widget_server.actions.errors import Invalid, KeyReused, NotFound, Refused
from widget_server.channels.contract import Receipt
from widget_server.store import log, outbox
from widget_server.words import Words

OTHER = "+12025550199"


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on("sqlite", request, tmp_path, words)


def plain(house: House, text: str, **more: Any) -> dict[str, Any]:
    return notify.notify(house.world, house.key, more.pop("to", {"phone": PHONE}), text=text, **more)


def texts(rows: list[outbox.Owed]) -> list[str]:
    return [row.payload["text"] for row in rows]


def claim(house: House, limit: int = 20) -> list[outbox.Owed]:
    return outbox.claim(house.world.store, limit, 60_000)


def settle(house: House, row: outbox.Owed, status: str, **more: Any) -> None:
    with house.world.store.write() as tx:
        outbox.settle(tx, row.id, status, **more)


class TestLanes:
    @pytest.fixture(params=BOTH)
    def house(self, request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
        yield from house_on(request.param, request, tmp_path, words)

    def test_only_the_oldest_of_a_pair_goes_and_other_pairs_go_beside_it(self, house: House) -> None:
        for text in ("one", "two", "three"):
            plain(house, text)
        plain(house, "other", to={"phone": OTHER})
        first = claim(house)
        assert texts(first) == ["one", "other"]
        assert claim(house) == []
        settle(house, first[0], "sent")
        assert texts(claim(house)) == ["two"]

    def test_what_is_tried_again_later_holds_its_lane(self, house: House) -> None:
        plain(house, "one")
        plain(house, "two")
        (first,) = claim(house)
        settle(house, first, "owed", due_at=house.clock() + 60_000)
        assert claim(house) == []
        house.clock.on(seconds=61)
        again = claim(house)
        assert (texts(again), again[0].attempts) == (["one"], 2)

    @pytest.mark.parametrize("fate", ["failed", "unknown", "cancelled", "delivered"])
    def test_whatever_its_fate_the_next_may_go(self, house: House, fate: str) -> None:
        plain(house, "one")
        plain(house, "two")
        settle(house, claim(house)[0], fate)
        assert texts(claim(house)) == ["two"]

    def test_many_claim_at_once_and_each_row_goes_once_in_order(self, house: House) -> None:
        for number in range(6):
            plain(house, f"a{number}")
            plain(house, f"b{number}", to={"phone": OTHER})
        sent: list[str] = []

        def loop() -> None:
            for _ in range(40):
                for row in claim(house, 3):
                    sent.append(row.payload["text"])
                    settle(house, row, "sent")

        assert at_once(loop, loop, loop, loop) == [None] * 4
        assert sorted(sent) == sorted(f"{lane}{number}" for lane in "ab" for number in range(6))
        for lane in "ab":
            assert [one for one in sent if one[0] == lane] == [f"{lane}{number}" for number in range(6)]


class TestTimes:
    def test_a_notice_for_tomorrow_blocks_nobody_today(self, house: House) -> None:
        tomorrow = house.clock() + 86_400_000
        told = plain(house, "tomorrow", not_before=tomorrow)
        plain(house, "today")
        assert texts(house.pay()) == ["today"]
        assert notify.get(house.world, house.key, told["id"])["status"] == "owed"
        house.clock.on(seconds=86_401)
        assert texts(claim(house)) == ["tomorrow"]

    def test_the_next_due_is_known(self, house: House) -> None:
        with house.world.store.read() as tx:
            assert outbox.next_due(tx) is None
        at = house.clock() + 5_000
        plain(house, "soon", not_before=at)
        with house.world.store.read() as tx:
            assert outbox.next_due(tx) == at

    def test_a_dead_senders_text_is_unknown_and_a_dead_callers_safe_call_is_owed_again(self, house: House) -> None:
        session = house.notify()["session"]
        assert claim(house)
        assert ticks.recover(house.world) == 0
        house.clock.on(seconds=61)
        assert ticks.recover(house.world) == 1
        last = house.events(session)[-1]
        assert (last["kind"], last["body"]["status"]) == ("receipt", "unknown")
        with house.world.store.write() as tx:
            outbox.owe(tx, log.locked(tx, session), "call", "call", "call x", {"call": "look", "safe": True}, run="r")
            outbox.owe(tx, log.locked(tx, session), "call", "call", "call y", {"call": "rebook"}, run="s")
        look, rebook = claim(house)
        house.clock.on(seconds=61)
        ticks.recover(house.world)
        assert [one.id for one in claim(house)] == [look.id]
        with house.world.store.read() as tx:
            assert {row.id: row.status for row in outbox.of_session(tx, session)}[rebook.id] == "unknown"

    def test_an_unknown_text_is_sent_again_on_an_agents_word_once(self, house: House) -> None:
        house.notify()
        (row,) = claim(house)
        settle(house, row, "unknown")
        made = receipts.resend(house.world, house.ada, row.id)
        assert [one.id for one in claim(house)] == [made]
        with pytest.raises(Refused, match="not-resendable"):
            receipts.resend(house.world, house.ada, row.id)
        with pytest.raises(NotFound):
            receipts.resend(house.world, house.ada, "01a1ffd7-0000-7000-8000-000000000000")


class TestReceipts:
    @pytest.fixture
    def session(self, house: House) -> str:
        session = str(house.notify()["session"])
        (self.row,) = claim(house)
        return session

    def take(self, house: House, *statuses: str) -> list[bool]:
        return [receipts.take(house.world, Receipt(self.row.id, "SM1", status)) for status in statuses]

    def status(self, house: House) -> str:
        with house.world.store.read() as tx:
            row = outbox.get(tx, self.row.id)
            return str(row.status) if row else ""

    def told(self, house: House, session: str) -> list[str]:
        return [one["body"]["status"] for one in house.events(session) if one["kind"] == "receipt"]

    @pytest.mark.parametrize(
        ("came", "stands", "told"),
        [
            (["sent", "delivered", "read"], "read", ["sent", "delivered", "read"]),
            (["delivered", "sent"], "delivered", ["delivered"]),
            (["read", "delivered", "sent"], "read", ["read"]),
            (["sent", "sent", "delivered", "delivered"], "delivered", ["sent", "delivered"]),
            (["failed", "delivered"], "delivered", ["failed", "delivered"]),
            (["delivered", "failed"], "delivered", ["delivered"]),
            (["nonsense", "sent"], "sent", ["sent"]),
        ],
    )
    def test_they_only_go_forward(
        self, house: House, session: str, came: list[str], stands: str, told: list[str]
    ) -> None:
        self.take(house, *came)
        assert (self.status(house), self.told(house, session)) == (stands, told)

    def test_found_by_the_providers_id_too(self, house: House, session: str) -> None:
        self.take(house, "sent")
        assert receipts.take(house.world, Receipt("", "SM1", "delivered"))
        assert not receipts.take(house.world, Receipt("", "SM-unheard-of", "delivered"))
        assert self.status(house) == "delivered"

    def test_after_closing_they_are_still_noted(self, house: House, session: str) -> None:
        self.take(house, "sent")
        desk.close(house.world, house.ada, session, "resolved", 1, "c")
        assert self.take(house, "delivered") == [True]
        assert self.told(house, session) == ["sent", "delivered"]

    def test_the_customer_sees_what_became_of_the_companys_words_in_their_window(
        self, house: House, session: str
    ) -> None:
        self.take(house, "failed")
        assert self.told(house, session) == ["failed"]


@pytest.mark.parametrize("kind", BOTH)
def test_receipts_that_come_together_never_go_back(
    request: pytest.FixtureRequest, tmp_path: Path, words: Words, kind: str
) -> None:
    for house in house_on(kind, request, tmp_path, words):
        for number in range(4):
            plain(house, f"text {number}")
            (row,) = claim(house)
            came = [Receipt(row.id, "SM", one) for one in ("sent", "delivered", "sent", "delivered", "read")]
            taken = [partial(receipts.take, house.world, one) for one in came]
            assert not [one for one in at_once(*taken) if isinstance(one, Exception)]
            with house.world.store.read() as tx:
                found = outbox.get(tx, row.id)
                assert found is not None
                assert found.status == "read"


class TestNotices:
    def test_plain_words_need_no_flow(self, house: House) -> None:
        told = plain(house, "Gate B4")
        assert (told["link"], told["app"], told["channel"], told["sms"]["segments"]) == (None, None, "sms", 1)
        assert texts(house.pay("delivered")) == ["Gate B4"]
        assert notify.get(house.world, house.key, told["id"])["status"] == "delivered"

    def test_it_goes_on_in_the_open_session(self, house: House) -> None:
        assert plain(house, "one")["session"] == plain(house, "two")["session"]

    @pytest.mark.parametrize(
        ("channels", "channel"),
        [(None, "sms"), (["sms"], "sms"), (["widget", "sms"], "widget"), (["widget"], "widget"), ([], "sms")],
    )
    def test_the_first_channel_that_reaches_them(self, house: House, channels: list[str] | None, channel: str) -> None:
        assert plain(house, "x", channels=channels)["channel"] == channel

    def test_with_no_phone_the_widget_is_left(self, house: House) -> None:
        told = plain(house, "x", to={"user_id": "mara"})
        assert (told["channel"], told["status"]) == ("widget", "sent")
        assert house.pay() == []

    def test_with_no_phone_a_text_cannot_be_asked_for(self, house: House) -> None:
        with pytest.raises(Invalid, match="give a phone"):
            plain(house, "x", to={"user_id": "mara"}, channels=["sms"])

    def test_the_phone_on_file_is_used(self, house: House) -> None:
        plain(house, "x", to={"user_id": "mara", "phone": PHONE})
        plain(house, "y", to={"user_id": "mara"})
        assert [one.payload["to"] for one in house.pay()] == [PHONE, PHONE]

    @pytest.mark.parametrize(
        "more",
        [
            {"channels": ["pigeon"]},
            {"to": {}},
            {"to": {"phone": "12"}},
            {"to": {"fax": "1"}},
            {"app": "flight-delay", "text": "both"},
        ],
    )
    def test_what_is_wrong_is_named(self, house: House, more: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            notify.notify(house.world, house.key, **({"to": {"phone": PHONE}, "text": "x"} | more))
        assert house.pay() == []

    def test_neither_flow_nor_text_is_nothing(self, house: House) -> None:
        with pytest.raises(Invalid):
            notify.notify(house.world, house.key, {"phone": PHONE})

    def test_a_wrong_context_sends_nothing(self, house: House) -> None:
        with pytest.raises(Invalid, match=r"context\.flight"):
            house.notify(context={})
        assert house.pay() == []

    def test_another_sites_key_finds_it_not(self, house: House) -> None:
        told = plain(house, "x")
        other = setup.add_site(house.world, "Other", [])
        with pytest.raises(NotFound):
            notify.get(house.world, type(house.key)("k", other.id, "other"), told["id"])


class TestCallbacks:
    @pytest.fixture
    def session(self, house: House) -> str:
        return str(sessions.begin(house.world, house.key, {"phone": PHONE}, {}, None)["id"])

    def ask(self, house: House, session: str, key: str = "cb", **more: Any) -> dict[str, Any]:
        given = {"due": house.clock() + 600_000, "phone": None, "topic": "Seat"} | more
        return callbacks.request(house.world, more.pop("who", house.key), session, **given, key=key)

    def test_promised_once_however_often_it_is_asked(self, house: House, session: str) -> None:
        assert self.ask(house, session)["id"] == self.ask(house, session)["id"]
        assert len(callbacks.listed(house.world, house.ada, "requested")) == 1
        assert house.kinds(session).count("callback") == 1

    def test_kept_once(self, house: House, session: str) -> None:
        made = self.ask(house, session)
        first = callbacks.done(house.world, house.ada, made["id"], "reached", "d")
        assert callbacks.done(house.world, house.ada, made["id"], "reached", "d") == first
        with pytest.raises(Refused, match="already"):
            callbacks.done(house.world, house.ben, made["id"], "no-answer", "d2")
        assert house.kinds(session).count("callback") == 2

    def test_soonest_first(self, house: House, session: str) -> None:
        for number, minutes in enumerate((30, 10, 20)):
            self.ask(house, session, f"cb{number}", due=house.clock() + minutes * 60_000, topic=str(minutes))
        assert [one["topic"] for one in callbacks.listed(house.world, house.ada, "requested")] == ["10", "20", "30"]

    @pytest.mark.parametrize("more", [{"due": 1}, {"due": 10**15}, {"phone": "12"}, {"topic": "x" * 501}])
    def test_what_cannot_be_promised(self, house: House, session: str, more: dict[str, Any]) -> None:
        with pytest.raises(Invalid):
            self.ask(house, session, **more)
        assert callbacks.listed(house.world, house.ada) == []

    def test_without_a_number_anywhere_it_is_asked_for(self, house: House) -> None:
        visitor, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
        session = str(widget.start(house.world, visitor, "s")["id"])
        with pytest.raises(Invalid, match="no number"):
            callbacks.request(house.world, visitor, session, house.clock() + 1000, None, "", "cb")

    def test_a_visitor_reads_their_number_masked(self, house: House) -> None:
        visitor, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
        session = str(widget.start(house.world, visitor, "s")["id"])
        made = callbacks.request(house.world, visitor, session, house.clock() + 1000, OTHER, "", "cb")
        assert OTHER not in str(made)
        assert callbacks.listed(house.world, house.ada)[0]["phone"] == OTHER

    def test_kept_after_the_session_closed(self, house: House, session: str) -> None:
        made = self.ask(house, session)
        desk.close(house.world, house.ada, session, "resolved", 0, "c")
        assert callbacks.done(house.world, house.ada, made["id"], "reached", "d")["state"] == "done"


class TestFiles:
    PDF = b"%PDF-1.7 hello"

    @pytest.fixture
    def session(self, house: House) -> str:
        return str(sessions.begin(house.world, house.key, {"phone": PHONE}, {}, None)["id"])

    def test_a_retry_is_the_same_file_and_another_under_its_key_is_refused(self, house: House, session: str) -> None:
        first = files.keep(house.world, house.key, session, "a.pdf", self.PDF, "k")
        assert files.keep(house.world, house.key, session, "a.pdf", self.PDF, "k") == first
        with pytest.raises(KeyReused):
            files.keep(house.world, house.key, session, "b.pdf", self.PDF + b" more", "k")
        assert house.kinds(session).count("file") == 1

    def test_on_disk_it_is_sealed(self, house: House, session: str) -> None:
        files.keep(house.world, house.key, session, "a.pdf", self.PDF, "k")
        kept = [one for one in (Path(house.world.settings.data_dir) / "files").rglob("*") if one.is_file()]
        assert len(kept) == 1
        assert b"hello" not in kept[0].read_bytes()

    def test_a_lost_or_changed_file_is_not_there(self, house: House, session: str) -> None:
        made = files.keep(house.world, house.key, session, "a.pdf", self.PDF, "k")
        (kept,) = [one for one in (Path(house.world.settings.data_dir) / "files").rglob("*") if one.is_file()]
        kept.unlink()
        with pytest.raises(NotFound):
            files.fetch(house.world, house.key, made["file"])

    def test_a_closed_session_takes_none(self, house: House, session: str) -> None:
        desk.close(house.world, house.ada, session, "resolved", 0, "c")
        with pytest.raises(log.SessionClosed):
            files.keep(house.world, house.key, session, "a.pdf", self.PDF, "k")
        assert not list((Path(house.world.settings.data_dir) / "files").rglob("*"))

    @pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\evil.exe", "a\x00b\u202e.pdf", "", "x" * 500, "/"])
    def test_a_name_is_only_a_name(self, house: House, session: str, name: str) -> None:
        made = files.keep(house.world, house.key, session, name, self.PDF, "k")
        assert made["name"]
        assert len(made["name"]) <= 120
        assert not set(made["name"]) & set("/\\\x00\u202e")
