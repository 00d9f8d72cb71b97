"""What the outside sees of an answer beside its words: headers, addresses, previews. C18, C20, C22 to C24."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support import browser
from tests.support import fort as forts
from tests.support.fort import BASE, CLAIM_CONTEXT, Fort, home, see
from tests.support.live import Live
from widget_server.actions import links, setup
from widget_server.settings import Settings, ShortHost

HTTPS = "https://chat.example"

EVERYWHERE = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, noarchive",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SHELL = "public, max-age=300"
KEPT = {
    "/static/": "public, max-age=31536000, immutable",
    "/widget.js": SHELL,
    "/embed/": SHELL,
    "/docs": SHELL,
    "/favicon.ico": SHELL,
}
"""Where an answer that went well may be kept; everywhere else, and every error, is `no-store`."""
ALLOWED = re.compile(r"'(?:none|self|sha256-[A-Za-z0-9+/=]+)'|data:|blob:|sandbox|http://localhost:8123")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fort]:
    """The server as in production: https, no demo."""
    folder = tmp_path_factory.mktemp("secure")
    settings = Settings.for_demo(folder, forts.PORT, environ={})
    settings = dataclasses.replace(settings, base_url=HTTPS, short_hosts=(ShortHost("go.example"),), demo=False)
    with forts.standing(folder, settings=settings) as made:
        yield made


# C18


def paths(app: Flask, fort: Fort) -> list[str]:
    """Every route with something in its place, what is there and what is not."""
    sent = fort.link(to={"phone": "+12025559001", "user_id": "c18"})
    style = next(iter(re.findall(r"/static/[^\"']+", fort.api("GET", "/docs", base_url=HTTPS).text)), "/static/none")
    real = {"code": sent.code, "session": sent.session, "key": fort.house.site.key, "link": sent.link}
    found = ["/", "/nowhere", f"/embed/{real['key']}", f"/l/{sent.code}", style, "/%00", "/l/", "/docs/none"]
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            path = re.sub(rf"<(?:\w+:)?{name}>", real.get(name, "x1"), path)
        found.append(path)
    return sorted(set(found))


def test_c18_every_answer_of_every_route_carries_the_headers(secure: Fort) -> None:
    client = secure.app.test_client()
    crawled = paths(secure.app, secure)
    assert len(crawled) > 40
    for path in crawled:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE"):
            for sent in ({}, forts.BEARER):
                answer = client.open(path, method=method, base_url=HTTPS, headers=sent)
                dressed(answer, path, method)


def dressed(answer: TestResponse, path: str, method: str) -> None:
    where = f"{method} {path} {answer.status_code}"
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE, where
    assert "geolocation=()" in answer.headers["Permissions-Policy"], where
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'"), where
    assert "frame-ancestors" in policy, where
    sources = [source for part in policy.split(";") for source in part.split()[1:]]
    assert not [source for source in sources if not ALLOWED.fullmatch(source)], where
    kept = next((cache for prefix, cache in KEPT.items() if path.startswith(prefix)), "no-store")
    if method in ("GET", "HEAD"):
        expected = "no-store" if answer.status_code >= 400 else kept
        assert answer.headers["Cache-Control"] == expected, where
    assert "Server" not in answer.headers, where


def test_c18_the_golden_policy_of_a_cover_an_app_and_a_chat(secure: Fort) -> None:
    sent, mara = secure.link(to={"phone": "+12025559002", "user_id": "c18b"}), secure.person()
    mara.base = HTTPS
    cover = mara.get(sent.path)
    digest = r"'sha256-[A-Za-z0-9+/]{43}='"
    page = r"img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
    inline = rf"(?:script-src {digest}; style-src {digest}|style-src {digest}; script-src {digest})"
    policy = cover.headers["Content-Security-Policy"]
    assert re.fullmatch(rf"default-src 'none'; {page}; {inline}; frame-ancestors 'none'", policy)
    assert cover.headers["X-Frame-Options"] == "DENY"
    answer = mara.client.post(
        sent.path,
        base_url=HTTPS,
        data={"nonce": re.findall(r'name="nonce" value="([^"]+)"', cover.text)[0], "act": "continue"},
        headers={"Origin": HTTPS, "Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )
    policy = answer.headers["Content-Security-Policy"]
    assert re.search(rf"script-src 'self' {digest}", policy)
    assert policy.endswith("frame-ancestors 'none'")
    assert answer.headers["Cache-Control"] == "no-store"


def test_c18_an_error_inside_is_dressed_and_says_nothing(secure: Fort, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret inside")

    sent = secure.link(to={"phone": "+12025559003", "user_id": "c18c"})
    monkeypatch.setattr(links, "cover", broken)
    answer = secure.app.test_client().get(sent.path, base_url=HTTPS)
    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    dressed(answer, sent.path, "GET")


# C20


def test_c20_after_the_first_gesture_the_code_is_nowhere(live: Live, chromium: browser.Chromium) -> None:
    sent = live.link(to={"phone": "+12025580200", "user_id": "c20"})
    answers: list[tuple[str, str]] = []
    with chromium.phone() as page:
        page.goto(live.base + sent.path)
        page.on("response", lambda answer: answers.append((answer.url, answer.headers.get("location", ""))))
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Change flight").wait_for()
        places = page.context.new_cdp_session(page)
        entries = places.send("Page.getNavigationHistory")["entries"]
        # The gesture's own request is the last that names it; what it answers with does not.
        assert [location for url, location in answers if sent.code in location] == []
        assert [url for url, _ in answers if sent.code in url] == [live.base + sent.path]
        assert [one["url"] for one in entries if sent.code in one["url"]] == []
        for go_on in (True, False):
            assert sent.code not in page.url
            assert sent.code not in page.title()
            assert sent.code not in page.content()
            if go_on:
                page.get_by_role("button", name="Change flight").click()
                page.get_by_text("Which flight suits you?").first.wait_for()
        # Back to before the gesture is back to the app, not to the link.
        page.go_back()
        page.go_back()
        page.wait_for_url("**/a/*/**")
        assert page.goto(live.base + sent.path)
        assert sent.code not in page.url


def test_c20_no_answer_after_the_gesture_holds_the_code(fort: Fort) -> None:
    sent, mara = fort.claim(), fort.person()
    answer = mara.press(mara.get(sent.path), follow=False, act="continue")
    seen = [answer, see(mara, answer.location), mara.get(sent.path)]
    seen.append(mara.press(seen[1], choice="go"))
    for one in seen:
        assert sent.code not in one.text
        assert sent.code not in str(one.headers)


# C22


@pytest.mark.parametrize(
    "spoofed",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1"},
        {"Forwarded": "host=evil.example;proto=https", "X-Host": "evil.example", "X-Original-Host": "evil.example"},
    ],
)
def test_c22_urls_come_from_the_settings_alone(fort: Fort, spoofed: dict[str, str]) -> None:
    phone = fort.phone()
    notice = {"to": {"phone": phone}, "app": "claim", "context": CLAIM_CONTEXT}
    told = [
        fort.api("POST", "/v1/links", {"app": "claim", "context": CLAIM_CONTEXT}, **spoofed),
        fort.api("POST", "/v1/notifications", notice, **spoofed),
        fort.api("GET", "/openapi.json", **spoofed),
        fort.api("GET", f"/embed/{fort.house.site.key}", **spoofed),
        fort.api("GET", "/v1/nowhere", **spoofed),
    ]
    assert not [one for one in told if "evil.example" in one.text or "evil.example" in str(one.headers)]
    made, noticed = told[0].json, told[1].json
    assert made is not None
    assert noticed is not None
    if "Host" in spoofed and told[0].status_code == 404:
        # The demo answers to its own names only.
        return
    assert made["url"] == f"{BASE}/l/{made['code']}"
    assert noticed["link"]["url"].startswith(f"{BASE}/l/")
    sent = [one.payload["text"] for one in fort.house.pay() if one.payload.get("to") == phone]
    assert sent
    assert "evil" not in sent[-1]


def test_c22_a_spoofed_host_makes_no_other_link_in_production(secure: Fort) -> None:
    body = {"app": "claim", "context": CLAIM_CONTEXT}
    made = secure.api("POST", "/v1/links", body, base_url=HTTPS, Host="evil.example").json
    assert made is not None
    assert made["url"] == f"{HTTPS}/l/{made['code']}"


# C23


def test_c23_the_first_answer_is_the_page_itself_on_a_host_of_the_sites(secure: Fort) -> None:
    setup.set_site(secure.world, secure.house.site.id, host="go.example")
    try:
        made = secure.api("POST", "/v1/links", {"app": "claim", "context": CLAIM_CONTEXT}, base_url=HTTPS).json
    finally:
        setup.set_site(secure.world, secure.house.site.id, host=secure.world.settings.host)
    assert made is not None
    assert re.fullmatch(r"https://go\.example/[0-9A-Za-z]{22}", made["url"])
    path = f"/{made['code']}"
    first = secure.app.test_client().get(path, base_url="https://go.example")
    assert first.status_code == 200
    assert "Location" not in first.headers
    assert "Your claim" in first.text
    client = secure.app.test_client()
    headers = {"Origin": "https://go.example", "Sec-Fetch-Site": "same-origin"}
    nonce = re.findall(r'name="nonce" value="([^"]+)"', first.text)[0]
    gone_on = client.post(
        path, base_url="https://go.example", data={"nonce": nonce, "act": "continue"}, headers=headers
    )
    # Relative: the app goes on where it began, with no other host in between.
    assert re.match(r"/a/[0-9A-Za-z]{11}", gone_on.location)
    assert client.get(path, base_url=HTTPS).status_code == 404
    assert client.get(f"/l{path}", base_url=HTTPS).status_code == 404


@pytest.mark.parametrize("where", ["?next=https://evil.example", "?n=//evil.example", "?url=https:%2F%2Fevil.example"])
def test_c23_no_address_of_ours_leads_elsewhere(fort: Fort, where: str) -> None:
    sent, mara = fort.claim(), fort.person()
    hello = mara.opened(sent)
    for path in (sent.path, hello.request.path, home(hello), "/a/", "/desk", "/l//evil.example", "//evil.example/l/x"):
        answer = mara.get(path + where)
        leads = answer.headers.get("Location", "/")
        assert leads.startswith(f"{BASE}/") or (leads.startswith("/") and not leads.startswith("//"))
        assert 'href="https://evil' not in answer.text


# C24


def head(page: TestResponse) -> str:
    return page.text.partition("<body>")[0]


def test_c24_previews_of_all_links_of_a_flow_are_alike(fort: Fort) -> None:
    other = {**CLAIM_CONTEXT, "person": {"first_name": "Jonas", "last_name": "Weber"}}
    pages = [fort.person().get(fort.claim().path) for _ in range(2)]
    pages.append(fort.person().get(fort.send(app="claim", context=other).path))
    assert len({head(page) for page in pages}) == 1
    assert "<title>Your claim" in head(pages[0])
    for personal in ("Mara", "Jonas", "POL-", "T-9913", "+1202"):
        assert personal not in pages[0].text + pages[2].text


def test_c24_head_tells_what_get_tells(fort: Fort) -> None:
    sent = fort.claim()
    got = fort.person().get(sent.path)
    asked = fort.person().client.head(sent.path, base_url=BASE)
    assert dict(asked.headers) == dict(got.headers)
    assert asked.data == b""
