"""What is written in letters: text, long text, a name, an e-mail address, a phone number."""

import re

import phonenumbers

from disposable.definition import Field
from disposable.fields.base import FieldError, Where, digits, number_of

MAX_TEXT = 1_000
MAX_LONG = 5_000
MAX_NAME = 120

_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@(?:[^\s@.,;<>\"]{1,63}\.)+[^\s@.,;<>\"\d]{2,63}")


def limit(field: Field) -> int:
    """How many characters a field of letters takes."""
    usual = {"long": MAX_LONG, "name": MAX_NAME}.get(field.kind, MAX_TEXT)
    most = number_of(field.max)
    return usual if most is None else int(most)


def text(field: Field, said: str, _where: Where) -> object | FieldError:
    """Also of kind long: the same, with more room."""
    least, most = int(number_of(field.min) or 0), limit(field)
    if len(said) < least:
        return FieldError("short", {"min": str(least)})
    return said if len(said) <= most else FieldError("long", {"max": str(most)})


def name(field: Field, said: str, where: Where) -> object | FieldError:
    """A person's name, whatever it is: only what has no letter at all is none."""
    said = " ".join(said.split())
    return text(field, said, where) if any(sign.isalpha() for sign in said) else FieldError("name")


def email(_field: Field, said: str, _where: Where) -> object | FieldError:
    said = said.removeprefix("mailto:").strip()
    if len(said) > 254 or not _EMAIL.fullmatch(said):
        return FieldError("email")
    local, _, domain = said.rpartition("@")
    return f"{local}@{domain.lower()}"


def phone(_field: Field, said: str, where: Where) -> object | FieldError:
    if len(said) > 40:
        return FieldError("phone")
    said = re.sub(r"^00", "+", digits(said.removeprefix("tel:")).strip())
    try:
        number = phonenumbers.parse(said, where.country or None)
    except phonenumbers.NumberParseException:
        return FieldError("phone")
    # What can be dialled only within a town is no number to call back.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return FieldError("phone")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def phone_text(value: str) -> str:
    """A number with the spaces of its country: +49 30 901820."""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
