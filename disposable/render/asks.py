"""What a screen asks of somebody who sees no page: its words in order, what can be picked, and what only a page can take.

The channels of words (text, USSD, voice, chat) read a screen through here, so that they say the same things in one order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from disposable.engine import FACT_TIER
from disposable.formats import labelled
from disposable.render import blocks
from disposable.screen import FieldView, Screen, Words

WORDS_ONLY = ("widget", "sms", "ussd", "voice")
"""The channels on which a run is a dialog and not a page."""

ESCAPES: Mapping[str, tuple[str, ...]] = {
    "photo": WORDS_ONLY,
    "file": WORDS_ONLY,
    "signature": ("voice",),
    "email": ("voice",),
}
"""Kind of field -> the channels that cannot take it: there the answer is given on the page of a link."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to pick: the number it has on every channel, its words, and shorter ones for below a heading."""

    number: int
    value: str
    label: str
    heading: str = ""
    short: str = ""

    @property
    def line(self) -> str:
        return f"{self.number} {self.short or self.label}"


def entries(screen: Screen) -> tuple[Entry, ...]:
    """What can be picked, numbered from 1. A scale has none: its numbers are the answer."""
    if screen.kind != "step" or scale(screen) is not None:
        return ()
    found = [pair for field in screen.fields for pair in field.options]
    found = found or [(choice.value, choice.label) for choice in screen.choices]
    below = {
        value: (heading, short) for field in screen.fields for heading, group in field.groups for value, short in group
    }
    return tuple(Entry(at, value, label, *below.get(value, ("", ""))) for at, (value, label) in enumerate(found, 1))


def headed(found: Sequence[Entry]) -> list[str]:
    """The entries of one page as lines, each heading above its first."""
    lines, heading = [], ""
    for entry in found:
        lines += [entry.heading, entry.line] if entry.heading != heading else [entry.line]
        heading = entry.heading
    return lines


def scale(screen: Screen) -> FieldView | None:
    """The scale that is asked for, if one is."""
    return next((field for field in screen.fields if field.kind == "scale"), None) if screen.kind == "step" else None


def is_several(screen: Screen) -> bool:
    """Whether more than one thing may be picked."""
    return any(field.multiple and field.options for field in screen.fields)


def is_optional(screen: Screen) -> bool:
    """Whether the screen may be left without an answer."""
    return bool(screen.fields) and not any(field.required for field in screen.fields)


def escape(screen: Screen, channel: str) -> str:
    """Why this channel cannot go on without a page of the web (verify, visit, or the kind of field); "" where it can.

    What asks most is never done in a thread whose sender can be forged, whoever proved what elsewhere.
    """
    if channel not in WORDS_ONLY:
        return ""
    if screen.kind == "verify":
        return "" if screen.verify == "fact" else "verify"
    if screen.kind != "step":
        return ""
    if screen.tier > FACT_TIER and channel != "widget":
        return "verify"
    if screen.visit is not None:
        return "visit"
    return next((field.kind for field in screen.fields if channel in ESCAPES.get(field.kind, ())), "")


def wants_link(screen: Screen, channel: str) -> bool:
    """Whether the screen leads to a page: to go on there, or to keep what one is given at the end."""
    kept = screen.calendar is not None or screen.pass_ is not None
    return bool(escape(screen, channel)) or (kept and channel in WORDS_ONLY)


def leading(screen: Screen, words: Words, *, spoken: bool = False) -> list[str]:
    """What is said before anything is asked: what went wrong first, then the step's own words and what it shows."""
    rows = [labelled(row.label, row.value) for row in screen.rows]
    return _there([*telling(screen), *blocks.lines(screen.shown, words, spoken=spoken), *rows])


def telling(screen: Screen) -> list[str]:
    """The words of it alone, without what is shown."""
    return _there([screen.note, *errors(screen), screen.say])


def errors(screen: Screen) -> list[str]:
    return [message for _, message in screen.errors]


def before(screen: Screen, words: Words, *, spoken: bool = False) -> list[str]:
    """What stands above the way out to a page: of a step that asks for more trust nothing but what went wrong."""
    if screen.kind == "verify" or screen.tier > FACT_TIER:
        return errors(screen)
    return [*leading(screen, words, spoken=spoken), *asked(screen)[:1]]


def asked(screen: Screen) -> list[str]:
    """The question and what explains it."""
    ask = screen.ask or next((field.label for field in screen.fields), "")
    unit = next((field.unit for field in screen.fields), "")
    extra = [text for field in screen.fields for text in (field.why, field.terms, field.hint, field.note)]
    return _there([f"{ask} ({unit})" if ask and unit else ask, *extra])


def manner(screen: Screen, words: Words) -> list[str]:
    """How to reply with something that is not picked from a menu, and whether it may be left out."""
    found = []
    for field in screen.fields:
        if field.kind == "scale":
            found += scale_lines(field, words)
        elif field.kind in ("address", "signature", "location"):
            found.append(words(f"menu.{field.kind}"))
    return _there([*found, *skip(screen, words)])


def scale_lines(field: FieldView, words: Words) -> list[str]:
    """What the numbers of a scale mean, and that one of them is the answer."""
    low, high = field.options[0][0], field.options[-1][0]
    named = [f"{value} {label}" for value, label in field.options if value != label]
    ends = words("menu.ends", min=low, low=field.low, max=high, high=field.high) if field.low and field.high else ""
    return [*named, ends, words("menu.scale", min=low, max=high)]


def skip(screen: Screen, words: Words) -> list[str]:
    return [words("menu.skip")] if is_optional(screen) else []


def way_out(why: str, words: Words, link: str) -> str:
    """The sentence of a text that leads to the page where this can be done."""
    if not link:
        return words("verify.code" if why == "verify" else "escape.none")
    return words("verify.link" if why == "verify" else f"escape.{why}", link=link)


def kept(screen: Screen, words: Words, *, spoken: bool = False) -> list[str]:
    """A pass in words: what it is for, what stands on it, and its code, letter by letter where it is heard."""
    if screen.pass_ is None:
        return []
    code = " ".join(screen.pass_.code) if spoken else screen.pass_.code
    rows = [labelled(row.label, row.value) for row in screen.pass_.rows]
    return _there([words("menu.pass", title=screen.pass_.title, code=code), *rows])


def _there(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line]
