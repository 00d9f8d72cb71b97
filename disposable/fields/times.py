"""Days and times of day, as people of a language write them, and the label of a slot."""

import datetime as dt
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

import babel
from babel import dates

from disposable import formats
from disposable.definition import Field
from disposable.fields.base import FieldError, Where, digits, plain_words

_AHEAD = re.compile(r"([+-])\s*(\d{1,4})\s*([dwmy])")
# What follows the figures is looked up, spaces and dots aside: no part of it may be read in two ways, or it takes for ever.
_TIME = re.compile(r"(\d{1,2})(?:\s?[:.h]\s?(\d{2}))?(?::\d{2}(?:\.\d+)?)?\s*([^\d\s:.][^\d:]*)?")


def date(field: Field, said: str, where: Where) -> object | FieldError:
    on = read_date(said, where.locale, where.today)
    if on is None:
        example = dt.date(2026, 12, 31) if where.today is None else where.today + dt.timedelta(days=7)
        return FieldError("date", {"example": formats.date_text(example.isoformat(), where.style)})
    low, high = day_bound(field.min, where.today), day_bound(field.max, where.today)
    if low is not None and on < low:
        return FieldError("early", {"min": formats.date_text(low.isoformat(), where.style)})
    if high is not None and on > high:
        return FieldError("late", {"max": formats.date_text(high.isoformat(), where.style)})
    return on.isoformat()


def day_bound(bound: float | str | None, today: dt.date | None) -> dt.date | None:
    """A bound of a date: 2026-11-21, today, or so far from today: +14d, +6w, +3m, -18y."""
    if not isinstance(bound, str):
        return None
    if today is not None and bound == "today":
        return today
    if today is not None and (match := _AHEAD.fullmatch(bound.strip())):
        return _moved(today, int(match[1] + match[2]), match[3])
    return formats.day(bound)


def _moved(on: dt.date, count: int, unit: str) -> dt.date | None:
    try:
        if unit in "dw":
            return on + dt.timedelta(days=count * (7 if unit == "w" else 1))
        months = on.month - 1 + count * (12 if unit == "y" else 1)
        year, month = on.year + months // 12, months % 12 + 1
        last = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day
        return dt.date(year, month, min(on.day, last))
    except (ValueError, OverflowError):
        return None


def read_date(said: str, locale: str, today: dt.date | None = None) -> dt.date | None:
    """2026-11-21, 21.11.2026, the order of the language with / or -, a month by its name, today, tomorrow. None otherwise."""
    ahead = DAYS.get(plain_words(said[:40]))
    if today is not None and ahead is not None:
        return today + dt.timedelta(days=ahead)
    said = digits(said).strip().rstrip(".")
    if (on := formats.day(said)) is not None:
        return on
    if match := re.fullmatch(r"(\d{1,2})\s*\.\s*(\d{1,2})\s*\.\s*(\d{4}|\d{2})", said):
        return _day(match[3], match[2], match[1])
    if match := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})", said):
        first, second = (match[1], match[2]) if _month_first(locale) else (match[2], match[1])
        return _day(match[3], first, second)
    return _named_month(said, locale)


def _named_month(said: str, locale: str) -> dt.date | None:
    words = [word for word in re.split(r"[\s,.،]+", said[:60]) if word]
    words = [re.sub(r"^(\d{1,2})(st|nd|rd|th)$", r"\1", word) for word in words if word.casefold() != "of"]
    if len(words) != 3 or not words[2].isdecimal():
        return None
    first, second = (words[1], words[0]) if words[0].isdecimal() else (words[0], words[1])
    month = _months(locale).get(plain_words(first))
    return _day(words[2], str(month), second) if month and second.isdecimal() and len(words[2]) in (2, 4) else None


@functools.lru_cache(maxsize=64)
def _months(locale: str) -> dict[str, int]:
    known = formats.locale_of(locale)
    found: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for context in ("format", "stand-alone"):
            for number, name in dates.get_month_names(width, context, known).items():
                found[plain_words(str(name))] = number
    return found


def _month_first(locale: str) -> bool:
    pattern = dates.get_date_format("short", locale=formats.locale_of(locale)).pattern
    return "M" in pattern and pattern.find("M") < pattern.find("d")


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def time(field: Field, said: str, where: Where) -> object | FieldError:
    """A time of day. "4:30" is the half of the day that the bounds allow."""
    at, sure = _read_time(said)
    if at is None:
        return FieldError("time", {"example": clock_text("16:30", where.locale)})
    low, high = clock_bound(field.min), clock_bound(field.max)
    later = f"{int(at[:2]) + 12:02}{at[2:]}"
    if not sure and not _within(at, low, high) and _within(later, low, high):
        at = later
    if low and at < low:
        return FieldError("early", {"min": clock_text(low, where.locale)})
    if high and at > high:
        return FieldError("late", {"max": clock_text(high, where.locale)})
    return at


def clock_bound(bound: float | str | None) -> str:
    """A bound of a time as HH:MM, "" for none."""
    return (_read_time(bound)[0] or "") if isinstance(bound, str) else ""


def read_time(said: str) -> str | None:
    """16:30, 4.30 pm, 16 Uhr, 16h30, noon. None for what names no time, a bare number included."""
    return _read_time(said)[0]


def _read_time(said: str) -> tuple[str | None, bool]:
    """HH:MM, and whether the half of the day was said."""
    words = digits(said).strip().casefold()
    words = re.sub(r"^(at|um|gegen|ab|around|الساعة|في)\s+", "", words)
    if words in _NAMED:
        return _NAMED[words], True
    match = _TIME.fullmatch(words[:40])
    if match is None:
        return None, True
    half = re.sub(r"[\s.]", "", match[3] or "")
    if (half and half not in _HALVES) or (not half and match[2] is None):
        return None, True
    hour, minute = int(match[1]), int(match[2] or 0)
    kind = _HALVES.get(half, "")
    if kind in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None, True
        hour = hour % 12 + (12 if kind == "pm" else 0)
    if hour > 23 or minute > 59:
        return None, True
    return f"{hour:02}:{minute:02}", bool(kind) or len(match[1]) == 2


def _within(at: str, low: str, high: str) -> bool:
    return at < "24" and (not low or at >= low) and (not high or at <= high)


@functools.lru_cache(maxsize=512)
def clock_text(at: str, locale: str) -> str:
    """A time of day HH:MM as the language writes it."""
    hour, minute = int(at[:2]), int(at[3:5])
    return _plain(dates.format_time(dt.time(hour, minute), "short", locale=formats.locale_of(locale)))


@dataclass(frozen=True, slots=True)
class SlotText:
    """A slot in words: whole ("Mon, 23 Nov, 09:00"), the heading of its day, and its hours alone."""

    whole: str
    day: str
    hours: str


def slot_text(slot: Mapping[str, object], where: Where) -> SlotText:
    """The words of {"starts", "ends", "zone"}; its own zone if it has one, named where it is not the reader's."""
    starts, zone = slot.get("starts"), slot.get("zone")
    instant: object = {"at": starts, "zone": zone} if zone else starts
    read = formats.moment(instant) or formats.moment(starts)
    if read is None:
        return SlotText(*[formats.plain(starts, where.style)] * 3)
    reader = formats.zone_info(where.zone) or formats.zone_info(where.style.site_zone) or dt.UTC
    at = read.at if read.own else read.at.astimezone(reader)
    from_, known = formats.time_text(instant, where.style), formats.locale_of(where.locale)
    until = formats.moment(slot.get("ends"))
    hours = from_
    if until is not None and until.at > read.at:
        hours = f"{_span(at, until.at.astimezone(at.tzinfo), known)}{_zone_named(from_, at, known)}"
    year = where.today is not None and at.year != where.today.year
    day, heading = _day_text(at.date(), known, year=year), _day_text(at.date(), known, year=year, whole=True)
    day = heading if where.locale.endswith(formats.SPOKEN) else day
    both = str(known.datetime_formats["medium"]).replace("{1}", day).replace("{0}", from_)
    return SlotText(_plain(both), _plain(heading), _plain(hours))


def _day_text(on: dt.date, known: babel.Locale, *, year: bool, whole: bool = False) -> str:
    """A day with its weekday, in short or with whole names. What the language does between them is in its short form."""
    pattern = str(known.datetime_skeletons["yMMMEd" if year else "MMMEd"].pattern)
    if whole:
        pattern = re.sub("[Ec]+", "EEEE", re.sub("M+", "MMMM", pattern))
    return str(dates.format_date(on, pattern, locale=known))


def _span(start: dt.datetime, end: dt.datetime, known: babel.Locale) -> str:
    skeleton = "hm" if "a" in dates.get_time_format("short", locale=known).pattern else "Hm"
    return str(dates.format_interval(start, end, skeleton, tzinfo=start.tzinfo, locale=known))


def _zone_named(from_: str, at: dt.datetime, known: babel.Locale) -> str:
    """What was said of the zone behind the start of a span."""
    return _plain(from_).removeprefix(_plain(dates.format_time(at, "short", at.tzinfo, known)))


def _plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2009", " ")


# Input words, not words for people: what anyone may type in the languages we understand.
DAYS = {
    plain_words(word): ahead
    for ahead, words in enumerate(("today heute اليوم", "tomorrow morgen غدا", "übermorgen"))
    for word in words.split()
}
_HALVES = {
    **dict.fromkeys(("am", "a", "morgens", "vormittags", "inthemorning", "ص", "صباحا", "صباحًا"), "am"),
    **dict.fromkeys(("pm", "p", "nachmittags", "abends", "م", "مساء", "مساءً", "ظهرا"), "pm"),
    **dict.fromkeys(("uhr", "h", "hrs", "oclock", "o'clock"), "24"),
}
_NAMED = {
    **dict.fromkeys(("noon", "midday", "mittags", "mittag", "ظهرا", "الظهر"), "12:00"),
    **dict.fromkeys(("midnight", "mitternacht", "منتصف الليل"), "00:00"),
}
