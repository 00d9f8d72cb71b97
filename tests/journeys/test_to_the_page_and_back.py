"""A dialog that needs a page sends its customer there, and goes on in the same dialog once the page has the answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.both import BOTH, house_on
from tests.support.phones import Phone, publish
from tests.support.worlds import House
from widget_server.actions import links, proofs, runs, sessions, widget
from widget_server.actions.access import Grant
from widget_server.words import Words

PAY = """
app: pay
purpose: Your bill
text: "{{ site.name }}: your bill is here, tap {{ link }} or reply {{ menu }}"
like: [pay my bill]
start: sum
steps:
  sum: {say: It is 12 euros., choose: {pay: {label: Pay it, next: pay}, no: {label: Not now, next: later}}}
  pay: {visit: {to: "https://pay.example/?back={{ back }}", label: Pay}, next: again}
  again: {ask: Shall we do that every month?, choose: {yes: {label: Monthly, next: later}, no: {label: Just now, next: later}}}
  later: {end: Thank you for paying.}
"""


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    for made in house_on(request.param, request, tmp_path, words):
        publish(made, PAY)
        yield made


@pytest.fixture
def visitor(house: House) -> Grant:
    return widget.visitor(house.world, house.site.key, "1.2.3.4")[0]


def at_the_visit(house: House, visitor: Grant) -> tuple[str, str]:
    """Somebody in the widget came to the step that needs a page: the session, and the code of the link they were shown."""
    session = str(widget.start(house.world, visitor, "start")["id"])
    for text in ("pay my bill", "Pay it"):
        sessions.write(house.world, visitor, session, text, "message", {"text": text})
    return session, said(house, session, visitor)[-1]["body"]["prompt"]["link"]["url"].rpartition("/")[2]


def said(house: House, session: str, who: Grant | None = None) -> list[dict[str, Any]]:
    return [one for one in house.events(session, who) if one["kind"] == "message" and one["actor"]["kind"] == "flow"]


def open_page(house: House, session: str, code: str) -> Phone:
    made = links.engage(house.world, house.world.settings.host, code)
    return Phone(house, session, made.handle, made.cookie_value, code)


def test_the_page_of_ones_own_button_is_no_other_window(house: House, visitor: Grant) -> None:
    session, code = at_the_visit(house, visitor)
    page = open_page(house, session, code)
    view = page.see()
    assert (view.mode, view.screen.step) == ("flow", "pay")


def test_whoever_opens_it_after_that_is_another(house: House, visitor: Grant) -> None:
    session, code = at_the_visit(house, visitor)
    open_page(house, session, code)
    assert open_page(house, session, code).see().mode == "locked"


def test_the_chat_goes_on_where_the_page_left_off(house: House, visitor: Grant) -> None:
    session, code = at_the_visit(house, visitor)
    page = open_page(house, session, code)
    page.answer("pay", choice="returned")
    asked = said(house, session, visitor)[-1]
    assert (asked["channel"], asked["body"]["prompt"]["step"]) == ("widget", "again")
    sessions.write(house.world, visitor, session, "once", "message", {"text": "Just now"})
    assert said(house, session, visitor)[-1]["body"]["text"] == "Thank you for paying."


def test_who_goes_on_by_the_page_is_not_written_to_at_every_step(house: House, visitor: Grant) -> None:
    session, code = at_the_visit(house, visitor)
    page = open_page(house, session, code)
    page.answer("pay", choice="returned")
    before = len(said(house, session))
    page.answer("again", choice="yes")
    assert len(said(house, session)) == before
    assert page.see().mode == "end"


def test_who_began_by_the_notices_link_gets_no_texts_of_its_pages(house: House) -> None:
    sent = house.notify(app="pay", context={})
    before = len(said(house, sent["session"]))
    made = links.engage(house.world, house.world.settings.host, sent["link"]["code"])
    page = Phone(house, sent["session"], made.handle, made.cookie_value, sent["link"]["code"])
    page.answer("sum", choice="pay")
    page.answer("pay", choice="returned")
    page.answer("again", choice="no")
    assert len(said(house, sent["session"])) == before
    assert runs.view(house.world, page.grant, page.handle).mode == "end"


def test_a_text_thread_goes_on_too(house: House) -> None:
    sent = house.notify(app="pay", context={})
    house.text("1")
    assert "{link:" in said(house, sent["session"])[-1]["body"]["text"]
    made = links.engage(house.world, house.world.settings.host, sent["link"]["code"])
    page = Phone(house, sent["session"], made.handle, made.cookie_value, sent["link"]["code"])
    # They answered by text before: this window proves by a code to the same number that it is theirs.
    assert page.see().mode == "locked"
    proofs.send_code(house.world, page.grant, page.handle)
    assert proofs.prove_code(house.world, page.grant, page.handle, "123456", "code")
    page.answer("pay", choice="returned")
    asked = said(house, sent["session"])[-1]
    assert (asked["channel"], asked["body"]["prompt"]["step"]) == ("sms", "again")
    house.text("2")
    assert said(house, sent["session"])[-1]["body"]["text"] == "Thank you for paying."
