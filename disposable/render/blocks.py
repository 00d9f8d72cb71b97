"""What a step shows, for who reads it line by line: cards, lists, tables, pictures, maps and timelines as text, and as cards.

A list is cut where nobody would read on; how much was left out is said.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from disposable.field_views import Words
from disposable.formats import labelled
from disposable.shown import (
    CardView,
    ImageView,
    ListView,
    MapView,
    Place,
    Shown,
    Stage,
    TableView,
    TimelineView,
    map_url,
)

Json: TypeAlias = Any
Lines: TypeAlias = list[str]

ITEMS = 9
"""Items of one list as text; a page shows them all."""
MARK = "- "


def lines(shown: Iterable[Shown], words: Words, *, spoken: bool = False) -> Lines:
    """Everything shown, top to bottom, as lines of text; the marks before them are not said aloud."""
    found = [line for one in shown for line in _LINES[one.kind](one, words) if line]
    return [line.removeprefix(MARK).strip("[]") for line in found] if spoken else found


def cards(shown: Iterable[Shown], words: Words) -> list[dict[str, Json]]:
    """The same as cards a chat can draw: {title, text, rows: [[label, value, url]]}; what is empty is left out."""
    made = ({key: value for key, value in _CARDS[one.kind](one, words).items() if value} for one in shown)
    return [card for card in made if card]


# as lines


def _card(card: CardView, _words: Words) -> Lines:
    return [card.title, card.text, *(labelled(label, value) for label, value in card.rows)]


def _list(view: ListView, words: Words) -> Lines:
    items = [": ".join(part for part in item if part) for item in view.items]
    return _bounded([MARK + item for item in items], view.more, words)


def _table(view: TableView, words: Words) -> Lines:
    """A row is a line: the first cell names it, the others say what they are."""
    found = [_cells(view.headings, row) for row in view.rows]
    return _bounded([MARK + line for line in found], view.more, words)


def _cells(headings: tuple[str, ...], row: tuple[str, ...]) -> str:
    first, *rest = zip(headings, row, strict=True)
    return ", ".join([first[1], *(labelled(heading, cell) for heading, cell in rest if cell)])


def _image(view: ImageView, _words: Words) -> Lines:
    return [f"[{view.alt}]" if view.alt else ""]


def _map(view: MapView, words: Words) -> Lines:
    return _bounded([place.label for place in view.places], view.more, words)


def _timeline(view: TimelineView, words: Words) -> Lines:
    return _bounded([_stage(stage, words) for stage in view.stages], view.more, words)


def _stage(stage: Stage, words: Words) -> str:
    told = ", ".join(part for part in (stage.title, stage.at) if part)
    return words("menu.done", stage=told) if stage.done else told


def _bounded(found: Lines, more: int, words: Words) -> Lines:
    left = more + max(0, len(found) - ITEMS)
    return [*found[:ITEMS], *([words("menu.left", count=left)] if left else [])]


# as cards


def _card_of_card(card: CardView, _words: Words) -> dict[str, Json]:
    return {"title": card.title, "text": card.text, "rows": [list(row) for row in card.rows]}


def _card_of_list(view: ListView, words: Words) -> dict[str, Json]:
    return {"rows": [list(item) for item in view.items], "text": _left(view.more, words)}


def _card_of_table(view: TableView, words: Words) -> dict[str, Json]:
    named = (list(zip(view.headings, row, strict=True)) for row in view.rows)
    rows = [[first[1], ", ".join(labelled(*cell) for cell in rest if cell[1])] for first, *rest in named]
    return {"rows": rows, "text": _left(view.more, words)}


def _card_of_image(view: ImageView, _words: Words) -> dict[str, Json]:
    return {"title": view.alt}


def _card_of_map(view: MapView, words: Words) -> dict[str, Json]:
    return {"rows": [_place(place) for place in view.places], "text": _left(view.more, words)}


def _place(place: Place) -> list[str]:
    return [place.label, "", map_url(place)]


def _card_of_timeline(view: TimelineView, words: Words) -> dict[str, Json]:
    return {"rows": [[_stage(stage, words), ""] for stage in view.stages], "text": _left(view.more, words)}


def _left(more: int, words: Words) -> str:
    return words("menu.left", count=more) if more else ""


_LINES: Mapping[str, Callable[[Any, Words], Lines]] = {
    "card": _card,
    "list": _list,
    "table": _table,
    "image": _image,
    "map": _map,
    "timeline": _timeline,
}
_CARDS: Mapping[str, Callable[[Any, Words], dict[str, Json]]] = {
    "card": _card_of_card,
    "list": _card_of_list,
    "table": _card_of_table,
    "image": _card_of_image,
    "map": _card_of_map,
    "timeline": _card_of_timeline,
}
