"""From YAML nodes to the models of a flow: which keys a part has, and what does not go together."""

import difflib
import re
from collections.abc import Collection, Iterator

import yaml

from disposable import checking
from disposable.definition import (
    ANYONE,
    CHANNELS,
    KINDS,
    STEP_KINDS,
    TYPES,
    Call,
    Choice,
    ContextType,
    Field,
    Flow,
    Handover,
    Layer,
    Rule,
    Step,
    Verify,
)
from disposable.values import NAME, RESERVED, WORD, Values, Where, meant

_WAYS = ("start", "steps", "rules", "next", "then", "otherwise", "handover", "choose", "do")
_INSTEAD_OF_NEXT = {
    "choose": "each choice has its own",
    "handover": "write `then` in it",
    "end": "nothing follows it",
}


class Reader(Values):
    """Reads a flow. What it returns is as whole as what was written; its mistakes say what is missing."""

    def flow(self, root: yaml.Node) -> Flow | None:
        keys = "app purpose title text expires verify context start steps rules layers".split()
        parts = self.mapping((), root, keys, "a flow", needs=("app", "purpose", "start", "steps"))
        steps = self.steps(parts)
        flow = Flow(
            app=self.word(parts, ("app",), "flight-delay") or "",
            purpose=self.text(parts, ("purpose",), 120) or "",
            title=self.text(parts, ("title",), 200),
            text=self.text(parts, ("text",), 1_000),
            expires=self.duration(parts),
            verify=self.verify(parts),
            context=self.context(parts),
            start=self.target(parts, ("start",)) or "",
            steps=steps,
            rules=self.rules(parts),
            layers=self.layers(parts),
        )
        return flow if steps else None

    def steps(self, parts: dict[str, yaml.Node]) -> dict[str, Step]:
        found = self.free_mapping(("steps",), parts.get("steps"), "a step", WORD)
        if "steps" in parts and not found and ("steps",) not in self.broken:
            self.wrong(("steps",), "`steps` is empty: write at least one step")
        return {name: self.step(("steps", name), node) for name, node in found.items()}

    def step(self, where: Where, node: yaml.Node) -> Step:
        keys = "tier title say ask choose field do handover end next".split()
        parts = self.mapping(where, node, keys, f"step `{where[-1]}`")
        step = Step(
            tier=self.number(parts, (*where, "tier"), 1, 3) or 1,
            title=self.text(parts, (*where, "title"), 200),
            say=self.text(parts, (*where, "say"), 2_000),
            ask=self.text(parts, (*where, "ask"), 500),
            choose=self.choices((*where, "choose"), parts),
            field=self.field((*where, "field"), parts.get("field")),
            do=self.call((*where, "do"), parts.get("do")),
            handover=self.handover((*where, "handover"), parts.get("handover")),
            end=self.text(parts, (*where, "end"), 2_000),
            next=self.target(parts, (*where, "next")),
        )
        self.combination(where, parts)
        return step

    def combination(self, where: Where, parts: Collection[str]) -> None:
        """One thing a step: what does not go together is said here, once."""
        name, main = where[-1], [key for key in STEP_KINDS if key in parts]
        if where in self.broken:
            return
        if len(main) > 1:
            self.note(where, f"step `{name}` has {_and(main)}: keep one and move the other to a step of its own")
        elif main or "say" in parts:
            self.companions(where, parts, main[0] if main else "say")
        else:
            what = "does nothing" if parts else "is empty"
            self.missing(where, f"step `{name}` {what}: write say, choose, field, do, handover or end")

    def companions(self, where: Where, parts: Collection[str], kind: str) -> None:
        name = where[-1]
        if "next" in parts and kind in _INSTEAD_OF_NEXT:
            instead = _INSTEAD_OF_NEXT[kind]
            self.note((*where, "next"), f"step `{name}` has `{kind}` and `next`: leave `next` out, {instead}")
        elif "next" not in parts and kind in ("field", "do", "say"):
            self.missing(where, f"step `{name}` has no `next`: write `next: STEP`, or `end: TEXT` if it is the last")
        if "ask" in parts and kind not in ("choose", "field"):
            message = f"step `{name}` has `ask` and nothing to answer it: add `field` or `choose`, or write `say`"
            self.note((*where, "ask"), message)
        if "say" in parts and kind == "end":
            self.note((*where, "say"), f"step `{name}` has `say` and `end`: put the whole text into `end`")
        labelled = "ask" in parts or "say" in parts or (*where, "field", "label") in self.lines
        if kind == "field" and not labelled:
            self.missing(where, f"step `{name}` asks for something and does not say for what: write `ask: TEXT`")

    def choices(self, where: Where, parts: dict[str, yaml.Node]) -> dict[str, Choice] | None:
        if "choose" not in parts:
            return None
        found = self.free_mapping(where, parts["choose"], "a choice", WORD)
        if not found and where not in self.broken:
            self.wrong(where, f"`choose` of step `{where[1]}` is empty: write at least one choice")
        return {name: self.choice((*where, name), node) for name, node in found.items()}

    def choice(self, where: Where, node: yaml.Node) -> Choice:
        name = where[-1]
        parts = self.mapping(where, node, "label next handover when like".split(), f"choice `{name}`", needs=("label",))
        if where not in self.broken and "next" in parts and "handover" in parts:
            self.note(where, f"choice `{name}` has both `next` and `handover`: keep one")
        elif where not in self.broken and not {"next", "handover"} & set(parts):
            self.missing(where, f"choice `{name}` has neither `next` nor `handover`: write `next: STEP`")
        return Choice(
            label=self.text(parts, (*where, "label"), 200) or name,
            next=self.target(parts, (*where, "next")),
            handover=self.handover((*where, "handover"), parts.get("handover")),
            when=self.text(parts, (*where, "when"), 500),
            like=self.texts((*where, "like"), parts.get("like")),
        )

    def field(self, where: Where, node: yaml.Node | None) -> Field | None:
        if node is None:
            return None
        keys = "kind label hint options from save optional min max".split()
        parts = self.mapping(where, node, keys, f"`field` of step `{where[1]}`", needs=("kind",))
        kind = self.one_of(parts, (*where, "kind"), KINDS, "kind") or ""
        field = Field(
            kind=kind or "text",
            label=self.text(parts, (*where, "label"), 200) or "",
            hint=self.text(parts, (*where, "hint"), 300) or "",
            options=self.options((*where, "options"), parts.get("options")),
            from_=self.path(parts, (*where, "from")),
            save=self.save(parts, (*where, "save")),
            optional=self.flag(parts, (*where, "optional")),
            min=self.bound(parts, (*where, "min"), kind),
            max=self.bound(parts, (*where, "max"), kind),
        )
        self.field_combination(where, parts, kind)
        return field

    def field_combination(self, where: Where, parts: Collection[str], kind: str) -> None:
        if kind == "choice" and ("options" in parts) == ("from" in parts):
            self.wrong(
                where, "a field of kind `choice` needs either `options: {value: Label}` or `from: LIST`, one of them"
            )
        for key in ("options", "from"):
            if kind not in ("choice", "") and key in parts:
                self.wrong(
                    (*where, key),
                    f"`{key}` belongs to kind `choice`, not to `{kind}`: leave it out or write `kind: choice`",
                )

    def options(self, where: Where, node: yaml.Node | None) -> dict[str, str] | None:
        if node is None:
            return None
        found = self.free_mapping(where, node, "an option", re.compile(r"[^\s_].{0,63}"))
        if not found and where not in self.broken:
            self.wrong(where, "`options` is empty: write `options: {value: Label}`")
        return {name: self.scalar((*where, name), value, 200) or name for name, value in found.items()}

    def call(self, where: Where, node: yaml.Node | None) -> Call | None:
        if node is None:
            return None
        parts = self.mapping(
            where, node, "call with save otherwise".split(), f"`do` of step `{where[1]}`", needs=("call",)
        )
        given = self.free_mapping((*where, "with"), parts.get("with"), "a value", re.compile(r"[^_].{0,63}"))
        return Call(
            call=self.word(parts, (*where, "call"), "rebook") or "",
            with_={name: self.json((*where, "with", name), value) for name, value in given.items()},
            save=self.save(parts, (*where, "save")),
            otherwise=self.target(parts, (*where, "otherwise")),
        )

    def handover(self, where: Where, node: yaml.Node | None) -> Handover | None:
        if node is None:
            return None
        parts = self.mapping(where, node, "team why then otherwise".split(), "`handover`")
        return Handover(
            team=self.word(parts, (*where, "team"), "upgrades") or ANYONE,
            why=self.text(parts, (*where, "why"), 300) or "",
            then=self.target(parts, (*where, "then")),
            otherwise=self.target(parts, (*where, "otherwise")),
        )

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
        parts = self.mapping(where, node, ("when", "handover"), "a rule", needs=("when", "handover"))
        when = self.text(parts, (*where, "when"), 500)
        return Rule(
            when=when or "false", handover=self.handover((*where, "handover"), parts.get("handover")) or Handover()
        )

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

    def check(self, flow: Flow) -> Iterator[tuple[Where, str]]:
        """The mistakes in the sense of what was read."""
        return checking.check(flow, self.broken, loose=self.loose or any(map(_leads, self.broken | self.unknown)))


def _leads(place: Where) -> bool:
    """Whether what could not be read there may have been a way on to a step."""
    if len(place) < 3 and place[:1] in ((), ("start",), ("steps",), ("rules",)):
        return True
    return bool(difflib.get_close_matches(place[-1][:60], _WAYS, 1, 0.6))


def _and(words: list[str]) -> str:
    return " and ".join(f"`{word}`" for word in words)
