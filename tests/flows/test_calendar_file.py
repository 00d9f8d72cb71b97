"""The calendar file is RFC 5545: escaped, folded, and the same instants whatever zone they were written in."""

import datetime as dt
import re

from hypothesis import given
from hypothesis import strategies as st

from disposable.keepsakes import CalendarView
from disposable.render import ics

NOW = 1_800_000_000_000


def unfolded(text: str) -> dict[str, str]:
    """The file's lines by name, read as a calendar does."""
    lines = text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    return {name: value for name, _, value in (line.partition(":") for line in lines)}


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def test_an_entry() -> None:
    view = CalendarView("Repair", "2027-01-15T18:40:00+01:00", "2027-01-15T20:00:00+01:00", "Main St 1; door 2")
    text = ics.calendar(view, "run@host", NOW, "https://go.example/a/x")
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert text.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")
    lines = unfolded(text)
    assert lines["DTSTART"] == "20270115T174000Z"
    assert lines["DTEND"] == "20270115T190000Z"
    assert lines["LOCATION"] == "Main St 1\\; door 2"
    assert lines["UID"] == "run@host"
    assert lines["URL"] == "https://go.example/a/x"


def test_an_end_that_is_unknown_or_too_early_is_left_out() -> None:
    for ends in ("", "2027-01-15T10:00:00+01:00", "2027-01-15T17:40:00Z"):
        assert "DTEND" not in unfolded(ics.calendar(CalendarView("X", "2027-01-15T18:40:00+01:00", ends), "u", NOW))


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_stands_in_one_value_and_in_short_lines(title: str, where: str) -> None:
    text = ics.calendar(CalendarView(title, "2027-01-15T18:40:00+01:00", "", where), "u", NOW)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert set(unfolded(text)) <= {
        *("BEGIN", "VERSION", "PRODID", "METHOD", "UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"),
        *("DTSTART", "SUMMARY", "LOCATION", "TRANSP", "END"),
    }
    lines = title.replace("\r\n", "\n").replace("\r", "\n")
    shown = "".join(sign for sign in lines if sign == "\n" or (sign >= " " and sign != "\x7f"))
    assert unescaped(unfolded(text)["SUMMARY"]) == shown


@given(st.integers(0, 2**32), st.integers(-14 * 60, 14 * 60))
def test_the_instant_is_the_same_in_every_zone(at: int, minutes: int) -> None:
    own = dt.datetime.fromtimestamp(at, dt.timezone(dt.timedelta(minutes=minutes)))
    lines = unfolded(ics.calendar(CalendarView("X", own.isoformat()), "u", NOW))
    assert dt.datetime.strptime(lines["DTSTART"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC) == own
