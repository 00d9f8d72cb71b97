"""What is counted: numbers and money, as people of a language write them."""

import math
import re
from collections.abc import Callable
from decimal import Decimal

from babel import numbers

from disposable import formats
from disposable.definition import Field
from disposable.fields.base import FieldError, Where, digits, number_of

MAX_NUMBER = 10**15


def number(field: Field, said: str, where: Where) -> object | FieldError:
    value = read_number(said, where.locale)
    if value is None:
        return FieldError("number")
    return _bounded(
        value, number_of(field.min), number_of(field.max), lambda bound: formats.number_text(bound, where.style)
    )


def money(field: Field, said: str, where: Where) -> object | FieldError:
    """An amount of the field's currency, with or without its name; nothing owed is below nothing unless the flow says so."""
    code = currency_of(field, where)
    bare, named = _without_currency(said, code, where.locale)
    if named not in ("", code):
        return FieldError("currency", {"currency": code})
    value = read_number(bare, where.locale)
    if value is None or round(value, precision(code)) != value:
        return FieldError("money", {"example": example(code, where)})
    low = number_of(field.min)
    found = _bounded(
        value,
        0.0 if low is None else low,
        number_of(field.max),
        lambda bound: formats.money_text(bound, where.style, code),
    )
    return found if isinstance(found, FieldError) else {"amount": found, "currency": code}


def currency_of(field: Field, where: Where) -> str:
    """The field's currency, else that of the site's country."""
    if field.currency:
        return field.currency
    used = numbers.get_territory_currencies(where.country) if where.country else []
    return str(used[0]) if used else "EUR"


def precision(code: str) -> int:
    """Digits after the comma of a currency: 2 of most, 0 of yen."""
    return int(numbers.get_currency_precision(code))


def sign_of(code: str, locale: str) -> str:
    """How a currency is written before or behind an amount: €, $, CHF."""
    return str(numbers.get_currency_symbol(code, locale=formats.locale_of(locale)))


def example(code: str, where: Where) -> str:
    return formats.money_text(12.5 if precision(code) else 1250, where.style, code)


def read_number(said: str, locale: str) -> int | float | None:
    """A number as people of the language write it. None otherwise."""
    said = digits(said).replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    said = said.replace("−", "-").replace("٫", ".").replace("٬", "")
    if not re.fullmatch(r"[-+]?[\d.,'’]{1,24}", said):
        return None
    # Two digits behind a comma are no thousands, whatever the language.
    said = re.sub(r"^([-+]?\d+),(\d{1,2})$", r"\1.\2", said) if _comma(locale) == "." else said
    try:
        value = float(numbers.parse_decimal(said, locale=formats.locale_of(locale), strict=True))
    except (ValueError, ArithmeticError):
        try:
            value = float(said)
        except ValueError:
            return None
    if not math.isfinite(value) or abs(value) >= MAX_NUMBER:
        return None
    return int(value) if value.is_integer() else value


def number_typed(value: object, locale: str, places: int = 0) -> str:
    """A number as it would be typed: the comma of the language, no separators, `places` digits after it at least."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    whole, _, rest = format(Decimal(repr(value)), "f").removesuffix(".0").partition(".")
    rest = rest.ljust(places, "0") if rest else ""
    return f"{whole}{_comma(locale)}{rest}" if rest else whole


def _comma(locale: str) -> str:
    sign = numbers.get_decimal_symbol(formats.locale_of(locale))
    return sign if sign in ",." else "."


def _bounded(value: float, low: float | None, high: float | None, say: Callable[[float], str]) -> float | FieldError:
    if low is not None and value < low:
        return FieldError("small", {"min": say(low)})
    if high is not None and value > high:
        return FieldError("large", {"max": say(high)})
    return value


def _without_currency(said: str, code: str, locale: str) -> tuple[str, str]:
    """The amount without the currency it names, and that currency's code: "" if none, "?" if we do not know it."""
    bare = digits(said).strip()
    signs = re.sub(r"[\d.,'’+\-−٫٬\s]", "", bare)
    rest = re.sub(r"[^\d.,'’+\-−٫٬]", "", bare)
    if not signs:
        return bare, ""
    symbol = str(numbers.get_currency_symbol(code, locale=formats.locale_of(locale)))
    own = {code, symbol, str(numbers.get_currency_symbol(code, locale="en")), *_BY_WORD.get(code, ())}
    known = {_folded(sign) for sign in own}
    if _folded(signs) in known:
        return rest, code
    # Whatever else stands there: words that are no currency make no amount.
    return (rest, "?") if _folded(signs) in _CURRENCIES else (bare, "")


def _folded(sign: str) -> str:
    return re.sub(r"[\s.\u200e\u200f]", "", sign).casefold()


# Input words, not words for people.
_BY_WORD = {
    "EUR": ("€", "euro", "euros", "eur", "يورو"),
    "USD": ("$", "us$", "dollar", "dollars", "usd", "bucks", "دولار"),
    "GBP": ("£", "pound", "pounds", "quid", "pfund", "gbp"),
    "CHF": ("fr", "sfr", "franken", "chf"),
    "JPY": ("¥", "yen"),
    "SAR": ("ريال", "رس", "sr"),
    "AED": ("درهم", "دإ", "dh", "dhs"),
    "EGP": ("جنيه", "جم", "le"),
}
_CURRENCIES = frozenset(_folded(word) for words in _BY_WORD.values() for word in words) | {
    code.casefold() for code in numbers.list_currencies()
}
