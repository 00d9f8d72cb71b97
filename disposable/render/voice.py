"""A Screen as a phone menu, in TwiML: what is said, what may be pressed or said in return, and what that means.

A menu is read nine at a time, so that one key is always enough; the page read out is the run's own, as in texts. Nobody is
kept in a circle: a question is asked twice, then the call ends, and the next one goes on from there.
"""

import datetime as dt
import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from babel import Locale
from babel.core import get_global

from disposable.fields import digits as plain_digits
from disposable.render import asks
from disposable.render.asks import Entry
from disposable.screen import Screen, Words

PAGE = 9
LONGEST = 3_000
"""Characters of one <Say>; Twilio takes 4,096."""
HINTS, HINT = 100, 100
"""How many hints, and how long each; Twilio takes 500 of 100 characters."""
SILENCE = "6"
WAIT = "3"

# Where Twilio has a standard voice of Amazon Polly; elsewhere the language is said and the account's own voice is taken.
VOICES = {
    "ar": ("arb", "Polly.Zeina"),
    "de": ("de-DE", "Polly.Vicki"),
    "en": ("en-US", "Polly.Joanna"),
    "en-GB": ("en-GB", "Polly.Amy"),
    "es": ("es-ES", "Polly.Lucia"),
    "fr": ("fr-FR", "Polly.Lea"),
    "it": ("it-IT", "Polly.Bianca"),
    "nl": ("nl-NL", "Polly.Lotte"),
    "pl": ("pl-PL", "Polly.Ewa"),
    "pt": ("pt-BR", "Polly.Camila"),
    "tr": ("tr-TR", "Polly.Filiz"),
}
TYPED = {"number": "number", "money": "number", "phone": "phone", "date": "date", "time": "time", "code": "code"}
"""Kinds of field that may be entered by keys, and the words that say how."""
LENGTHS = {"date": 8, "time": 4}

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def twiml(screen: Screen, words: Words, locale: str, action: str, link: str = "", person: str = "") -> str:
    """The document that says a screen and sends what is answered to `action`.

    `link` is given where one was, or will be, texted to the caller; `person` is a URL that connects to a person, for a
    run that was handed over. Both may be left out.
    """
    call = _Call(words, locale, action)
    why = asks.escape(screen, "voice")
    told = words("escape.texted" if link else "escape.none") if why else ""
    if told and not asks.is_optional(screen):
        return call.hang_up([*asks.before(screen, words, spoken=True), told])
    if screen.kind in ("step", "verify"):
        return call.ask(screen, told)
    leading = asks.leading(screen, words, spoken=True)
    if screen.kind == "working":
        return call.wait(leading, WAIT)
    if screen.kind == "handed":
        return call.go(leading, person) if person else call.hang_up([*leading, words("escape.person")])
    kept = asks.kept(screen, words, spoken=True)
    texted = [words("escape.kept")] if link and asks.wants_link(screen, "voice") else []
    last = words("voice.later" if screen.kind == "waiting" else "voice.end")
    return call.hang_up([*leading, *kept, *texted, last])


def reading(screen: Screen, digits: str, speech: str) -> str:
    """What the caller pressed or said, as a text for the run; "" for nothing."""
    keys = plain_digits(digits).strip()
    if not keys:
        return speech.strip()
    if _is_one_key(screen):
        return _picked(screen, keys)
    if (free := {"*": "back", "**": "skip"}.get(keys)) is not None:
        return free
    kind = screen.fields[0].kind if screen.fields else ""
    return _typed(kind, keys, several=asks.is_several(screen))


def _picked(screen: Screen, keys: str) -> str:
    """One key: an option of the nine read out, a place on the scale, more, back, or to leave it out."""
    page = _page(_menu(screen), screen.page)
    special = {"*": "back", "#": "skip", **({"0": "more"} if page else {})}
    if keys in special:
        return special[keys]
    chosen = int(keys) if keys.isdecimal() else 0
    return str(page[chosen - 1].number) if 0 < chosen <= len(page) else keys


def _is_one_key(screen: Screen) -> bool:
    """Whether one key is a whole answer: of a menu, or of a scale that has no two-digit number."""
    scale = asks.scale(screen)
    return bool(_menu(screen)) or (scale is not None and len(scale.options[-1][0]) == 1)


def _menu(screen: Screen) -> tuple[Entry, ...]:
    """What is picked by one key: nothing where several are picked, or where a screen is no step."""
    return () if asks.is_several(screen) else asks.entries(screen)


def _typed(kind: str, keys: str, *, several: bool = False) -> str:
    if several:
        return keys.replace("*", " ")
    if kind in ("number", "money"):
        return keys.replace("*", ".")
    if kind == "phone":
        return re.sub("^00", "+", keys)
    if kind == "date" and (on := _day(keys)) is not None:
        return on.isoformat()
    if kind == "time" and re.fullmatch(r"\d{3,4}", keys):
        return f"{keys[:-2]:0>2}:{keys[-2:]}"
    return keys


def _day(keys: str) -> dt.date | None:
    try:
        return dt.date(int(keys[4:8]), int(keys[2:4]), int(keys[:2])) if re.fullmatch(r"\d{8}", keys) else None
    except ValueError:
        return None


def _page(entries: Sequence[Entry], page: int) -> Sequence[Entry]:
    pages = -(-len(entries) // PAGE) or 1
    first = (page % pages) * PAGE
    return entries[first : first + PAGE]


class _Call:
    """One document under way."""

    def __init__(self, words: Words, locale: str, action: str) -> None:
        self.words, self.action = words, action
        self.heard, self.spoken, self.voice = _languages(locale)
        self.root = Xml.Element("Response")

    def ask(self, screen: Screen, told: str = "") -> str:
        """The question, once more after a silence, then an end: the run waits where it is.

        `told` is what is said of a question that can only be left out here.
        """
        said, asked = self.question(screen)
        if told:
            said, asked = asks.before(screen, self.words, spoken=True), [told, self.words("voice.skip_typed")]
        self.gather(screen, [*said, *asked])
        self.say([self.words("voice.silence")])
        self.gather(screen, asked)
        return self.hang_up([self.words("voice.bye")])

    def question(self, screen: Screen) -> tuple[list[str], list[str]]:
        """What leads to the question, and the question itself with the ways to answer it."""
        errors = asks.errors(screen)
        if screen.kind == "verify":
            return errors, [self.words("voice.verify", ask=screen.ask)]
        entries = asks.entries(screen)
        if entries and screen.page and not errors:
            return [], self.menu(screen, entries)
        return asks.leading(screen, self.words, spoken=True), [
            *asks.asked(screen),
            *self.menu(screen, entries),
            *self.manner(screen, entries),
        ]

    def menu(self, screen: Screen, entries: Sequence[Entry]) -> list[str]:
        if asks.is_several(screen):
            lines = [self.words("voice.option", press=entry.number, label=entry.label) for entry in entries]
            return [*lines, self.words("voice.several")]
        page = enumerate(_page(entries, screen.page), 1)
        lines = [self.words("voice.press", press=key, label=entry.label) for key, entry in page]
        return [*lines, *([self.words("voice.more")] if len(entries) > PAGE else [])]

    def manner(self, screen: Screen, entries: Sequence[Entry]) -> list[str]:
        """How to answer what is not picked, and the keys for back and leaving it out."""
        menu = _is_one_key(screen)
        found = []
        scale = asks.scale(screen)
        if scale is not None:
            found += [line for line in asks.scale_lines(scale, self.words)[:-1] if line]
            key = "voice.scale_key" if menu else "voice.scale"
            found.append(self.words(key, min=scale.options[0][0], max=scale.options[-1][0]))
        elif not entries:
            found += [self.words(f"voice.{TYPED.get(field.kind, 'say')}") for field in screen.fields]
        if any(not field.required for field in screen.fields):
            found.append(self.words("voice.skip" if menu else "voice.skip_typed"))
        if screen.back is not None:
            found.append(self.words("voice.back" if menu else "voice.back_typed"))
        return found

    def gather(self, screen: Screen, lines: Sequence[str]) -> None:
        one_key = _is_one_key(screen)
        kind = screen.fields[0].kind if screen.fields else ""
        length = 1 if one_key else LENGTHS.get(kind, 0)
        how = {
            "action": self.action,
            "method": "POST",
            "input": "dtmf speech",
            "language": self.heard,
            "timeout": SILENCE,
            "speechTimeout": "auto",
            # With no key to finish, star and hash are answers like any other.
            "finishOnKey": "" if one_key else "#",
        }
        if length:
            how["numDigits"] = str(length)
        if hints := _hints(_page(_menu(screen), screen.page)):
            how["hints"] = hints
        self.say(lines, Xml.SubElement(self.root, "Gather", how))

    def say(self, lines: Sequence[str], into: Xml.Element | None = None) -> None:
        for text in _spoken(lines):
            said = Xml.SubElement(self.root if into is None else into, "Say", {"language": self.spoken})
            if self.voice:
                said.set("voice", self.voice)
            said.text = text

    def wait(self, lines: Sequence[str], seconds: str) -> str:
        self.say(lines)
        Xml.SubElement(self.root, "Pause", {"length": seconds})
        return self.go((), self.action)

    def go(self, lines: Sequence[str], url: str) -> str:
        self.say(lines)
        Xml.SubElement(self.root, "Redirect", {"method": "POST"}).text = url
        return self.text()

    def hang_up(self, lines: Sequence[str]) -> str:
        self.say(lines)
        Xml.SubElement(self.root, "Hangup")
        return self.text()

    def text(self) -> str:
        return '<?xml version="1.0" encoding="UTF-8"?>' + Xml.tostring(self.root, encoding="unicode")


def _languages(locale: str) -> tuple[str, str, str]:
    """The language to listen for, the one to speak, and the voice, "" for the account's own."""
    tag = locale.replace("_", "-")
    name = tag.split("-")[0].lower()
    heard = tag if re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", tag) else f"{name}-{_territory(name)}"
    spoken, voice = VOICES.get(tag) or VOICES.get(name) or (heard, "")
    return heard, spoken, voice


def _territory(language: str) -> str:
    """Where a language is mostly spoken: recognisers ask for a country too."""
    likely = get_global("likely_subtags").get(language)
    territory = Locale.parse(likely).territory if likely else None
    return territory or "US"


def _hints(entries: Sequence[Entry]) -> str:
    """Words the recogniser should expect; a comma would end one."""
    labels = (" ".join(re.sub(r"[^\w\s']", " ", entry.label).split())[:HINT] for entry in entries[:HINTS])
    return ", ".join(label for label in labels if label)


def _spoken(lines: Sequence[str]) -> list[str]:
    """The lines as sentences, so that a voice breathes between them, in pieces that one <Say> takes."""
    text = " ".join(line if line[-1:] in ".!?:;؟" else f"{line}." for line in map(_clean, lines) if line)
    pieces = []
    while len(text) > LONGEST:
        cut = text.rfind(" ", 0, LONGEST) + 1 or LONGEST
        pieces.append(text[:cut].rstrip())
        text = text[cut:]
    return [*pieces, *([text] if text else [])]


def _clean(line: str) -> str:
    return " ".join(_FORBIDDEN.sub(" ", line).split())
