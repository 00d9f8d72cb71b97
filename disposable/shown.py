"""What a step shows besides its words: cards, lists, tables, pictures, maps, timelines: plain data, texts rendered."""

from collections.abc import Iterable
from dataclasses import dataclass

from disposable.definition import Block
from disposable.expressions import Condition, Names
from disposable.steps import Setting

KINDS = frozenset({"card", "list", "table", "image", "map", "timeline"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One thing to look at; `kind` says which: card list table image map timeline."""

    kind: str


def show(blocks: Iterable[Block], names: Names, setting: Setting) -> tuple[Shown, ...]:
    """What the blocks of a step show now."""
    known = {**names, "site": setting.site}
    there = (block for block in blocks if block.when is None or Condition.parse(block.when).test(known))
    return tuple(Shown(kind) for block in there for kind in sorted(block.model_fields_set & KINDS))
