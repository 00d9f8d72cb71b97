"""The demo's own pages in a browser: the phone keeps what was typed, the tour shows where each step happens."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.server import Demo

NARROW = {"viewport": {"width": 320, "height": 640}}


def phone_page(page: Page, demo: Demo, number: str) -> None:
    page.goto(demo.url(f"/demo/phone?number=%2B{number}"))
    expect(page.locator("#sender")).not_to_be_empty()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/demo", "/demo/phone", "/demo/app"])
def test_no_page_has_a_fault_axe_can_see(chromium: Chromium, demo: Demo, path: str, scheme: str) -> None:
    for options in (NARROW, {"viewport": {"width": 1600, "height": 900}}):
        with chromium.person(color_scheme=scheme, **options) as page:
            page.goto(demo.said["urls"][path.rpartition("/")[2]])
            page.wait_for_load_state()
            assert_axe_clean(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]


def test_a_text_typed_on_the_phone_is_sent_and_counted(demo: Demo, phone: Page) -> None:
    phone_page(phone, demo, "12025550161")
    expect(phone.locator("#empty")).to_be_visible()
    phone.fill("#text", "Smile \U0001f600 " + "x" * 70)
    expect(phone.locator("#cost")).to_have_text("79 · 2 messages · UCS-2")
    phone.fill("#text", "Where do I sit?")
    expect(phone.locator("#cost")).to_have_text("15 · 1 message · GSM-7")
    phone.locator("#text").press("Enter")
    expect(phone.locator("#log .mine")).to_contain_text("Where do I sit?")
    expect(phone.locator("#log .mine small")).to_have_text("Sent")
    expect(phone.locator("#text")).to_have_value("")
    phone.reload()
    expect(phone.locator("#log .mine")).to_have_count(1)


def test_a_phone_without_a_network_keeps_what_was_typed(demo: Demo, phone: Page) -> None:
    phone_page(phone, demo, "12025550162")
    phone.context.set_offline(True)
    phone.fill("#text", "do not lose me")
    phone.locator("#composer .send").click()
    expect(phone.locator("#net")).to_be_visible()
    expect(phone.locator("#text")).to_have_value("do not lose me")
    phone.context.set_offline(False)
    phone.locator("#composer .send").click()
    expect(phone.locator("#log .mine small")).to_have_text("Sent")
    expect(phone.locator("#net")).to_be_hidden()


def test_markup_in_a_text_is_text_and_a_link_is_a_link(demo: Demo, phone: Page) -> None:
    phone_page(phone, demo, "12025550163")
    phone.fill("#text", f"<img src=x onerror=alert(1)> see {demo.base}/docs.")
    phone.locator("#composer .send").click()
    said = phone.locator("#log .said")
    expect(said).to_contain_text("<img src=x onerror=alert(1)>")
    expect(said.locator("a")).to_have_attribute("href", f"{demo.base}/docs")
    assert said.locator("img").count() == 0


def test_faults_are_set_in_the_drawer_and_shown(fresh_demo: Demo, phone: Page) -> None:
    phone_page(phone, fresh_demo, "12025550164")
    button = phone.locator("#open-drawer")
    button.click()
    assert_axe_clean(phone)
    phone.get_by_role("switch", name="Outage").check()
    phone.get_by_role("button", name="Done").click()
    expect(button).to_have_class(re.compile(r"\bon\b"))
    phone.reload()
    expect(button).to_have_class(re.compile(r"\bon\b"))
    button.click()
    expect(phone.get_by_role("switch", name="Outage")).to_be_checked()


def test_another_number_is_another_phone(demo: Demo, phone: Page) -> None:
    phone_page(phone, demo, "12025550165")
    phone.locator("#open-drawer").click()
    phone.fill("[name=number]", "+12025550166")
    phone.get_by_role("button", name="Done").click()
    expect(phone).to_have_url(re.compile(r"number=%2B12025550166"))


def test_the_tour_turns_and_shows_where_each_step_happens(demo: Demo, chromium: Chromium) -> None:
    with chromium.desktop(viewport={"width": 1680, "height": 1000}) as tour:
        tour.goto(demo.said["urls"]["demo"])
        expect(tour.locator("#progress")).to_have_text("1 of 12")
        expect(tour.locator(".pane.here")).to_have_attribute("data-pane", "app")
        tour.locator("#next").click()
        expect(tour.locator("#steps .now")).to_contain_text("A text arrives")
        expect(tour.locator(".pane.here")).to_have_attribute("data-pane", "phone")
        tour.reload()
        expect(tour.locator("#progress")).to_have_text("2 of 12")
        for name in ("phone", "app", "desk"):
            body = tour.frame_locator(f"iframe[name={name}]").locator("h1, h2").first
            expect(body).to_be_visible()
        shot(tour, "demo-tour")


def test_on_a_narrow_screen_the_tour_shows_one_window(demo: Demo, chromium: Chromium) -> None:
    with chromium.person(**NARROW) as tour:
        tour.goto(demo.said["urls"]["demo"])
        expect(tour.locator(".pane:visible")).to_have_count(1)
        tour.locator("nav").get_by_role("button", name="Desk").click()
        expect(tour.locator(".pane:visible")).to_have_attribute("data-pane", "desk")
        tour.locator("#next").click()
        expect(tour.locator(".pane:visible")).to_have_attribute("data-pane", "phone")


def test_signing_out_of_the_airlines_app_is_remembered(demo: Demo, phone: Page) -> None:
    phone.goto(demo.said["urls"]["app"])
    account = phone.locator("#account")
    expect(account).to_have_text(re.compile("Sign out"))
    account.click()
    expect(account).to_have_text(re.compile("Sign in"))
    phone.reload()
    expect(account).to_have_text(re.compile("Sign in"))
    account.click()
    expect(account).to_have_text(re.compile("Sign out"))
