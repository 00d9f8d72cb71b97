"""What a person reads and hears of a screen on each face: web, chat, sms, ussd, voice; each by its own renderer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TypeAlias
from xml.etree import ElementTree as Xml

from disposable.definition import Flow
from disposable.lengths import PROMPT_SEGMENTS
from disposable.render import asks, chat, text, ussd, voice
from disposable.render.sms import segments
from disposable.scenes import LAYER, Scene
from disposable.screen import Screen

Words: TypeAlias = Callable[..., str]
LONGEST_CHAT = 4_000


def draw(face: str, screen: Screen, words: Words, link: str, at: ussd.At = 0, locale: str = "en") -> str:
    """All that stands on the face, or is said there, as plain text."""
    if face == "ussd":
        return ussd.page(screen, words, at, link).text
    if face == "voice":
        return "\n".join(spoken(voice.twiml(screen, words, locale, "/", link)))
    if face == "chat":
        return str(chat.message(screen, words, link)["text"])
    return text.prompt(screen, words, link=link) if face == "sms" else web(screen)


def buttons(face: str, screen: Screen, words: Words) -> tuple[str, ...]:
    """What can be tapped below a message of the chat."""
    menu = chat.message(screen, words)["prompt"]["menu"] if face == "chat" else ()
    return tuple(label for _, label in menu)


def notice(flow: Flow, scene: Scene, words: Words, link: str) -> str:
    """The text that begins a dialog by sms."""
    site = scene.site
    return text.notice(
        flow, scene.context, site, link, words=words, locale=scene.locale, zone=scene.zone, now=scene.now
    )


def names_link(face: str, screen: Screen, words: Words, link: str, said: str) -> bool:
    """Whether the face leads to the link: by naming it, or, where one cannot tap, by saying that it was texted."""
    if face == "ussd":
        return ussd.page(screen, words, 0, link).link
    if face == "chat":
        return "link" in chat.message(screen, words, link)["prompt"]
    return link in said or (face == "voice" and words("escape.texted") in said)


def turn(face: str, typed: str, screen: Screen, at: ussd.At) -> ussd.At | None:
    """The page that a key turns to, where one only turns pages; None for anything else."""
    if face != "ussd":
        return None
    keyed = ussd.reading(screen, at, typed)
    return keyed.at if keyed.text is None else None


def heard(face: str, typed: str, screen: Screen, at: ussd.At) -> str:
    """What the run is told of what was typed, keyed or said."""
    if face == "ussd":
        return ussd.reading(screen, at, typed).text or ""
    if face == "voice":
        keys = all(sign in "0123456789*#" for sign in typed)
        return voice.reading(screen, typed if keys else "", "" if keys else typed)
    return typed


def escapes(face: str, screen: Screen) -> bool:
    """Whether the face cannot show this screen, and sends the link instead."""
    return bool(asks.escape(screen, LAYER.get(face, face)))


def skip(face: str, screen: Screen) -> str:
    """What one types, keys or says to leave an answer out."""
    menu = bool(asks.entries(screen)) and not asks.is_several(screen)
    return ("#" if menu else "**") if face == "voice" else "skip"


def back(face: str, screen: Screen) -> str:
    """What one types, keys or says to go back a step."""
    return {"ussd": ussd.keys(screen)[0], "voice": "*"}.get(face, "back")


def too_long(face: str, said: str) -> str:
    """What is wrong with the length of a text on that face, "" for nothing."""
    cost = segments(said)
    if face == "sms" and cost.segments > PROMPT_SEGMENTS:
        return f"this takes {cost.segments} SMS, {PROMPT_SEGMENTS} at most"
    if face == "ussd" and cost.units > ussd.ROOM[cost.encoding]:
        return f"this is {cost.units} characters long, and a USSD page holds {ussd.ROOM[cost.encoding]}"
    if face == "voice" and len(said) > voice.LONGEST:
        return f"this takes {len(said)} characters to say, {voice.LONGEST} at most"
    return f"this is {len(said)} characters long" if face == "chat" and len(said) > LONGEST_CHAT else ""


def spoken(twiml: str) -> list[str]:
    """What a caller hears before anything is awaited of them."""
    root = Xml.fromstring(twiml)  # noqa: S314 - our own document
    said: list[str] = []
    for part in root:
        said += [one.text or "" for one in part.iter("Say")]
        if part.tag == "Gather":
            break
    return said


def web(screen: Screen) -> str:
    """A page's text from top to bottom."""
    lines = [screen.note, *(message for _, message in screen.errors), screen.title, screen.ask, screen.say]
    lines += [line for part in (screen.shown, screen.rows) for line in _strings(part)]
    for one in screen.fields:
        lines += [
            one.label,
            one.hint,
            one.terms,
            one.why,
            one.low,
            one.high,
            one.note,
            *(part.label for part in one.parts),
        ]
        lines += [label for _, label in one.options]
    lines += [choice.label for choice in screen.choices]
    lines += [line for part in (screen.visit, screen.calendar, screen.pass_) for line in _strings(part)]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _strings(thing: object) -> Iterator[str]:
    """Every text inside a view, in order."""
    if isinstance(thing, str):
        yield thing
    elif is_dataclass(thing) and not isinstance(thing, type):
        for part in fields(thing):
            yield from _strings(getattr(thing, part.name))
    elif isinstance(thing, Mapping):
        for one in thing.values():
            yield from _strings(one)
    elif isinstance(thing, list | tuple):
        for one in thing:
            yield from _strings(one)
