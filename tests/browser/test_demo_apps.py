"""The demo's list of ready-made apps: each is sent to the phone from there, and a bill is paid at somebody else's."""

import re

from playwright.sync_api import Page, expect

from disposable import loading
from tests.support.acted import Actor, stories
from tests.support.browser import assert_axe_clean, shot
from tests.support.server import Demo
from widget_server.demo.facts import Passenger

NUMBER = Passenger().phone


def sent(page: Page, demo: Demo, app: str) -> None:
    page.goto(demo.url("/demo/apps"))
    page.locator(f"form[action='/demo/apps/{app}'] button").click()
    expect(page.get_by_role("status")).to_be_visible()


def links(actor: Actor, count: int) -> list[str]:
    """The links the phone got, oldest first, as soon as there are so many."""
    found: dict[str, str] = {}
    read = 0
    while len(found) < count:
        page = actor.ask("GET", f"/demo/phone/messages?number=%2B{NUMBER[1:]}&wait=20&after={read}")
        assert page["n"] > read, f"{len(found)} links came"
        read = page["n"]
        found |= {one["id"]: url[0] for one in page["messages"] if (url := re.search(r"\S+/l/\w+", one["text"]))}
    return list(found.values())


def test_each_app_is_sent_to_the_phone(fresh_demo: Demo, desktop: Page) -> None:
    names = sorted(loading.gallery())
    desktop.goto(fresh_demo.url("/demo/apps"))
    assert_axe_clean(desktop)
    shot(desktop, "demo-apps")
    for name in names:
        sent(desktop, fresh_demo, name)
    actor = Actor(desktop, fresh_demo, "survey", stories("survey")[0], phone=NUMBER)
    covers = set()
    for url in links(actor, len(names)):
        desktop.goto(url)
        covers.add(desktop.locator("h1").inner_text())
    assert len(covers) == len(names)


def test_a_bill_is_paid_on_another_page_and_comes_back_to_a_receipt(fresh_demo: Demo, phone: Page) -> None:
    sent(phone, fresh_demo, "pay-bill")
    actor = Actor(phone, fresh_demo, "pay-bill", stories("pay-bill")[0], phone=NUMBER)
    phone.goto(links(actor, 1)[0])
    actor.press(phone.locator("button[value=continue]").first)
    actor.on_pick("pay")
    actor.on_prove("Okafor")
    actor.on_prove("code")
    phone.locator("main a.go").click()
    expect(phone).to_have_url(re.compile(r"//localhost:\d+/demo/pay\?"))
    assert_axe_clean(phone)
    shot(phone, "demo-pay")
    phone.get_by_role("button").click()
    expect(phone.get_by_role("status")).to_be_visible()
    shot(phone, "demo-paid")
    phone.locator("main a").first.click()
    actor.press(phone.locator("button[value=returned]"))
    expect(phone.locator(".receipt")).to_contain_text("PAY-")
