"""What a field of each kind has on a screen beyond its name and label: bounds, options, parts, notes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby

from disposable import fields
from disposable.definition import Field
from disposable.field_shape import FieldView, Words, part_of
from disposable.fields import Where, amounts, choosing, places, sent, texts, times

FILES = ".pdf,.txt,image/jpeg,image/png,image/webp"
PHOTOS = "image/jpeg,image/png,image/webp"
"""Not image/*: a phone that is asked for JPEG converts what it took as HEIC."""


def more(made: FieldView, field: Field, where: Where, words: Words) -> FieldView:
    """The field with what its kind adds."""
    return _MORE.get(field.kind, _line)(made, field, where, words)


def _line(made: FieldView, field: Field, _where: Where, _words: Words) -> FieldView:
    most = texts.limit(field) if field.kind in ("text", "long", "name") else 0
    return replace(made, maxlength=most, rows=5 if field.kind == "long" else 0)


def _number(made: FieldView, field: Field, _where: Where, _words: Words) -> FieldView:
    # The keyboard of figures has no minus.
    return replace(made, inputmode="text" if (fields.number_of(field.min) or 0) < 0 else made.inputmode)


def _money(made: FieldView, field: Field, where: Where, _words: Words) -> FieldView:
    return replace(made, unit=amounts.sign_of(amounts.currency_of(field, where), where.locale))


def _date(made: FieldView, field: Field, where: Where, _words: Words) -> FieldView:
    low, high = (times.day_bound(bound, where.today) for bound in (field.min, field.max))
    return replace(made, min=low.isoformat() if low else "", max=high.isoformat() if high else "")


def _time(made: FieldView, field: Field, _where: Where, _words: Words) -> FieldView:
    return replace(made, min=times.clock_bound(field.min), max=times.clock_bound(field.max))


def _yesno(made: FieldView, _field: Field, _where: Where, words: Words) -> FieldView:
    return replace(made, options=(("yes", words("step.yes")), ("no", words("step.no"))))


def _choosing(made: FieldView, field: Field, where: Where, words: Words) -> FieldView:
    offered = choosing.options(field, where)
    headed = any(option.group for option in offered)
    groups = tuple(
        (heading, tuple((option.value, option.short) for option in found))
        for heading, found in ((heading, tuple(group)) for heading, group in groupby(offered, lambda one: one.group))
    )
    several = field.kind == "choices"
    return replace(
        made,
        options=tuple((option.value, option.label) for option in offered),
        groups=groups if headed else (),
        look=field.look or ("grid" if field.kind == "slot" and not choosing.per_item(field) else "list"),
        multiple=several,
        note=_how_many(field, words) if several else "",
    )


def _how_many(field: Field, words: Words) -> str:
    least, most = fields.number_of(field.min), fields.number_of(field.max)
    if most is None:
        return words("field.choices.any")
    return words("field.choices.exactly" if least == most else "field.choices.most", max=str(int(most)))


def _scale(made: FieldView, field: Field, _where: Where, words: Words) -> FieldView:
    low, high = choosing.ends(field)
    values = range(low, high + 1)
    named = field.scale == "csat"
    made = replace(
        made,
        options=tuple((str(at), words(f"field.csat.{at}") if named else str(at)) for at in values),
        look={"stars": "stars", "csat": "words"}.get(field.scale or "", "row"),
        min=str(low),
        max=str(high),
    )
    if field.scale not in ("nps", "stars"):
        return made
    return replace(made, low=words(f"field.{field.scale}.low"), high=words(f"field.{field.scale}.high"))


def _address(made: FieldView, _field: Field, where: Where, words: Words) -> FieldView:
    country = where.country
    figures = places.POSTCODES.get(country, "").startswith(r"\d") and country not in ("NL", "PL", "PT")
    parts = [
        _part_named(made, "lines", words, "street-address", rows=2),
        _part_named(made, "postcode", words, "postal-code", inputmode="numeric" if figures else ""),
        _part_named(made, "city", words, "address-level2"),
        *([_part_named(made, "region", words, "address-level1")] if country in places.REGIONS else []),
        _part_named(made, "country", words, "country-name", value=places.country_text(country, where.locale)),
    ]
    # In most countries the postcode stands before the town, in some behind it.
    order = ("lines", "city", "region", "postcode", "country") if country in places.CITY_FIRST else places.PARTS
    return replace(made, parts=tuple(sorted(parts, key=lambda part: order.index(part_of(part)))))


def _part_named(
    made: FieldView, part: str, words: Words, complete: str, *, inputmode: str = "", rows: int = 0, value: str = ""
) -> FieldView:
    label = words(f"field.address.{part}")
    return FieldView(
        name=f"{made.name}.{part}",
        kind=part,
        label=label,
        inputmode=inputmode,
        autocomplete=complete,
        rows=rows,
        value=value,
        required=made.required and part != "region",
        maxlength=places.MAX_LINE * (places.MAX_LINES if rows else 1),
    )


def _location(made: FieldView, _field: Field, _where: Where, words: Words) -> FieldView:
    text = FieldView(
        f"{made.name}.text",
        "text",
        words("field.location.only"),
        autocomplete="street-address",
        maxlength=places.MAX_TEXT,
        required=made.required,
    )
    hidden = (FieldView(f"{made.name}.{part}", "hidden", "", type="hidden") for part in ("lat", "lon", "of"))
    return replace(made, parts=(text, *hidden))


def _sent(made: FieldView, field: Field, _where: Where, words: Words) -> FieldView:
    most = sent.most(field)
    photo = field.kind == "photo"
    several = words("field.photo.most", max=str(most)) if photo and most > 1 else ""
    return replace(
        made,
        accept=PHOTOS if photo else FILES,
        capture="environment" if photo else "",
        multiple=most > 1,
        max=str(most),
        note=several if photo else words("field.file.kinds"),
    )


def _signature(made: FieldView, _field: Field, _where: Where, words: Words) -> FieldView:
    typed = FieldView(
        f"{made.name}.typed",
        "name",
        words("field.signature.name"),
        autocomplete="name",
        maxlength=texts.MAX_NAME,
        required=made.required,
    )
    return replace(made, accept="image/png", parts=(typed,))


def _code(made: FieldView, _field: Field, _where: Where, words: Words) -> FieldView:
    return replace(made, label=made.label or words("field.code.label"), maxlength=12, pattern="[0-9 ]*")


def _consent(made: FieldView, _field: Field, _where: Where, words: Words) -> FieldView:
    return replace(made, options=(("yes", made.label or words("field.consent.agree")),), label="")


_MORE: Mapping[str, Callable[[FieldView, Field, Where, Words], FieldView]] = {
    "number": _number,
    "money": _money,
    "date": _date,
    "time": _time,
    "yesno": _yesno,
    "choice": _choosing,
    "choices": _choosing,
    "slot": _choosing,
    "scale": _scale,
    "address": _address,
    "location": _location,
    "photo": _sent,
    "file": _sent,
    "signature": _signature,
    "code": _code,
    "consent": _consent,
}
