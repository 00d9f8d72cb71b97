"""The preview in a browser: each face can be used, the page of the web is the real one, and a saved file is drawn at once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, FrameLocator, Locator, Page, expect

from tests.support.browser import Chromium, assert_axe_clean
from widget_server.assets import Assets
from widget_server.cli import authoring
from widget_server.web import preview
from widget_server.words import Words

FLOW = """\
app: visit
purpose: Your visit
verify: {ask: Your last name, against: visitor.last_name}
context: {visitor: {first_name: personal, last_name: secret}}
example: {visitor: {first_name: Ada, last_name: Lovelace}}
start: how
steps:
  how:
    ask: How was it?
    choose:
      good: {label: Good, next: photo}
      bad: {label: Bad, handover: {team: care, then: photo}}
  photo: {tier: 2, ask: A picture of it?, field: {kind: photo, save: picture}, next: paid}
  paid: {say: We wait for the payment., wait: {for: custom.paid}, next: thanks}
  thanks: {end: Thank you.}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "visit.yaml"
    path.write_text(FLOW, encoding="utf-8")
    return path


@pytest.fixture
def url(file: Path, assets: Assets, words: Words) -> Iterator[str]:
    server, shown = preview.server(authoring.source(file), 0, assets, words)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{shown.port}/"
    finally:
        shown.stopping.set()
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.fixture
def page(chromium: Chromium, url: str) -> Iterator[Page]:
    with chromium.desktop(viewport={"width": 1600, "height": 950}) as browser:
        browser.goto(url)
        expect(pane(browser, "web").locator("iframe")).to_be_visible()
        yield browser


def pane(page: Page, face: str) -> Locator:
    return page.locator(f'.pane[data-face="{face}"]')


def inside(page: Page, face: str = "web") -> FrameLocator:
    return page.frame_locator(f'.pane[data-face="{face}"] iframe')


def write(page: Page, face: str, text: str) -> None:
    pane(page, face).locator("input").fill(text)
    pane(page, face).locator(".say button").click()


def test_each_face_is_used_in_its_own_way(page: Page) -> None:
    inside(page).get_by_role("button", name="Good").click()
    expect(inside(page).get_by_label("Your last name")).to_be_visible()
    pane(page, "chat").get_by_role("button", name="Good").click()
    write(page, "sms", "1")
    write(page, "ussd", "1")
    pane(page, "voice").get_by_role("button", name="1", exact=True).click()
    for face in ("chat", "sms", "voice"):
        expect(pane(page, face).locator(".talk")).to_contain_text("Your last name")
    expect(pane(page, "ussd").locator(".dial")).to_contain_text("Your last name")


def test_the_page_of_the_web_goes_its_whole_way(page: Page) -> None:
    web = inside(page)
    web.get_by_role("button", name="Good").click()
    web.get_by_role("button", name="code").click()
    web.get_by_label("Code").fill("123 456")
    web.get_by_role("button", name="Continue").click()
    picture = FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8\xff")
    web.locator('input[type="file"]').last.set_input_files(picture)
    web.get_by_role("button", name="Continue").click()
    expect(web.get_by_text("We wait for the payment.")).to_be_visible()
    pane(page, "web").get_by_role("button", name="custom.paid").click()
    expect(web.get_by_role("heading", name="Thank you.")).to_be_visible()


def test_what_a_text_cannot_take_opens_as_the_page_of_its_link(page: Page) -> None:
    write(page, "sms", "1")
    expect(pane(page, "sms").locator(".talk")).to_contain_text("Your last name")
    write(page, "sms", "Lovelace")
    # The page of a link is a window of its own: the thread has answered, so it asks for the code that is texted.
    inside(page, "sms").get_by_role("button", name="code").click()
    inside(page, "sms").get_by_label("Code").fill("123456")
    inside(page, "sms").get_by_role("button", name="Continue").click()
    expect(inside(page, "sms").get_by_role("heading", name="A picture of it?")).to_be_visible()
    expect(pane(page, "sms").locator(".remark")).to_contain_text("link")


def test_whoever_is_quick_loses_nothing(page: Page) -> None:
    for text in ("1", "Lovelace"):
        write(page, "sms", text)
        write(page, "ussd", text)
    for face in ("sms", "ussd"):
        expect(inside(page, face).get_by_role("button", name="code")).to_be_visible()


def test_a_person_gives_it_back(page: Page) -> None:
    pane(page, "chat").get_by_role("button", name="Bad").click()
    pane(page, "chat").get_by_role("button", name="gives it back").click()
    expect(pane(page, "chat").locator(".talk")).to_contain_text("Your last name")


def test_a_saved_file_is_drawn_at_once_and_goes_on_where_one_was(page: Page, file: Path) -> None:
    pane(page, "chat").get_by_role("button", name="Good").click()
    expect(pane(page, "chat").locator(".talk")).to_contain_text("Your last name")
    file.write_text(FLOW.replace("How was it?", "How is it?").replace("Your last name", "Your family name"))
    expect(inside(page).get_by_role("heading", name="How is it?")).to_be_visible()
    expect(pane(page, "chat").locator(".talk")).to_contain_text("Your family name")


def test_mistakes_stand_in_place_and_go_when_they_are_mended(page: Page, file: Path) -> None:
    file.write_text(FLOW.replace("next: paid", "next: payed"))
    expect(page.locator(".mistakes mark")).to_contain_text("next: payed")
    expect(page.locator(".mistakes .where")).to_have_text(["visit.yaml:13"])
    assert_axe_clean(page)
    file.write_text(FLOW)
    expect(page.locator(".mistakes")).to_be_hidden()


def test_what_was_done_outlives_a_reload_and_may_begin_anew(page: Page) -> None:
    write(page, "ussd", "1")
    expect(pane(page, "ussd").locator(".dial")).to_contain_text("Your last name")
    page.reload()
    expect(pane(page, "ussd").locator(".dial")).to_contain_text("Your last name")
    pane(page, "ussd").get_by_role("button", name="Start again").click()
    expect(pane(page, "ussd").locator(".dial")).to_contain_text("How was it?")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_can_use_it(chromium: Chromium, url: str, scheme: str) -> None:
    with chromium.desktop(viewport={"width": 320, "height": 800}, color_scheme=scheme) as page:
        page.goto(url)
        expect(pane(page, "web").locator("iframe")).to_be_visible()
        write(page, "sms", "1")
        expect(pane(page, "sms").locator(".talk")).to_contain_text("Your last name")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert_axe_clean(page)
