"""A Screen as USSD: pages a phone shows one at a time, and what a key means on them.

Nothing of a run lives here. A session lasts three minutes and may break off at any key: the next one draws the step the log
says the run is at, from its first page, and what was answered before stands. An option has the number it has in a text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from disposable import understand
from disposable.fields import digits, plain_words
from disposable.render import asks
from disposable.render.asks import Entry
from disposable.render.sms import segments
from disposable.screen import Screen, Words

ROOM = {"GSM-7": 160, "UCS-2": 80}
"""What one page holds. Networks carry 160 bytes; gateways count 160 characters, and two bytes for what GSM-7 lacks."""

At: TypeAlias = int | str
"""Which page of a screen: 0 at first, later what page and reading answered. Whoever keeps it need not understand it."""

NUMERIC = ("number", "money", "phone", "date", "time", "scale", "code")
MENU_KEYS = ("0", "98")
FREE_KEYS = ("00", "000")
LONG = 9
"""Options above which letters narrow the list."""


@dataclass(frozen=True, slots=True)
class Ussd:
    """One page. `more` is to come, `end` closes the session, `at` is where it is, `link` says that a link was texted."""

    text: str
    more: bool
    end: bool
    at: At = 0
    link: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """What was typed: `text` for the run, or None and the page to show instead."""

    text: str | None
    at: At = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the whole screen; `whole` is better not cut in two, `head` stands above it and those like it."""

    text: str
    whole: bool = False
    head: str = ""


def page(screen: Screen, words: Words, at: At = 0, link: str = "") -> Ussd:
    """The page of a screen that stands at `at`; the last one, where it has fewer."""
    number, letters = _place(at)
    escaped = asks.wants_link(screen, "ussd")
    lines, nav = _lines(screen, words, link, letters), _Nav(screen, words, narrowed=bool(letters))
    pages = _pages(lines, nav.foot)
    number = min(number, len(pages) - 1)
    more = number < len(pages) - 1
    return Ussd(pages[number], more, not more and is_last(screen), _at(number, letters), escaped and bool(link))


def count(screen: Screen, words: Words, link: str = "") -> int:
    """How many pages a screen takes."""
    return len(_pages(_lines(screen, words, link, ""), _Nav(screen, words, narrowed=False).foot))


def reading(screen: Screen, at: At, raw: str) -> Keyed:
    """What was typed at a page: a key that turns pages, letters that narrow a long list, or a text for the run."""
    number, letters = _place(at)
    said = raw.strip()
    back, more = keys(screen)
    word = understand.control(said)
    if digits(said) == more or word == "more":
        return Keyed(None, _at(number + 1, letters))
    if digits(said) == back or word == "back":
        return _backward(screen, number, letters, said if digits(said) == said else "back")
    if screen.kind != "step":
        return Keyed(said if screen.kind == "verify" else None)
    return _narrowed(screen, said) or Keyed(said)


def keys(screen: Screen) -> tuple[str, str]:
    """The keys for back and more: such as no answer of this screen can be."""
    options = len(asks.entries(screen))
    return MENU_KEYS if 0 < options < int(MENU_KEYS[1]) else FREE_KEYS


def is_last(screen: Screen) -> bool:
    """Whether nothing can be typed after this screen: the session closes, and the run goes on elsewhere or later."""
    answers = screen.kind in ("step", "verify", "working")
    return not answers or (bool(asks.escape(screen, "ussd")) and not asks.is_optional(screen))


def _backward(screen: Screen, number: int, letters: str, raw: str) -> Keyed:
    if number or letters:
        return Keyed(None, _at(number - 1, letters) if number else 0)
    return Keyed("back" if screen.back is not None else raw)


def _narrowed(screen: Screen, said: str) -> Keyed | None:
    """The one option that begins so, or the page of those that do; None where letters say nothing here."""
    found = asks.entries(screen)
    letters = plain_words(said)
    if len(found) <= LONG or not letters or letters[0].isdigit() or understand.control(said) == "skip":
        return None
    exact = [entry for entry in found if plain_words(entry.label) == letters]
    begin = exact or _beginning(found, letters)
    if len(begin) == 1:
        return Keyed(str(begin[0].number))
    return Keyed(None, _at(0, letters)) if begin else None


def _beginning(found: Sequence[Entry], letters: str) -> list[Entry]:
    """The options of which a word begins so."""
    return [entry for entry in found if f" {plain_words(entry.label)}".find(f" {letters}") >= 0]


def _lines(screen: Screen, words: Words, link: str, letters: str) -> list[_Line]:
    why = asks.escape(screen, "ussd")
    if why:
        told = words("escape.texted") if link else words("escape.none")
        return [_Line(text) for text in (*asks.before(screen, words), told, *asks.skip(screen, words))]
    if screen.kind == "verify":
        return [_Line(text) for text in (*asks.errors(screen), words("verify.reply", ask=screen.ask))]
    if screen.kind != "step":
        return [_Line(text) for text in (*asks.leading(screen, words), *_outlook(screen, words, link))]
    found = asks.entries(screen)
    if letters:
        return _menu(_beginning(found, letters))
    lines = [*asks.leading(screen, words), *asks.asked(screen), *asks.manner(screen, words)]
    lines += [words("menu.several")] if asks.is_several(screen) else []
    lines += [words("ussd.letters")] if len(found) > LONG else []
    return [*map(_Line, lines), *_menu(found)]


def _menu(found: Sequence[Entry]) -> list[_Line]:
    return [_Line(entry.line, whole=True, head=entry.heading) for entry in found]


def _outlook(screen: Screen, words: Words, link: str) -> list[str]:
    """What is kept, or what to do, where there is nothing to answer."""
    if link and asks.wants_link(screen, "ussd"):
        return [*asks.kept(screen, words), words("escape.kept")]
    key = {"working": "ussd.again", "waiting": "ussd.later", "handed": "escape.person"}.get(screen.kind)
    return [*asks.kept(screen, words), *([words(key)] if key else [])]


class _Nav:
    """The last lines of a page: how to go back, and on."""

    def __init__(self, screen: Screen, words: Words, *, narrowed: bool) -> None:
        self.words, self.keys, self.narrowed = words, keys(screen), narrowed
        self.backward = screen.back is not None and not is_last(screen)

    def foot(self, first: bool, more: bool) -> list[str]:
        back = [self.words("ussd.back", press=self.keys[0])] if not first or self.backward or self.narrowed else []
        return [*back, *([self.words("ussd.more", press=self.keys[1])] if more else [])]


def _pages(lines: Sequence[_Line], foot: Callable[[bool, bool], list[str]]) -> list[str]:
    pages: list[str] = []
    rest = list(lines)
    while not _fits(whole := [*_headed(rest), *foot(not pages, False)]):
        below = foot(not pages, True)
        taken, rest = _filled(rest, below)
        pages.append("\n".join([*_headed(taken), *below]))
    return [*pages, "\n".join(whole)]


def _headed(lines: Sequence[_Line]) -> list[str]:
    """The lines of one page: a heading stands once above those it heads."""
    found, head = [], ""
    for line in lines:
        found += [line.head, line.text] if line.head not in ("", head) else [line.text]
        head = line.head
    return found


def _filled(rest: list[_Line], below: list[str]) -> tuple[list[_Line], list[_Line]]:
    """As many lines as one page holds above its last ones, and what is left."""
    taken: list[_Line] = []
    while rest:
        line = rest[0]
        if _fits([*_headed([*taken, line]), *below]):
            taken.append(line)
            rest = rest[1:]
            continue
        if not (taken and line.whole and _fits([*_headed([line]), *below])):
            # A heading that leaves no room for what it heads is the first to go.
            line = line if taken else replace(line, head="")
            above = _headed([*taken, replace(line, text="")])[:-1]
            head, tail = _cut(line.text, above, below, first=not taken)
            taken += [replace(line, text=head)] if head else []
            rest = [replace(line, text=tail, head=""), *rest[1:]]
        break
    return taken, rest


def _cut(text: str, taken: list[str], below: list[str], *, first: bool) -> tuple[str, str]:
    """A line in two, between words where that can be, the first part as long as the page has room."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits([*taken, text[:middle], *below]) else (low, middle - 1)
    space = text.rfind(" ", 0, low + 1)
    if space > low // 2:
        return text[:space].rstrip(), text[space:].lstrip()
    return (text[: max(low, 1)], text[max(low, 1) :]) if first else ("", text)


def _fits(lines: Sequence[str]) -> bool:
    cost = segments("\n".join(lines))
    return cost.units <= ROOM[cost.encoding]


def _place(at: At) -> tuple[int, str]:
    """Page number and the letters typed so far, from what `at` says."""
    if isinstance(at, int):
        return max(at, 0), ""
    letters, _, number = at.rpartition("/")
    return (int(number), letters) if number.isdecimal() else (0, "")


def _at(number: int, letters: str) -> At:
    return f"{letters}/{number}" if letters else number
