"""The main story on both databases, by the verbs alone: a text, a link, an app, a person, a text again, the flow again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import worlds
from tests.support.worlds import House
from widget_server.actions import callbacks, desk, links, runs, sessions, urls
from widget_server.store import projections
from widget_server.store import tables as tables_
from widget_server.words import Words


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    made = worlds.make(tmp_path, words, url)
    yield made
    made.world.store.close()


def test_a_text_a_link_an_app_a_person_one_conversation(house: House) -> None:
    world = house.world
    notice = house.notify()
    session = notice["session"]
    assert notice["sms"]["segments"] == 1
    assert notice["sms"]["warnings"] == []
    first = house.pay()
    assert [one.payload["to"] for one in first] == [worlds.PHONE]
    with world.store.read() as tx:
        assert urls.written(world, tx, first[0].payload["text"]) == notice["sms"]["text"]

    opened = links.engage(world, world.settings.host, notice["link"]["code"])
    jar = runs.grant(world, opened.cookie_value, opened.handle)
    assert runs.view(world, jar, opened.handle).screen.step == "status"
    runs.answer(world, jar, opened.handle, "status", {"choice": "change"}, "n-1")
    field = runs.view(world, jar, opened.handle).screen.fields[0]
    runs.answer(world, jar, opened.handle, "pick", {field.name: field.options[1][0]}, "n-2")
    assert runs.view(world, jar, opened.handle).screen.step == "extras"
    again = runs.answer(world, jar, opened.handle, "pick", {field.name: field.options[1][0]}, "n-2")
    assert again.step == "extras"
    runs.answer(world, jar, opened.handle, "extras", {"choice": "business"}, "n-3")
    assert runs.view(world, jar, opened.handle).mode == "chat"

    waiting = desk.inbox(world, house.ada)["sessions"]
    assert [(one["id"], one["team"], one["why"]) for one in waiting] == [
        (session, "upgrades", "Business class on MA 214")
    ]
    assert desk.inbox(world, house.ben)["sessions"] == []
    desk.accept(world, house.ada, session, waiting[0]["epoch"], "accept")
    epoch = waiting[0]["epoch"] + 1
    sessions.write(world, house.ada, session, "m1", "message", {"text": "Hello, I am Ada"}, epoch=epoch)
    assert "Hello, I am Ada" in [one["body"].get("text") for one in house.events(session, jar)]

    house.text("Thanks, Ada")
    sessions.write(world, house.ada, session, "m2", "message", {"text": "Business it is"}, epoch=epoch)
    assert [one.payload["text"] for one in house.pay()] == ["Business it is"]

    desk.return_to_flow(world, house.ada, session, epoch, "return")
    asked = house.pay()[-1].payload["text"]
    assert "last name" in asked
    house.text("lindqvist")
    calls = [one for one in house.pay("delivered") if one.kind == "call"]
    assert [one.payload["with"] for one in calls] == [{"flight": "MA 214"}]
    runs.returned(world, session, str(calls[0].run), calls[0].payload["key"], True, {"reference": "K7QX2M"})
    assert "K7QX2M" in house.pay()[-1].payload["text"]
    texts = [(one["body"] or {}).get("text", "") for one in house.events(session)]
    assert not any("indqvist" in one for one in texts)

    due = house.clock() + 20 * 60_000
    promised = callbacks.request(world, house.ada, session, due, None, "Seat", "cb")
    callbacks.done(world, house.ada, promised["id"], "reached", "cb-done")
    row = sessions.get(world, house.ada, session)
    desk.close(world, house.ada, session, "rebooked", row["epoch"], "close")
    after = house.text("One more thing")
    assert after.session != session
    assert sessions.get(world, house.ada, after.session)["previous"] == session


def test_rebuilding_the_projections_changes_nothing(house: House) -> None:
    test_a_text_a_link_an_app_a_person_one_conversation(house)
    before = _columns(house)
    assert projections.rebuild(house.world.store) == (2, 1)
    assert _columns(house) == before


def test_the_notice_that_came_last_is_the_one_that_is_answered(house: House) -> None:
    first = house.notify()
    second = house.notify()
    assert second["session"] == first["session"]
    house.pay()
    house.text("2")
    answered = [one["run"] for one in house.events(first["session"]) if one["kind"] == "run.answered"]
    started = [one["run"] for one in house.events(first["session"]) if one["kind"] == "run.started"]
    assert answered == [started[1]]
    opened = links.engage(house.world, house.world.settings.host, first["link"]["code"])
    jar = runs.grant(house.world, opened.cookie_value, opened.handle)
    runs.answer(house.world, jar, opened.handle, "status", {"choice": "change"}, "n-1")
    field = runs.view(house.world, jar, opened.handle).screen.fields[0]
    runs.answer(house.world, jar, opened.handle, "pick", {field.name: field.options[0][0]}, "n-2")
    runs.answer(house.world, jar, opened.handle, "extras", {"choice": "business"}, "n-3")
    assert [one["team"] for one in desk.inbox(house.world, house.ada)["sessions"]] == ["upgrades"]


def _columns(house: House) -> list[tuple[object, ...]]:
    with house.world.store.engine.connect() as connection:
        tables = (tables_.session, tables_.run)
        return [tuple(row) for table in tables for row in connection.execute(table.select().order_by(table.c.id))]
