"""Time, as the whole server counts it: milliseconds since 1970 in UTC inside, RFC 3339 on the wire.

Only the composition root hands out `now`; everybody else is given a clock, so that tests can stop it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NaiveTime(ValueError):
    """A moment was given without its offset from UTC, so nobody can know when it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} has no offset; write it like 2026-11-21T20:12:36Z or 2026-11-21T21:12:36+01:00")


def now() -> int:
    """Milliseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns() // 1_000_000


def to_wire(at: int) -> str:
    """A moment as it stands in answers and events: `2026-11-21T20:12:36.123Z`."""
    seconds, milliseconds = divmod(at, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"


def from_wire(text: str) -> int:
    """Reads RFC 3339 with an offset.

    Raises:
        NaiveTime: the offset is missing.
        ValueError: it is no date and time at all.
    """
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        raise NaiveTime(text)
    # Whole milliseconds by integers: a float of seconds would be off by one now and then.
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
