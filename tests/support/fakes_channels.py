"""Stand-ins for providers, and where their published descriptions lie when this checkout has them beside it."""

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from widget_server.channels.contract import HttpAnswer, HttpCall

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"
"""Published descriptions are data of their makers and stay outside; tests that read them exist only where they are."""

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "a-token-of-the-account"


class Wire:
    """A transport that answers what it was told to, in turn, and keeps what was asked."""

    def __init__(self, *answers: HttpAnswer | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[HttpCall] = []

    def __call__(self, call: HttpCall) -> HttpAnswer:
        self.calls.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answered(status: int, body: Any = "", **headers: str) -> HttpAnswer:
    """An HTTP answer with a JSON body."""
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return HttpAnswer(status, named, body.encode() if isinstance(body, str) else json.dumps(body).encode())


def login(call: HttpCall) -> tuple[str, str]:
    """The name and password of a call's basic authentication."""
    name, _, password = base64.b64decode(call.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
    return name, password


class Description:
    """The small part of OpenAPI 3.0 that judges one message: types, patterns, lengths, enums and nullable."""

    def __init__(self, path: Path) -> None:
        self._all = json.loads(path.read_text())

    def form_of(self, path: str, method: str = "post") -> dict[str, Any]:
        operation = self._all["paths"][path][method]
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        return self._whole(schema)

    def schema(self, name: str) -> dict[str, Any]:
        return self._whole(self._all["components"]["schemas"][name])

    def faults(self, value: Any, schema: dict[str, Any], where: str = "") -> Iterable[str]:
        schema = self._whole(schema)
        if value is None:
            if not schema.get("nullable"):
                yield f"{where}: null"
            return
        expected = {"object": dict, "string": str, "integer": int, "array": list, "boolean": bool}.get(
            schema.get("type", "object")
        )
        if expected and not isinstance(value, expected):
            yield f"{where}: {value!r} is no {schema['type']}"
        elif isinstance(value, str):
            yield from self._string_faults(value, schema, where)
        elif isinstance(value, dict) and "properties" in schema:
            yield from (f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value)
            for name, inner in value.items():
                if name not in schema["properties"]:
                    yield f"{where}: {name} is not described"
                else:
                    yield from self.faults(inner, schema["properties"][name], f"{where}.{name}")

    def _string_faults(self, value: str, schema: dict[str, Any], where: str) -> Iterable[str]:
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is none of {schema['enum']}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where}: {value!r} does not match {schema['pattern']}"
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9):
            yield f"{where}: length {len(value)}"

    def _whole(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in schema:
            return schema
        name = schema["$ref"].rsplit("/", 1)[1]
        return self._whole(self._all["components"]["schemas"][name])


Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """A server on a free port of this machine that does with each connection what it is told."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def answering(raw: bytes, seen: list[bytes] | None = None) -> Talk:
    def talk(connection: socket.socket) -> None:
        got = connection.recv(65536)
        if b"Content-Length: 4" in got and not got.endswith(b"body"):
            got += connection.recv(65536)
        if seen is not None:
            seen.append(got)
        connection.sendall(raw)

    return talk
