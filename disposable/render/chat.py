"""A Screen as a chat message: its words, and what is drawn below them: buttons, cards, the right keyboard, a link.

It is data, stored with the message: static/js/chat.js draws it, and any other chat can.
"""

from typing import Any, TypeAlias

from disposable.render import asks, text
from disposable.screen import Screen, Words

Json: TypeAlias = Any

PAGE = 20
"""Buttons under one message; what is longer gets one for more."""


def message(screen: Screen, words: Words, link: str = "") -> dict[str, Json]:
    """{text, prompt: {menu: [[value, label]..], cards, field, link}}; what is empty is left out of the prompt, menu is not."""
    found: dict[str, Json] = {"menu": _menu(screen, words)}
    if field := _field(screen):
        found["field"] = field
    why = asks.escape(screen, "widget")
    if why and link:
        found["link"] = link
    return {"text": _text(screen, words, why, link), "prompt": found}


def _text(screen: Screen, words: Words, why: str, link: str) -> str:
    if why or screen.kind != "step":
        return text.prompt(screen, words, link=link, channel="widget")
    numbered = asks.is_several(screen)
    lines = [*asks.leading(screen), *asks.asked(screen), *asks.manner(screen, words)]
    lines += [*(entry.line for entry in asks.entries(screen)), words("menu.several")] if numbered else []
    return "\n".join(lines) or screen.title


def _menu(screen: Screen, words: Words) -> list[list[str]]:
    if asks.escape(screen, "widget") or asks.is_several(screen):
        return []
    entries = asks.entries(screen)
    pages = -(-len(entries) // PAGE) or 1
    first = (screen.page % pages) * PAGE
    menu = [[entry.value, entry.label] for entry in entries[first : first + PAGE]]
    return [*menu, *([["more", words("menu.page")]] if pages > 1 else [])]


def _field(screen: Screen) -> dict[str, str]:
    """Which keyboard the answer wants."""
    wanted = [field for field in screen.fields if not field.options]
    if screen.kind not in ("step", "verify") or not wanted or asks.escape(screen, "widget"):
        return {}
    field = wanted[0]
    given = {"kind": field.kind, "type": field.type, "inputmode": field.inputmode, "autocomplete": field.autocomplete}
    return {name: value for name, value in given.items() if value}
