"""Every ready-made app from its short link to its end, in a real browser on a phone: with scripts, and by plain forms without.

A few stand for all where every change is tested; `make audit` walks every story of every app (SAMETHREAD_APPS=all).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from disposable import loading
from disposable.transcripts import Transcript
from tests.support.acted import BERLIN, Actor, stories
from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.examples import apps
from tests.support.server import Demo
from tests.support.server import demo as started
from widget_server.actions import setup
from widget_server.app import create_world
from widget_server.settings import Settings

NAMES = sorted(loading.gallery())
FEW = ("claim-photo", "outage-report", "pay-bill", "sign-document")
"""Between them: every way up to tier 3, photos, a place, a signature, a consent, a review, a visit, a wait, calls, a receipt."""
WANTED = apps(NAMES, FEW)
ACTED = [(name, story) for name in WANTED for story in stories(name)[: 1 if WANTED == FEW else None]]
IDS = [f"{name}-{story.name}" for name, story in ACTED]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "geolocation": BERLIN,
    "permissions": ["geolocation"],
}
SHAPES = ((320, "light"), (390, "light"), (390, "dark"), (1280, "light"))


@pytest.mark.parametrize(("name", "story"), ACTED, ids=IDS)
def test_it_comes_to_its_end_with_scripts(chromium: Chromium, demo: Demo, name: str, story: Transcript) -> None:
    with chromium.person(**PHONE) as page:
        actor = Actor(page, demo, name, story, look=looked_at)
        actor.act()
        kept(actor)


@pytest.mark.parametrize(("name", "story"), ACTED, ids=IDS)
def test_it_comes_to_its_end_without_scripts(chromium: Chromium, demo: Demo, name: str, story: Transcript) -> None:
    with chromium.person(**PHONE, is_mobile=True, java_script_enabled=False) as page:
        actor = Actor(page, demo, name, story, scripts=False)
        actor.act()
        kept(actor)


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The same company, speaking Arabic."""
    with started(tmp_path_factory.mktemp("arabic") / "data") as server:
        world = create_world(Settings.for_demo(server.folder, server.port, environ={}))
        setup.change_site(world, setup.site(world, server.said["site"]), locale="ar")
        world.store.close()
        yield server


@pytest.mark.parametrize("name", WANTED[:1] if WANTED == FEW else WANTED)
def test_it_speaks_arabic_from_right_to_left(chromium: Chromium, arabic: Demo, name: str) -> None:
    with chromium.person(**PHONE, locale="ar") as page:
        actor = Actor(page, arabic, name, stories(name)[0], english=False, look=right_to_left)
        actor.act()
        kept(actor)


def looked_at(page: Page, name: str) -> None:
    """Fits and reads at every width, in the dark, at twice the size of text.

    Not on an emulated phone: that zooms in when its screen grows and shrinks, as no phone's does.
    """
    assert_axe_clean(page)
    usual = page.viewport_size
    assert usual
    for width, scheme in SHAPES:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 800})
        assert_fits(page)
        if WANTED != FEW or (width, scheme) == (390, "light"):
            shot(page, f"gallery-{name}-{width}-{scheme}")
        if scheme == "dark":
            assert_axe_clean(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert_fits(page)
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(usual)


def right_to_left(page: Page, name: str) -> None:
    if "/demo/" in page.url:
        return
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert_axe_clean(page)
    assert_fits(page)
    shot(page, f"gallery-{name}-390-light-ar")


def assert_fits(page: Page) -> None:
    inner, wide = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert wide <= inner, page.url


def kept(actor: Actor) -> None:
    """What an end leaves to the customer: a receipt, an entry for the calendar, a pass."""
    ended = actor.events("run.ended")
    if not ended:
        return
    end, page = actor.flow.steps[ended[-1]["outcome"]], actor.page
    expect(page.locator(".receipt")).to_have_count(1 if end.receipt else 0)
    if end.calendar:
        link = page.locator("a[href$='.ics']").get_attribute("href") or ""
        entry = page.request.get(actor.demo.url(link))
        assert entry.headers["content-type"].startswith("text/calendar")
        assert entry.text().count("BEGIN:VEVENT") == 1
    if end.pass_:
        actor.press(page.locator("main a[href$='/pass']"))
        expect(page.locator("svg.qr")).to_be_visible()
