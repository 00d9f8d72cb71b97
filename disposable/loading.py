"""From YAML to a flow, or to every mistake in it at once: where it stands, the wrong word, and what to write instead."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from disposable import capability, checking, lengths, texts
from disposable.definition import Flow
from disposable.naming import Found
from disposable.opening import Opener
from disposable.spots import Spot, Where, nearest_spot
from disposable.subflows import Part

GALLERY = Path(__file__).parent / "gallery"

Find: TypeAlias = Callable[[str], str | None]
"""From the name of a flow, or of its translation (`name.de`), to its YAML; None where there is none."""


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


def load(
    text: str, file: str = "flow.yaml", find: Find | None = None, translations: Mapping[str, str] | None = None
) -> Flow:
    """The flow with the flows it runs (`find` finds them, by default in the gallery) and its translations (language -> YAML).

    Raises FlowInvalid with every mistake.
    """
    flow, mistakes = _read(text, file, find, translations)
    if flow is None or mistakes:
        raise FlowInvalid(mistakes)
    return flow


def check(
    text: str, file: str = "flow.yaml", find: Find | None = None, translations: Mapping[str, str] | None = None
) -> list[Mistake]:
    """Every mistake, none for a flow that can be published."""
    return _read(text, file, find, translations)[1]


def missing(flow: Flow) -> dict[str, list[str]]:
    """Language -> dotted paths of the texts that it lacks."""
    base = flow.plain()
    return {language: texts.missing(base, tree) for language, tree in flow.translations.items()}


@functools.cache
def gallery() -> Mapping[str, str]:
    """The flows that are shipped: name -> YAML. Their translations (NAME.de.yaml) and transcripts stand beside them."""
    return {path.stem: path.read_text("utf-8") for path in sorted(GALLERY.glob("*.yaml")) if "." not in path.stem}


def _read(
    text: str, file: str, find: Find | None, translations: Mapping[str, str] | None
) -> tuple[Flow | None, list[Mistake]]:
    opener = Opener(find or gallery().get)
    part = opener.open(text, file, translations or {})
    found = dict.fromkeys(opener.mistakes)
    if part is None:
        return None, _sorted(found, file)
    found |= dict.fromkeys(
        _spotted(part.places, checking.check(part.flow, part.broken, part.needs, loose=part.loose, blind=part.blind))
    )
    flow = part.flow
    spoken = {language: flow.spoken(language) for language in flow.translations}
    for language, other in spoken.items():
        found |= dict.fromkeys(_of_translation(part, language, other, sound=not found))
    # Only what is sound otherwise can be measured.
    if not found:
        found = dict.fromkeys(_spotted(part.places, _measured(flow)))
    if not found:
        for language, other in spoken.items():
            found |= dict.fromkeys(_spotted(part.tree_places[language], _measured(other)))
    return flow, _sorted(found, file)


def _measured(flow: Flow) -> Found:
    """Whether every text fits its screen, and every step every channel."""
    yield from lengths.check(flow)
    yield from capability.check(flow)


def _of_translation(part: Part, language: str, flow: Flow, *, sound: bool) -> Iterator[tuple[Spot, str]]:
    """What is wrong with the words of a translation; where the flow itself has mistakes, only what stands in its file."""
    places = part.tree_places[language]
    for where, message in checking.check_texts(
        flow, part.broken | part.tree_broken[language], loose=part.loose, blind=part.blind
    ):
        if sound or where in places:
            yield nearest_spot(places, where), message


def _spotted(places: Mapping[Where, Spot], found: Found) -> Iterator[tuple[Spot, str]]:
    return ((nearest_spot(places, where), message) for where, message in found)


def _sorted(found: Mapping[tuple[Spot, str], None], file: str) -> list[Mistake]:
    """The flow's own mistakes first."""
    ordered = sorted(found, key=lambda one: (one[0][0] != file, one))
    return [Mistake(where, line, message) for (where, line), message in ordered]
