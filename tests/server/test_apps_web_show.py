"""What a step shows, leaving and coming back, waiting, and what is kept of an end: over HTTP, scripts off."""

import gzip
import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from disposable import loading
from tests.support import showcase
from tests.support.pages import Person, Sent, Web, web
from widget_server.actions import sessions, setup
from widget_server.assets import Assets
from widget_server.words import Words

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
ANDROID = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36"


@pytest.fixture
def site(tmp_path: Path, words: Words, assets: Assets) -> Web:
    made = web(tmp_path, words, assets)
    setup.publish(made.house.world, made.house.site.id, loading.load(showcase.FLOW))
    return made


@pytest.fixture
def sent(site: Web) -> Sent:
    return site.link(app="showcase", context=showcase.CONTEXT)


@pytest.fixture
def mara(site: Web) -> Person:
    return site.person()


def home(page: TestResponse) -> str:
    return "/".join(page.request.path.split("/")[:3])


def out(page: TestResponse) -> str:
    """Where the button of a visit leads."""
    found = re.search(r'href="(https://pay\.example[^"]*)"', page.text)
    assert found
    return found[1].replace("&amp;", "&")


def way_back(page: TestResponse) -> str:
    """The path that the other side sends a customer back to."""
    found = re.search(r"back=http%3A%2F%2F127\.0\.0\.1%3A8123(%2Fa%2F[^&]*)$", out(page))
    assert found
    return found[1].replace("%2F", "/").replace("%3F", "?").replace("%3D", "=")


def now(mara: Person, page: TestResponse) -> TestResponse:
    """The app as it stands."""
    return mara.client.get(home(page), base_url=mara.base, follow_redirects=True)


def paid(site: Web, sent: Sent) -> None:
    body = {"amount": "19.50 EUR"}
    sessions.write(site.house.world, site.house.key, sent.session, "paid 1", "custom.paid", body)


def at_end(site: Web, sent: Sent, mara: Person) -> TestResponse:
    """All the way through."""
    page = mara.press(mara.opened(sent), choice="pay")
    mara.press(mara.get(way_back(page)), choice="returned", back=way_back(page).partition("=")[2])
    paid(site, sent)
    return mara.press(now(mara, page), choice="continue")


class TestShown:
    def test_the_first_page_shows_a_card_and_a_timeline_within_its_budget(self, sent: Sent, mara: Person) -> None:
        page = mara.opened(sent)
        assert '<dt dir="auto">Order</dt><dd dir="auto">A-17 &amp; Co</dd>' in page.text
        assert '<li class="past"><b dir="auto">Packed</b>' in page.text
        assert '<li class="now" aria-current="step"><b dir="auto">On its way</b>' in page.text
        assert len(gzip.compress(page.data, 6)) <= 4096
        assert "leaflet" not in page.text

    def test_lists_tables_and_pictures(self, sent: Sent, mara: Person) -> None:
        page = mara.press(mara.opened(sent), choice="details")
        assert '<b dir="auto">Lamp &lt;shade&gt;</b>' in page.text
        assert re.search(r'<table role="table" class="wide">\s*<caption class="vh">What is in it</caption>', page.text)
        assert '<th role="columnheader" scope="col" dir="auto">Price</th>' in page.text
        assert '<td role="cell" data-label="Price"><bdi>€12.50</bdi></td>' in page.text
        handle = home(page).removeprefix("/a/")
        assert f'<img src="/files/{showcase.CONTEXT["picture"]}?handle={handle}" alt="The parcel">' in page.text

    def test_places_lead_to_the_readers_own_map_and_there_is_no_other(self, sent: Sent, mara: Person) -> None:
        page = mara.press(mara.opened(sent), choice="where")
        here = page.request.path
        assert "https://www.openstreetmap.org/?mlat=52.520000&amp;mlon=13.405000" in page.text
        assert "https://maps.apple.com/?ll=52.520000,13.405000" in mara.get(here, **{"User-Agent": IPHONE}).text
        assert "geo:52.520000,13.405000?q=" in mara.get(here, **{"User-Agent": ANDROID}).text
        inside = ANDROID.replace("Pixel 9", "Pixel 9; wv")
        assert "https://www.openstreetmap.org" in mara.get(here, **{"User-Agent": inside}).text
        assert "Show map" not in page.text
        assert "Shop Süd" in page.text


class TestVisits:
    def test_names_the_host_and_leads_there_with_a_way_back(self, sent: Sent, mara: Person) -> None:
        page = mara.press(mara.opened(sent), choice="pay")
        assert "You are leaving for pay.example" in page.text
        assert out(page).startswith(
            "https://pay.example/checkout?ref=A-17%20%26%20Co&back=http%3A%2F%2F127.0.0.1%3A8123%2Fa%2F"
        )
        assert 'rel="noreferrer"' in page.text
        assert sent.code not in page.text

    def test_welcomes_back_whoever_brings_the_nonce(self, site: Web, sent: Sent, mara: Person) -> None:
        page = mara.press(mara.opened(sent), choice="pay")
        back = mara.get(way_back(page))
        assert "Welcome back" in back.text
        assert "run.answered" not in site.house.kinds(sent.session)[-1:]
        waits = mara.press(back, choice="returned", back=way_back(page).partition("=")[2])
        assert "Waiting for news" in waits.text or "Your bank is telling us" in waits.text

    def test_a_way_back_counts_once(self, site: Web, sent: Sent, mara: Person) -> None:
        page = mara.press(mara.opened(sent), choice="pay")
        path = way_back(page)
        mara.press(mara.get(path), choice="returned", back=path.partition("=")[2])
        answers = site.house.kinds(sent.session).count("run.answered")
        again = mara.get(path)
        assert "Your bank is telling us of the payment." in again.text
        assert "Welcome back" not in again.text
        assert site.house.kinds(sent.session).count("run.answered") == answers


class TestWaiting:
    def test_waits_with_a_link_to_look_again_and_goes_on_by_itself(self, site: Web, sent: Sent, mara: Person) -> None:
        page = mara.press(mara.opened(sent), choice="pay")
        path = way_back(page)
        waits = mara.press(mara.get(path), choice="returned", back=path.partition("=")[2])
        assert f'data-again="{home(page)}"' in waits.text
        assert f'<a class="go" href="{home(page)}">Refresh</a>' in waits.text
        assert "Your bank is telling us of the payment." in waits.text
        paid(site, sent)
        went_on = now(mara, page)
        assert "Is this right?" in went_on.text
        assert "19.50 EUR" in went_on.text


class TestKept:
    def test_an_end_gives_a_receipt_a_calendar_entry_and_a_pass(self, site: Web, sent: Sent, mara: Person) -> None:
        page = at_end(site, sent, mara)
        assert "Order A-17 &amp; Co is paid." in page.text
        assert "Receipt" in page.text
        assert home(page).removeprefix("/a/") in page.text
        assert f'href="{home(page)}/calendar.ics"' in page.text
        assert f'href="{home(page)}/pass"' in page.text
        assert "no-store" in page.headers["Cache-Control"]

    def test_the_calendar_file_is_one_that_calendars_read(self, site: Web, sent: Sent, mara: Person) -> None:
        url = home(at_end(site, sent, mara)) + "/calendar.ics"
        answer = mara.get(url)
        assert answer.content_type.startswith("text/calendar")
        lines = answer.text.replace("\r\n ", "").split("\r\n")
        assert lines[0] == "BEGIN:VCALENDAR"
        assert "SUMMARY:Order A-17 & Co arrives" in lines
        assert "LOCATION:Depot Mitte" in lines
        assert "DTSTART:20270115T174000Z" in lines
        assert mara.get(url).data == answer.data

    def test_the_pass_is_a_page_of_its_own_with_a_code_and_a_worker_for_itself(
        self, site: Web, sent: Sent, mara: Person
    ) -> None:
        url = home(at_end(site, sent, mara))
        page = mara.get(f"{url}/pass")
        assert '<svg class="qr" role="img" aria-label="QR code of A-17 &amp; Co"' in page.text
        assert '<p class="code" dir="ltr">A-17 &amp; Co</p>' in page.text
        assert "passenger" not in page.text
        assert f'data-keep="{url}/keep.js"' in page.text
        worker = mara.get(f"{url}/keep.js")
        assert worker.content_type.startswith("text/javascript")
        assert "connect-src 'self'" in worker.headers["Content-Security-Policy"]

    @pytest.mark.parametrize("path", ["calendar.ics", "pass", "keep.js"])
    def test_nobody_else_gets_any_of_it(self, site: Web, sent: Sent, mara: Person, path: str) -> None:
        url = home(at_end(site, sent, mara))
        stranger = site.person()
        assert stranger.get(f"{url}/{path}").status_code == 404
        neutral = stranger.get(sent.path)
        assert not re.search("A-17|19.50|Depot", neutral.text)

    @pytest.mark.parametrize("path", ["calendar.ics", "pass", "keep.js"])
    def test_before_the_end_there_is_none_of_it(self, sent: Sent, mara: Person, path: str) -> None:
        url = home(mara.opened(sent))
        answer = mara.client.get(f"{url}/{path}", base_url=mara.base)
        assert answer.status_code in (200, 303, 404)
        assert "A-17" not in answer.text or "qr" not in answer.text
