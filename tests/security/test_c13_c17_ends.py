"""How links end, who still sees what, and what a guesser learns: C13 to C17."""

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support import fort as forts
from tests.support.fort import (
    BEARER,
    CLAIM_CONTEXT,
    Fort,
    ended,
    greeted,
    home,
    option,
    rows,
    see,
    statements,
    to_verify,
)
from tests.support.live import Live
from tests.support.pages import Person, Sent, forms
from widget_server import delivery
from widget_server.actions import desk, files, links, retention, runs, sessions, setup, ticks
from widget_server.actions.errors import NotFound
from widget_server.settings import MasterKey, Settings
from widget_server.store import tables
from widget_server.store.links import unhexed


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Fort]:
    """A server whose clock stands at one millisecond until it is moved."""
    with forts.standing(tmp_path, forts.Still()) as made:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Fort]:
    """A server nobody else uses."""
    with forts.standing(tmp_path) as made:
        yield made


def ends_at(fort: Fort, sent: Sent) -> int:
    with fort.world.store.read() as tx:
        row = tx.one(tables.link.select().where(tables.link.c.id == unhexed(sent.link)))
    assert row is not None
    return int(row.expires_at)


# C13


def test_c13_a_link_ends_at_its_millisecond_and_a_live_grant_does_not(still: Fort) -> None:
    sent, mara = still.claim(), still.person()
    hello = mara.opened(sent)
    end = ends_at(still, sent)
    assert end - still.clock.at <= 24 * 3600 * 1000
    still.clock.at = end - 1
    assert still.person().get(sent.path).status_code == 200
    late = still.person()
    cover = late.get(sent.path)
    assert "Hello Mara" in still.person().opened(sent).text
    for at in (end, end + 1):
        still.clock.at = at
        refused = still.person().get(sent.path)
        assert refused.status_code == 410
        assert not forms(refused)
        assert late.press(cover, act="continue").status_code == 410
        assert not late.cookies()
        assert see(mara, sent.path).status_code == 200
        assert "Hello Mara" in see(mara, home(hello)).text


def test_c13_a_grant_ends_some_hours_after_its_session(still: Fort) -> None:
    setup.set_site(still.world, still.house.site.id, options={"grant_outlives_ms": 3_600_000})
    sent, mara = still.claim(), still.person()
    hello = mara.opened(sent)
    close(still, sent)
    still.clock.at += 3_599_999
    assert see(mara, home(hello)).status_code == 200
    still.clock.at += 1
    assert see(mara, home(hello)).status_code == 404


def test_c13_no_link_lives_longer_than_thirty_days_or_less_than_a_minute(fort: Fort) -> None:
    for seconds, status in ((59, 422), (60, 201), (30 * 86400, 201), (30 * 86400 + 1, 422), (10**12, 422)):
        body = {"app": "claim", "context": CLAIM_CONTEXT, "expires_in": seconds}
        assert fort.api("POST", "/v1/links", body).status_code == status, seconds


def close(fort: Fort, sent: Sent) -> None:
    at = sessions.get(fort.world, fort.house.key, sent.session)["epoch"]
    desk.accept(fort.world, fort.house.ada, sent.session, at, "take")
    desk.close(fort.world, fort.house.ada, sent.session, desk.DISPOSITIONS[0], at + 1, "close")


# C14


def booked(fort: Fort, sent: Sent, mara: Person) -> str:
    """A flight changed; where the receipt stands."""
    verify = to_verify(mara, sent)
    mara.press(verify, follow=False, fact="Lindqvist")
    assert fort.answer_calls(sent, {"reference": "K7QX2M"}) == 1
    return home(verify)


def test_c14_what_is_done_is_neutral_to_all_but_who_did_it(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    url = booked(fort, sent, mara)
    for stranger in (fort.person(), fort.person()):
        page = see(stranger, sent.path)
        for told in ("K7QX2M", "MA 210", "MA 204", "Mara", "Lindqvist"):
            assert told not in page.text
    fort.clock.on(seconds=90 * 3600)
    for path in (url, sent.path):
        assert "K7QX2M" in see(mara, path).text


def test_c14_cancelled_and_closed_links_are_neutral_too(fort: Fort) -> None:
    sent = fort.claim()
    person = fort.person()
    left = person.press(person.opened(sent), choice="leave")
    assert "Left as it is" in left.text
    page = fort.person().get(sent.path)
    assert page.status_code == 200
    assert "Left as it is" not in page.text
    for personal in ("Mara", "T-9913", "POL-"):
        assert personal not in page.text


def test_c14_purging_leaves_nothing_that_was_said(alone: Fort) -> None:
    phone = alone.phone()
    sent, mara = alone.send(phone), alone.person()
    url = booked(alone, sent, mara)
    kept = files.keep(alone.world, alone.house.key, sent.session, "pass.txt", b"Boarding pass of Lindqvist", "f1")
    path = files._path(alone.world, kept["file"])
    assert path.exists()
    close(alone, sent)
    alone.clock.on(seconds=7 * 3600)
    delivery.Loop(alone.world, {}).tick()
    assert see(mara, url).status_code == 404
    before = len(alone.house.events(sent.session))
    alone.clock.on(seconds=399 * 86400)
    ticks.tidy(alone.world)
    assert path.exists()
    alone.clock.on(seconds=2 * 86400)
    ticks.tidy(alone.world)
    assert retention.purge(alone.world) == 0
    assert not path.exists()
    events = alone.house.events(sent.session)
    assert len(events) == before
    assert [one for one in events if one["body"]] == []
    assert sessions.get(alone.world, alone.house.key, sent.session)["status"] == "closed"
    dump = rows(alone)
    assert dump["file"] == []
    with alone.world.store.read() as tx:
        for table, column in ((tables.link, "context"), (tables.delivery, "payload")):
            assert {getattr(row, column) for row in tx.all(table.select())} == {None}
    assert alone.person().get(sent.path).status_code == 404
    assert see(mara, url).status_code == 404


def test_c14_purging_and_revoking_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    settings = dataclasses.replace(Settings.for_demo(tmp_path, forts.PORT, environ={}), database_url=postgres_url)
    with forts.standing(tmp_path, settings=settings) as fort:
        sent, mara, second = fort.send(), fort.person(), fort.person()
        url = booked(fort, sent, mara)
        assert "Begun on another phone" not in see(mara, url).text
        assert see(second, sent.path).status_code == 200
        other = fort.claim()
        fort.app.extensions["samethread.fetches"].flush()
        assert links.revoke_all(fort.world, fort.house.key, app="claim") == 1
        assert fort.person().get(other.path).status_code == 404
        close(fort, sent)
        fort.clock.on(seconds=401 * 86400)
        ticks.tidy(fort.world)
        assert [one for one in fort.house.events(sent.session) if one["body"]] == []
        fort.world.store.close()


# C15


def test_c15_a_revoked_link_is_gone_with_all_it_opened_at_the_next_request(fort: Fort) -> None:
    sent, mara = fort.claim(), fort.person()
    hello = mara.opened(sent)
    assert fort.api("DELETE", f"/v1/links/{sent.link}").status_code == 204
    assert mara.get(home(hello)).status_code == 404
    assert mara.press(hello, choice="go").status_code == 404
    assert fort.person().get(sent.path).status_code == 404
    handle = home(hello).split("/")[2]
    assert mara.get(f"/v1/sessions/{sent.session}/events", Handle=handle).status_code == 401


def test_c15_all_links_of_a_person_a_flow_or_the_site_end_together(alone: Fort) -> None:
    claim, flight, other = alone.claim(), alone.send(), alone.claim()
    people = [alone.person() for _ in range(3)]
    pages = [person.opened(sent) for person, sent in zip(people, (claim, flight, other), strict=True)]
    assert alive(people, pages) == [True, True, True]
    customer = sessions.get(alone.world, alone.house.key, other.session)["customer"]
    assert links.revoke_all(alone.world, alone.house.key, customer=customer) == 1
    assert alive(people, pages) == [True, True, False]
    assert links.revoke_all(alone.world, alone.house.key, app="claim") == 1
    assert alive(people, pages) == [False, True, False]
    assert "link.revoked" in alone.house.kinds(claim.session)
    assert links.revoke_all(alone.world, alone.house.key) == 1
    assert alive(people, pages) == [False, False, False]
    assert {alone.person().get(one.path).status_code for one in (claim, flight, other)} == {404}


def alive(people: list[Person], pages: list[Any]) -> list[bool]:
    return [see(person, home(page)).status_code == 200 for person, page in zip(people, pages, strict=True)]


def test_c15_a_retired_key_ends_the_links_it_signed_and_opens_what_it_sealed(tmp_path: Path) -> None:
    settings = Settings.for_demo(tmp_path, forts.PORT, environ={})
    with forts.standing(tmp_path, settings=settings) as before:
        sent = before.claim()
    keys = (MasterKey(1, b"n" * 32), *settings.keys)
    rotated = dataclasses.replace(settings, keys=keys)
    with reopened(rotated) as client:
        assert client.get(sent.path, base_url=forts.BASE).status_code == 200
    with reopened(dataclasses.replace(rotated, retired_keys=(settings.keys[0].id,))) as client:
        assert client.get(sent.path, base_url=forts.BASE).status_code == 404
        told = client.get(f"/v1/sessions/{sent.session}/events", base_url=forts.BASE, headers=BEARER)
        assert "T-9913" in told.text


def reopened(settings: Settings) -> Any:
    from widget_server.app import create_app  # noqa: PLC0415

    return create_app(settings).test_client()


@pytest.mark.parametrize("way", ["link", "person", "disown"])
def test_c15_open_sockets_close_with_the_right(live: Live, way: str) -> None:
    sent = live.link(to={"phone": f"+1202558020{len(way)}", "user_id": f"c15-{way}"})
    mara = live.web.person()
    mara.base = live.base

    cover = mara.get(sent.path)
    page = mara.client.post(
        sent.path,
        base_url=live.base,
        data={"nonce": forms(cover)[0].nonce, "act": "continue"},
        headers={"Origin": live.base, "Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )
    line = greeted(live.base, mara, page, sent)
    world, key = live.house.world, live.house.key
    if way == "link":
        links.revoke(world, key, sent.link)
    elif way == "person":
        links.revoke_all(world, key, customer=sessions.get(world, key, sent.session)["customer"])
    else:
        links.disown(world, world.settings.host, sent.code)
    assert ended(line) == 1008


def test_c15_a_waiting_poll_of_a_revoked_grant_hears_nothing_more(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    pick = mara.press(mara.opened(sent), choice="change")
    mara.press(mara.press(pick, chosen=option(pick)), choice="business")
    handle, seq = home(pick).split("/")[2], fort.house.events(sent.session)[-1]["seq"]
    answers: list[Any] = []
    poll = threading.Thread(
        target=lambda: answers.append(
            mara.get(f"/v1/sessions/{sent.session}/events?after={seq}&wait=20", Handle=handle)
        )
    )
    poll.start()
    while not fort.app.extensions["samethread.live"]:
        poll.join(0.01)
    links.revoke(fort.world, fort.house.key, sent.link)
    poll.join(15)
    assert not poll.is_alive()
    assert answers[0].status_code == 404
    assert sent.session not in answers[0].text


# C16


def bad_codes(fort: Fort) -> dict[str, str]:
    good, revoked, disowned = fort.claim(), fort.claim(), fort.claim()
    links.revoke(fort.world, fort.house.key, revoked.link)
    links.disown(fort.world, fort.world.settings.host, disowned.code)
    signed = fort.world.links.sign
    return {
        "forged": good.code[:-1] + ("A" if good.code[-1] != "A" else "B"),
        "mistyped": good.code[:-1],
        "never made": signed(2**40 + 7, forts.HOST),
        "revoked": revoked.code,
        "disowned": disowned.code,
        "of another host": signed(int(good.link, 16), "other.example"),
    }


def test_c16_all_bad_codes_are_answered_alike(fort: Fort) -> None:
    codes = bad_codes(fort)
    nonce = forms(fort.person().get(fort.claim().path))[0].nonce
    ways: tuple[Callable[[str], TestResponse], ...] = (
        lambda code: fort.person().get(f"/l/{code}"),
        lambda code: fort.person().get(f"/{code}") if len(code) == 22 else fort.person().get(f"/l/{code}"),
        lambda code: fort.person().client.head(f"/l/{code}", base_url=forts.BASE),
        lambda code: fort.person().post(f"/l/{code}", {"nonce": nonce, "act": "continue"}, follow=False),
        lambda code: fort.person().post(f"/l/{code}", {"nonce": "", "act": "disown"}, follow=False),
    )
    for send in ways:
        answers = {name: send(code) for name, code in codes.items()}
        assert {answer.status_code for answer in answers.values()} == {404}
        assert len({answer.data for answer in answers.values()}) == 1
        assert len({str(answer.headers) for answer in answers.values()}) == 1


def test_c16_those_that_reach_the_database_ask_it_the_same(fort: Fort) -> None:
    codes = bad_codes(fort)
    asked = {}
    for name, code in codes.items():
        with statements(fort) as seen:
            fort.person().get(f"/l/{code}")
        asked[name] = len(seen)
    assert asked["never made"] == asked["revoked"] == asked["disowned"] == 1
    assert asked["forged"] == asked["mistyped"] == asked["of another host"] == 0


# C17


def test_c17_guessing_is_throttled_and_told_and_a_valid_link_never_is(
    fort: Fort, caplog: pytest.LogCaptureFixture
) -> None:
    sent, guesser = fort.claim(), fort.person()
    with caplog.at_level(logging.WARNING, "samethread.guards"):
        statuses = [guesser.get(f"/l/{number:022d}").status_code for number in range(100)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert [record.levelname for record in caplog.records if record.name == "samethread.guards"] == ["WARNING"]
    refused = guesser.get(f"/l/{'0' * 22}")
    assert int(refused.headers["Retry-After"]) > 0
    # The same address: hundreds of phones stand behind one carrier's.
    assert guesser.get(sent.path).status_code == 200
    assert "Hello Mara" in guesser.opened(sent).text
    assert fort.person().get(f"/l/{'0' * 22}").status_code == 404


def test_c17_a_throttled_guesser_cannot_tell_bad_codes_apart_either(fort: Fort) -> None:
    codes, guesser = bad_codes(fort), fort.person()
    for number in range(61):
        guesser.get(f"/l/{number:022d}")
    answers = [guesser.get(f"/l/{code}") for code in codes.values()]
    assert {answer.status_code for answer in answers} == {429}
    assert len({answer.data for answer in answers}) == 1


def test_c17_runs_of_others_are_not_found_by_their_handle(fort: Fort) -> None:
    sent, mara, other = fort.claim(), fort.person(), fort.person()
    url = home(mara.opened(sent))
    assert other.get(url).data == other.get("/a/00000000000").data
    with pytest.raises(NotFound):
        runs.grant(fort.world, "x" * 32, url.split("/")[2])
