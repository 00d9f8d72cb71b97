"""CSS with nothing in it that a page does not use: a rule stays if every class and element it names stands in the page.

So a sheet may hold what any step can show, and a page still carries only its own part of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CLASSES = re.compile(r'class="([^"]+)"')
_TAGS = re.compile(r"<([a-z][a-z0-9]*)")
_SET = re.compile(r'(?:className ?= ?|\.(?:add|toggle)\()"([^"]+)"')
_INSIDE = re.compile(r"\([^()]*\)")
_NEEDS = re.compile(r"\.[\w-]+|(?:^|(?<=[\s>+~]))[a-z][a-z0-9]*|\[dir=rtl\]")
_GROUPS = ("@media", "@supports")


@dataclass(frozen=True)
class _Part:
    """One rule, or a group of them. `selectors` are (text, what it needs)."""

    head: str
    body: str = ""
    selectors: tuple[tuple[str, frozenset[str]], ...] = ()
    inner: tuple["_Part", ...] = ()


class Pruned:
    """A minified sheet that gives the part of itself a page needs."""

    def __init__(self, css: str) -> None:
        self._parts = tuple(_parts(css))

    def css(self, there: frozenset[str]) -> str:
        """The rules for a page that holds what `there` says (see `holds`)."""
        kept = "".join(_kept(part, there) for part in self._parts if not part.head.startswith("@keyframes"))
        frames = (part for part in self._parts if part.head.startswith("@keyframes"))
        return kept + "".join(f"{one.head}{{{one.body}}}" for one in frames if one.head.split()[1] in kept)


def holds(html: str) -> frozenset[str]:
    """What selectors may find in a page: ".name" of its classes, its elements, "[dir=rtl]"."""
    classes = {f".{name}" for names in _CLASSES.findall(html) for name in names.split()}
    sides = {"[dir=rtl]"} if 'dir="rtl"' in html else set()
    return frozenset(classes | set(_TAGS.findall(html)) | sides)


def made_by(script: str) -> frozenset[str]:
    """The classes a script puts into its page."""
    return frozenset(f".{name}" for words in _SET.findall(script) for name in words.split())


def _parts(css: str) -> Iterator[_Part]:
    at = 0
    while (opens := css.find("{", at)) >= 0:
        head, closes = css[at:opens].strip(), _closing(css, opens)
        body, at = css[opens + 1 : closes], closes + 1
        if head.startswith(_GROUPS):
            yield _Part(head, inner=tuple(_parts(body)))
        elif head.startswith("@"):
            yield _Part(head, body)
        else:
            yield _Part(head, body, tuple((one, _needs(one)) for one in _split(head)))


def _closing(css: str, opens: int) -> int:
    depth = 0
    for at in range(opens, len(css)):
        depth += (css[at] == "{") - (css[at] == "}")
        if depth == 0:
            return at
    raise ValueError(f"no end of the rule at {css[opens - 40 : opens + 40]!r}")


def _split(head: str) -> Iterator[str]:
    """The selectors of a list; a comma inside brackets parts nothing."""
    start = depth = 0
    for at, sign in enumerate(head):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            yield head[start:at]
            start = at + 1
    yield head[start:]


def _needs(selector: str) -> frozenset[str]:
    while (bare := _INSIDE.sub("", selector)) != selector:
        selector = bare
    return frozenset(_NEEDS.findall(selector.strip()))


def _kept(part: _Part, there: frozenset[str]) -> str:
    if part.inner:
        inner = "".join(_kept(one, there) for one in part.inner)
        return f"{part.head}{{{inner}}}" if inner else ""
    if not part.selectors:
        return f"{part.head}{{{part.body}}}"
    chosen = [text for text, needs in part.selectors if needs <= there]
    return f"{','.join(chosen)}{{{part.body}}}" if chosen else ""
