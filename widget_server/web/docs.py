"""/docs: the documentation of exactly this version, from `templates/docs/*.md` and its pictures, read once at start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import markdown
from flask import Blueprint, Response, make_response, render_template

from widget_server import __version__
from widget_server.assets import Assets
from widget_server.web.problems import Problem
from widget_server.words import Words

# Reading order; a page that is not named here follows these.
ORDER = (
    "index",
    "first-app",
    "quickstart",
    "widget",
    "flows",
    "transcripts",
    "desk",
    "api",
    "settings",
    "operations",
    "security",
)
LOCALE = "en"

_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_LEAD = re.compile(r"^# .+\n\n(.+?)(?:\n\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One page of the documentation; `html` is made from our own files, never from anybody's input."""

    name: str
    title: str
    about: str
    html: str

    @property
    def path(self) -> str:
        """Where it is served."""
        return "/docs" if self.name == "index" else f"/docs/{self.name}"


def blueprint(assets: Assets, words: Words) -> Blueprint:
    """The routes of the documentation."""
    made = Blueprint("docs", __name__)
    pages = load(assets.templates / "docs")
    pictures = {path.name: path.read_bytes() for path in (assets.templates / "docs" / "pictures").glob("*.png")}

    @made.get("/docs")
    def index() -> Response:
        return show(pages["index"])

    @made.get("/docs/<name>")
    def page(name: str) -> Response:
        if name not in pages or name == "index":
            raise Problem("not-found")
        return show(pages[name])

    @made.get("/docs/pictures/<name>")
    def picture(name: str) -> Response:
        if name not in pictures:
            raise Problem("not-found")
        return Response(pictures[name], mimetype="image/png")

    def show(page: Page) -> Response:
        html = render_template(
            "docs/page.html",
            lang=LOCALE,
            dir="ltr",
            page=page,
            pages=pages.values(),
            version=__version__,
            asset=assets.url,
            _=lambda key, **values: words.text(key, LOCALE, **values),
        )
        return make_response(html)

    return made


def load(folder: Path) -> Mapping[str, Page]:
    """All pages by name, in reading order."""
    names = sorted((path.stem for path in folder.glob("*.md")), key=_place)
    return {name: _page(name, (folder / f"{name}.md").read_text(encoding="utf-8")) for name in names}


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def _page(name: str, text: str) -> Page:
    title, lead = _TITLE.search(text), _LEAD.search(text)
    html = markdown.markdown(text, extensions=["fenced_code", "tables", "toc", "sane_lists"], output_format="html")
    # A wide table or block scrolls by itself, so the page never does; to scroll it by keyboard it must take the focus.
    html = html.replace("<table>", '<div class="wide" tabindex="0"><table>').replace("</table>", "</table></div>")
    html = html.replace("<pre>", '<pre tabindex="0">')
    return Page(name, title[1] if title else name, _plain(lead[1]) if lead else "", html)


def _plain(text: str) -> str:
    words = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text)
    return " ".join(re.sub(r"[`*]", "", words).split())
