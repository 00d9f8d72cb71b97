"""Reading a translation (NAME.de.yaml): the same tree as the flow with nothing but texts in it."""

import re

import yaml

from disposable.definition import CHANNELS
from disposable.known import meant
from disposable.reading_shown import HEADING
from disposable.texts import ANY, PLAN, ROWS, WORDS, Plan, Tree
from disposable.values import Values, Where

_ANYTHING = re.compile(r".*", re.DOTALL)


class Translation(Values):
    """Reads one translation of a flow (as JSON); what the flow does not have, and what is no text, is a mistake."""

    def __init__(self, flow: Tree) -> None:
        super().__init__()
        self.flow = flow

    def tree(self, root: yaml.Node) -> Tree:
        found = self.read((), root, PLAN, self.flow)
        return found if isinstance(found, dict) else {}

    def read(self, where: Where, node: yaml.Node, plan: Plan, base: object) -> object:
        if isinstance(plan, int):
            return self.scalar(where, node, plan)
        if plan == WORDS:
            return list(self.texts(where, node)) or None
        if plan == ROWS:
            return self.rows(where, node, base)
        if isinstance(plan, list):
            return self.items(where, node, plan[0], base)
        return self.part(where, node, plan, base if isinstance(base, dict) else {})

    def part(self, where: Where, node: yaml.Node, plan: Plan, base: Tree) -> Tree:
        called = f"`{where[-1]}`" if where else "a translation"
        found: Tree = {}
        for key, inner in self.free_mapping(where, node, "a key", _ANYTHING, called).items():
            at = (*where, key)
            wrong = self.strange(at, plan, base)
            if wrong:
                self.wrong(at, wrong)
                continue
            text = self.read(at, inner, plan.get(key, plan.get(ANY)), base.get(key))
            if text is not None:
                found[key] = text
        return found

    def strange(self, at: Where, plan: Plan, base: Tree) -> str:
        """Why a key has no place in a translation, "" if it has."""
        key, of = at[-1], f"`{'.'.join(at[:-1])}`" if at[1:] else "the flow"
        if at[0] == "layers":
            return self.strange_layer(at, plan)
        if ANY not in plan and key not in plan:
            what = "is not a text: a translation holds texts only" if key in base else f"is not a text of {of}"
            return f"`{key}` {what}{meant(key, [name for name in plan if name in base])}"
        if key in base or plan.get(key) == WORDS:
            return ""
        return f"{of} has no `{key}`{meant(key, [one for one in base if ANY in plan or one in plan])}"

    def strange_layer(self, at: Where, plan: Plan) -> str:
        """A translation may have words for a channel where the flow itself has none."""
        names = {1: ("layers",), 2: CHANNELS, 3: tuple(self.flow.get("steps", {}))}.get(len(at), tuple(plan))
        return "" if at[-1] in names or ANY in names else f"`{at[-1]}` is not known here{meant(at[-1], names)}"

    def items(self, where: Where, node: yaml.Node, plan: Plan, base: object) -> list[object]:
        found, there = self.sequence(where, node), base if isinstance(base, list) else []
        if len(found) > len(there):
            self.wrong(where, f"`{where[-1]}` has {len(found)} entries, the flow's has {len(there)}")
        return [
            self.read((*where, str(index)), inner, plan, one)
            for index, (inner, one) in enumerate(zip(found, there, strict=False))
        ]

    def rows(self, where: Where, node: yaml.Node, base: object) -> dict[str, str] | None:
        """Headings are texts too: so all rows are written, in the order of the flow's."""
        found = self.free_mapping(where, node, "a row", HEADING)
        count = len(base) if isinstance(base, dict) else 0
        if where not in self.broken and len(found) != count:
            self.wrong(
                where, f"`{where[-1]}` has {len(found)} entries, the flow's has {count}: write them all, in its order"
            )
        return {name: self.scalar((*where, name), value, 500) or "" for name, value in found.items()} or None
