"""A company's own server, real and on this machine: it answers calls as it is told to, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What is answered: a body as it stands on the wire. `claims` is the length that is told, where it is not the true one;
    `hangs` keeps the other side waiting until the test is over."""

    status: int = 200
    body: bytes = b"{}"
    claims: int | None = None
    hangs: bool = False
    location: str = ""


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())


@dataclass
class Asked:
    """One call that came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Company:
    """The server; `replies` are given in turn, the last one for ever."""

    replies: list[Reply]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/call"


@contextmanager
def company(*replies: Reply, port: int = 0) -> Iterator[Company]:
    """A company's server that listens while the block runs."""
    made = Company(list(replies) or [Reply()])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.asked.append(Asked({name.lower(): value for name, value in self.headers.items()}, body))
            reply = made.replies.pop(0) if len(made.replies) > 1 else made.replies[0]
            if reply.hangs:
                made.over.wait(60)
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply.body) if reply.claims is None else reply.claims))
            if reply.location:
                self.send_header("Location", reply.location)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
