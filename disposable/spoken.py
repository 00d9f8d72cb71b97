"""Days, times and numbers as people say them: "Friday around 4", "übermorgen um halb neun", "twenty five".

What is found here is what was probably meant: whoever acts on it asks first. Our own rules come before dateparser, which
takes the clock's hour for a time nobody named, reads "may" as a month and cuts "the day after tomorrow" down to tomorrow.
"""

import datetime as dt
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import dateparser
from babel import dates
from text_to_num import alpha2digit

from disposable import formats
from disposable.fields import digits, plain_words, read_date

LONGEST = 300
_NUMBER_WORDS = ("en", "de", "fr", "es", "pt", "it", "nl", "ca", "ru")
_TRUSTED = 3
"""Shorter words mean too many things: "so", "mo", "may", "an"."""

# Input words, not words for people. How many days ahead; the longest phrase is tried first.
_AHEAD = {
    "the day after tomorrow": 2, "day after tomorrow": 2, "übermorgen": 2, "بعد غد": 2, "بعد بكرة": 2, "après demain": 2,
    "pasado mañana": 2, "today": 0, "tonight": 0, "heute": 0, "اليوم": 0, "الليلة": 0, "aujourd hui": 0, "hoy": 0,
    "tomorrow": 1, "morgen": 1, "غدا": 1, "بكرة": 1, "demain": 1,
}  # fmt: skip
_AFTER = {"day": 1, "days": 1, "tag": 1, "tage": 1, "tagen": 1, "يوم": 1, "ايام": 1, "أيام": 1, "week": 7, "weeks": 7,
          "woche": 7, "wochen": 7, "اسبوع": 7, "أسبوع": 7, "اسابيع": 7}  # fmt: skip
_IN = r"(?:in|within|بعد|خلال|dans|en)"
_NEXT = frozenset(map(plain_words, "next nächsten nächster nächste nächstes kommenden القادم المقبل".split()))
_PM = frozenset("pm p evening afternoon abends abend nachmittags nachmittag مساء مساءً ظهرا".split())
_AM = frozenset("am a morning morgens vormittags früh صباحا صباحاً".split())
_NOON = {"noon": "12:00", "midday": "12:00", "mittag": "12:00", "mittags": "12:00", "midnight": "00:00",
         "mitternacht": "00:00", "الظهر": "12:00"}  # fmt: skip
_ARABIC_NUMBERS = ("صفر واحد اثنان ثلاثة اربعة خمسة ستة سبعة ثمانية تسعة عشرة").split()
_ARABIC_HOURS = ("", *"الواحدة الثانية الثالثة الرابعة الخامسة السادسة السابعة الثامنة التاسعة العاشرة".split())

_LONE = {"one": "1", "zero": "0", "eins": "1", "ein": "1", "eine": "1", "einer": "1", "null": "0"}
"""Numbers only where they are all that was said: elsewhere "this one" counts nothing."""
_NUMBER = re.compile(r"(?<![\w.,-])-?\d+(?:[.,]\d+)?(?![\w-]|[.,]\d)")

_ARABIC_PARTS = {plain_words(word): part for word, part in {"والنصف": 30, "ونصف": 30, "والربع": 15, "وربع": 15}.items()}


@dataclass(frozen=True, slots=True)
class Heard:
    """Something found in a sentence: its value, and the sentence without it. `half`: whether the half of the day was said."""

    value: object
    rest: str
    half: bool = True


def date(text: str, locale: str, today: dt.date | None) -> Heard | None:
    """The day a sentence names, from today on where it names no year. None where it names none."""
    text = text[:LONGEST]
    if (exact := read_date(text, locale, today)) is not None:
        return Heard(exact.isoformat(), "")
    if today is None:
        return None
    said = plain_words(text)
    for find in (_ahead, _after, _weekday, _day_and_month, _digits):
        if (found := find(said, text, locale, today)) is not None:
            return Heard(found[0].isoformat(), found[1])
    return _parsed(text, said, locale, today)


def _ahead(said: str, _text: str, _locale: str, today: dt.date) -> tuple[dt.date, str] | None:
    for phrase in sorted(_AHEAD, key=len, reverse=True):
        if _holds(said, plain := plain_words(phrase)):
            return today + dt.timedelta(days=_AHEAD[phrase]), _without(said, plain)
    return None


def _after(said: str, _text: str, locale: str, today: dt.date) -> tuple[dt.date, str] | None:
    units = "|".join(sorted(map(plain_words, _AFTER), key=len, reverse=True))
    match = re.search(rf"\b{_IN} (\w+) ({units})\b", _figures(said, locale))
    if not match:
        return None
    counted = {"a": 1, "an": 1, "einer": 1, "einem": 1, "ein": 1}.get(match[1]) or number_of(match[1], locale)
    unit = next(days for word, days in _AFTER.items() if plain_words(word) == match[2])
    if not isinstance(counted, int) or not 0 < counted < 400:
        return None
    return today + dt.timedelta(days=counted * unit), _without(_figures(said, locale), match[0])


def _weekday(said: str, _text: str, locale: str, today: dt.date) -> tuple[dt.date, str] | None:
    words = said.split()
    known = _weekdays(locale)
    for at, word in enumerate(words):
        if word not in known:
            continue
        # Said on a Friday, "Friday" is the next one: whoever means today says so.
        ahead = (known[word] - today.weekday() - 1) % 7 + 1
        used = {at}
        before, after = (words[at - 1] if at else ""), (words[at + 1] if at + 1 < len(words) else "")
        if before in _NEXT or after in _NEXT:
            used.add(at - 1 if before in _NEXT else at + 1)
        return today + dt.timedelta(days=ahead), " ".join(w for i, w in enumerate(words) if i not in used)
    return None


@functools.lru_cache(maxsize=64)
def _weekdays(locale: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for tag in (locale, "en", "de", "ar"):
        for width in ("wide", "abbreviated"):
            for number, name in dates.get_day_names(width, "format", formats.locale_of(tag)).items():
                word = plain_words(str(name))
                if len(word) >= _TRUSTED:
                    found.setdefault(word, number)
    return found


def _day_and_month(said: str, _text: str, locale: str, today: dt.date) -> tuple[dt.date, str] | None:
    """27 November, November 27th, the 27th of November, 3. Mai: the month needs its day beside it."""
    months = _months(locale)
    words = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1", said).split()
    for at, word in enumerate(words):
        if word not in months:
            continue
        before = [w for w in words[max(0, at - 2) : at] if w not in ("of", "the")][-1:]
        after = words[at + 1 : at + 2]
        year = next((int(w) for w in words[at + 1 : at + 3] if re.fullmatch(r"20\d\d", w)), None)
        for near in (before, after):
            if near and near[0].isdecimal() and 1 <= int(near[0]) <= 31:
                on = _coming(today, int(near[0]), months[word], year)
                spent = {word, near[0], "of", "the", str(year)}
                return (on, " ".join(w for w in words if w not in spent)) if on else None
    return None


@functools.lru_cache(maxsize=64)
def _months(locale: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for tag in (locale, "en", "de", "ar"):
        for width in ("wide", "abbreviated"):
            for number, name in dates.get_month_names(width, "format", formats.locale_of(tag)).items():
                found.setdefault(plain_words(str(name)), number)
    return found


def _digits(_said: str, text: str, locale: str, today: dt.date) -> tuple[dt.date, str] | None:
    """A date in figures within a sentence; without a year, as 25.11. or 25/11, the next one there is."""
    plain = digits(text)
    for match in re.finditer(
        r"\d{4}-\d\d-\d\d|\d{1,2}\s*[./-]\s*\d{1,2}(?:\s*[./-]\s*(?:\d{4}|\d\d))?\.?(?!\d|:)", plain
    ):
        whole = read_date(match[0], locale)
        parts = re.fullmatch(r"(\d{1,2})\s*([./-])\s*(\d{1,2})\.?", match[0])
        if whole is None and parts:
            first_is_day = parts[2] == "." or not _month_first(locale)
            day, month = (parts[1], parts[3]) if first_is_day else (parts[3], parts[1])
            whole = _coming(today, int(day), int(month), None)
        if whole is not None:
            return whole, plain_words(plain[: match.start()] + " " + plain[match.end() :])
    return None


def _month_first(locale: str) -> bool:
    pattern = dates.get_date_format("short", locale=formats.locale_of(locale)).pattern
    return "M" in pattern and pattern.find("M") < pattern.find("d")


def _coming(today: dt.date, day: int, month: int, year: int | None) -> dt.date | None:
    try:
        on = dt.date(year or today.year, month, day)
        return on if year or on >= today else dt.date(today.year + 1, month, day)
    except ValueError:
        return None


def _parsed(text: str, said: str, locale: str, today: dt.date) -> Heard | None:
    """The rest of the world's languages, by dateparser; only where the whole text is a date."""
    if (at := time(text, locale)) is not None:
        # "um 14 Uhr" is no fourteenth.
        text = said = " ".join(word for word in at.rest.split() if len(word) >= _TRUSTED)
    if len(said) < _TRUSTED or said.isdecimal() or len(said.split()) > 5 or said in _months(locale):
        return None
    language = locale.replace("_", "-").split("-")[0]
    try:
        read = dateparser.parse(text, languages=[language], settings=_settings(today))
    except ValueError:
        return None
    return Heard(read.date().isoformat(), "") if read else None


def _settings(today: dt.date) -> dict[str, object]:
    return {
        "RELATIVE_BASE": dt.datetime.combine(today, dt.time(12)),
        "PREFER_DATES_FROM": "future",
        "REQUIRE_PARTS": ["day"],
        "PARSERS": ["relative-time", "absolute-time"],
    }


def time(text: str, locale: str) -> Heard | None:
    """The time of day a sentence names, as HH:MM. None where it names none; an hour alone must look like one."""
    plain = digits(text[:LONGEST])
    for found in _times(plain, _figures(plain_words(plain), locale)):
        return found
    return None


def _times(plain: str, said: str) -> Iterator[Heard]:
    words = said.split()
    if re.search(r"\d\s?(?:-|–|to|bis)\s?\d+(?:[:.]\d\d)?\s?(?:[ap]m|uhr|h\b)", plain, re.I):
        return  # "10-11am" is a stretch of time, not one
    if match := re.search(
        r"(?<!\d)([01]?\d|2[0-3])\s?(?:[:h.]|Uhr)\s?([0-5]\d)(?![\d.])\s?([ap])?\.?m?\b", plain, re.I
    ):
        yield Heard(_clock(int(match[1]), int(match[2]), _half_of(words, match[3])), _rest(plain, match))
    if match := re.search(r"(?<!\d)(1[0-2]|0?[1-9])\s?([ap])\.?\s?m\b", plain, re.I):
        yield Heard(_clock(int(match[1]), 0, match[2].lower()), _rest(plain, match))
    if match := re.search(r"(?<!\d)([01]?\d|2[0-4])\s?(uhr|h|o.?clock|hrs?)\b", plain, re.I):
        half = _half_of(words)
        told = half or ("?" if "clock" in match[2].casefold() else "")
        yield Heard(_clock(int(match[1]) % 24, 0, told), _rest(plain, match), bool(half))
    if match := re.search(r"\b(half past|quarter past|quarter to|halb|viertel nach|viertel vor) (\d{1,2})\b", said):
        at = _part_of_hour(match[1], int(match[2]), _half_of(words))
        if at is not None:
            yield Heard(at, _without(said, match[0]), bool(_half_of(words)))
    for word, at in _NOON.items():
        if _holds(said, plain_words(word)):
            yield Heard(at, _without(said, plain_words(word)))
    for hour, name in enumerate(_ARABIC_HOURS):
        if name and _holds(said, plain_words(name)):
            minute = next((part for word, part in _ARABIC_PARTS.items() if _holds(said, word)), 0)
            half, rest = _half_of(words), " ".join(word for word in words if word not in _ARABIC_PARTS)
            yield Heard(_clock(hour, minute, half or "?"), _without(rest, plain_words(name)), bool(half))
    if match := re.search(
        r"\b(?:at|around|about|by|after|um|gegen|ab|الساعة|حوالي|a las|à) (?:about )?([01]?\d|2[0-3])\b", said
    ):
        half = _half_of(words)
        yield Heard(_clock(int(match[1]), 0, half or "?"), _without(said, match[0]), bool(half))


def hour(text: str, locale: str) -> Heard | None:
    """The time of day that a text is, where a time was asked for: "7", "five", "seven thirty", "1930"."""
    said = _figures(plain_words(digits(text[:40])), locale)
    said = _LONE.get(said, said)
    match = re.fullmatch(r"(\d{1,2})(?: ?([0-5]\d))?", said)
    if match is None or int(match[1]) > 23:
        return None
    alone = "?" if len(match[1]) == 1 or int(match[1]) > 9 else ""
    return Heard(_clock(int(match[1]), int(match[2] or 0), alone), "", not alone)


def _half_of(words: list[str], letter: str | None = None) -> str:
    if letter:
        return letter.lower()
    if set(words) & set(map(plain_words, _PM)):
        return "p"
    # "am Freitag" is on Friday: only behind a figure it is a half of the day.
    told = {word for before, word in zip(["", *words], words, strict=False) if word != "am" or before[-1:].isdigit()}
    return "a" if told & set(map(plain_words, _AM - {"a"})) else ""


def _clock(hour: int, minute: int, half: str) -> str:
    """`half`: a, p, nothing said, or ? for an hour that stands alone: from 1 to 6 it is the afternoon's."""
    if half == "p" or (half == "?" and 1 <= hour <= 6):
        hour = hour % 12 + 12 if hour <= 12 else hour
    elif half == "a" and hour <= 12:
        hour %= 12
    return f"{hour:02d}:{minute:02d}"


def _part_of_hour(words: str, hour: int, half: str) -> str | None:
    if not 1 <= hour <= 24:
        return None
    minutes = {
        "half past": 30,
        "quarter past": 15,
        "quarter to": -15,
        "halb": -30,
        "viertel nach": 15,
        "viertel vor": -15,
    }
    total = (int(_clock(hour % 24, 0, half or "?")[:2]) * 60 + minutes[words]) % 1440
    return f"{total // 60:02d}:{total % 60:02d}"


def number(text: str, locale: str, today: dt.date | None = None) -> Heard | None:
    """The one number a sentence holds, in figures or words, beside a day and a time. None for none, or for more than one."""
    said = _figures(digits(text[:LONGEST]), locale)
    said = _LONE.get(plain_words(said), said)
    found = _NUMBER.findall(said)
    if len(found) > 1 and (at := time(said, locale)) is not None:
        found = _NUMBER.findall(at.rest)
    if len(found) > 1 and (on := date(said, locale, today)) is not None:
        found = _NUMBER.findall((time(on.rest, locale) or on).rest)
    if len(found) != 1:
        return None
    value = float(found[0].replace(",", "."))
    rest = re.sub(rf"(?<![\w.,-]){re.escape(found[0])}(?![\w-]|[.,]\d)", " ", said, count=1)
    return Heard(int(value) if value.is_integer() else value, " ".join(rest.split()))


def number_of(word: str, locale: str) -> int | float | None:
    """The number of one word or figure."""
    heard = number(word, locale)
    return heard.value if heard and isinstance(heard.value, int | float) else None


def _figures(text: str, locale: str) -> str:
    """The same text with numbers in words written in figures."""
    for value, word in enumerate(_ARABIC_NUMBERS):
        text = re.sub(rf"\b{word.replace('ا', '[اأ]').removesuffix('ة')}ة?\b", str(value), text)
    language = locale.replace("_", "-").split("-")[0]
    if language not in _NUMBER_WORDS or not any(sign.isalpha() for sign in text):
        return text
    try:
        # "one" stays a word: "this one" counts nothing.
        return str(alpha2digit(text, language, threshold=1.5))
    except ValueError:
        return text


def _holds(said: str, phrase: str) -> bool:
    return f" {phrase} " in f" {said} "


def _without(said: str, phrase: str) -> str:
    return " ".join(f" {said} ".replace(f" {phrase} ", " ", 1).split())


def _rest(plain: str, match: re.Match[str]) -> str:
    return plain_words(plain[: match.start()] + " " + plain[match.end() :])
