"""/docs: every page is served, looks like a page, tells its version and is reached from every other."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import widget_server
from tests.support.browser import Chromium, assert_axe_clean
from widget_server.assets import Assets
from widget_server.web import docs, headers, static_files
from widget_server.web.problems import Problems
from widget_server.words import Words

PAGES = docs.load(Assets.load().templates / "docs")


@pytest.fixture(scope="module")
def client(assets: Assets, words: Words) -> FlaskClient:
    app = Flask("docs", template_folder=str(assets.templates), static_folder=None)
    headers.install(app, https=False)
    Problems(words, "http://localhost").install(app)
    app.register_blueprint(docs.blueprint(assets, words))
    app.register_blueprint(static_files.blueprint(assets))
    return app.test_client()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_a_page_is_served_with_its_title_and_version(client: FlaskClient, page: docs.Page) -> None:
    answer = client.get(page.path)
    assert answer.status_code == 200
    assert f"<title>{page.title} · Samethread</title>" in answer.text
    assert widget_server.__version__ in answer.text
    assert answer.headers["Cache-Control"].startswith("public")


def test_every_page_leads_to_every_other(client: FlaskClient) -> None:
    linked = set(re.findall(r'<li><a href="(/docs[^"]*)"', client.get("/docs").text))
    assert {page.path for page in PAGES.values()} <= linked


def test_the_page_one_is_on_is_marked(client: FlaskClient) -> None:
    assert '<a href="/docs/settings" aria-current="page">' in client.get("/docs/settings").text


@pytest.mark.parametrize("path", ["/docs/none", "/docs/index", "/docs/../pyproject", "/docs/settings.md"])
def test_an_unknown_page_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_pictures_are_served_by_name_only(client: FlaskClient) -> None:
    answer = client.get("/docs/pictures/desk.png")
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")
    for name in ("none.png", "../index.md", "..%2Findex.md"):
        assert client.get(f"/docs/pictures/{name}").status_code == 404


def test_pages_come_in_reading_order(tmp_path: Path) -> None:
    for name in ("zebra", "security", "index"):
        (tmp_path / f"{name}.md").write_text(f"# {name.title()}\n\nAbout *{name}*.\n", encoding="utf-8")
    pages = docs.load(tmp_path)
    assert list(pages) == ["index", "security", "zebra"]
    assert pages["zebra"].about == "About zebra."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_can_be_used_by_all(client: FlaskClient, chromium: Chromium, scheme: str) -> None:
    """At 320 px nothing needs scrolling sideways, and axe finds nothing, in the light and in the dark."""
    with chromium.desktop(viewport={"width": 320, "height": 640}, color_scheme=scheme) as browser:
        browser.route("**/*", lambda route: _fulfil(client, route))
        for page in PAGES.values():
            browser.goto("http://127.0.0.1:1" + page.path)
            assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.path
            assert_axe_clean(browser)


def _fulfil(client: FlaskClient, route: object) -> None:
    path = route.request.url.removeprefix("http://127.0.0.1:1")  # type: ignore[attr-defined]
    answer = client.get(path)
    route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.data)  # type: ignore[attr-defined]
