"""Whether every text and condition of a flow parses, and reads only names that are known where it stands.

`Reads` looks at one text, path or condition; naming_steps.py knows where they stand in a flow.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from disposable.definition import ContextType, Flow
from disposable.expressions import Condition, ExpressionInvalid, Read, Template
from disposable.graph import Saved
from disposable.known import ANY, CLOCK, IN_WHEN, YES_NO, Known, Types, called, leaves, meant, resolve, saved_types
from disposable.spots import Where

Found: TypeAlias = Iterator[tuple[Where, str]]

NOTHING = Saved(0, {})
SPECIAL = {
    "link": "`link` stands only in the flow's `text`",
    "menu": "`menu` stands only in the flow's `text`",
    "item": "`item` stands only in the label of a field with `from`, in `group`, and where `show` prints a list",
    "back": "`back` stands only in the `to` of a `visit`",
    **{name: f"`{name}` stands only in `when` of a rule or a choice" for name in IN_WHEN},
}
_TAKEN_BY: Mapping[str, tuple[str, ...]] = {
    "time": ("datetime", CLOCK, ANY),
    "date": ("datetime", "date", ANY),
    "number": ("number", ANY),
    "money": ("number", ANY),
}
_MOMENT = ("datetime", "date", ANY)


@dataclass(frozen=True)
class Reads:
    """Looks at what texts and conditions read; `reached` holds what may have been saved before each step."""

    flow: Flow
    reached: Mapping[str, Saved]
    blind: bool = False
    """Whether names nobody knows may be known all the same."""

    @cached_property
    def saved_types(self) -> dict[str, ContextType]:
        return saved_types(self.flow)

    def known(self, saved: Saved, also: Types | None = None) -> Types:
        return Known(self.flow.context, saved, self.saved_types, also or {})

    def text(
        self, at: Where, text: str | None, saved: Saved, *, also: Types | None = None, public: bool = False
    ) -> Found:
        if not text:
            return
        try:
            template = Template.parse(text)
        except ExpressionInvalid as error:
            yield at, f"`{at[-1]}`: {error.reason}"
            return
        if template.reads:
            yield from self.reads(at, template.reads, self.known(saved, also), public=public)

    def condition(self, at: Where, text: str | None, saved: Saved, also: Types | None = None) -> Found:
        if text is None:
            return
        try:
            condition = Condition.parse(text)
        except ExpressionInvalid as error:
            yield at, f"`{at[-1]}`: {error.reason}"
            return
        yield from self.reads(at, condition.reads, self.known(saved, also))

    def path(self, at: Where, path: str, saved: Saved) -> tuple[ContextType, list[tuple[Where, str]]]:
        """The type of a dotted name, and what is wrong with it; the type is `any` where something is."""
        known = self.known(saved)
        kind, problem = resolve(known, path.split("."))
        if problem and self.unseen(path.split(".", 1)[0], known):
            return ANY, []
        if problem:
            return ANY, [(at, f"`{at[-1]}`: {self.unknown(path.split('.', maxsplit=1)[0], problem, known)}")]
        if "secret" in leaves(kind):
            return ANY, [
                (at, f"`{at[-1]}`: `{path}` is secret: it may be compared in `verify` and never shown or sent")
            ]
        return kind, []

    def items(self, at: Where, path: str, saved: Saved) -> tuple[ContextType, list[tuple[Where, str]]]:
        """The type of the items of a list."""
        kind, problem = resolve(self.known(saved), path.split("."))
        if not problem and "secret" in leaves(kind):
            return ANY, [(at, f"`{path}` holds secrets: only what may be shown can be chosen from or listed")]
        kind, wrong = self.path(at, path, saved)
        if not wrong and kind != ANY and not isinstance(kind, list):
            return ANY, [(at, f"`{at[-1]}` must name a list: `{path}` is not one")]
        return (kind[0] if isinstance(kind, list) and kind else ANY), wrong

    def instant(self, at: Where, path: str | None, saved: Saved) -> Found:
        """A dotted name of a moment, or of what has `starts`."""
        if not path:
            return
        kind, wrong = self.path(at, path, saved)
        yield from wrong
        moment = kind.get("starts") if isinstance(kind, dict) else kind
        if moment not in _MOMENT:
            yield at, f"`{at[-1]}`: `{path}` is {called(kind)}: name a datetime, a date or a slot"

    def reads(self, at: Where, reads: Iterable[Read], known: Types, *, public: bool = False) -> Found:
        for read in dict.fromkeys(reads):
            kind, problem = resolve(known, read.path)
            if problem and self.unseen(str(read.path[0]), known):
                continue
            if problem:
                yield at, f"`{at[-1]}`: {self.unknown(str(read.path[0]), problem, known)}"
            else:
                yield from ((at, f"`{at[-1]}`: {fault}") for fault in _faults(read, kind, public=public))

    def unseen(self, name: str, known: Types) -> bool:
        return self.blind and name not in known and name not in SPECIAL

    def unknown(self, name: str, problem: str, known: Types) -> str:
        if name in known:
            return problem
        if name in SPECIAL:
            return SPECIAL[name]
        if name in self.saved_types:
            return f"`{name}` is not known here: no step before this one saves it"
        return f"unknown name `{name}`{meant(name, known)}"


def _faults(read: Read, kind: ContextType, *, public: bool) -> Iterator[str]:
    held = leaves(kind)
    if "secret" in held:
        yield f"`{read}` is secret: it may be compared in `verify` and never shown, sent or saved"
    elif public and "personal" in held:
        yield f"`{read}` is personal: a text can be read by whoever holds the phone, so keep it for the steps"
    elif read.filter:
        if kind not in _TAKEN_BY[read.filter] and not (read.filter == "money" and _is_money(kind)):
            yield f"`{read}` is {called(kind)}: the filter `{read.filter}` takes {called(_TAKEN_BY[read.filter][0])}"
    elif read.printed and not _has_words(kind):
        instead = (
            f"print one of its keys, like `{read}.{next(iter(kind))}`"
            if isinstance(kind, dict) and kind
            else "print what is in it"
        )
        yield f"`{read}` is {called(kind)} and has no words: {'use it in `when`' if kind == YES_NO else instead}"


def _is_money(kind: ContextType) -> bool:
    return isinstance(kind, dict) and {"amount", "currency"} <= set(kind)


def _has_words(kind: ContextType) -> bool:
    """A list has words if its items have: they are printed one after the other."""
    inner = kind[0] if isinstance(kind, list) and kind else kind
    return not isinstance(inner, list | dict) and inner != YES_NO


def reads_of(text: str) -> tuple[Read, ...]:
    """What a text reads; nothing if it does not parse."""
    try:
        return Template.parse(text).reads
    except ExpressionInvalid:
        return ()


def is_bare(text: str) -> bool:
    """Whether a text is one {{ name }}, which is sent as it is."""
    try:
        return Template.parse(text).bare
    except ExpressionInvalid:
        return False
