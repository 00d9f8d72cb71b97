"""An entry for the customer's own calendar, as an iCalendar file (RFC 5545).

Its times are instants in UTC: every calendar prints them in the zone its owner lives in, and none must know ours.
"""

import datetime as dt

from disposable.formats import moment
from disposable.keepsakes import CalendarView

FOLD = 75
"""Bytes a line may have."""


def calendar(view: CalendarView, uid: str, now: int, url: str = "") -> str:
    """The file. `uid` stays the same for the same entry, so that adding it again replaces it; `now` is in ms."""
    made = _utc(dt.datetime.fromtimestamp(now / 1000, dt.UTC))
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Samethread//Disposable apps//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_text(uid)}",
        f"DTSTAMP:{made}",
        f"LAST-MODIFIED:{made}",
        f"SEQUENCE:{now // 1000 % 2**31}",
        f"DTSTART:{_instant(view.starts)}",
        *([f"DTEND:{_instant(view.ends)}"] if _after(view.ends, view.starts) else []),
        f"SUMMARY:{_text(view.title)}",
        *([f"LOCATION:{_text(view.where)}"] if view.where else []),
        *([f"URL:{url}"] if url else []),
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines)


def _after(ends: str, starts: str) -> bool:
    one, two = moment(starts), moment(ends)
    return one is not None and two is not None and one.at < two.at


def _instant(text: str) -> str:
    read = moment(text)
    if read is None:
        raise ValueError(f"not an instant: {text!r}")
    return _utc(read.at.astimezone(dt.UTC))


def _utc(at: dt.datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Text as a value: what would end it or part it is escaped, and control characters have no place in it."""
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(sign for sign in text if sign >= " " and sign != "\x7f")


def _folded(line: str) -> str:
    """Lines of at most 75 bytes, each further one begun by a space; no letter is cut in two."""
    out, room = [""], FOLD
    for sign in line:
        size = len(sign.encode())
        if size > room:
            out.append(" ")
            room = FOLD - 1
        out[-1] += sign
        room -= size
    return "\r\n".join(out) + "\r\n"
