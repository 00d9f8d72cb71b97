"""Every answer, errors included, carries its surface's policy (C18). The golden set below is what the outside may rely on."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.web_parts import bare_app
from widget_server.app import create_app
from widget_server.assets import Assets
from widget_server.settings import Settings
from widget_server.web import headers
from widget_server.words import Words

EVERYWHERE = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, noarchive",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Permissions-Policy": "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}
PAGE = "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
BLOBS = "img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'"
FILES = "script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'"
ALONE = "frame-ancestors 'none'"
GOLDEN = {
    "/l/abc": (f"default-src 'none'; {PAGE}; {ALONE}", "no-store", "same-origin"),
    "/embed/st_1": (f"default-src 'none'; {BLOBS}; {FILES}; {ALONE}", "no-store", "same-origin"),
    "/desk": (f"default-src 'none'; {BLOBS}; {FILES}; {ALONE}", "no-store", "same-origin"),
    "/docs/api": (f"default-src 'none'; {PAGE}; {FILES}; {ALONE}", "public, max-age=300", "same-origin"),
    "/demo": (f"default-src 'none'; {PAGE}; frame-src 'self'; {FILES}; {ALONE}", "no-store", "same-origin"),
    "/v1/me": (f"default-src 'none'; {ALONE}", "no-store", "same-origin"),
    "/files/1": (f"default-src 'none'; sandbox; {ALONE}", "no-store", "same-origin"),
    "/static/x/y.js": (f"default-src 'none'; {ALONE}", "public, max-age=31536000, immutable", "same-origin"),
    "/widget.js": (f"default-src 'none'; {ALONE}", "public, max-age=300", "cross-origin"),
}

GOLDEN_CACHE: dict[str, set[str]] = {
    "static": {"public, max-age=31536000, immutable"},
    "loader": {"public, max-age=300"},
    "docs": {"public, max-age=300"},
    "embed": {"public, max-age=300"},
    "/favicon.ico": {"public, max-age=300"},
}
"""What may be kept, besides `no-store`: nothing that knows a person."""


@pytest.fixture
def app(assets: Assets, words: Words) -> Flask:
    return bare_app(assets, words)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    for path in GOLDEN:
        app.add_url_rule(path, path, lambda: "here")
    return app.test_client()


@pytest.mark.parametrize("path", GOLDEN)
def test_each_surface_has_its_policy(client: FlaskClient, path: str) -> None:
    policy, cache, reach = GOLDEN[path]
    answer = client.get(path)
    expected = {
        **EVERYWHERE,
        "Content-Security-Policy": policy,
        "Cache-Control": cache,
        "Cross-Origin-Resource-Policy": reach,
        "X-Frame-Options": "DENY",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected


def test_a_page_opens_only_what_its_scripts_ask_for(app: Flask) -> None:
    def here() -> str:
        headers.surface("app", asks=["geolocation"])
        return "here"

    app.add_url_rule("/a/here", "here", here)
    asked = app.test_client().get("/a/here").headers["Permissions-Policy"]
    assert asked == EVERYWHERE["Permissions-Policy"].replace("geolocation=()", "geolocation=(self)")


@pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/static/x/nothing", "/embed/nobody"])
def test_what_is_not_there_is_dressed_too_and_never_kept(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_page_that_breaks_is_dressed_too(app: Flask) -> None:
    app.add_url_rule("/a/broken", "broken", lambda: str(1 // 0))
    answer = app.test_client().get("/a/broken")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert b"ZeroDivision" not in answer.data


def test_a_view_adds_to_its_surface(app: Flask) -> None:
    style = "body{color:red}"

    @app.get("/a/<handle>")
    def step(handle: str) -> str:
        headers.surface("app", styles=[headers.csp_hash(style)], parents=["https://shop.example"])
        return handle

    answer = app.test_client().get("/a/x")
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src {headers.csp_hash(style)};" in policy
    assert policy.endswith("frame-ancestors https://shop.example")
    assert "X-Frame-Options" not in answer.headers


def test_a_shell_without_a_person_may_be_kept(app: Flask) -> None:
    @app.get("/embed/<key>")
    def panel(key: str) -> str:
        headers.surface("embed", parents=["https://shop.example"], keep=True)
        return key

    assert app.test_client().get("/embed/x").headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("bad", ["https://a.example; script-src *", "https://a.example\nX: y", "a b", ""])
def test_a_source_cannot_break_out_of_the_header(app: Flask, bad: str) -> None:
    with app.test_request_context("/embed/x"), pytest.raises(ValueError, match="not a content source"):
        headers.surface("embed", parents=[bad])


def test_the_hash_is_the_one_browsers_compute() -> None:
    # From the Content Security Policy specification's own example.
    assert headers.csp_hash("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"


def test_plain_http_promises_no_https(assets: Assets, words: Words) -> None:
    app = Flask("plain")
    headers.install(app, https=False)
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The server's own app, as the composition root makes it."""
    settings = Settings.for_demo(tmp_path_factory.mktemp("whole"), 8123, environ={})
    with pytest.MonkeyPatch.context() as patch:
        # Nobody else writes to this database: no loop is needed to notice.
        patch.setattr("widget_server.app.start", lambda *_: None)
        app = create_app(settings)
    yield app
    app.extensions["samethread"].store.close()


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Every (method, path) of an app, with something in each gap."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "live.socket":
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        yield from ((method, path) for method in sorted(rule.methods or ()) if method not in ("OPTIONS", "HEAD"))


def test_every_route_is_dressed_whatever_it_answers(whole: Flask) -> None:
    client = whole.test_client()
    crawled = [*routes(whole), ("GET", "/nowhere"), ("DELETE", "/desk"), ("GET", "/v1/live")]
    assert len(crawled) > 50
    naked = {}
    for method, path in crawled:
        answer = client.open(path, method=method)
        answer.close()
        sent = answer.headers
        expected = {name: value for name, value in EVERYWHERE.items() if name != "Strict-Transport-Security"}
        missing = [name for name, value in expected.items() if sent.get(name) != value]
        policy = sent.get("Content-Security-Policy", "")
        if not policy.startswith("default-src 'none'") or "frame-ancestors" not in policy or "unsafe" in policy:
            missing.append(policy)
        if sent.get("Cache-Control") not in GOLDEN_CACHE.get(
            path, GOLDEN_CACHE.get(headers.surface_of(path), set())
        ) | {"no-store"}:
            missing.append(str(sent.get("Cache-Control")))
        if answer.status_code == 500:
            missing.append(answer.status)
        if missing:
            naked[f"{method} {path}"] = missing
    assert not naked
