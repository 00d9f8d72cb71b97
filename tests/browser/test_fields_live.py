"""Every kind of field in a real browser: one flow that holds them all, filled in with scripts and without."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from disposable import loading
from tests.support import live
from tests.support.browser import Chromium, assert_axe_clean, shot
from tests.support.live import Live
from tests.support.pages import Sent
from widget_server.actions import setup, slots

FLOW = """
app: everything
purpose: Everything a person can fill in
title: Your repair
text: "{{ site.name }}: about your repair, tap {{ link }} to go on"
verify: {ask: Your last name, against: person.last_name}
context:
  person: {last_name: secret}
  seats: [{name: text, row: text}]
example:
  person: {last_name: Lindqvist}
  seats: [{name: 1A, row: "1"}, {name: 1B, row: "1"}, {name: 2A, row: "2"}]
start: text
steps:
  text: {field: {kind: text, label: What is it about?}, next: long}
  long: {field: {kind: long, label: What happened?, hint: In a few words.}, next: name}
  name: {field: {kind: name, label: Your name}, next: email}
  email: {field: {kind: email, label: Your e-mail, optional: true}, next: phone}
  phone: {field: {kind: phone, label: Your phone}, next: number}
  number: {field: {kind: number, label: Meter reading, min: 0}, next: money}
  money: {field: {kind: money, currency: EUR, label: What did it cost?}, next: date}
  date: {field: {kind: date, label: Since when?, min: 2020-01-01}, next: time}
  time: {field: {kind: time, label: From when can we call?, min: "08:00"}, next: slot}
  slot: {ask: When can we come?, field: {kind: slot, calendar: technician}, next: seat}
  seat:
    ask: Which seat?
    field: {kind: choice, from: seats, label: "{{ item.name }}", group: "Row {{ item.row }}", look: grid}
    next: choices
  choices:
    ask: What is wrong?
    field: {kind: choices, options: {cold: Too cold, loud: Too loud, smell: It smells}, max: 2}
    next: yesno
  yesno: {ask: Is somebody at home?, field: {kind: yesno}, next: nps}
  nps: {ask: Would you recommend us?, field: {kind: scale, scale: nps}, next: stars}
  stars: {ask: How was it?, field: {kind: scale, scale: stars}, next: csat}
  csat: {ask: How satisfied are you?, field: {kind: scale, scale: csat}, next: address}
  address: {tier: 2, ask: Where do you live?, field: {kind: address}, next: photo}
  photo: {tier: 2, ask: Show us the damage, field: {kind: photo, max: 3}, next: file}
  file: {tier: 2, ask: Send us the bill, field: {kind: file, max: 1}, next: location}
  location: {tier: 3, ask: Where are you?, field: {kind: location, why: To find the nearest workshop.}, next: code}
  code: {tier: 3, ask: Is this your phone?, field: {kind: code}, next: consent}
  consent:
    tier: 3
    ask: The terms
    field: {kind: consent, terms: "We come once.\\nYou pay once.", label: I agree to them}
    next: sign
  sign: {tier: 3, ask: Please sign, field: {kind: signature}, next: review}
  review: {tier: 3, ask: Is this right?, review: {}, next: done}
  done: {end: Thank you.}
"""
FIRST_SIZE = """async () => {
    const [file] = [...document.querySelectorAll("input[type=file]")].at(-1).files
    const {width, height} = await createImageBitmap(file, {imageOrientation: "none"})
    return [width, height]
}"""
Fill = Callable[[Page, Live], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live.running(tmp_path_factory.mktemp("fields")) as running:
        house = running.house
        setup.publish(house.world, house.site.id, loading.load(FLOW))
        starts = house.clock() + 86_400_000 - house.clock() % 86_400_000
        slots.add(
            house.world, house.key, "technician", [slots.New(starts + at * 3_600_000, capacity=9) for at in (9, 10, 34)]
        )
        yield running


@pytest.fixture
def sent(server: Live, request: pytest.FixtureRequest) -> Sent:
    digits = abs(hash(request.node.name)) % 10_000_000
    values = loading.load(FLOW).example
    return server.link(to={"phone": f"+1202{digits:07d}"}, app="everything", context=values)


def go(page: Page) -> None:
    page.get_by_role("button", name="Continue", exact=True).click()


def label(name: str, value: str) -> Fill:
    return lambda page, _: page.get_by_label(name).fill(value)


def pick(*names: str) -> Fill:
    def picked(page: Page, _server: Live) -> None:
        for name in names:
            page.get_by_label(name, exact=True).first.check()

    return picked


def picture(width: int, height: int) -> bytes:
    """A photo as a phone held upright takes it: lying, with a note to turn it."""
    turned, out = Image.new("RGB", (width, height), "#c33"), io.BytesIO()
    notes = turned.getexif()
    notes[0x0112] = 6
    turned.save(out, "JPEG", exif=notes, quality=95)
    return out.getvalue()


def address(page: Page, _server: Live) -> None:
    page.get_by_label("Street and number").fill("Hauptstr. 5")
    page.get_by_label("Postcode").fill("10115")
    page.get_by_label("Town or city").fill("Berlin")
    page.get_by_label("Country").fill("Germany")


def photos(page: Page, _server: Live) -> None:
    taken: list[FilePayload] = [
        {"name": f"{at}.jpg", "mimeType": "image/jpeg", "buffer": picture(2400, 1800)} for at in "ab"
    ]
    page.locator("input[type=file]").last.set_input_files(taken)


def bill(page: Page, _server: Live) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "bill.txt", "mimeType": "text/plain", "buffer": b"One repair: 120.50\n"}
    )


def code(page: Page, server: Live) -> None:
    page.get_by_label("Code").fill(server.code())


STEPS: tuple[tuple[str, Fill], ...] = (
    ("text", label("What is it about?", "The heating")),
    ("long", label("What happened?", "It is cold.\nSince yesterday.")),
    ("name", label("Your name", "Mara Lindqvist")),
    ("email", lambda _page, _server: None),
    ("phone", label("Your phone", "+49 30 901820")),
    ("number", label("Meter reading", "1,234.5")),
    ("money", label("What did it cost?", "120.50")),
    ("date", label("Since when?", "2026-11-20")),
    ("time", label("From when can we call?", "16:30")),
    ("slot", lambda page, _: page.locator(".cell input").first.check()),
    ("seat", pick("1B")),
    ("choices", pick("Too cold", "It smells")),
    ("yesno", pick("Yes")),
    ("nps", pick("9")),
    ("stars", lambda page, _: page.get_by_role("radio", name="4 of 5").check()),
    ("csat", pick("Very satisfied")),
    ("address", address),
    ("photo", photos),
    ("file", bill),
    ("location", label("Address or place", "Alexanderplatz")),
    ("code", code),
    ("consent", pick("I agree to them")),
    ("sign", label("Type your full name to sign", "Mara Lindqvist")),
)


def proven(page: Page, server: Live) -> None:
    """Up to the tier a step asks for, if it asks for one."""
    if page.get_by_label("Your last name").count():
        page.get_by_label("Your last name").fill("Lindqvist")
        go(page)
    elif page.get_by_role("button", name="Text me a code").count():
        page.get_by_role("button", name="Text me a code").click()
        expect(page.get_by_label("Code")).to_be_visible()
        page.get_by_label("Code").fill(server.code())
        go(page)


def through(page: Page, server: Live, sent: Sent, fills: dict[str, Fill] | None = None, *, look: bool = False) -> None:
    """From the link to the review."""
    page.goto(server.base + sent.path)
    go(page)
    for step, fill in STEPS:
        page.wait_for_url(f"**/{step}")
        page.locator("main:not([aria-busy])").wait_for()
        for _ in range(2):
            proven(page, server)
            page.locator("main:not([aria-busy])").wait_for()
        expect(page.locator(f"form[action$='/{step}']").first).to_be_visible()
        (fills or {}).get(step, fill)(page, server)
        if look:
            assert_axe_clean(page)
            fits(page)
            shot(page, f"field-{step}")
        go(page)
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()


def fits(page: Page) -> None:
    """At every width, and at twice the size of text."""
    usual = page.viewport_size
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 740})
        for size in ("200%", ""):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            inner, wide = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
            assert wide <= inner, (page.url, width, size)
    if usual:
        page.set_viewport_size(usual)


def values(server: Live, sent: Sent) -> dict[str, Any]:
    """What was answered, by step."""
    events = server.house.events(sent.session)
    return {one["body"]["step"]: one["body"]["value"] for one in events if one["kind"] == "run.answered"}


def told(found: dict[str, Any]) -> None:
    assert found["long"] == "It is cold.\nSince yesterday."
    assert found["email"] is None
    assert found["phone"] == "+4930901820"
    assert found["number"] == 1234.5
    assert found["money"] == {"amount": 120.5, "currency": "EUR"}
    assert (found["date"], found["time"]) == ("2026-11-20", "16:30")
    assert found["slot"]["calendar"] == "technician"
    assert found["seat"] == {"name": "1B", "row": "1"}
    assert found["choices"] == ["cold", "smell"]
    assert (found["yesno"], found["nps"], found["stars"], found["csat"]) == (True, 9, 4, 5)
    assert found["address"]["city"] == "Berlin"
    assert [one["type"] for one in found["photo"]] == ["image/jpeg"] * 2
    assert found["file"][0]["name"] == "bill.txt"
    assert found["consent"] == {"agreed": True}


def test_all_of_them_without_scripts(server: Live, sent: Sent, plain_phone: Page) -> None:
    through(plain_phone, server, sent)
    found = values(server, sent)
    told(found)
    assert found["location"] == {"text": "Alexanderplatz"}
    assert found["sign"] == {"typed": "Mara Lindqvist"}
    plain_phone.get_by_role("link", name=re.compile("Change.*damage")).click()
    expect(plain_phone.get_by_label("a.jpg")).to_be_checked()
    plain_phone.get_by_label("b.jpg").uncheck()
    go(plain_phone)
    assert [one["name"] for one in values(server, sent)["photo"]] == ["a.jpg"]


def test_all_of_them_with_scripts(server: Live, sent: Sent, chromium: Chromium) -> None:
    def here(page: Page, _server: Live) -> None:
        page.get_by_role("button", name="Use where I am").click()
        expect(page.get_by_text("Found.")).to_be_visible()

    def drawn(page: Page, _server: Live) -> None:
        box = page.locator("canvas").bounding_box()
        assert box
        page.mouse.move(box["x"] + 40, box["y"] + 90)
        page.mouse.down()
        for at in range(20):
            page.mouse.move(box["x"] + 40 + 10 * at, box["y"] + 90 + 25 * (at % 2))
        page.mouse.up()

    def taken(page: Page, server: Live) -> None:
        photos(page, server)
        expect(page.locator(".thumbs li")).to_have_count(2)
        # Made small and upright on the phone, before it is sent.
        assert page.evaluate(FIRST_SIZE) == [1200, 1600]
        page.locator("input[type=file]").first.set_input_files(
            {"name": "c.jpg", "mimeType": "image/jpeg", "buffer": picture(100, 80)}
        )
        expect(page.locator(".thumbs li")).to_have_count(3)
        page.get_by_role("button", name="Remove b.jpg").click()
        expect(page.locator(".thumbs li")).to_have_count(2)

    berlin = {"latitude": 52.52, "longitude": 13.4}
    with chromium.phone(geolocation=berlin, permissions=["geolocation"]) as page:
        fills: dict[str, Fill] = {"location": here, "sign": drawn, "photo": taken}
        through(page, server, sent, fills, look=True)
        assert_axe_clean(page)
        shot(page, "field-review")
        found = values(server, sent)
        told(found)
        assert found["location"] == {"lat": 52.52, "lon": 13.4, "by": "device"}
        assert found["sign"].keys() == {"file"}
        page.get_by_role("link", name=re.compile("Change.*Since when")).click()
        expect(page.get_by_label("Since when?")).to_have_value("2026-11-20")


def test_a_part_that_is_wrong_is_named_and_nothing_typed_is_lost(server: Live, sent: Sent, plain_phone: Page) -> None:
    page = plain_phone
    page.goto(server.base + sent.path)
    go(page)
    for step, fill in STEPS[:16]:
        page.wait_for_url(f"**/{step}")
        fill(page, server)
        go(page)
    proven(page, server)
    address(page, server)
    page.get_by_label("Postcode").fill("1")
    go(page)
    page.get_by_role("alert").get_by_role("link", name="Please check the postcode.").click()
    expect(page.get_by_label("Postcode")).to_be_focused()
    expect(page.get_by_label("Street and number")).to_have_value("Hauptstr. 5")
    expect(page.get_by_label("Postcode")).to_have_value("1")
