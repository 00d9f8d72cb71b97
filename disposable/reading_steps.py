"""From YAML nodes to a step: the one thing it does, and what goes with it."""

import re
from collections.abc import Collection

import yaml

from disposable.definition import ANYONE, BUILT_IN, STEP_KINDS, Call, Choice, Handover, Step, Visit, Wait
from disposable.known import LEAST_TIER
from disposable.reading_fields import FieldReader
from disposable.reading_shown import ShownReader
from disposable.values import WORD, Where, meant

_STEP = "tier title say ask show choose field review do visit wait subflow handover end receipt calendar pass next"
_INSTEAD_OF_NEXT = {
    "choose": "each choice has its own",
    "handover": "write `then` in it",
    "end": "nothing follows it",
}
_GOES_ON = ("field", "review", "do", "visit", "wait", "subflow", "say")
_ANSWERED = ("choose", "field", "review")
_WITH_END = ("receipt", "calendar", "pass")
_CUSTOM = re.compile(r"custom\.[A-Za-z0-9_.]{1,57}")
_HOST = re.compile(r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::\d{1,5})?(?=/|$)")
_ADDRESS = "is not the address of a page: write https://, the host as it is (no {{ }}, no name, no password), and `/`"
_LOCAL = ("localhost", "127.0.0.1")


class StepReader(FieldReader, ShownReader):
    """Reads steps."""

    def step(self, where: Where, node: yaml.Node) -> Step:
        parts = self.mapping(where, node, _STEP.split(), f"step `{where[-1]}`")
        field = self.field((*where, "field"), parts.get("field"))
        step = Step(
            tier=self.number(parts, (*where, "tier"), 1, 3) or (LEAST_TIER.get(field.kind, 1) if field else 1),
            title=self.text(parts, (*where, "title"), 200),
            say=self.text(parts, (*where, "say"), 2_000),
            ask=self.text(parts, (*where, "ask"), 500),
            show=self.show((*where, "show"), parts.get("show")),
            choose=self.choices((*where, "choose"), parts),
            field=field,
            review=self.review((*where, "review"), parts.get("review")),
            do=self.call((*where, "do"), parts.get("do")),
            visit=self.visit((*where, "visit"), parts.get("visit")),
            wait=self.wait((*where, "wait"), parts.get("wait")),
            subflow=self.word(parts, (*where, "subflow"), "payment"),
            handover=self.handover((*where, "handover"), parts.get("handover")),
            end=self.text(parts, (*where, "end"), 2_000),
            receipt=self.rows((*where, "receipt"), parts.get("receipt")),
            calendar=self.calendar((*where, "calendar"), parts.get("calendar")),
            pass_=self.counter_pass((*where, "pass"), parts.get("pass")),
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
        elif main or "say" in parts or "show" in parts:
            self.companions(where, parts, main[0] if main else "say")
        else:
            what = "does nothing" if parts else "is empty"
            self.missing(where, f"step `{name}` {what}: write say, {', '.join(STEP_KINDS[:-1])} or end")

    def companions(self, where: Where, parts: Collection[str], kind: str) -> None:
        name = where[-1]
        if "next" in parts and kind in _INSTEAD_OF_NEXT:
            instead = _INSTEAD_OF_NEXT[kind]
            self.note((*where, "next"), f"step `{name}` has `{kind}` and `next`: leave `next` out, {instead}")
        elif "next" not in parts and kind in _GOES_ON:
            self.missing(where, f"step `{name}` has no `next`: write `next: STEP`, or `end: TEXT` if it is the last")
        if kind == "subflow":
            for key in sorted(set(parts) - {"subflow", "next"}):
                self.note(
                    (*where, key), f"step `{name}` has `subflow` and `{key}`: the other flow has its own, leave it out"
                )
            return
        if "ask" in parts and kind not in _ANSWERED:
            message = f"step `{name}` has `ask` and nothing to answer it: add `field` or `choose`, or write `say`"
            self.note((*where, "ask"), message)
        if "say" in parts and kind == "end":
            self.note((*where, "say"), f"step `{name}` has `say` and `end`: put the whole text into `end`")
        if "show" in parts and kind in ("do", "handover"):
            self.note((*where, "show"), f"step `{name}` has `show` and `{kind}`: show it in the step before or after")
        for key in _WITH_END:
            if key in parts and kind != "end":
                self.note((*where, key), f"step `{name}` has `{key}` and no `end`: `{key}` stands beside an `end`")
        self.labelled(where, parts, kind)

    def labelled(self, where: Where, parts: Collection[str], kind: str) -> None:
        names = any((*where, "field", key) in self.lines for key in ("label", "terms", "why"))
        if kind == "field" and not (names or "ask" in parts or "say" in parts):
            self.missing(where, f"step `{where[-1]}` asks for something and does not say for what: write `ask: TEXT`")

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

    def call(self, where: Where, node: yaml.Node | None) -> Call | None:
        if node is None:
            return None
        keys = "call with save otherwise safe".split()
        parts = self.mapping(where, node, keys, f"`do` of step `{where[1]}`", needs=("call",))
        given = self.free_mapping((*where, "with"), parts.get("with"), "a value", re.compile(r"[^_].{0,63}"))
        called = self.called(parts, (*where, "call")) or ""
        for name in given if called in BUILT_IN else ():
            if name not in BUILT_IN[called]:
                self.wrong((*where, "with", name), f"`{called}` takes no `{name}`{meant(name, BUILT_IN[called])}")
        return Call(
            call=called,
            with_={name: self.json((*where, "with", name), value) for name, value in given.items()},
            save=self.save(parts, (*where, "save")),
            otherwise=self.target(parts, (*where, "otherwise")),
            safe=self.flag(parts, (*where, "safe")),
        )

    def called(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        """A call registered at the site, or one of ours, whose names have a dot."""
        text = self.text(parts, where, 64)
        if text is None or "." not in text:
            return self.word(parts, where, "rebook")
        if text not in BUILT_IN:
            self.wrong(
                where, f"unknown call `{text}`{meant(text, BUILT_IN)}; the name of a call of your own has no dot"
            )
            return None
        return text

    def visit(self, where: Where, node: yaml.Node | None) -> Visit | None:
        if node is None:
            return None
        parts = self.mapping(where, node, ("to", "label"), f"`visit` of step `{where[1]}`", needs=("to", "label"))
        address, label = self.address(parts, (*where, "to")), self.text(parts, (*where, "label"), 200)
        return Visit(to=address or "", label=label or "")

    def address(self, parts: dict[str, yaml.Node], where: Where) -> str | None:
        """Where a customer is sent must stand in the flow for all to see: nothing that was typed may change the host."""
        text = self.text(parts, where, 2_000)
        if text is None:
            return None
        head = _HOST.match(text)
        outside = re.sub(r"\{\{.*?\}\}", "", text, flags=re.DOTALL)
        wrong = ""
        if head is None:
            wrong = f"`{text[:60]}` {_ADDRESS}"
        elif head[1] == "http" and head[2] not in _LOCAL:
            wrong = f"`{text[:60]}` can be read and changed on its way: write https"
        elif re.search(r"[\s\\\x00-\x20\x7f]", outside):
            wrong = "an address has no spaces, line ends or \\ in it"
        if wrong:
            self.wrong(where, f"`to`: {wrong}")
            return None
        return text

    def wait(self, where: Where, node: yaml.Node | None) -> Wait | None:
        if node is None:
            return None
        keys = "for within save otherwise".split()
        parts = self.mapping(where, node, keys, f"`wait` of step `{where[1]}`", needs=("for",))
        kind = self.text(parts, (*where, "for"), 64)
        if kind is not None and not _CUSTOM.fullmatch(kind):
            self.wrong((*where, "for"), f"`{kind}` is not an event of yours: write `for: custom.NAME`")
        if where not in self.broken and "otherwise" in parts and "within" not in parts:
            self.missing(where, "`wait` has `otherwise` and no `within`: write how long to wait, like `within: 20m`")
        return Wait(
            for_=kind or "",
            within=self.duration(parts, (*where, "within"), 10),
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


def _and(words: list[str]) -> str:
    return " and ".join(f"`{word}`" for word in words)
