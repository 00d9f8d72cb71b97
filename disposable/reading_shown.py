"""From YAML nodes to what a step shows: cards, lists, tables, images, maps, timelines; and what goes with an end."""

import re

import yaml

from disposable.definition import VIEWS, Block, Calendar, Card, Image, Listing, Map, Pass, Review, Table, Timeline
from disposable.values import Values, Where

# A heading is printed as it stands.
HEADING = re.compile(r"[^\s_{}][^{}\n]{0,63}")
_ROWS = 40


class ShownReader(Values):
    """Reads what is shown."""

    def show(self, where: Where, node: yaml.Node | None) -> tuple[Block, ...]:
        if node is not None and isinstance(node, yaml.MappingNode):
            self.wrong(where, "`show` must be a list: put a `-` before each thing that is shown", node)
            return ()
        found = self.sequence(where, node)
        if node is not None and not found and where not in self.broken:
            self.wrong(where, "`show` is empty: write what is shown, or leave it out")
        return tuple(self.block((*where, str(index)), inner) for index, inner in enumerate(found))

    def block(self, where: Where, node: yaml.Node) -> Block:
        parts = self.mapping(where, node, (*VIEWS, "when"), f"`show` of step `{where[1]}`")
        views = [view for view in VIEWS if view in parts]
        if where not in self.broken and len(views) != 1:
            several = " and ".join(f"`{view}`" for view in views)
            self.missing(
                where,
                f"one thing of `show` has {several}: put a `-` before each"
                if views
                else f"nothing is shown here: write one of {', '.join(VIEWS)}",
            )
        return Block(
            card=self.card((*where, "card"), parts.get("card")),
            list=self.listing((*where, "list"), parts.get("list")),
            table=self.table((*where, "table"), parts.get("table")),
            image=self.image((*where, "image"), parts.get("image")),
            map=self.map((*where, "map"), parts.get("map")),
            timeline=self.timeline((*where, "timeline"), parts.get("timeline")),
            when=self.text(parts, (*where, "when"), 500),
        )

    def card(self, where: Where, node: yaml.Node | None) -> Card | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("title", "text", "rows"), "`card`")
        if where not in self.broken and not parts:
            self.missing(where, "the card is empty: write title, text or rows")
        return Card(
            title=self.text(parts, (*where, "title"), 200) or "",
            text=self.text(parts, (*where, "text"), 2_000) or "",
            rows=self.rows((*where, "rows"), parts.get("rows")) or {},
        )

    def listing(self, where: Where, node: yaml.Node | None) -> Listing | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("from", "title", "text"), "`list`", needs=("from", "title"))
        return Listing(
            from_=self.path(parts, (*where, "from")) or "",
            title=self.text(parts, (*where, "title"), 200) or "",
            text=self.text(parts, (*where, "text"), 500) or "",
        )

    def table(self, where: Where, node: yaml.Node | None) -> Table | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("from", "columns"), "`table`", needs=("from", "columns"))
        columns = self.rows((*where, "columns"), parts.get("columns"), most=6) or {}
        return Table(from_=self.path(parts, (*where, "from")) or "", columns=columns)

    def image(self, where: Where, node: yaml.Node | None) -> Image | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("file", "alt"), "`image`", needs=("file", "alt"))
        file, alt = self.text(parts, (*where, "file"), 200), self.text(parts, (*where, "alt"), 300)
        return Image(file=file or "", alt=alt or "")

    def map(self, where: Where, node: yaml.Node | None) -> Map | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("label", "at", "from"), "`map`", needs=("label",))
        if where not in self.broken and ("at" in parts) == ("from" in parts):
            self.missing(where, "a map needs either `at: PLACE` or `from: LIST`, one of them")
        return Map(
            label=self.text(parts, (*where, "label"), 200) or "",
            at=self.path(parts, (*where, "at")),
            from_=self.path(parts, (*where, "from")),
        )

    def timeline(self, where: Where, node: yaml.Node | None) -> Timeline | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("from", "title", "at", "done"), "`timeline`", needs=("from", "title"))
        return Timeline(
            from_=self.path(parts, (*where, "from")) or "",
            title=self.text(parts, (*where, "title"), 200) or "",
            at=self.text(parts, (*where, "at"), 200) or "",
            done=self.text(parts, (*where, "done"), 500),
        )

    def rows(self, where: Where, node: yaml.Node | None, most: int = _ROWS) -> dict[str, str] | None:
        """Heading: text."""
        if node is None:
            return None
        found = self.free_mapping(where, node, "a row", HEADING)
        if where not in self.broken and not found:
            self.wrong(where, f"`{where[-1]}` is empty: write `{where[-1]}: {{HEADING: TEXT}}`")
        elif len(found) > most:
            self.wrong(where, f"`{where[-1]}` has {len(found)} entries: {most} at most")
        return {name: self.scalar((*where, name), value, 500) or "" for name, value in found.items()}

    def review(self, where: Where, node: yaml.Node | None) -> Review | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("send", "rows"), f"`review` of step `{where[1]}`")
        rows = self.rows((*where, "rows"), parts.get("rows"))
        return Review(send=self.text(parts, (*where, "send"), 60) or "", rows=rows)

    def calendar(self, where: Where, node: yaml.Node | None) -> Calendar | None:
        if node is None:
            return None
        parts = self.mapping(where, node, "title starts ends where".split(), "`calendar`", needs=("title", "starts"))
        return Calendar(
            title=self.text(parts, (*where, "title"), 200) or "",
            starts=self.path(parts, (*where, "starts")) or "",
            ends=self.path(parts, (*where, "ends")),
            where=self.text(parts, (*where, "where"), 300) or "",
        )

    def counter_pass(self, where: Where, node: yaml.Node | None) -> Pass | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("title", "code", "rows"), "`pass`", needs=("title", "code"))
        return Pass(
            title=self.text(parts, (*where, "title"), 200) or "",
            code=self.text(parts, (*where, "code"), 300) or "",
            rows=self.rows((*where, "rows"), parts.get("rows")) or {},
        )
