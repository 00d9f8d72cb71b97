"""Sessions: open one, look at it, tell it what the company knows."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from widget_server.actions import desk, sessions, widget
from widget_server.actions.access import Grant
from widget_server.actions.errors import Invalid
from widget_server.web.api.shapes import Context, Identity, Language, Name, SessionShape
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import EVERYONE, Call, Model


class OpenSession(Model):
    identity: Identity = Field(
        description="Who it is for; a customer's own token says that already: then it stays empty"
    )
    context: Context = Field({}, description="What the company already knows, so that nobody asks for it again")
    flow: Name | None = Field(None, description="A published flow to start in it")
    locale: Language | None = None


class Values(BaseModel):
    """Context values to set, by dotted or top name. What is not named stays."""

    model_config = ConfigDict(extra="allow")


class ContextShape(Model):
    """What a session's runs and agents know, secrets hidden; and the card an agent reads before the first word."""

    context: dict[str, Any]
    pack: dict[str, Any]


@OPERATIONS.add("POST", "/v1/sessions", auth=("key", "token"), status=201, answer=SessionShape, problems=("not-found",))
def open_session(call: Call, body: OpenSession) -> dict[str, Any]:
    """Open a session for a customer.

    For a key the customer is found by the addresses given, or made; a customer's token goes on with the open session if
    there is one. With `flow` a run of that flow starts and owns the session.
    """
    if isinstance(call.who, Grant):
        if body.identity.given():
            raise Invalid([("body.identity", "the token says who you are; leave it empty")])
        return widget.start(call.world, call.who, call.key, body.context, body.flow)
    return sessions.begin(call.world, call.who, body.identity.given(), body.context, body.flow, body.locale)


@OPERATIONS.add("GET", "/v1/sessions/{session}", auth=EVERYONE, answer=SessionShape)
def get_session(call: Call, session: str) -> dict[str, Any]:
    """Look at a session."""
    return sessions.get(call.world, call.who, session)


@OPERATIONS.add("GET", "/v1/sessions/{session}/context", auth=("key", "desk"), answer=ContextShape)
def get_context(call: Call, session: str) -> dict[str, Any]:
    """Read a session's context and its context pack."""
    context = sessions.context(call.world, call.who, session)
    return {"context": context, "pack": desk.context_pack(call.world, call.who, session)}


@OPERATIONS.add(
    "PATCH",
    "/v1/sessions/{session}/context",
    auth=("key", "desk"),
    answer=ContextShape,
    problems=("session-closed", "key-reused"),
)
def patch_context(call: Call, session: str, body: Values) -> dict[str, Any]:
    """Set context values; what is not named stays as it was."""
    sessions.patch_context(call.world, call.who, session, body.model_dump(), call.key)
    return get_context(call, session)
