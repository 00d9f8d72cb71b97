"""What stands between {{ and }}: Jinja's parser, our evaluator.

Only names, keys, the listed filters, comparisons and and/or/not. No calls, loops or arithmetic, and no attribute of any
Python object: keys of dictionaries are all there is. Bounds on length, nodes, depth and output keep every flow cheap.
"""

import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import jinja2
from jinja2 import nodes
from jinja2.parser import Parser

from disposable import formats
from disposable.formats import Style

MAX_SOURCE = 4_000
MAX_NODES = 200
MAX_DEPTH = 16
MAX_OUTPUT = 10_000

Names: TypeAlias = Mapping[str, object]
Eval: TypeAlias = Callable[[Names, Style], object]
Path: TypeAlias = tuple[str | int, ...]

FILTERS: Mapping[str, Callable[..., str]] = {
    "time": formats.time_text,
    "date": formats.date_text,
    "number": formats.number_text,
    "money": formats.money_text,
}
_ARGUMENTS = {"time": 0, "date": 0, "number": 0, "money": 1}
_COMPARE: Mapping[str, Callable[[Any, Any], object]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}
_WORD_OF_NODE = {
    nodes.Call: "a call",
    nodes.Add: "arithmetic",
    nodes.Sub: "arithmetic",
    nodes.Mul: "arithmetic",
    nodes.Div: "arithmetic",
    nodes.FloorDiv: "arithmetic",
    nodes.Mod: "arithmetic",
    nodes.Pow: "arithmetic",
    nodes.Concat: "joining with ~",
    nodes.CondExpr: "if/else",
    nodes.Test: "a test with `is`",
    nodes.List: "a list",
    nodes.Dict: "an object",
    nodes.Tuple: "a list",
    nodes.Slice: "a slice",
    nodes.For: "a loop",
    nodes.If: "{% if %}",
    nodes.Assign: "{% set %}",
    nodes.Macro: "{% macro %}",
}

# Only its parser is used: no template of a flow is ever compiled to Python.
_JINJA = jinja2.Environment(autoescape=True)


class ExpressionInvalid(ValueError):
    """A text or condition that cannot be used; `reason` is a sentence for the flow's author."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Read:
    """A name that an expression reads: ("flight", "departs"), and the filter it goes through, "" for none."""

    path: Path
    filter: str = ""
    printed: bool = True

    def __str__(self) -> str:
        return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.path)[1:]


@dataclass(frozen=True, slots=True)
class Template:
    """A text with {{ }} in it, ready to be printed."""

    text: str
    reads: tuple[Read, ...]
    parts: tuple[str | Eval, ...]

    @staticmethod
    def parse(text: str) -> "Template":
        """Raises ExpressionInvalid."""
        return _template(text)

    def value(self, names: Names, locale: str = "en", zone: str | None = None) -> object:
        """What a text that is one bare {{ name }} reads, as it is; any other text, printed."""
        if self.bare:
            return lookup(self.reads[0].path, names)
        return self.render(names, locale, zone)

    @property
    def bare(self) -> bool:
        """Whether the whole text is one {{ name }} without a filter."""
        one = len(self.parts) == len(self.reads) == 1 and not isinstance(self.parts[0], str)
        return one and self.reads[0].printed and not self.reads[0].filter

    def render(self, names: Names, locale: str = "en", zone: str | None = None) -> str:
        """The text, unknown values printed as nothing, at most MAX_OUTPUT characters. Never raises."""
        parts = self.parts
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
        site = names.get("site")
        style = Style(locale, zone, site.get("zone") if isinstance(site, Mapping) else None)
        out = "".join(part if isinstance(part, str) else formats.plain(part(names, style), style) for part in parts)
        return out if len(out) <= MAX_OUTPUT else out[: MAX_OUTPUT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression that is true or false."""

    text: str
    reads: tuple[Read, ...]
    eval: Eval

    @staticmethod
    def parse(text: str) -> "Condition":
        """Raises ExpressionInvalid."""
        return _condition(text)

    def test(self, names: Names) -> bool:
        """Whether it holds; what cannot be compared does not. Never raises."""
        return bool(self.eval(names, Style()))


@functools.lru_cache(maxsize=8192)
def _template(text: str) -> Template:
    _guard(text)
    try:
        tree = _JINJA.parse(text)
    except (jinja2.TemplateSyntaxError, RecursionError, ValueError) as error:
        raise ExpressionInvalid(_syntax(error)) from None
    builder = _Builder()
    parts: list[str | Eval] = []
    for node in tree.body:
        if not isinstance(node, nodes.Output):
            raise ExpressionInvalid(f"{_called(node)} is not part of the language: only {{{{ name }}}} is")
        parts += [
            piece.data if isinstance(piece, nodes.TemplateData) else builder.build(piece, 0) for piece in node.nodes
        ]
    return Template(text, tuple(builder.reads), tuple(parts))


@functools.lru_cache(maxsize=4096)
def _condition(text: str) -> Condition:
    _guard(text)
    try:
        parser = Parser(_JINJA, text, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise ExpressionInvalid(f"`{parser.stream.current.value}` is one word too many")
    except (jinja2.TemplateSyntaxError, RecursionError, ValueError) as error:
        if isinstance(error, ExpressionInvalid):
            raise
        raise ExpressionInvalid(_syntax(error)) from None
    builder = _Builder(printed=False)
    run = builder.build(tree, 0)
    return Condition(text, tuple(builder.reads), run)


def _guard(text: str) -> None:
    if len(text) > MAX_SOURCE:
        raise ExpressionInvalid(f"is longer than {MAX_SOURCE} characters")
    deep = 0
    for letter in text:
        deep += letter in "([{"
        deep -= letter in ")]}" and deep > 0
        if deep > 2 * MAX_DEPTH:
            raise ExpressionInvalid("brackets stand too deep in each other")


def _syntax(error: Exception) -> str:
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"does not parse: {error.message}"
    return "is nested too deeply" if isinstance(error, RecursionError) else "does not parse"


def _called(node: nodes.Node) -> str:
    return _WORD_OF_NODE.get(type(node), f"`{type(node).__name__.lower()}`")


class _Builder:
    """Turns Jinja's tree into closures, noting every name that is read."""

    def __init__(self, *, printed: bool = True) -> None:
        self.reads: list[Read] = []
        self.printed = printed
        self.count = 0

    def build(self, node: nodes.Node, depth: int, filtered: str = "") -> Eval:
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            raise ExpressionInvalid("is too large: simplify it")
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            return self._name(node, filtered)
        if isinstance(node, nodes.Const):
            constant = node.value
            return lambda _names, _style: constant
        if isinstance(node, nodes.Filter):
            return self._filter(node, depth)
        if isinstance(node, nodes.Compare):
            return self._compare(node, depth)
        if isinstance(node, nodes.Not):
            inner = self._unprinted(node.node, depth)
            return lambda names, style: not inner(names, style)
        if isinstance(node, nodes.And | nodes.Or):
            return self._both(node, depth)
        if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const) and _is_number(node.node.value):
            negative = -node.node.value
            return lambda _names, _style: negative
        raise ExpressionInvalid(
            f"{_called(node)} is not part of the language: only names, keys, filters and comparisons"
        )

    def _name(self, node: nodes.Node, filtered: str) -> Eval:
        path = _path(node)
        for key in path:
            if isinstance(key, str) and key.startswith("_"):
                raise ExpressionInvalid(f"`{key}` begins with `_`: such names are never open to a flow")
        self.reads.append(Read(path, filtered, self.printed))
        return _reader(path)

    def _filter(self, node: nodes.Filter, depth: int) -> Eval:
        name = node.name
        if name not in FILTERS:
            raise ExpressionInvalid(f"there is no filter `{name}`: there are {', '.join(FILTERS)}")
        arguments = [arg.value for arg in node.args if isinstance(arg, nodes.Const) and isinstance(arg.value, str)]
        simple = not (node.kwargs or node.dyn_args or node.dyn_kwargs) and len(arguments) == len(node.args)
        if node.node is None or not simple or len(arguments) > _ARGUMENTS[name]:
            raise ExpressionInvalid(f"`{name}` takes no such argument")
        inner, run = self.build(node.node, depth + 1, name), FILTERS[name]
        return lambda names, style: run(inner(names, style), style, *arguments)

    def _compare(self, node: nodes.Compare, depth: int) -> Eval:
        left = self._unprinted(node.expr, depth)
        tests = [(_COMPARE[operand.op], self._unprinted(operand.expr, depth)) for operand in node.ops]

        def compare(names: Names, style: Style) -> bool:
            one = left(names, style)
            for test, right in tests:
                two = right(names, style)
                if not _holds(test, one, two):
                    return False
                one = two
            return True

        return compare

    def _both(self, node: nodes.And | nodes.Or, depth: int) -> Eval:
        left, right = self._unprinted(node.left, depth), self._unprinted(node.right, depth)
        if isinstance(node, nodes.And):
            return lambda names, style: bool(left(names, style)) and bool(right(names, style))
        return lambda names, style: bool(left(names, style)) or bool(right(names, style))

    def _unprinted(self, node: nodes.Node, depth: int) -> Eval:
        before, self.printed = self.printed, False
        run = self.build(node, depth + 1)
        self.printed = before
        return run


def _path(node: nodes.Node) -> Path:
    keys: list[str | int] = []
    while not isinstance(node, nodes.Name):
        if isinstance(node, nodes.Getattr):
            keys.append(node.attr)
        elif isinstance(node, nodes.Getitem) and _is_key(node.arg):
            keys.append(node.arg.value)  # type: ignore[attr-defined]
        else:
            raise ExpressionInvalid("only names and keys can be read: write `flight.number` or `list[0]`")
        if len(keys) > MAX_DEPTH:
            raise ExpressionInvalid("is too large: simplify it")
        node = node.node
    return (node.name, *reversed(keys))


def _is_key(node: nodes.Node) -> bool:
    value = node.value if isinstance(node, nodes.Const) else None
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reader(path: Path) -> Eval:
    first, rest = path[0], path[1:]

    def read(names: Names, _style: Style) -> object:
        value = names.get(first)  # type: ignore[arg-type]
        for key in rest:
            value = key_of(value, key)
        return value

    return read


def key_of(value: object, key: str | int) -> object:
    """The value under a key of a dictionary, or at an index of a list; None where there is none."""
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list | tuple) and isinstance(key, int) and -len(value) <= key < len(value):
        found: object = value[key]
        return found
    return None


def lookup(path: Path, names: Names) -> object:
    """What a path reads among the names; None where it leads nowhere."""
    return _reader(path)(names, Style())


def _holds(test: Callable[[object, object], object], one: object, two: object) -> bool:
    first, second = formats.moment(one), formats.moment(two)
    if first and second:
        one, two = first.at, second.at
    try:
        return bool(test(one, two))
    except TypeError:
        return False
