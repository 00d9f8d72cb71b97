"""What a screen asks of somebody who sees no page: its words in order, what can be picked, and what only a page can take.

The channels of words (text, USSD, voice, chat) read a screen through here, so that they say the same things in one order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from disposable.screen import Screen, Words

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
    """One thing to pick: the number it has on every channel, its words, and the heading that begins with it."""

    number: int
    value: str
    label: str
    heading: str = ""

    @property
    def line(self) -> str:
        return f"{self.number} {self.label}"


def entries(screen: Screen) -> tuple[Entry, ...]:
    """What can be picked, numbered from 1. A scale has none: its numbers are the answer."""
    if screen.kind != "step" or is_scale(screen):
        return ()
    found = [pair for field in screen.fields for pair in field.options]
    found = found or [(choice.value, choice.label) for choice in screen.choices]
    heads = {group[0][0]: heading for field in screen.fields for heading, group in field.groups if group}
    return tuple(Entry(at, value, label, heads.get(value, "")) for at, (value, label) in enumerate(found, 1))


def is_scale(screen: Screen) -> bool:
    return any(field.kind == "scale" for field in screen.fields)


def is_several(screen: Screen) -> bool:
    """Whether more than one thing may be picked."""
    return any(field.multiple and field.options for field in screen.fields)


def escape(screen: Screen, channel: str) -> str:
    """Why this channel cannot go on without a page of the web (verify, or the kind of field); "" where it can."""
    if channel not in WORDS_ONLY:
        return ""
    if screen.kind == "verify":
        return "" if screen.verify == "fact" else "verify"
    if screen.kind != "step":
        return ""
    return next((field.kind for field in screen.fields if channel in ESCAPES.get(field.kind, ())), "")


def leading(screen: Screen) -> list[str]:
    """What is said before anything is asked: what went wrong first, then the step's own words."""
    return _there([screen.note, *errors(screen), screen.say])


def errors(screen: Screen) -> list[str]:
    return [message for _, message in screen.errors]


def before(screen: Screen) -> list[str]:
    """What stands above the way out to a page: of a step that asks for more trust nothing but what went wrong."""
    return errors(screen) if screen.kind == "verify" else [*leading(screen), *asked(screen)]


def asked(screen: Screen) -> list[str]:
    """The question and what explains it."""
    ask = screen.ask or next((field.label for field in screen.fields), "")
    extra = [text for field in screen.fields for text in (field.why, field.terms, field.hint, field.note)]
    return _there([ask, *extra])


def manner(screen: Screen, words: Words) -> list[str]:
    """How to reply with something that is not picked from a menu, and whether it may be left out."""
    found = []
    for field in screen.fields:
        if field.kind == "scale":
            ends = [text for text in (field.low, field.high) if text]
            found.append(
                words("menu.scale", min=field.options[0][1], max=field.options[-1][1]) if field.options else ""
            )
            found.append(words("menu.ends", low=ends[0], high=ends[1]) if len(ends) == 2 else "")
        elif field.kind in ("address", "signature", "location"):
            found.append(words(f"menu.{field.kind}"))
    return _there([*found, *skip(screen, words)])


def skip(screen: Screen, words: Words) -> list[str]:
    return [words("menu.skip")] if is_optional(screen) else []


def is_optional(screen: Screen) -> bool:
    """Whether the screen may be left without an answer."""
    return bool(screen.fields) and not any(field.required for field in screen.fields)


def way_out(why: str, words: Words, link: str) -> str:
    """The sentence of a text that leads to the page where this can be done."""
    if not link:
        return words("verify.code" if why == "verify" else "escape.none")
    return words("verify.link" if why == "verify" else f"escape.{why}", link=link)


def _there(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line]
