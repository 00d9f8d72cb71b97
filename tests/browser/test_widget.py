"""The widget in a company's page on another origin, third-party cookies blocked: loader, panel, sign-in, outbox, fallbacks."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Frame, Page, Route, expect
from sqlalchemy import select

from tests.support import live
from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.live import Live
from widget_server.actions import callbacks, desk, sessions
from widget_server.store import tables as t

NO_SOCKETS = """window.WebSocket = class { constructor() { setTimeout(() => this.onclose()) } close() {} send() {} }"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live.running(tmp_path_factory.mktemp("widget")) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_shut(server: Live) -> None:
    server.shut.clear()


def identity(server: Live, sub: str, **claims: Any) -> str:
    now = int(time.time())
    given = {"aud": server.house.site.key, "sub": sub, "iat": now, "exp": now + 600, "jti": f"j{time.monotonic_ns()}"}
    return str(jwt.encode({"alg": "HS256"}, given | claims, OctKey.import_key(b"s" * 32)))


def panel(page: Page, name: str = "Chat with us") -> Frame:
    """Opens the panel by its button."""
    page.get_by_role("button", name=name).click()
    return frame(page)


def frame(page: Page) -> Frame:
    expect(page.locator("iframe")).to_be_visible()
    found = page.locator("iframe").element_handle().content_frame()
    assert found
    # A frame is there before its page is.
    found.wait_for_selector("#home", state="attached")
    return found


def write(page: Page, chat: Frame, text: str) -> None:
    chat.get_by_label("Write a message").fill(text)
    page.keyboard.press("Enter")


def newest(server: Live) -> str:
    """The session that was opened last."""
    with server.house.world.store.read() as tx:
        return str(tx.all(select(t.session.c.id).order_by(t.session.c.id.desc()).limit(1))[0].id)


def test_nothing_is_fetched_before_it_is_opened(server: Live, desktop: Page) -> None:
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    desktop.goto(server.shop())
    expect(desktop.get_by_role("button", name="Chat with us")).to_be_visible()
    desktop.wait_for_load_state("networkidle")
    assert [url for url in asked if "favicon" not in url] == [server.shop(), f"{server.base}/widget.js"]


def test_a_visitor_writes_and_is_answered(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    chat = panel(desktop)
    assert_axe_clean(chat)
    shot(desktop, "widget-home")
    chat.get_by_role("button", name="Chat with us").click()
    expect(chat.get_by_text("Write to us.")).to_be_visible()
    shot(desktop, "widget-empty")
    write(desktop, chat, "Is my seat by the window?")
    expect(chat.locator(".state")).to_have_text("Sent")
    session = newest(server)
    server.accept(session)
    server.say(session, "It is.")
    expect(chat.get_by_text("Ada has joined")).to_be_visible()
    expect(chat.get_by_role("log").get_by_text("It is.")).to_be_visible()
    assert_axe_clean(chat)
    shot(desktop, "widget-thread")
    desktop.reload()
    expect(panel(desktop).get_by_role("log").get_by_text("It is.")).to_be_visible()
    assert server.texts(session) == ["Is my seat by the window?", "It is."]


def test_one_history_with_the_text_and_the_app(server: Live, desktop: Page) -> None:
    sent = server.link(to={"phone": "+12025550911", "user_id": "one-history"})
    desktop.goto(server.shop())
    desktop.evaluate("token => Samethread('identify', token)", identity(server, "one-history", name="Mara"))
    chat = panel(desktop)
    expect(chat.get_by_role("log").get_by_text("flight MA 204 now leaves")).to_be_visible()
    expect(chat.get_by_role("log").get_by_text("the link in your text")).to_be_visible()
    assert "{link" not in chat.content().split("<script")[0]
    chat.get_by_role("button", name="Back").click()
    expect(chat.get_by_role("heading", name="Hello Mara")).to_be_visible()
    assert newest(server) == sent.session


def test_a_callback_is_promised_and_kept(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    desktop.evaluate("token => Samethread('identify', token)", identity(server, "caller"))
    desktop.evaluate("Samethread('callback', {topic: 'Seats'})")
    chat = frame(desktop)
    expect(chat.get_by_role("heading", name="Call me back")).to_be_visible()
    assert_axe_clean(chat)
    shot(desktop, "widget-callback")
    chat.get_by_role("button", name="Call me back").click()
    expect(chat.get_by_label("Your phone number")).to_be_focused()
    expect(chat.get_by_text("Enter a number with its country code")).to_be_visible()
    chat.get_by_label("Your phone number").fill("+1 202 555 0144")
    chat.get_by_role("button", name="Call me back").click()
    expect(chat.get_by_role("log").get_by_text("We will call you")).to_be_visible()
    session = newest(server)
    owed = [one for one in callbacks.listed(server.house.world, server.house.key) if one["session"] == session]
    assert [one["topic"] for one in owed] == ["Seats"]
    callbacks.done(server.house.world, server.house.ada, owed[0]["id"], "reached", "kept")
    expect(chat.get_by_role("log").get_by_text("We called you as promised.")).to_be_visible()


def test_the_page_learns_what_happens_and_the_unread_count(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    write(desktop, chat, "Hello?")
    expect(chat.locator(".state")).to_have_text("Sent")
    desktop.keyboard.press("Escape")
    expect(desktop.locator("iframe")).to_be_hidden()
    expect(desktop.get_by_role("button", name="Chat with us")).to_be_focused()
    session = newest(server)
    server.accept(session)
    server.say(session, "Hello!")
    expect(desktop.get_by_role("button", name="Chat with us (1)")).to_be_visible()
    said = desktop.evaluate("said")
    assert [name for name, _ in said if name in ("ready", "open", "close")] == ["open", "ready", "close"]
    assert ["unread", 1] in said
    assert ["message", {"text": "Hello!", "name": "Ada"}] in said
    shot(desktop, "widget-unread")
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    desktop.reload()
    expect(desktop.get_by_role("button", name="Chat with us (1)")).to_be_visible()
    polls = [one for one in asked if "/embed/" in one]
    assert polls == [f"POST {server.base}/embed/{server.house.site.key}/unread"]
    expect(panel(desktop, "Chat with us (1)").get_by_role("log").get_by_text("Hello!")).to_be_visible()
    expect(desktop.locator("iframe")).to_be_visible()
    expect(desktop.get_by_role("button", name="Close the chat")).to_be_visible()
    assert ["unread", 0] in desktop.evaluate("said")


def test_logging_out_leaves_nothing_for_the_next(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    desktop.evaluate("token => Samethread('identify', token)", identity(server, "leaver", name="Lea"))
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    write(desktop, chat, "My secret")
    expect(chat.locator(".state")).to_have_text("Sent")
    chat.get_by_label("Write a message").fill("half a thought")
    desktop.evaluate("Samethread('logout')")
    expect(chat.get_by_role("heading", name="Hello", exact=True)).to_be_visible()
    assert "My secret" not in chat.content()
    assert "half a thought" not in chat.content()
    assert chat.evaluate("JSON.stringify(localStorage)") == "{}"
    desktop.reload()
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    expect(chat.get_by_text("Write to us.")).to_be_visible()
    expect(chat.get_by_label("Write a message")).to_have_value("")


def test_what_is_written_during_the_sign_in_is_the_customers_own(server: Live, desktop: Page) -> None:
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    desktop.route("**/sign-in", hold)
    desktop.goto(server.shop())
    desktop.evaluate("token => Samethread('identify', token)", identity(server, "early", name="Eve"))
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    write(desktop, chat, "too early")
    expect(chat.get_by_text("Sending")).to_be_visible()
    waiting[0].continue_()
    expect(chat.locator(".state")).to_have_text("Sent")
    expect(chat.get_by_role("log").get_by_text("too early")).to_have_count(1)
    write(desktop, chat, "and again")
    expect(chat.locator(".state")).to_have_text("Sent")
    assert server.texts(newest(server)) == ["too early", "and again"]


def test_a_wrong_token_is_reported_and_the_visitor_can_still_write(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    desktop.evaluate("Samethread('identify', 'nonsense')")
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    expect(chat.get_by_text("Write to us.")).to_be_visible()
    desktop.wait_for_function("said.some(([name]) => name == 'error')")


@pytest.mark.parametrize("broken", ["socket", "socket and stream"])
def test_messages_come_over_whatever_way_is_left(server: Live, chromium: Chromium, broken: str) -> None:
    if "stream" in broken:
        server.shut.add("stream")
    with chromium.desktop() as page:
        page.add_init_script(NO_SOCKETS)
        page.goto(server.shop())
        chat = panel(page)
        chat.get_by_role("button", name="Chat with us").click()
        write(page, chat, "Which way?")
        expect(chat.locator(".state")).to_have_text("Sent")
        session = newest(server)
        server.accept(session)
        server.say(session, "This way.")
        expect(chat.get_by_role("log").get_by_text("This way.")).to_be_visible(timeout=20_000)
        server.say(session, "And once more.")
        expect(chat.get_by_role("log").get_by_text("And once more.")).to_be_visible(timeout=20_000)
        expect(chat.get_by_role("log").get_by_text("This way.")).to_have_count(1)


def test_a_lost_network_is_said_and_made_good(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    write(desktop, chat, "before")
    expect(chat.locator(".state")).to_have_text("Sent")
    desktop.context.set_offline(True)
    expect(chat.get_by_text("You are offline.")).to_be_visible()
    write(desktop, chat, "meanwhile")
    expect(chat.get_by_text("Sending")).to_be_visible()
    shot(desktop, "widget-offline")
    session = newest(server)
    server.accept(session)
    server.say(session, "from here")
    desktop.context.set_offline(False)
    expect(chat.get_by_role("log").get_by_text("from here")).to_be_visible(timeout=20_000)
    expect(chat.get_by_text("You are offline.")).to_be_hidden()
    expect(chat.get_by_text("Sending")).to_be_hidden(timeout=20_000)
    assert server.texts(session) == ["before", "from here", "meanwhile"]


def test_what_the_app_knows_travels_along(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    desktop.evaluate("Samethread('context', {page: 'seats'}); Samethread('track', 'seat_looked_at', {seat: '2A'})")
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    write(desktop, chat, "Is it free?")
    expect(chat.locator(".state")).to_have_text("Sent")
    desktop.evaluate("Samethread('context', {page: 'meals'})")
    session = newest(server)
    server.accept(session)
    server.say(session, "It is.")
    expect(chat.get_by_role("log").get_by_text("It is.")).to_be_visible()
    wanted = [
        ("custom.context", {"page": "seats"}),
        ("custom.seat_looked_at", {"seat": "2A"}),
        ("custom.context", {"page": "meals"}),
    ]
    told: list[tuple[str, Any]] = []
    for _ in range(100):
        told = [(one["kind"], one["body"]) for one in server.house.events(session)]
        if all(one in told for one in wanted):
            break
        desktop.wait_for_timeout(50)
    else:
        pytest.fail(f"not told: {told}")


def test_after_a_closed_session_the_next_message_opens_one_that_knows_it(server: Live, desktop: Page) -> None:
    desktop.goto(server.shop())
    chat = panel(desktop)
    chat.get_by_role("button", name="Chat with us").click()
    write(desktop, chat, "first matter")
    expect(chat.locator(".state")).to_have_text("Sent")
    before = newest(server)
    server.accept(before)
    desk.close(server.house.world, server.house.ada, before, "resolved", server.epoch(before), "close")
    expect(chat.get_by_text("This conversation is closed.")).to_be_visible()
    write(desktop, chat, "second matter")
    expect(chat.locator(".state")).to_have_text("Sent")
    after = newest(server)
    assert after != before
    assert sessions.get(server.house.world, server.house.key, after)["previous"] == before
    server.accept(after)
    server.say(after, "again here")
    expect(chat.get_by_role("log").get_by_text("again here")).to_be_visible()
    order = [chat.get_by_role("log").inner_text().index(text) for text in ("first", "closed", "second", "again here")]
    assert order == sorted(order)


def test_on_a_phone_it_fills_the_screen(server: Live, phone: Page) -> None:
    phone.goto(server.shop())
    chat = panel(phone)
    chat.get_by_role("button", name="Chat with us").click()
    box = phone.locator("iframe").bounding_box()
    assert box
    assert (box["x"], box["y"]) == (0, 0)
    assert box["width"] == phone.evaluate("innerWidth")
    assert_axe_clean(chat)
    shot(phone, "widget-phone")
    chat.get_by_role("button", name="Close").click()
    expect(phone.locator("iframe")).to_be_hidden()


@pytest.mark.parametrize(("lang", "open_word"), [("de", "Chatten Sie mit uns"), ("ar", "تحدث معنا")])
def test_speaks_the_pages_language(server: Live, desktop: Page, lang: str, open_word: str) -> None:
    desktop.goto(server.shop(lang))
    chat = panel(desktop, open_word)
    assert chat.evaluate("document.documentElement.lang") == lang
    assert_axe_clean(chat)
    shot(desktop, f"widget-{lang}")


def test_a_native_app_speaks_to_the_panel_itself(server: Live, phone: Page) -> None:
    phone.add_init_script(
        "window.told = []; window.ReactNativeWebView = {postMessage: text => told.push(JSON.parse(text))}"
    )
    phone.goto(f"{server.base}/embed/{server.house.site.key}")
    phone.wait_for_function("told.some(one => one.name == 'ready')")
    phone.evaluate("token => Samethread('identify', token)", identity(server, "native", name="Nia"))
    expect(phone.get_by_role("heading", name="Hello Nia")).to_be_visible()
    phone.get_by_role("button", name="Close").click()
    phone.wait_for_function("told.some(one => one.name == 'close')")


def test_another_sites_page_cannot_frame_it(server: Live, chromium: Chromium) -> None:
    with chromium.desktop() as page:
        page.route("**/evil", lambda route: route.fulfill(body="<iframe></iframe>", content_type="text/html"))
        page.goto(f"{server.base}/evil")
        answer = page.request.get(f"{server.base}/embed/{server.house.site.key}")
        policy = answer.headers["content-security-policy"]
        assert f"frame-ancestors http://localhost:{server.port}" in policy
        assert "frame-ancestors *" not in policy
