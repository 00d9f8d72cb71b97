"""Where customers leave a flow: what is counted, on which channel, of how many runs; and that a rebuild counts the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from disposable import loading
from tests.support.both import BOTH, house_on
from tests.support.worlds import CONTEXT, House
from widget_server.actions import dropoff, flows, links, people, runs
from widget_server.actions.dropoff import Figures
from widget_server.actions.errors import NotFound
from widget_server.store import projections, steps
from widget_server.store import tables as t
from widget_server.words import Words


@pytest.fixture(params=BOTH)
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on(request.param, request, tmp_path, words)


def sent(house: House, number: int, *texts: str) -> str:
    """A customer is told, and texts back."""
    phone = f"+1202555{1000 + number}"
    session: str = house.notify(to={"phone": phone})["session"]
    for text in texts:
        house.text(text, sender=phone)
    return session


def at(house: House, step: str, hash_: str = "") -> Figures:
    found = {one.name: one for one in dropoff.of(house.world, house.ada, "flight-delay", hash_).steps}
    return found[step].all


def rows(house: House) -> list[tuple[object, ...]]:
    with house.world.store.read() as tx:
        return [tuple(row) for row in tx.all(select(t.run_step).order_by(t.run_step.c.run, t.run_step.c.step))]


def test_each_figure_is_what_it_says(house: House) -> None:
    sent(house, 1)
    sent(house, 2, "1")
    sent(house, 3, "9", "2")
    sent(house, 4, "2", "1", "2")
    sent(house, 5, "2", "agent")
    status = at(house, "status")
    assert (status.entered, status.answered, status.misunderstood, status.left) == (5, 4, 1, 0)
    assert status.tries == (4 + 1) / 4
    pick = at(house, "pick")
    assert (pick.entered, pick.answered, pick.handed) == (3, 1, 1)
    assert at(house, "extras").handed == 1
    assert (at(house, "kept").entered, at(house, "kept").tries, at(house, "kept").seconds) == (1, None, None)


def test_whoever_does_nothing_for_half_an_hour_has_left_until_they_come_back(house: House) -> None:
    sent(house, 1, "2")
    sent(house, 2, "2", "agent")
    house.clock.on(seconds=1795)
    assert at(house, "pick").left == 0
    house.clock.on(seconds=10)
    assert (at(house, "pick").left, at(house, "status").left) == (1, 0)
    house.text("1", sender="+12025551001")
    assert at(house, "pick").left == 0


def test_seconds_are_the_median_of_those_who_answered(house: House) -> None:
    for number, seconds in ((1, 10), (2, 40), (3, 600)):
        sent(house, number)
        house.clock.on(seconds=seconds)
        house.text("2", sender=f"+1202555{1000 + number}")
    sent(house, 4)
    found = at(house, "status").seconds
    assert found is not None
    assert round(found) == 40


def test_a_step_counts_on_the_channel_where_something_was_done(house: House) -> None:
    first = house.notify(to={"phone": "+12025551001"})
    opened = links.engage(house.world, house.world.settings.host, first["link"]["code"])
    jar = runs.grant(house.world, opened.cookie_value, opened.handle)
    runs.answer(house.world, jar, opened.handle, "status", {"choice": "change"}, "n-1")
    sent(house, 2, "2")
    found = {one.name: one for one in dropoff.of(house.world, house.ada, "flight-delay").steps}
    assert {channel: one.answered for channel, one in found["status"].channels.items()} == {"web": 1, "sms": 1}
    assert sum(one.entered for one in found["pick"].channels.values()) == found["pick"].all.entered == 2


def test_a_rebuild_counts_the_same(house: House) -> None:
    sent(house, 1, "9", "2", "9", "1", "2")
    sent(house, 2, "1")
    before = rows(house)
    assert before
    projections.rebuild(house.world.store)
    assert rows(house) == before
    with house.world.store.write() as tx:
        tx.run(t.run_step.delete())
    projections.rebuild(house.world.store)
    assert rows(house) == before


def test_who_was_erased_is_counted_no_more_and_a_rebuild_agrees(house: House) -> None:
    session = sent(house, 1, "2")
    sent(house, 2, "2")
    with house.world.store.read() as tx:
        customer = tx.all(select(t.session.c.customer).where(t.session.c.id == session))[0].customer
    people.erase(house.world, house.key, customer)
    assert at(house, "pick").entered == 1
    before = rows(house)
    projections.rebuild(house.world.store)
    assert rows(house) == before


def test_versions_are_told_apart_and_old_runs_are_not_counted(house: House) -> None:
    sent(house, 1, "2")
    first = flows.version(house.world, house.site.id, "flight-delay")
    second = loading.load(loading.gallery()["flight-delay"]).but(purpose="A change to your journey")
    flows.publish(house.world, house.site.id, second)
    sent(house, 2, "2")
    sent(house, 3, "1")
    assert at(house, "status").entered == 3
    assert at(house, "status", first.hash).entered == 1
    assert at(house, "status", second.hash).entered == 2
    with pytest.raises(NotFound):
        dropoff.of(house.world, house.ada, "flight-delay", "0" * 64)
    house.clock.on(seconds=(dropoff.DAYS + 1) * 86_400)
    assert dropoff.of(house.world, house.ada, "flight-delay").steps == ()


def test_only_so_many_runs_are_looked_at_and_it_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dropoff, "MOST_RUNS", 2)
    for number in range(3):
        sent(house, number, "2")
    found = dropoff.of(house.world, house.ada, "flight-delay")
    assert (found.runs, found.more, found.steps[0].all.entered) == (2, True, 2)


def test_many_runs_are_read_in_parts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        sent(house, number, "2")
    with house.world.store.read() as tx:
        ids = [row.id for row in steps.newest_runs(tx, house.site.id, "flight-delay", 0, 10)]
        whole = {(row.run, row.step) for row in steps.of_runs(tx, ids)}
        monkeypatch.setattr(steps, "AT_ONCE", 2)
        assert {(row.run, row.step) for row in steps.of_runs(tx, ids)} == whole
    assert len(ids) == 3


def test_the_context_is_no_part_of_it(house: House) -> None:
    sent(house, 1, "2")
    assert CONTEXT["passenger"]["last_name"] not in repr(rows(house))
