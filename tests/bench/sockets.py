"""Many open sockets in a process of their own, and messages posted from there: the time from POST to frame on one clock."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench import load

BROWSERS_OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
"""Every browser asks for compression; a server that agrees pays for it in memory, so the measurement must ask too."""


@dataclass(frozen=True)
class Pushed:
    """Milliseconds from the beginning of a POST to its frame on the other side; `lost` never came."""

    p50: float
    p99: float
    lost: int


class Line:
    """The process that holds the sockets."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def push(self, *, rate: int, seconds: float) -> Pushed:
        """Posts `rate` messages a second, each to a session of its own turn, and waits for all their frames."""
        return Pushed(**self._tell({"rate": rate, "seconds": seconds}))

    def _tell(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the sockets' process ended")
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def opened(port: int, key: str, sessions: list[str]) -> Iterator[Line]:
    """One socket per session, each welcomed before the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sockets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    line = Line(process)
    try:
        line._tell({"port": port, "key": key, "sessions": sessions})
        yield line
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


def _work() -> None:
    import resource  # noqa: PLC0415 -- this part runs in the other process, after gevent has patched it
    import socket  # noqa: PLC0415
    import time  # noqa: PLC0415

    import gevent  # noqa: PLC0415
    import websocket  # noqa: PLC0415
    from gevent.pool import Pool  # noqa: PLC0415

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 65_536)), hard))
    order = json.loads(sys.stdin.readline())
    port, key, sessions = order["port"], order["key"], order["sessions"]
    sent: dict[str, float] = {}
    took: list[float] = []
    idle: list[socket.socket] = []
    refused: set[bytes] = set()

    def hold(session: str) -> None:
        line = websocket.create_connection(f"ws://127.0.0.1:{port}/v1/live", header=[BROWSERS_OFFER], timeout=60)
        line.send(json.dumps({"type": "hello", "token": key, "after": {session: 0}}))
        line.settimeout(None)
        while json.loads(line.recv())["type"] != "welcome":
            pass
        gevent.spawn(listen, line)

    def listen(line: Any) -> None:
        while frame := line.recv():
            now = time.perf_counter()
            said = json.loads(frame)
            begun = sent.pop(said.get("event", {}).get("key", ""), None) if said["type"] == "event" else None
            if begun is not None:
                took.append((now - begun) * 1000)

    def post(number: int) -> None:
        name = f"push-{time.time_ns()}-{number}"
        body = json.dumps({"key": name, "kind": "note", "body": {"text": "Is there a seat by the window?"}}).encode()
        path = f"/v1/sessions/{sessions[number % len(sessions)]}/events"
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        data = load.request("POST", path, host=f"127.0.0.1:{port}", headers=headers, body=body)
        web = idle.pop() if idle else socket.create_connection(("127.0.0.1", port))
        sent[name] = time.perf_counter()
        web.sendall(data)
        answer = b""
        while load.whole(answer) is None:
            answer += web.recv(65_536)
        refused.update([answer[:300]] if load.whole(answer) != 201 else [])
        idle.append(web)

    Pool(50).map(hold, sessions)
    gevent.sleep(1)
    print("{}", flush=True)
    for text in sys.stdin:
        wish = json.loads(text)
        took.clear()
        posts = []
        for number in range(int(wish["rate"] * wish["seconds"])):
            posts.append(gevent.spawn(post, number))
            gevent.sleep(1 / wish["rate"])
        gevent.joinall(posts)
        gevent.sleep(1)
        ordered = sorted(took) or [0.0]
        middle, late = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        for answer in refused:
            print(answer.decode(errors="replace"), file=sys.stderr)
        print(json.dumps({"p50": middle, "p99": late, "lost": len(sent)}), flush=True)


if __name__ == "__main__":
    from gevent import monkey

    monkey.patch_all()
    _work()
