"""Flows at the desk in a real browser: written, checked while one types, tried, saved and published, with a script or none."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support import live
from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.live import Live
from widget_server.actions import authoring, desk, flows, setup, trying
from widget_server.actions.access import Seat
from widget_server.actions.authoring import FLOW

PASSWORD = "correct horse battery"
TEA = """\
app: {name}
purpose: Your tea     # said to everybody
start: which
steps:
  which:
    ask: Which tea?
    choose:
      black: {{label: Black, next: done}}
      green: {{label: Green, next: done}}
  done: {{end: Thank you.}}
"""

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live.running(tmp_path_factory.mktemp("flows")) as running:
        world = running.house.world
        for name in ("sue", "sam"):
            email = f"{name}@meridian.example"
            setup.add_agent(world, running.house.site.id, email, name.title(), PASSWORD, "supervisor")
        yield running


@pytest.fixture(scope="module")
def seats(server: Live) -> dict[str, tuple[Seat, str]]:
    """Who sits there, each with a cookie."""
    world = server.house.world
    return {name: desk.sign_in(world, f"{name}@meridian.example", PASSWORD) for name in ("sue", "sam", "ada")}


@pytest.fixture
def sue(seats: dict[str, tuple[Seat, str]]) -> Seat:
    return seats["sue"][0]


@pytest.fixture
def open_page(server: Live, seats: dict[str, tuple[Seat, str]], chromium: Chromium) -> Iterator[Open]:
    """Opens a page below /desk/flows as somebody."""
    people: list[Any] = []

    def start(path: str = "", who: str = "sue", **options: Any) -> Page:
        person = chromium.desktop(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
        page: Page = person.__enter__()
        people.append(person)
        home = server.base.replace("http:", "https:")
        page.context.add_cookies([{"name": "__Host-desk", "value": seats[who][1], "url": home, "secure": True}])
        page.goto(f"{server.base}/desk/flows{path}")
        return page

    yield start
    for person in people:
        person.__exit__(None, None, None)


@pytest.fixture
def tea(server: Live, sue: Seat, request: pytest.FixtureRequest) -> str:
    """The name of a draft of this test's own."""
    name = re.sub(r"[^a-z]+", "-", request.node.name.lower())[:60].strip("-")
    authoring.begin(server.house.world, sue, name, {FLOW: TEA.format(name=name)})
    return name


def stored(server: Live, who: Seat, name: str) -> str:
    return authoring.texts(server.house.world, who, name).files[FLOW]


def replace(page: Page, old: str, new: str) -> None:
    page.fill("#text", page.input_value("#text").replace(old, new))


def verdict(page: Page) -> Locator:
    return page.locator("#verdict")


def overflows(page: Page) -> bool:
    found: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return found


# Writing


def test_a_mistake_stands_where_it_is_and_is_led_to(open_page: Open, tea: str) -> None:
    page = open_page(f"/{tea}")
    expect(verdict(page)).to_have_text("Nothing to mend")
    replace(page, "next: done}", "next: dome}")
    expect(verdict(page)).to_have_text(re.compile(r"\d things? to mend"))
    expect(page.locator(".lines .wrong").first).to_have_text("8")
    expect(page.locator(".behind em").first).to_contain_text("dome")
    assert_axe_clean(page)
    shot(page, "flows-mistake")
    page.locator("#mistakes button").first.click()
    expect(page.locator("#text")).to_be_focused()
    chosen = page.evaluate("getSelection().toString() || text.value.slice(text.selectionStart, text.selectionEnd)")
    assert "black:" in chosen
    replace(page, "dome", "done")
    expect(verdict(page)).to_have_text("Nothing to mend")
    expect(page.locator(".lines .wrong")).to_have_count(0)


def test_written_and_saved_from_the_keyboard(server: Live, open_page: Open, sue: Seat, tea: str) -> None:
    page = open_page(f"/{tea}")
    page.focus("#text")
    page.keyboard.press("Control+End")
    page.keyboard.type("rules:\n")
    page.keyboard.type("- {when: stuck >= 3, handover: {team: anyone, why: Stuck}}")
    assert page.input_value("#text").endswith("rules:\n  - {when: stuck >= 3, handover: {team: anyone, why: Stuck}}")
    expect(page.locator("#saved")).to_have_text("Not saved yet")
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_have_text("Saved")
    assert "rules:\n  - {when" in stored(server, sue, tea)
    page.keyboard.press("Control+[")
    assert page.input_value("#text").endswith("rules:\n- {when: stuck >= 3, handover: {team: anyone, why: Stuck}}")
    page.keyboard.press("Control+z")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save draft")).to_be_focused()


def test_what_was_not_saved_outlives_the_page(open_page: Open, server: Live, sue: Seat, tea: str) -> None:
    page = open_page(f"/{tea}")
    page.on("dialog", lambda asked: asked.accept())
    replace(page, "Thank you", "Enjoy it")
    expect(page.locator("#saved")).to_have_text("Not saved yet")
    page.reload()
    expect(page.locator("#saved")).to_have_text("What you had not saved is here again.")
    assert "Enjoy it" in page.input_value("#text")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert "Enjoy it" in stored(server, sue, tea)


def test_who_saves_second_sees_both_and_loses_nothing(open_page: Open, server: Live, sue: Seat, tea: str) -> None:
    first, second = open_page(f"/{tea}"), open_page(f"/{tea}", who="sam")
    replace(first, "Black", "Dark")
    first.keyboard.press("Control+s")
    expect(first.locator("#saved")).to_have_text("Saved")
    replace(second, "Thank you", "Enjoy it")
    second.get_by_role("button", name="Save draft").click()
    expect(second.get_by_role("alert")).to_contain_text("sue@meridian.example")
    expect(second.locator(".changes .plus")).to_contain_text(["Black", "Enjoy it"])
    assert "Enjoy it" in second.input_value("#text")
    assert_axe_clean(second)
    shot(second, "flows-overtaken")
    second.get_by_role("button", name="Save mine over it").click()
    expect(second.locator("#saved")).to_have_text("Saved")
    assert "Enjoy it" in stored(server, sue, tea)


def test_a_cut_line_loses_nothing(open_page: Open, tea: str) -> None:
    page = open_page(f"/{tea}")
    expect(page.locator(".lines")).to_contain_text("1")
    page.context.set_offline(True)
    replace(page, "Thank you", "Enjoy it")
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_contain_text("No connection")
    page.context.set_offline(False)
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_have_text("Saved")


def test_a_translation_says_what_it_lacks(open_page: Open, tea: str) -> None:
    page = open_page(f"/{tea}")
    page.get_by_label("Language code").fill("de")
    page.get_by_role("button", name="Translate").click()
    expect(page.get_by_role("link", name="German")).to_have_attribute("aria-current", "page")
    page.fill("#text", "steps:\n  which: {ask: Welcher Tee?}\n")
    expect(page.locator("#lacking")).to_contain_text("steps.done.end")
    expect(page.locator("#locale")).to_have_value("de")
    page.locator(".try").scroll_into_view_if_needed()
    expect(page.frame_locator('.pane[data-face="web"] iframe').get_by_text("Welcher Tee?")).to_be_visible()
    assert_axe_clean(page)
    page.keyboard.press("Control+s")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.reload()
    expect(page.get_by_role("link", name="German")).to_contain_text(re.compile(r"\d"))


# Trying


def test_it_is_tried_on_all_five_while_it_is_written(open_page: Open, tea: str) -> None:
    page = open_page(f"/{tea}")
    page.locator(".try").scroll_into_view_if_needed()
    web = page.frame_locator('.pane[data-face="web"] iframe')
    web.get_by_role("button", name="Green").click()
    expect(web.get_by_text("Thank you.")).to_be_visible()
    page.locator('.pane[data-face="voice"] [data-key="1"]').click()
    expect(page.locator('.pane[data-face="voice"] .talk')).to_contain_text("Thank you.")
    expect(page.locator(".pane:visible")).to_have_count(5)
    replace(page, "Thank you", "Enjoy it")
    expect(web.get_by_text("Enjoy it.")).to_be_visible()
    replace(page, "start: which", "start: witch")
    expect(page.locator("#trying")).to_contain_text("nothing in the flow is left to mend")
    expect(page.locator('.pane[data-face="web"]')).to_have_attribute("inert", "")


def test_agents_try_and_save_nothing(open_page: Open, server: Live, sue: Seat, tea: str) -> None:
    page = open_page(f"/{tea}", who="ada")
    expect(page.get_by_role("button", name="Save draft")).to_have_count(0)
    replace(page, "Thank you", "Enjoy it")
    expect(verdict(page)).to_have_text("Nothing to mend")
    page.keyboard.press("Control+s")
    page.locator(".try").scroll_into_view_if_needed()
    expect(page.locator('.pane[data-face="ussd"] .dial')).to_contain_text("Which tea?")
    assert "Thank you" in stored(server, sue, tea)


# From the gallery to the history


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_a_ready_made_flow_to_a_published_one(open_page: Open, server: Live, sue: Seat, script: bool) -> None:
    name = "address-here" if script else "address-plain"
    page = open_page(java_script_enabled=script)
    page.get_by_role("link", name="Begin from address-change").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.fill("#text", page.input_value("#text").replace("start: ", "start: zz", 1))
    page.get_by_role("button", name="Check").click()
    expect(verdict(page)).to_contain_text("to mend")
    page.fill("#text", page.input_value("#text").replace("start: zz", "# ours\nstart: ", 1))
    page.get_by_role("button", name="Save draft").click()
    if script:
        expect(page.locator("#saved")).to_have_text("Saved")
    page.get_by_role("link", name="Publish…").click()
    expect(page.get_by_text("all of it is new")).to_be_visible()
    expect(page.get_by_text("went as written")).to_be_visible()
    page.get_by_label("Note").fill("Our own")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("New links open this version.")).to_be_visible()
    expect(page.locator(".history").first).to_contain_text("Our own")
    assert flows.version(server.house.world, sue.site, name).app == name
    assert "# ours" in stored(server, sue, name)
    page.get_by_label("Note").fill("Not yet")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".history").first).to_contain_text("Not yet")
    page.get_by_role("button", name="Bring back as draft").first.click()
    expect(page.locator(".of")).to_contain_text("Draft")


# How it looks


@pytest.fixture(scope="module")
def furnished(server: Live, seats: dict[str, tuple[Seat, str]]) -> str:
    """A flow with two versions, a draft, a translation, and people in it."""
    world, sue = server.house.world, seats["sue"][0]
    for number, texts in enumerate((["2", "1", "2"], ["1"], ["9", "2"], ["2"], [])):
        phone = f"+1202555{3000 + number}"
        server.house.notify(to={"phone": phone})
        for text in texts:
            server.house.text(text, sender=phone)
    held = authoring.texts(world, sue, "flight-delay")
    text = held.files[FLOW]
    authoring.save(world, sue, "flight-delay", FLOW, text.replace("Your seat is kept", "You keep it"), held.mark(FLOW))
    trying.publish(world, sue, "flight-delay", "Shorter", authoring.texts(world, sue, "flight-delay").digest)
    held = authoring.texts(world, sue, "flight-delay")
    authoring.save(world, sue, "flight-delay", FLOW, f"# Mind the gap\n{text}", held.mark(FLOW))
    return "flight-delay"


@pytest.mark.parametrize(
    "look",
    [
        {"viewport": {"width": 320, "height": 640}},
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}, "locale": "ar"},
        {"viewport": {"width": 1440, "height": 900}},
    ],
    ids=["small", "dark", "arabic", "wide"],
)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    open_page: Open, furnished: str, look: dict[str, Any], request: pytest.FixtureRequest, server: Live
) -> None:
    page = open_page(**look)
    rooms = ("", f"/{furnished}", *(f"/{furnished}/{one}" for one in ("publish", "versions", "figures", "channels")))
    for room in rooms:
        page.goto(f"{server.base}/desk/flows{room}")
        if room == f"/{furnished}":
            page.locator(".try").scroll_into_view_if_needed()
            expect(page.locator('.pane[data-face="sms"] .talk p').first).to_be_visible()
        assert_axe_clean(page)
        assert not overflows(page), f"{room} scrolls sideways"
        shot(page, f"flows{room.replace('/', '-')}-{request.node.callspec.id}")


def test_the_desk_leads_there(open_page: Open, server: Live) -> None:
    page = open_page()
    page.goto(f"{server.base}/desk")
    page.get_by_role("link", name="Flows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Flows")
