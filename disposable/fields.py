"""Field kinds: what a person typed -> a value, or a FieldError that says what is wrong with it.

One function a kind, one entry in PARSERS; a value is plain JSON, because it stands in an event.
"""

import datetime as dt
import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as having

import phonenumbers
from babel import dates, numbers

from disposable import formats
from disposable.definition import Field
from disposable.expressions import Names, Template, lookup

MAX_INPUT = 10_000
MAX_TEXT = 1_000
MAX_OPTIONS = 200
MAX_NUMBER = 10**15


_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@(?:[^\s@.,;<>\"]{1,63}\.)+[^\s@.,;<>\"\d]{2,63}")


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why a value was not taken: catalog key "error." + code, and what the sentence needs."""

    code: str
    params: Mapping[str, str] = having(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose: `value` is posted, `saved` is kept."""

    value: str
    label: str
    saved: object
    like: tuple[str, ...] = ()


def parse(
    field: Field,
    raw: object,
    names: Names,
    locale: str = "en",
    *,
    zone: str | None = None,
    today: dt.date | None = None,
) -> object | FieldError:
    """The value of what was typed; None for nothing, where the field is optional. `today` lets dates be said as words."""
    text = clean(raw)
    if text is None:
        return FieldError("text")
    if not text:
        return None if field.optional else FieldError("required")
    if len(text) > MAX_INPUT:
        return FieldError("long", {"max": str(MAX_INPUT)})
    if field.kind == "choice":
        return _choice(text, options(field, names, locale, zone))
    return PARSERS[field.kind](field, text, Where(names, locale, today))


@dataclass(frozen=True, slots=True)
class Where:
    """Who typed it, where and when: the names known, the language and the day."""

    names: Names
    locale: str
    today: dt.date | None = None


def clean(raw: object) -> str | None:
    """Text as a person means it: composed, trimmed, without control characters. None for what is no text."""
    if isinstance(raw, list | tuple):
        raw = raw[0] if raw else ""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return "" if raw is None else None
    text = unicodedata.normalize("NFC", str(raw)[: 4 * MAX_INPUT].replace("\r\n", "\n").replace("\t", " "))
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs")).strip()


def options(field: Field, names: Names, locale: str = "en", zone: str | None = None) -> tuple[Option, ...]:
    """What a field of kind choice offers now; nothing if its list is missing or empty."""
    if field.options is not None:
        labels = ((value, Template.parse(label)) for value, label in field.options.items())
        return tuple(Option(value, label.render(names, locale, zone), value) for value, label in labels)
    items = lookup(tuple((field.from_ or "").split(".")), names)
    if not isinstance(items, list):
        return ()
    label = Template.parse(field.label or "{{ item }}")
    found = (
        Option(item_key(item), label.render({**names, "item": item}, locale, zone), item)
        for item in items[:MAX_OPTIONS]
    )
    return tuple({option.value: option for option in found}.values())


def item_key(item: object) -> str:
    """What stands for an item in a form: it changes with the item, so a stale page can never choose another one."""
    text = json.dumps(item, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _choice(text: str, offered: tuple[Option, ...]) -> object | FieldError:
    found = [option.saved for option in offered if option.value == text]
    return found[0] if found else FieldError("choice")


def _text(field: Field, text: str, _where: Where) -> object | FieldError:
    least, most = int(_number_of(field.min) or 0), int(_number_of(field.max) or MAX_TEXT)
    if len(text) < least:
        return FieldError("short", {"min": str(least)})
    return text if len(text) <= most else FieldError("long", {"max": str(most)})


def _yesno(_field: Field, text: str, _where: Where) -> object | FieldError:
    word = plain_words(text)
    if word in YES:
        return True
    return False if word in NO else FieldError("yesno")


def _phone(_field: Field, text: str, where: Where) -> object | FieldError:
    if len(text) > 40:
        return FieldError("phone")
    country = lookup(("site", "country"), where.names)
    text = re.sub(r"^00", "+", digits(text).strip())
    try:
        number = phonenumbers.parse(
            text, country if isinstance(country, str) else formats.locale_of(where.locale).territory
        )
    except phonenumbers.NumberParseException:
        return FieldError("phone")
    if not phonenumbers.is_possible_number(number):
        return FieldError("phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(_field: Field, text: str, _where: Where) -> object | FieldError:
    text = text.removeprefix("mailto:").strip()
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        return FieldError("email")
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"


def _date(field: Field, text: str, where: Where) -> object | FieldError:
    on = read_date(text, where.locale, where.today)
    if on is None:
        return FieldError("date")
    if isinstance(field.min, str) and on.isoformat() < field.min:
        return FieldError("early", {"min": formats.date_text(field.min, formats.Style(where.locale))})
    if isinstance(field.max, str) and on.isoformat() > field.max:
        return FieldError("late", {"max": formats.date_text(field.max, formats.Style(where.locale))})
    return on.isoformat()


def read_date(text: str, locale: str, today: dt.date | None = None) -> dt.date | None:
    """2026-11-21, 21.11.2026, the order of the language with / or -, a month by its name, today, tomorrow. None otherwise."""
    ahead = DAYS.get(plain_words(text[:40]))
    if today is not None and ahead is not None:
        return today + dt.timedelta(days=ahead)
    text = digits(text).strip().rstrip(".")
    if (on := formats.day(text)) is not None:
        return on
    if match := re.fullmatch(r"(\d{1,2})\s*\.\s*(\d{1,2})\s*\.\s*(\d{4}|\d{2})", text):
        return _day(match[3], match[2], match[1])
    if match := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})", text):
        first, second = (match[1], match[2]) if _month_first(locale) else (match[2], match[1])
        return _day(match[3], first, second)
    return _named_month(text, locale)


def _named_month(text: str, locale: str) -> dt.date | None:
    words = [word for word in re.split(r"[\s,.]+", text[:60]) if word]
    words = [re.sub(r"^(\d{1,2})(st|nd|rd|th)$", r"\1", word) for word in words if word.casefold() != "of"]
    if len(words) != 3 or not words[2].isdecimal():
        return None
    first, second = (words[1], words[0]) if words[0].isdecimal() else (words[0], words[1])
    month = _months(locale).get(plain_words(first))
    return _day(words[2], str(month), second) if month and second.isdecimal() and len(words[2]) in (2, 4) else None


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


def _number(field: Field, text: str, where: Where) -> object | FieldError:
    value = read_number(text, where.locale)
    if value is None:
        return FieldError("number")
    style = formats.Style(where.locale)
    if (least := _number_of(field.min)) is not None and value < least:
        return FieldError("small", {"min": formats.number_text(least, style)})
    if (most := _number_of(field.max)) is not None and value > most:
        return FieldError("large", {"max": formats.number_text(most, style)})
    return value


def read_number(text: str, locale: str) -> int | float | None:
    """A number as people of the language write it. None otherwise."""
    text = digits(text).replace(" ", "").replace("−", "-").replace("٫", ".").replace("٬", "")
    if not re.fullmatch(r"[-+]?[\d.,'’]{1,24}", text):
        return None
    try:
        value = float(numbers.parse_decimal(text, locale=formats.locale_of(locale), strict=True))
    except (ValueError, ArithmeticError):
        try:
            value = float(text)
        except ValueError:
            return None
    if not math.isfinite(value) or abs(value) >= MAX_NUMBER:
        return None
    return int(value) if value.is_integer() else value


def _number_of(bound: float | str | None) -> float | None:
    return None if isinstance(bound, str) else bound


def digits(text: str) -> str:
    """The same text with the digits of any script written 0 to 9."""
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def plain_words(text: str) -> str:
    """A text for comparing: no case, accents, punctuation or double spaces."""
    folded = unicodedata.normalize("NFKD", text[:MAX_INPUT].casefold())
    letters = (sign if sign.isalnum() else " " for sign in folded if not unicodedata.combining(sign))
    return digits(" ".join("".join(letters).split()))


# Input words, not words for people: what anyone may type in the languages we understand.
YES = frozenset(map(plain_words, "yes y yeah yep ok okay sure true ja j jo jep klar نعم أيوه أجل موافق oui si".split()))
NO = frozenset(map(plain_words, "no n nope false nein ne لا كلا non".split()))
DAYS = {
    plain_words(word): ahead
    for ahead, words in enumerate(("today heute اليوم", "tomorrow morgen غدا", "übermorgen"))
    for word in words.split()
}

PARSERS: Mapping[str, Callable[[Field, str, Where], object | FieldError]] = {
    "text": _text,
    "yesno": _yesno,
    "phone": _phone,
    "email": _email,
    "date": _date,
    "number": _number,
}
