"""From YAML nodes to the models of a flow: which keys it has, and what does not go together."""

import difflib

import yaml
from pydantic import JsonValue

from disposable.definition import (
    ANYONE,
    CHANNELS,
    DEFAULT_EXPIRES,
    RENDERED,
    SURE,
    TYPES,
    ContextType,
    Flow,
    Layer,
    Notify,
    Rule,
    Step,
    Verify,
)
from disposable.reading_steps import StepReader
from disposable.values import NAME, RESERVED, WORD, Where, meant

_FLOW = "app purpose title text expires verify context start steps rules layers like sure only example"
_WAYS = ("start", "steps", "rules", "next", "then", "otherwise", "handover", "choose", "do", "visit", "wait", "subflow")
_RULE = ("handover", "next", "notify")


class Reader(StepReader):
    """Reads a flow. What it returns is as whole as what was written; its mistakes say what is missing."""

    def flow(self, root: yaml.Node) -> Flow | None:
        parts = self.mapping((), root, _FLOW.split(), "a flow", needs=("app", "purpose", "start", "steps"))
        steps = self.steps(parts)
        flow = Flow(
            app=self.word(parts, ("app",), "flight-delay") or "",
            purpose=self.text(parts, ("purpose",), 120) or "",
            title=self.text(parts, ("title",), 200),
            text=self.text(parts, ("text",), 1_000),
            expires=self.duration(parts, ("expires",), 60) or DEFAULT_EXPIRES,
            verify=self.verify(parts),
            context=self.context(parts),
            start=self.target(parts, ("start",)) or "",
            steps=steps,
            rules=self.rules(parts),
            layers=self.layers(parts),
            like=self.texts(("like",), parts.get("like")),
            sure=self.share(parts, ("sure",)) or SURE,
            only=self.only(("only",), parts.get("only")),
            example=self.example(("example",), parts.get("example")),
        )
        return flow if steps else None

    def steps(self, parts: dict[str, yaml.Node]) -> dict[str, Step]:
        found = self.free_mapping(("steps",), parts.get("steps"), "a step", WORD)
        if "steps" in parts and not found and ("steps",) not in self.broken:
            self.wrong(("steps",), "`steps` is empty: write at least one step")
        return {name: self.step(("steps", name), node) for name, node in found.items()}

    def only(self, where: Where, node: yaml.Node | None) -> tuple[str, ...]:
        named = self.texts(where, node)
        for name in named:
            if name not in RENDERED:
                self.wrong(where, f"`only`: unknown channel `{name}`{meant(name, RENDERED)}", node)
        if isinstance(node, yaml.SequenceNode) and not node.value:
            self.wrong(where, f"`only` is empty: name channels of {', '.join(RENDERED)}, or leave it out", node)
        return tuple(name for name in dict.fromkeys(named) if name in RENDERED)

    def example(self, where: Where, node: yaml.Node | None) -> dict[str, JsonValue]:
        found = self.free_mapping(where, node, "a name", NAME)
        return {name: self.json((*where, name), inner) for name, inner in found.items()}

    def verify(self, parts: dict[str, yaml.Node]) -> Verify | None:
        if "verify" not in parts:
            return None
        inner = self.mapping(("verify",), parts["verify"], ("ask", "against"), "`verify`", needs=("ask", "against"))
        ask, against = self.text(inner, ("verify", "ask"), 200), self.path(inner, ("verify", "against"))
        return Verify(ask=ask or "", against=against or "")

    def rules(self, parts: dict[str, yaml.Node]) -> tuple[Rule, ...]:
        return tuple(
            self.rule(("rules", str(index)), node)
            for index, node in enumerate(self.sequence(("rules",), parts.get("rules")))
        )

    def rule(self, where: Where, node: yaml.Node) -> Rule:
        parts = self.mapping(where, node, ("when", *_RULE), "a rule", needs=("when",))
        does = [key for key in _RULE if key in parts]
        if where not in self.broken and len(does) != 1:
            several = " and ".join(f"`{key}`" for key in does)
            self.missing(
                where,
                f"a rule has {several}: keep one and move the other to a rule of its own"
                if does
                else "a rule does nothing: write `handover: {team, why}`, `next: STEP` or `notify: {team, text}`",
            )
        return Rule(
            when=self.text(parts, (*where, "when"), 500) or "false",
            handover=self.handover((*where, "handover"), parts.get("handover")),
            next=self.target(parts, (*where, "next")),
            notify=self.notify((*where, "notify"), parts.get("notify")),
        )

    def notify(self, where: Where, node: yaml.Node | None) -> Notify | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("team", "text"), "`notify`", needs=("text",))
        team, text = self.word(parts, (*where, "team"), "care"), self.text(parts, (*where, "text"), 300)
        return Notify(team=team or ANYONE, text=text or "")

    def layers(self, parts: dict[str, yaml.Node]) -> dict[str, dict[str, Layer]]:
        channels = self.mapping(("layers",), parts["layers"], CHANNELS, "`layers`") if "layers" in parts else {}
        return {channel: self.layer(("layers", channel), node) for channel, node in channels.items()}

    def layer(self, where: Where, node: yaml.Node) -> dict[str, Layer]:
        steps = self.free_mapping(where, node, "a step", WORD)
        return {name: self.layer_step((*where, name), inner) for name, inner in steps.items()}

    def layer_step(self, where: Where, node: yaml.Node) -> Layer:
        parts = self.mapping(where, node, "title say ask end choose".split(), f"layer of step `{where[-1]}`")
        labels = self.free_mapping((*where, "choose"), parts.get("choose"), "a choice", WORD)
        return Layer(
            title=self.text(parts, (*where, "title"), 200),
            say=self.text(parts, (*where, "say"), 2_000),
            ask=self.text(parts, (*where, "ask"), 500),
            end=self.text(parts, (*where, "end"), 2_000),
            choose={name: self.scalar((*where, "choose", name), value, 200) or name for name, value in labels.items()},
        )

    def context(self, parts: dict[str, yaml.Node]) -> dict[str, ContextType]:
        found = self.free_mapping(("context",), parts.get("context"), "a name", NAME)
        for name in found:
            if name in RESERVED:
                self.wrong(("context", name), f"`{name}` has a meaning of its own: give the context value another name")
        return {name: self.type(("context", name), node) for name, node in found.items()}

    def type(self, where: Where, node: yaml.Node) -> ContextType:
        if isinstance(node, yaml.MappingNode):
            found = self.free_mapping(where, node, "a name", NAME)
            if not found and where not in self.broken:
                self.wrong(where, f"`{where[-1]}` is an empty object: name its keys and their types")
            return {name: self.type((*where, name), inner) for name, inner in found.items()}
        if isinstance(node, yaml.SequenceNode):
            if len(node.value) != 1:
                self.wrong(where, f"`{where[-1]}` is a list: write one type in it, like [text]", node)
                return ["text"]
            return [self.type((*where, "[]"), node.value[0])]
        if node.value not in TYPES:
            self.wrong(where, f"unknown type `{node.value}`{meant(node.value, TYPES)}", node)
            return "any"
        return str(node.value)

    @property
    def lost(self) -> bool:
        """Whether some way on could not be read, so that nothing can be said about what is reached."""
        return self.loose or any(map(_leads, self.broken | self.unknown))


def _leads(place: Where) -> bool:
    """Whether what could not be read there may have been a way on to a step."""
    if len(place) < 3 and place[:1] in ((), ("start",), ("steps",), ("rules",)):
        return True
    return bool(difflib.get_close_matches(place[-1][:60], _WAYS, 1, 0.6))
