"""A server killed with -9 while messages flow, again and again: what it acknowledged is there once, in order, on all sides."""

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import simple_websocket

from tests.support import server as servers

EACH = 40
"""Messages every author writes."""
KILLS = (25, 60, 95)
"""Acknowledged messages after which the power goes."""
WAITS = 90.0
SHOWN = frozenset({"message", "owner", "session.opened"})
"""What of this session's events its customer is shown."""

Event = dict[str, Any]


class Town:
    """What authors and readers share: the demo, whether it is up, and what was acknowledged so far."""

    def __init__(self, demo: servers.Demo) -> None:
        self.demo = demo
        self.up = threading.Event()
        self.up.set()
        self.over = threading.Event()
        self.changed = threading.Condition()
        self.acknowledged = 0

    def told(self) -> None:
        with self.changed:
            self.acknowledged += 1
            self.changed.notify_all()

    def wait(self, until: Callable[[], bool], facts: Callable[[], object] = str) -> None:
        with self.changed:
            assert self.changed.wait_for(until, WAITS), facts()

    def kill_after(self, many: int) -> None:
        self.wait(lambda: self.acknowledged >= many, lambda: self.acknowledged)
        self.up.clear()
        self.demo.kill()
        self.demo.start()
        self.up.set()


class Author(threading.Thread):
    """Writes in order, each message under a key of its own, and again under the same key until it is acknowledged."""

    def __init__(self, town: Town, name: str, session: str, headers: dict[str, str], more: dict[str, Any]) -> None:
        super().__init__(daemon=True, name=name)
        self.town, self.session, self.headers, self.more = town, session, headers, more
        self.acks: dict[str, Event] = {}
        self.refused: list[str] = []

    def run(self) -> None:
        for number in range(EACH):
            self.write(f"{self.name}-{number}")
            self.town.told()

    def write(self, key: str) -> Event:
        while True:
            with contextlib.suppress(requests.RequestException):
                answer = self.post(key)
                if answer.status_code == 201:
                    event: Event = answer.json()
                    self.acks.setdefault(key, event)
                    return event
                if answer.status_code not in (502, 503):
                    self.refused.append(answer.text)
                    raise AssertionError(answer.text)
            self.town.up.wait(WAITS)

    def post(self, key: str) -> requests.Response:
        body = {"key": key, **self.more, "body": {"text": f"text of {key} 🛫"}}
        url = self.town.demo.url(f"/v1/sessions/{self.session}/events")
        return requests.post(url, json=body, headers=self.headers, timeout=30)


class Reader(threading.Thread):
    """Holds a socket, and goes on from its cursor whenever it is cut."""

    def __init__(self, town: Town, token: str, after: dict[str, Any], kinds: frozenset[str] = frozenset()) -> None:
        super().__init__(daemon=True)
        self.kinds = kinds
        self.town, self.token, self.after = town, token, after
        self.events: list[Event] = []
        self.byes: list[Event] = []
        self.connected = 0

    def read(self, written: list[Event]) -> bool:
        """Whether it has the last of what it is shown."""
        mine = [event["seq"] for event in written if not self.kinds or event["kind"] in self.kinds]
        return bool(self.events) and self.events[-1]["seq"] >= mine[-1]

    def run(self) -> None:
        while not self.town.over.is_set():
            self.town.up.wait(WAITS)
            with contextlib.suppress(OSError, simple_websocket.ConnectionClosed, simple_websocket.ConnectionError):
                self.listen()

    def listen(self) -> None:
        socket = simple_websocket.Client.connect(self.town.demo.url("/v1/live").replace("http", "ws", 1))
        try:
            socket.send(json.dumps({"type": "hello", "token": self.token, "after": self.after}))
            self.connected += 1
            while not self.town.over.is_set():
                said = socket.receive(timeout=0.5)
                if said is not None:
                    self.take(json.loads(said))
        finally:
            with contextlib.suppress(OSError, simple_websocket.ConnectionClosed):
                socket.close()

    def take(self, frame: Event) -> None:
        if frame["type"] == "bye":
            self.byes.append(frame)
        if frame["type"] == "welcome" and "*" in self.after:
            self.after["*"] = frame["after"]["*"]
        elif frame["type"] == "event":
            self.events.append(frame["event"])
            if "*" not in self.after:
                self.after[frame["session"]] = frame["event"]["seq"]
            elif "cursor" in frame:
                self.after["*"] = frame["cursor"]
        with self.town.changed:
            self.town.changed.notify_all()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with servers.demo(tmp_path / "data") as demo:
        made = Town(demo)
        yield made
        made.over.set()


def seat(demo: servers.Demo) -> dict[str, str]:
    """The headers of an agent at the desk."""
    login = requests.get(demo.url("/desk/login"), timeout=30)
    nonce = re.search(r'name="csrf" value="([^"]+)"', login.text)
    assert nonce
    ada = demo.said["agents"][0]
    form = {"email": ada["email"], "password": ada["password"], "csrf": nonce[1]}
    ours = {"Origin": demo.base}
    answer = requests.post(demo.url("/desk/login"), data=form, headers=ours, timeout=30, allow_redirects=False)
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    page = requests.get(demo.url("/desk"), headers={"Cookie": cookie}, timeout=30)
    token = re.search(r'"csrf": ?"([^"]+)"', page.text)
    assert token, page.text[:500]
    return {"Cookie": cookie, "X-CSRF": token[1], **ours}


def everything(demo: servers.Demo, session: str, headers: dict[str, str]) -> list[Event]:
    found: list[Event] = []
    after = 0
    while True:
        url = demo.url(f"/v1/sessions/{session}/events?after={after}")
        page = requests.get(url, headers=headers, timeout=30).json()
        if page["seq"] == after:
            return found
        found += page["events"]
        after = page["seq"]


def test_every_acknowledged_message_is_there_once_in_order_on_all_sides(town: Town) -> None:
    demo = town.demo
    panel = demo.url(f"/embed/{demo.said['site']}")
    ours = {"Origin": demo.base, "Sec-Fetch-Site": "same-origin"}
    visitor = requests.post(f"{panel}/visitor", json={}, headers=ours, timeout=30).json()
    customer = {"Authorization": f"Bearer {visitor['token']}"}
    opened = requests.post(f"{panel}/session", json={"key": "s"}, headers=customer | ours, timeout=30).json()
    session = opened["id"]
    key = {"Authorization": f"Bearer {demo.said['api_key']}"}
    agent = seat(demo)
    accept = {"key": "accept", "epoch": opened["epoch"]}
    url = demo.url(f"/desk/api/sessions/{session}/accept")
    assert requests.post(url, json=accept, headers=agent, timeout=30).status_code == 200
    epoch = opened["epoch"] + 1

    readers = {
        "customer": Reader(town, visitor["token"], {session: 0}, SHOWN),
        "company": Reader(town, demo.said["api_key"], {session: 0}),
        "stream": Reader(town, demo.said["api_key"], {"*": ""}),
    }
    for reader in readers.values():
        reader.start()
    town.wait(lambda: all(one.connected for one in readers.values()) and "." in readers["stream"].after["*"])
    authors = [
        Author(town, "customer", session, customer, {"kind": "message"}),
        Author(town, "agent", session, agent, {"kind": "message", "epoch": epoch}),
        Author(town, "company", session, key, {"kind": "note"}),
        Author(town, "other", session, key, {"kind": "custom.tick"}),
    ]
    for author in authors:
        author.start()
    for many in KILLS:
        town.kill_after(many)
    for author in authors:
        author.join(WAITS)
        assert not author.is_alive()
        assert not author.refused

    last = everything(demo, session, key)
    assert [event["seq"] for event in last] == list(range(1, len(last) + 1))
    by_key = {event["key"]: event for event in last}
    assert len(by_key) == len(last)
    written = [f"{author.name}-{number}" for author in authors for number in range(EACH)]
    assert set(written) <= set(by_key)
    for author in authors:
        mine = [event for event in last if event["key"] in author.acks]
        assert [event["key"] for event in mine] == [f"{author.name}-{number}" for number in range(EACH)]
        for event in mine:
            ack = author.acks[event["key"]]
            assert (ack["seq"], ack["id"], ack["body"]) == (event["seq"], event["id"], event["body"])

    town.wait(lambda: all(one.read(last) for one in readers.values()), lambda: [vars(one) for one in readers.values()])
    shown = everything(demo, session, customer)
    texts = [event["key"] for event in last if event["kind"] == "message"]
    assert [event["key"] for event in shown if event["kind"] == "message"] == texts
    assert [event["id"] for event in readers["customer"].events] == [event["id"] for event in shown]
    assert [event["id"] for event in readers["company"].events] == [event["id"] for event in last]
    begun = readers["stream"].events[0]["seq"]
    assert [event["id"] for event in readers["stream"].events] == [event["id"] for event in last[begun - 1 :]]
    agents = everything(demo, session, agent)
    assert [event["key"] for event in agents if event["kind"] == "message"] == texts
    assert all(one.connected > len(KILLS) for one in readers.values())

    for author in authors:
        for name, ack in list(author.acks.items())[-3:]:
            again = author.write(name)
            assert (again["id"], again["seq"]) == (ack["id"], ack["seq"])
    assert len(everything(demo, session, key)) == len(last)
