"""Calls the server does itself: preferences, callbacks, links, what a customer says of themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from disposable import loading
from disposable.definition import BUILT_IN
from tests.support.both import BOTH, house_on
from tests.support.phones import Phone, opened, publish
from tests.support.worlds import House
from widget_server.actions import builtin, callbacks, desk, links, notify, people, runs, sessions, slots, urls
from widget_server.actions.preferences import Preferences
from widget_server.store import customers
from widget_server.words import Words

FLOW = """
app: {app}
purpose: Your wishes
title: Your wishes
text: "{{{{ site.name }}}}: see {{{{ link }}}} or reply {{{{ menu }}}}"
context: {{wish: {types}}}
start: sure
steps:
  sure: {{say: Shall we?, choose: {{yes: {{label: Do it, next: act}}}}}}
  act: {{do: {{call: {call}, with: {given}, save: made, otherwise: failed}}, next: done}}
  done: {{end: "Done {says}"}}
  failed: {{end: That did not work.}}
"""
NUMBER = "+12025556001"


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on(request.param, request, tmp_path, words)


def done(
    house: House, call: str, given: dict[str, str], wish: dict[str, Any], says: str = "", phone: str = NUMBER
) -> Phone:
    """A flow whose one call got as far as its end. `given` names what of the context goes where."""
    types = "{" + ", ".join(
        f"{name}: {'[text]' if isinstance(value, list) else 'text'}" for name, value in wish.items()
    )
    with_ = "{" + ", ".join(f'{name}: "{{{{ wish.{wish_} }}}}"' for name, wish_ in given.items()) + "}"
    app = f"wish-{house.texts}"
    publish(house, FLOW.format(app=app, types=types + "}", call=call, given=with_, says=says))
    tapped = opened(house, app, phone, context={"wish": wish})
    tapped.answer("sure", choice="yes")
    return tapped


def end(phone: Phone) -> str:
    return phone.see().screen.say


def profile(house: House, phone: Phone) -> dict[str, Any]:
    person: dict[str, Any] = people.export(house.world, house.key, phone.grant.customer)["profile"]
    return person


FAILED = "That did not work."
BOTH_WAYS = {"opt_out": "out", "opt_in": "back"}


class TestPreferences:
    def set(self, house: House, **wish: Any) -> Phone:
        return done(house, "preferences.set", {name: name for name in wish}, wish, "{{ made.channel }}")

    def test_are_kept_with_the_customer_and_given_back(self, house: House) -> None:
        phone = self.set(house, channel="widget", quiet_from="22:00", quiet_to="07:00", opt_out=["offers", "news"])
        assert end(phone) == "Done widget"
        self.set(house, opt_in=["news"], channel="")
        kept = profile(house, phone)["preferences"]
        assert kept["channel"] == "widget"
        assert (kept["quiet_from"], kept["quiet_to"]) == ("22:00", "07:00")
        assert kept["opt_out"] == ["offers"]

    @pytest.mark.parametrize(
        "wish",
        [
            {"channel": "pigeon"},
            {"quiet_from": "25:00", "quiet_to": "07:00"},
            {"quiet_from": "22:00"},
            {"opt_out": "x" * 65},
        ],
        ids=["no channel", "no clock", "half", "long"],
    )
    def test_nonsense_goes_otherwise_and_changes_nothing(self, house: House, wish: dict[str, Any]) -> None:
        phone = self.set(house, **wish)
        assert end(phone) == FAILED
        assert "preferences" not in profile(house, phone)

    def test_a_purpose_they_said_no_to_is_held_back_and_says_why(self, house: House) -> None:
        self.set(house, opt_out=["offers"])
        house.pay()
        held = notify.notify(house.world, house.key, {"phone": NUMBER}, text="Cheap tea", purpose="offers")
        assert (held["status"], held["reason"], held["session"]) == ("held", "opted-out", None)
        shown = notify.get(house.world, house.key, held["id"])
        assert (shown["status"], shown["reason"]) == ("held", "opted-out")
        assert house.pay() == []
        sent = notify.notify(house.world, house.key, {"phone": NUMBER}, text="Your tea is here", purpose="service")
        assert sent["status"] == "owed"
        assert [row.payload["text"] for row in house.pay()] == ["Your tea is here"]

    def test_a_flow_is_held_back_before_it_begins(self, house: House) -> None:
        phone = self.set(house, opt_out=["offers"])
        before = house.kinds(phone.session)
        held = house.notify(to={"phone": NUMBER}, purpose="offers")
        assert (held["status"], held["app"], held["link"]) == ("held", "flight-delay", None)
        assert house.kinds(phone.session) == before

    def test_what_comes_in_quiet_hours_waits_for_their_end(self, house: House) -> None:
        at = datetime.fromtimestamp(house.clock.at / 1000, UTC)
        begin, over = f"{(at.hour + 1) % 24:02d}:00", f"{(at.hour + 3) % 24:02d}:00"
        self.set(house, quiet_from=begin, quiet_to=over)  # Berlin is an hour ahead: it is quiet there now
        house.pay()
        notify.notify(house.world, house.key, {"phone": NUMBER}, text="Good night")
        assert house.pay() == []
        house.clock.on(seconds=3 * 3_600)
        assert [row.payload["text"] for row in house.pay()] == ["Good night"]

    def test_the_channel_they_like_is_taken_unless_the_company_names_one(self, house: House) -> None:
        self.set(house, channel="widget")
        assert notify.notify(house.world, house.key, {"phone": NUMBER}, text="Hello")["channel"] == "widget"
        named = notify.notify(house.world, house.key, {"phone": NUMBER}, text="Hello", channels=["sms"])
        assert named["channel"] == "sms"

    def test_go_with_the_person_when_they_are_forgotten(self, house: House) -> None:
        phone = self.set(house, opt_out=["offers"])
        customer = phone.grant.customer
        people.erase(house.world, house.key, customer)
        with house.world.store.read() as tx:
            assert customers.profile(tx, customer) == {}

    @pytest.mark.parametrize(
        ("clock", "quiet", "until"),
        [
            ("2027-01-15T23:30+01:00", ("22:00", "07:00"), "2027-01-16T07:00+01:00"),
            ("2027-01-16T06:59+01:00", ("22:00", "07:00"), "2027-01-16T07:00+01:00"),
            ("2027-01-16T07:00+01:00", ("22:00", "07:00"), "2027-01-16T07:00+01:00"),
            ("2027-01-16T13:00+01:00", ("12:00", "14:00"), "2027-01-16T14:00+01:00"),
            ("2027-03-27T23:00+01:00", ("22:00", "07:00"), "2027-03-28T07:00+02:00"),
        ],
    )
    def test_quiet_hours_are_those_of_the_customers_clock(self, clock: str, quiet: tuple[str, str], until: str) -> None:
        there = Preferences(quiet=quiet, zone="Europe/Berlin")
        at, wanted = (round(datetime.fromisoformat(one).timestamp() * 1000) for one in (clock, until))
        assert there.after_quiet(at) == wanted


class TestCallbacks:
    def test_are_promised_for_an_instant(self, house: House) -> None:
        at = datetime.fromtimestamp(house.clock.at / 1000 + 7200, UTC).isoformat()
        phone = done(house, "callback.request", {"at": "at", "topic": "topic"}, {"at": at, "topic": "My bill"})
        (owed,) = callbacks.listed(house.world, house.key)
        assert (owed["topic"], owed["phone"], owed["session"]) == ("My bill", NUMBER, phone.session)
        assert datetime.fromisoformat(owed["due"]) == datetime.fromisoformat(at).replace(microsecond=at_ms(at))
        assert "callback" in house.kinds(phone.session)

    def test_are_promised_for_a_slot(self, house: House) -> None:
        starts = house.clock.at + 86_400_000
        slots.add(house.world, house.key, "calls", [slots.New(starts)])
        publish(house, CALL_SLOT)
        phone = opened(house, "call-slot")
        phone.answer("time", slot=phone.options()[0])
        (owed,) = callbacks.listed(house.world, house.key)
        assert datetime.fromisoformat(owed["due"]).timestamp() * 1000 == starts
        assert slots.listed(house.world, house.key, "calls")[0]["booked"] == 1

    @pytest.mark.parametrize(
        "wish", [{"at": "2020-01-01T10:00:00Z"}, {"at": "soon"}, {"phone": "12"}, {"topic": "x" * 501}]
    )
    def test_what_cannot_be_promised_goes_otherwise(self, house: House, wish: dict[str, Any]) -> None:
        assert end(done(house, "callback.request", {name: name for name in wish}, wish)) == FAILED
        assert callbacks.listed(house.world, house.key) == []


def at_ms(at: str) -> int:
    return datetime.fromisoformat(at).microsecond // 1000 * 1000


CALL_SLOT = """
app: call-slot
purpose: Your call
title: Your call
text: "{{ site.name }}: choose at {{ link }} or reply {{ menu }}"
start: time
steps:
  time: {ask: When may we call?, field: {kind: slot, calendar: calls, label: Time, save: slot}, next: ask}
  ask: {do: {call: callback.request, with: {at: "{{ slot.starts }}", topic: Tea}, save: made, otherwise: failed}, next: done}
  done: {end: "We call you."}
  failed: {end: That did not work.}
"""


class TestLinks:
    def test_lead_back_into_the_same_run(self, house: House) -> None:
        phone = done(house, "link.send", {}, {"none": "x"}, "{{ made.to }}")
        assert end(phone).endswith(NUMBER[-2:])
        (text,) = [row.payload["text"] for row in house.pay() if "{link:" in row.payload["text"] and row.seq == 0]
        with house.world.store.read() as tx:
            url = urls.written(house.world, tx, text)
        assert "/l/" in url

    def test_a_run_that_began_without_one_gets_one(self, house: House) -> None:
        publish(house, SEND_LINK)
        made = sessions.begin(house.world, house.key, {"phone": NUMBER}, {}, "send-link")
        sessions.write(house.world, house.key, made["id"], "m1", "message", {"text": "1"})
        (text,) = [row.payload["text"] for row in house.pay() if row.seq == 0]
        with house.world.store.read() as tx:
            code = urls.written(house.world, tx, text).partition("/l/")[2].split()[0]
        engaged = links.engage(house.world, house.world.settings.host, code)
        grant = runs.grant(house.world, engaged.cookie_value, engaged.handle)
        assert runs.view(house.world, grant, engaged.handle).session == made["id"]

    def test_go_to_nobody_the_company_does_not_know(self, house: House) -> None:
        phone = done(house, "link.send", {"to": "to"}, {"to": "+12025556666"})
        assert end(phone) == FAILED
        assert not [row for row in house.pay() if row.payload.get("to") == "+12025556666"]


SEND_LINK = """
app: send-link
purpose: Your form
start: sure
steps:
  sure: {say: Shall we text you a link?, choose: {yes: {label: Do it, next: act}}}
  act: {do: {call: link.send, otherwise: failed}, next: more}
  more: {ask: What is it about?, field: {kind: text, label: In your words, save: words}, next: done}
  done: {end: Done.}
  failed: {end: That did not work.}
"""


class TestCustomers:
    def test_tell_of_themselves_and_an_address_typed_proves_nobody(self, house: House) -> None:
        wish = {"name": "Mara Lindqvist", "email": "Mara@Example.com", "locale": "de", "zone": "Europe/Vienna"}
        phone = done(house, "customer.set", {name: name for name in wish}, wish)
        assert end(phone) == "Done "
        known = profile(house, phone)
        assert (known["name"], known["locale"], known["zone"]) == ("Mara Lindqvist", "de", "Europe/Vienna")
        typed = people.export(house.world, house.key, phone.grant.customer)["identities"]
        (mail,) = [one for one in typed if one["kind"] == "email"]
        assert (mail["evidence"], mail["proven_at"]) == ("typed", None)

    @pytest.mark.parametrize(
        "wish", [{"email": "no address"}, {"zone": "Mars/Base"}, {"locale": "1"}, {"name": "x" * 121}]
    )
    def test_nonsense_goes_otherwise(self, house: House, wish: dict[str, Any]) -> None:
        phone = done(house, "customer.set", {name: name for name in wish}, wish)
        assert end(phone) == FAILED
        assert profile(house, phone) == {}


def test_every_call_a_flow_may_name_is_done(house: House) -> None:
    assert set(builtin.CALLS) == set(BUILT_IN)
    assert house.kinds(done(house, "customer.set", {}, {"a": "x"}).session).count("run.returned") == 1


def test_it_is_done_in_the_transaction_that_called_it(house: House) -> None:
    phone = done(house, "preferences.set", {"channel": "channel"}, {"channel": "widget"})
    kinds = phone.kinds()
    assert kinds[-4:] == ["run.called", "run.returned", "run.entered", "run.ended"]
    assert not [row for row in house.pay() if row.kind == "call"]


CIRCLE = """
app: circle
purpose: Your slot
title: Your slot
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: sure
steps:
  sure: {say: Shall we?, choose: {yes: {label: Do it, next: one}, no: {label: No, next: done}}}
  one: {do: {call: slots.release, with: {slot: nobody}, otherwise: two}, next: done}
  two: {do: {call: slots.release, with: {slot: nobody}, otherwise: one}, next: done}
  done: {end: Done.}
"""


def test_a_flow_that_calls_itself_in_a_circle_is_given_to_a_person(house: House) -> None:
    try:
        publish(house, CIRCLE)
    except loading.FlowInvalid:
        return  # better still
    phone = opened(house, "circle")
    phone.answer("sure", choice="yes")
    assert phone.see().mode == "chat"
    assert phone.kinds().count("run.called") < 30
    epoch = sessions.get(house.world, house.ada, phone.session)["epoch"]
    desk.accept(house.world, house.ada, phone.session, epoch, "accept")
    desk.return_to_flow(house.world, house.ada, phone.session, epoch + 1, "back")
    assert phone.see().mode == "chat", "and again, rather than nobody for ever"
