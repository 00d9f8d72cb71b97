"""STOP and START in a text thread, in every language: what they end, what they say, and what is held back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.both import house_on
from tests.support.worlds import House
from widget_server.actions import preferences
from widget_server.actions.world import row_of
from widget_server.store import log
from widget_server.words import Words


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on("sqlite", request, tmp_path, words)


def texts(house: House) -> list[str]:
    return [str(one.payload["text"]) for one in house.pay() if one.kind == "message"]


@pytest.mark.parametrize("said", ["STOP", "Stopp", "unsubscribe", "توقف"])
def test_stop_ends_the_run_and_says_so_once(house: House, said: str) -> None:
    made = house.notify()
    texts(house)
    house.text(said)
    assert "run.ended" in house.kinds(made["session"])
    [told] = texts(house)
    assert "Write START" in told


def test_no_notice_is_texted_until_start(house: House) -> None:
    house.notify()
    house.text("stop")
    texts(house)
    held = house.notify()
    assert (held["status"], held["session"]) == ("held", None)
    assert texts(house) == []
    house.text("START")
    assert "we write to you again" in texts(house)[0]
    assert house.notify()["status"] != "held"


def test_start_that_changes_nothing_is_a_message_like_any_other(house: House) -> None:
    event = house.text("start")
    assert house.kinds(event.session).count("message") == 1
    assert [one for one in texts(house) if "again" in one] == []


def test_a_person_has_it_and_stop_is_heeded(house: House) -> None:
    event = house.text("My dog ate my ticket")
    house.text("stop")
    assert any("Write START" in one for one in texts(house))
    lines = [one["body"]["text"] for one in house.events(event.session) if one["kind"] == "message"]
    assert "stop" in lines


def test_stop_is_heeded_however_much_was_said_no_to_before(house: House) -> None:
    house.notify()
    texts(house)
    with house.world.store.write() as tx:
        (session,) = {one.session for one in house.sent}
        customer = log.locked(tx, session)["customer"]
        many = [f"purpose {number}" for number in range(preferences.PURPOSES)]
        preferences.change(tx, row_of(tx, house.site.id), customer, {"opt_out": many})
    house.text("stop")
    assert "Write START" in texts(house)[0]
    assert house.notify()["status"] == "held"
