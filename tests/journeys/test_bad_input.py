"""Bad input, as the issue lists it: links, steps, taps, tabs, texts, identity tokens, origins. The whole server, no scripts."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from werkzeug.test import TestResponse

from tests.support import fort as forts
from tests.support.fort import BASE, Fort, home, option, see
from tests.support.pages import SAME, Person, Sent, forms
from tests.support.worlds import Text
from widget_server.actions import desk, inbound, links, sessions, setup, widget
from widget_server.actions.errors import Refused

EVIL = "https://evil.example"
PERSONAL = re.compile(r"Mara|Lindqvist|MA 2\d\d|\+1202")
STRANGE = {
    "emoji": "Danke 👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿👍🏽 — schön",
    "ten thousand": "ä" * 9_996 + " end",
    "html": "<script>alert(1)</script><b onclick='x()'>&amp;\"</b> {{ 7 * 7 }} {link:0000000000000000}",
    "lines": "one\ntwo\n\nthree",
    "right to left": "مرحبا \u200f(1) abc",
    "spaces": "Bonjour\u00a0! 10\u202f000\u3000€",
}


@pytest.fixture(scope="module")
def fort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fort]:
    with forts.standing(tmp_path_factory.mktemp("fort")) as made:
        yield made


@pytest.fixture
def sent(fort: Fort) -> Sent:
    return fort.send()


@pytest.fixture
def mara(fort: Fort) -> Person:
    return fort.person()


class TestLinks:
    def mistyped(self, code: str) -> set[str]:
        swapped = code[:9] + code[10] + code[9] + code[11:]
        found = {code.swapcase(), code[:-1], code + "a", code[::-1], swapped, code + ".", f"{code}/", code[:10] + "%00"}
        return found - {code}

    def test_mistyped_is_one_calm_page(self, fort: Fort, sent: Sent) -> None:
        for wrong in self.mistyped(sent.code):
            page = fort.person().get(f"/l/{wrong}")
            assert page.status_code == 404, wrong
            assert not PERSONAL.search(page.text)
            assert not forms(page)

    def test_expired_revoked_and_finished_let_nobody_in(self, fort: Fort) -> None:
        revoked, finished, expired = fort.send(), fort.send(), fort.send()
        links.revoke(fort.world, fort.house.key, revoked.link)
        doer = fort.person()
        doer.press(doer.opened(finished), choice="keep")
        covers = {one.code: fort.person() for one in (revoked, finished, expired)}
        fort.clock.on(seconds=49 * 3600)
        for one, status in ((revoked, 404), (finished, 200), (expired, 410)):
            before = fort.house.kinds(one.session)
            page = covers[one.code].get(one.path)
            assert page.status_code == status
            assert not PERSONAL.search(page.text)
            pressed = covers[one.code].post(one.path, {"nonce": "x" * 32, "act": "continue"})
            assert pressed.status_code in (200, 404, 410)
            assert not covers[one.code].cookies()
            assert fort.house.kinds(one.session) == before


class TestSteps:
    def test_an_answer_to_a_step_not_current_moves_nothing(self, fort: Fort, sent: Sent, mara: Person) -> None:
        page = mara.opened(sent)
        nonce, before = forms(page)[0].nonce, fort.house.kinds(sent.session)
        for step, given in (
            ("extras", {"choice": "done"}),
            ("book", {"choice": "continue"}),
            ("none", {"choice": "x"}),
        ):
            answer = mara.post(f"{home(page)}/{step}", {"nonce": nonce, **given})
            assert answer.status_code == 200
        assert fort.house.kinds(sent.session) == before

    def test_a_double_tap_is_one_answer(self, fort: Fort, sent: Sent, mara: Person) -> None:
        page = mara.opened(sent)
        first = mara.press(page, choice="change")
        second = mara.press(page, choice="change")
        assert first.request.path == second.request.path
        assert fort.house.kinds(sent.session).count("run.answered") == 1

    def test_two_tabs_end_in_one_place(self, fort: Fort, sent: Sent, mara: Person) -> None:
        left = mara.opened(sent)
        right = see(mara, home(left))
        pick = mara.press(left, choice="change")
        mara.press(pick, chosen=option(pick))
        other = mara.press(right, choice="keep")
        assert "Your seat is kept" in other.text
        assert "Your seat is kept" in see(mara, home(left)).text
        late = mara.press(pick, chosen=option(pick, 1))
        assert "Your seat is kept" in late.text
        assert fort.house.kinds(sent.session).count("run.ended") == 1

    def test_back_after_finishing_shows_the_end_and_undoes_nothing(self, fort: Fort, sent: Sent, mara: Person) -> None:
        page = mara.opened(sent)
        mara.press(page, choice="keep")
        before = fort.house.kinds(sent.session)
        assert "Your seat is kept" in mara.press(page, choice="change").text
        assert "Your seat is kept" in see(mara, f"{home(page)}/status").text
        assert "Your seat is kept" in see(mara, sent.path).text
        assert fort.house.kinds(sent.session) == before

    def test_a_form_of_nonsense_is_no_crash(self, fort: Fort, sent: Sent, mara: Person) -> None:
        page = mara.opened(sent)
        nonce = forms(page)[0].nonce
        path = f"{home(page)}/status"
        for given in (
            {},
            {"choice": ""},
            {"choice": "x" * 5000},
            {"choice": "\u202e\x00"},
            {"fact": "x"},
            {"text": "x"},
        ):
            assert mara.post(path, {"nonce": nonce, **given}).status_code in (200, 422)
        assert mara.press(see(mara, home(page)), choice="change").status_code == 200
        assert mara.post(path, {"choice": "keep"}).status_code == 200
        assert mara.post(path, {"nonce": nonce[:-2], "choice": "keep"}).status_code == 200
        assert "run.ended" not in fort.house.kinds(sent.session)


class TestTexts:
    """Stored as written, shown as text, delivered without what a provider chokes on."""

    @pytest.fixture
    def chat(self, fort: Fort, sent: Sent, mara: Person) -> TestResponse:
        pick = mara.press(mara.opened(sent), choice="change")
        page = mara.press(mara.press(pick, chosen=option(pick)), choice="business")
        row = sessions.get(fort.world, fort.house.key, sent.session)
        desk.accept(fort.world, fort.house.ada, sent.session, row["epoch"], "accept")
        return see(mara, home(page))

    def said(self, fort: Fort, session: str, who: str) -> list[str]:
        events = [one for one in fort.house.events(session) if one["kind"] == "message"]
        return [one["body"]["text"] for one in events if one["actor"]["kind"] == who]

    @pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
    def test_by_the_pages_form(self, fort: Fort, sent: Sent, mara: Person, chat: TestResponse, text: str) -> None:
        page = mara.post(f"{home(chat)}/chat", {"nonce": forms(chat)[0].nonce, "text": text})
        assert page.status_code == 200
        assert self.said(fort, sent.session, "customer") == [text]
        assert "<script>alert" not in page.text
        assert "<b onclick" not in page.text

    @pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
    def test_by_sms_and_back(self, fort: Fort, sent: Sent, chat: TestResponse, text: str) -> None:
        arrived = inbound.receive(fort.world, Text(f"SM {sent.code}", text, self.phone_of(fort, sent)))
        assert arrived is not None
        assert self.said(fort, arrived.session, "customer") == [text]

    def phone_of(self, fort: Fort, sent: Sent) -> str:
        fort.house.pay()
        return next(str(one.payload["to"]) for one in fort.house.sent if one.session == sent.session)

    @pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
    def test_by_an_agent_to_a_phone(self, fort: Fort, sent: Sent, chat: TestResponse, text: str) -> None:
        phone = self.phone_of(fort, sent)
        assert inbound.receive(fort.world, Text(f"SM {sent.code}", "On the move", phone))
        epoch = sessions.get(fort.world, fort.house.key, sent.session)["epoch"]
        sessions.write(fort.world, fort.house.ada, sent.session, "m", "message", {"text": text}, epoch=epoch)
        assert self.said(fort, sent.session, "agent") == [text]
        assert [one.payload["text"] for one in fort.house.pay() if one.payload["to"] == phone] == [text]

    @pytest.mark.parametrize("text", ["a\ud800b", "a\x00b"])
    def test_what_cannot_be_stored_is_refused_by_name(self, fort: Fort, sent: Sent, text: str) -> None:
        body = json.dumps({"key": "k", "kind": "message", "body": {"text": text}})
        headers = {**forts.BEARER, "Content-Type": "application/json"}
        path = f"/v1/sessions/{sent.session}/events"
        answer = fort.app.test_client().post(path, base_url=BASE, data=body, headers=headers)
        assert answer.status_code == 422
        assert "body.body.text" in answer.text

    @pytest.mark.parametrize("text", ["", " ", "\n\t ", "\x07", "\u200b\u200d"])
    def test_nothing_is_no_message(self, fort: Fort, sent: Sent, text: str) -> None:
        before = fort.house.kinds(sent.session)
        body = {"key": "k", "kind": "message", "body": {"text": text}}
        assert fort.api("POST", f"/v1/sessions/{sent.session}/events", body).status_code == 422
        assert fort.house.kinds(sent.session) == before

    def test_a_character_too_many_is_refused_with_the_limit(self, fort: Fort, sent: Sent) -> None:
        body = {"key": "k", "kind": "message", "body": {"text": "ä" * 10_001}}
        answer = fort.api("POST", f"/v1/sessions/{sent.session}/events", body)
        assert answer.status_code == 422
        assert "10000" in answer.text.replace(",", "")

    def test_a_longer_text_from_a_phone_is_cut_not_lost(self, fort: Fort) -> None:
        arrived = inbound.receive(fort.world, Text("SM-long", "x" * 12_000, fort.phone()))
        assert arrived is not None
        assert len((arrived.body or {})["text"]) == 10_000

    def test_control_characters_from_a_phone_are_dropped(self, fort: Fort) -> None:
        arrived = inbound.receive(fort.world, Text("SM-bell", "ring\x07 \x1b[31mred\x00", fort.phone()))
        assert arrived is not None
        assert (arrived.body or {})["text"] == "ring [31mred"


class TestIdentity:
    def token(self, fort: Fort, header: Any = None, secret: bytes = b"s" * 32, **claims: Any) -> str:
        now = fort.clock.at // 1000
        given = {"aud": fort.house.site.key, "sub": "m", "iat": now, "exp": now + 600, "name": "M"}
        given |= {"jti": f"j{next(fort.numbers)}"} | claims
        given = {name: value for name, value in given.items() if value is not ...}
        head = header or {"alg": "HS256"}
        return str(jwt.encode(head, given, OctKey.import_key(secret), algorithms=["HS256", "HS384", "HS512"]))

    def ask(self, fort: Fort, token: Any, origin: str = BASE) -> TestResponse:
        client = fort.app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.2.0.{next(fort.numbers) % 250 + 1}"
        path = f"/embed/{fort.house.site.key}/sign-in"
        return client.post(path, base_url=BASE, json={"token": token}, headers={**SAME, "Origin": origin})

    def test_a_good_one_is_let_in(self, fort: Fort) -> None:
        assert self.ask(fort, self.token(fort)).status_code == 200

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "st_another"}, {"aud": ...}, {"aud": ["st_another"]}, {"aud": 1}, {"aud": None},
            {"exp": 1}, {"exp": ...}, {"exp": "soon"}, {"exp": True}, {"exp": None}, {"exp": 1e12}, {"exp": [1]},
            {"exp": 1_800_000_000 + 3700}, {"iat": ...}, {"iat": "now"}, {"iat": 1_900_000_000}, {"iat": False}, {"iat": -1},
            {"iat": -(10**30)}, {"sub": ...}, {"sub": ""}, {"sub": 7}, {"sub": " "}, {"sub": {"a": 1}}, {"sub": "\x00"},
            {"jti": ...}, {"jti": ""}, {"jti": 9},
        ],
        ids=str,
    )  # fmt: skip
    def test_wrong_claims_are_refused(self, fort: Fort, claims: dict[str, Any]) -> None:
        answer = self.ask(fort, self.token(fort, **claims))
        assert answer.status_code == 403, answer.text
        assert "w_" not in answer.text

    def test_an_hour_is_the_most(self, fort: Fort) -> None:
        now = fort.clock.at // 1000
        assert self.ask(fort, self.token(fort, exp=now + 3600, iat=now)).status_code == 200
        assert self.ask(fort, self.token(fort, exp=now + 3601, iat=now)).status_code == 403
        assert self.ask(fort, self.token(fort, exp=now + 3600, iat=now - 10)).status_code == 403

    def test_expired_to_the_second(self, fort: Fort) -> None:
        token = self.token(fort)
        fort.clock.on(seconds=601)
        assert self.ask(fort, token).status_code == 403

    def test_unsigned_none_another_secret_and_nonsense(self, fort: Fort) -> None:
        head, body, mac = self.token(fort).split(".")
        none = [self.part({"alg": alg}) for alg in ("none", "None", "NONE", "", None, "RS256", ["HS256"], 1)]
        payloads: list[Any] = [[], "x", 1, None, {"sub": {}}]
        bare = [self.part(payload) for payload in payloads]
        wrong = [f"{each}.{body}.{end}" for each in none for end in ("", mac)]
        wrong += [f"{head}.{body}.", f"{head}.{body}", head, "", ".", "..", "....", "\u2603", "a" * 60_000]
        wrong += [f"{head}.{each}.{mac}" for each in bare]
        wrong += [self.signed(payload) for payload in ("[]", '"x"', "1", "null", "{", "")]
        wrong += [
            self.token(fort, secret=b"x" * 32),
            self.token(fort, {"alg": "HS512"}),
            self.token(fort, {"alg": "HS384"}),
        ]
        for token in wrong:
            assert self.ask(fort, token).status_code == 403, token
        others: list[Any] = [None, 1, [], {}]
        for other in others:
            assert self.ask(fort, other).status_code == 422, other

    def part(self, value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def signed(self, payload: str) -> str:
        """Rightly signed, whatever the payload is."""
        said = self.part({"alg": "HS256"}) + "." + base64.urlsafe_b64encode(payload.encode()).rstrip(b"=").decode()
        mac = hmac.new(b"s" * 32, said.encode(), hashlib.sha256).digest()
        return said + "." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def test_unusual_addresses_are_left_out_and_the_person_is_let_in(self, fort: Fort) -> None:
        odd: dict[str, Any] = {
            "phone": "12",
            "phone_verified": True,
            "email": "no",
            "name": "x" * 5000,
            "locale": 5,
            "zone": ["x"],
        }
        answer = self.ask(fort, self.token(fort, sub="odd", **odd))
        assert answer.status_code == 200

    def test_another_sites_secret_does_not_sign_for_this_one(self, fort: Fort) -> None:
        other = setup.add_site(fort.world, "Other", [], b"o" * 32)
        with pytest.raises(Refused):
            widget.sign_in(fort.world, other.key, self.token(fort))
        with pytest.raises(Refused):
            widget.sign_in(fort.world, fort.house.site.key, self.token(fort, secret=b"o" * 32, aud=other.key))


class TestOrigins:
    def test_the_panel_is_framed_and_read_by_the_sites_own_pages_only(self, fort: Fort) -> None:
        client = fort.app.test_client()
        page = client.get(f"/embed/{fort.house.site.key}", base_url=BASE, headers={"Origin": EVIL})
        ancestors = re.findall(r"frame-ancestors ([^;]+)", page.headers["Content-Security-Policy"])
        assert ancestors == ["http://localhost:8123"]
        assert "Access-Control-Allow-Origin" not in page.headers

    @pytest.mark.parametrize(
        "origin", [EVIL, "null", "http://127.0.0.1:8124", "http://localhost:8123.evil.example", ""]
    )
    def test_another_origin_signs_nobody_in(self, fort: Fort, origin: str) -> None:
        client = fort.app.test_client()
        sent = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        for what in ("sign-in", "visitor", "session", "log-out"):
            path = f"/embed/{fort.house.site.key}/{what}"
            assert client.post(path, base_url=BASE, json={}, headers=sent).status_code == 403

    def test_no_answer_invites_another_origin_to_read_it(self, fort: Fort, sent: Sent) -> None:
        client = fort.app.test_client()
        for path in (sent.path, "/desk/login", f"/v1/sessions/{sent.session}", "/demo", "/docs", "/openapi.json"):
            answer = client.get(path, base_url=BASE, headers={"Origin": EVIL})
            assert answer.headers.get("Access-Control-Allow-Origin") in (None, "*")
            if path != "/openapi.json":
                assert "Access-Control-Allow-Credentials" not in answer.headers
