"""Field kinds: what a person typed -> a value, or a FieldError that says what is wrong with it.

One function a kind, one entry in PARSERS, or in RAW_PARSERS for what is more than one text; a value is plain JSON,
because it stands in an event. The families: texts, amounts, times, choosing, places, sent; `printed` is the way back.
"""

import datetime as dt
from collections.abc import Mapping

from disposable.definition import Field
from disposable.expressions import Names
from disposable.fields import amounts, choosing, places, sent, texts, times
from disposable.fields.amounts import read_number
from disposable.fields.base import (
    MAX_INPUT,
    NO_SLOTS,
    FieldError,
    Option,
    Parser,
    RawParser,
    Slots,
    Where,
    clean,
    digits,
    missing,
    number_of,
    plain_words,
)
from disposable.fields.choosing import MAX_OPTIONS, NO, YES, agreement, item_key
from disposable.fields.printed import Posted, Words, in_words, posted
from disposable.fields.texts import phone_text
from disposable.fields.times import read_date, read_time

__all__ = [
    "MAX_INPUT",
    "MAX_OPTIONS",
    "NO",
    "PARSERS",
    "RAW_PARSERS",
    "YES",
    "FieldError",
    "Option",
    "Posted",
    "Slots",
    "Where",
    "Words",
    "agreement",
    "clean",
    "collect",
    "digits",
    "in_words",
    "item_key",
    "number_of",
    "options",
    "parse",
    "phone_text",
    "plain_words",
    "posted",
    "read_date",
    "read_number",
    "read_time",
]

PARSERS: Mapping[str, Parser] = {
    "text": texts.text,
    "long": texts.text,
    "name": texts.name,
    "email": texts.email,
    "phone": texts.phone,
    "number": amounts.number,
    "money": amounts.money,
    "date": times.date,
    "time": times.time,
    "slot": choosing.choice,
    "choice": choosing.choice,
    "yesno": choosing.yesno,
    "scale": choosing.scale,
    "consent": choosing.consent,
}
RAW_PARSERS: Mapping[str, RawParser] = {
    "choices": choosing.choices,
    "address": places.address,
    "location": places.location,
    "photo": sent.files,
    "file": sent.files,
    "signature": sent.signature,
    "code": sent.code,
}


def parse(
    field: Field,
    raw: object,
    names: Names,
    locale: str = "en",
    *,
    zone: str | None = None,
    today: dt.date | None = None,
    slots: Slots = NO_SLOTS,
    before: object = None,
) -> object | FieldError:
    """The value of what was posted (see `collect`) or typed; None for nothing, where the field is optional.

    `today` lets dates be said as words, `slots` are those free now, by calendar, `before` what was answered here before.
    Never raises.
    """
    where = Where(names, locale, zone, today, slots, before)
    text = clean(raw)
    if text is not None and len(text) > MAX_INPUT:
        return FieldError("long", {"max": str(MAX_INPUT)})
    if field.kind in RAW_PARSERS:
        return RAW_PARSERS[field.kind](field, raw, where)
    if text is None:
        return FieldError("text")
    return PARSERS[field.kind](field, text, where) if text else missing(field)


def collect(given: Mapping[str, object], name: str) -> object:
    """What a form posted for the field `name`: its value, or a mapping of its parts (NAME.part; "" is NAME itself)."""
    start = f"{name}."
    parts = {key[len(start) :]: value for key, value in given.items() if key.startswith(start)}
    if not parts:
        return given.get(name)
    return {**parts, "": given[name]} if name in given else parts


def options(
    field: Field,
    names: Names,
    locale: str = "en",
    zone: str | None = None,
    *,
    today: dt.date | None = None,
    slots: Slots = NO_SLOTS,
) -> tuple[Option, ...]:
    """What a field of kind choice, choices or slot offers now; nothing for any other, or if its list is empty."""
    if field.kind not in ("choice", "choices", "slot"):
        return ()
    return choosing.options(field, Where(names, locale, zone, today, slots))
