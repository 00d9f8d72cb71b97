"""Publishing while sessions run: each run keeps the version it began with, and nothing of it is lost, whoever publishes what."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from disposable import loading
from tests.support.both import BOTH, house_on
from tests.support.phones import Phone, opened, publish
from tests.support.worlds import CONTEXT, PHONE, House
from widget_server.actions import access, flows, links, sessions
from widget_server.actions.errors import NotFound, Refused
from widget_server.store import grants
from widget_server.words import Words

ONE = """
app: tea
purpose: Your tea
title: Your tea
text: "{{ site.name }}: choose at {{ link }} or reply {{ menu }}"
start: kind
steps:
  kind: {ask: Which tea?, field: {kind: choice, label: Tea, options: {green: Green, black: Black}, save: tea}, next: phone}
  phone: {ask: Your number?, field: {kind: text, label: Number, save: phone}, next: order}
  order: {do: {call: order, with: {tea: "{{ tea }}"}, save: booking, otherwise: done}, next: done}
  done: {end: "One: {{ tea }}"}
"""
TWO = """
app: tea
purpose: Your tea
title: Your tea
text: "{{ site.name }}: choose at {{ link }} or reply {{ menu }}"
start: kind
steps:
  kind: {ask: Which tea do you like?, field: {kind: text, label: Tea, save: tea}, next: milk}
  milk: {ask: Milk?, field: {kind: yesno, label: Milk, save: milk}, next: done}
  done: {end: "Two: {{ tea }}"}
"""


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    for made in house_on(request.param, request, tmp_path, words):
        publish(made, ONE)
        yield made


def through(phone: Phone) -> str:
    """To the end of the first version."""
    phone.answer("kind", tea="green")
    phone.answer("phone", phone="12")
    return phone.see().screen.kind


def test_runs_under_way_and_links_already_sent_keep_their_version(house: House) -> None:
    begun = opened(house, "tea")
    begun.answer("kind", tea="green")
    sent = house.notify(to={"phone": "+12025554001"}, app="tea", context={})
    publish(house, TWO)
    begun.answer("phone", phone="12")
    assert begun.see().screen.kind == "working"
    late = links.engage(house.world, house.world.settings.host, sent["link"]["code"])
    phone = Phone(house, sent["session"], late.handle, late.cookie_value, "")
    assert phone.see().screen.ask == "Which tea?"
    assert opened(house, "tea").see().screen.ask == "Which tea do you like?"


def test_a_minted_link_opens_what_was_published_when_it_was_made(house: House) -> None:
    made = links.mint(house.world, house.key, "tea", None, None, {})
    publish(house, TWO)
    flows.unpublish(house.world, house.site.id, "tea")
    engaged = links.engage(house.world, house.world.settings.host, made["code"])
    phone = Phone(house, "", engaged.handle, engaged.cookie_value, made["code"])
    assert through(phone) == "working"


def test_taken_back_it_opens_nothing_new_and_what_runs_goes_on(house: House) -> None:
    begun = opened(house, "tea")
    flows.unpublish(house.world, house.site.id, "tea", by="ada@meridian.example", note="out of tea")
    with pytest.raises(NotFound):
        links.mint(house.world, house.key, "tea", None, None, {})
    with pytest.raises(NotFound):
        house.notify(to={"phone": PHONE}, app="tea", context={})
    with pytest.raises(NotFound):
        sessions.begin(house.world, house.key, {"phone": PHONE}, {}, "tea")
    with pytest.raises(NotFound):
        flows.unpublish(house.world, house.site.id, "tea")
    assert through(begun) == "working"
    publish(house, ONE)
    assert opened(house, "tea").step == "kind"


def test_publishing_in_the_middle_of_many_answers_loses_none(house: House) -> None:
    phones = [opened(house, "tea") for _ in range(6)]

    def publishes(n: int) -> None:
        publish(house, TWO if n % 2 else ONE)

    with ThreadPoolExecutor(6) as at_once:
        done: list[Future[Any]] = [at_once.submit(through, phone) for phone in phones]
        done += [at_once.submit(publishes, n) for n in range(6)]
        [one.result() for one in done]
    assert {phone.see().screen.kind for phone in phones} == {"working"}
    assert all(phone.kinds().count("run.answered") == 2 for phone in phones)


def test_a_secret_of_an_older_version_stays_one(house: House) -> None:
    sent = house.notify()
    open_now = loading.gallery()["flight-delay"].replace("last_name: secret", "last_name: text")
    publish(house, open_now.replace("verify: {ask: Your last name, against: passenger.last_name}", VERIFY))
    assert sessions.context(house.world, house.ada, sent["session"])["passenger"]["last_name"] == "•••"
    flows.unpublish(house.world, house.site.id, "flight-delay")
    assert sessions.context(house.world, house.ada, sent["session"])["passenger"]["last_name"] == "•••"
    (started,) = [one for one in house.events(sent["session"], house.ada) if one["kind"] == "run.started"]
    assert CONTEXT["passenger"]["last_name"] not in str(started)


VERIFY = "verify: {ask: Your first name, against: passenger.first_name}"


class TestHistory:
    def test_says_who_when_and_why(self, house: House) -> None:
        site = house.site.id
        flows.publish(house.world, site, loading.load(TWO), by="ada@meridian.example", note="with milk")
        flows.unpublish(house.world, site, "tea", by="ben@meridian.example")
        told = flows.history(house.world, site, "tea")
        assert [(one["by"], one["note"], bool(one["hash"])) for one in told] == [
            ("ben@meridian.example", "", False),
            ("ada@meridian.example", "with milk", True),
            ("", "", True),
        ]
        assert [one["at"] for one in told] == sorted((one["at"] for one in told), reverse=True)
        with pytest.raises(NotFound):
            flows.history(house.world, site, "coffee")

    def test_the_same_version_again_is_no_news(self, house: House) -> None:
        site = house.site.id
        again = flows.publish(house.world, site, loading.load(ONE))
        assert (again.changed, again.notes) == (False, ())
        assert len(flows.history(house.world, site, "tea")) == 1

    def test_a_version_is_found_by_the_beginning_of_its_hash(self, house: House) -> None:
        site, first = house.site.id, loading.load(ONE)
        publish(house, TWO)
        assert flows.version(house.world, site, "tea").hash == loading.load(TWO).hash
        assert flows.version(house.world, site, "tea", first.hash[:8]) == first
        with pytest.raises(NotFound):
            flows.version(house.world, site, "tea", "zzz")

    def test_the_list_has_what_was_taken_back(self, house: House) -> None:
        flows.unpublish(house.world, house.site.id, "tea")
        told = {one["name"]: one for one in flows.listed(house.world, house.site.id)}
        assert told["tea"]["hash"] == ""
        assert told["flight-delay"]["purpose"] == "A change to your flight"


class TestDifferences:
    def test_are_lines_by_path(self) -> None:
        told = flows.diff(loading.load(ONE), loading.load(TWO))
        assert "~ steps.kind.ask: Which tea? -> Which tea do you like?" in told
        assert "+ steps.milk: ask, field, next" in told
        assert "- steps.phone: ask, field, next" in told
        assert any(line.startswith("~ steps.kind.next: phone -> milk") for line in told)
        assert flows.diff(loading.load(ONE), loading.load(ONE)) == []

    def test_another_order_is_one(self) -> None:
        turned = ONE.replace("{green: Green, black: Black}", "{black: Black, green: Green}")
        assert flows.diff(loading.load(ONE), loading.load(turned)) == [
            "~ steps.kind.field.options: green, black -> black, green"
        ]

    def test_what_is_left_behind_is_said_in_words(self, house: House, words: Words) -> None:
        made = flows.publish(house.world, house.site.id, loading.load(TWO))
        told = [note.text(house.world.speak("en")) for note in made.notes]
        assert told == [
            "`phone` is no longer asked: runs begun before keep it; figures of it end here",
            "`booking` is no longer saved: runs begun before keep it; figures of it end here",
            "`tea` was choice and is text now: figures from before and after do not add up",
        ]
        assert all("`" in note.text(house.world.speak(locale)) for note in made.notes for locale in words.languages)


class TestTwoDevices:
    def test_the_second_one_that_proves_itself_goes_on_where_the_first_is(self, house: House) -> None:
        first = opened(house, "tea")
        first.answer("kind", tea="green")
        second = first.again()
        assert second.see().mode == "locked"
        with pytest.raises(Refused):
            second.answer("phone", phone="99")
        with house.world.store.write() as tx:
            grants.change(tx, second.grant.id, tier=2, by="code")
        assert second.step == "phone"
        second.answer("phone", phone="99")
        assert (first.see().screen.kind, second.see().screen.kind) == ("locked", "working")

    def test_both_answering_at_once_are_one_run(self, house: House) -> None:
        first = opened(house, "tea")
        second = first.again()
        with ThreadPoolExecutor(2) as at_once:
            taps = [at_once.submit(phone.answer, "kind", tea="green") for phone in (first, second)]
            done = [tap.exception() for tap in taps]
        assert first.kinds().count("run.answered") == 1
        assert sum(1 for error in done if error is None) >= 1


class TestALostNetwork:
    """The answer arrived, the page that told of it did not: the phone asks again with the same key."""

    def test_between_two_steps(self, house: House) -> None:
        phone = opened(house, "tea")
        first = phone.answer("kind", key="tap", tea="green")
        again = phone.answer("kind", key="tap", tea="green")
        assert (first.moved, again.moved, again.step) == (True, True, "phone")
        assert phone.kinds().count("run.answered") == 1

    def test_after_the_customer_went_on_elsewhere(self, house: House) -> None:
        phone = opened(house, "tea")
        phone.answer("kind", key="tap 1", tea="green")
        phone.answer("phone", key="tap 2", phone="12")
        late = phone.answer("kind", key="tap 1", tea="green")
        assert (late.moved, late.status) == (True, "calling")
        assert phone.kinds().count("run.called") == 1

    def test_the_same_answer_under_another_key_goes_nowhere_new(self, house: House) -> None:
        phone = opened(house, "tea")
        phone.answer("kind", tea="green")
        phone.answer("kind", tea="green")
        assert phone.step == "phone"
        assert phone.kinds().count("run.answered") == 1

    def test_whoever_reads_on_after_a_number_gets_it_all(self, house: House) -> None:
        phone = opened(house, "tea")
        phone.answer("kind", tea="green")
        whole = access.page(house.world, house.key, phone.session)
        read: list[int] = []
        after = 0
        while after < whole["seq"]:
            page = access.page(house.world, house.key, phone.session, after, 2)
            read += [one["seq"] for one in page["events"]]
            after = page["seq"]
        assert read == [one["seq"] for one in whole["events"]]
