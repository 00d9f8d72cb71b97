"""Whether every step can be done on every channel: as it is, in other words, or on the page of a link. Never a dead end.

The table is for authors and in plain English; the mistakes are those of `flow check`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from disposable import lengths
from disposable.definition import RENDERED, Block, Field, Flow, Step
from disposable.render import asks, ussd, voice
from disposable.render.asks import ESCAPES, WORDS_ONLY
from disposable.screen import Screen
from disposable.steps import LIKE

NATIVE, REWRITTEN, LINK = "native", "rewritten", "link"
FACT_TIER = 2
MOST_PAGES = 12
"""Pages of USSD one step may take: at three minutes a session, more cannot be read and answered."""
MOST_HEARD = 1_800
"""Characters of one step somebody can listen to on the phone: about two minutes."""
SHORT = 500
"""Letters of a step's own words below which it need not be measured."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a step stands on a channel: native, rewritten or link; `how` says it, "" for native."""

    kind: str
    how: str = ""


def table(flow: Flow) -> dict[str, dict[str, Fit]]:
    """Step -> channel -> how it fits, for the channels the flow may run on."""
    return {
        name: {channel: fit(flow, step, channel) for channel in channels(flow)} for name, step in flow.steps.items()
    }


def channels(flow: Flow) -> tuple[str, ...]:
    """The channels a flow may run on."""
    return tuple(one for one in RENDERED if not flow.only or one in flow.only)


def fit(flow: Flow, step: Step, channel: str) -> Fit:
    """How one step fits one channel."""
    if channel not in WORDS_ONLY:
        return Fit(NATIVE)
    if why := _escapes(flow, step, channel):
        return Fit(LINK, f"{why}: {_LINKED[channel]}")
    how = [*_manners(step, channel), *_shows(step, channel)]
    if step.tier == FACT_TIER:
        how.append("asks the question of `verify` first")
    return Fit(REWRITTEN, "; ".join(how)) if how else Fit(NATIVE)


def check(flow: Flow) -> lengths.Found:
    """Every step that leads nowhere on some channel. For flows whose texts and names are sound."""
    there = channels(flow)
    for name, step in flow.steps.items():
        if flow.only and "web" not in there:
            yield from _without_web(flow, name, step, there)
        for index, block in enumerate(step.show):
            if block.image is not None and not block.image.alt.strip():
                where = ("steps", name, "show", str(index), "image")
                yield where, "an image needs `alt`: on a phone call it is all there is of it"
    if flow.start in flow.steps:
        yield from _lengthy(flow, there)


def _without_web(flow: Flow, name: str, step: Step, there: tuple[str, ...]) -> lengths.Found:
    stuck = [channel for channel in there if fit(flow, step, channel).kind == LINK]
    if stuck:
        why = _escapes(flow, step, stuck[0])
        yield (
            ("steps", name),
            f"step `{name}` is a dead end on {_and(stuck)}: {why} needs a page, and `only` leaves out web: add web to it",
        )


def _lengthy(flow: Flow, there: tuple[str, ...]) -> lengths.Found:
    """What no pages and no patience are enough for."""
    samples = lengths.Samples(flow)
    for channel in (one for one in ("ussd", "voice") if one in there):
        for name in flow.steps:
            if _written(flow, name, channel) < SHORT:
                continue
            screen = samples.screen(name, channel)
            much = _pages(screen) if channel == "ussd" else _heard(screen)
            if much:
                fix = f"shorten it, or give it other words under `layers: {{{channel}: {{{name}: ...}}}}`"
                yield ("steps", name), f"step `{name}` {much}: {fix}"


def _pages(screen: Screen) -> str:
    """Of its words alone: a long list has many pages, and letters that narrow it."""
    words = replace(screen, fields=(), choices=()) if asks.entries(screen) else screen
    pages = ussd.count(words, lengths.words, lengths.LINK)
    return f"takes {pages} pages of USSD, {MOST_PAGES} at most" if pages > MOST_PAGES else ""


def _heard(screen: Screen) -> str:
    said = len(" ".join(asks.leading(screen, lengths.words, spoken=True)))
    return f"takes {said} characters to say on the phone, {MOST_HEARD} at most" if said > MOST_HEARD else ""


def _written(flow: Flow, name: str, channel: str) -> int:
    """How much is written for a step, layers included: what is printed into it is bounded elsewhere."""
    step = flow.steps[name]
    layers = (flow.layers.get(one, {}).get(name) for one in (channel, LIKE.get(channel, "")))
    own = sum(len(text or "") for text in (step.say, step.ask, step.end, step.field.terms if step.field else ""))
    return own + sum(200 for _ in step.show) + sum(len(layer.model_dump_json()) for layer in layers if layer)


# what cannot be done in words


def _escapes(flow: Flow, step: Step, channel: str) -> str:
    """What of a step only a page can do, "" for nothing."""
    if step.tier > FACT_TIER:
        return "a step of tier 3"
    if step.tier == FACT_TIER and flow.verify is None:
        return "a code for tier 2"
    if step.visit is not None:
        return "leaving for another page"
    kind = step.field.kind if step.field else ""
    return _NAMES.get(kind, f"`{kind}`") if channel in ESCAPES.get(kind, ()) else ""


_NAMES = {
    "photo": "a photo",
    "file": "a file",
    "signature": "a signature",
    "email": "an e-mail address",
}
_LINKED = {
    "widget": "a button opens the page, and the chat goes on after it",
    "sms": "the text names the link, and the dialog goes on after it",
    "ussd": "the link is texted, and the next session goes on after it",
    "voice": "the link is texted, and the next call goes on after it",
}


# what is said in other words


def _manners(step: Step, channel: str) -> Iterator[str]:
    if step.choose is not None or step.review is not None or step.kind == "say":
        yield _MENUS[channel]
    if step.field is not None:
        yield _field(step.field, channel)
    if step.wait is not None and channel in ("ussd", "voice"):
        yield f"the customer {'dials' if channel == 'ussd' else 'calls'} again to hear the news"
    if step.calendar is not None or step.pass_ is not None:
        yield "a link keeps the calendar entry or the pass, whose code is told in words"


_MENUS = {
    "widget": "buttons",
    "sms": f"a numbered menu, {lengths.ITEMS} at a time",
    "ussd": "a numbered menu in pages of 160 characters; letters narrow a long one",
    "voice": f"read out {voice.PAGE} at a time, answered by a key or by saying it",
}


def _field(field: Field, channel: str) -> str:
    own = _FIELDS.get(field.kind, {})
    return own.get(channel) or own.get("") or _ANSWERS[channel]


_ANSWERS = {"widget": "written", "sms": "written", "ussd": "keyed in", "voice": "spoken"}
_KEYED = {"voice": "spoken, or entered by keys"}
_SPELLED = {"widget": "one text", "sms": "one text", "ussd": "one text", "voice": "spoken as one sentence"}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("choice", "slot", "yesno", "consent"), _MENUS),
    **dict.fromkeys(("number", "money", "phone"), _KEYED),
    "date": {"": "written in figures or in words", "voice": "spoken, or eight digits"},
    "time": {"": "written in figures or in words", "voice": "spoken, or four digits"},
    "choices": {"": "a numbered list, answered by several numbers", "voice": "read out, answered by several numbers"},
    "scale": {"": "answered by its number", "widget": "buttons"},
    "address": _SPELLED,
    "location": _SPELLED,
    "code": {"": "the texted digits are the answer"},
    "signature": {"": "signed by typing the name"},
}


def _shows(step: Step, channel: str) -> Iterator[str]:
    if step.show:
        kinds = dict.fromkeys(_shown(block) for block in step.show)
        yield f"{_and(list(kinds))} as {'cards' if channel == 'widget' else 'words' if channel == 'voice' else 'lines'}"


def _shown(block: Block) -> str:
    return next(kind for kind in SHOWN if getattr(block, kind) is not None)


SHOWN = ("card", "list", "table", "image", "map", "timeline")


def _and(words: list[str]) -> str:
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else words[0]
