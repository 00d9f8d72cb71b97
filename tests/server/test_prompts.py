"""What a flow's prompt is on the wire: as a chat draws it, its link an address only where nobody's phone is proven by it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from disposable import loading
from tests.support.both import house_on
from tests.support.worlds import House
from widget_server.actions import sessions, setup, urls, widget
from widget_server.actions.access import Grant
from widget_server.words import Words

PAY = """
app: pay
purpose: Your bill
text: "{{ site.name }}: your bill is here, tap {{ link }} or reply {{ menu }}"
like: [pay my bill]
start: sum
steps:
  sum:
    say: It is 12 euros.
    show: [{card: {title: Bill, rows: {Sum: 12 euros}}}]
    choose: {pay: {label: Pay it, next: pay}, no: {label: Not now, next: later}}
  pay: {visit: {to: "https://pay.example/?back={{ back }}", label: Pay}, next: later}
  later: {end: Thank you.}
"""


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    for made in house_on("sqlite", request, tmp_path, words):
        setup.publish(made.world, made.site.id, loading.load(PAY))
        yield made


def prompts(house: House, session: str, who: Grant | None = None) -> list[dict[str, Any]]:
    """The lines of the flow, as somebody reads them."""
    return [one for one in house.events(session, who) if one["kind"] == "message" and one["actor"]["kind"] == "flow"]


def asked(house: House, grant: Grant) -> str:
    """Somebody in the widget asks for the flow, and chooses to pay. The session's id."""
    session = str(widget.start(house.world, grant, "start")["id"])
    for text in ("pay my bill", "Pay it"):
        sessions.write(house.world, grant, session, text, "message", {"text": text})
    return session


def test_a_chat_is_told_cards_and_gets_an_address(house: House) -> None:
    grant, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
    session = asked(house, grant)
    first, second = prompts(house, session, grant)
    assert first["body"]["text"] == "It is 12 euros.\nBill\nSum: 12 euros"
    assert first["body"]["prompt"]["menu"] == [["pay", "Pay it"], ["no", "Not now"]]
    assert first["body"]["prompt"]["cards"] == [{"title": "Bill", "rows": [["Sum", "12 euros"]]}]
    link = second["body"]["prompt"]["link"]
    assert link["label"] == "Open the page"
    assert link["url"].startswith(f"{house.world.settings.base_url}/l/")


def test_the_log_keeps_no_address(house: House) -> None:
    grant, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
    session = asked(house, grant)
    kept = prompts(house, session)[-1]["body"]["prompt"]["link"]["url"]
    assert kept.startswith("{link:")
    assert "/l/" not in json.dumps(house.events(session))


def test_a_text_is_numbered_and_names_its_link(house: House) -> None:
    session = str(house.notify(app="pay", context={})["session"])
    house.text("1")
    line = prompts(house, session)[-1]["body"]
    assert line["text"].startswith("To do this, open {link:")
    assert set(line["prompt"]) == {"run", "step", "menu"}


def test_a_link_that_was_texted_is_nobodys_button(house: House) -> None:
    """Its first gesture proves the phone it went to: the window beside may only say where it is."""
    session = str(house.notify(app="pay", context={})["session"])
    house.text("1")
    token = "{link:" + prompts(house, session)[-1]["body"]["text"].partition("{link:")[2].partition("}")[0] + "}"
    with house.world.store.read() as tx:
        assert urls.was_sent(tx, token)
        assert urls.shown(house.world, tx, token) == ""
        assert "/l/" in urls.written(house.world, tx, token)
