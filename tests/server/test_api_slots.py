"""Slots over REST, and by command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_cli import bare, run
from tests.support.api import Api, code_of
from tests.support.commands import Done
from tests.support.phones import opened, publish
from widget_server.assets import Assets
from widget_server.words import Words

__all__ = ["bare", "run"]

TOMORROW = ("2027-02-01T09:00:00+01:00", "2027-02-01T10:00:00+01:00")
BOOK = """
app: visit
purpose: Your visit
title: Your visit
text: "{{ site.name }}: choose at {{ link }} or reply {{ menu }}"
start: time
steps:
  time: {ask: When?, field: {kind: slot, calendar: doctor, label: Time, save: slot}, next: done}
  done: {end: See you.}
"""


@pytest.fixture
def api(tmp_path: Path, assets: Assets, words: Words) -> Api:
    return Api(tmp_path, assets, words)


def body(*starts: str, **more: Any) -> dict[str, Any]:
    return {"calendar": "doctor", "slots": [{"starts": one} for one in starts or TOMORROW], **more}


def test_slots_are_made_listed_and_removed(api: Api) -> None:
    made = api.key.post("/v1/slots", body(zone="Europe/Berlin", minutes=45))
    assert made.status_code == 201
    first = made.get_json()["slots"][0]
    assert (first["starts"], first["ends"]) == (TOMORROW[0], "2027-02-01T09:45:00+01:00")
    assert (first["capacity"], first["free"], first["booked"]) == (1, 1, 0)
    listed = api.key.get("/v1/slots?calendar=doctor").get_json()["slots"]
    assert [one["starts"] for one in listed] == list(TOMORROW)
    assert api.key.delete(f"/v1/slots/{first['id']}").status_code == 204
    assert len(api.key.get("/v1/slots?calendar=doctor").get_json()["slots"]) == 1
    assert code_of(api.key.delete(f"/v1/slots/{first['id']}")) == (404, "not-found")


def test_a_window_of_time_is_asked_for(api: Api) -> None:
    api.key.post("/v1/slots", body())
    asked = "/v1/slots?calendar=doctor&from=2027-02-01T08:30:00Z&to=2027-02-01T09:30:00Z"
    assert [one["starts"][:16] for one in api.key.get(asked).get_json()["slots"]] == ["2027-02-01T10:00"]


def test_what_is_booked_stays(api: Api) -> None:
    (slot,) = api.key.post("/v1/slots", body(TOMORROW[0])).get_json()["slots"]
    publish(api.house, BOOK)
    opened(api.house, "visit").answer("time", slot=slot["id"])
    refused = api.key.delete(f"/v1/slots/{slot['id']}")
    assert code_of(refused) == (409, "conflict")
    assert refused.get_json()["booked"] == 1
    api.key.post("/v1/slots", body(TOMORROW[1], replace=True))
    listed = api.key.get("/v1/slots?calendar=doctor").get_json()["slots"]
    assert [(one["free"], one["booked"]) for one in listed] == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"slots": []}, "body.slots"),
        ({"slots": [{"starts": "2027-02-01T09:00:00"}]}, "body.slots.0.starts"),
        ({"slots": [{"starts": TOMORROW[1], "ends": TOMORROW[0]}]}, "slots.0.ends"),
        ({"slots": [{"starts": TOMORROW[0], "capacity": 0}]}, "body.slots.0.capacity"),
        ({"slots": [{"starts": TOMORROW[0], "room": 2}]}, "body.slots.0.room"),
        ({"slots": [{"starts": "9999-12-31T23:59:00Z"}]}, "slots.0.starts"),
        ({"slots": [{"starts": "0001-01-01T00:00:00Z"}]}, "slots.0.starts"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"calendar": ""}, "body.calendar"),
        ({"minutes": 0}, "body.minutes"),
    ],
)
def test_mistakes_are_named(api: Api, wrong: dict[str, Any], where: str) -> None:
    answer = api.key.post("/v1/slots", body(TOMORROW[0]) | wrong)
    assert code_of(answer) == (422, "invalid")
    assert where in {one["where"] for one in answer.get_json()["errors"]}


def test_they_are_the_companys_affair(api: Api) -> None:
    (slot,) = api.key.post("/v1/slots", body(TOMORROW[0])).get_json()["slots"]
    for party in (api.visitor(), api.nobody):
        for answer in (
            party.get("/v1/slots?calendar=doctor"),
            party.post("/v1/slots", body()),
            party.delete(f"/v1/slots/{slot['id']}"),
        ):
            assert answer.status_code in (401, 403)
    assert api.agent().get("/v1/slots?calendar=doctor").status_code == 200
    assert code_of(api.key.get("/v1/slots?calendar=nobody")) == (404, "not-found")


def test_the_same_request_again_makes_nothing_new(api: Api) -> None:
    made = [api.key.post("/v1/slots", body(), headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert made[0].get_json() == made[1].get_json()
    assert api.key.post("/v1/slots", body()).get_json() == made[0].get_json()


class TestCommand:
    @pytest.fixture
    def site(self, run: Callable[..., Done]) -> Callable[..., Done]:
        assert run("db", "upgrade").code == 0
        assert run("site", "add", "Tea", "--zone", "Europe/Berlin").code == 0
        return run

    def test_a_day_is_filled(self, site: Callable[..., Done]) -> None:
        words = ("slots", "add", "doctor", "--day", "2028-02-01", "--from", "09:00", "--to", "11:00", "--capacity", "3")
        assert site(*words, "--minutes", "45").out == "doctor: 2 slots\n"
        assert site("slots", "list").out == "doctor\tEurope/Berlin\n"
        lines = site("slots", "list", "doctor").out.splitlines()
        assert [line.split("\t")[:3] for line in lines] == [
            ["2028-02-01T09:00:00+01:00", "2028-02-01T09:45:00+01:00", "3 of 3 free"],
            ["2028-02-01T09:45:00+01:00", "2028-02-01T10:30:00+01:00", "3 of 3 free"],
        ]

    def test_the_day_the_clocks_change_has_an_hour_less(self, site: Callable[..., Done]) -> None:
        day = ("slots", "add", "night", "--day", "2027-03-28", "--from", "00:00", "--to", "06:00", "--minutes", "60")
        assert site(*day).out == "night: 5 slots\n"

    @pytest.mark.parametrize(
        "words",
        [
            ("--day", "tomorrow"),
            ("--day", "2028-02-01", "--from", "25:00"),
            ("--day", "2028-02-01", "--zone", "Mars/Base"),
            ("--day", "2028-02-01", "--minutes", "0"),
            ("--day", "2028-02-01", "--from", "11:00", "--to", "10:00"),
            ("--day", "2028-02-01", "--capacity", "0"),
        ],
    )
    def test_mistakes_are_said(self, site: Callable[..., Done], words: tuple[str, ...]) -> None:
        done = site("slots", "add", "doctor", *words)
        assert done.code == 1
        assert done.err
        assert "Traceback" not in done.err
