"""What a flow may show to whom: each value its context holds, the tier of the steps that read it, and which steps those are."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from disposable.definition import Flow
from disposable.expressions import ExpressionInvalid, Template

NOBODY = 9
"""The tier of what no step reads: it is for nobody."""
SHORTEST = 4
_NAMES = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*\Z", re.IGNORECASE)
_CODE = re.compile(
    r"<style.*?</style>|<script>.*?</script>|<script (?!type=\"application/json\").*?</script>", re.DOTALL
)


@dataclass(frozen=True)
class Value:
    """One value of the context, by its dotted name; `tier` is the lowest of a step that reads it."""

    name: str
    text: str
    tier: int


class Known:
    """What a flow knows in one run, and who may be shown it."""

    def __init__(self, flow: Flow, context: Mapping[str, Any]) -> None:
        self.flow = flow
        told = list(_leaves("", context))
        self.saved = dict(_saved(flow))
        self.title = reads_of({"title": flow.title, "ask": flow.verify.ask if flow.verify else ""})
        self.reads = {name: self._reads(name) for name in flow.steps}
        words = flow.model_dump_json(exclude={"example"})
        texts = [text for _, text in told]
        # What also stands in the flow's own words, or twice in the context, tells nothing when it is seen.
        self.values = [
            Value(name, text, self._tier(name))
            for name, text in told
            if len(text) >= SHORTEST and text not in words and sum(text in other for other in texts) == 1
        ]

    def _reads(self, name: str) -> frozenset[str]:
        step = self.flow.steps[name]
        layers = [layer[name].model_dump() for layer in self.flow.layers.values() if name in layer]
        found = reads_of([step.model_dump(by_alias=True, exclude_none=True), layers])
        if step.review is not None and step.review.rows is None:
            found |= set(self.saved)
        return frozenset(found)

    def may_show(self, step: str, value: Value) -> bool:
        """Whether a step declares that it reads a value, by its own name or by one it was saved under."""
        return self._read(value.name, self.reads[step] | self.title)

    def _read(self, name: str, reads: frozenset[str] | set[str]) -> bool:
        behind = {source for read in reads for saved, source in self.saved.items() if source and _within(read, saved)}
        return any(_within(name, read) or _within(read, name) for read in {*reads, *behind})

    def _tier(self, name: str) -> int:
        if self._read(name, self.title):
            return 1
        tiers = [self.flow.steps[step].tier for step, reads in self.reads.items() if self._read(name, reads)]
        return min(tiers, default=NOBODY)

    def leaked(self, text: str, tier: int, step: str | None) -> list[str]:
        """Names of values in an answer that this tier, or the page of this step, may not hold. `step` None: any page."""
        seen = visible(text)
        return [
            value.name
            for value in self.values
            if value.text in seen and (value.tier > tier or (step is not None and not self.may_show(step, value)))
        ]


def visible(text: str) -> str:
    """An answer without our own styles and scripts; data in it stays."""
    return html.unescape(_CODE.sub("", text)).replace("\\/", "/")


def reads_of(value: Any) -> set[str]:
    """Every dotted name that any text of a part of a flow reads, or could be."""
    found: set[str] = set()
    for text in _texts(value):
        if _NAMES.match(text):
            found.add(text)
        try:
            found |= {".".join(map(str, read.path)) for read in Template.parse(text).reads if read.path[0] != "item"}
        except ExpressionInvalid:
            continue
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _saved(flow: Flow) -> Iterator[tuple[str, str]]:
    """(the name something is saved under, the list it was chosen from)"""
    for name, step in flow.steps.items():
        if step.field is not None:
            yield step.field.save or name, step.field.from_ or ""


def _within(name: str, whole: str) -> bool:
    name = name.replace("[]", "")
    return name == whole or name.startswith(f"{whole}.")


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(f"{name}[]", inner)
    elif not isinstance(value, bool) and value is not None:
        yield name, str(value)
