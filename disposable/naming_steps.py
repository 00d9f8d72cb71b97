"""Where texts, paths and conditions stand in a flow, and what each of them may read."""

from collections.abc import Mapping

from pydantic import JsonValue

from disposable import graph
from disposable.definition import Block, Calendar, Field, Flow, Handover, Layer, Pass, Review, Step, Visit
from disposable.graph import Saved
from disposable.known import ANY, IN_WHEN, PLACE, SLOT, is_place, resolve
from disposable.known import called as in_words
from disposable.naming import NOTHING, Found, Reads, is_bare, reads_of
from disposable.spots import Where

_ONE_VALUE = ("text", "personal", "secret", "number", "date", ANY)


class Names(Reads):
    """Checks every text, path and condition of a flow for names it may use."""

    def check(self) -> Found:
        flow = self.flow
        yield from self.text(("title",), flow.title, NOTHING)
        yield from self.notice()
        yield from self.verify()
        for name, step in flow.steps.items():
            yield from self.step(name, step)
        everywhere = graph.everything_saved(flow, self.reached)
        for index, rule in enumerate(flow.rules):
            at = ("rules", str(index))
            yield from self.condition((*at, "when"), rule.when, everywhere, IN_WHEN)
            yield from self.handover((*at, "handover"), rule.handover, everywhere)
            if rule.notify:
                yield from self.text((*at, "notify", "text"), rule.notify.text, everywhere)
        for channel, layers in flow.layers.items():
            for name, layer in layers.items():
                yield from self.layer(("layers", channel, name), layer, self.reached.get(name, NOTHING))

    # what is read before anybody is known

    def notice(self) -> Found:
        flow = self.flow
        if "{{" in flow.purpose or "{%" in flow.purpose:
            yield ("purpose",), "`purpose` is shown to whoever fetches the link: write it without {{ }}"
        yield from self.text(("text",), flow.text, NOTHING, also={"link": "text", "menu": "text"}, public=True)
        reads = reads_of(flow.text or "")
        count = sum(read.path == ("link",) for read in reads)
        if flow.text and (reads or "{{" not in flow.text) and count != 1:
            amount = "more than one" if count else "no"
            yield ("text",), f"`text` has {amount} {{{{ link }}}}: write it once, in mid-sentence"
        if any(read.path == ("menu",) for read in reads):
            yield from self.menu_public()

    def menu_public(self) -> Found:
        """{{ menu }} puts the first step's answers into the notice, so what they print is as public as the notice."""
        start = self.flow.steps.get(self.flow.start)
        if start is None:
            return
        at = ("steps", self.flow.start)
        for key, choice in (start.choose or {}).items():
            yield from self.text((*at, "choose", key, "label"), choice.label, NOTHING, public=True)
        if start.field and start.field.from_:
            kind, _ = resolve(self.flow.context, start.field.from_.split("."))
            item = kind[0] if isinstance(kind, list) and kind else ANY
            label = start.field.label or "{{ item }}"
            yield from self.text((*at, "field", "label"), label, NOTHING, also={"item": item}, public=True)
        for key, label in ((start.field.options if start.field else None) or {}).items():
            yield from self.text((*at, "field", "options", key), label, NOTHING, public=True)

    def verify(self) -> Found:
        verify = self.flow.verify
        if verify is None:
            return
        yield from self.text(("verify", "ask"), verify.ask, NOTHING, public=True)
        if not verify.against:
            return
        kind, problem = resolve(self.flow.context, verify.against.split("."))
        if problem:
            yield ("verify", "against"), f"`against`: {problem}"
        elif kind not in _ONE_VALUE:
            yield ("verify", "against"), f"`against` must name one value to compare with: `{verify.against}` is not one"

    # steps

    def step(self, name: str, step: Step) -> Found:
        at, saved = ("steps", name), self.reached.get(name, NOTHING)
        for key in ("title", "say", "ask", "end"):
            yield from self.text((*at, key), getattr(step, key), saved)
        for key, choice in (step.choose or {}).items():
            yield from self.text((*at, "choose", key, "label"), choice.label, saved)
            yield from self.condition((*at, "choose", key, "when"), choice.when, saved, IN_WHEN)
            yield from self.handover((*at, "choose", key, "handover"), choice.handover, saved)
        for index, block in enumerate(step.show):
            yield from self.block((*at, "show", str(index)), block, saved)
        yield from self.handover((*at, "handover"), step.handover, saved)
        yield from self.field((*at, "field"), step.field, saved)
        yield from self.review((*at, "review"), step.review, saved)
        yield from self.visit((*at, "visit"), step.visit, saved)
        if step.do:
            yield from self.value((*at, "do", "with"), step.do.with_, saved)
        yield from self.beside_end(at, step, saved)
        yield from self.saves(at, step)

    def saves(self, at: Where, step: Step) -> Found:
        save = graph.saved_by(step)
        if save in self.flow.context:
            yield (*at, step.kind, "save"), f"`{save}` is a name of the context: save under another name"

    def beside_end(self, at: Where, step: Step, saved: Saved) -> Found:
        yield from self.rows((*at, "receipt"), step.receipt, saved)
        yield from self.calendar((*at, "calendar"), step.calendar, saved)
        yield from self.counter_pass((*at, "pass"), step.pass_, saved)

    def calendar(self, at: Where, calendar: Calendar | None, saved: Saved) -> Found:
        if calendar:
            yield from self.text((*at, "title"), calendar.title, saved)
            yield from self.text((*at, "where"), calendar.where, saved)
            yield from self.instant((*at, "starts"), calendar.starts, saved)
            yield from self.instant((*at, "ends"), calendar.ends, saved)

    def counter_pass(self, at: Where, shown: Pass | None, saved: Saved) -> Found:
        if shown:
            yield from self.text((*at, "title"), shown.title, saved)
            yield from self.text((*at, "code"), shown.code, saved)
            yield from self.rows((*at, "rows"), shown.rows, saved)

    def review(self, at: Where, review: Review | None, saved: Saved) -> Found:
        if review:
            yield from self.text((*at, "send"), review.send, saved)
            yield from self.rows((*at, "rows"), review.rows, saved)

    def visit(self, at: Where, visit: Visit | None, saved: Saved) -> Found:
        if visit is None:
            return
        yield from self.text((*at, "label"), visit.label, saved)
        yield from self.text((*at, "to"), visit.to, saved, also={"back": "text"})
        reads = reads_of(visit.to)
        if visit.to and (reads or "{{" not in visit.to) and not any(read.path == ("back",) for read in reads):
            yield (*at, "to"), "`to` has no {{ back }}: the page must be told where to send the customer back to"

    def rows(
        self, at: Where, rows: Mapping[str, str] | None, saved: Saved, also: dict[str, JsonValue] | None = None
    ) -> Found:
        for heading, text in (rows or {}).items():
            yield from self.text((*at, heading), text, saved, also=also)

    # fields

    def field(self, at: Where, field: Field | None, saved: Saved) -> Found:
        if field is None:
            return
        for key in ("hint", "terms", "why"):
            yield from self.text((*at, key), getattr(field, key), saved)
        for key, label in (field.options or {}).items():
            yield from self.text((*at, "options", key), label, saved)
        yield from self.field_paths(at, field, saved)
        if field.from_ is None and field.kind != "slot":
            yield from self.text((*at, "label"), field.label, saved)
            return
        item, wrong = self.items((*at, "from"), field.from_, saved) if field.from_ else (SLOT, [])
        yield from wrong
        if not wrong:
            yield from self.picked(at, field, item, saved)

    def picked(self, at: Where, field: Field, item: JsonValue, saved: Saved) -> Found:
        """What prints one item of a list, or one slot."""
        if field.kind == "slot" and not _starts(item):
            yield (*at, "from"), f"`from`: the items of `{field.from_}` are no slots: each needs `starts: datetime`"
        elif (
            field.kind != "slot"
            and not field.label
            and item not in ("text", "personal", "date", "datetime", "number", ANY)
        ):
            yield at, 'a field with `from` needs a `label` that prints one item: like "{{ item.name }}"'
        if field.near and not is_place(item):
            yield (*at, "near"), f"`near`: the items of `{field.from_}` have no position: each needs `lat` and `lon`"
        yield from self.text((*at, "label"), field.label, saved, also={"item": item})
        yield from self.text((*at, "group"), field.group, saved, also={"item": item})

    def field_paths(self, at: Where, field: Field, saved: Saved) -> Found:
        if field.near:
            yield from self.place((*at, "near"), field.near, saved)
        if field.instead:
            kind, wrong = self.path((*at, "instead"), field.instead, saved)
            yield from wrong
            if (kind.get("id") if isinstance(kind, dict) else kind) not in ("text", "personal", ANY):
                yield (*at, "instead"), f"`instead`: `{field.instead}` is no slot: name one, or its `id`"
        if field.to:
            kind, wrong = self.path((*at, "to"), field.to, saved)
            yield from wrong
            if kind not in ("text", "personal", ANY):
                yield (*at, "to"), f"`to`: `{field.to}` is {in_words(kind)}: name the phone the code is texted to"

    def place(self, at: Where, path: str, saved: Saved) -> Found:
        kind, wrong = self.path(at, path, saved)
        yield from wrong
        if not is_place(kind):
            yield at, f"`{at[-1]}`: `{path}` is no place: name one with {' and '.join(map(str, PLACE))}"  # type: ignore[arg-type]

    # what is shown

    def block(self, at: Where, block: Block, saved: Saved) -> Found:
        yield from self.condition((*at, "when"), block.when, saved)
        if block.card:
            for key in ("title", "text"):
                yield from self.text((*at, "card", key), getattr(block.card, key), saved)
            yield from self.rows((*at, "card", "rows"), block.card.rows, saved)
        if block.image:
            for key in ("file", "alt"):
                yield from self.text((*at, "image", key), getattr(block.image, key), saved)
        if block.map and block.map.at:
            yield from self.place((*at, "map", "at"), block.map.at, saved)
            yield from self.text((*at, "map", "label"), block.map.label, saved)
        yield from self.listed(at, block, saved)

    def listed(self, at: Where, block: Block, saved: Saved) -> Found:
        """What prints the items of a list."""
        for kind, texts in (
            ("list", ("title", "text")),
            ("table", ()),
            ("map", ("label",)),
            ("timeline", ("title", "at")),
        ):
            view = getattr(block, kind)
            if view is None or not view.from_:
                continue
            item, wrong = self.items((*at, kind, "from"), view.from_, saved)
            yield from wrong
            if wrong:
                continue
            for key in texts:
                yield from self.text((*at, kind, key), getattr(view, key), saved, also={"item": item})
            if block.table:
                yield from self.rows((*at, "table", "columns"), block.table.columns, saved, {"item": item})
            if block.timeline:
                yield from self.condition((*at, kind, "done"), block.timeline.done, saved, {"item": item})
            if kind == "map" and not is_place(item):
                yield (
                    (*at, "map", "from"),
                    f"`from`: the items of `{view.from_}` are no places: each needs `lat` and `lon`",
                )

    # elsewhere

    def layer(self, at: Where, layer: Layer, saved: Saved) -> Found:
        for key in ("title", "say", "ask", "end"):
            yield from self.text((*at, key), getattr(layer, key), saved)
        for key, label in layer.choose.items():
            yield from self.text((*at, "choose", key), label, saved)

    def handover(self, at: Where, handover: Handover | None, saved: Saved) -> Found:
        if handover:
            yield from self.text((*at, "why"), handover.why, saved)

    def value(self, at: Where, value: JsonValue, saved: Saved) -> Found:
        if isinstance(value, str):
            for where, message in self.text(at, value, saved):
                # One bare name is sent as it is, so it needs no words.
                if not (is_bare(value) and "has no words" in message):
                    yield where, message
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from self.value((*at, key), inner, saved)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self.value((*at, str(index)), inner, saved)


def _starts(item: JsonValue) -> bool:
    return (item.get("starts") if isinstance(item, dict) else item) in ("datetime", ANY)


def check(flow: Flow, reached: Mapping[str, Saved], *, blind: bool = False) -> Found:
    """Every text that does not parse, and every name that is not known where it is read."""
    return Names(flow, reached, blind).check()
