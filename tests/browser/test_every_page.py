"""Every page that no other browser test opens: the documentation, and what is said when something is not there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.support.browser import Chromium, assert_axe_clean
from tests.support.server import Demo, demo
from widget_server.assets import Assets

PAGES = ["/docs", "/nothing-here", "/l/0000000000000000000000", "/a/00000000000", "/desk/nothing", "/docs/nothing"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo(tmp_path_factory.mktemp("pages") / "demo") as running:
        yield running


@pytest.fixture(scope="module")
def paths(assets: Assets) -> list[str]:
    documents = sorted(path.stem for path in (assets.templates / "docs").glob("*.md") if path.stem != "index")
    return PAGES + [f"/docs/{name}" for name in documents]


@pytest.mark.parametrize(
    "look",
    [
        {"viewport": {"width": 320, "height": 640}},
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}, "locale": "ar"},
    ],
    ids=["small", "dark", "arabic"],
)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    chromium: Chromium, server: Demo, paths: list[str], look: dict[str, object]
) -> None:
    with chromium.person(**look) as page:
        for path in paths:
            page.goto(server.url(path))
            assert_axe_clean(page)
            assert not overflows(page), f"{path} scrolls sideways"


def overflows(page: Page) -> bool:
    """Whether the page is wider than its window."""
    found: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return found
