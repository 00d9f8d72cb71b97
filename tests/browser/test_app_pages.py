"""Disposable apps in a real browser: on one page with scripts, by plain forms without, by keyboard, offline, in the dark."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support import live
from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.live import Live
from tests.support.pages import Sent
from widget_server.actions import desk


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live.running(tmp_path_factory.mktemp("apps")) as running:
        yield running


@pytest.fixture
def sent(server: Live, request: pytest.FixtureRequest) -> Sent:
    """A link of a customer of the test's own."""
    digits = abs(hash(request.node.name)) % 10_000_000
    return server.link(to={"phone": f"+1202{digits:07d}"})


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def to_chat(page: Page, server: Live, sent: Sent) -> None:
    page.goto(server.base + sent.path)
    button(page, "Continue")
    button(page, "Change flight")
    page.get_by_label("MA 214").check()
    button(page, "Continue")
    button(page, "Upgrade to business")
    expect(page.get_by_role("heading", name="Chat with Meridian Air")).to_be_visible()


def to_live_chat(page: Page, server: Live, sent: Sent) -> None:
    to_chat(page, server, sent)
    expect(page.locator("main.live")).to_be_visible()


class TestWithScripts:
    def test_the_whole_way_on_one_page(self, server: Live, sent: Sent, phone: Page) -> None:
        phone.goto(server.base + sent.path)
        assert_axe_clean(phone)
        shot(phone, "cover")
        button(phone, "Continue")
        expect(phone.get_by_text("Your flight now leaves")).to_be_visible()
        phone.evaluate("window.marked = 1")
        assert_axe_clean(phone)
        shot(phone, "step")
        button(phone, "Change flight")
        expect(phone.get_by_role("heading", name="Which flight suits you?")).to_be_focused()
        button(phone, "Continue")
        expect(phone.get_by_role("alert")).to_be_focused()
        assert_axe_clean(phone)
        shot(phone, "step-mistake")
        phone.get_by_role("alert").get_by_role("link").click()
        expect(phone.get_by_label("MA 210")).to_be_focused()
        phone.get_by_label("MA 214").check()
        button(phone, "Continue")
        button(phone, "Upgrade to business")
        expect(phone.locator("main.live").get_by_text("You are in line.")).to_be_visible()
        server.accept(sent.session)
        expect(phone.get_by_text("Ada has joined")).to_be_visible()
        server.say(sent.session, "Two seats are left.")
        expect(phone.get_by_text("Two seats are left.")).to_be_visible()
        phone.get_by_label("Write a message").fill("One for me, please 😀\nThank you")
        phone.keyboard.press("Enter")
        expect(phone.locator(".state")).to_have_text("Sent")
        assert server.texts(sent.session)[-1] == "One for me, please 😀\nThank you"
        assert_axe_clean(phone)
        shot(phone, "chat")
        world, seat = server.house.world, server.house.ada
        desk.return_to_flow(world, seat, sent.session, server.epoch(sent.session), "back")
        expect(phone.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
        assert_axe_clean(phone)
        shot(phone, "verify")
        assert phone.evaluate("window.marked") == 1
        assert sent.code not in phone.url

    def test_back_and_forward_draw_what_stood_there(self, server: Live, sent: Sent, phone: Page) -> None:
        phone.goto(server.base + sent.path)
        button(phone, "Continue")
        button(phone, "Change flight")
        phone.get_by_label("MA 214").check()
        button(phone, "Continue")
        expect(phone.get_by_text("That is all")).to_be_visible()
        phone.go_back()
        expect(phone.get_by_label("MA 214")).to_be_checked()
        phone.go_forward()
        expect(phone.get_by_text("That is all")).to_be_visible()
        phone.reload()
        expect(phone.get_by_text("That is all")).to_be_visible()

    def test_offline_keeps_what_was_entered(self, server: Live, sent: Sent, phone: Page) -> None:
        phone.goto(server.base + sent.path)
        button(phone, "Continue")
        button(phone, "Change flight")
        phone.get_by_label("MA 214").check()
        phone.context.set_offline(True)
        button(phone, "Continue")
        expect(phone.get_by_text("You are offline. What you entered is still here")).to_be_visible()
        expect(phone.get_by_label("MA 214")).to_be_checked()
        phone.context.set_offline(False)
        button(phone, "Continue")
        expect(phone.get_by_text("That is all")).to_be_visible()

    def test_a_page_left_alone_never_acts(self, server: Live, sent: Sent, phone: Page) -> None:
        posts: list[str] = []
        phone.on("request", lambda request: posts.append(request.url) if request.method != "GET" else None)
        phone.clock.install()
        phone.goto(server.base + sent.path)
        phone.clock.fast_forward("24:00:00")
        assert not posts
        assert not phone.context.cookies()

    def test_messages_wait_while_offline_and_survive_a_reload(self, server: Live, sent: Sent, phone: Page) -> None:
        to_live_chat(phone, server, sent)
        phone.route("**/events", lambda route: route.abort())
        phone.get_by_label("Write a message").fill("first")
        phone.keyboard.press("Enter")
        phone.get_by_label("Write a message").fill("second")
        phone.keyboard.press("Enter")
        expect(phone.get_by_text("Sending")).to_have_count(2)
        phone.get_by_label("Write a message").fill("not sent yet")
        phone.reload()
        expect(phone.get_by_text("Sending")).to_have_count(2)
        expect(phone.get_by_label("Write a message")).to_have_value("not sent yet")
        phone.unroute("**/events")
        expect(phone.locator(".mine").last).to_contain_text("Sent", timeout=20_000)
        assert server.texts(sent.session)[-2:] == ["first", "second"]

    def test_shift_enter_makes_a_line_and_html_stays_text(self, server: Live, sent: Sent, phone: Page) -> None:
        to_live_chat(phone, server, sent)
        box = phone.get_by_label("Write a message")
        box.press_sequentially("<img src=x onerror=alert(1)>")
        box.press("Shift+Enter")
        box.press_sequentially("two")
        box.press("Enter")
        expect(phone.locator(".mine .bubble").last).to_have_text("<img src=x onerror=alert(1)>\ntwo")
        expect(phone.locator(".log img")).to_have_count(0)


class TestWithoutScripts:
    def test_every_step_and_the_chat_are_plain_forms(self, server: Live, sent: Sent, plain_phone: Page) -> None:
        to_chat(plain_phone, server, sent)
        expect(plain_phone.get_by_text("Without JavaScript")).to_be_visible()
        plain_phone.get_by_label("Write a message").fill("Hello?")
        button(plain_phone, "Send")
        expect(plain_phone.get_by_text("Hello?")).to_be_visible()
        server.accept(sent.session)
        server.say(sent.session, "Here I am.")
        plain_phone.get_by_role("link", name="Refresh").click()
        expect(plain_phone.get_by_text("Here I am.")).to_be_visible()
        shot(plain_phone, "chat-no-script")

    def test_a_second_phone_steps_up_by_a_code(
        self, server: Live, sent: Sent, chromium: Chromium, plain_phone: Page
    ) -> None:
        plain_phone.goto(server.base + sent.path)
        button(plain_phone, "Continue")
        button(plain_phone, "Change flight")
        with chromium.phone(java_script_enabled=False) as other:
            other.goto(server.base + sent.path)
            button(other, "Continue")
            expect(other.get_by_role("heading", name="Begun on another phone or browser")).to_be_visible()
            shot(other, "elsewhere")
            button(other, "Text me a code")
            other.get_by_label("Code").fill(server.code())
            button(other, "Continue")
            expect(other.get_by_role("heading", name="Which flight suits you?")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_fits_and_reads_at_every_width_and_by_night(
    server: Live, chromium: Chromium, scheme: str, width: int, sent: Sent
) -> None:
    size = {"width": width, "height": 720}
    with chromium.person(viewport=size, color_scheme=scheme) as page:
        page.goto(server.base + sent.path)
        fits(page)
        button(page, "Continue")
        button(page, "Change flight")
        button(page, "Continue")
        fits(page)
        shot(page, f"mistake-{width}-{scheme}")
        page.get_by_label("MA 210").check()
        button(page, "Continue")
        button(page, "Upgrade to business")
        expect(page.locator("main.live").get_by_text("You are in line.")).to_be_visible()
        fits(page)
        shot(page, f"chat-{width}-{scheme}")


def test_twice_the_text_size_still_fits(server: Live, chromium: Chromium, sent: Sent) -> None:
    with chromium.person(viewport={"width": 390, "height": 780}) as page:
        page.goto(server.base + sent.path)
        button(page, "Continue")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        fits(page)


def test_by_keyboard_alone(server: Live, chromium: Chromium, sent: Sent) -> None:
    with chromium.desktop() as page:
        page.goto(server.base + sent.path)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your flight now leaves")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Which flight suits you?")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("That is all")).to_be_visible()


def fits(page: Page) -> None:
    """Nothing to scroll sideways, every target large enough, axe content."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """[...document.querySelectorAll("button, a, input:not([type=hidden]), summary, textarea")]
        .map(one => one.closest("label") || one).filter(one => one.checkVisibility())
        .filter(one => !one.closest("p") && one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"""
    )
    assert not small
    assert_axe_clean(page)


def test_the_codes_address_is_nowhere_once_inside(server: Live, sent: Sent, phone: Page) -> None:
    phone.goto(server.base + sent.path)
    button(phone, "Continue")
    expect(phone.get_by_text("Your flight now leaves")).to_be_visible()
    assert re.fullmatch(r".*/a/[0-9A-Za-z]{11}(/\w+)?", phone.url)
    assert sent.code not in phone.content()
