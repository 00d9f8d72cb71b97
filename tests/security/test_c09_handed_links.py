"""C09: the page of a widget's own button is no other window; a page opened from a text that names the same link is one."""

from pathlib import Path

from tests.support import worlds
from tests.support.phones import publish
from tests.support.worlds import House
from widget_server.actions import builtin, links, runs, sessions, widget
from widget_server.actions.access import Grant
from widget_server.actions.runs import RunView
from widget_server.store import customers
from widget_server.store import links as stored
from widget_server.store.customers import Address
from widget_server.words import Words

PAY = """
app: pay
purpose: Your bill
text: "{{ site.name }}: your bill is here, tap {{ link }} or reply {{ menu }}"
like: [pay my bill]
start: reason
steps:
  reason: {ask: What is it about?, field: {kind: text, label: In your words, save: reason}, next: pay}
  pay:
    say: "You said {{ reason }}."
    visit: {to: "https://pay.example/?back={{ back }}", label: Pay}
    next: later
  later: {end: Thank you for paying.}
"""
SECRET = "my own words"
PHONE = "+12025550142"


def shown(tmp_path: Path, words: Words) -> tuple[House, str, str]:
    """Somebody whose number is on file answered in the widget, and is at the step that needs a page."""
    house = worlds.make(tmp_path, words)
    publish(house, PAY)
    visitor: Grant = widget.visitor(house.world, house.site.key, "1.2.3.4")[0]
    with house.world.store.write() as tx:
        customers.learn(tx, visitor.customer, house.site, Address("phone", PHONE, "code"))
    session = str(widget.start(house.world, visitor, "start")["id"])
    for text in ("pay my bill", SECRET):
        sessions.write(house.world, visitor, session, text, "message", {"text": text})
    prompts = [one["body"]["prompt"] for one in house.events(session, visitor) if one["body"].get("prompt")]
    return house, session, prompts[-1]["link"]["url"].rpartition("/")[2]


def tapped(house: House, code: str) -> RunView:
    made = links.engage(house.world, house.world.settings.host, code)
    return runs.view(house.world, runs.grant(house.world, made.cookie_value, made.handle), made.handle)


def test_c09_the_button_of_the_widget_opens_no_other_window(tmp_path: Path, words: Words) -> None:
    house, _, code = shown(tmp_path, words)
    view = tapped(house, code)
    assert view.mode == "flow"
    assert SECRET in view.screen.say


def test_c09_the_text_of_a_line_that_went_unseen_opens_another(tmp_path: Path, words: Words) -> None:
    house, _, code = shown(tmp_path, words)
    house.clock.at += 10 * 60_000
    assert any("{link:" in one.payload["text"] for one in house.pay())
    view = tapped(house, code)
    assert view.mode == "locked"
    assert SECRET not in repr(view.screen)


def test_c09_so_does_a_link_that_the_flow_sent(tmp_path: Path, words: Words) -> None:
    house, session, code = shown(tmp_path, words)
    with house.world.store.write() as tx:
        (run,) = stored.runs(tx, session)
        ok, _ = builtin.perform(house.world, tx, run, "link.send", "key", {})
    assert ok
    view = tapped(house, code)
    assert view.mode == "locked"
    assert SECRET not in repr(view.screen)
