"""Reading YAML nodes value by value: each mistake is noted with its line and what to write instead, and reading goes on."""

import difflib
import math
import re
from collections.abc import Collection
from typing import TypeAlias

import yaml
from pydantic import JsonValue

from disposable import source
from disposable.definition import MAX_EXPIRES

Where: TypeAlias = tuple[str, ...]

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?")
RESERVED = (
    *("site", "link", "menu", "item", "back", "stuck", "minutes", "open", "agents", "hour", "weekday"),
    *("true", "false", "none", "and", "or", "not", "in", "is", "if", "else"),
)

_EXAMPLES = {
    "app": "NAME",
    "start": "STEP",
    "steps": "{...}",
    "kind": "text",
    "call": "NAME",
    "against": "CONTEXT.NAME",
    "when": "CONDITION",
    "to": "https://HOST/PATH?back={{ back }}",
    "for": "custom.NAME",
    "from": "LIST",
    "columns": "{HEADING: TEXT}",
    "starts": "SLOT.starts",
    "currency": "EUR",
    "scale": "nps",
}


class Values:
    """What is read of a document, and what is wrong with it. A wrong value is left out."""

    def __init__(self) -> None:
        self.mistakes: list[tuple[int, str]] = []
        self.lines: dict[Where, int] = {(): 1}
        self.broken: set[Where] = set()
        self.unknown: set[Where] = set()
        self.unknown_in: set[Where] = set()
        self.loose = False

    def line(self, where: Where) -> int:
        while where not in self.lines:
            where = where[:-1]
        return self.lines[where]

    def wrong(self, where: Where, message: str, node: yaml.Node | None = None) -> None:
        """Note a mistake; `where` is then left alone by later checks."""
        self.broken.add(where)
        self.mistakes.append((node.start_mark.line + 1 if node else self.line(where), message))

    def note(self, where: Where, message: str) -> None:
        """A mistake in how things stand together; each of them is still looked at by itself."""
        self.mistakes.append((self.line(where), message))

    def missing(self, where: Where, message: str) -> None:
        """Something is not there. Where an unknown key stands, that is the likely reason, and was said."""
        self.loose = True
        if where not in self.unknown_in:
            self.note(where, message)

    def text(self, parts: dict[str, yaml.Node], where: Where, limit: int) -> str | None:
        node = parts.get(where[-1])
        return None if node is None else self.scalar(where, node, limit)

    def scalar(self, where: Where, node: yaml.Node, limit: int) -> str | None:
        key = where[-1]
        if isinstance(node, yaml.MappingNode) and _looks_like_braces(node):
            self.wrong(where, f"`{key}` begins with {{{{: put quotes around the text", node)
        elif not isinstance(node, yaml.ScalarNode):
            self.wrong(where, f"`{key}` must be a text", node)
        elif node.tag == source.NULL or not node.value.strip():
            self.wrong(where, f"`{key}` is empty: write a text or leave it out", node)
        elif len(node.value) > limit:
            self.wrong(where, f"`{key}` is {len(node.value)} characters long: {limit} at most", node)
        else:
            return str(node.value)
        return None

    def texts(self, where: Where, node: yaml.Node | None) -> tuple[str, ...]:
        if isinstance(node, yaml.ScalarNode):
            return tuple(filter(None, [self.scalar(where, node, 200)]))
        found = (
            self.scalar((*where, str(index)), inner, 200) for index, inner in enumerate(self.sequence(where, node))
        )
        return tuple(text for text in found if text)

    def word(self, parts: dict[str, yaml.Node], where: Where, example: str) -> str | None:
        text = self.text(parts, where, 64)
        if text is not None and not WORD.fullmatch(text):
            self.wrong(where, f"`{text}` is not a name: letters, digits, - and _ only, like `{example}`")
            return None
        return text

    def target(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        text = self.text(parts, where, 64)
        if text is not None and "." in text:
            self.wrong(
                where, f"`{where[-1]}` names no step: `{text}` cannot be one: lead to the step with the `subflow`"
            )
            return None
        return text

    def save(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        text = self.text(parts, where, 64)
        if text is None:
            return None
        if not NAME.fullmatch(text):
            self.wrong(
                where, f"`{text}` is not a name to save under: a letter, then letters, digits and _, like `chosen`"
            )
        elif text in RESERVED:
            self.wrong(where, f"`{text}` has a meaning of its own: save under another name")
        else:
            return text
        return None

    def path(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        text = self.text(parts, where, 200)
        if text is not None and not all(NAME.fullmatch(key) for key in text.split(".")):
            self.wrong(where, f"`{text}` is not a name like `flight.alternatives`")
            return None
        return text

    def one_of(self, parts: dict[str, yaml.Node], where: Where, options: Collection[str], what: str) -> str | None:
        text = self.text(parts, where, 64)
        if text is not None and text not in options:
            self.wrong(where, f"unknown {what} `{text}`{meant(text, options)}")
            return None
        return text

    def number(self, parts: dict[str, yaml.Node], where: Where, low: int, high: int) -> int | None:
        node = parts.get(where[-1])
        if node is None:
            return None
        if node.tag != source.INT or not re.fullmatch(r"\d{1,6}", node.value) or not low <= int(node.value) <= high:
            self.wrong(where, f"`{where[-1]}` must be a whole number from {low} to {high}", node)
            return None
        return int(node.value)

    def share(self, parts: dict[str, yaml.Node], where: Where) -> float | None:
        node = parts.get(where[-1])
        value = number_of(node) if node is not None else None
        if node is not None and (value is None or not 0 < value <= 1):
            self.wrong(where, f"`{where[-1]}` must be a number above 0, 1 at most", node)
            return None
        return None if value is None else float(value)

    def flag(self, parts: dict[str, yaml.Node], where: Where) -> bool:
        node = parts.get(where[-1])
        if node is not None and node.tag != source.BOOL:
            self.wrong(where, f"`{where[-1]}` must be true or false", node)
        return node is not None and node.tag == source.BOOL and node.value.lower() == "true"

    def duration(self, parts: dict[str, yaml.Node], where: Where, least: int) -> int | None:
        text = self.text(parts, where, 20)
        if text is None:
            return None
        match = _DURATION.fullmatch(text.replace(" ", ""))
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
        total = days * 86400 + hours * 3600 + minutes * 60 + seconds
        if not least <= total <= MAX_EXPIRES:
            self.wrong(where, f"`{text}` is no duration: write 30m, 48h or 7d, {MAX_EXPIRES // 86400}d at most")
            return None
        return total

    def json(self, where: Where, node: yaml.Node) -> JsonValue:
        if isinstance(node, yaml.SequenceNode):
            return [self.json((*where, str(index)), inner) for index, inner in enumerate(self.sequence(where, node))]
        if isinstance(node, yaml.MappingNode) and not _looks_like_braces(node):
            found = self.free_mapping(where, node, "a value", re.compile(r"[^_].{0,63}"))
            return {name: self.json((*where, name), inner) for name, inner in found.items()}
        if isinstance(node, yaml.ScalarNode) and node.tag in (source.BOOL, source.NULL, source.INT, source.FLOAT):
            return _plain(node)
        return self.scalar(where, node, 1_000)

    # collections

    def mapping(
        self, where: Where, node: yaml.Node | None, keys: Collection[str], what: str, needs: Collection[str] = ()
    ) -> dict[str, yaml.Node]:
        """The known keys of a mapping; unknown, double and missing ones are mistakes."""
        found = self.free_mapping(where, node, "a key", re.compile(r".*", re.DOTALL), what)
        if where in self.broken:
            return {}
        for name in [name for name in found if name not in keys]:
            del found[name]
            self.unknown.add((*where, name))
            self.unknown_in.add(where)
            self.mistakes.append((self.lines[*where, name], f"unknown key `{_cut(name)}` in {what}{meant(name, keys)}"))
        for name in [name for name in needs if name not in found]:
            self.broken.add((*where, name))
            self.note(where, f"no `{name}` in {what}: write `{name}: {_EXAMPLES.get(name, 'TEXT')}`")
        return found

    def free_mapping(
        self, where: Where, node: yaml.Node | None, what: str, shape: re.Pattern[str], called: str = ""
    ) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        if node is None:
            return found
        self.lines.setdefault(where, node.start_mark.line + 1)
        if not isinstance(node, yaml.MappingNode):
            self.wrong(
                where, f"{called or f'`{where[-1]}`'} must be written as keys and values, like {{key: value}}", node
            )
            return found
        for key, value in source.pairs(node):
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None:
                hint = (
                    "put quotes around a text that begins with {{"
                    if _looks_like_braces(node)
                    else "a key must be one word"
                )
                self.wrong(where, hint, key)
            elif name in found:
                self.mistakes.append((key.start_mark.line + 1, f"`{_cut(name)}` stands twice: keep one"))
            elif not shape.fullmatch(name):
                self.wrong(
                    (*where, name), f"`{_cut(name)}` cannot name {what}: letters, digits and _, a letter first", key
                )
            else:
                self.lines[*where, name] = key.start_mark.line + 1
                found[name] = value
        return found

    def sequence(self, where: Where, node: yaml.Node | None) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(where, f"`{where[-1]}` must be a list", node)
            return []
        for index, inner in enumerate(node.value):
            self.lines[*where, str(index)] = inner.start_mark.line + 1
        return list(node.value)


def _plain(node: yaml.ScalarNode) -> JsonValue:
    if node.tag == source.NULL:
        return None
    if node.tag == source.BOOL:
        return bool(node.value.lower() == "true")
    return number_of(node) if number_of(node) is not None else str(node.value)


def number_of(node: yaml.Node) -> int | float | None:
    """The number a scalar writes; None for another value, and for one too long or too large to be meant."""
    if node.tag == source.INT and re.fullmatch(r"[-+]?\d{1,15}", node.value):
        return int(node.value)
    if node.tag != source.FLOAT or len(node.value) > 20 or not re.fullmatch(r"[-+.\deE]+", node.value):
        return None
    value = float(node.value)
    return value if math.isfinite(value) else None


def _looks_like_braces(node: yaml.Node) -> bool:
    """`say: {{ name }}` without quotes reads as a mapping whose key is a mapping."""
    return isinstance(node, yaml.MappingNode) and any(
        isinstance(key, yaml.MappingNode) for key, _ in source.pairs(node)
    )


def _cut(word: str) -> str:
    return word if len(word) <= 60 else word[:57] + "..."


def meant(word: str, options: Collection[str]) -> str:
    close = difflib.get_close_matches(word[:60], options, 1, 0.6)
    return f": did you mean `{close[0]}`?" if close else f": there are {', '.join(options)}"
