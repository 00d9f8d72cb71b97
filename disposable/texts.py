"""Which parts of a flow are texts, and how a translation, a tree of nothing else, is laid over them.

Works on flows as plain JSON: a leaf of the plan is the most characters of a text, ROWS a mapping of headings and texts that is
written whole (its headings are texts too), WORDS a list of other words. `*` stands for any name of the flow's own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = dict[str, Any]
Plan: TypeAlias = Any

ROWS, WORDS, ANY = "rows", "words", "*"

_BLOCK: Plan = {
    "card": {"title": 200, "text": 2_000, "rows": ROWS},
    "list": {"title": 200, "text": 500},
    "table": {"columns": ROWS},
    "image": {"alt": 300},
    "map": {"label": 200},
    "timeline": {"title": 200, "at": 200},
}
_STEP: Plan = {
    "title": 200,
    "say": 2_000,
    "ask": 500,
    "show": [_BLOCK],
    "choose": {ANY: {"label": 200, "like": WORDS}},
    "field": {"label": 200, "hint": 300, "terms": 4_000, "why": 300, "group": 200, "options": {ANY: 200}},
    "review": {"send": 60, "rows": ROWS},
    "visit": {"label": 200},
    "end": 2_000,
    "receipt": ROWS,
    "calendar": {"title": 200, "where": 300},
    "pass": {"title": 200, "rows": ROWS},
}
_LAYER: Plan = {"title": 200, "say": 2_000, "ask": 500, "end": 2_000, "choose": {ANY: 200}}
PLAN: Plan = {
    "purpose": 120,
    "title": 200,
    "text": 1_000,
    "like": WORDS,
    "verify": {"ask": 200},
    "steps": {ANY: _STEP},
    "layers": {ANY: {ANY: _LAYER}},
}
_PRINTED = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def translated(flow: Tree, tree: Tree) -> Tree:
    """The flow as JSON with the texts of a translation. Other words of one channel give way to a step that is translated,
    unless the translation has its own for that channel."""
    merged: Tree = _merged(flow, tree, PLAN)
    own = tree.get("layers", {})
    merged["layers"] = {
        channel: {name: _yielding(layer, tree, own.get(channel, {}), name) for name, layer in steps.items()}
        for channel, steps in merged.get("layers", {}).items()
    }
    return merged


def _merged(base: Any, tree: Any, plan: Plan) -> Any:
    if isinstance(plan, dict) and isinstance(base, dict | None):
        found = dict(base or {})
        for key, inner in tree.items():
            found[key] = _merged(found.get(key), inner, plan.get(key, plan.get(ANY)))
        return found
    if isinstance(plan, list) and isinstance(base, list):
        more = [*tree, *({} for _ in base[len(tree) :])]
        return [_merged(one, inner, plan[0]) for one, inner in zip(base, more, strict=False)]
    return tree


def _yielding(layer: Tree, tree: Tree, own: Tree, name: str) -> Tree:
    words, mine = tree.get("steps", {}).get(name, {}), own.get(name, {})
    kept = {key: text for key, text in layer.items() if key == "choose" or key in mine or key not in words}
    labels, chosen = words.get("choose", {}), mine.get("choose", {})
    if "choose" in kept:
        kept["choose"] = {
            key: label for key, label in kept["choose"].items() if key in chosen or "label" not in labels.get(key, {})
        }
    return kept


def missing(flow: Tree, tree: Tree) -> list[str]:
    """The dotted paths of the texts that a translation lacks; what holds no words of its own needs none."""
    plan = {key: inner for key, inner in PLAN.items() if key != "layers"}
    return [".".join(path) for path in _missing(flow, tree, plan, ())]


def _missing(base: Any, tree: Any, plan: Plan, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(plan, dict) and isinstance(base, Mapping):
        for key, inner in base.items():
            if key in plan or ANY in plan:
                more = tree.get(key) if isinstance(tree, Mapping) else None
                yield from _missing(inner, more, plan.get(key, plan.get(ANY)), (*at, key))
    elif isinstance(plan, list) and isinstance(base, list):
        for index, inner in enumerate(base):
            more = tree[index] if isinstance(tree, list) and index < len(tree) else None
            yield from _missing(inner, more, plan[0], (*at, str(index)))
    elif plan != WORDS and tree is None and _has_words(base):
        yield at


def _has_words(text: Any) -> bool:
    if isinstance(text, Mapping):
        return any(_has_words(part) for row in text.items() for part in row)
    return isinstance(text, str) and any(letter.isalpha() for letter in _PRINTED.sub("", text))


def language(locale: str, languages: Mapping[str, object]) -> str | None:
    """The one of the languages that serves a locale best: de-AT, else de. None if there is none."""
    known = {name.replace("_", "-").casefold(): name for name in languages}
    tag = locale.replace("_", "-").casefold()
    while tag and tag not in known:
        tag = tag.rpartition("-")[0]
    return known.get(tag)
