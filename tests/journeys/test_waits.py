"""A run waits for the company, for a minute, for a person; what it waits for survives a restart and counts once."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.both import BOTH, house_on
from tests.support.phones import Phone, opened, publish
from tests.support.worlds import House
from widget_server.actions import access, desk, links, sessions, ticks
from widget_server.store import links as stored
from widget_server.store import outbox
from widget_server.store.database import Store
from widget_server.words import Words

PAY = """
app: pay
purpose: Your bill
title: Your bill
text: "{{ site.name }}: pay at {{ link }} or reply {{ menu }}"
start: ready
steps:
  ready: {say: Ready?, choose: {yes: {label: Go on, next: money}}}
  money:
    say: We are waiting for your bank.
    wait: {for: custom.paid, within: 20m, save: payment, otherwise: late}
    next: thanks
  thanks: {end: "Paid {{ payment.amount }}"}
  late: {end: Nothing came.}
"""
OPEN_END = PAY.replace("app: pay", "app: open-end").replace("within: 20m, ", "").replace(", otherwise: late", "")
OPEN_END = OPEN_END.replace("  late: {end: Nothing came.}\n", "")
TWICE = """
app: twice
purpose: Your parcels
title: Your parcels
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: first
steps:
  first: {say: Waiting for the first., wait: {for: custom.parcel, save: one}, next: second}
  second: {say: Waiting for the second., wait: {for: custom.parcel, save: two}, next: done}
  done: {end: "{{ one.number }} and {{ two.number }}"}
"""
SLOW = """
app: slow
purpose: Your question
title: Your question
text: "{{ site.name }}: see {{ link }} or reply {{ menu }}"
start: ask
steps:
  ask: {ask: What is it?, field: {kind: text, label: In your words, save: words}, next: more}
  more: {ask: Anything else?, field: {kind: text, label: In your words, save: rest}, next: done}
  hurry: {say: You can also call us., choose: {ok: {label: All right, next: done}}}
  done: {end: Thank you.}
rules:
  - {when: "minutes >= 5", notify: {team: care, text: "Somebody has been here for {{ minutes_said }} minutes"}}
  - {when: "minutes > 9", next: hurry}
  - {when: "minutes >= 30", handover: {team: care, why: Half an hour}}
""".replace(" for {{ minutes_said }} minutes", " five minutes")


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    for made in house_on(request.param, request, tmp_path, words):
        for text in (PAY, OPEN_END, TWICE, SLOW):
            publish(made, text)
        yield made


def tell(house: House, session: str, key: str, body: dict[str, Any], kind: str = "custom.paid") -> None:
    sessions.write(house.world, house.key, session, key, kind, body)


def waiting(house: House, app: str = "pay", **more: Any) -> Phone:
    phone = opened(house, app, **more)
    phone.answer("ready", choice="yes")
    assert phone.see().screen.kind == "waiting"
    return phone


def later(house: House, seconds: float) -> int:
    house.clock.on(seconds=seconds)
    return ticks.run_due(house.world)


def restarted(house: House) -> House:
    """The same database under a new process."""
    before = house.world.store
    store = Store(before.engine.url.render_as_string(hide_password=False), before.vault, house.clock)
    store.ready()
    return dataclasses.replace(house, world=dataclasses.replace(house.world, store=store))


def test_what_the_company_tells_ends_the_wait_once(house: House) -> None:
    phone = waiting(house)
    tell(house, phone.session, "p1", {"amount": 40})
    tell(house, phone.session, "p1", {"amount": 40})
    assert phone.see().screen.say == "Paid 40"
    assert phone.kinds().count("run.came") == 1
    assert later(house, 3_600) == 1, "the timer fires"
    assert phone.see().screen.say == "Paid 40", "and finds nothing to do"


def test_another_event_does_not(house: House) -> None:
    phone = waiting(house)
    tell(house, phone.session, "o1", {"amount": 40}, "custom.refunded")
    assert phone.see().screen.kind == "waiting"


def test_what_came_before_the_wait_but_in_this_run_counts(house: House) -> None:
    phone = opened(house, "pay")
    tell(house, phone.session, "early", {"amount": 7})
    assert phone.step == "ready"
    phone.answer("ready", choice="yes")
    assert phone.see().screen.say == "Paid 7"


def test_what_came_before_the_run_does_not(house: House) -> None:
    number = "+12025557001"
    first = waiting(house, phone=number)
    tell(house, first.session, "for the first", {"amount": 1})
    house.clock.on(seconds=1)
    second = waiting(house, phone=number)
    assert second.session == first.session
    tell(house, second.session, "for the second", {"amount": 2})
    assert (first.see().screen.say, second.see().screen.say) == ("Paid 1", "Paid 2")


def test_each_event_is_used_once_in_a_run(house: House) -> None:
    phone = opened(house, "twice")
    tell(house, phone.session, "a", {"number": "A"}, "custom.parcel")
    assert phone.step == "second"
    tell(house, phone.session, "b", {"number": "B"}, "custom.parcel")
    assert phone.see().screen.say == "A and B"


def test_a_customer_cannot_say_that_they_paid(house: House) -> None:
    phone = waiting(house)
    sessions.write(house.world, phone.grant, phone.session, "mine", "custom.paid", {"amount": 40})
    sessions.write(house.world, house.key, phone.session, "stir", "custom.other", {})
    assert phone.see().screen.kind == "waiting"


def test_too_late_goes_the_other_way(house: House) -> None:
    phone = waiting(house)
    assert later(house, 19 * 60) == 0
    assert phone.see().screen.kind == "waiting"
    assert later(house, 70) == 1
    assert phone.see().screen.say == "Nothing came."
    tell(house, phone.session, "p1", {"amount": 40})
    assert phone.see().screen.say == "Nothing came."


def test_a_wait_survives_a_restart(house: House) -> None:
    phone = waiting(house)
    again = restarted(house)
    phone.house = again
    later(again, 21 * 60)
    assert phone.see().screen.say == "Nothing came."
    again.world.store.close()


def test_a_wait_without_an_end_goes_on_for_days(house: House) -> None:
    phone = waiting(house, "open-end")
    house.clock.on(seconds=40 * 3_600)
    ticks.run_due(house.world)
    ticks.tidy(house.world)
    tell(house, phone.session, "p1", {"amount": 40})
    assert phone.see().screen.say == "Paid 40"


def test_in_a_text_thread_the_end_of_the_wait_is_said(house: House) -> None:
    number = "+12025557002"
    sent = house.notify(to={"phone": number}, app="pay", context={})
    house.pay()
    house.text("1", sender=number)
    house.pay()
    tell(house, sent["session"], "p1", {"amount": 40})
    assert [row.payload["text"] for row in house.pay() if row.kind == "message"] == ["Paid 40"]


def test_while_a_person_has_the_session_the_run_waits_with_what_came(house: House) -> None:
    phone = waiting(house)
    epoch = sessions.get(house.world, house.ada, phone.session)["epoch"]
    desk.accept(house.world, house.ada, phone.session, epoch, "accept")
    tell(house, phone.session, "p1", {"amount": 40})
    later(house, 3_600)
    assert phone.see().mode == "chat"
    desk.return_to_flow(house.world, house.ada, phone.session, epoch + 1, "back")
    assert phone.see().screen.say == "Paid 40"


def test_two_runs_wait_and_each_gets_what_it_waits_for(house: House) -> None:
    number = "+12025557003"
    first, second = waiting(house, phone=number), waiting(house, "open-end", phone=number)
    tell(house, first.session, "p1", {"amount": 40})
    assert (first.see().screen.say, second.see().screen.say) == ("Paid 40", "Paid 40")
    with house.world.store.read() as tx:
        assert {run.status for run in stored.runs(tx, first.session)} == {"ended"}


class TestTimeRules:
    def notes(self, house: House, session: str) -> list[str]:
        return [one["body"]["text"] for one in house.events(session) if one["kind"] == "note"]

    def test_a_minute_comes_though_nobody_does_anything(self, house: House) -> None:
        phone = opened(house, "slow")
        later(house, 4 * 60)
        assert self.notes(house, phone.session) == []
        later(house, 61)
        assert self.notes(house, phone.session) == ["Somebody has been here five minutes"]
        assert phone.step == "ask"
        later(house, 5 * 60)
        assert phone.step == "hurry"
        later(house, 25 * 60)
        assert phone.see().mode == "chat"
        assert len(self.notes(house, phone.session)) == 1

    def test_the_note_is_the_flows_and_for_the_team_alone(self, house: House) -> None:
        phone = opened(house, "slow")
        later(house, 5.1 * 60)
        (note,) = [one for one in house.events(phone.session) if one["kind"] == "note"]
        assert note["actor"]["kind"] == "flow"
        page = access.page(house.world, phone.grant, phone.session)
        assert not [one for one in page["events"] if one["kind"] in ("note", "run.notified")]

    def test_timers_are_rows_and_fire_once_in_two_processes(self, house: House) -> None:
        phone = opened(house, "slow")
        again = restarted(house)
        house.clock.on(seconds=301)
        fired = ticks.run_due(house.world) + ticks.run_due(again.world)
        assert fired == 1
        assert len(self.notes(house, phone.session)) == 1
        again.world.store.close()

    def test_nothing_fires_in_a_run_that_ended(self, house: House) -> None:
        phone = opened(house, "slow")
        phone.answer("ask", words="one")
        phone.answer("more", rest="two")
        later(house, 3_600)
        assert phone.see().mode == "end"
        assert self.notes(house, phone.session) == []


def test_a_revoked_link_leaves_its_wait_to_the_company(house: House) -> None:
    phone = waiting(house)
    with house.world.store.read() as tx:
        (run,) = stored.runs(tx, phone.session)
    links.revoke(house.world, house.key, stored.hexed(run.link))
    tell(house, phone.session, "p1", {"amount": 40})
    with house.world.store.read() as tx:
        assert stored.runs(tx, phone.session)[0].status == "ended"
        assert not [row for row in outbox.of_session(tx, phone.session) if row.kind == "call"]
