"""The live socket's transport: whole frames, one writer, bounded input, an honest goodbye. A fake feed says what is said."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import websocket
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from tests.support.web_parts import bare_app
from widget_server.assets import Assets
from widget_server.realtime.hub import Hub
from widget_server.web import line as lines
from widget_server.web import sockets
from widget_server.web.guards import check_origin
from widget_server.web.held import Live
from widget_server.web.line import Closed, Line
from widget_server.web.problems import Problem, Problems
from widget_server.words import Words

OURS = "https://chat.example"


class FakeFeed:
    """Welcomes, then says whatever a test puts into `due`; `fail` is raised instead."""

    def __init__(self, hello: dict[str, Any], ring: Callable[[], None]) -> None:
        self.hello = hello
        self.ring = ring
        self.due: list[dict[str, Any]] = [{"type": "welcome", "after": hello.get("after", {})}]
        self.heard: list[dict[str, Any]] = []
        self.fail: Exception | None = None
        self.told = threading.Event()
        self.closed = threading.Event()

    def frames(self) -> Iterator[dict[str, Any]]:
        if self.fail:
            raise self.fail
        while self.due:
            yield self.due.pop(0)

    def hear(self, frame: dict[str, Any]) -> None:
        self.heard.append(frame)
        self.told.set()

    def idle(self) -> float | None:
        return None

    def close(self) -> None:
        self.closed.set()

    def say(self, *frames: dict[str, Any]) -> None:
        self.due.extend(frames)
        self.ring()


class Place:
    """A served app with one socket route, and the feeds it made."""

    def __init__(self, app: Flask, problems: Problems) -> None:
        self.live = Live(Hub())
        self.feeds: list[FakeFeed] = []
        self.greeted = threading.Event()
        app.register_blueprint(sockets.blueprint(self.live, self.greet, self.origin, problems.problem))
        self.server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"ws://127.0.0.1:{self.server.server_port}/v1/live"
        self.clients: list[websocket.WebSocket] = []

    def greet(self, hello: dict[str, Any], ring: Callable[[], None]) -> FakeFeed:
        if hello.get("token") != "good":
            raise Problem("unauthenticated")
        feed = FakeFeed(hello, ring)
        self.feeds.append(feed)
        self.greeted.set()
        return feed

    @staticmethod
    def origin() -> None:
        from flask import request  # noqa: PLC0415

        check_origin(dict(request.headers), {OURS})

    def connect(self, **more: Any) -> websocket.WebSocket:
        found: websocket.WebSocket = websocket.create_connection(self.url, origin=OURS, timeout=10, **more)
        self.clients.append(found)
        return found

    def greeting(self) -> tuple[websocket.WebSocket, FakeFeed]:
        client = self.connect()
        say(client, type="hello", token="good", after={"s1": 4})
        assert hear(client) == {"type": "welcome", "after": {"s1": 4}}
        return client, self.feeds[-1]


@pytest.fixture
def place(assets: Assets, words: Words) -> Iterator[Place]:
    made = Place(bare_app(assets, words), Problems(words, OURS))
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    for client in made.clients:
        client.shutdown()  # type: ignore[no-untyped-call]
    made.live.stop()
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def say(client: websocket.WebSocket, **frame: Any) -> None:
    client.send(json.dumps(frame))


def hear(client: websocket.WebSocket) -> Any:
    return json.loads(client.recv())


def farewell(client: websocket.WebSocket) -> tuple[dict[str, Any] | None, int]:
    """The bye, if one came before the end, and the code of the close frame."""
    bye = None
    while True:
        opcode, data = client.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return bye, int.from_bytes(data[:2], "big")
        bye = json.loads(data)


def test_hello_is_welcomed_and_events_are_pushed(place: Place) -> None:
    client, feed = place.greeting()
    feed.say({"type": "event", "session": "s1", "event": {"seq": 5}}, {"type": "typing", "session": "s1", "on": True})
    assert hear(client)["event"] == {"seq": 5}
    assert hear(client)["type"] == "typing"
    client.close()
    assert feed.closed.wait(10)


def test_what_the_client_says_reaches_the_feed(place: Place) -> None:
    client, feed = place.greeting()
    say(client, type="typing", session="s1", on=True)
    assert feed.told.wait(10)
    assert feed.heard == [{"type": "typing", "session": "s1", "on": True}]
    say(client, type="ping")
    assert hear(client) == {"type": "pong"}


def test_large_frames_arrive_whole_while_pings_are_answered(place: Place) -> None:
    client, feed = place.greeting()
    big = "x" * 3_000_000
    feed.say(*({"type": "event", "n": n, "text": big} for n in range(3)))
    client.ping("are you there")
    seen: list[dict[str, Any]] = []
    while len(seen) < 3:
        opcode, data = client.recv_data(control_frame=True)
        if opcode == websocket.ABNF.OPCODE_TEXT:
            seen.append(json.loads(data))
    assert [(frame["n"], len(frame["text"])) for frame in seen] == [(0, 3_000_000), (1, 3_000_000), (2, 3_000_000)]


def test_compression_is_never_accepted(place: Place) -> None:
    client = place.connect(header=["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
    assert "sec-websocket-extensions" not in (client.getheaders() or {})


def test_another_sites_page_is_not_let_in(place: Place) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        websocket.create_connection(place.url, origin="https://evil.example", timeout=10)
    assert caught.value.status_code == 403


def test_a_broken_handshake_is_an_answer_not_a_crash(place: Place) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        websocket.create_connection(place.url, timeout=10, suppress_origin=True, header={"Sec-WebSocket-Version": "8"})
    assert caught.value.status_code == 400


def test_without_upgrade_it_says_what_it_speaks(assets: Assets, words: Words) -> None:
    app = bare_app(assets, words)
    Place(app, Problems(words, OURS)).server.server_close()
    answer = app.test_client().get("/v1/live")
    assert (answer.status_code, answer.get_json()["code"]) == (426, "upgrade-required")


NO_HELLOS = (
    "not json",
    "[]",
    '{"no":"type"}',
    '{"type":"typing","session":"s","on":true}',
    '{"type":"hello","token":"bad"}',
    "[" * 9000,
)


@pytest.mark.parametrize("sent", NO_HELLOS)
def test_who_says_no_proper_hello_is_sent_away(place: Place, sent: str) -> None:
    client = place.connect()
    client.send(sent)
    bye, code = farewell(client)
    assert code == 1008
    assert bye is not None
    assert bye["type"] == "bye"
    assert bye["retry_in"] > 0


def test_frames_are_bounded_in_size(place: Place) -> None:
    client, _ = place.greeting()
    client.send("x" * (lines.MAX_FRAME + 1))
    assert farewell(client)[1] == 1009


def test_frames_are_bounded_in_rate(place: Place) -> None:
    client, _ = place.greeting()
    for _ in range(lines.BURST + 20):
        say(client, type="typing", session="s1", on=True)
    bye, code = farewell(client)
    assert (code, bye and bye["reason"]) == (1008, "too many frames")


def test_a_right_that_is_withdrawn_ends_the_socket(place: Place) -> None:
    client, feed = place.greeting()
    feed.fail = Problem("unauthenticated")
    feed.ring()
    bye, code = farewell(client)
    assert (code, bye and bye["reason"]) == (1008, "unauthenticated")
    assert feed.closed.wait(10)


def test_a_stopping_server_says_bye_to_everyone(place: Place) -> None:
    clients = [place.greeting()[0] for _ in range(3)]
    place.live.stop()
    for client in clients:
        bye, code = farewell(client)
        assert code == 1001
        assert bye is not None
        assert (bye["type"], bye["reason"]) == ("bye", "restart")
        assert 0 < bye["retry_in"] < 10
    late = place.connect()
    assert farewell(late)[1] == 1001


class FakeSocket:
    """As much of a WebSocket as a line needs; `full` makes every write take as long as the clock says."""

    def __init__(self) -> None:
        self.event = lines.Bell()
        self.input_buffer: list[str] = []
        self.connected = True
        self.sent: list[str] = []
        self.closed: tuple[int, str] | None = None
        self.sock = self
        self.thread = threading.current_thread()
        self.cut = False
        self.during_send: Callable[[], None] = lambda: None

    def send(self, data: str) -> None:
        self.during_send()
        self.sent.append(data)

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)
        self.connected = False

    def shutdown(self, how: int) -> None:
        self.cut = True


def test_a_slow_reader_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("widget_server.web.line.time.monotonic", lambda: now[0])
    ws = FakeSocket()
    line = Line(ws)

    def slowly() -> None:
        now[0] += lines.SLOW + 1

    ws.during_send = slowly
    with pytest.raises(Closed) as caught:
        line.tell({"type": "event"})
    ws.during_send = lambda: None
    line.hang_up(caught.value)
    assert ws.closed == (1013, "slow")
    assert json.loads(ws.sent[-1])["type"] == "bye"


def test_a_dead_reader_is_cut() -> None:
    ws = FakeSocket()
    line = Line(ws)

    def stuck() -> None:
        raise TimeoutError

    ws.during_send = stuck
    with pytest.raises(Closed):
        line.tell({"type": "event"})
    assert ws.cut


def test_a_flood_is_cut_before_it_fills_memory() -> None:
    ws = FakeSocket()
    Line(ws)
    for _ in range(10 * lines.BURST):
        ws.input_buffer.append("{}")
        ws.event.set()
    assert len(ws.input_buffer) <= 2 * lines.BURST
    assert ws.cut
