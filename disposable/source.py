"""YAML 1.2 as flows use it: the core schema (yes, no, on and off are words), bounded, and without anchors or tags.

Composes PyYAML's nodes, which know their lines, and never builds an object of them.
"""

import re
from collections.abc import Iterator

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

MAX_BYTES = 256 * 1024
MAX_DEPTH = 24
MAX_NODES = 20_000

STR, NULL, BOOL, INT, FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("str", "null", "bool", "int", "float"))


class SourceInvalid(ValueError):
    """The text is not YAML we read; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


_NO_SIGN = "\ue000"


class _Core(BaseResolver):
    """The scalars of YAML 1.2's core schema, none of the older words."""


# PyYAML matches a pattern at the beginning only, so each says where it ends.
_Core.add_implicit_resolver(NULL, re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_Core.add_implicit_resolver(BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
_Core.add_implicit_resolver(INT, re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), list("-+0123456789"))
_Core.add_implicit_resolver(
    FLOAT,
    re.compile(
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
    list("-+.0123456789"),
)


class _Loader(Reader, Scanner, Parser, Composer, _Core):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Core.__init__(self)
        self._plain = False
        self._depth = self._count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuses what grows or points elsewhere, before anything is built of it."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        self._depth += 1
        self._count += 1
        _admit(event, self._depth, self._count)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def scan_plain(self) -> yaml.ScalarToken:
        """In YAML 1.2 a word may hold a question mark inside braces too; PyYAML would end it there."""
        self._plain = True
        token: yaml.ScalarToken = super().scan_plain()
        self._plain = False
        return token

    def peek(self, index: int = 0) -> str:
        sign = str(super().peek(index))
        return _NO_SIGN if sign == "?" and self._plain else sign


def compose(text: str) -> yaml.Node:
    """The root node of a document. Raises SourceInvalid."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise SourceInvalid(1, f"the file is larger than {MAX_BYTES // 1024} KiB: a flow is a page or two")
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceInvalid(mark.line + 1 if mark else 1, _reason(error, text, mark)) from None
    except yaml.YAMLError as error:
        raise SourceInvalid(_line_of_reader(error, text), "holds a character that YAML does not allow") from None
    if node is None:
        raise SourceInvalid(1, "the file is empty")
    return node


def _admit(event: yaml.Event, depth: int, count: int) -> None:
    line = event.start_mark.line + 1 if event.start_mark else 1
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise SourceInvalid(line, "anchors (&) and aliases (*) are not allowed: write the value out, or quote the text")
    if isinstance(event, yaml.NodeEvent) and _tagged(event):
        raise SourceInvalid(line, "tags (!) are not allowed: leave it out, or quote the text")
    if depth > MAX_DEPTH + 1 or count > MAX_NODES:
        raise SourceInvalid(line, "the file is nested too deeply or holds too much: a flow is a page or two")


def _tagged(event: yaml.NodeEvent) -> bool:
    return getattr(event, "tag", None) is not None


def _reason(error: yaml.MarkedYAMLError, text: str, mark: yaml.Mark | None) -> str:
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if re.search(r":\s+\{\{", line):
        return "a text that begins with {{ needs quotes around it"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not with a tab"
    if error.problem and "mapping values are not allowed" in error.problem:
        return "a text that holds `: ` needs quotes around it, or the indentation is wrong"
    problem = error.problem or ""
    if problem.startswith("expected ',' or") and problem.endswith("got ':'"):
        return "a text that holds `: ` needs quotes around it, or a comma is missing before this"
    if problem.startswith("expected ',' or"):
        return "is not YAML: a comma or a closing bracket is missing before this"
    if "'\\t'" in problem:
        return "is not YAML: a tab stands where a space should: write spaces"
    return f"is not YAML: {error.problem or error.context or 'it cannot be read'}"


def _line_of_reader(error: yaml.YAMLError, text: str) -> int:
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position if isinstance(position, int) else 0) + 1


def pairs(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Keys and values, typed."""
    yield from node.value
