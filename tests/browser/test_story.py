"""The story a newcomer lives (`make demo`), in real browsers: a passenger on a phone, an agent at a desk, one conversation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.server import Demo, demo

LAST_NAME = "Lindqvist"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    environ = {}
    if request.param == "postgresql":
        environ["DATABASE_URL"] = request.getfixturevalue("postgres").fresh()
    with demo(tmp_path_factory.mktemp("story") / "demo", environ=environ) as server:
        yield server


def delay_the_flight(app: Page) -> None:
    """The airline's own button: its backend calls the API with its key."""
    app.locator("#delay").click()
    expect(app.locator("#done")).not_to_be_empty()


def newest_link(phone: Page) -> str:
    link = phone.locator('#log a[href*="/l/"]').last
    expect(link).to_be_visible()
    return str(link.get_attribute("href"))


def text(phone: Page, words: str) -> None:
    phone.fill("#text", words)
    phone.locator("#composer .send").click()
    expect(phone.locator("#log")).to_contain_text(words)


def sign_in(desk: Page, server: Demo, number: int = 0) -> None:
    agent = server.said["agents"][number]
    desk.goto(server.said["urls"]["desk"])
    desk.fill("#email", agent["email"])
    desk.fill("#password", agent["password"])
    desk.locator("form button.solid").click()
    expect(desk.locator("[data-queue=waiting]")).to_be_visible()


def reply(desk: Page, words: str) -> None:
    desk.fill("#text", words)
    desk.locator("#send").click()
    expect(desk.locator("#log")).to_contain_text(words)


def test_a_text_a_link_an_app_a_person_one_conversation(chromium: Chromium, running: Demo, tmp_path: Path) -> None:
    urls = running.said["urls"]
    with chromium.phone() as app, chromium.desktop() as desk, chromium.phone() as other:
        # 1. The airline's backend speaks first.
        app.goto(urls["app"])
        delay_the_flight(app)

        # 2. The handset has a text of one segment with a link.
        phone = app.context.new_page()
        phone.goto(urls["phone"])
        link = newest_link(phone)
        assert re.fullmatch(rf"{re.escape(running.base)}/l/[0-9A-Za-z]{{22}}", link)
        shot(phone, "story-phone")

        # 3. The link opens a cover; after Continue it says what is late.
        tab = app.context.new_page()
        tab.goto(link)
        expect(tab.get_by_role("heading", level=1)).to_have_text("A change to your flight")
        assert_axe_clean(tab)
        shot(tab, "story-cover")
        tab.get_by_role("button", name="Continue").click()
        expect(tab).to_have_url(re.compile(r"/a/[0-9A-Za-z]+"))
        assert link.rpartition("/")[2] not in tab.content()
        expect(tab.get_by_role("heading", level=1)).to_contain_text("MA 204")
        assert_axe_clean(tab)
        shot(tab, "story-status")
        tab.evaluate("window.stayed = true")
        tab.get_by_role("button", name="Change flight").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Which flight suits you?")
        assert_axe_clean(tab)
        tab.locator("label.pick").nth(1).click()
        shot(tab, "story-pick")
        tab.get_by_role("button", name="Continue").click()
        expect(tab.get_by_role("button", name="Upgrade to business")).to_be_visible()
        # Back, forward, reload, close the tab, tap the link again: everything is where it was.
        tab.go_back()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Which flight suits you?")
        expect(tab.locator("input[type=radio]").nth(1)).to_be_checked()
        tab.go_forward()
        expect(tab.get_by_role("button", name="Upgrade to business")).to_be_visible()
        tab.reload()
        expect(tab.get_by_role("button", name="Upgrade to business")).to_be_visible()
        tab.close()
        tab = app.context.new_page()
        tab.goto(link)
        expect(tab.get_by_role("button", name="That is all")).to_be_visible()
        # The last name, where a step needs tier 2; then back, to change one's mind.
        tab.get_by_role("button", name="That is all").click()
        expect(tab.get_by_label("Your last name")).to_be_visible()
        assert_axe_clean(tab)
        shot(tab, "story-verify")
        # Another browser with the same link sees none of it until it steps up.
        other.goto(link)
        other.get_by_role("button", name="Continue").click()
        expect(other.get_by_role("heading", level=1)).to_contain_text("another phone or browser")
        assert "MA 2" not in other.content()
        assert_axe_clean(other)
        shot(other, "story-elsewhere")
        tab.go_back()
        expect(tab.get_by_role("button", name="Upgrade to business")).to_be_visible()

        # 4. Business class needs a person: the same page, not reloaded, becomes a chat.
        sign_in(desk, running)
        shot(desk, "story-desk-empty")
        tab.evaluate("window.stayed = true")
        tab.get_by_role("button", name="Upgrade to business").click()
        expect(tab.get_by_role("log")).to_be_visible()
        assert tab.evaluate("window.stayed") is True
        tab.get_by_role("textbox").fill("Is there a window seat?")
        tab.get_by_role("button", name="Send").click()
        expect(tab.get_by_role("log")).to_contain_text("Is there a window seat?")
        assert_axe_clean(tab)

        # 5. At the desk it waits at once, with all that is known.
        row = desk.locator("#rows .row").first
        expect(row).to_contain_text("Business class on")
        row.click()
        expect(desk.locator("#cards")).to_contain_text("A change to your flight")
        expect(desk.locator("#log")).to_contain_text("Is there a window seat?")
        desk.locator("[data-do=accept]").click()
        expect(tab.get_by_role("log")).to_contain_text("Ada")
        desk.locator("#text").press_sequentially("Which flight number is it", delay=5)
        expect(desk.locator("#already")).to_be_visible()
        shot(desk, "story-desk-already")
        expect(tab.locator(".typing")).to_contain_text(re.compile(r"Ada"))
        desk.fill("#text", "")
        reply(desk, "Yes, 2A is free.")
        expect(tab.get_by_role("log")).to_contain_text("Yes, 2A is free.")
        shot(tab, "story-chat")
        shot(desk, "story-desk")
        assert_axe_clean(desk)

        # 6. Back to the texts: the same conversation, the same agent, whose reply arrives there.
        text(phone, "I take 2A, thanks")
        expect(desk.locator("#log")).to_contain_text("I take 2A, thanks")
        reply(desk, "It is yours, Mara.")
        expect(phone.locator("#log")).to_contain_text("It is yours, Mara.")
        # And in the airline's app: one history, nothing twice.
        app.locator("#chat").click()
        panel = app.frame_locator("iframe[src*='/embed/']")
        log = panel.locator("#thread [role=log]")
        expect(log).to_be_visible()
        for line in ("Is there a window seat?", "Yes, 2A is free.", "I take 2A, thanks", "It is yours, Mara."):
            expect(log.get_by_text(line, exact=True)).to_have_count(1)
        shot(app, "story-widget")

        # 7. The flow goes on, books, and confirms where the passenger last was: by text.
        desk.locator("[data-do=return]").click()
        desk.locator("#return button.solid").click()
        expect(phone.locator("#log")).to_contain_text("last name")
        text(phone, LAST_NAME)
        expect(phone.locator("#log")).to_contain_text("Booking K7QX2M")
        # A callback in twenty minutes, asked for in the widget; the desk shows the promise.
        panel.locator("#back").click()
        panel.locator("#to-call").click()
        panel.locator("#call .go").click()
        expect(log).to_contain_text("We will call you")
        shot(app, "story-widget-callback")
        desk.locator("[data-queue=callbacks]").click()
        promise = desk.locator("#rows .row.callback").first
        expect(promise).to_be_visible()
        shot(desk, "story-desk-callbacks")
        promise.get_by_role("button", name="Done").click()
        desk.locator("#callback button.solid").click()
        expect(desk.locator("#rows .row.callback")).to_have_count(0)
        desk.locator("[data-queue=open]").click()
        desk.locator("#rows .row").first.click()
        desk.locator("[data-do=accept]").click()
        desk.locator("[data-do=close]").click()
        desk.locator("#close button.solid").click()
        # The passenger writes again: a new session, which knows the old one.
        text(phone, "One more question")
        desk.locator("[data-queue=waiting]").click()
        expect(desk.locator("#rows .row").first).to_contain_text("One more question")
        desk.locator("#rows .row").first.click()
        expect(desk.locator("#open")).to_contain_text(re.compile("before", re.IGNORECASE))
