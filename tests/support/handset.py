"""A real handset process for tests, and a server that hears its hooks."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import requests

from tests.support.fakes_channels import SID, TOKEN

SENDER = "+12025550123"
PHONE = "+12025550143"


@dataclass
class Handset:
    """A running handset: its address, and what anyone may ask of it."""

    url: str
    process: "subprocess.Popen[str]"
    phone: str = PHONE

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.url + path, auth=(SID, TOKEN), timeout=30, **options)

    def send(self, text: str, to: str = "", **form: str) -> requests.Response:
        path = f"/2010-04-01/Accounts/{SID}/Messages.json"
        return self.ask("POST", path, data={"To": to or self.phone, "From": SENDER, "Body": text} | form)

    def type(self, text: str) -> dict[str, Any]:
        answer = self.ask("POST", f"/phones/{self.phone}/messages", json={"text": text})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def shows(self, until: Callable[[list[dict[str, Any]]], bool] = bool) -> list[dict[str, Any]]:
        """What the phone shows, oldest first, as soon as `until` holds of it."""
        after = 0
        known: dict[str, dict[str, Any]] = {}
        while True:
            page = self.ask("GET", f"/phones/{self.phone}/messages", params={"after": after, "wait": 20}).json()
            assert page["n"] > after, "nothing more happened"
            after = page["n"]
            known |= {message["id"]: message for message in page["messages"]}
            found = sorted(known.values(), key=lambda message: message["at"])
            if until(found):
                return found

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def handset(folder: Path, hook: str) -> Iterator[Handset]:
    """A handset that keeps its state in `folder` and posts texts to `hook`."""
    command = [sys.executable, "-m", "widget_server.demo.handset", "--dir", str(folder), "--hook", hook]
    options = ["--account", SID, "--sender", SENDER, "--pace", "0", "--with-parent"]
    with subprocess.Popen(
        command + options, stdout=subprocess.PIPE, text=True, env=os.environ | {"SAMETHREAD_HANDSET_TOKEN": TOKEN}
    ) as process:
        try:
            assert process.stdout
            yield Handset(json.loads(process.stdout.readline())["url"], process)
        finally:
            process.kill()


@dataclass
class Heard:
    """One hook as it came in."""

    url: str
    form: dict[str, str]
    signature: str


@dataclass
class Listener:
    """A server that answers hooks by `answers` (then 200) and keeps them; only those about one phone, if `about` is set."""

    url: str = ""
    about: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, until: Callable[[list[Heard]], bool]) -> list[Heard]:
        with self.changed:
            assert self.changed.wait_for(lambda: until(self.heard), 30), self.heard
            return list(self.heard)


@contextmanager
def listener() -> Iterator[Listener]:
    """A Listener on a free port."""
    found = Listener()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard = Heard(found.url + self.path, dict(parse_qsl(body, True)), self.headers["X-Twilio-Signature"])
            with found.changed:
                status = found.answers.pop(0) if found.answers else 200
                if status < 300 and found.about in ("", heard.form["From"], heard.form["To"]):
                    found.heard.append(heard)
                found.changed.notify_all()
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
