"""How a field stands on a screen: its label, its keyboard, what there is to choose, and what was given before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from disposable import fields, steps
from disposable.definition import Field
from disposable.expressions import Names
from disposable.fields import Where, amounts, choosing, places, sent, texts, times
from disposable.state import Answered
from disposable.steps import Setting

Words: TypeAlias = Callable[..., str]
Options: TypeAlias = tuple[tuple[str, str], ...]

FOLD = 40
"""A group of more options than this is folded."""
FILES = ".pdf,.txt,image/jpeg,image/png,image/webp"
PHOTOS = "image/jpeg,image/png,image/webp"
"""Not image/*: a phone that is asked for JPEG converts what it took as HEIC."""

# type, inputmode, autocomplete; what is not here is a line of text.
_INPUT = {
    "choice": ("radio", "", ""),
    "choices": ("checkbox", "", ""),
    "slot": ("radio", "", ""),
    "yesno": ("radio", "", ""),
    "scale": ("radio", "", ""),
    "name": ("text", "", "name"),
    "phone": ("tel", "tel", "tel"),
    "email": ("email", "email", "email"),
    "date": ("date", "", ""),
    "time": ("time", "", ""),
    "number": ("text", "decimal", ""),
    "money": ("text", "decimal", ""),
    "photo": ("file", "", ""),
    "file": ("file", "", ""),
    "signature": ("file", "", ""),
    "code": ("text", "numeric", "one-time-code"),
    "consent": ("checkbox", "", ""),
}
# What a browser can fill in by itself, told by the name the answer is saved under.
_KNOWN = {
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "organisation": "organization",
    "organization": "organization",
    "birthday": "bday",
    "birth_date": "bday",
    "date_of_birth": "bday",
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field to fill in; `options` are (value, label) where there is something to choose, `values` what is chosen.

    `parts` are the fields it is made of, posted as NAME.PART; `groups` the options under their headings, with labels that
    are short below them; `low` and `high` the words at the ends of a scale, `min` and `max` its ends; `terms` the words
    agreed to, `why` the reason a location is asked for, `note` how much it takes, `unit` what stands behind a number.
    """

    name: str
    kind: str
    label: str
    hint: str = ""
    value: str = ""
    options: Options = ()
    type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    error: str = ""
    required: bool = True
    parts: tuple["FieldView", ...] = ()
    groups: tuple[tuple[str, Options], ...] = ()
    look: str = ""
    multiple: bool = False
    accept: str = ""
    capture: str = ""
    low: str = ""
    high: str = ""
    terms: str = ""
    why: str = ""
    min: str = ""
    max: str = ""
    rows: int = 0
    maxlength: int = 0
    note: str = ""
    values: tuple[str, ...] = ()
    unit: str = ""
    pattern: str = ""


def view(name: str, field: Field, names: Names, setting: Setting, words: Words, given: Answered | None) -> FieldView:
    """The field of a step, posted under `name`; `given` is what was answered there before."""
    where = steps.where(names, setting)
    kind, mode, complete = _INPUT.get(field.kind, ("text", "", ""))
    made = FieldView(
        name=name,
        kind=field.kind,
        label=_label(field, names, setting),
        hint=_say(field.hint, names, setting),
        type=kind,
        inputmode=mode,
        autocomplete=_KNOWN.get(name, complete) if kind in ("text", "date") else complete,
        required=not field.optional,
    )
    made = _MORE.get(field.kind, _line)(made, field, where, words)
    if field.why or field.terms:
        made = replace(made, why=_say(field.why or "", names, setting), terms=_say(field.terms or "", names, setting))
    if given is None:
        return made
    made = replace(made, parts=(*made.parts, *_kept(made, given.value, words)))
    return filled(made, fields.posted(field, given.value, where))


def filled(made: FieldView, raw: object) -> FieldView:
    """The field with something in it: what was answered before, or what was typed and not taken (see fields.collect)."""
    if isinstance(raw, Mapping):
        parts = tuple(filled(part, raw.get(_part(part), "")) for part in made.parts)
        return replace(filled(made, raw[""]) if "" in raw else made, parts=parts)
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        values = tuple(text for one in raw if (text := fields.clean(one)))
        return replace(made, values=values, value=values[0] if len(values) == 1 else made.value)
    if made.parts and made.type != "file" and isinstance(raw, str):
        return replace(made, parts=(filled(made.parts[0], raw), *made.parts[1:]))
    text = "" if made.type == "file" or made.kind == "code" else fields.clean(raw) or ""
    return replace(made, value=text, values=(text,) if text else ())


def marked(made: FieldView, errors: Mapping[str, str]) -> FieldView:
    """The field with what is wrong with it, or with a part of it, by name."""
    parts = tuple(marked(part, errors) for part in made.parts)
    return replace(made, error=errors.get(made.name, ""), parts=parts)


def _kept(made: FieldView, value: object, words: Words) -> tuple[FieldView, ...]:
    """The files that are already there, each of which may be kept."""
    there = value if isinstance(value, list) else [value]
    drawn = words("field.signature.drawn")
    files = tuple(
        (str(one["file"]), str(one.get("name") or drawn)) for one in there if isinstance(one, Mapping) and "file" in one
    )
    if made.type != "file" or not files:
        return ()
    return (FieldView(f"{made.name}.kept", "kept", "", options=files, type="checkbox", required=False),)


def _part(part: FieldView) -> str:
    return part.name.rpartition(".")[2]


def _label(field: Field, names: Names, setting: Setting) -> str:
    """A field's own name. What is taken from a list prints an item by its label, and has no other name than the question."""
    per_item = field.from_ is not None or (field.kind == "slot" and choosing.per_item(field))
    return "" if per_item else _say(field.label, names, setting)


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
        _part_of(made, "lines", words, "street-address", rows=2),
        _part_of(made, "postcode", words, "postal-code", inputmode="numeric" if figures else ""),
        _part_of(made, "city", words, "address-level2"),
        *([_part_of(made, "region", words, "address-level1")] if country in places.REGIONS else []),
        _part_of(made, "country", words, "country-name", value=places.country_text(country, where.locale)),
    ]
    # In most countries the postcode stands before the town, in some behind it.
    order = ("lines", "city", "region", "postcode", "country") if country in places.CITY_FIRST else places.PARTS
    return replace(made, parts=tuple(sorted(parts, key=lambda part: order.index(_part(part)))))


def _part_of(
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


def _say(text: str, names: Names, setting: Setting) -> str:
    return steps.say(text, names, setting) if text else ""
