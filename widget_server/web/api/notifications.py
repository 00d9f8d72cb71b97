"""Notifications: the company speaks first."""

from typing import Annotated, Any, Literal

from pydantic import Field

from widget_server.actions import notify
from widget_server.web.api.links import SmsShape
from widget_server.web.api.shapes import Context, Identity, Language, Name, instant
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import KEYS, Call, Model

Fate = Literal["owed", "sending", "sent", "unknown", "delivered", "read", "failed", "cancelled", "held"]


class Notify(Model):
    to: Identity
    app: Name | None = Field(None, description="A published flow: its text goes out with its link")
    text: Annotated[str | None, Field(min_length=1, max_length=notify.MAX_TEXT)] = None
    context: Context = Field({}, description="What the flow needs to know, of the types it declares")
    channels: list[Name] | None = Field(
        None, max_length=10, description="In order of preference; the site's unless given"
    )
    not_before: str | None = Field(None, max_length=40, description="RFC 3339 with an offset")
    purpose: Name = "service"
    locale: Language | None = None


class NoticeLink(Model):
    id: str
    url: str | None = None
    code: str | None = None
    expires_at: str | None = None


class NotificationMade(Model):
    id: str
    session: str | None = Field(description="null where nothing was sent")
    customer: str
    channel: str
    status: Fate = Field(description="held: the customer said no to this purpose")
    reason: str
    app: str | None
    not_before: str
    link: NoticeLink | None
    sms: SmsShape | None


class NotificationShape(Model):
    id: str
    session: str | None
    customer: str
    channel: str
    status: Fate
    reason: str
    permanent: bool
    app: str | None
    purpose: str
    link: NoticeLink | None
    not_before: str
    created_at: str


@OPERATIONS.add(
    "POST",
    "/v1/notifications",
    auth=KEYS,
    status=202,
    answer=NotificationMade,
    problems=("not-found", "session-closed"),
)
def make_notification(call: Call, body: Notify) -> dict[str, Any]:
    """Notify a customer.

    Give `app` to send a flow's text with its link (the run begins now, so the text may be answered too), or `text`.
    The channel the customer prefers and their quiet hours are heeded; a `purpose` they said no to is held back.
    """
    return notify.notify(
        call.world,
        call.who,
        body.to.given(),
        app=body.app,
        text=body.text,
        context=body.context,
        channels=body.channels,
        not_before=instant(body.not_before, "body.not_before") if body.not_before else None,
        purpose=body.purpose,
        locale=body.locale,
    )


@OPERATIONS.add("GET", "/v1/notifications/{notification}", auth=KEYS, answer=NotificationShape)
def get_notification(call: Call, notification: str) -> dict[str, Any]:
    """See what became of a notification."""
    return notify.get(call.world, call.who, notification)
