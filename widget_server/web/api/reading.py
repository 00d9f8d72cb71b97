"""Waiting for what comes next in a session: long polls and server-sent events, on the same read as everything else."""

import json
import time
from collections.abc import Iterator
from typing import Any

from widget_server.actions import access
from widget_server.actions.errors import NotFound
from widget_server.realtime.feed import Feed
from widget_server.web.held import Held
from widget_server.web.operations import Call

HEARTBEAT = 15
"""Seconds of silence after which a comment line shows both ends, and every proxy between, that the stream lives."""


def wait_for_page(call: Call, session: str, after: int, limit: int, seconds: float) -> dict[str, Any]:
    """A page of events after a number; if there are none yet, as soon as one comes or the seconds are over."""
    page = access.page(call.world, call.who, session, after, limit)
    if page["events"] or seconds <= 0:
        return page
    ends = time.monotonic() + seconds
    with call.live.holding([session]) as held:
        while True:
            before = page["seq"]
            # Revoked while it waited: what came since is no longer this reader's.
            page = access.page(call.world, access.still(call.world, call.who), session, before, limit)
            left = ends - time.monotonic()
            if page["events"] or left <= 0 or held.stopping:
                return page
            # What was read but is not this reader's to see moves the cursor: read on before waiting.
            if page["seq"] == before:
                held.wait(left)


def follow(call: Call, session: str, after: int) -> Iterator[str]:
    """Server-sent events from a number on, until the reader goes, the right ends or the server stops."""
    held = Held()
    feed = Feed(call.world, call.live.hub, call.who, {session: after}, held.ring)
    call.live.add(held)
    try:
        while not held.stopping:
            for frame in feed.frames():
                yield from _lines(frame)
            if not held.wait(HEARTBEAT):
                yield ":\n\n"
    except NotFound:
        yield from _lines({"type": "bye", "retry_in": 30, "reason": "not-found"})
    finally:
        call.live.remove(held)
        feed.close()


def _lines(frame: dict[str, Any]) -> Iterator[str]:
    kind = frame["type"]
    if kind == "event":
        event = frame["event"]
        yield f"id: {event['seq']}\nevent: event\ndata: {_json(event)}\n\n"
    elif kind != "welcome":
        yield f"event: {kind}\ndata: {_json(frame)}\n\n"


def _json(value: Any) -> str:
    # JSON escapes every line break, so it always fits one data line.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
