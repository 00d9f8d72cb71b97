"""The demo's company and pages: seeded once, reachable from this machine only, and fair to its own signatures."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from disposable import loading
from disposable.definition import check_context
from tests.support import worlds
from widget_server.actions import setup, widget
from widget_server.actions.world import World
from widget_server.app import create_app, create_world
from widget_server.assets import Assets
from widget_server.channels import signed_calls
from widget_server.demo import web
from widget_server.demo.airline import Airline
from widget_server.demo.company import Company
from widget_server.demo.facts import CALL, FLOW, SITE_NAME, facts
from widget_server.demo.phones import Phones
from widget_server.demo.seed import seed
from widget_server.settings import Settings
from widget_server.web import headers, problems, static_files
from widget_server.words import Words

NOW = 1_800_000_000_000


class Answers:
    """Stands where an HTTP client would: keeps what was asked, answers what it was told to."""

    def __init__(self, status: int, told: Any) -> None:
        self.status, self.told = status, told
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, method: str, url: str, *_params: Any, **options: Any) -> requests.Response:
        self.asked.append((method, url, options))
        if self.status == 0:
            raise requests.ConnectionError
        answer = requests.Response()
        answer.status_code = self.status
        answer.headers["content-type"] = "application/json"
        answer._content = json.dumps(self.told).encode()
        return answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.for_demo(tmp_path, 8123, twilio_api_base="http://127.0.0.1:9", environ={})


@pytest.fixture
def airline(settings: Settings) -> Airline:
    return Airline(facts(settings), settings.data_dir / "airline.json", lambda: NOW, lambda: "jti-1", Answers(202, {}))


@pytest.fixture
def stage(settings: Settings, airline: Airline, assets: Assets, words: Words) -> web.Stage:
    phones = Phones("http://127.0.0.1:9", "AC1", "t", Answers(200, {"messages": [], "n": 0}))
    found = facts(settings)
    company = Company(found, settings.data_dir / "company.json", lambda: NOW, Answers(202, {"session": "s-1"}))
    return web.Stage(found, airline, company, phones, assets, words, lambda: NOW)


@pytest.fixture
def client(stage: web.Stage) -> Iterator[FlaskClient]:
    app = Flask("demo", template_folder=str(stage.assets.templates), static_folder=None)
    headers.install(app, https=False)
    problems.Problems(stage.words, stage.facts.base_url).install(app)
    app.register_blueprint(web.blueprint(stage))
    app.register_blueprint(static_files.blueprint(stage.assets))
    with app.test_client() as found:
        found.environ_base["HTTP_HOST"] = "127.0.0.1:8123"
        yield found


# --- seeding ---


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """An empty one."""
    made = create_world(settings)
    yield dataclasses.replace(made, passwords=worlds.PlainPasswords())
    made.store.close()


def test_seeding_twice_changes_nothing(world: World) -> None:
    first, second = seed(world), seed(world)
    assert first == second
    assert [site.name for site in setup.sites(world) if site.key == first.site_key] == [SITE_NAME]
    site = setup.site(world, first.site_key)
    assert {agent.email for agent in setup.agents(world, site.id)} == {agent.email for agent in first.agents}
    assert len([key for key in setup.keys(world) if key.site == site.id]) == 1
    key = setup.key(world, first.api_key)
    assert key is not None
    assert key.site == site.id


def test_another_port_moves_addresses_and_keeps_keys(world: World, tmp_path: Path) -> None:
    before = seed(world)
    moved = dataclasses.replace(world, settings=Settings.for_demo(tmp_path, 9999, environ={}))
    after = seed(moved)
    assert (after.site_key, after.api_key, after.site_secret) == (before.site_key, before.api_key, before.site_secret)
    site = setup.site(world, after.site_key)
    assert site.host == "127.0.0.1:9999"
    assert site.origins == ["http://localhost:9999", "http://127.0.0.1:9999"]
    registered = setup.call(world, site.id, CALL)
    assert registered is not None
    assert registered[0].url == "http://127.0.0.1:9999/demo/airline/rebook"
    assert registered[1] == after.call_secret


def test_the_airlines_token_signs_a_passenger_in(world: World, tmp_path: Path) -> None:
    demo = seed(world)
    airline = Airline(demo, tmp_path / "airline.json", world.clock, lambda: "jti-7")
    grant, token = widget.sign_in(world, demo.site_key, airline.token())
    assert token
    assert grant.tier == 2


# --- the airline ---


def test_a_delay_is_one_call_with_the_key(airline: Airline) -> None:
    told = airline.delay("key-12345678")
    ((method, url, options),) = airline.ask.asked  # type: ignore[attr-defined]
    assert (method, url) == ("POST", "http://127.0.0.1:8123/v1/notifications")
    assert options["headers"]["Idempotency-Key"] == "key-12345678"
    assert options["headers"]["Authorization"] == f"Bearer {airline.facts.api_key}"
    assert told["status"] == 202
    check_context(loading.load(loading.gallery()[FLOW]), options["json"]["context"])
    assert airline.trip()["status"] == "late"


def test_one_call_books_once_even_over_a_restart(airline: Airline, settings: Settings) -> None:
    first = airline.rebook("call-1", {"with": {"flight": "MA 210"}})
    again = Airline(airline.facts, airline.path, lambda: NOW + 60_000, lambda: "x")
    assert again.rebook("call-1", {"with": {"flight": "MA 999"}}) == first
    assert first == {"reference": "K7QX2M", "flight": "MA 210"}
    trip = again.trip()
    assert (trip["status"], trip["number"], trip["reference"]) == ("booked", "MA 210", "K7QX2M")


def test_yesterdays_trip_makes_way(airline: Airline) -> None:
    airline.delay("key-12345678")
    tomorrow = Airline(airline.facts, airline.path, lambda: NOW + 24 * 3_600_000, lambda: "x")
    assert tomorrow.trip()["status"] == "on_time"


@pytest.mark.parametrize("asked", [None, [], {}, {"with": None}, {"with": {"flight": 7}}])
def test_an_odd_request_still_books_the_passengers_own_flight(airline: Airline, asked: Any) -> None:
    assert airline.rebook("call-1", asked)["flight"] == "MA 204"


def test_only_a_signed_call_books(client: FlaskClient, stage: web.Stage) -> None:
    body = b'{"call":"rebook","with":{"flight":"MA 206"}}'
    call = signed_calls.request(url="x", secret=stage.facts.call_secret, key="c1", body=body, now=NOW, timeout=1)
    signed = {"data": body, "headers": dict(call.headers)}
    assert client.post("/demo/airline/rebook", data=body).status_code == 401
    answers = [client.post("/demo/airline/rebook", **signed).get_json() for _ in range(2)]
    assert answers == [{"reference": "K7QX2M", "flight": "MA 206"}] * 2
    assert client.post("/demo/airline/rebook", data=body + b" ", headers=dict(call.headers)).status_code == 401


# --- the pages ---


@pytest.mark.parametrize("path", ["/demo", "/demo/phone", "/demo/app", "/demo/phone?framed&number=%2B12025550143"])
@pytest.mark.parametrize("lang", ["en", "de", "ar"])
def test_pages_speak_three_languages_and_carry_no_foreign_code(client: FlaskClient, path: str, lang: str) -> None:
    answer = client.get(path, headers={"Accept-Language": lang})
    assert answer.status_code == 200
    assert f'lang="{lang}"' in answer.text
    assert ('dir="rtl"' in answer.text) == (lang == "ar")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_the_app_is_the_airlines_and_takes_the_widget_from_us(client: FlaskClient, stage: web.Stage) -> None:
    page = client.get("/demo/app", headers={"Host": "localhost:8123"})
    snippet = f'src="http://127.0.0.1:8123/widget.js" data-site="{stage.facts.site_key}"'
    assert snippet in page.text
    assert "script-src 'self' http://127.0.0.1:8123" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8123", "127.0.0.1.evil.example:8123", "[::1]:8123"])
@pytest.mark.parametrize("path", ["/demo", "/demo/airline/trip", "/static/x/css/demo.css"])
def test_other_names_of_this_machine_get_nothing(client: FlaskClient, host: str, path: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/demo/airline/token"),
        ("POST", "/demo/airline/delay"),
        ("POST", "/demo/phone/messages?number=%2B12025550143"),
        ("PUT", "/demo/phone/faults"),
    ],
)
def test_other_sites_cannot_press_the_demos_buttons(client: FlaskClient, method: str, path: str) -> None:
    headers = {"Origin": "https://evil.example", "Idempotency-Key": "key-12345678"}
    assert client.open(path, method=method, json={}, headers=headers).status_code == 403
    headers = {"Sec-Fetch-Site": "cross-site", "Idempotency-Key": "key-12345678"}
    assert client.open(path, method=method, json={}, headers=headers).status_code == 403


def test_the_phone_speaks_to_the_handset(client: FlaskClient, stage: web.Stage) -> None:
    client.get("/demo/phone/messages?number=%2B12025550143&after=3&wait=999")
    client.post("/demo/phone/messages?number=%2B12025550143", json={"text": "hi"})
    client.put("/demo/phone/faults", json={"outage": True})
    asked = stage.phones.ask.asked  # type: ignore[attr-defined]
    assert [(method, url.removeprefix("http://127.0.0.1:9")) for method, url, _ in asked] == [
        ("GET", "/phones/+12025550143/messages"),
        ("POST", "/phones/+12025550143/messages"),
        ("PUT", "/faults"),
    ]
    assert all(options["auth"] == ("AC1", "t") for _, _, options in asked)


@pytest.mark.parametrize("number", ["", "12025550143", "+1/../x", "%2B1%0d%0a"])
def test_a_number_is_a_number(client: FlaskClient, number: str) -> None:
    assert client.get(f"/demo/phone/messages?number={number}").status_code == 400


@pytest.mark.parametrize(("status", "expected"), [(0, 503), (400, 400)])
def test_a_handset_that_is_away_or_refuses_is_told(
    client: FlaskClient, stage: web.Stage, status: int, expected: int
) -> None:
    stage.phones.ask.status = status  # type: ignore[attr-defined]
    assert client.get("/demo/phone/messages?number=%2B12025550143").status_code == expected


def test_outside_the_demo_there_is_no_demo(settings: Settings) -> None:
    app = create_app(dataclasses.replace(settings, demo=False))
    with app.test_client() as client:
        for path in ("/demo", "/demo/phone", "/demo/app", "/demo/airline/trip"):
            assert client.get(path).status_code == 404
