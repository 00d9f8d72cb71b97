"""What a step shows besides its words: cards, lists, tables, pictures, maps, timelines. Plain data, all texts rendered.

Whatever came from outside is bounded here, so that no list of the company makes a page nobody can open. `more` says how
many items were left out.
"""

import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from disposable import definition, steps
from disposable.definition import Block
from disposable.expressions import Condition, Names, lookup
from disposable.steps import Setting

KINDS = frozenset({"card", "list", "table", "image", "map", "timeline"})
MAX_ITEMS = 50
MAX_COLUMNS = 8
MAX_LINE = 300
"""Letters of a title, a label or a cell."""
MAX_TEXT = 2_000
ZOOM = 16

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing to look at; `kind` says which: card list table image map timeline."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class CardView(Shown):
    """A title, a few sentences, and rows of (label, value)."""

    kind: ClassVar[str] = "card"
    title: str
    text: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ListView(Shown):
    """Items of (title, text), in order."""

    kind: ClassVar[str] = "list"
    items: tuple[Row, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class TableView(Shown):
    """Headings, and rows of as many cells."""

    kind: ClassVar[str] = "table"
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class ImageView(Shown):
    """A file the company uploaded, by its id, and what is to be seen on it."""

    kind: ClassVar[str] = "image"
    file: str
    alt: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place by its name; without coordinates (None) it is only known by words."""

    label: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class MapView(Shown):
    """Places on a map."""

    kind: ClassVar[str] = "map"
    places: tuple[Place, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing that happened, or is to come."""

    title: str
    at: str
    done: bool


@dataclass(frozen=True, slots=True)
class TimelineView(Shown):
    """Stages, in order. `at` (an index) is the first that is not done: where things stand; None once all are."""

    kind: ClassVar[str] = "timeline"
    stages: tuple[Stage, ...]
    at: int | None
    more: int = 0


def show(blocks: Iterable[Block], names: Names, setting: Setting) -> tuple[Shown, ...]:
    """What the blocks of a step show now: nothing for what is hidden, or has nothing in it."""
    told = _Telling({**names, "site": setting.site}, setting)
    found = (told.view(block) for block in blocks if _there(block.when, told.names))
    return tuple(view for view in found if view is not None)


def map_url(place: Place, system: str = "") -> str:
    """The address that opens a place in a phone's own map.

    `system` is "apple" (their Maps), "android" (whichever map its owner chose) or "", where only a map in the browser is
    sure to open: no one address does all three. A browser on Apple's systems knows no geo:, one elsewhere no Apple Maps.
    """
    label = urllib.parse.quote(place.label, safe="")
    if place.lat is None or place.lon is None:
        return {
            "apple": f"https://maps.apple.com/?q={label}",
            "android": f"geo:0,0?q={label}",
        }.get(system, f"https://www.openstreetmap.org/search?query={label}")
    lat, lon = f"{place.lat:.6f}", f"{place.lon:.6f}"
    return {
        "apple": f"https://maps.apple.com/?ll={lat},{lon}&q={label}",
        "android": f"geo:{lat},{lon}?q={lat},{lon}({label})",
    }.get(system, f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map={ZOOM}/{lat}/{lon}")


class _Telling:
    """Turns the parts of a definition into views, with the names there are now."""

    def __init__(self, names: Names, setting: Setting) -> None:
        self.names, self.setting = names, setting

    def view(self, block: Block) -> Shown | None:
        of = (
            (block.card, self.card_view),
            (block.list, self.list_view),
            (block.table, self.table_view),
            (block.image, self.image_view),
            (block.map, self.map_view),
            (block.timeline, self.timeline_view),
        )
        views: list[tuple[object, Callable[..., Shown | None]]] = list(of)
        return next((make(part) for part, make in views if part is not None), None)

    def card_view(self, card: definition.Card) -> CardView | None:
        rows = tuple((label, self.line(text)) for label, text in self.labelled(card.rows))
        title, text = self.line(card.title), _cut(self.say(card.text), MAX_TEXT)
        filled = tuple(row for row in rows if row[1])
        return CardView(title, text, filled) if title or text or filled else None

    def list_view(self, listing: definition.Listing) -> ListView | None:
        items, more = self.items(listing.from_)
        found = ((self.line(listing.title, item), _cut(self.say(listing.text, item), MAX_TEXT)) for item in items)
        told = tuple(one for one in found if any(one))
        return ListView(told, more) if told else None

    def table_view(self, table: definition.Table) -> TableView | None:
        items, more = self.items(table.from_)
        columns = self.labelled(dict([*table.columns.items()][:MAX_COLUMNS]))
        rows = tuple(tuple(self.line(text, item) for _, text in columns) for item in items)
        return TableView(tuple(heading for heading, _ in columns), rows, more) if rows and columns else None

    def image_view(self, image: definition.Image) -> ImageView | None:
        file = self.line(image.file)
        return ImageView(file, self.line(image.alt)) if file else None

    def map_view(self, shown: definition.Map) -> MapView | None:
        items, more = self.items(shown.from_) if shown.from_ is not None else ([self.found(shown.at)], 0)
        places = tuple(place for place in (self.place(shown.label, item) for item in items) if place is not None)
        return MapView(places, more) if places else None

    def place(self, label: str, item: object) -> Place | None:
        at = item.get("at", item) if isinstance(item, Mapping) and "lat" not in item else item
        if not isinstance(at, Mapping):
            return None
        lat, lon = _degrees(at.get("lat"), 90), _degrees(at.get("lon"), 180)
        words = self.line(label, item) or _cut(str(at.get("text") or ""), MAX_LINE)
        if lat is None or lon is None:
            return Place(words, None, None) if words and at.get("text") else None
        return Place(words or f"{lat:.5f}, {lon:.5f}", lat, lon)

    def timeline_view(self, line: definition.Timeline) -> TimelineView | None:
        items, more = self.items(line.from_)
        done = Condition.parse(line.done) if line.done else None
        stages = tuple(
            Stage(self.line(line.title, item), self.line(line.at, item), bool(done and done.test(self.known(item))))
            for item in items
        )
        at = next((index for index, stage in enumerate(stages) if not stage.done), None)
        return TimelineView(stages, at if done else None, more) if stages else None

    def labelled(self, rows: Mapping[str, str]) -> list[Row]:
        """Labels are words of the flow too: what is between braces in them is filled in."""
        return [(self.line(label), text) for label, text in rows.items()]

    def items(self, dotted: str) -> tuple[list[object], int]:
        found = self.found(dotted)
        if not isinstance(found, list | tuple):
            return [], 0
        return list(found[:MAX_ITEMS]), max(0, len(found) - MAX_ITEMS)

    def found(self, dotted: str | None) -> object:
        return lookup(tuple((dotted or "").split(".")), self.names)

    def known(self, item: object) -> Names:
        return {**self.names, "item": item}

    def line(self, text: str, item: object = None) -> str:
        return _cut(" ".join(self.say(text, item).split()), MAX_LINE)

    def say(self, text: str, item: object = None) -> str:
        known = self.names if item is None else self.known(item)
        return steps.say(text, known, self.setting).strip() if text else ""


def _there(when: str | None, names: Names) -> bool:
    return when is None or Condition.parse(when).test(names)


def _degrees(value: object, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -most <= value <= most else None


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
