"""A flow in the widget's panel: cards, buttons, a picker, the button to the page, and one first open that pays for none of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, expect

from disposable import loading
from tests.browser.test_widget import newest, panel, write
from tests.support import live
from tests.support.browser import assert_axe_clean, shot
from tests.support.live import Live
from widget_server.actions import setup

PARCEL = """
app: parcel
purpose: Your parcel
like: [where is my parcel]
start: stands
steps:
  stands:
    say: It is nearly there.
    show:
      - card: {title: Parcel, text: In Hamburg, rows: {Number: "4711", Weight: 2 kg}}
    choose:
      wait: {label: Wait for it, next: thanks}
      later: {label: Another day, next: day}
  day:
    ask: Which day suits you?
    field: {kind: date, save: day}
    next: pay
  pay:
    say: It costs a little.
    visit: {to: "https://pay.example/?back={{ back }}", label: Pay now}
    next: thanks
  thanks: {end: Thank you.}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live.running(tmp_path_factory.mktemp("prompts")) as running:
        setup.publish(running.house.world, running.house.site.id, loading.load(PARCEL))
        yield running


def test_a_flow_is_answered_in_the_panel(server: Live, desktop: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url.rsplit("/", 1)[-1])

    desktop.on("request", note)
    desktop.goto(server.shop())
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    expect(chat.get_by_label("Write a message")).to_be_visible()
    assert "chat.js" in asked
    assert "prompt.js" not in asked
    write(desktop, chat, "Where is my parcel?")
    log = chat.get_by_role("log")
    expect(log.get_by_text("It is nearly there.", exact=True)).to_be_visible()
    expect(log.get_by_text("4711", exact=True)).to_be_visible()
    expect(log.get_by_text("Parcel", exact=True)).to_be_visible()
    assert "prompt.js" in asked
    assert_axe_clean(desktop)
    shot(desktop, "widget-cards")
    chat.get_by_role("button", name="Another day").click()
    picker = chat.get_by_label("Which day suits you?")
    expect(picker).to_be_visible()
    expect(chat.get_by_role("button", name="Wait for it")).to_have_count(0)
    # Once as written; the answer it was taken for is the same words.
    expect(log.get_by_text("Another day", exact=True)).to_have_count(1)
    picker.fill("2026-11-27")
    shot(desktop, "widget-picker")
    chat.get_by_role("button", name="Send", exact=True).first.click()
    page = chat.get_by_role("link", name="Open the page")
    expect(page).to_be_visible()
    assert str(page.get_attribute("href")).startswith(server.base)
    shot(desktop, "widget-page")
    session = newest(server)
    assert not [one for one in server.house.events(session) if "/l/" in str(one["body"])]
    with desktop.expect_popup() as opened:
        page.click()
    expect(opened.value.get_by_role("button", name="Continue")).to_be_visible()
