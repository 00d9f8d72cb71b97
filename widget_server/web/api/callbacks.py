"""Callbacks: phone calls owed to customers."""

from typing import Any, Literal

from pydantic import Field

from widget_server.actions import callbacks
from widget_server.web.api.shapes import instant
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import EVERYONE, Call, Model

State = Literal["requested", "done", "missed", "cancelled"]


class AskCallback(Model):
    session: str = Field(max_length=64)
    due: str = Field(max_length=40, description="When to call: RFC 3339 with an offset")
    phone: str | None = Field(None, max_length=40, description="The number on file unless given")
    topic: str = Field("", max_length=callbacks.TOPIC)


class ListCallbacks(Model):
    state: State | None = None
    session: str | None = Field(None, max_length=64)


class EndCallback(Model):
    outcome: Literal["reached", "no-answer", "voicemail", "wrong-number", "not-needed"]


class CallbackShape(Model):
    id: str
    session: str
    state: State
    due: str
    phone: str = Field(description="Masked for a customer who proved nothing")
    topic: str
    outcome: str
    created_at: str
    name: str | None = None


class Callbacks(Model):
    callbacks: list[CallbackShape]


@OPERATIONS.add(
    "POST",
    "/v1/callbacks",
    auth=EVERYONE,
    status=201,
    answer=CallbackShape,
    problems=("not-found", "session-closed", "key-reused"),
)
def ask_callback(call: Call, body: AskCallback) -> dict[str, Any]:
    """Promise a call."""
    due = instant(body.due, "body.due")
    return callbacks.request(call.world, call.who, body.session, due, body.phone, body.topic, call.key)


@OPERATIONS.add("GET", "/v1/callbacks", auth=EVERYONE, answer=Callbacks, problems=("not-found",))
def list_callbacks(call: Call, query: ListCallbacks) -> dict[str, Any]:
    """List the callbacks owed, soonest first; a customer names one of their sessions."""
    return {"callbacks": callbacks.listed(call.world, call.who, query.state, query.session)}


@OPERATIONS.add(
    "POST", "/v1/callbacks/{callback}/done", auth=("key", "desk"), answer=CallbackShape, problems=("conflict",)
)
def end_callback(call: Call, callback: str, body: EndCallback) -> dict[str, Any]:
    """Mark a promised call as made, or as not needed any more."""
    return callbacks.done(call.world, call.who, callback, body.outcome, call.key)
