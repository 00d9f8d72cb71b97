"""A Screen as a text message with a numbered menu, the notice that opens a run, and what is wrong with one."""

import re
from collections.abc import Iterable, Mapping

from disposable import steps
from disposable.definition import Flow
from disposable.fields import plain_words
from disposable.render import asks
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
    entries = asks.entries(screen)
    if not entries:
        return words("menu.answer")
    return words("menu.separator").join(entry.line for entry in entries[:PAGE])


def prompt(screen: Screen, words: Words, *, link: str = "", channel: str = "sms") -> str:
    """The screen as a text: what it says, what went wrong, what it asks, and how to reply.

    A long menu is cut into pages; `link` stands where only a page of the web can go on.
    """
    if why := asks.escape(screen, channel):
        return _joined([*asks.before(screen, words), asks.way_out(why, words, link), *asks.skip(screen, words)])
    if screen.kind == "verify":
        return _joined([*asks.errors(screen), words("verify.reply", ask=screen.ask)])
    if screen.kind != "step":
        return _joined(
            [*asks.leading(screen, words), *asks.kept(screen, words), _keeping(screen, words, link, channel)]
        )
    return _joined(
        [*asks.leading(screen, words), *asks.asked(screen), *_menu_lines(screen, words), *asks.manner(screen, words)]
    )


def _keeping(screen: Screen, words: Words, link: str, channel: str) -> str:
    """Where what one is given at the end can be kept."""
    return words("escape.keep", link=link) if link and asks.wants_link(screen, channel) else ""


def _menu_lines(screen: Screen, words: Words) -> list[str]:
    entries = asks.entries(screen)
    if not entries:
        return []
    pages = -(-len(entries) // PAGE)
    first = (screen.page % pages) * PAGE
    lines = asks.headed(entries[first : first + PAGE])
    reply = words("menu.several") if asks.is_several(screen) else ""
    return [*lines, reply or words("menu.more" if pages > 1 else "menu.reply")]


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
