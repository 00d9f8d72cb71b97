"""The widget over HTTP: loader, panel, who is signed in by what, and what the page around it may ask."""

import gzip
import re
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from werkzeug.test import TestResponse

from tests.support.pages import SAME, Web, web
from widget_server.actions import sessions
from widget_server.assets import Assets
from widget_server.words import Words

PAGE = "http://localhost:8123"


@pytest.fixture
def site(tmp_path: Path, words: Words, assets: Assets) -> Web:
    return web(tmp_path, words, assets)


def identity(site: Web, *, secret: bytes = b"s" * 32, alg: str = "HS256", **claims: Any) -> str:
    now = site.house.clock.at // 1000
    given = {
        "aud": site.house.site.key,
        "sub": "mara-1042",
        "iat": now,
        "exp": now + 600,
        "jti": f"j{time.monotonic_ns()}",
        "name": "Mara",
    } | claims
    return str(jwt.encode({"alg": alg}, given, OctKey.import_key(secret), algorithms=["HS256", "HS512"]))


def call(site: Web, what: str, body: Any = None, token: str = "", **headers: str) -> TestResponse:
    given = {**SAME, **({"Authorization": f"Bearer {token}"} if token else {}), **headers}
    return site.app.test_client().post(
        f"/embed/{site.house.site.key}/{what}", base_url="http://127.0.0.1:8123", json=body or {}, headers=given
    )


def told(answer: TestResponse) -> Any:
    return answer.get_json()


def get(site: Web, path: str, **headers: str) -> TestResponse:
    return site.app.test_client().get(path, base_url="http://127.0.0.1:8123", headers=headers)


class TestLoader:
    def test_is_small_and_whole(self, site: Web) -> None:
        answer = get(site, "/widget.js")
        assert answer.content_type.startswith("text/javascript")
        assert len(gzip.compress(answer.data, 6)) <= 2500
        assert "WORDS" not in answer.text
        assert "Chatten Sie mit uns" in answer.text

    def test_may_run_in_any_page_and_is_asked_for_again_soon(self, site: Web) -> None:
        answer = get(site, "/widget.js")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "max-age=300" in answer.headers["Cache-Control"]
        assert get(site, "/widget.js", **{"If-None-Match": answer.headers["ETag"]}).status_code == 304

    def test_speaks_to_one_origin_only(self, site: Web) -> None:
        assert not re.search(r"""postMessage\([^)]*["']\*["']""", get(site, "/widget.js").text)


class TestPanel:
    def test_is_framed_by_the_sites_own_origins_only(self, site: Web) -> None:
        answer = get(site, f"/embed/{site.house.site.key}")
        assert f"frame-ancestors {PAGE};" in answer.headers["Content-Security-Policy"] + ";"
        assert "X-Frame-Options" not in answer.headers

    def test_is_a_shell_without_person_or_cookie(self, site: Web) -> None:
        answer = get(site, f"/embed/{site.house.site.key}?lang=de")
        assert "Set-Cookie" not in answer.headers
        assert "public" in answer.headers["Cache-Control"]
        assert 'lang="de"' in answer.text

    @pytest.mark.parametrize("language", ["en", "de", "ar"])
    def test_weighs_fourteen_kilobytes_at_most_all_in(self, site: Web, language: str) -> None:
        page = get(site, f"/embed/{site.house.site.key}?lang={language}")
        parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
        assert len(parts) == 3
        files = [get(site, path, **{"Accept-Encoding": "gzip"}) for path in parts]
        assert {one.headers["Content-Encoding"] for one in files} == {"gzip"}
        assert len(gzip.compress(page.data, 6)) + sum(len(one.data) for one in files) <= 14 * 1024

    def test_an_unknown_site_is_not_found(self, site: Web) -> None:
        assert get(site, "/embed/st_0000000000000000").status_code == 404


class TestSigningIn:
    def test_an_identity_token_becomes_ours(self, site: Web) -> None:
        sent = site.link()
        answer = told(call(site, "sign-in", {"token": identity(site)}))
        assert answer["session"] == sent.session
        assert answer["customer"]["name"] == "Mara"
        assert answer["token"].startswith("w_")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"aud": "st_other"},
            {"exp": 1},
            {"exp": 4_000_000_000},
            {"sub": ""},
            {"jti": None},
            {"secret": b"x" * 32},
            {"alg": "HS512"},
        ],
    )
    def test_a_wrong_one_does_not(self, site: Web, wrong: dict[str, Any]) -> None:
        assert call(site, "sign-in", {"token": identity(site, **wrong)}).status_code == 403

    def test_unsigned_and_nonsense_do_not(self, site: Web) -> None:
        head, body, _ = identity(site).split(".")
        for token in (f"eyJhbGciOiJub25lIn0.{body}.", f"{head}.{body}.", "nonsense", "\u2603"):
            assert call(site, "sign-in", {"token": token}).status_code == 403

    def test_a_visitors_session_follows(self, site: Web) -> None:
        visitor = told(call(site, "visitor"))
        begun = told(call(site, "session", {"key": "one"}, visitor["token"]))
        signed = told(call(site, "sign-in", {"token": identity(site)}, visitor["token"]))
        assert signed["session"] == begun["id"]
        assert call(site, "session", {"key": "two"}, visitor["token"]).status_code == 401

    def test_logging_out_ends_the_token(self, site: Web) -> None:
        token = told(call(site, "sign-in", {"token": identity(site)}))["token"]
        assert call(site, "log-out", token=token).status_code == 204
        assert call(site, "session", {"key": "one"}, token).status_code == 401

    @pytest.mark.parametrize("what", ["sign-in", "visitor", "session", "log-out"])
    def test_another_sites_page_cannot_ask(self, site: Web, what: str) -> None:
        answer = call(site, what, Origin="https://evil.example", **{"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403

    def test_a_token_is_good_at_its_own_site_only(self, site: Web) -> None:
        token = told(call(site, "visitor"))["token"]
        path = "/embed/st_0000000000000000/session"
        client = site.app.test_client()
        answer = client.post(path, json={"key": "k"}, headers={**SAME, "Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


class TestSession:
    def test_a_retry_is_the_same_session(self, site: Web) -> None:
        token = told(call(site, "visitor"))["token"]
        first, again = (
            told(call(site, "session", {"key": "k", "context": {"page": "/seats"}}, token)) for _ in range(2)
        )
        assert first["id"] == again["id"]

    def test_what_is_not_named_is_refused(self, site: Web) -> None:
        token = told(call(site, "visitor"))["token"]
        answer = call(site, "session", {"key": "k", "flow": None, "wish": 1}, token, Accept="application/json")
        assert answer.status_code == 422
        assert "wish" in answer.text


class TestUnread:
    @pytest.fixture
    def signed(self, site: Web) -> Any:
        sent = site.link()
        epoch = int(sessions.get(site.house.world, site.house.key, sent.session)["epoch"])
        assert epoch
        return told(call(site, "sign-in", {"token": identity(site)}))

    def poll(self, site: Web, ticket: str, origin: str = PAGE) -> TestResponse:
        path = f"/embed/{site.house.site.key}/unread"
        headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        client = site.app.test_client()
        return client.post(
            path, base_url="http://127.0.0.1:8123", data=ticket, content_type="text/plain", headers=headers
        )

    def test_a_ticket_asks_how_much_and_nothing_else(self, site: Web, signed: Any) -> None:
        answer = self.poll(site, signed["ticket"])
        assert answer.json == {"unread": 1}
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        assert call(site, "session", {"key": "k"}, signed["ticket"]).status_code == 401

    def test_other_origins_cannot_read_it(self, site: Web, signed: Any) -> None:
        answer = self.poll(site, signed["ticket"], "https://evil.example")
        assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_changed_or_ended_ticket_is_refused(self, site: Web, signed: Any) -> None:
        grant, _, nonce = signed["ticket"].partition(".")
        assert self.poll(site, f"{grant[:-1]}{'1' if grant.endswith('0') else '0'}.{nonce}").status_code == 401
        assert self.poll(site, "").status_code == 401
        call(site, "log-out", token=signed["token"])
        assert self.poll(site, signed["ticket"]).status_code == 401

    def test_the_panels_own_token_may_ask_too(self, site: Web, signed: Any) -> None:
        path = f"/embed/{site.house.site.key}/unread"
        assert get(site, path, Authorization=f"Bearer {signed['token']}").json == {"unread": 1}
