"""One spelling of an address: a phone in E.164, an e-mail in lower case, so that two spellings are never two people."""

from __future__ import annotations

import phonenumbers

KINDS = ("user_id", "phone", "email", "device")
"""Strongest first: which address decides when several disagree."""


class BadAddress(Exception):
    """An address that cannot be one. `kind` and `value` are what was given."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(f"{value!r} is not a {kind}")
        self.kind = kind
        self.value = value


def normal(kind: str, value: str, region: str | None = None) -> str:
    """The address as it is stored and compared. `region` (ISO 3166) reads national numbers. Raises BadAddress."""
    value = value.strip()
    if kind == "phone":
        return _phone(value, region)
    if kind == "email":
        name, at, host = value.rpartition("@")
        if (
            not (name and at and "." in host.strip("."))
            or any(c.isspace() or ord(c) < 32 for c in value)
            or len(value) > 254
        ):
            raise BadAddress(kind, value)
        return f"{name}@{host}".lower()
    if kind in KINDS and value and len(value) <= 128 and value.isprintable():
        return value
    raise BadAddress(kind, value)


def _phone(value: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        raise BadAddress("phone", value) from None
    if not phonenumbers.is_possible_number(number):
        raise BadAddress("phone", value)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def country(phone: str) -> str:
    """The region of a number in E.164, for limits by country; its calling code's first digits where nobody claims it."""
    found = phonenumbers.region_code_for_number(phonenumbers.parse(phone, None))
    return found or phone[:3]


def masked(kind: str, value: str) -> str:
    """Enough of an address for its owner to know it, too little for anyone else: +1 ••• 0142, m•••@example.com."""
    if kind == "phone":
        return f"{value[:2]}•••{value[-3:]}"
    if kind == "email":
        name, _, host = value.partition("@")
        return f"{name[:1]}•••@{host}"
    return f"{value[:2]}•••"
