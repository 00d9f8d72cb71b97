"""Shapes that several operations share: what stands on the wire, field by field."""

from typing import Annotated, Any, Literal

from pydantic import Field

from widget_server.actions.errors import Invalid
from widget_server.clock import NaiveTime, from_wire
from widget_server.web.operations import Model

Context = dict[str, Any]
"""Context values by dotted or top name; what a flow declares is checked against its types."""

Name = Annotated[str, Field(min_length=1, max_length=64)]


Language = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$",
        description="The language the customer is spoken to in, like en or pt-BR; it is remembered",
    ),
]


class Identity(Model):
    """How the company knows or reaches a customer: at least one of these, several at once if known."""

    phone: Annotated[str | None, Field(min_length=3, max_length=40, description="E.164, like +4915112345678")] = None
    email: Annotated[str | None, Field(min_length=3, max_length=254)] = None
    user_id: Annotated[str | None, Field(min_length=1, max_length=128, description="The company's own id of them")] = (
        None
    )
    device: Annotated[str | None, Field(min_length=1, max_length=128)] = None

    def given(self) -> dict[str, str]:
        """The ones that were given."""
        return self.model_dump(exclude_none=True)


class SessionShape(Model):
    """A session. Customers are told who owns it by kind only, and nothing of how the company sorts its work."""

    id: str
    seq: int = Field(description="The number of its newest event")
    owner: str = Field(description="none, flow:RUN, queue:TEAM, agent:ID or desk:NAME; for customers the kind alone")
    epoch: int = Field(description="Grows with every change of owner")
    status: Literal["open", "closed"]
    opened_at: str
    closed_at: str | None = None
    previous: str | None = None
    continued_in: str | None = None
    site: str | None = None
    customer: str | None = None
    team: str | None = None
    channel: str | None = None
    disposition: str | None = None


class ActorShape(Model):
    """Who did it; the name is looked up on read."""

    kind: Literal["customer", "agent", "flow", "key", "system", "provider"]
    id: str
    name: str


class EventShape(Model):
    """One numbered fact of a session. `body` is null once its person was erased."""

    id: str
    seq: int
    key: str
    kind: str
    v: int
    run: str | None
    epoch: int
    actor: ActorShape
    channel: str
    body: dict[str, Any] | None
    at: str


class EventPage(Model):
    """Events after a number, oldest first; `seq` is the highest read, shown or not: ask on from there."""

    events: list[EventShape]
    seq: int


def instant(text: str, where: str) -> int:
    """Milliseconds UTC of an RFC 3339 time with an offset. Raises Invalid naming `where`."""
    try:
        at = from_wire(text)
    except (ValueError, OverflowError) as error:
        raise Invalid([(where, str(error) if isinstance(error, NaiveTime) else "not an RFC 3339 time")]) from None
    return at
