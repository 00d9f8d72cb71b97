"""A person's rights: to have everything, and to be forgotten."""

from typing import Any, Literal

from widget_server.actions import people
from widget_server.web.api.shapes import EventShape
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import KEYS, Call, Model


class IdentityShape(Model):
    kind: str
    value: str
    evidence: str
    proven_at: str | None


class Sealed(Model):
    """A consent or a signature: what was shown and answered. `wrong` is empty while all of it stands as it was written."""

    seq: int
    run: str | None
    step: str
    at: str
    shown: str
    label: str
    value: Any
    tier: int
    flow: str
    channel: str
    device: str
    wrong: list[Literal["gone", "none", "seal", "flow", "words"]]


class SessionTold(Model):
    id: str
    status: str
    events: list[EventShape]
    evidence: list[Sealed]


class Person(Model):
    """All that is held of a person."""

    id: str
    profile: dict[str, Any]
    identities: list[IdentityShape]
    sessions: list[SessionTold]


@OPERATIONS.add("GET", "/v1/customers/{customer}/export", auth=KEYS, answer=Person)
def export_customer(call: Call, customer: str) -> dict[str, Any]:
    """Export all that is held of a person."""
    return people.export(call.world, call.who, customer)


@OPERATIONS.add("DELETE", "/v1/customers/{customer}", auth=KEYS, status=204)
def erase_customer(call: Call, customer: str) -> None:
    """Erase a person: from now on nobody can read what they said or who they were."""
    people.erase(call.world, call.who, customer)
