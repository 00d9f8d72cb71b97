"""A load generator: keep-alive connections in a process of their own, each sending its next request when it has its answer."""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

UNIQUE = b"%UNIQUE%"
"""Stands, in a request, for a number that no other request of this run has; of fixed width, so lengths stay right."""

WIDTH = 12
WARM_UP = 0.15  # of the time: caches fill, connections open


@dataclass(frozen=True)
class Load:
    """What one run gave.

    Attributes:
        rate: good answers a second.
        p50, p99: milliseconds from request to whole answer.
        bad: answers whose status is not among the 200s and 300s, and connections that broke.
        example: the first bad answer, for whoever must find out.
    """

    rate: float
    p50: float
    p99: float
    bad: int
    example: str = ""


def request(method: str, path: str, *, host: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """The bytes of one HTTP request; UNIQUE may stand in its body or path."""
    length = len(body) + body.count(UNIQUE) * (WIDTH - len(UNIQUE))
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {host}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    if body or method == "POST":
        lines.append(f"Content-Length: {length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def measure(port: int, requests: Sequence[bytes], *, connections: int = 16, seconds: float = 4.0) -> Load:
    """Sends the requests in turn, over and over, from a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, port, list(requests), connections, seconds))
    process.start()
    there.close()
    try:
        load: Load = here.recv()
        return load
    finally:
        process.join()
        here.close()


def whole(received: bytes) -> int | None:
    """The status of an answer, once all of it has arrived. Ours always say how long they are."""
    head, end, body = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((line.partition(b":")[2] for line in lines if line.startswith(b"content-length:")), b"0")
    return int(head[9:12]) if end and len(body) >= int(length) else None


class _Connection:
    """One keep-alive connection and the answer it is waiting for."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.sent_at = 0.0
        self.received = b""

    def ask(self, data: bytes) -> None:
        self.sent_at, self.received = time.perf_counter(), b""
        self.socket.send(data)

    def answer(self) -> tuple[int, bytes] | None:
        """Status and bytes once the answer is whole."""
        data = self.socket.recv(262_144)
        if not data:
            return 0, b"the connection was closed"
        self.received += data
        status = whole(self.received)
        return None if status is None else (status, self.received)


class _Run:
    def __init__(self, port: int, requests: list[bytes], seconds: float) -> None:
        self.port, self.requests = port, requests
        self.begun = time.perf_counter()
        self.counted_from = self.begun + seconds * WARM_UP
        self.until = self.begun + seconds
        self.sent = 0
        # Two runs of one bench must not repeat each other's unique numbers.
        self.first = time.time_ns() // 1000 % 10**WIDTH
        self.took: list[float] = []
        self.bad = 0
        self.example = ""

    def next(self) -> bytes:
        template = self.requests[self.sent % len(self.requests)]
        self.sent += 1
        return template.replace(UNIQUE, b"%0*d" % (WIDTH, (self.first + self.sent) % 10**WIDTH))

    def done(self, connection: _Connection, status: int, data: bytes) -> None:
        now = time.perf_counter()
        if not 200 <= status < 400:
            self.bad += 1
            self.example = self.example or data[:400].decode(errors="replace")
        elif now >= self.counted_from:
            self.took.append((now - connection.sent_at) * 1000)

    def result(self) -> Load:
        took = sorted(self.took) or [0.0]
        return Load(
            rate=len(self.took) / (self.until - self.counted_from),
            p50=took[len(took) // 2],
            p99=took[min(len(took) - 1, int(len(took) * 0.99))],
            bad=self.bad,
            example=self.example,
        )


def _work(
    pipe: "multiprocessing.connection.Connection", port: int, requests: list[bytes], connections: int, seconds: float
) -> None:
    run = _Run(port, requests, seconds)
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        _open(selector, run)
    while time.perf_counter() < run.until and selector.get_map():
        for key, _ in selector.select(0.5):
            connection: _Connection = key.data
            answered = connection.answer()
            if answered is None:
                continue
            run.done(connection, *answered)
            if answered[0] == 0:
                selector.unregister(connection.socket)
                connection.socket.close()
                _open(selector, run)
            else:
                connection.ask(run.next())
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    pipe.send(run.result())
    pipe.close()


def _open(selector: selectors.BaseSelector, run: _Run) -> None:
    connection = _Connection(run.port)
    selector.register(connection.socket, selectors.EVENT_READ, connection)
    connection.ask(run.next())
