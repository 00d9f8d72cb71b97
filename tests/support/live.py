"""A whole server in this process, on threads: pages, REST and sockets over a world the test can also move by its verbs."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug import Response
from werkzeug.serving import make_server

from tests.support import worlds
from tests.support.pages import Sent, Web
from widget_server.actions import desk, sessions, setup
from widget_server.app import create_app
from widget_server.settings import Settings

SHOP = """<!doctype html><html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Trips</title><main><h1>My trips</h1><p><a href="/shop/{lang}?again">Next page</a></p></main>
<script>window.Samethread=window.Samethread||function(){{(Samethread.q=Samethread.q||[]).push(arguments)}};
window.said=[];for(const name of["ready","open","close","unread","message","error"])
Samethread("on",name,fact=>said.push([name,fact]))</script>
<script async src="http://127.0.0.1:{port}/widget.js" data-site="{key}"></script>"""


@dataclass
class Live:
    """A running server. `base` is its address; the company's own page is on another origin, `shop()`."""

    house: worlds.House
    web: Web
    port: int
    shut: set[str] = field(default_factory=set)
    digits: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def shop(self, lang: str = "en") -> str:
        """A page of the company, with the two-line snippet."""
        return f"http://localhost:{self.port}/shop/{lang}"

    def link(self, **more: Any) -> Sent:
        return self.web.link(**more)

    def epoch(self, session: str) -> int:
        return int(sessions.get(self.house.world, self.house.key, session)["epoch"])

    def accept(self, session: str) -> None:
        """Ada takes the session."""
        desk.accept(self.house.world, self.house.ada, session, self.epoch(session), f"accept {session}")

    def say(self, session: str, text: str, key: str = "") -> None:
        """Ada writes."""
        body = {"text": text}
        sessions.write(
            self.house.world, self.house.ada, session, key or text, "message", body, epoch=self.epoch(session)
        )

    def code(self) -> str:
        """The code that was last texted to anybody."""
        return self.digits[-1]

    def texts(self, session: str) -> list[str]:
        """All messages of a session, oldest first."""
        return [one["body"]["text"] for one in self.house.events(session) if one["kind"] == "message"]


@contextmanager
def running(folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[Live]:
    """A server of the test's own, as long as the block."""
    port = _free_port()
    app = create_app(Settings.for_demo(folder, port, environ=environ or {}))
    world = app.extensions["samethread"]
    dealt: list[str] = []
    make = world.digits

    def digits() -> str:
        dealt.append(make())
        return dealt[-1]

    object.__setattr__(world, "digits", digits)
    house = worlds._furnished(world, worlds.Clock())
    setup.set_site(world, house.site.id, origins=[f"http://localhost:{port}"])
    live = Live(house, Web(house, app, app.extensions["samethread.hub"]), port, digits=dealt)
    server = make_server("127.0.0.1", port, _front(live), threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield live
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _front(live: Live) -> Callable[[dict[str, Any], Any], Any]:
    """The company's page beside our server, and a switch that shuts paths as a broken proxy does."""

    def front(environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if path.startswith("/shop/"):
            page = SHOP.format(lang=path[6:], port=live.port, key=live.house.site.key)
            return Response(page, content_type="text/html; charset=utf-8")(environ, start)
        kind = "stream" if "event-stream" in environ.get("HTTP_ACCEPT", "") else path
        if any(kind.startswith(one) for one in live.shut):
            return Response("shut", 425)(environ, start)
        return live.web.app(environ, start)

    return front


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
