"""What is sent rather than written: photos, files, a signature, a texted code. The server has looked at each before.

A text is never a file, nor a proof: only a mapping that the server put in its place is. Where it would not take what was
sent, that says why: {"refused": CODE, "params": {...}}.
"""

from collections.abc import Mapping

from disposable.definition import Field
from disposable.fields.base import FieldError, Where, clean, missing, number_of

MAX_FILES = 12
_KEPT = ("file", "name", "type", "size")


def most(field: Field) -> int:
    """How many files a field takes."""
    bound = number_of(field.max)
    return MAX_FILES if bound is None else max(1, int(bound))


def files(field: Field, raw: object, where: Where) -> object | FieldError:
    """Also of kind photo. A list of {"file", "name", "type", "size"}; of those answered before, the ones that are kept."""
    if (wrong := _refused(raw)) is not None:
        return wrong
    parts = _parts(raw)
    new = _sent(parts.get(""))
    if new is None:
        return FieldError(field.kind)
    found = [*kept(parts.get("kept"), where.before), *new]
    if not found:
        return missing(field)
    if field.kind == "photo" and not all(str(one.get("type", "")).startswith("image/") for one in found):
        return FieldError("photo")
    least = int(number_of(field.min) or 1)
    if len(found) < least:
        return FieldError("few_files", {"min": str(least)})
    if len(found) > most(field):
        return FieldError("many_files", {"max": str(most(field))})
    return [{key: one.get(key) for key in _KEPT} for one in found]


def kept(ids: object, before: object) -> list[Mapping[str, object]]:
    """Of the files answered before those whose ids are posted again: an id is worth nothing elsewhere."""
    wanted = ids if isinstance(ids, list | tuple) else [ids]
    there = before if isinstance(before, list | tuple) else [before]
    return [one for one in there if isinstance(one, Mapping) and one.get("file") and one["file"] in wanted]


def _parts(raw: object) -> Mapping[str, object]:
    return raw if isinstance(raw, Mapping) and not _is_file(raw) else {"": raw}


def _refused(raw: object) -> FieldError | None:
    """What the server would not take. A form posts texts: it can name no `params`, and so no reason."""
    if isinstance(raw, Mapping) and isinstance(raw.get(""), Mapping):
        raw = raw[""]
    if not isinstance(raw, Mapping) or not isinstance(raw.get("refused"), str):
        return None
    params = raw.get("params")
    if not isinstance(params, Mapping):
        return None
    return FieldError(raw["refused"], {str(key): str(value) for key, value in params.items()})


def _sent(raw: object) -> list[Mapping[str, object]] | None:
    """The files among what was posted; None if there is anything else."""
    given = raw if isinstance(raw, list | tuple) else [raw]
    some = [one for one in given if one is not None and one != "" and clean(one) != ""]
    return [one for one in some if isinstance(one, Mapping)] if all(map(_is_file, some)) else None


def _is_file(one: object) -> bool:
    if not isinstance(one, Mapping) or not isinstance(one.get("file"), str) or not one["file"]:
        return False
    return all(isinstance(one.get(key), str) for key in ("name", "type")) and isinstance(one.get("size"), int)


def signature(field: Field, raw: object, where: Where) -> object | FieldError:
    """Drawn, as a picture; or a name typed in its place; or both."""
    if (wrong := _refused(raw)) is not None:
        return wrong
    parts = _parts(raw)
    drawn, typed = parts.get(""), parts.get("typed")
    if isinstance(drawn, str):
        typed, drawn = typed or drawn, None
    name = clean(typed)
    sent = _sent(drawn)
    if name is None or sent is None or len(sent) > 1:
        return FieldError("sign")
    name = " ".join(name.split())
    drawings = sent or kept(parts.get("kept"), where.before)
    found = {"file": str(drawings[0]["file"])} if drawings else {}
    if name and not (2 <= len(name) <= 120 and any(sign.isalpha() for sign in name)):
        return FieldError("sign")
    if not name and not found:
        return missing(field)
    return found | ({"typed": name} if name else {})


def code(field: Field, raw: object, _where: Where) -> object | FieldError:
    """What the server says of a code it has checked: {"ok", "to"}."""
    if isinstance(raw, Mapping):
        right = raw.get("ok") is True and isinstance(raw.get("to"), str)
        return {"to": raw["to"]} if right else FieldError("code")
    return missing(field) if clean(raw) == "" else FieldError("code")
