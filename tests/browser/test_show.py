"""What a step shows, visits, waits and what is kept of an end, in a real browser: with scripts and without, online and off."""

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from disposable import loading
from tests.support import live, photos, showcase
from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.live import Live
from tests.support.pages import Sent
from widget_server.actions import files, links, sessions, setup

NUMBERS = itertools.count(1)
SHAPES = [(320, "light", "en"), (390, "dark", "en"), (390, "light", "ar"), (1280, "light", "de"), (1280, "dark", "en")]


class Source(BaseHTTPRequestHandler):
    """Somebody's map server: every tile is the same."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(photos.png(256, 256))

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def source() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, source: HTTPServer) -> Iterator[Live]:
    tiles = {"SAMETHREAD_TILES": f"http://127.0.0.1:{source.server_port}/{{z}}/{{x}}/{{y}}.png"}
    with live.running(tmp_path_factory.mktemp("show"), tiles) as running:
        publish(running)
        yield running


def publish(running: Live) -> None:
    house = running.house
    setup.publish(house.world, house.site.id, loading.load(showcase.FLOW))


def send(server: Live) -> Sent:
    """A link of a customer of its own, with a picture in its context."""
    house = server.house
    picture = files.keep_for_site(house.world, house.key, "parcel.png", photos.png(640, 360))
    context = {**showcase.CONTEXT, "picture": picture["file"]}
    return server.link(app="showcase", context=context, to={"phone": f"+1202556{next(NUMBERS):04d}"})


@pytest.fixture
def sent(server: Live) -> Sent:
    return send(server)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def opened(page: Page, server: Live, sent: Sent) -> None:
    page.goto(server.base + sent.path)
    page.locator("form button.go").first.click()
    expect(page.get_by_role("heading", name="Order A-17 & Co")).to_be_visible()


def back_from_paying(page: Page) -> None:
    """The other side sends the customer back."""
    out = page.get_by_role("link", name="Pay at pay.example").get_attribute("href") or ""
    page.goto(parse_qs(urlsplit(out).query)["back"][0])
    page.locator("form button.go").click()


def paid(server: Live, sent: Sent) -> None:
    body = {"amount": "€19.50"}
    sessions.write(server.house.world, server.house.key, sent.session, f"paid {sent.link}", "custom.paid", body)


def to_end(page: Page, server: Live, sent: Sent) -> None:
    opened(page, server, sent)
    button(page, "Pay")
    back_from_paying(page)
    expect(page.get_by_text("Your bank is telling us of the payment.")).to_be_visible()
    paid(server, sent)
    page.get_by_role("link", name="Refresh").click()
    button(page, "Send it")
    expect(page.get_by_role("heading", name="Order A-17 & Co is paid.")).to_be_visible()


def fine(page: Page, name: str) -> None:
    """Nothing is cut off, and axe finds nothing."""
    assert_axe_clean(page)
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, f"{name} scrolls sideways"
    shot(page, name)


@pytest.mark.parametrize(("width", "scheme", "locale"), SHAPES, ids=["-".join(map(str, one)) for one in SHAPES])
def test_every_page_fits_and_reads(chromium: Chromium, server: Live, width: int, scheme: str, locale: str) -> None:
    setup.change_site(server.house.world, server.house.site, locale=locale)
    sent = send(server)
    named = f"show-{width}-{scheme}-{locale}"
    try:
        with chromium.person(viewport={"width": width, "height": 780}, color_scheme=scheme, locale=locale) as page:
            opened(page, server, sent)
            fine(page, f"{named}-1-overview")
            button(page, "What is in it")
            page.locator("figure img").evaluate("image => image.decode()")
            fine(page, f"{named}-2-details")
            page.locator("button.choice").click()
            page.locator("section.map button").nth(1).click()
            expect(page.locator(".leaflet-tile-loaded").first).to_be_visible()
            fine(page, f"{named}-3-places")
            page.locator("button.choice").click()
            fine(page, f"{named}-4-visit")
            out = page.get_by_role("link", name="Pay at pay.example").get_attribute("href") or ""
            page.goto(parse_qs(urlsplit(out).query)["back"][0])
            fine(page, f"{named}-5-back")
            page.locator("form button.go").click()
            expect(page.locator(".mark.wait")).to_be_visible()
            fine(page, f"{named}-6-waiting")
            paid(server, sent)
            expect(page.locator("dl.answers")).to_be_visible()
            fine(page, f"{named}-7-review")
            button(page, "Send it")
            expect(page.locator(".receipt")).to_be_visible()
            fine(page, f"{named}-8-end")
            page.locator("a[href$='/pass']").click()
            expect(page.locator("svg.qr")).to_be_visible()
            fine(page, f"{named}-9-pass")
    finally:
        setup.change_site(server.house.world, server.house.site, locale="en")


def test_the_whole_way_without_scripts(server: Live, sent: Sent, plain_phone: Page) -> None:
    opened(plain_phone, server, sent)
    button(plain_phone, "Where it is")
    expect(plain_phone.get_by_role("button", name="Show map")).to_have_count(0)
    expect(plain_phone.get_by_role("link", name="Open in maps Shop Süd")).to_be_visible()
    button(plain_phone, "Continue")
    back_from_paying(plain_phone)
    plain_phone.get_by_role("link", name="Refresh").click()
    expect(plain_phone.get_by_text("Your bank is telling us of the payment.")).to_be_visible()
    paid(server, sent)
    plain_phone.get_by_role("link", name="Refresh").click()
    button(plain_phone, "Send it")
    plain_phone.get_by_role("link", name="Show your pass").click()
    expect(plain_phone.get_by_text("it needs a network")).to_be_visible()
    expect(plain_phone.get_by_role("img", name="QR code of A-17 & Co")).to_be_visible()


class TestMap:
    def test_nothing_of_a_map_is_loaded_before_somebody_asks(self, server: Live, sent: Sent, phone: Page) -> None:
        asked: list[str] = []
        phone.on("request", lambda request: asked.append(urlsplit(request.url).path))
        opened(phone, server, sent)
        button(phone, "Where it is")
        expect(phone.get_by_role("button", name="Show map").first).to_be_visible()
        assert not [path for path in asked if path.startswith(("/tiles", "/static"))]
        phone.get_by_role("button", name="Show map").nth(1).click()
        expect(phone.locator(".leaflet-tile-loaded").first).to_be_visible()
        expect(phone.get_by_role("region", name="Map")).to_be_focused()
        expect(phone.get_by_text("© OpenStreetMap contributors")).to_be_visible()
        phone.locator(".pin").nth(1).click()
        expect(phone.locator(".leaflet-popup")).to_contain_text("Shop Süd")
        assert all(path.startswith(("/tiles/", "/static/", "/a/", "/l/", "/favicon")) for path in asked)

    def test_tiles_are_fetched_once_for_all_and_only_for_who_holds_an_app(
        self, server: Live, sent: Sent, phone: Page
    ) -> None:
        opened(phone, server, sent)
        Source.asked.clear()
        for _ in range(3):
            assert phone.request.get(f"{server.base}/tiles/5/17/10.png").status == 200
        assert Source.asked == ["/5/17/10.png"]
        assert phone.request.get(f"{server.base}/tiles/5/99/10.png").status == 404
        phone.context.clear_cookies()
        assert phone.request.get(f"{server.base}/tiles/5/17/10.png").status == 404


def test_waiting_goes_on_by_itself_and_leaves_the_reader_alone(server: Live, sent: Sent, phone: Page) -> None:
    phone.clock.install()
    opened(phone, server, sent)
    button(phone, "Pay")
    back_from_paying(phone)
    expect(phone.get_by_text("Your bank is telling us of the payment.")).to_be_visible()
    refresh = phone.get_by_role("link", name="Refresh")
    refresh.focus()
    with phone.expect_response(lambda answer: answer.url.endswith(urlsplit(phone.url).path)):
        phone.clock.fast_forward(4_100)
    expect(refresh).to_be_focused()
    paid(server, sent)
    phone.clock.fast_forward(60_000)
    expect(phone.get_by_role("heading", name="Is this right?")).to_be_focused()


class TestKept:
    def test_a_pass_opens_without_a_network(self, tmp_path: Path, chromium: Chromium) -> None:
        with chromium.phone() as phone:
            with live.running(tmp_path) as server:
                publish(server)
                to_end(phone, server, send(server))
                phone.get_by_role("link", name="Show your pass").click()
                expect(phone.get_by_text("Kept on this phone")).to_be_visible()
            # The server is gone now, and with it every answer.
            phone.reload()
            expect(phone.get_by_role("img", name="QR code of A-17 & Co")).to_be_visible()
            expect(phone.locator("p.code")).to_have_text("A-17 & Co")

    def test_a_pass_that_ended_is_forgotten(self, server: Live, sent: Sent, phone: Page) -> None:
        to_end(phone, server, sent)
        phone.get_by_role("link", name="Show your pass").click()
        expect(phone.get_by_text("Kept on this phone")).to_be_visible()
        assert phone.evaluate("caches.keys()") != []
        links.revoke(server.house.world, server.house.key, sent.link)
        phone.reload()
        expect(phone.get_by_text("A-17")).to_have_count(0)
        phone.wait_for_function("caches.keys().then(names => names.length == 0)")
