"""The desk in a real browser: what waits appears by itself, nothing typed is lost, nothing is drawn twice."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import live
from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.live import Live
from widget_server.actions import callbacks, desk
from widget_server.store import outbox

SAMPLES = Path(__file__).resolve().parents[1] / "server" / "samples"
NO_SOCKETS = """window.WebSocket = class { constructor() { setTimeout(() => this.onclose()) } close() {} send() {} }"""
PASSWORD = "correct horse battery"

phones = (f"+120255502{n:02d}" for n in itertools.count())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live.running(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture(scope="module")
def seat(server: Live) -> str:
    """Ada's cookie: logging in is tested once, and limited."""
    return desk.sign_in(server.house.world, "ada@meridian.example", PASSWORD)[1]


Open = Callable[..., Page]


@pytest.fixture
def open_desk(server: Live, seat: str, chromium: Chromium) -> Iterator[Open]:
    """Opens the desk as Ada: `path` is what follows /desk, the rest are options of the browser's context."""
    people: list[Any] = []

    def start(path: str = "", script: str = "", **options: Any) -> Page:
        person = chromium.desktop(**{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options})
        page: Page = person.__enter__()
        people.append(person)
        # A __Host- cookie is for secure addresses; Chromium counts this machine's own server as one, but only in its answers.
        home = server.base.replace("http:", "https:")
        page.context.add_cookies([{"name": "__Host-desk", "value": seat, "url": home, "secure": True}])
        if script:
            page.add_init_script(script)
        page.goto(f"{server.base}/desk{path}")
        return page

    yield start
    for person in people:
        person.__exit__(None, None, None)


def handed_over(server: Live) -> tuple[str, str]:
    """A passenger who texted their way to business class: (session, phone)."""
    phone = next(phones)
    session = server.house.notify(to={"phone": phone})["session"]
    for words in ("2", "1", "2"):
        server.house.text(words, sender=phone)
    return session, phone


def mine(server: Live) -> tuple[str, str]:
    session, phone = handed_over(server)
    server.accept(session)
    return session, phone


def reply(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.keyboard.press("Enter")


def log(page: Page) -> Any:
    return page.locator("#log")


@contextmanager
def posts(page: Page, act: Callable[[Route], None]) -> Iterator[None]:
    """Meanwhile every message the page writes goes through `act`."""

    def chosen(route: Route) -> None:
        wrote = route.request.method == "POST" and '"message"' in (route.request.post_data or "")
        act(route) if wrote else route.continue_()

    page.route("**/v1/sessions/*/events", chosen)
    yield
    page.unroute("**/v1/sessions/*/events")


# The door


def test_logging_in(server: Live, desktop: Page) -> None:
    desktop.goto(f"{server.base}/desk")
    expect(desktop).to_have_url(f"{server.base}/desk/login")
    expect(desktop.get_by_label("E-mail")).to_be_focused()
    assert_axe_clean(desktop)
    shot(desktop, "desk-login")
    desktop.get_by_label("E-mail").fill("ben@meridian.example")
    desktop.get_by_label("Password").fill("wrong")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    expect(desktop.get_by_label("E-mail")).to_have_value("ben@meridian.example")
    assert_axe_clean(desktop)
    desktop.get_by_label("Password").fill(PASSWORD)
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_text("Nobody is waiting")).to_be_visible()
    expect(desktop.locator("#line")).to_have_text("Live")
    assert_axe_clean(desktop)
    shot(desktop, "desk-empty")
    desktop.get_by_role("button", name="Log out").click()
    expect(desktop).to_have_url(f"{server.base}/desk/login")


# Waiting and accepting


def test_who_waits_appears_at_once_with_all_that_is_known(server: Live, open_desk: Open) -> None:
    page = open_desk()
    expect(page.locator("#line")).to_have_text("Live")
    session, phone = handed_over(server)
    row = page.locator(f"a.row[href='#/s/{session}']")
    expect(row).to_contain_text("Business class on MA 210")
    expect(row).to_contain_text(phone)
    expect(row).to_contain_text("Texted us, not verified")
    expect(row.locator(".wait")).to_have_text(re.compile(r"\ds$"))
    expect(page.locator("[data-count=waiting]")).not_to_be_empty()
    assert_axe_clean(page)
    shot(page, "desk-waiting")


def test_from_the_keyboard_alone(server: Live, open_desk: Open) -> None:
    session, phone = handed_over(server)
    page = open_desk()
    expect(page.locator(f"a.row[href='#/s/{session}']")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(phone)
    expect(page.locator("a.row")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).not_to_be_focused()
    page.fill("#search", phone)
    page.locator("#search").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=phone)).to_be_focused()
    expect(page.locator(".card.next")).to_contain_text("Accept the conversation.")
    page.keyboard.press("a")
    expect(page.get_by_label("Reply", exact=True).last).to_be_focused()
    page.keyboard.type("Hello, I am Ada.")
    page.keyboard.press("Enter")
    expect(log(page).locator(".say.ours").last).to_contain_text("Hello, I am Ada.")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("Fares looked up")
    page.keyboard.press("Enter")
    expect(log(page).locator(".memo")).to_contain_text("Fares looked up")
    assert server.texts(session)[-1] == "Hello, I am Ada."
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert_axe_clean(page)
    page.get_by_label("One-letter keys are on").uncheck()
    page.get_by_role("button", name="Done").click()
    page.keyboard.press("2")
    expect(page.locator("#queue-title")).to_have_text("Mine")
    page.reload()
    expect(page.locator("#line")).to_have_text("Live")
    page.locator("body").press("3")
    expect(page.locator("#queue-title")).to_have_text("Waiting")


def test_both_sides_of_a_conversation_once_and_in_order(server: Live, open_desk: Open) -> None:
    session, phone = mine(server)
    page = open_desk(f"#/s/{session}")
    expect(page.locator("#goes")).to_contain_text(f"SMS {phone}")
    reply(page, "One")
    expect(log(page)).not_to_contain_text("Sending")
    server.house.text("Two", sender=phone)
    expect(log(page)).to_contain_text("Two")
    reply(page, "Three <img src=x onerror=alert(1)>")
    expect(log(page)).not_to_contain_text("Sending")
    server.house.text("Four https://evil.example", sender=phone)
    expect(log(page)).to_contain_text("Four")
    said = [
        text for text in log(page).locator(".say .bubble").all_inner_texts() if re.match("One|Two|Three|Four", text)
    ]
    assert said == ["One", "Two", "Three <img src=x onerror=alert(1)>", "Four https://evil.example"]
    assert log(page).locator("img, a[href^=http]").count() == 0


def test_the_pack_is_beside_it(server: Live, open_desk: Open) -> None:
    session, _ = mine(server)
    page = open_desk(f"#/s/{session}")
    pack = page.locator("#pack")
    for words in ("Flight MA 204 is late", "Business class on MA 210", "Which flight suits you?", "secret"):
        expect(pack).to_contain_text(words)
    expect(pack).not_to_contain_text("Lindqvist")
    expect(page.locator(".card.next")).to_contain_text("Answer: Business class on MA 210")
    assert_axe_clean(page)
    shot(page, "desk")


# What is written


def test_asking_for_what_was_given_is_said_and_not_forbidden(server: Live, open_desk: Open) -> None:
    session, phone = mine(server)
    page = open_desk(f"#/s/{session}")
    already = page.locator("#already")
    expect(page.locator("#pack")).to_contain_text("MA 204")
    for draft, words in [
        ("What is your flight number?", "MA 204"),
        ("Please tell me your last name", "given, kept secret"),
        ("May I have your phone number", phone),
        ("Which flight suits you?", "MA 210"),
    ]:
        page.fill("#text", draft)
        expect(already).to_contain_text(words)
    assert_axe_clean(page)
    shot(page, "desk-already")
    for draft in ("Your flight number is on the ticket.", "Is MA 204 your flight number?", "How are you?", ""):
        page.fill("#text", draft)
        expect(already).to_be_hidden()
    page.fill("#text", "What is your flight number?")
    page.get_by_role("button", name="Ask anyway").click()
    expect(already).to_be_hidden()
    page.locator("#send").click()
    expect(log(page)).to_contain_text("What is your flight number?")


def test_who_was_overtaken_keeps_the_words(server: Live, open_desk: Open) -> None:
    session, _ = mine(server)
    page = open_desk(f"#/s/{session}")
    expect(page.locator("#goes")).to_contain_text("SMS")

    def overtaken(route: Route) -> None:
        desk.accept(server.house.world, server.house.ben, session, server.epoch(session), "ben was faster")
        route.continue_()

    with posts(page, overtaken):
        reply(page, "I will book it for you.")
        expect(page.get_by_role("alert")).to_contain_text("Not sent: meanwhile this conversation went to Ben.")
    expect(page.locator("#text")).to_have_value("I will book it for you.")
    expect(page.locator("#goes")).to_contain_text("Ben has this conversation")
    expect(page.locator("#send")).to_be_disabled()
    assert "I will book it for you." not in server.texts(session)
    assert_axe_clean(page)
    shot(page, "desk-stale")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#send")).to_be_enabled()
    expect(page.locator("#text")).to_have_value("I will book it for you.")


def test_drafts_stay_with_their_session(server: Live, open_desk: Open) -> None:
    (one, _), (two, _) = mine(server), mine(server)
    page = open_desk(f"#/s/{one}")
    page.fill("#text", "For the first")
    page.get_by_role("tab", name="Note").click()
    page.fill("#text", "A note on the first")
    page.goto(f"{server.base}/desk#/s/{two}")
    expect(page.locator("#text")).to_have_value("")
    page.goto(f"{server.base}/desk#/s/{one}")
    page.reload()
    expect(page.locator("#text")).to_have_value("For the first")
    page.get_by_role("tab", name="Note").click()
    expect(page.locator("#text")).to_have_value("A note on the first")


def test_a_lost_network_is_said_and_loses_nothing(server: Live, open_desk: Open) -> None:
    session, phone = mine(server)
    page = open_desk(f"#/s/{session}")
    expect(page.locator("#line")).to_have_text("Live")
    expect(page.locator("#goes")).to_contain_text("SMS")
    page.context.set_offline(True)
    expect(page.locator("#line")).to_contain_text("Offline")
    reply(page, "Written in a tunnel")
    expect(log(page)).to_contain_text("Sending")
    server.house.text("Said meanwhile", sender=phone)
    shot(page, "desk-offline")
    page.context.set_offline(False)
    expect(log(page)).to_contain_text("Said meanwhile", timeout=20_000)
    expect(log(page)).not_to_contain_text("Sending", timeout=20_000)
    expect(log(page).get_by_text("Written in a tunnel")).to_have_count(1)
    assert server.texts(session).count("Written in a tunnel") == 1


def test_nothing_is_sent_before_it_is_known_who_may_write(server: Live, open_desk: Open) -> None:
    session, _ = mine(server)
    page = open_desk("")
    page.route(f"**/desk/api/sessions/{session}", lambda route: None)
    page.goto(f"{server.base}/desk#/s/{session}")
    page.fill("#text", "Too early")
    expect(page.locator("#send")).to_be_disabled()
    page.locator("#text").press("Enter")
    expect(page.locator("#text")).to_have_value("Too early")
    page.unroute(f"**/desk/api/sessions/{session}")
    page.reload()
    expect(page.locator("#text")).to_have_value("Too early")
    expect(page.locator("#send")).to_be_enabled()


def test_a_retry_whose_answer_was_lost_is_one_message(server: Live, open_desk: Open) -> None:
    session, _ = mine(server)
    page = open_desk(f"#/s/{session}")
    expect(page.locator("#goes")).to_contain_text("SMS")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    with posts(page, lose):
        reply(page, "Only once")
        expect(log(page)).not_to_contain_text("Sending", timeout=20_000)
    assert lost == [201]
    expect(log(page).get_by_text("Only once")).to_have_count(1)
    assert server.texts(session).count("Only once") == 1


def test_without_sockets_it_still_lives(server: Live, open_desk: Open) -> None:
    session, phone = mine(server)
    page = open_desk(f"#/s/{session}", NO_SOCKETS)
    expect(page.locator("#line")).to_have_text("Live", timeout=20_000)
    server.house.text("By another way", sender=phone)
    expect(log(page)).to_contain_text("By another way", timeout=20_000)
    other, _ = handed_over(server)
    expect(page.locator(f"a.row[href='#/s/{other}']")).to_be_visible(timeout=20_000)


# What an agent does with it


def test_transfer_return_and_close(server: Live, open_desk: Open) -> None:
    session, _ = mine(server)
    page = open_desk(f"#/s/{session}")
    page.get_by_role("button", name="Transfer").click()
    dialog = page.get_by_role("dialog", name="Transfer this conversation")
    dialog.get_by_label("To whom").select_option(label="Care")
    dialog.get_by_label("Why").fill("Knows about strollers")
    assert_axe_clean(page)
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog).to_be_hidden()
    expect(log(page)).to_contain_text("Knows about strollers")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Return to flow").click()
    dialog = page.get_by_role("dialog", name="Return to the flow?")
    expect(dialog).to_contain_text("goes on with: Book")
    dialog.get_by_role("button", name="Return").click()
    expect(page.locator(".card.next")).to_contain_text("The automatic flow speaks with the customer.")
    page.get_by_role("button", name="Take over").click()
    page.get_by_role("button", name="Close", exact=True).click()
    dialog = page.get_by_role("dialog", name="Close this conversation")
    dialog.get_by_label("Rebooked").check()
    assert_axe_clean(page)
    dialog.get_by_role("button", name="Close").click()
    expect(log(page)).to_contain_text("closed the conversation")
    page.locator("body").press("5")
    expect(page.locator(f"a.row[href='#/s/{session}']")).to_contain_text("Rebooked")


def test_a_promised_call_is_shown_and_kept(server: Live, open_desk: Open) -> None:
    session, phone = mine(server)
    world = server.house.world
    callbacks.request(world, server.house.key, session, world.clock() + 1_200_000, None, "Window seat", "cb")
    page = open_desk(f"#/s/{session}")
    expect(page.locator("#pack")).to_contain_text(f": {phone}")
    page.locator("body").press("4")
    row = page.locator(".row.callback", has_text=phone)
    expect(row).to_contain_text("in 20 minutes")
    expect(row).to_contain_text("Window seat")
    assert_axe_clean(page)
    shot(page, "desk-callbacks")
    row.get_by_role("button", name="Done").click()
    dialog = page.get_by_role("dialog", name="How did the call go?")
    dialog.get_by_label("Left a message").check()
    dialog.get_by_role("button", name="Mark as done").click()
    expect(row).to_have_count(0)
    expect(log(page)).to_contain_text("Left a message")


@pytest.mark.parametrize(("status", "words"), [("failed", "Not delivered by SMS"), ("unknown", "Nobody knows whether")])
def test_a_lost_text_is_shown_and_sent_again(server: Live, open_desk: Open, status: str, words: str) -> None:
    session, _ = mine(server)
    server.house.pay()
    server.say(session, "Did you get this?")
    lose(server, session, status)
    page = open_desk(f"#/s/{session}")
    message = log(page).locator(".say", has_text="Did you get this?")
    expect(message).to_contain_text(words)
    expect(page.locator(".card.failed")).to_contain_text("did not arrive for sure")
    message.get_by_role("button", name="Send again").click()
    expect(page.locator(".toast")).to_contain_text("on its way again")


def lose(server: Live, session: str, status: str) -> None:
    """What was said last fails, or nobody can say whether it arrived."""
    from widget_server.actions import receipts  # noqa: PLC0415 -- only here

    with server.house.world.store.write() as tx:
        row = outbox.of_session(tx, session)[-1]
        receipts.record(tx, row, status, reason="not_reachable", permanent=status == "failed")


def test_the_customer_was_here_before(server: Live, open_desk: Open) -> None:
    session, phone = mine(server)
    desk.close(server.house.world, server.house.ada, session, "resolved", server.epoch(session), "close")
    server.house.text("Hello again", sender=phone)
    page = open_desk()
    page.locator("body").press("3")
    page.locator("a.row", has_text="Hello again").click()
    page.get_by_role("link", name="Open the earlier conversation").first.click()
    expect(page).to_have_url(re.compile(session))
    expect(log(page)).to_contain_text("closed the conversation")
    page.go_back()
    expect(log(page)).to_contain_text("Hello again")


def test_what_is_not_there_is_said(open_desk: Open) -> None:
    page = open_desk("#/s/00000000-0000-7000-8000-000000000000")
    expect(page.locator("#strip")).to_contain_text("There is no such conversation")


# How it looks


def all_kinds(session: str) -> str:
    """A page of events with one of every kind there is, as the server would answer."""
    events = []
    for seq, path in enumerate(sorted(SAMPLES.glob("*.json")), start=1):
        sample = json.loads(path.read_text(encoding="utf-8"))
        actor = {"kind": "agent" if sample["kind"] in ("note", "focus") else "customer", "id": "x", "name": "Somebody"}
        events.append(
            {
                "id": f"e{seq}",
                "key": f"k{seq}",
                "seq": seq,
                "session": session,
                "run": None,
                "epoch": 1,
                "kind": sample["kind"],
                "v": sample["v"],
                "body": sample["body"],
                "actor": actor,
                "channel": "web",
                "at": "2026-11-21T20:12:36.123Z",
            }
        )
    gone = {**events[0], "id": "gone", "seq": len(events) + 1, "key": "gone", "kind": "message", "body": None}
    new = {
        **gone,
        "id": "new",
        "seq": gone["seq"] + 1,
        "key": "new",
        "kind": "later.kind",
        "body": {"what": "a newer server's"},
    }
    return json.dumps({"events": [*events, gone, new], "seq": new["seq"]})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_of_event_is_drawn(server: Live, open_desk: Open, scheme: str) -> None:
    session, _ = mine(server)
    page = open_desk(color_scheme=scheme, viewport={"width": 1440, "height": 2400})
    page.route(
        "**/v1/sessions/*/events?after=0*",
        lambda route: route.fulfill(body=all_kinds(session), content_type="application/json"),
    )
    page.goto(f"{server.base}/desk#/s/{session}")
    expect(log(page)).to_contain_text("a newer server's")
    assert not re.search(r"desk\.[a-z]+\.|\{\w+\}|undefined|\[object", log(page).inner_text())
    assert_axe_clean(page)
    shot(page, f"desk-kinds-{scheme}")


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_it_is_one_pane_at_a_time(server: Live, open_desk: Open, width: int) -> None:
    session, phone = mine(server)
    page = open_desk(viewport={"width": width, "height": 700}, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="Mine").click()
    assert_axe_clean(page)
    shot(page, f"desk-list-{width}")
    page.locator(f"a.row[href='#/s/{session}']").tap()
    expect(page.get_by_role("heading", name=phone)).to_be_visible()
    expect(page.locator("#rows")).to_be_hidden()
    assert_axe_clean(page)
    shot(page, f"desk-talk-{width}")
    for pane in ("talk", "pack"):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), pane
        assert page.evaluate(SMALL) == [], pane
        if pane == "talk":
            page.get_by_role("button", name="Context", exact=True).tap()
            expect(page.locator("#pack")).to_be_in_viewport()
            assert_axe_clean(page)
    page.get_by_role("button", name="Hide the context").tap()
    page.get_by_role("button", name="Back to the list").tap()
    expect(page.locator("#rows")).to_be_visible()


SMALL = """[...document.querySelectorAll("button, input, select, textarea, a.row")].filter(one => one.checkVisibility()
  && one.offsetParent && one.getBoundingClientRect().height < 43.5).map(one => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize(("locale", "way", "word"), [("de-DE", "ltr", "Wartend"), ("ar", "rtl", "في الانتظار")])
def test_it_speaks_the_agents_language(server: Live, open_desk: Open, locale: str, way: str, word: str) -> None:
    session, _ = mine(server)
    page = open_desk(f"#/s/{session}", locale=locale)
    expect(page.locator("#queue-title")).to_have_text(word)
    expect(log(page).locator(".fact").first).to_be_visible()
    assert page.evaluate("document.documentElement.dir") == way
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_axe_clean(page)
    shot(page, f"desk-{locale[:2]}")


def test_with_text_twice_as_large_nothing_is_lost(server: Live, open_desk: Open) -> None:
    session, _ = mine(server)
    page = open_desk(viewport={"width": 1280, "height": 900})
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    page.goto(f"{server.base}/desk#/s/{session}")
    expect(page.locator("#send")).to_be_in_viewport()
    expect(log(page).locator(".say").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_axe_clean(page)
    shot(page, "desk-large-text")
