"""What is kept of an ended run: an entry for the customer's own calendar, and a pass to show at the counter."""

from collections.abc import Mapping
from dataclasses import dataclass

from disposable import formats, steps
from disposable.definition import Calendar, Pass
from disposable.expressions import Names, lookup
from disposable.rows import Row, own
from disposable.steps import Setting


@dataclass(frozen=True, slots=True)
class CalendarView:
    """An entry. `starts` and `ends` are RFC 3339, `ends` "" where it is not known."""

    title: str
    starts: str
    ends: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class PassView:
    """A page to show: `code` stands in its QR code, and below it."""

    title: str
    code: str
    rows: tuple[Row, ...] = ()


def calendar(entry: Calendar | None, names: Names, setting: Setting) -> CalendarView | None:
    """None where there is no entry, or no instant it could begin at."""
    if entry is None:
        return None
    starts, ends = _instant(entry.starts, "starts", names), _instant(entry.ends or entry.starts, "ends", names)
    if not starts:
        return None
    if not entry.ends and ends == starts:
        ends = ""
    title, where = steps.say(entry.title, names, setting), steps.say(entry.where, names, setting)
    return CalendarView(title, starts, ends, where)


def _instant(name: str, edge: str, names: Names) -> str:
    """The instant under a dotted name: itself, {at, zone}, or the beginning or end of a slot."""
    value = lookup(tuple(name.split(".")), names)
    if isinstance(value, Mapping) and edge in value:
        value = value[edge]
    read = formats.moment(value)
    return read.at.isoformat() if read else ""


def pass_(page: Pass | None, names: Names, setting: Setting) -> PassView | None:
    """None where there is no pass, or nothing to show on it."""
    if page is None:
        return None
    code = steps.say(page.code, names, setting)
    rows = tuple(own(page.rows, names, setting))
    return PassView(steps.say(page.title, names, setting), code, rows) if code else None
