"""From YAML to a flow, or to every mistake in it at once: where it stands, the wrong word, and what to write instead."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from disposable import lengths, source
from disposable.definition import Flow
from disposable.reading import Reader

GALLERY = Path(__file__).parent / "gallery"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend; its text is one plain line."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class FlowInvalid(ValueError):
    """The flow has `mistakes`, in the order of their lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def load(text: str, file: str = "flow.yaml") -> Flow:
    """Raises FlowInvalid with every mistake."""
    flow, mistakes = _read(text, file)
    if flow is None or mistakes:
        raise FlowInvalid(mistakes)
    return flow


def check(text: str, file: str = "flow.yaml") -> list[Mistake]:
    """Every mistake, none for a flow that can be published."""
    return _read(text, file)[1]


@functools.cache
def gallery() -> Mapping[str, str]:
    """The flows that are shipped: name -> YAML. Their translations (NAME.de.yaml) and transcripts stand beside them."""
    return {path.stem: path.read_text("utf-8") for path in sorted(GALLERY.glob("*.yaml")) if "." not in path.stem}


def _read(text: str, file: str) -> tuple[Flow | None, list[Mistake]]:
    try:
        root = source.compose(text)
    except source.SourceInvalid as error:
        return None, [Mistake(file, error.line, error.reason)]
    reader = Reader()
    flow = reader.flow(root)
    found = dict.fromkeys(reader.mistakes)
    if flow is not None:
        found |= dict.fromkeys((reader.line(where), message) for where, message in reader.check(flow))
        # Only what is sound otherwise can be measured.
        if not found:
            found = dict.fromkeys((reader.line(where), message) for where, message in lengths.check(flow))
    return flow, [Mistake(file, line, message) for line, message in sorted(found)]
