"""A Screen as a text message with a numbered menu, the notice that opens a run, and what is wrong with one."""

import re
from collections.abc import Iterable, Mapping

from disposable import steps
from disposable.definition import Flow
from disposable.fields import plain_words
from disposable.render.sms import Segments, foreign, segments
from disposable.screen import Screen, Words
from disposable.screen import screen as screen_of
from disposable.state import ASKING, State
from disposable.steps import Setting

__all__ = ["PAGE", "Segments", "foreign", "lint", "menu", "notice", "prompt", "segments"]

PAGE = 9
_URL = re.compile(r"https?://[^\s]+|\{link:[0-9a-f]+\}")


def notice(
    flow: Flow,
    context: Mapping[str, object],
    site: Mapping[str, object],
    link: str,
    *,
    words: Words,
    locale: str = "en",
    zone: str | None = None,
    now: int = 0,
) -> str:
    """The text that tells of a run and holds its link, with the site's opt-out words (site["stop"]) after it.

    `link` is a URL, or {link:ID} where the channel writes the URL as it sends.
    """
    state = State(status=ASKING, step=flow.start, path=(flow.start,), context=context)
    first = screen_of(flow, state, tier=1, site=site, words=words, locale=locale, zone=zone, channel="sms")
    if flow.text is None:
        text = words("notice.text", site=str(site.get("name", "")), purpose=flow.purpose, link=link)
    else:
        known = {**context, "site": site, "link": link, "menu": menu(first, words)}
        text = steps.say(flow.text, known, Setting(site, locale, zone, now))
    stop = site.get("stop")
    return f"{text} {stop}" if stop else text


def menu(screen: Screen, words: Words) -> str:
    """What can be replied, in one line: "1 Keep my seat, 2 Change flight"."""
    labels = _labels(screen)
    if not labels:
        return words("menu.answer")
    return words("menu.separator").join(f"{number} {label}" for number, label in enumerate(labels[:PAGE], 1))


def prompt(screen: Screen, words: Words, *, link: str = "") -> str:
    """The screen as a text: what it says, what went wrong, what it asks, and how to reply.

    A long menu is cut into pages; `link` stands where only a page of the web can go on.
    """
    if screen.kind == "verify":
        return _joined(_verify(screen, words, link))
    if screen.kind != "step":
        return _joined([screen.note, screen.say])
    errors = [message for _, message in screen.errors]
    asks = screen.ask or next((field.label for field in screen.fields), "")
    hints = [field.hint for field in screen.fields]
    return _joined(
        [screen.note, *errors, screen.say, asks, *hints, *_menu_lines(screen, words), *_optional(screen, words)]
    )


def _verify(screen: Screen, words: Words, link: str) -> list[str]:
    errors = [message for _, message in screen.errors]
    if screen.verify == "fact":
        return [*errors, words("verify.reply", ask=screen.ask)]
    return [*errors, words("verify.link", link=link) if link else words("verify.code")]


def _menu_lines(screen: Screen, words: Words) -> list[str]:
    labels = _labels(screen)
    if not labels:
        return []
    pages = -(-len(labels) // PAGE)
    first = (screen.page % pages) * PAGE
    lines = [f"{number} {label}" for number, label in enumerate(labels, 1)][first : first + PAGE]
    return [*lines, words("menu.more") if pages > 1 else words("menu.reply")]


def _optional(screen: Screen, words: Words) -> list[str]:
    return [words("menu.skip")] if any(not field.required for field in screen.fields) else []


def _labels(screen: Screen) -> list[str]:
    if screen.kind != "step":
        return []
    return [label for field in screen.fields for _, label in field.options] or [
        choice.label for choice in screen.choices
    ]


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)


def lint(text: str, link: str, *, sender: str = "", personal: Iterable[str] = ()) -> list[str]:
    """What a carrier, a phone or a snoop would make of a text with this link: catalog keys "lint." + code, none for good.

    `sender` is the name that must stand in it, `personal` the values that must not.
    """
    found = []
    cost = segments(text)
    if cost.encoding != "GSM-7":
        found.append("unicode")
    if cost.segments > 1:
        found.append("segments")
    found += _lint_link(text, link)
    said = plain_words(text.replace(link, " "))
    if sender and plain_words(sender) not in said:
        found.append("sender")
    words = set(said.split())
    if any(value and set(plain_words(value).split()) <= words for value in personal):
        found.append("personal")
    return found


def _lint_link(text: str, link: str) -> list[str]:
    urls = len(_URL.findall(text.replace(link, " "))) + text.count(link) if link else 0
    if urls != 1 or link not in text:
        return ["links"]
    before, _, after = text.partition(link)
    found = []
    if not before.strip():
        found.append("link_first")
    if not after.strip():
        found.append("link_last")
    if after[:1] and not after[:1].isspace():
        found.append("link_punctuation")
    return found
