"""A Screen as a chat message: its words, and what is drawn below them: buttons, cards, the right keyboard, a link.

It is data, stored with the message: static/js/chat.js draws it, and any other chat can. The text says all of it, for
windows that draw nothing; where cards are drawn, `text` of the prompt is what is left to say.
"""

from typing import Any, TypeAlias

from disposable.render import asks, blocks, text
from disposable.screen import FieldView, Screen, Words

Json: TypeAlias = Any

PAGE = 20
"""Buttons under one message; what is longer gets one for more."""
PICKED = ("date", "time")
"""Kinds of field that a phone has a picker for; for the others it has a keyboard."""


def message(screen: Screen, words: Words, link: str = "", *, button: bool = True) -> dict[str, Json]:
    """{text, prompt: {menu: [[value, label]..], text, cards, field, link}}; of a prompt only the menu is always there.

    `link` leads to the page: by a button, or named in the text where the reader has it elsewhere.
    """
    found: dict[str, Json] = {"menu": _menu(screen, words)}
    way = _way(screen, words, link, button=button)
    if cards := _cards(screen, words):
        found |= {"cards": cards, "text": _text(screen, words, asks.telling(screen), way)}
    if field := _field(screen, words):
        found["field"] = field
    if button and way and link:
        found["link"] = {"label": words("escape.open"), "url": link}
    leading = [*asks.leading(screen, words), *asks.kept(screen, words)]
    return {"text": _text(screen, words, leading, way) or screen.title, "prompt": found}


def _way(screen: Screen, words: Words, link: str, *, button: bool) -> str:
    """The sentence that leads to the page, "" where the chat can do without."""
    why = asks.escape(screen, "widget")
    if not asks.wants_link(screen, "widget"):
        return ""
    if link and button:
        return words({"verify": "verify.page", "": "escape.page_kept"}.get(why, "escape.page"))
    return asks.way_out(why, words, link) if why else words("escape.keep", link=link) if link else ""


def _text(screen: Screen, words: Words, leading: list[str], way: str) -> str:
    if asks.escape(screen, "widget"):
        before = asks.errors(screen) if screen.kind == "verify" else [*leading, *asks.asked(screen)[:1]]
        lines = [*before, way, *asks.skip(screen, words)]
    elif screen.kind == "verify":
        return text.prompt(screen, words, channel="widget")
    elif screen.kind == "step":
        lines = [*leading, *asks.asked(screen), *_several(screen, words), *asks.manner(screen, words)]
    else:
        lines = [*leading, way]
    return "\n".join(line for line in lines if line)


def _several(screen: Screen, words: Words) -> list[str]:
    """Where one button is not enough, the numbers are answered."""
    return [*asks.headed(asks.entries(screen)), words("menu.several")] if asks.is_several(screen) else []


def _cards(screen: Screen, words: Words) -> list[dict[str, Json]]:
    cards = blocks.cards(screen.shown, words)
    if screen.rows:
        cards.append({"rows": [[row.label, row.value] for row in screen.rows]})
    if screen.pass_ is not None:
        rows = [[row.label, row.value] for row in screen.pass_.rows]
        cards.append({"title": screen.pass_.title, "text": screen.pass_.code, "rows": rows})
    return cards


def _menu(screen: Screen, words: Words) -> list[list[str]]:
    if asks.escape(screen, "widget") or asks.is_several(screen):
        return []
    scale = asks.scale(screen)
    if scale is not None:
        # What is sent is the words on the button: a scale is answered by its numbers.
        return [[value, value] for value, _ in scale.options]
    entries = asks.entries(screen)
    pages = -(-len(entries) // PAGE) or 1
    first = (screen.page % pages) * PAGE
    menu = [[entry.value, entry.label] for entry in entries[first : first + PAGE]]
    return [*menu, *([["more", words("menu.page")]] if pages > 1 else [])]


def _field(screen: Screen, words: Words) -> dict[str, str]:
    """Which keyboard the answer wants, and for what has a picker, what it needs."""
    wanted = [field for field in screen.fields if not field.options]
    if screen.kind not in ("step", "verify") or not wanted or asks.escape(screen, "widget"):
        return {}
    field = wanted[0]
    given = {"inputmode": field.inputmode, "autocomplete": field.autocomplete, **_picker(field, screen, words)}
    return {name: value for name, value in given.items() if value}


def _picker(field: FieldView, screen: Screen, words: Words) -> dict[str, str]:
    if field.kind not in PICKED:
        return {}
    label = screen.ask or field.label
    return {"type": field.type, "min": field.min, "max": field.max, "label": label, "send": words("step.send")}
