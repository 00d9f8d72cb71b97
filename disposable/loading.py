"""From YAML to a flow, or to every mistake in it at once: where it stands, the wrong word, and what to write instead."""

import difflib
import functools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import JsonValue

from disposable import checking, lengths, source
from disposable.definition import (
    ANYONE,
    CHANNELS,
    DEFAULT_EXPIRES,
    KINDS,
    MAX_EXPIRES,
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

Where = tuple[str, ...]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?")
_RESERVED = (
    "site",
    "link",
    "menu",
    "stuck",
    "item",
    "true",
    "false",
    "none",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend; its text is one plain line."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class FlowInvalid(ValueError):
    """The flow has `mistakes`, in the order of their lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def load(text: str, file: str = "flow.yaml") -> Flow:
    """Raises FlowInvalid with every mistake."""
    flow, mistakes = _read(text, file)
    if flow is None or mistakes:
        raise FlowInvalid(mistakes)
    return flow


def check(text: str, file: str = "flow.yaml") -> list[Mistake]:
    """Every mistake, none for a flow that can be published."""
    return _read(text, file)[1]


@functools.cache
def gallery() -> Mapping[str, str]:
    """The flows that are shipped: name -> YAML."""
    folder = Path(__file__).parent / "gallery"
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))}


def _read(text: str, file: str) -> tuple[Flow | None, list[Mistake]]:
    try:
        root = source.compose(text)
    except source.SourceInvalid as error:
        return None, [Mistake(file, error.line, error.reason)]
    reader = _Reader()
    flow = reader.flow(root)
    found = dict.fromkeys(reader.mistakes)
    if flow is not None:
        found |= dict.fromkeys((reader.line(where), message) for where, message in reader.check(flow))
        # Only what is sound otherwise can be measured.
        if not found:
            found = dict.fromkeys((reader.line(where), message) for where, message in lengths.check(flow))
    return flow, [Mistake(file, line, message) for line, message in sorted(found)]


class _Reader:
    """Reads nodes into models. A wrong value is noted and left out, so that reading goes on to the next mistake."""

    def __init__(self) -> None:
        self.mistakes: list[tuple[int, str]] = []
        self.lines: dict[Where, int] = {(): 1}
        self.broken: set[Where] = set()
        self.unknown: set[Where] = set()
        self.loose = False

    def line(self, where: Where) -> int:
        while where not in self.lines:
            where = where[:-1]
        return self.lines[where]

    def wrong(self, where: Where, message: str, node: yaml.Node | None = None) -> None:
        """Note a mistake; `where` is then left alone by later checks."""
        self.broken.add(where)
        self.mistakes.append((node.start_mark.line + 1 if node else self.line(where), message))

    def check(self, flow: Flow) -> Iterator[tuple[Where, str]]:
        """The mistakes in the sense of what was read."""
        return checking.check(flow, self.broken, loose=self.loose or any(map(_leads, self.broken | self.unknown)))

    def note(self, where: Where, message: str) -> None:
        """A mistake in how things stand together; each of them is still looked at by itself."""
        self.mistakes.append((self.line(where), message))

    def missing(self, where: Where, message: str) -> None:
        """Something is not there. Where an unknown key stands, that is the likely reason, and was said."""
        self.loose = True
        if not any(place[:-1] == where for place in self.unknown):
            self.note(where, message)

    # the flow and its parts

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
        found = self.free_mapping(("steps",), parts.get("steps"), "a step", _WORD)
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
        found = self.free_mapping(where, parts["choose"], "a choice", _WORD)
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
        steps = self.free_mapping(where, node, "a step", _WORD)
        return {name: self.layer_step((*where, name), inner) for name, inner in steps.items()}

    def layer_step(self, where: Where, node: yaml.Node) -> Layer:
        parts = self.mapping(where, node, "title say ask end choose".split(), f"layer of step `{where[-1]}`")
        labels = self.free_mapping((*where, "choose"), parts.get("choose"), "a choice", _WORD)
        return Layer(
            title=self.text(parts, (*where, "title"), 200),
            say=self.text(parts, (*where, "say"), 2_000),
            ask=self.text(parts, (*where, "ask"), 500),
            end=self.text(parts, (*where, "end"), 2_000),
            choose={name: self.scalar((*where, "choose", name), value, 200) or name for name, value in labels.items()},
        )

    def context(self, parts: dict[str, yaml.Node]) -> dict[str, ContextType]:
        found = self.free_mapping(("context",), parts.get("context"), "a name", _NAME)
        for name in found:
            if name in _RESERVED:
                self.wrong(("context", name), f"`{name}` has a meaning of its own: give the context value another name")
        return {name: self.type(("context", name), node) for name, node in found.items()}

    def type(self, where: Where, node: yaml.Node) -> ContextType:
        if isinstance(node, yaml.MappingNode):
            found = self.free_mapping(where, node, "a name", _NAME)
            if not found and where not in self.broken:
                self.wrong(where, f"`{where[-1]}` is an empty object: name its keys and their types")
            return {name: self.type((*where, name), inner) for name, inner in found.items()}
        if isinstance(node, yaml.SequenceNode):
            if len(node.value) != 1:
                self.wrong(where, f"`{where[-1]}` is a list: write one type in it, like [text]", node)
                return ["text"]
            return [self.type((*where, "[]"), node.value[0])]
        if node.value not in TYPES:
            self.wrong(where, f"unknown type `{node.value}`{_meant(node.value, TYPES)}", node)
            return "any"
        return str(node.value)

    # single values

    def text(self, parts: dict[str, yaml.Node], where: Where, limit: int) -> str | None:
        node = parts.get(where[-1])
        return None if node is None else self.scalar(where, node, limit)

    def scalar(self, where: Where, node: yaml.Node, limit: int) -> str | None:
        key = where[-1]
        if isinstance(node, yaml.MappingNode) and _looks_like_braces(node):
            self.wrong(where, f"`{key}` begins with {{{{: put quotes around the text", node)
        elif not isinstance(node, yaml.ScalarNode):
            self.wrong(where, f"`{key}` must be a text", node)
        elif node.tag == source.NULL or not node.value.strip():
            self.wrong(where, f"`{key}` is empty: write a text or leave it out", node)
        elif len(node.value) > limit:
            self.wrong(where, f"`{key}` is {len(node.value)} characters long: {limit} at most", node)
        else:
            return str(node.value)
        return None

    def texts(self, where: Where, node: yaml.Node | None) -> tuple[str, ...]:
        if isinstance(node, yaml.ScalarNode):
            return tuple(filter(None, [self.scalar(where, node, 200)]))
        found = (
            self.scalar((*where, str(index)), inner, 200) for index, inner in enumerate(self.sequence(where, node))
        )
        return tuple(text for text in found if text)

    def word(self, parts: dict[str, yaml.Node], where: Where, example: str) -> str | None:
        text = self.text(parts, where, 64)
        if text is not None and not _WORD.fullmatch(text):
            self.wrong(where, f"`{text}` is not a name: letters, digits, - and _ only, like `{example}`")
            return None
        return text

    def target(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        return self.text(parts, where, 64)

    def save(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        text = self.text(parts, where, 64)
        if text is None:
            return None
        if not _NAME.fullmatch(text):
            self.wrong(
                where, f"`{text}` is not a name to save under: a letter, then letters, digits and _, like `chosen`"
            )
        elif text in _RESERVED:
            self.wrong(where, f"`{text}` has a meaning of its own: save under another name")
        else:
            return text
        return None

    def path(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        text = self.text(parts, where, 200)
        if text is not None and not all(_NAME.fullmatch(key) for key in text.split(".")):
            self.wrong(where, f"`{text}` is not a name like `flight.alternatives`")
            return None
        return text

    def one_of(self, parts: dict[str, yaml.Node], where: Where, options: Collection[str], what: str) -> str | None:
        text = self.text(parts, where, 64)
        if text is not None and text not in options:
            self.wrong(where, f"unknown {what} `{text}`{_meant(text, options)}")
            return None
        return text

    def number(self, parts: dict[str, yaml.Node], where: Where, low: int, high: int) -> int | None:
        node = parts.get(where[-1])
        if node is None:
            return None
        if node.tag != source.INT or not re.fullmatch(r"\d{1,6}", node.value) or not low <= int(node.value) <= high:
            self.wrong(where, f"`{where[-1]}` must be a whole number from {low} to {high}", node)
            return None
        return int(node.value)

    def flag(self, parts: dict[str, yaml.Node], where: Where) -> bool:
        node = parts.get(where[-1])
        if node is not None and node.tag != source.BOOL:
            self.wrong(where, f"`{where[-1]}` must be true or false", node)
        return node is not None and node.tag == source.BOOL and node.value.lower() == "true"

    def bound(self, parts: dict[str, yaml.Node], where: Where, kind: str) -> float | str | None:
        node = parts.get(where[-1])
        if node is None:
            return None
        if kind == "date" and isinstance(node, yaml.ScalarNode) and re.fullmatch(r"\d{4}-\d\d-\d\d", node.value):
            return str(node.value)
        if kind in ("number", "text") and node.tag in (source.INT, source.FLOAT) and len(node.value) < 16:
            try:
                return float(node.value)
            except ValueError:
                pass
        if kind:
            fits = {"number": "a number", "text": "a number of characters", "date": "a date like 2026-11-21"}.get(kind)
            self.wrong(
                where,
                f"`{where[-1]}` must be {fits}" if fits else f"`{where[-1]}` does not go with kind `{kind}`",
                node,
            )
        return None

    def duration(self, parts: dict[str, yaml.Node]) -> int:
        text = self.text(parts, ("expires",), 20)
        if text is None:
            return DEFAULT_EXPIRES
        match = _DURATION.fullmatch(text.replace(" ", ""))
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
        total = days * 86400 + hours * 3600 + minutes * 60 + seconds
        if not 60 <= total <= MAX_EXPIRES:
            self.wrong(("expires",), f"`{text}` is no duration: write 30m, 48h or 7d, {MAX_EXPIRES // 86400}d at most")
            return DEFAULT_EXPIRES
        return total

    def json(self, where: Where, node: yaml.Node) -> JsonValue:
        if isinstance(node, yaml.SequenceNode):
            return [self.json((*where, str(index)), inner) for index, inner in enumerate(self.sequence(where, node))]
        if isinstance(node, yaml.MappingNode) and not _looks_like_braces(node):
            found = self.free_mapping(where, node, "a value", re.compile(r"[^_].{0,63}"))
            return {name: self.json((*where, name), inner) for name, inner in found.items()}
        if isinstance(node, yaml.ScalarNode) and node.tag in (source.BOOL, source.NULL, source.INT):
            return _plain(node)
        return self.scalar(where, node, 1_000)

    # collections

    def mapping(
        self, where: Where, node: yaml.Node | None, keys: Collection[str], what: str, needs: Collection[str] = ()
    ) -> dict[str, yaml.Node]:
        """The known keys of a mapping; unknown, double and missing ones are mistakes."""
        found = self.free_mapping(where, node, "a key", re.compile(r".*", re.DOTALL), what)
        if where in self.broken:
            return {}
        for name in [name for name in found if name not in keys]:
            del found[name]
            self.unknown.add((*where, name))
            self.mistakes.append(
                (self.lines[*where, name], f"unknown key `{_cut(name)}` in {what}{_meant(name, keys)}")
            )
        for name in [name for name in needs if name not in found]:
            self.broken.add((*where, name))
            self.note(where, f"no `{name}` in {what}: write `{name}: {_EXAMPLES.get(name, 'TEXT')}`")
        return found

    def free_mapping(
        self, where: Where, node: yaml.Node | None, what: str, shape: re.Pattern[str], called: str = ""
    ) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        if node is None:
            return found
        self.lines.setdefault(where, node.start_mark.line + 1)
        if not isinstance(node, yaml.MappingNode):
            self.wrong(
                where, f"{called or f'`{where[-1]}`'} must be written as keys and values, like {{key: value}}", node
            )
            return found
        for key, value in source.pairs(node):
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None:
                hint = (
                    "put quotes around a text that begins with {{"
                    if _looks_like_braces(node)
                    else "a key must be one word"
                )
                self.wrong(where, hint, key)
            elif name in found:
                self.mistakes.append((key.start_mark.line + 1, f"`{_cut(name)}` stands twice: keep one"))
            elif not shape.fullmatch(name):
                self.wrong(
                    (*where, name), f"`{_cut(name)}` cannot name {what}: letters, digits and _, a letter first", key
                )
            else:
                self.lines[*where, name] = key.start_mark.line + 1
                found[name] = value
        return found

    def sequence(self, where: Where, node: yaml.Node | None) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.wrong(where, f"`{where[-1]}` must be a list", node)
            return []
        for index, inner in enumerate(node.value):
            self.lines[*where, str(index)] = inner.start_mark.line + 1
        return list(node.value)


_WAYS = ("start", "steps", "rules", "next", "then", "otherwise", "handover", "choose", "do")
_INSTEAD_OF_NEXT = {
    "choose": "each choice has its own",
    "handover": "write `then` in it",
    "end": "nothing follows it",
}
_EXAMPLES = {
    "app": "NAME",
    "start": "STEP",
    "steps": "{...}",
    "kind": "text",
    "call": "NAME",
    "against": "CONTEXT.NAME",
    "when": "CONDITION",
    "handover": "{team: NAME, why: TEXT}",
}


def _leads(place: Where) -> bool:
    """Whether what could not be read there may have been a way on to a step."""
    if len(place) < 3 and place[:1] in ((), ("start",), ("steps",), ("rules",)):
        return True
    return bool(difflib.get_close_matches(place[-1][:60], _WAYS, 1, 0.6))


def _plain(node: yaml.ScalarNode) -> JsonValue:
    if node.tag == source.NULL:
        return None
    if node.tag == source.BOOL:
        return bool(node.value.lower() == "true")
    return int(node.value) if re.fullmatch(r"[-+]?\d{1,15}", node.value) else str(node.value)


def _looks_like_braces(node: yaml.Node) -> bool:
    """`say: {{ name }}` without quotes reads as a mapping whose key is a mapping."""
    return isinstance(node, yaml.MappingNode) and any(
        isinstance(key, yaml.MappingNode) for key, _ in source.pairs(node)
    )


def _and(words: list[str]) -> str:
    return " and ".join(f"`{word}`" for word in words)


def _cut(word: str) -> str:
    return word if len(word) <= 60 else word[:57] + "..."


def _meant(word: str, options: Collection[str]) -> str:
    close = difflib.get_close_matches(word[:60], options, 1, 0.6)
    return f": did you mean `{close[0]}`?" if close else f": there are {', '.join(options)}"
