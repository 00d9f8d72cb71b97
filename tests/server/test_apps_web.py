"""Short links and running apps over HTTP, scripts off: covers, gestures, steps, stepping up, chat, and who sees none of it."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from disposable import loading
from tests.support.pages import Person, Sent, Web, forms, web
from widget_server.actions import desk, links, runs, sessions, setup
from widget_server.actions.errors import NotFound
from widget_server.assets import Assets
from widget_server.words import Words

AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36 Google/google",
    "WhatsApp/2.26", "facebookexternalhit/1.1", "Twitterbot/1.0", "Slackbot-LinkExpanding 1.0", "curl/8.5",
)  # fmt: skip


@pytest.fixture
def site(tmp_path: Path, words: Words, assets: Assets) -> Web:
    return web(tmp_path, words, assets)


@pytest.fixture
def sent(site: Web) -> Sent:
    return site.link()


@pytest.fixture
def mara(site: Web) -> Person:
    return site.person()


def without_nonces(text: str) -> str:
    return re.sub(r'name="nonce" value="[^"]+"', "", text)


def home(page: Any) -> str:
    """The running app's address, without the step's."""
    return "/".join(page.request.path.split("/")[:3])


class TestCover:
    def test_says_brand_purpose_expiry_and_not_you_and_nothing_personal(self, sent: Sent, mara: Person) -> None:
        page = mara.get(sent.path)
        assert page.status_code == 200
        assert "Meridian Air" in page.text
        assert "A change to your flight" in page.text
        assert "2027" in page.text
        assert "Not you?" in page.text
        assert not re.search(r"Mara|Lindqvist|MA 204|\+1202", page.text)

    def test_sets_no_cookie_and_loads_nothing_and_its_script_only_tidies_up(self, sent: Sent, mara: Person) -> None:
        page = mara.get(sent.path)
        assert "Set-Cookie" not in page.headers
        assert not re.search(r"<link|<img|src=|http-equiv", page.text)
        assert re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL) == [
            'addEventListener("submit",()=>history.replaceState(0,"","/a/"))'
        ]
        assert re.search(r"script-src 'sha256-[^']+';", page.headers["Content-Security-Policy"])

    def test_differs_between_fetches_only_in_nonces_for_every_agent(self, site: Web, sent: Sent) -> None:
        pages = [site.person().get(sent.path, **{"User-Agent": agent}) for agent in AGENTS]
        assert len({without_nonces(page.text) for page in pages}) == 1
        nonces = [form.nonce for page in pages for form in forms(page)]
        assert len(set(nonces)) == len(AGENTS)
        assert min(map(len, nonces)) >= 16

    def test_a_fetch_changes_nothing_and_head_is_like_get(self, site: Web, sent: Sent, mara: Person) -> None:
        before = site.house.events(sent.session)
        for agent in AGENTS:
            mara.get(sent.path, **{"User-Agent": agent})
        head = mara.client.head(sent.path, base_url=mara.base)
        assert head.status_code == 200
        assert dict(head.headers) == dict(mara.get(sent.path).headers)
        assert site.house.events(sent.session) == before

    def test_is_served_at_the_short_path_too(self, sent: Sent, mara: Person) -> None:
        assert without_nonces(mara.get(f"/{sent.code}").text) == without_nonces(mara.get(sent.path).text)
        assert mara.press(mara.get(f"/{sent.code}"), act="continue").request.path.startswith("/a/")

    def test_weighs_at_most_four_kilobytes_and_so_does_the_first_step(self, sent: Sent, mara: Person) -> None:
        cover = mara.get(sent.path)
        first = mara.press(cover, act="continue")
        assert len(gzip.compress(cover.data, 6)) <= 4096
        assert len(gzip.compress(first.data, 6)) <= 4096
        assert not re.search(r"<link|\bsrc=", first.text)

    def test_in_the_language_of_the_site(self, site: Web, sent: Sent) -> None:
        page = site.person().get(sent.path, **{"Accept-Language": "ar"})
        assert 'lang="en" dir="ltr"' in page.text


class TestLinkStates:
    def bad(self, site: Web, sent: Sent) -> list[str]:
        other = site.link()
        links.revoke(site.house.world, site.house.key, other.link)
        forged = sent.code[:-1] + ("A" if sent.code[-1] != "A" else "B")
        return [forged, "x" * 22, "short", other.code]

    def test_forged_unknown_and_revoked_are_one_answer(self, site: Web, sent: Sent, mara: Person) -> None:
        answers = [mara.get(f"/l/{code}") for code in self.bad(site, sent)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.data for answer in answers}) == 1
        assert len({str(answer.headers) for answer in answers}) == 1

    def test_a_gesture_on_them_is_that_answer_too(self, site: Web, sent: Sent, mara: Person) -> None:
        nonce = forms(mara.get(sent.path))[0].nonce
        for code in self.bad(site, sent):
            assert mara.post(f"/l/{code}", {"nonce": nonce, "act": "continue"}).status_code == 404

    def test_guessing_is_slowed_and_holding_a_link_is_not(self, sent: Sent, mara: Person) -> None:
        statuses = [mara.get(f"/l/{'x' * 22}").status_code for _ in range(100)]
        assert statuses[0] == 404
        assert statuses[-1] == 429
        assert mara.get(sent.path).status_code == 200

    def test_expired_says_how_to_get_a_new_one_and_spares_a_live_grant(
        self, site: Web, sent: Sent, mara: Person
    ) -> None:
        mara.opened(sent)
        site.house.clock.on(seconds=49 * 3600)
        page = site.person().get(sent.path)
        assert page.status_code == 410
        assert "sends you a new link" in page.text
        assert mara.get(sent.path).status_code == 303

    def test_continue_on_an_expired_link_makes_nothing(self, site: Web, sent: Sent, mara: Person) -> None:
        cover = mara.get(sent.path)
        site.house.clock.on(seconds=49 * 3600)
        assert mara.press(cover, act="continue").status_code == 410
        assert not mara.cookies()

    def test_not_you_ends_it_and_shows_nothing(self, site: Web, sent: Sent, mara: Person) -> None:
        page = mara.press(mara.get(sent.path), act="disown")
        assert page.status_code == 200
        assert "Thank you" in page.text
        assert "Lindqvist" not in page.text
        assert mara.get(sent.path).status_code == 404
        assert "link.disowned" in site.house.kinds(sent.session)

    def test_settled_is_a_neutral_receipt_to_others_and_stays_with_who_settled_it(
        self, site: Web, sent: Sent, mara: Person
    ) -> None:
        page = mara.press(mara.opened(sent), choice="keep")
        assert "Your seat is kept" in page.text
        assert mara.get(sent.path).status_code == 303
        stranger = site.person().get(sent.path)
        assert stranger.status_code == 200
        assert "Your seat is kept" not in stranger.text
        assert not forms(stranger) or "continue" in stranger.text.lower()


class TestGesture:
    def test_makes_a_guarded_cookie_and_leaves_the_token_behind(self, sent: Sent, mara: Person) -> None:
        answer = mara.press(mara.get(sent.path), follow=False, act="continue")
        assert answer.status_code == 303
        assert re.fullmatch(r"/a/[0-9A-Za-z]{11}", answer.location)
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-a-{answer.location[3:]}=")
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
            assert part in cookie
        assert "Domain" not in cookie
        page = mara.get(answer.location)
        assert sent.code not in page.text + str(page.headers) + answer.location

    def test_tapping_the_link_again_goes_on(self, sent: Sent, mara: Person) -> None:
        first = mara.opened(sent)
        mara.press(first, choice="change")
        again = mara.client.get(sent.path, base_url=mara.base, follow_redirects=True)
        assert "Which flight suits you?" in again.text

    def test_needs_a_nonce_of_this_very_cover(self, site: Web, sent: Sent, mara: Person) -> None:
        other = forms(mara.get(site.link().path))[0].nonce
        for nonce in ("", "nonsense", other):
            answer = mara.post(sent.path, {"nonce": nonce, "act": "continue"}, follow=False)
            assert answer.status_code == 303
            assert answer.location == sent.path
        assert not mara.cookies()

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
            {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
            {"Origin": "http://localhost:8123", "Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_from_another_sites_page_is_refused(self, sent: Sent, mara: Person, headers: dict[str, str]) -> None:
        form = forms(mara.get(sent.path))[0]
        answer = mara.post(sent.path, {"nonce": form.nonce, "act": "continue"}, follow=False, **headers)
        assert answer.status_code == 403
        assert not mara.cookies()

    def test_chromiums_null_origin_is_our_own_page(self, sent: Sent, mara: Person) -> None:
        form = forms(mara.get(sent.path))[0]
        answer = mara.post(sent.path, {"nonce": form.nonce, "act": "continue"}, follow=False, Origin="null")
        assert answer.location.startswith("/a/")

    def test_a_bot_that_presses_locks_nobody_out(self, site: Web, sent: Sent, mara: Person) -> None:
        site.person().opened(sent)
        assert "Your flight now leaves" in mara.opened(sent).text


class TestSteps:
    def test_forward_back_and_revise(self, sent: Sent, mara: Person) -> None:
        pick = mara.press(mara.opened(sent), choice="change")
        assert pick.request.path.endswith("/pick")
        extras = mara.press(pick, chosen=option(pick, 0))
        assert extras.request.path.endswith("/extras")
        back = mara.get(link_back(extras))
        assert checked(back) == option(back, 0)
        again = mara.press(back, chosen=option(back, 1))
        assert again.request.path.endswith("/extras")
        assert checked(mara.get(link_back(again))) == option(back, 1)

    def test_a_mistake_is_said_above_and_beside_and_nothing_is_lost(self, sent: Sent, mara: Person) -> None:
        pick = mara.press(mara.opened(sent), choice="change")
        wrong = mara.press(pick)
        assert wrong.status_code == 422
        assert 'href="#f-chosen"' in wrong.text
        assert 'id="f-chosen"' in wrong.text
        assert 'aria-invalid="true"' in wrong.text
        assert wrong.text.index('role="alert"') < wrong.text.index("<h1")

    def test_a_second_tap_is_the_first(self, site: Web, sent: Sent, mara: Person) -> None:
        first = mara.opened(sent)
        form = forms(first)[0]
        for _ in range(3):
            page = mara.post(form.action, {"nonce": form.nonce, "choice": "change"})
            assert "Which flight suits you?" in page.text
        assert site.house.kinds(sent.session).count("run.answered") == 1

    def test_an_answer_to_a_step_not_current_leads_to_where_it_stands(self, sent: Sent, mara: Person) -> None:
        first = mara.opened(sent)
        page = mara.post(f"{home(first)}/extras", {"nonce": forms(first)[0].nonce, "choice": "done"})
        assert "had moved on" in page.text
        assert "Keep my seat" in page.text

    def test_a_nonce_of_another_app_changes_nothing(self, site: Web, sent: Sent, mara: Person) -> None:
        mine, other = mara.opened(sent), site.person()
        strange = forms(other.opened(site.link(to={"phone": "+12025550177"})))[0].nonce
        page = mara.post(f"{home(mine)}/status", {"nonce": strange, "choice": "keep"})
        assert "open for a long time" in page.text
        assert "run.answered" not in site.house.kinds(sent.session)

    def test_without_the_cookie_the_page_says_so_for_every_handle(self, site: Web, sent: Sent, mara: Person) -> None:
        path = home(mara.opened(sent))
        answers = [site.person().get(one) for one in (path, f"{path}/status", "/a/00000000000")]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.data for answer in answers}) == 1

    def test_pages_are_not_kept_and_not_framed(self, sent: Sent, mara: Person) -> None:
        page = mara.opened(sent)
        assert page.headers["Cache-Control"] == "no-store"
        # The demo's tour frames its own pages; elsewhere nobody does (tests/security, C18).
        assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
        assert page.headers["Referrer-Policy"] == "no-referrer"


class TestSteppingUp:
    @pytest.fixture
    def verify(self, sent: Sent, mara: Person) -> str:
        pick = mara.press(mara.opened(sent), choice="change")
        page = mara.press(mara.press(pick, chosen=option(pick, 0)), choice="done")
        assert "Your last name" in page.text
        return page.request.path

    def test_the_fact_leads_on_whatever_its_case(self, verify: str, mara: Person) -> None:
        page = mara.press(mara.get(verify), fact="  LINDQVIST ")
        assert "Your last name" not in page.text
        assert "Working on it" in page.text

    def test_a_wrong_one_is_said_and_never_repeated(self, verify: str, mara: Person) -> None:
        page = mara.press(mara.get(verify), fact="Smith")
        assert page.status_code == 422
        assert "not what we have" in page.text
        assert "Smith" not in page.text
        assert "Lindqvist" not in page.text

    def test_whoever_is_stuck_gets_a_person(self, verify: str, mara: Person) -> None:
        for _ in range(2):
            mara.press(mara.get(verify), fact="Smith")
        assert "Chat with Meridian Air" in mara.press(mara.get(verify), fact="Smith").text

    def test_the_sixth_try_is_locked_even_if_right(self, verify: str, mara: Person) -> None:
        asked = mara.press(mara.get(verify), act="send").request.path
        for _ in range(5):
            assert mara.press(mara.get(asked), code="000000", act="prove").status_code == 422
        page = mara.press(mara.get(asked), code="123456", act="prove")
        assert page.status_code == 429
        assert "Too many tries" in page.text

    def test_a_code_leads_on_too(self, verify: str, mara: Person) -> None:
        asked = mara.press(mara.get(verify), act="send")
        assert asked.request.path.endswith("/code")
        assert "555" not in asked.text
        assert mara.press(asked, code="000000", act="prove").status_code == 422
        assert "Working on it" in mara.press(mara.get(asked.request.path), code="123 456", act="prove").text

    def test_the_fourth_code_in_an_hour_is_refused(self, verify: str, mara: Person) -> None:
        for _ in range(3):
            assert mara.press(mara.get(verify), act="send").status_code == 200
        refused = mara.press(mara.get(verify), act="send")
        assert refused.status_code == 429
        assert "several codes" in refused.text

    def test_another_window_sees_nothing_until_it_proves_itself(self, site: Web, sent: Sent, verify: str) -> None:
        other = site.person()
        page = other.opened(sent)
        assert "Begun on another phone" in page.text
        assert "MA 210" not in page.text
        assert "MA 204" not in page.text
        asked = other.press(page, act="send")
        after = other.press(asked, code="123456", act="prove")
        assert after.status_code == 200
        assert "Begun on" not in after.text


class TestChat:
    @pytest.fixture
    def handed(self, sent: Sent, mara: Person) -> str:
        pick = mara.press(mara.opened(sent), choice="change")
        page = mara.press(mara.press(pick, chosen=option(pick, 0)), choice="business")
        assert "Chat with Meridian Air" in page.text
        return page.request.path

    def test_works_by_form_and_says_that_it_needs_refreshing(
        self, site: Web, sent: Sent, mara: Person, handed: str
    ) -> None:
        page = mara.get(handed)
        assert "Without JavaScript" in page.text
        assert "Refresh" in page.text
        after = mara.press(page, text="Is there <b>room</b> for two?\r\nThank you 😀")
        assert "Is there &lt;b&gt;room&lt;/b&gt; for two?\nThank you 😀" in after.text
        assert site.house.kinds(sent.session).count("message") == 2

    def test_the_agents_words_are_there_after_a_refresh(self, site: Web, sent: Sent, mara: Person, handed: str) -> None:
        world = site.house.world
        desk.accept(world, site.house.ada, sent.session, epoch(site, sent), "accept")
        sessions.write(
            world, site.house.ada, sent.session, "m1", "message", {"text": "Two seats left."}, epoch(site, sent)
        )
        page = mara.get(handed)
        assert "Two seats left." in page.text
        assert "You are talking with Ada" in page.text

    def test_a_doubled_post_is_one_message(self, site: Web, sent: Sent, mara: Person, handed: str) -> None:
        form = next(one for one in forms(mara.get(handed)) if "text" in one.names)
        for _ in range(2):
            mara.post(form.action, {"nonce": form.nonce, "text": "Once."})
        texts = [one["body"]["text"] for one in site.house.events(sent.session) if one["kind"] == "message"]
        assert texts.count("Once.") == 1

    def test_too_long_a_text_is_kept_in_its_field(self, mara: Person, handed: str) -> None:
        page = mara.press(mara.get(handed), text="x" * 10_001)
        assert page.status_code == 422
        assert "x" * 10_001 in page.text
        assert "too long" in page.text

    def test_its_script_may_come_from_us_alone(self, mara: Person, handed: str) -> None:
        policy = mara.get(handed).headers["Content-Security-Policy"]
        assert re.search(r"script-src 'self' 'sha256-[^']+'", policy)
        assert "unsafe" not in policy


def test_a_step_may_be_named_like_our_own_forms(site: Web) -> None:
    flow = loading.load(
        "app: odd\npurpose: An odd one\ntext: 'Tap {{ link }} now'\nexpires: 1h\nstart: code\nsteps:\n"
        "  code: {say: First, choose: {on: {label: On, next: verify}}}\n"
        "  verify: {ask: 'Your town?', field: {kind: text, label: Town, save: town}, next: chat}\n"
        "  chat: {choose: {end: {label: End, next: done}}}\n"
        "  done: {end: Bye}\n"
    )
    setup.publish(site.house.world, site.house.site.id, flow)
    person = site.person()
    page = person.opened(site.link(app="odd", context={}))
    page = person.press(page, choice="on")
    page = person.press(page, town="Bonn")
    page = person.press(page, choice="end")
    assert "Bye" in page.text


def test_what_a_window_may_see_is_asked_at_every_request(site: Web, sent: Sent, mara: Person) -> None:
    page = mara.opened(sent)
    links.revoke(site.house.world, site.house.key, sent.link)
    assert mara.get(page.request.path).status_code == 404
    with pytest.raises(NotFound):
        runs.grant(site.house.world, next(iter(mara.cookies().values())), home(page)[3:])


def option(page: TestResponse, at: int) -> str:
    return str(re.findall(r'type="radio" name="chosen" value="([^"]+)"', page.text)[at])


def checked(page: TestResponse) -> str:
    found = re.search(r'value="([^"]+)"(?: id="[^"]+")? checked', page.text)
    assert found
    return found[1]


def link_back(page: TestResponse) -> str:
    found = re.search(r'class="back" href="([^"]+)"', page.text)
    assert found
    return found[1]


def epoch(site: Web, sent: Sent) -> int:
    return int(sessions.get(site.house.world, site.house.key, sent.session)["epoch"])
