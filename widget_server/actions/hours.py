"""Opening hours of a site: {"mon": [["09:00", "17:30"]], ...} in the site's own zone; none given means always open."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from widget_server.store.database import Row

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_open(site: Row, now: int) -> bool:
    """Whether the site is open at a time (ms UTC). A span ends before its second time; 24:00 is the day's end."""
    if not site.hours:
        return True
    local = datetime.fromtimestamp(now / 1000, ZoneInfo(site.zone))
    clock = local.strftime("%H:%M")
    return any(begin <= clock < end for begin, end in site.hours.get(DAYS[local.weekday()], []))
