"""Slots: times of a calendar that flows offer, hold and book."""

from typing import Any

from pydantic import Field

from widget_server.actions import slots
from widget_server.web.api.shapes import Name, instant
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import Call, Model

STAFF = ("key", "desk")


class NewSlot(Model):
    starts: str = Field(max_length=40, description="RFC 3339 with an offset")
    ends: str | None = Field(None, max_length=40, description="As long after as the calendar says unless given")
    capacity: int = Field(1, ge=1, le=slots.CAPACITY, description="How many may book it")


class PutSlots(Model):
    calendar: Name = Field(description="The name flows use; a new one makes the calendar")
    slots: list[NewSlot] = Field(min_length=1, max_length=slots.MOST)
    zone: str | None = Field(
        None, max_length=64, description="Where the calendar is, like Europe/Berlin; else the site's"
    )
    minutes: int | None = Field(None, ge=1, le=1440, description="How long a slot is that names no end; 30 at first")
    replace: bool = Field(False, description="Remove what is to come and not named here; what is booked stays booked")


class ListSlots(Model):
    calendar: Name
    from_: str | None = Field(None, alias="from", max_length=40, description="RFC 3339; now unless given")
    to: str | None = Field(None, max_length=40)


class SlotShape(Model):
    id: str
    calendar: str
    starts: str
    ends: str
    zone: str
    capacity: int
    free: int = Field(description="How many more may have it: neither booked nor held at this moment")
    booked: int


class Slots(Model):
    slots: list[SlotShape]


@OPERATIONS.add("GET", "/v1/slots", auth=STAFF, answer=Slots, problems=("not-found",))
def list_slots(call: Call, query: ListSlots) -> dict[str, Any]:
    """List the slots of a calendar, soonest first, at most 1,000."""
    after = instant(query.from_, "query.from") if query.from_ else None
    before = instant(query.to, "query.to") if query.to else None
    return {"slots": slots.listed(call.world, call.who, query.calendar, after, before)}


@OPERATIONS.add("POST", "/v1/slots", auth=STAFF, status=201, answer=Slots)
def put_slots(call: Call, body: PutSlots) -> dict[str, Any]:
    """Make slots, many at once.

    The same start again changes a slot's end and capacity; who booked it keeps it.
    """
    new = [
        slots.New(
            instant(one.starts, f"body.slots.{at}.starts"),
            instant(one.ends, f"body.slots.{at}.ends") if one.ends else None,
            one.capacity,
        )
        for at, one in enumerate(body.slots)
    ]
    made = slots.add(
        call.world, call.who, body.calendar, new, zone=body.zone, minutes=body.minutes, replace=body.replace
    )
    return {"slots": made}


@OPERATIONS.add("DELETE", "/v1/slots/{slot}", auth=STAFF, status=204, problems=("conflict",))
def remove_slot(call: Call, slot: str) -> None:
    """Remove a slot that nobody booked."""
    slots.remove(call.world, call.who, slot)
