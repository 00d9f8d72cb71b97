"""What the simulator looks for in texts and says of them: secrets, ways on, and where two texts part."""

import difflib
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from disposable.definition import Flow
from disposable.expressions import lookup
from disposable.screen import Screen

Json: TypeAlias = Any


def secrets(flow: Flow, context: Mapping[str, Json]) -> list[tuple[str, str]]:
    """(dotted name, value) of what the flow declares secret."""
    names = [name for name, kind in flow.types.items() if kind == "secret" and "[" not in name]
    found = [(name, lookup(tuple(name.split(".")), context)) for name in names]
    return [(name, str(value)) for name, value in found if value is not None and len(str(value)) > 2]


def holds(text: str, value: str) -> bool:
    """Whether the value stands in the text, as words of their own."""
    return re.search(rf"(?<!\w){re.escape(loose(value))}(?!\w)", loose(text)) is not None


def stuck(screen: Screen) -> bool:
    """A step that neither offers nor asks anything. Ends, people and waits have no way on, and need none."""
    if screen.kind == "verify":
        return not screen.verify
    return screen.kind == "step" and not (screen.choices or screen.fields or screen.visit)


def loose(text: str) -> str:
    """Spaces of any kind and number are one."""
    return " ".join(text.split()).casefold()


def plain(given: Json) -> str:
    """What was given, for the log: files by their names."""
    if isinstance(given, dict) and "file" in given:
        return str(given.get("name", ""))
    if isinstance(given, dict):
        return ", ".join(plain(value) for value in given.values())
    return ", ".join(map(plain, given)) if isinstance(given, list) else str(given)


def difference(wanted: str, lines: list[str]) -> str:
    """The line most like the wanted text, and where the two part."""
    near = difflib.get_close_matches(wanted, lines, 1, 0.5)
    if not wanted or not near:
        return ""
    marks = "".join(
        ("^" if kind != "equal" else " ") * max(there_end - there, kind != "equal")
        for kind, _, _, there, there_end in difflib.SequenceMatcher(None, wanted, near[0], autojunk=False).get_opcodes()
    )
    return f"\n    nearest: {near[0]}\n             {marks.rstrip()}"
