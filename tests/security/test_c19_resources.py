"""C19: nothing we ship and no page we send loads anything from anybody else; only a tap of a person leads out."""

import re
from html.parser import HTMLParser

import pytest

from disposable import loading
from tests.support import showcase
from tests.support.pages import Person, Web, web
from widget_server.actions import setup
from widget_server.assets import Assets
from widget_server.words import Words

LOADS = {"src", "srcset", "poster", "data", "action", "formaction", "background", "ping", "manifest", "codebase"}
FOREIGN = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)


class Loads(HTMLParser):
    """What a page loads or posts to by itself: not its links, which are a person's to follow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in LOADS or (tag == "link" and name == "href")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, words: Words, assets: Assets) -> Web:
    made = web(tmp_path_factory.mktemp("resources"), words, assets)
    setup.publish(made.house.world, made.house.site.id, loading.load(showcase.FLOW))
    return made


def pages(site: Web, mara: Person) -> list[str]:
    """Every kind of page of the showcase."""
    sent = site.link(app="showcase", context=showcase.CONTEXT)
    first = mara.press(mara.get(sent.path), act="continue")
    home = "/".join(first.request.path.split("/")[:3])
    details = mara.press(first, choice="details")
    places = mara.press(details, choice="continue")
    visit = mara.press(places, choice="continue")
    assert "Pay at pay.example" in visit.text
    return [mara.get(sent.path).text, first.text, details.text, places.text, visit.text, mara.get(home).text]


def test_c19_pages_load_from_our_own_origin_only(site: Web) -> None:
    for html in pages(site, site.person()):
        parser = Loads()
        parser.feed(html)
        assert not [one for one in parser.found if FOREIGN.match(one)]
        assert not re.search(r"url\(\s*['\"]?(?!data:)[a-z]*:?//|@import", html)


def test_c19_what_leads_out_tells_nothing_of_where_one_came_from(site: Web) -> None:
    for html in pages(site, site.person()):
        for link in re.findall(r"<a [^>]*href=\"(?:https?|geo):[^>]*>", html):
            assert "noreferrer" in link


def test_c19_style_sheets_load_nothing_foreign(assets: Assets) -> None:
    for path, file in assets.files.items():
        if path.endswith(".css"):
            assert not re.search(r"url\(\s*['\"]?(?:[a-z]+:)?//|@import", file.text), path


def test_c19_scripts_import_by_relative_path_and_fetch_from_our_own_origin(assets: Assets) -> None:
    for path, file in assets.files.items():
        if not path.endswith(".js"):
            continue
        for found in re.findall(
            r"(?:\bfrom|\bimport\(?|\bfetch\(|\bWebSocket\(|\.src ?=|\.href ?=)\s*[\"'`]([^\"'`]*)", file.text
        ):
            assert not FOREIGN.match(found), f"{path}: {found}"


def test_c19_without_a_source_there_are_no_tiles(site: Web) -> None:
    assert site.person().get("/tiles/1/0/0.png").status_code == 404
