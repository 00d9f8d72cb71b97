"""A value the other way round: what a form would post for it, and what it is in words."""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeGuard

from disposable import formats
from disposable.definition import Field
from disposable.fields import amounts, choosing, places, texts, times
from disposable.fields.base import Where

Words: TypeAlias = Callable[..., str]
Posted: TypeAlias = str | list[str] | dict[str, str | list[str]]


def posted(field: Field, value: object, where: Where) -> Posted:
    """What a form posts for a value, to be read again as the same: a text, several, or parts.

    Of files it posts which are kept (see Where.before); a code is never posted again.
    """
    if value is None or field.kind == "code":
        return ""
    if field.kind in ("photo", "file"):
        return {"kept": [str(one.get("file")) for one in value if isinstance(one, Mapping)]} if _many(value) else ""
    if field.kind in ("choice", "choices", "slot"):
        return _keys(field, value, where)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return amounts.number_typed(value, where.locale)
    return _parts(field.kind, value, where) if isinstance(value, Mapping) else str(value)


def _many(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _keys(field: Field, value: object, where: Where) -> str | list[str]:
    chosen = value if field.kind == "choices" and isinstance(value, list) else [value]
    keys = [option.value for option in choosing.options(field, where) if option.saved in chosen]
    return keys if field.kind == "choices" else next(iter(keys), "")


def _parts(kind: str, value: Mapping[str, object], where: Where) -> Posted:
    if kind == "address":
        texts = {part: str(value.get(part) or "") for part in places.PARTS[1:]}
        lines = value.get("lines")
        street = "\n".join(map(str, lines if isinstance(lines, list) else []))
        # One text that was not sure in its parts is given back as one text.
        return {"lines": street, **texts} if texts["city"] else f"{street}\n{texts['country']}".strip()
    if kind == "location":
        found = {part: str(value[part]) for part in ("text", "lat", "lon") if part in value}
        return {**found, "of": found["text"]} if "text" in found and "lat" in found else {**found}
    if kind == "money":
        places_ = amounts.precision(str(value.get("currency")))
        return amounts.number_typed(value.get("amount"), where.locale, places_)
    if kind == "signature":
        return {"typed": str(value.get("typed") or ""), "kept": str(value.get("file") or "")}
    return "yes" if kind == "consent" and value.get("agreed") else ""


def in_words(field: Field, value: object, where: Where, words: Words) -> str:
    """A value as a person reads it: in a review, a receipt, a text. `words` are ours, in their language."""
    if value is None:
        return ""
    if field.kind in ("choice", "choices", "slot"):
        return _chosen(field, value, where, words)
    if isinstance(value, bool):
        return words("step.yes" if value else "step.no")
    if field.kind == "scale":
        return scale_words(field, value, words)
    if field.kind in ("photo", "file"):
        return _files(field, value, words)
    if isinstance(value, Mapping):
        return _of_parts(field.kind, value, where, words)
    if field.kind == "time" and isinstance(value, str):
        return times.clock_text(value, where.locale) if times.read_time(value) else value
    if field.kind == "phone":
        return texts.phone_text(str(value))
    if field.kind == "number":
        return formats.number_text(value, where.style)
    return formats.date_text(value, where.style) if field.kind == "date" else str(value)


def _chosen(field: Field, value: object, where: Where, words: Words) -> str:
    offered = choosing.options(field, where)
    chosen = value if field.kind == "choices" and isinstance(value, list) else [value]
    labels = [next((option.label for option in offered if option.saved == one), "") for one in chosen]
    if field.kind == "slot" and not any(labels) and isinstance(value, Mapping):
        # A slot that was booked is offered no more.
        return times.slot_text(value, where).whole
    return words("menu.separator").join(label for label in labels if label)


def scale_words(field: Field, value: object, words: Words) -> str:
    """A place on a scale: its own word (csat), or "4 of 5"."""
    low, high = choosing.ends(field)
    if field.scale == "csat" and value in range(low, high + 1):
        return words(f"field.csat.{value}")
    return words("field.of", value=str(value), high=str(high))


def _files(field: Field, value: object, words: Words) -> str:
    found = value if isinstance(value, list) else []
    if field.kind == "photo":
        return words("field.photos", count=str(len(found)))
    return words("menu.separator").join(str(one.get("name", "")) for one in found if isinstance(one, Mapping))


def _of_parts(kind: str, value: Mapping[str, object], where: Where, words: Words) -> str:
    if kind == "money":
        return formats.money_text(value, where.style)
    if kind == "address":
        return "\n".join(places.address_lines(value, where))
    if kind == "location":
        return str(value.get("text") or words("field.location.device"))
    if kind == "signature":
        return str(value.get("typed") or words("field.signature.drawn"))
    if kind == "consent":
        return words("field.consent.agreed")
    return str(value.get("to") or "") if kind == "code" else ""
