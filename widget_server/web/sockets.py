"""/v1/live: the same cursor as over HTTP, pushed. The request's greenlet is the only writer of its socket.

    client  hello {token?, handle?, after}   typing {session, on}   subscribe {after}   ping
    server  welcome {after}   event {session, event}   typing   presence   pong   bye {retry_in, reason}

Nothing here decides what a party may see: a feed does. A frame is a hint that may be lost; what counts is read after the cursor.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from flask import Blueprint, request
from flask_sock import Sock

from widget_server.actions.world import World
from widget_server.realtime.feed import Feed as SessionFeed
from widget_server.web import ear
from widget_server.web.guards import Guards
from widget_server.web.held import Live
from widget_server.web.line import OPTIONS, POLICY, Closed, Line, prepare
from widget_server.web.problems import Problem

MOST_SESSIONS = 50
HELLO_WITHIN = 10
"""Seconds a socket may be open without saying who it is."""


class Feed(Protocol):
    """What one party may see, as frames."""

    def frames(self) -> Iterable[dict[str, Any]]:
        """Everything due now, the welcome first. Raises Problem's causes when the right was withdrawn."""

    def hear(self, frame: dict[str, Any]) -> None:
        """Takes a frame of the client: typing, subscribe."""

    def idle(self) -> float | None:
        """Seconds until `frames` wants to be asked again though nobody rang; None for never."""

    def close(self) -> None:
        """Nobody reads it any more."""


Greet = Callable[[dict[str, Any], Callable[[], None]], Feed]
"""(hello, ring) -> the feed of whoever said hello. Raises what guards raise."""


def greeter(world: World, guards: Guards, live: Live) -> Greet:
    """Who says hello with a token is that token's party; without one, the party of the cookies the handshake carried."""

    def greet(hello: dict[str, Any], ring: Callable[[], None]) -> Feed:
        after = hello.get("after", {})
        if not isinstance(after, dict) or len(after) > MOST_SESSIONS:
            raise Closed(POLICY, "after is no cursor", retry_in=10)
        token, handle = hello.get("token"), hello.get("handle")
        if token is not None:
            who = guards.bearer(str(token))
        else:
            # A browser adds cookies to any page's socket: without an origin of ours they prove nothing.
            guards.our_page()
            who = guards.of_cookies(str(handle or ""))
        return SessionFeed(world, live.hub, who, after, ring)

    return greet


def blueprint(
    live: Live, greet: Greet, check_origin: Callable[[], None], problem: Callable[[Exception], Problem]
) -> Blueprint:
    """The socket's route. The app must set SOCK_SERVER_OPTIONS to `line.OPTIONS`."""
    made = Blueprint("live", __name__)
    sock = Sock()

    @made.before_request
    def shake_hands() -> None:
        check_origin()
        prepare(request)

    @made.record_once
    def options(state: Any) -> None:
        state.app.config["SOCK_SERVER_OPTIONS"] = OPTIONS | ear.options()

    @sock.route("/v1/live", bp=made)  # type: ignore[untyped-decorator]
    def socket(ws: Any) -> None:
        line = Line(ws)
        live.add(line)
        try:
            converse(line, greet)
        except Closed as end:
            line.hang_up(end)
        except Exception as error:
            found = problem(error)
            line.hang_up(Closed(POLICY, found.slug, retry_in=found.facts.get("retry_in", 30)))
        finally:
            live.remove(line)
            line.finish()

    return made


def converse(line: Line, greet: Greet) -> None:
    """Speaks on one line until it ends; it always ends by Closed, or by an error of the feed."""
    hello, early = _hello(line)
    feed = greet(hello, line.ring)
    try:
        for frame in early:
            _hear(line, feed, frame)
        while True:
            for frame in feed.frames():
                line.tell(frame)
            line.wait(feed.idle())
            for frame in line.heard():
                _hear(line, feed, frame)
    finally:
        feed.close()


def _hello(line: Line) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    while line.wait(HELLO_WITHIN):
        frames = line.heard()
        if frames:
            if frames[0]["type"] != "hello":
                raise Closed(POLICY, "say hello first", retry_in=10)
            return frames[0], frames[1:]
    raise Closed(POLICY, "no hello", retry_in=10)


def _hear(line: Line, feed: Feed, frame: dict[str, Any]) -> None:
    if frame["type"] == "ping":
        line.tell({"type": "pong"})
    else:
        feed.hear(frame)
