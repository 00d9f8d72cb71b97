"""Fetching a link, and pressing its button as a machine does: C05 to C08, and how fetches are counted, C25."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Request

from tests.support import agents, browser
from tests.support import fort as forts
from tests.support.fort import Fort, home, option, rows, see, to_verify
from tests.support.live import Live
from tests.support.pages import forms
from widget_server.web.fetches import is_program

EVERYBODY = agents.BOTS + agents.PHONES
COUNTERS = frozenset({"link.hits", "link.bot_hits"})


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Fort]:
    """A server nobody else uses, for looking at all its rows."""
    with forts.standing(tmp_path) as made:
        yield made


def test_c05_fetches_change_nothing_and_show_tier_0_only(alone: Fort) -> None:
    sent = alone.send()
    assert len(EVERYBODY) == 50
    before = rows(alone, COUNTERS)
    for agent in EVERYBODY:
        fetcher = alone.person()
        page = fetcher.get(sent.path, **{"User-Agent": agent})
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers
        assert not [one for one in ("Mara", "Lindqvist", "MA 204", "+1202", "MA 210") if one in page.text]
        for method in ("HEAD", "OPTIONS"):
            fetcher.client.open(sent.path, method=method, base_url=forts.BASE, headers={"User-Agent": agent})
    alone.app.extensions["samethread.fetches"].flush()
    assert rows(alone, COUNTERS) == before
    mara = alone.person()
    assert "Your seat is kept" in mara.press(mara.opened(sent), choice="keep").text


def test_c25_previews_and_people_are_let_in_alike_and_counted_apart(fort: Fort) -> None:
    sent = fort.send()
    pages = {fort.person().get(sent.path, **{"User-Agent": agent}).status_code for agent in EVERYBODY}
    assert pages == {200}
    fort.app.extensions["samethread.fetches"].flush()
    counted = fort.api("GET", f"/v1/links/{sent.link}").json
    assert counted is not None
    assert (counted["fetches"], counted["bot_fetches"]) == (25, 25)
    assert "link.engaged" not in fort.house.kinds(sent.session)
    for agent in (agents.BOTS[0], agents.PHONES[0]):
        person = fort.person()
        cover = person.get(sent.path, **{"User-Agent": agent})
        nonce = forms(cover)[0].nonce
        person.client.environ_base["HTTP_USER_AGENT"] = agent
        page = person.post(sent.path, {"nonce": nonce, "act": "continue"})
        assert "Your flight now leaves" in page.text
    assert fort.house.kinds(sent.session).count("link.engaged") == 2


@pytest.mark.parametrize("agent", agents.BOTS)
def test_c25_a_program_is_known_by_its_name(agent: str) -> None:
    assert is_program(agent)


@pytest.mark.parametrize("agent", agents.PHONES)
def test_c25_a_persons_browser_is_no_program(agent: str) -> None:
    assert not is_program(agent)


@pytest.mark.parametrize("scripts", [True, False])
def test_c06_a_page_posts_nothing_by_itself(live: Live, chromium: browser.Chromium, scripts: bool) -> None:
    sent = live.link(to={"phone": f"+1202558010{scripts:d}", "user_id": f"c06-{scripts}"})
    writes: list[str] = []

    def note(request: Request) -> None:
        if request.method != "GET":
            writes.append(request.url)

    with chromium.phone(java_script_enabled=scripts) as page:
        page.on("request", note)
        page.clock.install()
        page.goto(live.base + sent.path)
        html = page.content()
        assert "http-equiv" not in html
        page.clock.fast_forward("47:00:00")
        page.wait_for_load_state("networkidle")
        assert page.url == live.base + sent.path
        assert writes == []
        assert "link.engaged" not in live.house.kinds(sent.session)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading").first.wait_for()
        page.clock.fast_forward("01:00:00")
        page.wait_for_load_state("networkidle")
        assert writes == [live.base + sent.path]
    assert live.house.kinds(sent.session).count("link.engaged") == 1
    assert "run.answered" not in live.house.kinds(sent.session)


def test_c06_the_first_change_needs_a_nonce_of_this_very_page(fort: Fort) -> None:
    sent, other = fort.send(), fort.send()
    person = fort.person()
    foreign = forms(person.get(other.path))[0].nonce
    for nonce in ("", "x" * 40, foreign, sent.code):
        answer = person.post(sent.path, {"nonce": nonce, "act": "continue"}, follow=False)
        assert "Set-Cookie" not in answer.headers
    assert "link.engaged" not in fort.house.kinds(sent.session)
    fresh = [forms(person.get(sent.path))[0].nonce for _ in range(5)]
    assert len(set(fresh)) == 5


def test_c07_opening_is_repeatable_and_the_outcome_happens_once(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    for _ in range(20):
        assert fort.person().get(sent.path).status_code == 200
    for _ in range(20):
        _ = mara.get(sent.path) if mara.cookies() else mara.opened(sent)
    page = see(mara, sent.path)
    pick = mara.press(page, choice="change")
    verify = mara.press(mara.press(pick, chosen=option(pick)), choice="done")
    mara.press(verify, follow=False, fact="Lindqvist")
    assert fort.answer_calls(sent, {"reference": "K7QX2M"}) == 1
    done = see(mara, home(verify))
    assert "K7QX2M" in done.text
    again = mara.press(verify, follow=False, fact="Lindqvist")
    assert again.status_code == 303
    mara.post(f"{home(verify)}/extras", {"nonce": forms(verify)[0].nonce, "choice": "done"})
    assert fort.answer_calls(sent, {"reference": "SECOND"}) == 0
    kinds = fort.house.kinds(sent.session)
    assert (kinds.count("run.called"), kinds.count("run.ended")) == (1, 1)
    stranger = fort.person()
    receipt = stranger.get(sent.path)
    assert receipt.status_code == 200
    assert "K7QX2M" not in receipt.text
    assert not forms(receipt)


def test_c08_a_clicking_bot_gets_tier_1_on_its_own_cookie_and_locks_nobody_out(fort: Fort) -> None:
    phone = fort.phone()
    sent, bot, mara = fort.send(phone), fort.person(), fort.person()
    clicked = bot.opened(sent)
    assert fort.grant(bot, clicked).tier == 1
    assert "Lindqvist" not in clicked.text
    verify = to_verify(mara, sent)
    # The bot looks again, and presses what it can see: it is shown nothing of what mara did.
    seen = see(bot, home(clicked))
    assert "MA 210" not in seen.text
    bot.press(clicked, choice="keep")
    assert "run.ended" not in fort.house.kinds(sent.session)
    mara.press(verify, follow=False, fact="lindqvist")
    assert fort.answer_calls(sent, {"reference": "K7QX2M"}) == 1
    assert "K7QX2M" in see(mara, home(verify)).text
    assert "K7QX2M" not in see(bot, home(clicked)).text


def test_c08_a_bot_that_presses_everything_settles_nothing(fort: Fort) -> None:
    phone = fort.phone()
    sent, bot, mara = fort.send(phone), fort.person(), fort.person()
    ended = bot.press(bot.opened(sent), choice="keep")
    assert "Your seat is kept" in ended.text
    assert "Change this" not in ended.text
    receipt = see(mara, sent.path)
    assert "Your seat is kept" not in receipt.text
    page = mara.press(receipt, act="continue")
    assert "Begun on another phone" in page.text
    page = mara.press(mara.press(page, act="send"), code=fort.texted_code(phone), act="prove")
    assert "Your seat is kept" in page.text
    assert "Change this" in page.text
    again = see(mara, f"{home(page)}/status")
    assert "Which flight suits you?" in mara.press(again, choice="change").text
    # The bot cannot take it back.
    nonce = forms(bot.get(f"{home(ended)}/status"))[0].nonce if forms(bot.get(f"{home(ended)}/status")) else ""
    bot.post(f"{home(ended)}/status", {"nonce": nonce, "choice": "keep"})
    assert fort.house.kinds(sent.session).count("run.ended") == 1
    assert "Which flight suits you?" in see(mara, home(page)).text


def test_c08_what_was_pressed_stands_once_the_link_has_ended(fort: Fort) -> None:
    phone = fort.phone()
    sent, bot, mara = fort.send(phone), fort.person(), fort.person()
    bot.press(bot.opened(sent), choice="keep")
    page = mara.press(mara.press(see(mara, sent.path), act="continue"), act="send")
    page = mara.press(page, code=fort.texted_code(phone), act="prove")
    again = see(mara, f"{home(page)}/status")
    fort.clock.on(seconds=49 * 3600)
    assert "Change this" not in see(mara, home(page)).text
    assert "Your seat is kept" in mara.press(again, choice="change").text
    assert not forms(fort.person().get(sent.path))


def test_c08_when_the_bot_even_answers_the_person_goes_on_by_a_code(fort: Fort) -> None:
    phone = fort.phone()
    sent, bot, mara = fort.send(phone), fort.person(), fort.person()
    bot.press(bot.opened(sent), choice="change")
    page = mara.opened(sent)
    assert "Begun on another phone" in page.text
    asked = mara.press(page, act="send")
    page = mara.press(asked, code=fort.texted_code(phone), act="prove")
    assert "Which flight suits you?" in page.text
    assert fort.grant(mara, page).tier == 2
