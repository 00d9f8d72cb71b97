"""The customer behind a token: what a widget asks first."""

from typing import Any, Literal

from widget_server.actions import widget
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import Call, Model


class CustomerShape(Model):
    name: str
    locale: str | None
    zone: str | None
    phone: str | None


class MySession(Model):
    id: str
    status: Literal["open", "closed"]
    seq: int
    unread: int


class Me(Model):
    """Who the token stands for, how surely (tier), and their sessions, newest first."""

    customer: CustomerShape
    tier: int
    grant: str
    sessions: list[MySession]


@OPERATIONS.add("GET", "/v1/me", auth=("token", "app"), answer=Me)
def get_me(call: Call) -> dict[str, Any]:
    """See whom this token stands for."""
    return widget.me(call.world, call.who)
