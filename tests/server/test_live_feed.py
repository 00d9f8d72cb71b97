"""The live socket over real sessions: who may follow what, the same cursor, typing and presence, rights withdrawn at once."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from werkzeug.serving import make_server

from tests.support.api import Api, Party
from widget_server.actions import links, sessions
from widget_server.assets import Assets
from widget_server.words import Words


class Place(Api):
    """An api that is served, for clients that hold sockets."""

    def serve(self) -> None:
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.lines: list[websocket.WebSocket] = []

    def close(self) -> None:
        for line in self.lines:
            line.shutdown()  # type: ignore[no-untyped-call]
        self.base.live.stop()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def line(self, party: Party | None = None, origin: str | None = "", **hello: Any) -> websocket.WebSocket:
        """A socket that said hello; with a party, its cookies and handle go along."""
        found = websocket.create_connection(
            f"ws://127.0.0.1:{self.server.server_port}/v1/live",
            timeout=30,
            suppress_origin=origin is None,
            origin=origin or self.world.settings.base_url,
            cookie="; ".join(f"{name}={value}" for name, value in party.cookies.items()) if party else None,
        )
        self.lines.append(found)
        if party and "Handle" in party.headers:
            hello = {"handle": party.headers["Handle"], **hello}
        found.send(json.dumps({"type": "hello", **hello}))
        return found

    def token(self, party: Party) -> str:
        return str(party.headers["Authorization"]).removeprefix("Bearer ")


@pytest.fixture
def place(tmp_path: Path, assets: Assets, words: Words) -> Iterator[Place]:
    made = Place(tmp_path, assets, words)
    made.serve()
    yield made
    made.close()


def hear(line: websocket.WebSocket, kind: str) -> Any:
    while (frame := json.loads(line.recv()))["type"] != kind:
        assert frame["type"] != "bye", frame
    return frame


def end(line: websocket.WebSocket) -> tuple[str, int]:
    """The reason of the bye, and the code of the close."""
    reason = ""
    while True:
        opcode, data = line.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return reason, int.from_bytes(data[:2], "big")
        frame = json.loads(data)
        reason = frame.get("reason", reason)


def write(party: Party, session: str, key: str, kind: str = "message") -> None:
    body = {"key": key, "kind": kind, "body": {"text": key}}
    assert party.post(f"/v1/sessions/{session}/events", body).status_code == 201


def test_everything_after_the_cursor_then_what_comes(place: Place) -> None:
    session = place.session()["id"]
    write(place.key, session, "before", "note")
    line = place.line(token="sk_test", after={session: 1})
    assert hear(line, "welcome")["after"] == {session: 1}
    assert hear(line, "event")["event"]["key"] == "before"
    write(place.key, session, "after", "note")
    frame = hear(line, "event")
    assert (frame["session"], frame["event"]["key"]) == (session, "after")


def test_a_customer_hears_the_company_and_not_its_notes(place: Place) -> None:
    visitor = place.visitor()
    session = visitor.post("/v1/sessions", {"identity": {}}).get_json()["id"]
    line = place.line(token=place.token(visitor), after={session: 0})
    write(visitor, session, "hello")
    write(place.key, session, "a note", "note")
    write(visitor, session, "again")
    heard = [hear(line, "event")["event"] for _ in range(4)]
    assert "note" not in [one["kind"] for one in heard]


def test_nobody_follows_anothers_session(place: Place) -> None:
    session = place.session()["id"]
    visitor = place.visitor()
    assert end(place.line(token=place.token(visitor), after={session: 0})) == ("not-found", 1008)
    assert end(place.line(token="w_nonsense", after={session: 0})) == ("unauthenticated", 1008)
    assert end(place.line(after={session: 0})) == ("unauthenticated", 1008)


def test_a_cookie_needs_an_origin_of_ours(place: Place) -> None:
    session = place.session()["id"]
    agent = place.agent()
    assert end(place.line(agent, origin=None, after={session: 0})) == ("cross-site", 1008)
    assert hear(place.line(agent, after={session: 0}), "welcome")


def test_an_agent_follows_every_session_by_the_stream(place: Place) -> None:
    line = place.line(place.agent(), after={"*": ""})
    hear(line, "welcome")
    session = place.session()["id"]
    assert hear(line, "event")["session"] == session


def test_a_star_of_a_customer_shows_nothing_of_others(place: Place) -> None:
    visitor = place.visitor()
    session = visitor.post("/v1/sessions", {"identity": {}}).get_json()["id"]
    line = place.line(token=place.token(visitor), after={session: 0, "*": ""})
    assert "*" not in hear(line, "welcome")["after"]
    write(place.key, place.session()["id"], "elsewhere", "note")
    write(visitor, session, "mine")
    seen = hear(line, "event")
    while seen["event"]["kind"] != "message":
        seen = hear(line, "event")
    assert seen["session"] == session


def test_typing_reaches_the_other_side_and_not_oneself(place: Place) -> None:
    visitor = place.visitor()
    session = visitor.post("/v1/sessions", {"identity": {}}).get_json()["id"]
    mine = place.line(token=place.token(visitor), after={session: 99})
    hear(mine, "welcome")
    theirs = place.line(place.agent(), after={session: 99})
    hear(theirs, "welcome")
    assert hear(mine, "presence")["actor"]["kind"] == "agent"
    mine.send(json.dumps({"type": "typing", "session": session, "on": True}))
    assert hear(theirs, "typing") == {
        "type": "typing",
        "session": session,
        "actor": {"kind": "customer", "name": ""},
        "on": True,
    }
    theirs.send(json.dumps({"type": "typing", "session": session, "on": True}))
    assert hear(mine, "typing")["actor"] == {"kind": "agent", "name": "Ada"}


def test_a_revoked_link_ends_its_windows_socket(place: Place) -> None:
    notice = place.house.notify()
    jar = place.jar(notice["link"]["code"])
    line = place.line(jar, after={notice["session"]: 0})
    hear(line, "welcome")
    links.revoke(place.world, place.house.key, notice["link"]["id"])
    assert end(line) == ("not-found", 1008)


def test_subscribing_later_is_the_same_read(place: Place) -> None:
    first, second = place.session()["id"], place.session(identity={"phone": "+12025550178"})["id"]
    line = place.line(token="sk_test", after={first: 1})
    hear(line, "welcome")
    line.send(json.dumps({"type": "subscribe", "after": {second: 0}}))
    assert hear(line, "event")["session"] == second


@pytest.mark.parametrize("after", [[], "x", 7, {str(n): 0 for n in range(60)}])
def test_a_cursor_that_is_none(place: Place, after: object) -> None:
    assert end(place.line(token="sk_test", after=after))[1] == 1008


@pytest.mark.parametrize("seq", [-1, "1", None, 1.5, True, 2**70])
def test_a_number_that_is_none_is_read_from_somewhere_sane(place: Place, seq: object) -> None:
    line = place.line(token="sk_test", after={place.session()["id"]: seq})
    assert hear(line, "welcome")


def test_a_closed_session_is_followed_to_its_end(place: Place) -> None:
    session = place.session()["id"]
    line = place.line(token="sk_test", after={session: 1})
    hear(line, "welcome")
    place.house.clock.on(seconds=2 * 24 * 3600)
    assert sessions.close_silent(place.world) == 1
    assert hear(line, "event")["event"]["kind"] == "session.closed"
