"""What a flow must promise beyond its form: every step reached and left, every name known, every text within its screen.

Yields (place in the definition, message); loading.py turns places into lines.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from disposable import graph
from disposable.definition import ContextType, Flow, Handover, Layer, Step
from disposable.expressions import Condition, ExpressionInvalid, Read, Template

Where = tuple[str, ...]
Found = Iterator[tuple[Where, str]]
Types = Mapping[str, ContextType]

ANY, YES_NO = "any", "yes or no"
SITE: Types = {"name": "text", "host": "text", "zone": "text", "phone": "text"}
SPECIAL = {
    "link": "`link` stands only in the flow's `text`",
    "menu": "`menu` stands only in the flow's `text`",
    "item": "`item` stands only in the label of a field with `from`",
    "stuck": "`stuck` stands only in `when`",
}
_OF_FIELD = {"number": "number", "date": "date", "yesno": YES_NO, "phone": "personal", "email": "personal"}
_TAKEN_BY = {
    "time": ("datetime", ANY),
    "date": ("datetime", "date", ANY),
    "number": ("number", ANY),
    "money": ("number", ANY),
}


def check(flow: Flow, broken: Collection[Where], *, loose: bool) -> Found:
    """Every mistake in the sense of a flow. Places in `broken` were complained of already; `loose` says that some way
    on could not be read, so that nothing can be said about what is reached."""
    for where, message in _all(flow, loose=loose):
        if not any(where[: len(place)] == place for place in broken if place):
            yield where, message


def _all(flow: Flow, *, loose: bool) -> Found:
    yield from dict(_targets(flow)).items()
    mended = _mended(flow)
    found = graph.reached(flow, mended)
    if found and not loose:
        yield from _ways(flow, found, mended)
    anything = frozenset(saved_types(flow))
    known = {name: anything if loose else found.get(name, anything) for name in flow.steps}
    yield from _Names(flow, known).check()
    yield from _layers(flow)


def _mended(flow: Flow) -> dict[str, str]:
    """Mistyped targets and the steps that were probably meant."""
    every = [flow.start, *(edge.target for name, step in flow.steps.items() for edge in graph.edges(name, step))]
    every += [edge.target for edge in graph.rule_edges(flow)]
    close = {name: difflib.get_close_matches(name[:60], flow.steps, 1, 0.6) for name in every if name not in flow.steps}
    return {name: found[0] for name, found in close.items() if found}


def _targets(flow: Flow) -> Found:
    if flow.start and flow.start not in flow.steps:
        yield ("start",), f"`start` names no step: `{flow.start}`{meant(flow.start, flow.steps)}"
    every = [edge for name, step in flow.steps.items() for edge in graph.edges(name, step)]
    for edge in [*every, *graph.rule_edges(flow)]:
        if edge.target not in flow.steps:
            yield edge.where, f"`{edge.where[-1]}` names no step: `{edge.target}`{meant(edge.target, flow.steps)}"


def _ways(flow: Flow, found: Collection[str], mended: Mapping[str, str]) -> Found:
    leaving = graph.can_leave(flow, mended)
    for name, step in flow.steps.items():
        if name not in found:
            yield ("steps", name), f"step `{name}` can never be reached: lead a `next` to it or leave it out"
        if name not in leaving:
            yield ("steps", name), f"step `{name}` can never be left: no way from it leads to an `end` or a `handover`"
        elif step.choose and all(choice.when for choice in step.choose.values()):
            yield (
                ("steps", name, "choose"),
                f"every choice of step `{name}` has a `when`: keep one that is always there",
            )


def _layers(flow: Flow) -> Found:
    for channel, steps in flow.layers.items():
        for name, layer in steps.items():
            where = ("layers", channel, name)
            if name not in flow.steps:
                yield where, f"layer `{channel}` names no step: `{name}`{meant(name, flow.steps)}"
            else:
                yield from _layer(where, layer, flow.steps[name])


def _layer(where: Where, layer: Layer, step: Step) -> Found:
    for key in ("say", "ask", "end"):
        if getattr(layer, key) is not None and getattr(step, key) is None:
            yield (*where, key), f"step `{where[-1]}` has no `{key}`: a layer only says in other words what is there"
    for choice in layer.choose:
        if choice not in (step.choose or {}):
            yield (
                (*where, "choose", choice),
                f"step `{where[-1]}` has no choice `{choice}`{meant(choice, step.choose or {})}",
            )


@dataclass(frozen=True)
class _Names:
    """Checks every text and condition for names it may use."""

    flow: Flow
    found: Mapping[str, frozenset[str]]

    def check(self) -> Found:
        flow = self.flow
        yield from self.purpose()
        yield from self.text(("title",), flow.title, ())
        yield from self.text(("text",), flow.text, (), also={"link": "text", "menu": "text"}, public=True)
        yield from self.link_once()
        yield from self.menu_public()
        yield from self.verify()
        for name, step in flow.steps.items():
            yield from self.step(name, step)
        everywhere = graph.everything_saved(flow, dict(self.found))
        for index, rule in enumerate(flow.rules):
            yield from self.condition(("rules", str(index), "when"), rule.when, everywhere)
            yield from self.handover(("rules", str(index), "handover"), rule.handover, everywhere)
        for channel, layers in flow.layers.items():
            for name, layer in layers.items():
                yield from self.layer(("layers", channel, name), layer, self.found.get(name, frozenset()))

    def purpose(self) -> Found:
        if "{{" in self.flow.purpose or "{%" in self.flow.purpose:
            yield ("purpose",), "`purpose` is shown to whoever fetches the link: write it without {{ }}"

    def link_once(self) -> Found:
        reads = _reads(self.flow.text or "{{ link }}")
        count = sum(read.path == ("link",) for read in reads)
        if reads and count != 1:
            yield (
                ("text",),
                f"`text` has {'no' if not count else 'more than one'} {{{{ link }}}}: write it once, in mid-sentence",
            )

    def menu_public(self) -> Found:
        """{{ menu }} puts the first step's answers into the notice, so what they print is as public as the notice."""
        start = self.flow.steps.get(self.flow.start)
        if start is None or not any(read.path == ("menu",) for read in _reads(self.flow.text or "")):
            return
        at = ("steps", self.flow.start)
        for key, choice in (start.choose or {}).items():
            yield from self.text((*at, "choose", key, "label"), choice.label, (), public=True)
        if start.field and start.field.from_:
            kind, _ = resolve(self.flow.context, tuple(start.field.from_.split(".")))
            item = kind[0] if isinstance(kind, list) and kind else ANY
            yield from self.text(
                (*at, "field", "label"), start.field.label or "{{ item }}", (), also={"item": item}, public=True
            )
        for key, label in ((start.field.options if start.field else None) or {}).items():
            yield from self.text((*at, "field", "options", key), label, (), public=True)

    def verify(self) -> Found:
        verify = self.flow.verify
        if verify is None:
            return
        yield from self.text(("verify", "ask"), verify.ask, (), public=True)
        if not verify.against:
            return
        kind, problem = resolve(self.flow.context, tuple(verify.against.split(".")))
        if problem:
            yield ("verify", "against"), f"`against`: {problem}"
        elif kind not in ("text", "personal", "secret", "number", "date", ANY):
            yield ("verify", "against"), f"`against` must name one value to compare with: `{verify.against}` is not one"

    def step(self, name: str, step: Step) -> Found:
        at, saved = ("steps", name), self.found.get(name, frozenset())
        for key in ("title", "say", "ask", "end"):
            yield from self.text((*at, key), getattr(step, key), saved)
        for key, choice in (step.choose or {}).items():
            yield from self.text((*at, "choose", key, "label"), choice.label, saved)
            if choice.when is not None:
                yield from self.condition((*at, "choose", key, "when"), choice.when, saved)
            yield from self.handover((*at, "choose", key, "handover"), choice.handover, saved)
        yield from self.handover((*at, "handover"), step.handover, saved)
        yield from self.saves(at, step)
        if step.field:
            yield from self.field((*at, "field"), step, saved)
        if step.do:
            yield from self.value((*at, "do", "with"), step.do.with_, saved)

    def saves(self, at: Where, step: Step) -> Found:
        key, save = ("field", step.field.save) if step.field else ("do", step.do.save if step.do else None)
        if save in self.flow.context:
            yield (*at, key, "save"), f"`{save}` is a name of the context: save under another name"

    def field(self, at: Where, step: Step, saved: Iterable[str]) -> Found:
        field = step.field
        if field is None:
            return
        yield from self.text((*at, "hint"), field.hint or None, saved)
        for key, label in (field.options or {}).items():
            yield from self.text((*at, "options", key), label, saved)
        if field.from_ is None:
            yield from self.text((*at, "label"), field.label or None, saved)
            return
        kind, problem = resolve(self.known(saved), tuple(field.from_.split(".")))
        if problem:
            yield (*at, "from"), f"`from`: {problem}"
        elif kind != ANY and not isinstance(kind, list):
            yield (*at, "from"), f"`from` must name a list: `{field.from_}` is not one"
        elif "secret" in leaves(kind):
            yield (*at, "from"), f"`{field.from_}` holds secrets: a customer can only choose from what may be shown"
        else:
            item = kind[0] if isinstance(kind, list) and kind else ANY
            if not field.label and item not in ("text", "personal", ANY):
                yield at, 'a field with `from` needs a `label` that prints one item: like "{{ item.name }}"'
            yield from self.text((*at, "label"), field.label or None, saved, also={"item": item})

    def layer(self, at: Where, layer: Layer, saved: Iterable[str]) -> Found:
        for key in ("title", "say", "ask", "end"):
            yield from self.text((*at, key), getattr(layer, key), saved)
        for key, label in layer.choose.items():
            yield from self.text((*at, "choose", key), label, saved)

    def handover(self, at: Where, handover: Handover | None, saved: Iterable[str]) -> Found:
        if handover:
            yield from self.text((*at, "why"), handover.why or None, saved)

    def value(self, at: Where, value: JsonValue, saved: Iterable[str]) -> Found:
        if isinstance(value, str):
            yield from self.sent(at, value, saved)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from self.value((*at, key), inner, saved)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self.value((*at, str(index)), inner, saved)

    def sent(self, at: Where, text: str, saved: Iterable[str]) -> Found:
        """A text of `with`: one bare name is sent as it is, so it needs no words."""
        for where, message in self.text(at, text, saved):
            if not (_is_bare(text) and "has no words" in message):
                yield where, message

    def known(self, saved: Iterable[str], also: Types | None = None) -> dict[str, ContextType]:
        types = {name: kind for name, kind in saved_types(self.flow).items() if name in saved}
        return {**self.flow.context, **types, "site": dict(SITE), **(also or {})}

    def text(
        self, at: Where, text: str | None, saved: Iterable[str], *, also: Types | None = None, public: bool = False
    ) -> Found:
        if text is None:
            return
        try:
            template = Template.parse(text)
        except ExpressionInvalid as error:
            yield at, f"`{at[-1]}`: {error.reason}"
            return
        yield from self.reads(at, template.reads, self.known(saved, also), public=public)

    def condition(self, at: Where, text: str, saved: Iterable[str]) -> Found:
        try:
            condition = Condition.parse(text)
        except ExpressionInvalid as error:
            yield at, f"`when`: {error.reason}"
            return
        yield from self.reads(at, condition.reads, self.known(saved, {"stuck": "number"}))

    def reads(self, at: Where, reads: Iterable[Read], known: Types, *, public: bool = False) -> Found:
        for read in dict.fromkeys(reads):
            kind, problem = resolve(known, read.path)
            if problem:
                name = str(read.path[0])
                yield at, f"`{at[-1]}`: {self.unknown(name, problem, known)}"
            else:
                yield from ((at, f"`{at[-1]}`: {fault}") for fault in _faults(read, kind, public=public))

    def unknown(self, name: str, problem: str, known: Types) -> str:
        if name in known:
            return problem
        if name in SPECIAL:
            return SPECIAL[name]
        if name in saved_types(self.flow):
            return f"`{name}` is not known here: no step before this one saves it"
        return f"unknown name `{name}`{meant(name, known)}"


def _faults(read: Read, kind: ContextType, *, public: bool) -> Iterator[str]:
    held = leaves(kind)
    if "secret" in held:
        yield f"`{read}` is secret: it may be compared in `verify` and never shown, sent or saved"
    elif public and "personal" in held:
        yield f"`{read}` is personal: a text can be read by whoever holds the phone, so keep it for the steps"
    elif read.filter:
        allowed = (*_TAKEN_BY[read.filter], *((kind,) if read.filter == "money" and isinstance(kind, dict) else ()))
        if kind not in allowed:
            yield f"`{read}` is {_a(kind)}: the filter `{read.filter}` takes {_a(_TAKEN_BY[read.filter][0])}"
    elif read.printed and (isinstance(kind, list | dict) or kind == YES_NO):
        instead = (
            f"print one of its keys, like `{read}.{next(iter(kind))}`"
            if isinstance(kind, dict) and kind
            else "print what is in it"
        )
        yield f"`{read}` is {_a(kind)} and has no words: {'use it in `when`' if kind == YES_NO else instead}"


def _a(kind: ContextType) -> str:
    if isinstance(kind, list):
        return "a list"
    return "an object" if isinstance(kind, dict) else f"a {kind}" if kind != YES_NO else YES_NO


def resolve(known: Types, path: Iterable[str | int]) -> tuple[ContextType, str]:
    """The type that a path reads, or a sentence on why it reads nothing."""
    kind: ContextType = dict(known)
    read = ""
    for key in path:
        if kind == ANY:
            return ANY, ""
        if isinstance(kind, list) and isinstance(key, int):
            kind = kind[0] if kind else ANY
        elif isinstance(kind, dict) and key in kind:
            kind = kind[str(key)]
        elif isinstance(kind, dict):
            whose = f" in `{read}`" if read else ""
            return ANY, f"unknown name `{key}`{whose}{meant(str(key), kind)}"
        else:
            return ANY, f"`{read}` is {_a(kind)} and has no `{key}`"
        read = f"{read}.{key}" if read else str(key)
    return kind, ""


def leaves(kind: ContextType) -> set[str]:
    """The plain types that stand somewhere in a type."""
    if isinstance(kind, dict):
        return set().union(*(leaves(inner) for inner in kind.values()))
    if isinstance(kind, list):
        return set().union(*(leaves(inner) for inner in kind))
    return {str(kind)}


def saved_types(flow: Flow) -> dict[str, ContextType]:
    """What each saved name holds; `any` for what a call returns, and where two steps disagree."""
    types: dict[str, ContextType] = {}
    for step in flow.steps.values():
        if step.do and step.do.save:
            types[step.do.save] = ANY
        if step.field and step.field.save:
            kind = _field_type(flow, step)
            known = types.setdefault(step.field.save, kind)
            types[step.field.save] = kind if known == kind else ANY
    return types


def _field_type(flow: Flow, step: Step) -> ContextType:
    field = step.field
    if field is None or field.from_ is None:
        return _OF_FIELD.get(field.kind, "text") if field else ANY
    kind, problem = resolve(flow.context, tuple(field.from_.split(".")))
    return kind[0] if not problem and isinstance(kind, list) and kind else ANY


def _reads(text: str) -> tuple[Read, ...]:
    try:
        return Template.parse(text).reads
    except ExpressionInvalid:
        return ()


def _is_bare(text: str) -> bool:
    try:
        return Template.parse(text).bare
    except ExpressionInvalid:
        return False


def meant(word: str, options: Iterable[str]) -> str:
    """The known word that was probably meant, or all of them."""
    names = list(options)
    close = difflib.get_close_matches(word[:60], names, 1, 0.6)
    if close:
        return f": did you mean `{close[0]}`?"
    return f": there are {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}" if names else ""
