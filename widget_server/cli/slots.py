"""`samethread slots`: times of a calendar that flows offer, hold and book."""

from __future__ import annotations

import argparse
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from widget_server.actions import setup, slots
from widget_server.cli import parts


def add(verbs: Any) -> None:
    group = parts.group(verbs, "slots", "times that flows offer, hold and book")
    make = parts.verb(group, "add", "makes the slots of a day, or of several", _slots_add)
    make.add_argument("calendar", help="the name flows use; a new one makes the calendar")
    make.add_argument("--day", action="append", required=True, metavar="YYYY-MM-DD", help="may be given several times")
    make.add_argument("--from", dest="opens", default="09:00", metavar="HH:MM")
    make.add_argument("--to", dest="closes", default="17:00", metavar="HH:MM")
    make.add_argument("--minutes", type=int, default=30, help="how long each of them is")
    make.add_argument("--capacity", type=int, default=1, help="how many may book the same one")
    make.add_argument("--zone", help="like Europe/Berlin; the calendar's, or the site's, unless given")
    listing = parts.verb(group, "list", "lists the calendars, or the slots to come of one", _slots_list)
    listing.add_argument("calendar", nargs="?")
    for verb in group.choices.values():
        verb.add_argument("--site", help="the site's public key, where there are several")


def _slots_add(given: argparse.Namespace) -> None:
    world, who = parts.operator(given)
    known = {one.name: one.zone for one in slots.calendars(world, who)}
    zone = given.zone or known.get(given.calendar) or setup.site(world, given.site).zone
    if not 1 <= given.minutes <= 1440:
        raise parts.CommandFailed("--minutes: 1 to 1440")
    new = [
        slots.New(starts, starts + given.minutes * 60_000, given.capacity)
        for day in given.day
        for starts in _starts(day, given.opens, given.closes, given.minutes, zone)
    ]
    made = slots.add(world, who, given.calendar, new, zone=zone, minutes=given.minutes)
    print(f"{given.calendar}: {len(made)} slots")


def _starts(day: str, opens: str, closes: str, minutes: int, zone: str) -> list[int]:
    """When the slots of a day start, in milliseconds UTC: as many as end before it closes."""
    begin, end = (_instant(day, clock, zone) for clock in (opens, closes))
    length = timedelta(minutes=minutes)
    # Counted in instants: a day on which the clocks change is an hour shorter or longer.
    return [round((begin + length * n).timestamp() * 1000) for n in range(int((end - begin) / length))]


def _instant(day: str, clock: str, zone: str) -> datetime:
    try:
        there = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), ZoneInfo(zone))
    except (ValueError, LookupError) as error:
        raise parts.CommandFailed(f"{day} {clock} {zone}: {error}") from None
    return datetime.fromtimestamp(there.timestamp(), tz=ZoneInfo("UTC"))


def _slots_list(given: argparse.Namespace) -> None:
    world, who = parts.operator(given)
    if given.calendar is None:
        for one in slots.calendars(world, who):
            print(f"{one.name}\t{one.zone}")
        return
    for slot in slots.listed(world, who, given.calendar):
        print(f"{slot['starts']}\t{slot['ends']}\t{slot['free']} of {slot['capacity']} free\t{slot['id']}")
