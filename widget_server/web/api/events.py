"""A session's events: one read for first load, reconnect, long poll and push; one write for everybody."""

from collections.abc import Iterator
from typing import Annotated, Any

from flask import Response, request
from pydantic import Field

from widget_server.actions import access, sessions
from widget_server.web import guards
from widget_server.web.api.reading import follow, wait_for_page
from widget_server.web.api.shapes import EventPage, EventShape, Name
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import EVERYONE, Call, Model

LONGEST_WAIT = 30


class ReadEvents(Model):
    after: int = Field(0, ge=0, le=2**31 - 1, description="The highest number already read")
    limit: int = Field(access.PAGE, ge=1, le=access.PAGE)
    wait: float = Field(0, ge=0, le=LONGEST_WAIT, description="Seconds to wait for something new; 0 answers at once")


class WriteEvent(Model):
    key: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="Made by the author, unique in the session: sent again, it changes nothing and answers the same"
    )
    kind: Name = Field(description="message, note, context, seen or custom.*; each author may write only its own kinds")
    body: dict[str, Any]
    epoch: int | None = Field(None, ge=0, le=2**31 - 1, description="The owner's epoch the author saw")


@OPERATIONS.add(
    "GET",
    "/v1/sessions/{session}/events",
    auth=EVERYONE,
    answer=EventPage,
    media={"text/event-stream": "Events as they come: `id` is the number, `data` the event"},
)
def read_events(call: Call, session: str, query: ReadEvents) -> dict[str, Any] | Response:
    """Read what comes after a number.

    Answers at once, or waits up to `wait` seconds for something new. With `Accept: text/event-stream` it goes on for as long
    as the connection holds; `Last-Event-ID` then counts as `after`.
    """
    if request.accept_mimetypes.best == "text/event-stream":
        return _stream(call, session, query)
    return wait_for_page(call, session, query.after, query.limit, query.wait)


def _stream(call: Call, session: str, query: ReadEvents) -> Response:
    last = request.headers.get("Last-Event-ID", "")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else query.after
    access.page(call.world, call.who, session, after, 1)

    def lines() -> Iterator[str]:
        yield "retry: 1000\n\n"
        yield from follow(call, session, after)

    response = Response(lines(), mimetype="text/event-stream")
    # nginx would otherwise keep the lines until its buffer is full.
    response.headers["X-Accel-Buffering"] = "no"
    return response


@OPERATIONS.add(
    "POST",
    "/v1/sessions/{session}/events",
    auth=EVERYONE,
    status=201,
    answer=EventShape,
    problems=("stale-epoch", "not-owner", "session-closed", "key-reused"),
)
def write_event(call: Call, session: str, body: WriteEvent) -> dict[str, Any]:
    """Write an event.

    `message` and `note` have the body `{text}`, `custom.*` any object. A customer's event carries no epoch and is never
    refused for one.
    """
    with call.world.store.together() as tx:
        event = sessions.write(
            call.world, call.who, session, body.key, body.kind, body.body, epoch=body.epoch, device=guards.device()
        )
        return access.wire(access.Names(call.world, tx, call.who), call.who, event)
