"""What is picked: one, several, yes or no, a place on a scale, a slot; and what there is to pick from, now."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from disposable import formats
from disposable.definition import Field
from disposable.expressions import Template, lookup
from disposable.fields import places, times
from disposable.fields.base import FieldError, Option, Where, clean, digits, missing, number_of, plain_words

MAX_OPTIONS = 200
LONGEST_SCORE = 60
LONGEST_AGREEMENT = 60

SCALES: Mapping[str, tuple[int, int]] = {"nps": (0, 10), "stars": (1, 5), "csat": (1, 5)}


def options(field: Field, where: Where) -> tuple[Option, ...]:
    """What a choice, several choices or a slot offers now; nothing if its list is missing or empty."""
    if field.options is not None:
        labels = ((value, Template.parse(label)) for value, label in field.options.items())
        return tuple(
            Option(value, label.render(where.names, where.locale, where.zone), value) for value, label in labels
        )
    if field.kind == "slot":
        found: Iterable[Option] = _slots(field, where)
    else:
        found = _items(field, where)
    return tuple({option.value: option for option in found}.values())


def _items(field: Field, where: Where) -> Iterable[Option]:
    items = _listed(field, where)
    here = places.point(lookup(tuple(field.near.split(".")), where.names)) if field.near else None
    if here is not None:
        items = sorted(items, key=lambda item: places.distance(here, places.point(item)))
    label, group = Template.parse(field.label or "{{ item }}"), Template.parse(field.group or "")
    for item in items[:MAX_OPTIONS]:
        names = {**where.names, "item": item}
        words = label.render(names, where.locale, where.zone)
        if here is not None and (point := places.point(item)) is not None:
            words = f"{words} ({places.distance_text(places.distance(here, point), where)})"
        heading = group.render(names, where.locale, where.zone) if field.group else ""
        yield Option(item_key(item), words, item, group=heading, short=words)


def _slots(field: Field, where: Where) -> Iterable[Option]:
    label, group = Template.parse(field.label or ""), Template.parse(field.group or "")
    free = _listed(field, where) if field.from_ else where.slots.get(field.calendar or "", ())
    for item in list(free)[:MAX_OPTIONS]:
        slot = slot_of(item, field.calendar or "")
        if slot is None:
            continue
        said = times.slot_text(slot, where)
        names = {**where.names, "item": item}
        own = label.render(names, where.locale, where.zone) if per_item(field) else ""
        heading = group.render(names, where.locale, where.zone) if field.group else said.day
        key = str(slot["id"]) if slot["id"] and not field.from_ else item_key(item)
        yield Option(key, own or said.whole, slot, group=heading, short=own or said.hours)


def per_item(field: Field) -> bool:
    """Whether the label of a slot field prints one slot, rather than being the field's own name."""
    return any(read.path[:1] == ("item",) for read in Template.parse(field.label or "").reads)


def slot_of(item: object, calendar: str) -> dict[str, object] | None:
    """A free slot as it is kept: {"id", "calendar", "starts", "ends", "zone"}. None for what has no start."""
    if isinstance(item, str):
        item = {"starts": item}
    if not isinstance(item, Mapping) or formats.moment(item.get("starts")) is None:
        return None
    parts = {key: item.get(key) for key in ("id", "starts", "ends", "zone")}
    texts = {key: value if isinstance(value, str) else "" for key, value in parts.items()}
    return {**texts, "calendar": str(item.get("calendar") or calendar)}


def _listed(field: Field, where: Where) -> list[object]:
    items = lookup(tuple((field.from_ or "").split(".")), where.names)
    return items if isinstance(items, list) else []


def item_key(item: object) -> str:
    """What stands for an item in a form: it changes with the item, so a stale page can never choose another one."""
    text = json.dumps(item, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def choice(field: Field, said: str, where: Where) -> object | FieldError:
    """Also of kind slot."""
    found = [option.saved for option in options(field, where) if option.value == said]
    return found[0] if found else FieldError("taken" if field.kind == "slot" else "choice")


def choices(field: Field, raw: object, where: Where) -> object | FieldError:
    """Keys as a form posts them, or keys with commas between; kept in the order they are offered in."""
    said = _several(raw)
    if said is None:
        return FieldError("choice")
    if not said:
        return missing(field)
    offered = options(field, where)
    known = {option.value for option in offered}
    if not said <= known:
        return FieldError("choice")
    least, most = int(number_of(field.min) or 0), number_of(field.max)
    if len(said) < least:
        return FieldError("too_few", {"min": str(least)})
    if most is not None and len(said) > most:
        return FieldError("too_many", {"max": str(int(most))})
    return [option.saved for option in offered if option.value in said]


def _several(raw: object) -> set[str] | None:
    given: Sequence[object] = raw if isinstance(raw, list | tuple) else [raw]
    texts = [clean(one) for one in given[: 2 * MAX_OPTIONS]]
    if any(text is None for text in texts):
        return None
    single = len(texts) == 1
    parts = (part.strip() for text in texts for part in (re.split(r"[,;\n،]", text or "") if single else [text or ""]))
    return {part for part in parts if part}


def yesno(_field: Field, said: str, _where: Where) -> object | FieldError:
    agreed = agreement(said)
    return FieldError("yesno") if agreed is None else agreed


def agreement(said: str) -> bool | None:
    """Whether a text says yes, or no, however politely. None where it says neither."""
    words = plain_words(said[:LONGEST_AGREEMENT]).split()
    plain = " ".join([word for word in words if word not in _POLITE] or words)
    return True if plain in YES else False if plain in NO else None


def consent(field: Field, said: str, where: Where) -> object | FieldError:
    """Agreed, or not given: there is no other value."""
    agreed = plain_words(said) in AGREED or yesno(field, said, where) is True
    if not agreed and plain_words(said) in NO and field.optional:
        return None
    return {"agreed": True} if agreed else FieldError("consent")


def ends(field: Field) -> tuple[int, int]:
    """The lowest and the highest of a scale."""
    if field.scale is not None and field.scale in SCALES:
        return SCALES[field.scale]
    low, high = number_of(field.min), number_of(field.max)
    first = 1 if low is None else int(low)
    return first, max(first + 1, 5 if high is None else int(high))


def scale(field: Field, said: str, _where: Where) -> object | FieldError:
    """A number on it: "8", "8/10", "4 stars", or as many stars as were drawn."""
    low, high = ends(field)
    stars = re.sub(r"[\s\ufe0f]", "", said)
    if stars and set(stars) <= set("⭐★🌟*"):
        value = len(stars)
    elif match := _OF.fullmatch(" ".join(digits(said).split())[:LONGEST_SCORE].rstrip(".! ").casefold()):
        if match[2] and int(match[2]) != high:
            return FieldError("scale", {"min": str(low), "max": str(high)})
        value = int(match[1])
    else:
        return FieldError("scale", {"min": str(low), "max": str(high)})
    return value if low <= value <= high else FieldError("scale", {"min": str(low), "max": str(high)})


# Of single spaces only: several ways to share out a thousand of them would take for ever.
_OF = re.compile(
    r"(\d{1,3}) ?(?:stars?|sterne?|points?|punkte?|نجوم|نجمة)? ?"
    r"(?:(?:/|of|out of|von|من) ?(\d{1,3}))? ?(?:stars?|sterne?|points?|punkte?|نجوم|نجمة)?"
)

# Input words, not words for people: what anyone may type in the languages we understand.
YES = frozenset(
    map(
        plain_words,
        "yes,y,yeah,yep,ok,okay,sure,true,of course,yes of course,correct,right,that's right,yes that's right,exactly,"
        "ja,j,jo,jep,klar,ja klar,gern,gerne,ja gerne,natürlich,ja natürlich,auf jeden fall,stimmt,ja stimmt,das stimmt,"
        "richtig,genau,نعم,أيوه,أجل,موافق,صحيح,نعم صحيح,طبعا,بالتأكيد,oui,si".split(","),
    )
)
NO = frozenset(
    map(
        plain_words,
        "no,n,nope,false,not really,wrong,that's wrong,nein,ne,nö,nee,auf keinen fall,falsch,lieber nicht,nein lieber nicht,"
        "das stimmt nicht,لا,كلا,خطأ,non".split(","),
    )
)
_POLITE = frozenset(map(plain_words, "please thanks thank you bitte danke vielen dank شكرا شكرًا رجاء".split()))
AGREED = frozenset(
    map(
        plain_words,
        "on,agree,agreed,i agree,accept,i accept,einverstanden,zustimmen,ich stimme zu,أوافق,موافقة".split(","),
    )
)
