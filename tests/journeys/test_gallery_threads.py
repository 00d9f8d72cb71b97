"""Ready-made apps in real threads, on both databases: by texts, in the widget's chat, and over a page and back into the texts."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest

from disposable import folders
from tests.support import fort as forts
from tests.support import photos
from tests.support.both import BOTH
from tests.support.fort import BASE, PORT, Fort
from tests.support.pages import Sent
from tests.support.sending import send
from widget_server.actions import runs, setup, slots, urls, widget
from widget_server.demo import company
from widget_server.demo.facts import ZONE
from widget_server.settings import Settings

DAY = 24 * 3_600_000


@pytest.fixture(params=BOTH)
def fort(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fort]:
    settings = Settings.for_demo(tmp_path, PORT, environ={})
    if request.param == "postgresql":
        settings = dataclasses.replace(settings, database_url=request.getfixturevalue("postgres_url"))
    # Nobody else commits here, and a thread that asks for it would outlive the database.
    with mock.patch("widget_server.app.start"), forts.standing(tmp_path, settings=settings) as made:
        for name in ("appointment", "callback-slot", "claim-photo"):
            setup.publish(made.world, made.house.site.id, folders.shipped(name))
        yield made
        made.world.store.close()


def told(fort: Fort, app: str, **more: Any) -> tuple[str, Sent]:
    """A text about one of the apps. Whom it went to, and its link."""
    today = datetime.fromtimestamp(fort.clock.at / 1000, UTC).date()
    context = company.example(folders.shipped(app), today)
    phone = fort.phone()
    return phone, fort.send(phone, app=app, context={**context, **more})


def calendar(fort: Fort, name: str, *, at: int = 9) -> list[dict[str, Any]]:
    """A calendar with a free time on each of three days to come, at that hour where the company is."""
    zone = ZoneInfo(ZONE)
    days = [datetime.fromtimestamp(fort.clock.at / 1000 + ahead * DAY / 1000, zone) for ahead in (1, 2, 3)]
    begins = [datetime(day.year, day.month, day.day, at, tzinfo=zone) for day in days]
    new = [slots.New(round(one.timestamp() * 1000)) for one in begins]
    return slots.add(fort.world, fort.house.key, name, new, zone=ZONE, minutes=30)


def booked(fort: Fort, name: str) -> list[int]:
    return [one["booked"] for one in slots.listed(fort.world, fort.house.key, name)]


def answer(fort: Fort, phone: str, *words: str) -> str:
    """The customer texts, one after the other; what is answered to the last of them."""
    for text in words[:-1]:
        fort.house.text(text, sender=phone)
        fort.house.pay()
    fort.house.text(words[-1], sender=phone)
    return texted(fort, phone)[-1]


def texted(fort: Fort, phone: str) -> list[str]:
    """What goes out to a number now."""
    return [str(one.payload["text"]) for one in fort.house.pay() if one.payload.get("to") == phone]


def outcome(fort: Fort, session: str) -> str:
    ended = [one["body"] for one in fort.house.events(session) if one["kind"] == "run.ended"]
    return str(ended[-1]["outcome"]) if ended else ""


class TestByText:
    def test_an_appointment_is_moved_to_another_slot(self, fort: Fort) -> None:
        calendar(fort, "appointments")
        phone, sent = told(fort, "appointment")
        fort.house.pay()
        assert "last name" in answer(fort, phone, "2")
        menu = answer(fort, phone, "lindqvist")
        assert "When suits you better?" in menu
        assert menu.count("9:00") == 3
        assert "Moved. We expect you on" in answer(fort, phone, "2")
        assert booked(fort, "appointments") == [0, 1, 0]
        assert outcome(fort, sent.session) == "moved"

    def test_a_day_in_words_is_asked_back_and_a_wrong_name_costs_nothing(self, fort: Fort) -> None:
        free = calendar(fort, "appointments", at=14)
        weekday = datetime.fromisoformat(free[2]["starts"]).strftime("%A")
        phone, sent = told(fort, "appointment")
        fort.house.pay()
        assert "not what we have" in answer(fort, phone, "another day please", "Smith")
        asked = answer(fort, phone, "Lindqvist", f"{weekday} at 2pm")
        assert "1 Yes\n2 No" in asked
        answer(fort, phone, "yes")
        assert booked(fort, "appointments") == [0, 0, 1]
        assert outcome(fort, sent.session) == "moved"


class TestInTheWidget:
    def test_a_call_is_promised_to_who_asks_for_one(self, fort: Fort) -> None:
        free = calendar(fort, "callbacks", at=16)
        _, token = widget.visitor(fort.world, fort.house.site.key, "198.51.100.9")
        visitor = {"Authorization": f"Bearer {token}"}
        session = fort.api("POST", "/v1/sessions", {"identity": {}}, **visitor).get_json()["id"]
        path = f"/v1/sessions/{session}/events"

        def say(text: str) -> dict[str, Any]:
            """Writes it, and reads what is asked then."""
            made = fort.api("POST", path, {"key": text, "kind": "message", "body": {"text": text}}, **visitor)
            assert made.status_code == 201, made.text
            events = fort.api("GET", path, **visitor).get_json()["events"]
            lines = [one["body"] for one in events if (one["kind"], one["actor"]["kind"]) == ("message", "flow")]
            return dict(lines[-1])

        opened = say("please call me")
        assert opened["text"] == "What is it about?"
        assert [label for _, label in opened["prompt"]["menu"]] == ["An order", "A bill", "Something else"]
        times = say("A bill")["prompt"]["menu"]
        assert [value for value, _ in times] == [one["id"] for one in free]
        assert say(times[1][1])["text"] == "On which number?"
        assert say("+49 30 901820")["text"].startswith("We ring you on")
        assert booked(fort, "callbacks") == [0, 1, 0]
        (promised,) = [one["body"] for one in fort.house.events(session) if one["kind"] == "callback"]
        assert (promised["phone"], promised["state"]) == ("+4930901820", "requested")


class TestOverAPageAndBack:
    def test_photos_are_taken_on_the_page_and_the_texts_go_on(self, fort: Fort) -> None:
        phone, sent = told(fort, "claim-photo")
        fort.house.pay()
        assert "What happened to your bicycle?" in answer(fort, phone, "hello", "10115")
        assert "When did it happen?" in answer(fort, phone, "2")
        assert "how it happened" in answer(fort, phone, "yesterday", "yes")
        escape = answer(fort, phone, "In the morning it was gone.")
        with fort.world.store.read() as tx:
            url = urls.written(fort.world, tx, escape)
        assert BASE in url

        mara = fort.person()
        page = mara.press(mara.get("/" + url.partition(BASE + "/")[2].split()[0]), act="continue")
        if "Begun on another phone" in page.text:
            asked = mara.press(page, act="send")
            page = mara.press(asked, code=fort.texted_code(phone), act="prove")
        assert "Take some pictures" in page.text
        send(mara, page, ("front.jpg", photos.jpeg()), ("lock.jpg", photos.jpeg()))

        assert "What would it cost to replace it?" in texted(fort, phone)[-1]
        assert "650" in answer(fort, phone, "650")
        fort.house.text("1", sender=phone)
        (filed,) = [one for one in fort.house.pay("delivered") if one.kind == "call"]
        assert [one["name"] for one in filed.payload["with"]["pictures"]] == ["front.jpg", "lock.jpg"]
        claim = {"by": "2027-02-01", "reference": "F-90"}
        runs.returned(fort.world, sent.session, str(filed.run), filed.payload["key"], True, claim)
        assert any("We have your claim and look at it by" in text for text in texted(fort, phone))
        assert outcome(fort, sent.session) == "done"
