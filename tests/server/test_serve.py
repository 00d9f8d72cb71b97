"""The server as it is run: one process that starts over patched, stops gracefully, and logs nothing that opens a link."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import websocket

from tests.support.server import free_port
from widget_server.redact import HIDDEN, redacted
from widget_server.serve import CannotServe, Plan, check
from widget_server.settings import Settings

PROGRAM = """
import sys
from pathlib import Path
from disposable import loading
from widget_server.actions import setup
from widget_server.app import create_world
from widget_server.serve import serve
from widget_server.settings import Settings

settings = Settings.for_demo(Path(sys.argv[1]), int(sys.argv[2]), environ={})
world = create_world(settings)
if not setup.sites(world):
    site = setup.add_site(world, "Meridian Air", [])
    setup.publish(world, site.id, loading.load(loading.gallery()["flight-delay"]))
    setup.add_key(world, site.id, "tests", "sk_test")
world.store.close()
serve(settings, "127.0.0.1", int(sys.argv[2]))
"""
KEY = {"Authorization": "Bearer sk_test", "Content-Type": "application/json"}


@dataclass
class Served:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    port: int
    log: Path

    def ask(self, path: str, body: object = None, **headers: str) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {**KEY, **headers})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def session(self) -> str:
        found: str = self.ask("/v1/sessions", {"identity": {"phone": "+12025550177"}})["id"]
        return found

    def note(self, session: str, key: str) -> Any:
        return self.ask(f"/v1/sessions/{session}/events", {"key": key, "kind": "note", "body": {"text": key}})

    def socket(self, session: str, after: int = 0) -> websocket.WebSocket:
        found = websocket.create_connection(f"ws://127.0.0.1:{self.port}/v1/live", timeout=60, suppress_origin=True)
        found.send(json.dumps({"type": "hello", "token": "sk_test", "after": {session: after}}))
        assert json.loads(found.recv())["type"] == "welcome"
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    port = free_port()
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "data"), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    server = Served(process, port, log)
    try:
        wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_ready(server: Served) -> None:
    pause = threading.Event()
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/readyz", timeout=5):
                return
        except OSError:
            assert server.process.poll() is None, server.log.read_text()
            pause.wait(0.1)
    raise AssertionError(server.log.read_text())


def heard(line: websocket.WebSocket, kind: str) -> Any:
    while (frame := json.loads(line.recv()))["type"] != kind:
        pass
    return frame


def test_what_is_posted_is_pushed_and_a_cut_reader_goes_on_from_its_cursor(served: Served) -> None:
    session = served.session()
    line = served.socket(session, after=1)
    served.note(session, "one")
    first = heard(line, "event")["event"]
    line.shutdown()  # type: ignore[no-untyped-call]
    served.note(session, "two")
    served.note(session, "three")
    again = served.socket(session, after=first["seq"])
    assert [heard(again, "event")["event"]["key"] for _ in range(2)] == ["two", "three"]
    again.shutdown()  # type: ignore[no-untyped-call]


def test_a_slow_reader_stops_nobody_else_and_loses_nothing(served: Served) -> None:
    session = served.session()
    slow, quick = served.socket(session, after=1), served.socket(session, after=1)
    big = "x" * 60_000
    for n in range(60):
        body = {"key": f"k{n}", "kind": "custom.big", "body": {"text": big}}
        served.ask(f"/v1/sessions/{session}/events", body)
        assert heard(quick, "event")["event"]["key"] == f"k{n}"
    assert [heard(slow, "event")["event"]["key"] for _ in range(60)] == [f"k{n}" for n in range(60)]
    for line in (slow, quick):
        line.shutdown()  # type: ignore[no-untyped-call]


def test_stopping_says_bye_and_lets_work_in_hand_finish(served: Served) -> None:
    session = served.session()
    line = served.socket(session, after=1)
    pages: list[Any] = []
    began = threading.Event()

    def poll() -> None:
        began.set()
        pages.append(served.ask(f"/v1/sessions/{session}/events?after=1&wait=30"))

    poller = threading.Thread(target=poll)
    poller.start()
    began.wait(10)
    # An open connection between two requests must not hold the server up either.
    idle = urllib.request.urlopen(f"http://127.0.0.1:{served.port}/healthz", timeout=10)
    assert served.stop() == 0
    bye = heard(line, "bye")
    opcode, data = line.recv_data()
    assert (bye["reason"], bye["retry_in"] > 0) == ("restart", True)
    assert (opcode, int.from_bytes(data[:2], "big")) == (websocket.ABNF.OPCODE_CLOSE, 1001)
    poller.join(30)
    assert pages == [{"events": [], "seq": 1}]
    idle.close()
    line.shutdown()  # type: ignore[no-untyped-call]
    assert "Worker graceful timeout" not in served.log.read_text()


def test_no_log_holds_a_code_a_token_or_a_number(served: Served) -> None:
    context = {
        "flight": {
            "number": "MA 204",
            "departs": "2027-01-15T18:40:00+01:00",
            "alternatives": [{"number": "MA 210", "departs": "2027-01-15T20:10:00+01:00"}],
        },
        "passenger": {"first_name": "Mara", "last_name": "Lindqvist"},
    }
    body = {"app": "flight-delay", "identity": {"phone": "+12025550142"}, "context": context}
    code = served.ask("/v1/links", body)["code"]
    for path in (f"/l/{code}", f"/l/{code[:-1]}x", f"/{code}", f"/a/{code}", f"/v1/sessions?handle={code}"):
        asked = urllib.request.Request(
            f"http://127.0.0.1:{served.port}{path}", headers={"Referer": f"https://x/{code}"}
        )
        try:
            urllib.request.urlopen(asked, timeout=10).close()
        except urllib.error.HTTPError as refused:
            refused.close()
    assert served.stop() == 0
    log = served.log.read_text()
    assert "GET /l/<code> 200" in log
    for secret in (code, code[:-1], "sk_test", "+12025550142", "Lindqvist"):
        assert secret not in log


def settings(folder: Path, **more: Any) -> Settings:
    base = Settings.for_demo(folder, 1, environ={})
    return Settings(**{**base.__dict__, **more})


def test_several_workers_need_what_they_share(tmp_path: Path) -> None:
    shared = {"database_url": "postgresql://x@/y", "redis_url": "redis://x"}
    check(Plan(settings(tmp_path), "127.0.0.1", 1, workers=1))
    check(Plan(settings(tmp_path, **shared), "127.0.0.1", 1, workers=2))
    for lacking in shared:
        given = {name: value for name, value in shared.items() if name != lacking}
        with pytest.raises(CannotServe, match="PostgreSQL"):
            check(Plan(settings(tmp_path, **given), "127.0.0.1", 1, workers=2))
    with pytest.raises(CannotServe):
        check(Plan(settings(tmp_path), "127.0.0.1", 1, workers=0))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /l/aB3cdEfghijklmnopqrstu HTTP", f"GET /l/{HIDDEN} HTTP"),
        ("at /aB3cdEfghijklmnopqrstu", f"at /{HIDDEN}"),
        ("Bearer w_" + "aB3" * 12, f"Bearer {HIDDEN}"),
        ("GET /x?token=1&b=2 HTTP", f"GET /x?{HIDDEN} HTTP"),
        ("sent to +4915112345678.", f"sent to {HIDDEN}."),
        ("session 0198c0de-1111-7222-8333-444455556666 moved", "session 0198c0de-1111-7222-8333-444455556666 moved"),
        ("in _a_function_with_a_long_name", "in _a_function_with_a_long_name"),
    ],
)
def test_what_is_hidden_and_what_is_not(line: str, shown: str) -> None:
    assert redacted(line) == shown


def test_every_code_is_hidden_whatever_its_letters() -> None:
    from disposable.links import LinkKeys  # noqa: PLC0415

    keys = LinkKeys([(0, b"k" * 32)])
    for link in range(2000):
        code = keys.sign(link * 7919, "chat.example")
        assert code not in redacted(f"https://chat.example/{code} and /l/{code}.")
        assert re.search(code[:12], redacted(f"/{code}")) is None
