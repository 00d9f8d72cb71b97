"""What every field kind stands on: the error, the option, who typed it and where, and text as a person means it."""

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as having
from typing import TypeAlias

from disposable import formats
from disposable.definition import Field
from disposable.expressions import Names, lookup

MAX_INPUT = 10_000

Slots: TypeAlias = Mapping[str, Sequence[Mapping[str, object]]]
NO_SLOTS: Slots = {}


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why a value was not taken: catalog key "error." + code, what the sentence needs, and which part of it is wrong."""

    code: str
    params: Mapping[str, str] = having(default_factory=dict)
    part: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose: `value` is posted, `saved` is kept. `short` is its label below the heading `group`."""

    value: str
    label: str
    saved: object
    like: tuple[str, ...] = ()
    group: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """Who typed it, where and when: the names known, the language, the zone, the day, and the slots free now.

    `before` is what was answered here before: of files, what is already there can be kept.
    """

    names: Names
    locale: str = "en"
    zone: str | None = None
    today: dt.date | None = None
    slots: Slots = having(default_factory=dict)
    before: object = None

    @property
    def style(self) -> formats.Style:
        site_zone = lookup(("site", "zone"), self.names)
        return formats.Style(self.locale, self.zone, site_zone if isinstance(site_zone, str) else None)

    @property
    def country(self) -> str:
        """The country of the site, else of its time zone, else of the language; ISO 3166, "" if nothing says one."""
        at_site = lookup(("site", "country"), self.names)
        if isinstance(at_site, str) and len(at_site) == 2:
            return at_site.upper()
        of_zone = formats.country_of_zone(lookup(("site", "zone"), self.names))
        return of_zone or formats.locale_of(self.locale).territory or ""


Parser: TypeAlias = Callable[[Field, str, Where], object | FieldError]
RawParser: TypeAlias = Callable[[Field, object, Where], object | FieldError]

_MISSING = {
    **dict.fromkeys(("choice", "choices", "slot", "yesno", "scale"), "choose"),
    "photo": "photo",
    "file": "file",
    "signature": "sign",
    "location": "place",
    "consent": "consent",
}


def missing(field: Field) -> FieldError | None:
    """What nothing is: fine where the field is optional, else what is asked for."""
    return None if field.optional else FieldError(_MISSING.get(field.kind, "required"))


def clean(raw: object) -> str | None:
    """Text as a person means it: composed, trimmed, without control characters. None for what is no text."""
    if isinstance(raw, list | tuple):
        raw = raw[0] if raw else ""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return "" if raw is None else None
    if isinstance(raw, int | float) and not abs(raw) < 10**30:
        return None
    text = unicodedata.normalize("NFC", str(raw)[: 4 * MAX_INPUT].replace("\r\n", "\n").replace("\t", " "))
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cs")).strip()


def number_of(bound: float | str | None) -> float | None:
    """A bound that is a number."""
    return None if isinstance(bound, str) else bound


def digits(text: str) -> str:
    """The same text with the digits of any script written 0 to 9."""
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def plain_words(text: str) -> str:
    """A text for comparing: no case, accents, punctuation or double spaces."""
    folded = unicodedata.normalize("NFKD", text[:MAX_INPUT].casefold())
    letters = (sign if sign.isalnum() else " " for sign in folded if not unicodedata.combining(sign))
    return digits(" ".join("".join(letters).split()))
