"""The whole server as an attacker meets it: the real app over a clock the test holds, and people with jars and addresses."""

import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import websocket
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from disposable import loading
from tests.support import worlds
from tests.support.pages import Person, Sent, Web
from widget_server import clock as clocks
from widget_server.actions import access, runs, setup
from widget_server.app import create_app
from widget_server.settings import Settings
from widget_server.store import tables

PORT = 8123
HOST = f"127.0.0.1:{PORT}"
BASE = f"http://{HOST}"
BEARER = {"Authorization": "Bearer sk_test"}

CLAIM = """
app: claim
purpose: Your claim
title: Claim {{ claim.topic }}
text: "{{ site.name }}: about your claim, tap {{ link }} or reply {{ menu }}"
expires: 24h
verify: {ask: Your last name, against: person.last_name}
context:
  claim: {topic: text, policy: personal, iban: secret, unread: personal}
  person: {first_name: personal, last_name: secret}
start: hello
steps:
  hello: {say: "Hello {{ person.first_name }}", choose: {go: {label: Go on, next: details}, leave: {label: Leave it, next: left}}}
  details: {tier: 2, say: "Policy {{ claim.policy }}", choose: {right: {label: That is right, next: note}}}
  note: {ask: What happened?, field: {kind: text, label: In your words, save: words}, next: send}
  send: {tier: 2, do: {call: claim, with: {words: "{{ words }}"}, save: made, otherwise: lost}, next: sent}
  sent: {tier: 2, end: "Claim {{ made.number }} about {{ claim.policy }}"}
  left: {end: Left as it is}
  lost: {handover: {team: care, why: Claim failed}}
"""
CLAIM_CONTEXT: dict[str, Any] = {
    "claim": {"topic": "T-9913", "policy": "POL-77421", "iban": "DE02120300000000202051", "unread": "UNREAD-5512"},
    "person": {"first_name": "Mara", "last_name": "Lindqvist"},
}


class Still(worlds.Clock):
    """Stands still until it is moved: for what happens at the very millisecond."""

    def __call__(self) -> int:
        return self.at


@dataclass
class Fort(Web):
    """The server under attack."""

    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def world(self) -> Any:
        return self.house.world

    @property
    def clock(self) -> worlds.Clock:
        return self.house.clock

    def person(self) -> Person:
        """Somebody with a jar and an address of their own: nobody pays for another's guesses."""
        somebody = super().person()
        number = next(self.numbers)
        somebody.client.environ_base["REMOTE_ADDR"] = f"10.1.{number // 250}.{number % 250 + 1}"
        return somebody

    def phone(self) -> str:
        """A number nobody else has."""
        return f"+1202556{next(self.numbers):04d}"

    def send(self, phone: str = "", **more: Any) -> Sent:
        """A text with a link, to somebody new."""
        phone = phone or self.phone()
        return self.link(to={"phone": phone, "user_id": f"user {phone}"}, **more)

    def claim(self, phone: str = "") -> Sent:
        """A link of the flow whose steps have values of tier 2."""
        return self.send(phone, app="claim", context=CLAIM_CONTEXT)

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """As the company's own server asks."""
        client = self.app.test_client()
        sent = {**BEARER, **headers}
        base = sent.pop("base_url", BASE)
        return client.open(path, method=method, base_url=base, json=body, headers=sent)

    def texted_code(self, phone: str) -> str:
        """The digits in the newest text to a number."""
        texts = [one.payload["text"] for one in self.house.pay() if one.payload.get("to") == phone]
        return str(re.findall(r"\b\d{6}\b", texts[-1])[-1])

    def answer_calls(self, sent: Sent, value: Any) -> int:
        """The company's server answers what a session called. Returns how many calls there were."""
        calls = [one for one in self.house.pay("delivered") if one.kind == "call" and one.session == sent.session]
        for one in calls:
            runs.returned(self.world, one.session, one.run or "", one.payload["key"], True, value)
        return len(calls)

    def grant(self, person: Person, page: TestResponse) -> access.Grant:
        """The grant in a person's jar for the app a page belongs to."""
        handle = page.request.path.split("/")[2]
        return runs.grant(self.world, person.cookies()[f"__Host-a-{handle}"], handle)


@contextmanager
def standing(folder: Path, clock: worlds.Clock | None = None, settings: Settings | None = None) -> Iterator[Fort]:
    """A server whose clock the test holds, furnished as every house is, plus the flow with secrets."""
    clock = clock or worlds.Clock()
    with (
        mock.patch.object(clocks, "now", clock),
        mock.patch("widget_server.app.Argon2", worlds.PlainPasswords),
    ):
        app = create_app(settings or Settings.for_demo(folder, PORT, environ={}))
    world = app.extensions["samethread"]
    house = worlds._furnished(world, clock)
    setup.publish(world, house.site.id, loading.load(CLAIM))
    yield Fort(house, app, app.extensions["samethread.hub"])
    for loop in ("fetches", "tide"):
        app.extensions[f"samethread.{loop}"].stop()


def rows(fort: Fort, besides: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Every row of every table, as text; columns named in `besides` (table.column) left out."""
    found = {}
    with fort.world.store.engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            columns = [column for column in table.c if f"{table.name}.{column.name}" not in besides]
            found[table.name] = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
    return found


@contextmanager
def statements(fort: Fort) -> Iterator[list[str]]:
    """The SQL this thread executes inside the block."""
    seen: list[str] = []
    mine = threading.get_ident()

    def note(_c: Any, _k: Any, statement: str, _p: Any, _x: Any, _m: Any) -> None:
        if threading.get_ident() == mine and not statement.startswith(("BEGIN", "ROLLBACK")):
            seen.append(statement)

    event.listen(fort.world.store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(fort.world.store.engine, "before_cursor_execute", note)


def home(page: TestResponse) -> str:
    """Where the running app of a page lives: /a/<handle>."""
    return "/".join(page.request.path.split("/")[:3])


def see(person: Person, path: str) -> TestResponse:
    """What a person sees at an address, wherever it leads."""
    return person.client.get(path, base_url=person.base, follow_redirects=True)


def option(page: TestResponse, at: int = 0) -> str:
    """The value of a radio button of a page."""
    return str(re.findall(r'type="radio" name="\w+" value="([^"]+)"', page.text)[at])


def to_verify(person: Person, sent: Sent) -> TestResponse:
    """Through flight-delay to the step that asks for tier 2."""
    pick = person.press(person.opened(sent), choice="change")
    page = person.press(person.press(pick, chosen=option(pick)), choice="done")
    assert "Your last name" in page.text
    return page


def greeted(base: str, person: Person, page: TestResponse, sent: Sent) -> websocket.WebSocket:
    """A socket of this person's page, welcomed."""
    handle = home(page).split("/")[2]
    cookie = f"__Host-a-{handle}={person.cookies()[f'__Host-a-{handle}']}"
    line: websocket.WebSocket = websocket.create_connection(
        base.replace("http", "ws") + "/v1/live", origin=base, cookie=cookie, timeout=10
    )
    line.send(json.dumps({"type": "hello", "handle": handle, "after": {sent.session: 0}}))
    assert json.loads(line.recv())["type"] == "welcome"
    return line


def ended(line: websocket.WebSocket) -> int:
    """The code it was closed with, whatever was said before."""
    while True:
        opcode, data = line.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            line.shutdown()  # type: ignore[no-untyped-call]
            return int.from_bytes(data[:2], "big")
