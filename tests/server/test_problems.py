"""Errors become RFC 9457 documents for programs and small pages for people; nothing of the inside shows."""

import re

import pytest
from flask import Flask

from tests.support.web_parts import BASE, bare_app
from widget_server.actions import errors
from widget_server.assets import Assets
from widget_server.web import docs
from widget_server.web.problems import KNOWN, STATUS, Problem
from widget_server.words import Words

CASES = [
    (errors.NotFound("session", "x"), 404, {"code": "not-found"}),
    (errors.Refused("tier", needs=2), 403, {"code": "refused", "reason": "tier", "needs": 2}),
    (errors.StaleEpoch("agent:1", 4, 3), 409, {"code": "stale-epoch", "owner": "agent:1", "epoch": 4}),
    (errors.KeyReused("k"), 409, {"code": "key-reused", "key": "k"}),
    (errors.SessionClosed("s"), 409, {"code": "session-closed", "session": "s"}),
    (errors.BodyTooLarge(70_000), 413, {"code": "too-large", "limit": 65_536}),
    (errors.Throttled(9), 429, {"code": "throttled", "retry_in": 9}),
    (
        errors.Invalid([("body.to", "is missing"), ("body.app", "unknown")]),
        422,
        {
            "code": "invalid",
            "errors": [{"where": "body.to", "message": "is missing"}, {"where": "body.app", "message": "unknown"}],
        },
    ),
    (ZeroDivisionError("secret"), 500, {"code": "internal"}),
]


@pytest.fixture
def app(assets: Assets, words: Words) -> Flask:
    return bare_app(assets, words)


def raising(app: Flask, path: str, error: Exception) -> Flask:
    def view() -> str:
        raise error

    app.add_url_rule(path, path, view)
    return app


@pytest.mark.parametrize(("error", "status", "facts"), CASES, ids=lambda case: type(case).__name__)
def test_a_named_error_becomes_its_document(
    app: Flask, error: Exception, status: int, facts: dict[str, object]
) -> None:
    answer = raising(app, "/v1/x", error).test_client().get("/v1/x")
    found = answer.get_json()
    assert answer.status_code == found["status"] == status
    assert answer.mimetype == "application/problem+json"
    assert facts.items() <= found.items()
    assert found["type"] == f"{BASE}/docs/api#problem-{found['code']}"
    assert found["title"]
    assert "secret" not in answer.text


def test_waiting_time_is_said_in_the_header_too(app: Flask) -> None:
    answer = raising(app, "/v1/x", errors.Throttled(9)).test_client().get("/v1/x")
    assert answer.headers["Retry-After"] == "9"


def test_who_is_not_known_is_told_how(app: Flask) -> None:
    answer = raising(app, "/v1/x", Problem("unauthenticated")).test_client().get("/v1/x")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_router_speaks_the_same_language(app: Flask) -> None:
    app.add_url_rule("/v1/only-post", "only-post", lambda: "", methods=["POST"], provide_automatic_options=False)
    answer = app.test_client().get("/v1/only-post")
    assert (answer.status_code, answer.get_json()["code"], answer.headers["Allow"]) == (
        405,
        "method-not-allowed",
        "POST",
    )
    assert app.test_client().get("/v1/none").get_json()["code"] == "not-found"


def test_people_get_a_page_in_their_language(app: Flask) -> None:
    english = app.test_client().get("/l/nothing")
    assert english.mimetype == "text/html"
    assert '<html lang="en" dir="ltr">' in english.text
    arabic = app.test_client().get("/l/nothing", headers={"Accept-Language": "ar"})
    assert '<html lang="ar" dir="rtl">' in arabic.text
    assert "nothing" not in english.text.lower().replace("nothing here", "")


def test_the_pages_style_is_allowed_by_its_own_policy(app: Flask) -> None:
    answer = app.test_client().get("/l/nothing")
    assert "style-src 'sha256-" in answer.headers["Content-Security-Policy"]


def test_forged_and_missing_links_are_answered_alike(app: Flask) -> None:
    raising(app, "/l/forged", errors.LinkForged("bad"))
    raising(app, "/l/missing", errors.NotFound("link"))
    answers = [app.test_client().get(f"/l/{name}") for name in ("forged", "missing", "never-routed/at/all")]
    assert len({(answer.status_code, answer.data, str(answer.headers)) for answer in answers}) == 1


def test_a_script_on_a_page_gets_a_document(app: Flask) -> None:
    answer = app.test_client().get("/desk/nothing", headers={"Accept": "application/json"})
    assert answer.mimetype == "application/problem+json"


def test_every_named_error_is_known() -> None:
    named = {getattr(errors, name) for name in errors.__all__}
    assert named <= set(KNOWN)


def test_every_problem_is_explained_where_its_type_points(assets: Assets) -> None:
    page = docs.load(assets.templates / "docs")["api"]
    explained = set(re.findall(r'id="problem-([a-z-]+)"', page.html))
    assert explained == set(STATUS)
