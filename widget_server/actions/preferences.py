"""How a customer wants to be reached: the channel they prefer, hours in which nothing is sent, purposes they said no to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from disposable.definition import CHANNELS
from widget_server.actions.errors import Invalid
from widget_server.store import customers
from widget_server.store.database import Row, Tx

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
PURPOSE = 64
PURPOSES = 100

TEXTS = "texts"
"""The purpose that stands for all notices by text message: what STOP says no to."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """`quiet` is (from, to) by the customer's own clock; `opt_out` are purposes of notices that are not sent."""

    channel: str = ""
    quiet: tuple[str, str] | None = None
    zone: str = ""
    opt_out: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """As it is stored with the customer, and given back to a flow."""
        begin, end = self.quiet or ("", "")
        return {
            "channel": self.channel,
            "quiet_from": begin,
            "quiet_to": end,
            "zone": self.zone,
            "opt_out": list(self.opt_out),
        }

    def after_quiet(self, at: int) -> int:
        """The first instant from `at` on (ms UTC) that is not in the quiet hours; they may reach over midnight."""
        if self.quiet is None:
            return at
        begin, end = self.quiet
        local = datetime.fromtimestamp(at / 1000, ZoneInfo(self.zone))
        clock = local.strftime("%H:%M")
        quiet = begin <= clock < end if begin <= end else clock >= begin or clock < end
        if not quiet:
            return at
        hour, minute = map(int, end.split(":"))
        over = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if over <= local:
            over = (over.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=local.tzinfo)
        return round(over.timestamp() * 1000)


def of(tx: Tx, site: Row, customer: str) -> Preferences:
    """What a customer prefers, as far as they said."""
    profile = customers.profile(tx, customer)
    known = profile.get("preferences") or {}
    begin, end = known.get("quiet_from"), known.get("quiet_to")
    return Preferences(
        channel=str(known.get("channel") or ""),
        quiet=(str(begin), str(end)) if begin and end else None,
        zone=str(known.get("zone") or profile.get("zone") or site.zone),
        opt_out=tuple(known.get("opt_out") or ()),
    )


def change(tx: Tx, site: Row, customer: str, given: Mapping[str, Any]) -> Preferences:
    """Takes what a customer says now; what is not given, or empty, stays as it was. Raises Invalid.

    `quiet_from` and `quiet_to` that are the same end the quiet hours.
    """
    before = of(tx, site, customer)
    mistakes: list[tuple[str, str]] = []
    channel = str(given.get("channel") or before.channel)
    if channel and channel not in CHANNELS:
        mistakes.append(("channel", f"one of {', '.join(CHANNELS)}"))
    clocks = [str(given.get(name) or "")[:5] for name in ("quiet_from", "quiet_to")]
    if any(clocks) and not all(CLOCK.fullmatch(one) for one in clocks):
        mistakes.append(("quiet_from", "from and to, as HH:MM"))
    out, back = (_purposes(given.get(name)) for name in ("opt_out", "opt_in"))
    kept = tuple(dict.fromkeys(one for one in (*before.opt_out, *out) if one not in back))
    # STOP is heeded however much else was said no to.
    if len(set(kept) - {TEXTS}) > PURPOSES or any(len(one) > PURPOSE for one in kept):
        mistakes.append(("opt_out", f"at most {PURPOSES} purposes of {PURPOSE} characters"))
    if mistakes:
        raise Invalid(mistakes)
    quiet = before.quiet if not any(clocks) else None if clocks[0] == clocks[1] else (clocks[0], clocks[1])
    changed = Preferences(channel, quiet, before.zone, kept)
    customers.set_profile(tx, customer, preferences=changed.told())
    return changed


def _purposes(given: Any) -> tuple[str, ...]:
    """A list, or one word, of purposes."""
    listed = given if isinstance(given, list) else [given]
    return tuple(str(one) for one in listed if one not in (None, ""))
