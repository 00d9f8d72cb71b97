"""Dates, times, numbers and money in words of a language.

An instant is printed in its own zone, else the customer's, else the site's, and the zone is named where its own differs
from the reader's. Spaces are plain: the narrow ones of Unicode would double the price of a text message.
"""

import datetime as dt
import functools
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import babel
from babel import dates, lists, numbers
from babel.core import get_global

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_UNUSUAL_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " ", "\u2009": " ", "\u200e": "", "\u200f": "", "\u061c": ""})

LARGEST = 10**15
"""Numbers from here on are printed as they are: decimal arithmetic gives up on them, and nobody reads separators in them."""
LISTED = 20


@dataclass(frozen=True, slots=True)
class Style:
    """How to print: a language, the customer's zone where known, and the site's."""

    locale: str = "en"
    zone: str | None = None
    site_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant; `at` is aware, `own` says that the zone in it was chosen by whoever wrote it."""

    at: dt.datetime
    own: bool


def moment(value: object) -> Moment | None:
    """Read an RFC 3339 string with an offset, or {at, zone}. None for anything else, a naive one included."""
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, Mapping) and isinstance(value.get("at"), str):
        read = _from_text(value["at"])
        zone = zone_info(value.get("zone"))
        return Moment(read.at.astimezone(zone), own=True) if read and zone else None
    return None


@functools.lru_cache(maxsize=4096)
def _from_text(text: str) -> Moment | None:
    if not _INSTANT.fullmatch(text):
        return None
    try:
        at = dt.datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        at.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    # "Z" says when, not where: only another offset is taken for the writer's own clock.
    return Moment(at, own=text[-1] not in "zZ")


@functools.lru_cache(maxsize=1024)
def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None


def zone_info(name: object) -> zoneinfo.ZoneInfo | None:
    """The zone of that IANA name, or None if there is no such zone."""
    return _zone(name) if isinstance(name, str) and 0 < len(name) <= 64 else None


def country_of_zone(name: object) -> str:
    """The country that keeps time by that zone, ISO 3166; "" for one of the whole world, like UTC, or no zone."""
    found = get_global("zone_territories").get(name, "") if isinstance(name, str) else ""
    return str(found) if len(found) == 2 and found != "ZZ" else ""


def day(value: object) -> dt.date | None:
    """Read an ISO date (2026-11-21), or None."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return None


SPOKEN = "-x-spoken"
"""Behind a language tag: what is printed is read aloud, so no word is cut short. (BCP 47 leaves x- to private use.)"""


@functools.lru_cache(maxsize=256)
def locale_of(name: str) -> babel.Locale:
    """The Babel locale of a language tag; English where Babel does not know it."""
    name = name.removesuffix(SPOKEN)
    try:
        return babel.Locale.parse(name, sep="-" if "-" in name else "_")
    except (ValueError, TypeError, babel.UnknownLocaleError):
        return babel.Locale("en")


def time_text(value: object, style: Style) -> str:
    """The time of day of an instant, its zone named where it is not the reader's; or a time of day, HH:MM."""
    read = moment(value)
    if read is None and isinstance(value, str) and _CLOCK.fullmatch(value):
        return _clock(value, style.locale)
    return _time(read, style) if read else plain(value, style)


@functools.lru_cache(maxsize=2048)
def _clock(value: str, locale: str) -> str:
    return _tidy(dates.format_time(dt.time.fromisoformat(value), "short", locale=locale_of(locale)))


@functools.lru_cache(maxsize=4096)
def _time(read: Moment, style: Style) -> str:
    at, named = _placed(read, style)
    text = dates.format_time(at, "short", tzinfo=at.tzinfo, locale=locale_of(style.locale))
    return _tidy(f"{text} {_zone_name(at)}" if named else text)


def date_text(value: object, style: Style) -> str:
    """The day of an instant or of an ISO date."""
    on = day(value)
    if on is None:
        read = moment(value)
        if read is None:
            return plain(value, style)
        on = _placed(read, style)[0].date()
    return _date(on, style.locale)


@functools.lru_cache(maxsize=4096)
def _date(on: dt.date, locale: str) -> str:
    width = "full" if locale.endswith(SPOKEN) else "medium"
    return _tidy(dates.format_date(on, width, locale=locale_of(locale)))


def _placed(read: Moment, style: Style) -> tuple[dt.datetime, bool]:
    reader = zone_info(style.zone) or zone_info(style.site_zone)
    if not read.own:
        return read.at.astimezone(reader or dt.UTC), reader is None
    named = reader is not None and read.at.utcoffset() != read.at.astimezone(reader).utcoffset()
    return read.at, named


def _zone_name(at: dt.datetime) -> str:
    minutes = int((at.utcoffset() or dt.timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"GMT{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}" if minutes else "GMT"


def number_text(value: object, style: Style) -> str:
    """A number with the separators of the language."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return plain(value, style)
    if abs(value) >= LARGEST:
        return str(value)
    return _tidy(numbers.format_decimal(value, locale=locale_of(style.locale)))


def money_text(value: object, style: Style, currency: str | None = None) -> str:
    """An amount in a currency: a number and a code, or an object {amount, currency}."""
    if isinstance(value, Mapping):
        return money_text(value.get("amount"), style, currency or str(value.get("currency")))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return plain(value, style)
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency) or abs(value) >= LARGEST:
        return number_text(value, style)
    return _tidy(numbers.format_currency(value, currency, locale=locale_of(style.locale)))


def labelled(label: str, value: str) -> str:
    """A value behind its heading; a heading that is a question has its mark already."""
    return f"{label}{' ' if label.endswith(('?', '؟')) else ': '}{value}" if label else value


class Worded(str):
    """A value that has words of its own: compared, and sent to a server, as the value, and printed as its words."""

    words: str

    def __new__(cls, value: str, words: str) -> "Worded":
        made = super().__new__(cls, value)
        made.words = words
        return made


def plain(value: object, style: Style) -> str:
    """A value as it stands in a sentence without a filter; objects have no words, a list those of its items."""
    if isinstance(value, Worded):
        return value.words
    if isinstance(value, str):
        return _dated(value, style) if value[4:5] == "-" else value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return f"{value:.15g}" if isinstance(value, float) else _whole(value)
    if isinstance(value, list | tuple):
        return _several(value, style)
    read = moment(value)
    return f"{_date(_placed(read, style)[0].date(), style.locale)}, {_time(read, style)}" if read else ""


def _several(values: Sequence[object], style: Style) -> str:
    """One after the other, as the language strings them together."""
    said = [plain(value, style) for value in values[:LISTED] if not isinstance(value, list | tuple)]
    more = ["…"] if len(values) > LISTED else []
    return _tidy(lists.format_list([text for text in said if text] + more, locale=locale_of(style.locale)))


def _dated(value: str, style: Style) -> str:
    read, on = moment(value), day(value)
    if on is not None:
        return _date(on, style.locale)
    return f"{_date(_placed(read, style)[0].date(), style.locale)}, {_time(read, style)}" if read else value


def _whole(value: int) -> str:
    # Python refuses to print integers of more than 4,300 digits: nobody reads those either.
    return str(value) if abs(value) < 10**18 else ""


def _tidy(text: str) -> str:
    return text.translate(_UNUSUAL_SPACES)
