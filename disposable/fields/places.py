"""Where something is: postal addresses by part or as one text, positions, and how far one is from another."""

import math
import re
from collections.abc import Mapping
from typing import TypeAlias

import babel
from babel import units

from disposable import formats
from disposable.definition import Field
from disposable.fields.base import FieldError, Where, clean, digits, missing, plain_words

PARTS = ("lines", "postcode", "city", "region", "country")
MAX_LINES = 4
MAX_LINE = 100
MAX_TEXT = 300
MILE = 1.609344

Point: TypeAlias = tuple[float, float]

# How postcodes of a country look; those not listed are taken as they are.
POSTCODES = {
    **dict.fromkeys(("DE", "FR", "IT", "ES", "FI", "SA", "EG", "TR", "MX"), r"\d{5}"),
    **dict.fromkeys(("AT", "CH", "BE", "DK", "NO", "AU", "NZ", "HU", "LU"), r"\d{4}"),
    **dict.fromkeys(("SE", "CZ", "SK", "GR"), r"\d{3} ?\d{2}"),
    "US": r"\d{5}(-\d{4})?",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "NL": r"\d{4} ?[A-Z]{2}",
    "PL": r"\d{2}-\d{3}",
    "PT": r"\d{4}-\d{3}",
    "IN": r"\d{3} ?\d{3}",
    "JP": r"\d{3}-?\d{4}",
}
REGIONS = frozenset(("US", "CA", "AU", "MX", "IN", "BR"))
"""Countries whose addresses name a state or a province."""
CITY_FIRST = frozenset(("US", "CA", "AU", "GB", "IN"))
_MILES = frozenset(("US", "GB", "LR", "MM"))


def address(field: Field, raw: object, where: Where) -> object | FieldError:
    """Parts as a form posts them, or one text: its lines are kept, and parts read from it only where they are sure."""
    parts = raw if isinstance(raw, Mapping) else _guessed(clean(raw), where)
    if parts is None:
        return FieldError("text")
    if isinstance(parts.get("lines"), list | tuple):
        parts = {**parts, "lines": "\n".join(str(clean(line) or "") for line in parts["lines"][:20])}
    texts = {part: clean(parts.get(part)) for part in PARTS}
    if any(text is None for text in texts.values()):
        return FieldError("text")
    found = {part: text or "" for part, text in texts.items()}
    lines = [" ".join(line.split()) for line in found["lines"].split("\n") if line.strip()]
    if not lines and not found["postcode"] and not found["city"]:
        return FieldError("street", part="lines") if isinstance(raw, Mapping) and not field.optional else missing(field)
    return _checked(found | {"lines": ""}, lines, where, whole=isinstance(raw, Mapping))


def _checked(found: dict[str, str], lines: list[str], where: Where, *, whole: bool) -> object | FieldError:
    country = country_of(found["country"], where)
    if country is None:
        return FieldError("country", part="country")
    postcode = digits(found["postcode"]).upper()
    if not lines:
        return FieldError("street", part="lines")
    if len(lines) > MAX_LINES or any(len(line) > MAX_LINE for line in (*lines, found["city"], found["region"])):
        return FieldError("long", {"max": str(MAX_LINE)}, part="lines")
    wanted = POSTCODES.get(country)
    if (wanted and (whole or postcode) and not re.fullmatch(wanted, postcode)) or len(postcode) > 12:
        return FieldError("postcode", part="postcode")
    if whole and not found["city"]:
        return FieldError("city", part="city")
    city, region = (" ".join(found[part].split()) for part in ("city", "region"))
    return {"lines": lines, "postcode": postcode, "city": city, "region": region, "country": country}


def country_of(said: str, where: Where) -> str | None:
    """The ISO code of a country by code or name; that of the site for none said, None for no country."""
    if not said:
        return where.country
    if len(said) > MAX_LINE:
        return None
    code = said.strip().upper()
    named = formats.locale_of(where.locale).territories
    if re.fullmatch("[A-Z]{2}", code) and code in babel.Locale("en").territories:
        return code
    plain = plain_words(said)
    if plain in _ALSO:
        return _ALSO[plain]
    for names in (named, babel.Locale("en").territories):
        for key, name in names.items():
            if len(key) == 2 and plain_words(name) == plain:
                return str(key)
    return None


_ALSO = {
    **dict.fromkeys(("usa", "america", "united states of america"), "US"),
    **dict.fromkeys(("uk", "england", "scotland", "wales", "great britain", "britain"), "GB"),
    **dict.fromkeys(("holland", "the netherlands"), "NL"),
    **dict.fromkeys(("brd", "deutschland"), "DE"),
}


def country_text(code: str, locale: str) -> str:
    return str(formats.locale_of(locale).territories.get(code, code))


def _guessed(said: str | None, where: Where) -> Mapping[str, str] | None:
    if not said:
        return None if said is None else {}
    lines = [line.strip() for line in re.split(r"\n|,(?=\s)" if "\n" not in said else r"\n", said) if line.strip()]
    found = {"country": ""}
    if len(lines) > 1 and len(lines[-1]) > 1 and country_of(lines[-1], where):
        found["country"] = lines.pop()
    country = country_of(found["country"], where) or ""
    for at in range(len(lines) - 1, 0, -1):
        # Town and postcode stand in one line, or in two, in either order.
        for size, text in ((1, lines[at]), (2, " ".join(lines[at : at + 2]))):
            if town := _town(text, country):
                del lines[at : at + size]
                return {**found, **town, "lines": "\n".join(_folded(lines))}
    return {**found, "lines": "\n".join(_folded(lines))}


def _folded(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES - 1], ", ".join(lines[MAX_LINES - 1 :])]


def _town(line: str, country: str) -> dict[str, str]:
    """Postcode and city of a line that holds them as that country writes them; {} for any other line."""
    postcode = POSTCODES.get(country)
    if not postcode:
        return {}
    if country in ("US", "CA", "AU"):
        match = re.fullmatch(rf"(?P<city>[^\d,]+),? (?P<region>[A-Z]{{2,3}}),? (?P<postcode>{postcode})", line)
    elif country in CITY_FIRST:
        match = re.fullmatch(rf"(?P<city>[^\d,]+),? (?P<postcode>{postcode})", line)
    else:
        match = re.fullmatch(rf"(?:[A-Z]{{1,2}}-)?(?P<postcode>{postcode}) (?P<city>[^\d,]+)", digits(line))
    return {key: text.strip() for key, text in match.groupdict().items()} if match else {}


def address_lines(value: Mapping[str, object], where: Where) -> list[str]:
    """An address as it is written on an envelope; its country only where it is another than the site's."""
    lines = value.get("lines")
    postcode, city, region, country = (str(value.get(part) or "") for part in PARTS[1:])
    if country in CITY_FIRST:
        town = " ".join(filter(None, (f"{city}," if region and city else city, region, postcode)))
    else:
        town = " ".join(filter(None, (postcode, city, region)))
    abroad = country_text(country, where.locale) if country and country != where.country else ""
    return [str(line) for line in (*(lines if isinstance(lines, list) else []), town, abroad) if line]


def location(field: Field, raw: object, _where: Where) -> object | FieldError:
    """A position the device gave, a typed place, or a typed position.

    A place that has a position of its own is posted with the part `of`: whoever types another place means that one.
    """
    parts = raw if isinstance(raw, Mapping) else {"text": raw}
    said = clean(parts.get("text", parts.get("")))
    if said is None:
        return FieldError("text")
    read = _point_of(parts.get("lat"), parts.get("lon"))
    if not said:
        asked = parts.get("lat") or parts.get("lon")
        if read is None:
            return FieldError("place") if asked else missing(field)
        return {"lat": read[0], "lon": read[1], "by": "device"}
    said = " ".join(said.split())
    if len(said) > MAX_TEXT:
        return FieldError("long", {"max": str(MAX_TEXT)})
    if clean(parts.get("of")) != said:
        read = None
    if match := _POSITION.fullmatch(digits(said)):
        read = _point_of(match[1], match[2])
    return {"lat": read[0], "lon": read[1], "text": said} if read else {"text": said}


_POSITION = re.compile(r"(?:geo:)?\s*(-?\d{1,2}(?:\.\d{1,12})?)°?\s*[,;]\s*(-?\d{1,3}(?:\.\d{1,12})?)°?")


def point(item: object) -> Point | None:
    """The position of {"lat", "lon"}, or of what holds one under "at"."""
    if not isinstance(item, Mapping):
        return None
    return _point_of(item.get("lat"), item.get("lon")) or (point(item["at"]) if _nested(item) else None)


def _nested(item: Mapping[object, object]) -> bool:
    inner = item.get("at")
    return isinstance(inner, Mapping) and "at" not in inner


def _point_of(lat: object, lon: object) -> Point | None:
    try:
        north, east = (float(digits(clean(part) or "x")) for part in (lat, lon))
    except ValueError:
        return None
    if not (math.isfinite(north) and math.isfinite(east) and abs(north) <= 90 and abs(east) <= 180):
        return None
    return round(north, 6), round(east, 6)


def distance(here: Point, there: Point | None) -> float:
    """Kilometres between two positions; infinite to nowhere."""
    if there is None:
        return math.inf
    (north, east), (north2, east2) = (tuple(map(math.radians, place)) for place in (here, there))
    half = math.sin((north2 - north) / 2) ** 2 + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    return 12_742.0176 * math.asin(math.sqrt(min(1.0, half)))


def distance_text(kilometres: float, where: Where) -> str:
    """A distance in the unit of the country: 2.3 km, 1.4 mi, 350 m."""
    known = formats.locale_of(where.locale)
    if (known.territory or where.country) in _MILES:
        unit, count = "length-mile", kilometres / MILE
    elif kilometres < 0.95:
        unit, count = "length-meter", max(50, round(kilometres * 1000, -1) // 50 * 50)
    else:
        unit, count = "length-kilometer", kilometres
    rounded = round(count, 1) if count < 10 else round(count)
    return units.format_unit(rounded, unit, "short", locale=known).replace("\u00a0", " ").replace("\u202f", " ")
