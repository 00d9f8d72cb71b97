"""Short links: make one that opens a run of a flow, see what became of it, end it."""

from typing import Any, Literal

from pydantic import Field

from widget_server.actions import links
from widget_server.actions.errors import Invalid
from widget_server.web.api.shapes import Context, Identity, Name
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import Call, Model


class MakeLink(Model):
    app: Name = Field(description="The published flow it opens")
    identity: Identity | None = Field(None, description="Whom it is for")
    session: str | None = Field(
        None, max_length=64, description="The session it belongs to; else one opens with its first use"
    )
    context: Context = Field({}, description="What the flow needs to know, of the types it declares")
    expires_in: int | None = Field(None, description="Seconds; the flow's own time unless given")


class SmsShape(Model):
    """The text that would carry the link, its cost, and what a carrier or a phone might not like about it."""

    text: str
    segments: int
    warnings: list[str]


class MadeLink(Model):
    id: str
    url: str
    code: str
    qr: str = Field(description="SVG")
    expires_at: str
    sms: SmsShape


class LinkShape(Model):
    """A link later on; its code is never shown again."""

    id: str
    app: str
    state: Literal["open", "expired", "done", "revoked", "disowned", "superseded"]
    session: str | None
    fetches: int = Field(description="By people's browsers, as far as their names tell; opening counts elsewhere")
    bot_fetches: int = Field(description="By previews, scanners and other programs")
    expires_at: str


@OPERATIONS.add(
    "POST", "/v1/links", auth=("key", "desk"), status=201, answer=MadeLink, problems=("not-found", "session-closed")
)
def make_link(call: Call, body: MakeLink) -> dict[str, Any]:
    """Make a short link for one person.

    Name the customer by `identity` or the `session`, not both.
    """
    if body.session is not None and body.identity is not None:
        raise Invalid([("body.identity", "the session already says who it is for")])
    to = body.identity.given() if body.identity else None
    return links.mint(call.world, call.who, body.app, to, body.session, body.context, body.expires_in)


@OPERATIONS.add("GET", "/v1/links/{link}", auth=("key", "desk"), answer=LinkShape)
def get_link(call: Call, link: str) -> dict[str, Any]:
    """See what became of a link."""
    return links.show(call.world, call.who, link)


@OPERATIONS.add("DELETE", "/v1/links/{link}", auth=("key", "desk"), status=204)
def revoke_link(call: Call, link: str) -> None:
    """Revoke a link, at once, with everything it opened."""
    links.revoke(call.world, call.who, link)
