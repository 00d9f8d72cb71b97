"""What reaches a log, what an answer holds, and what a write needs: C26 to C30."""

import http.client
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from disposable import loading
from tests.support import browser, worlds
from tests.support import fort as forts
from tests.support.fort import BASE, CLAIM_CONTEXT, Fort, home, option, see, to_verify
from tests.support.live import Live
from tests.support.pages import SAME, Person, Sent, forms
from tests.support.server import PROGRAM, free_port
from widget_server.actions import access, desk, links, setup
from widget_server.app import create_world
from widget_server.redact import Redacting
from widget_server.settings import Settings, new_key
from widget_server.store import tables

# C26


def test_c26_no_code_or_token_reaches_any_output_of_the_server(tmp_path: Path) -> None:
    port = free_port()
    environ = {
        "SAMETHREAD_KEYS": new_key(),
        "SAMETHREAD_BASE_URL": f"http://127.0.0.1:{port}",
        "SAMETHREAD_DATA_DIR": str(tmp_path),
        "SAMETHREAD_LOG_LEVEL": "DEBUG",
    }
    world = create_world(Settings.load(environ))
    house = worlds._furnished(world, worlds.Clock(world.clock()))
    setup.publish(world, house.site.id, loading.load(forts.CLAIM))
    with served(environ, tmp_path / "out", port) as ask:
        secrets = told(ask, house)
    said = (tmp_path / "out").read_text(errors="replace")
    world.store.close()
    assert "/l/<code>" in said
    assert "/v1/sessions/<session>/events" in said
    assert [one for one in secrets if one in said] == []


@contextmanager
def served(environ: dict[str, str], out: Path, port: int) -> Iterator[Any]:
    """`samethread serve` as an operator runs it, all it prints in one file. Gives a function that asks it."""
    command = [str(PROGRAM), "serve", "--port", str(port), "--no-worker"]
    with out.open("wb") as file:
        process = subprocess.Popen(
            command, env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"}, stdout=file, stderr=subprocess.STDOUT
        )

    def ask(method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, dict[str, str]]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            line.close()

    try:
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            try:
                if ask("GET", "/readyz")[0] == 200:
                    break
            except OSError:
                threading.Event().wait(0.05)
        yield ask
    finally:
        process.terminate()
        process.wait(30)


def told(ask: Any, house: worlds.House) -> list[str]:
    """Every flow walked, every error provoked that could quote what was sent. Returns what must stand in no log."""
    base = house.world.settings.base_url
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": base, "Sec-Fetch-Site": "same-origin"}
    bearer = {"Authorization": "Bearer sk_test", "Content-Type": "application/json"}
    secrets = ["sk_test", "Lindqvist", "POL-77421", worlds.PHONE, "guess-of-a-bearer-token-0123456789"]
    for app, context in (("flight-delay", worlds.CONTEXT), ("claim", CLAIM_CONTEXT)):
        to = {"phone": worlds.PHONE, "user_id": "mara"}
        notice = json.dumps({"to": to, "app": app, "context": context})
        made = json.loads(ask("POST", "/v1/notifications", notice, **bearer)[1])
        code = made["link"]["code"]
        cover = ask("GET", f"/l/{code}")[1]
        _, _, sent = ask("POST", f"/l/{code}", urlencode({"nonce": nonce_in(cover), "act": "continue"}), **form)
        cookie, url = sent["Set-Cookie"].partition(";")[0], sent["Location"]
        secrets += [code, cookie.partition("=")[2]]
        jar = {"Cookie": cookie}
        step = url if url.count("/") > 2 else ask("GET", url, **jar)[2].get("Location", url)
        page = ask("GET", step, **jar)[1]
        first = re.findall(r'name="choice" value="(\w+)"', page)[-1 if app == "flight-delay" else 0]
        ask("POST", step, urlencode({"nonce": nonce_in(page), "choice": first}), **form, **jar)
        page = ask("GET", ask("GET", "/".join(step.split("/")[:3]), **jar)[2].get("Location", step), **jar)[1]
        fact = urlencode({"nonce": nonce_in(page), "fact": "Lindqvist"})
        ask("POST", "/".join(step.split("/")[:3]) + "/verify", fact, **form, **jar)
        handle = cookie.partition("=")[0].removeprefix("__Host-a-")
        ask("GET", f"/v1/sessions/{made['session']}/events?handle={handle}&token={code}", **jar)
        for method, path in (
            ("GET", f"/l/{code}x"),
            ("GET", f"/l/{code}/{code}"),
            ("GET", f"/{code}"),
            ("PUT", f"/l/{code}"),
            ("GET", f"/v1/links/{code}"),
            ("GET", f"/nowhere/{code}?next={code}"),
            ("GET", f"/v1/sessions/{code}/events?token={cookie}"),
        ):
            ask(method, path, **jar, **bearer)
        ask("POST", f"/l/{code}", "%ff" * 10 + code, **form)
        ask("POST", "/v1/links", '{"app": "' + code, **bearer)
        ask("GET", f"/l/{code}", Referer=f"{base}/l/{code}", **{"User-Agent": f"curl {code}"})
    ask("GET", "/v1/me", Authorization="Bearer guess-of-a-bearer-token-0123456789")
    return secrets


def nonce_in(page: str) -> str:
    return str(re.findall(r'name="nonce" value="([^"]+)"', page)[0])


def test_c26_our_own_records_hold_no_code_even_before_they_are_redacted(
    fort: Fort, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent, mara = fort.send(), fort.person()
    verify = to_verify(mara, sent)
    mara.press(verify, follow=False, fact="Lindqvist")
    fort.answer_calls(sent, {"reference": "K7QX2M"})
    guesser = fort.person()
    for _ in range(70):
        guesser.get(f"/l/{sent.code[:-1]}")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("samethread")]
    assert lines
    for secret in (sent.code, sent.code[:-1], "Lindqvist", *mara.cookies().values()):
        assert not [line for line in lines if secret in line]


def test_c26_a_traceback_is_redacted_too(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    mara.opened(sent)
    try:
        raise RuntimeError(f"GET /l/{sent.code}?x={sent.code} {mara.cookies()} +12025550142")
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "broke at %s", (sent.code,), sys.exc_info())
    line = Redacting("%(message)s").format(record)
    assert "RuntimeError" in line
    for secret in (sent.code, *mara.cookies().values(), "+12025550142"):
        assert secret not in line


# C27


def test_c27_a_page_holds_what_its_step_reads_and_no_more(fort: Fort) -> None:
    sent, mara = fort.claim(), fort.person()
    hello = mara.opened(sent)
    asked = mara.press(hello, choice="go")
    details = mara.press(asked, fact="lindqvist")
    note = mara.press(details, choice="right")
    marks = {
        "topic": "T-9913",
        "first": "Mara",
        "policy": "POL-77421",
        "iban": "DE0212",
        "unread": "UNREAD",
        "last": "indqvist",
    }
    reads = {"hello": {"topic", "first"}, "verify": {"topic"}, "details": {"topic", "policy"}, "note": {"topic"}}
    for name, page in (("hello", hello), ("verify", asked), ("details", details), ("note", note)):
        assert {mark for mark, text in marks.items() if text in page.text} <= reads[name], name


def test_c27_identifiers_are_masked(fort: Fort) -> None:
    phone = fort.phone()
    mara = fort.person()
    asked = mara.press(mara.opened(fort.claim(phone)), choice="go")
    code = mara.press(asked, act="send")
    for page in (asked, code):
        assert phone not in page.text
        assert phone[-7:] not in page.text
    assert phone[-3:] in code.text


def test_c27_events_hold_only_the_members_a_window_draws(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    verify = to_verify(mara, sent)
    mara.press(verify, follow=False, fact="Lindqvist")
    fort.answer_calls(sent, {"reference": "K7QX2M"})
    told = mara.get(f"/v1/sessions/{sent.session}/events", Handle=home(verify).split("/")[2]).json
    assert told is not None
    assert len(told["events"]) > 5
    for one in told["events"]:
        assert set(one["body"]) <= {*access.SHOWN.get(one["kind"], ()), *(("name",) if one["kind"] == "owner" else ())}
        assert one["kind"] in access.SHOWN or not one["body"]
    text = json.dumps(told)
    for hidden in ("Lindqvist", "first_name", "alternatives", sent.code):
        assert hidden not in text


# C28


BRANCH = """
app: branch
purpose: A question
text: "{{ site.name }}: a question, tap {{ link }} or reply {{ menu }}"
expires: 1h
start: first
steps:
  first: {say: One or two, choose: {one: {label: One, next: only_one}, two: {label: Two, next: send}}}
  only_one: {ask: Why one?, field: {kind: text, label: Why, save: why}, next: send}
  send: {say: Ready, next: act}
  act: {do: {call: take, with: {why: "{{ why }}"}, save: made, otherwise: lost}, next: thanks}
  thanks: {end: Thank you}
  lost: {handover: {team: care, why: Failed}}
"""


@pytest.fixture
def branch(fort: Fort) -> Sent:
    setup.publish(fort.world, fort.house.site.id, loading.load(BRANCH))
    return fort.send(app="branch", context={})


def test_c28_a_later_step_cannot_be_posted(fort: Fort, branch: Sent) -> None:
    mara = fort.person()
    first = mara.opened(branch)
    before = fort.house.kinds(branch.session)
    for step, fields in (
        ("only_one", {"why": "early"}),
        ("send", {"choice": "continue"}),
        ("act", {"choice": "continue"}),
        ("thanks", {"choice": "continue"}),
        ("nothing", {"choice": "one"}),
        ("first", {"choice": "three"}),
        ("first", {"why": "x"}),
    ):
        page = mara.post(f"{home(first)}/{step}", {"nonce": forms(see(mara, home(first)))[0].nonce, **fields})
        assert page.status_code in (200, 404, 422)
    stored = fort.house.events(branch.session)[len(before) :]
    assert {one["kind"] for one in stored} <= {"run.misunderstood"}
    assert "early" not in json.dumps(stored)


def test_c28_an_answer_that_is_no_longer_on_the_way_is_not_used(fort: Fort, branch: Sent) -> None:
    mara = fort.person()
    first = mara.opened(branch)
    send = mara.press(mara.press(first, choice="one"), why="because of the hidden branch")
    assert "Ready" in send.text
    mara.press(see(mara, f"{home(first)}/first"), choice="two")
    # The question is not on this way: what is posted to it now is not stored.
    nonce = forms(see(mara, home(first)))[0].nonce
    mara.post(f"{home(first)}/only_one", {"nonce": nonce, "why": "posted to a hidden question"})
    assert "posted to a hidden" not in json.dumps(fort.house.events(branch.session))
    mara.press(see(mara, home(first)), follow=False, choice="continue")
    calls = [one.payload for one in fort.house.pay() if one.kind == "call" and one.session == branch.session]
    assert [call["call"] for call in calls] == ["take"]
    assert "hidden" not in json.dumps(calls)


@pytest.mark.parametrize("value", ["MA 999", "", "<script>", "2" * 5000, "\x00"])
def test_c28_what_is_not_offered_is_refused_by_the_server(fort: Fort, value: str) -> None:
    sent, mara = fort.send(), fort.person()
    pick = mara.press(mara.opened(sent), choice="change")
    assert mara.press(pick, chosen=value).status_code == 422
    assert fort.house.kinds(sent.session).count("run.answered") == 1


# C29


@pytest.mark.parametrize("nonces", ["one", "many"])
def test_c29_twenty_posts_at_once_have_one_outcome(fort: Fort, nonces: str) -> None:
    sent, mara = fort.send(), fort.person()
    verify = to_verify(mara, sent)
    url, cookies = home(verify), mara.cookies()
    pages = [forms(verify)[0].nonce if nonces == "one" else forms(see(mara, url))[0].nonce for _ in range(20)]
    gate, answers = threading.Barrier(20), []

    def tap(nonce: str) -> None:
        client = fort.app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value, domain="127.0.0.1", secure=True)
        gate.wait(20)
        data = {"nonce": nonce, "fact": "Lindqvist"}
        answers.append(client.post(f"{url}/verify", base_url=BASE, data=data, headers=SAME).status_code)

    taps = [threading.Thread(target=tap, args=(nonce,)) for nonce in pages]
    for one in taps:
        one.start()
    for one in taps:
        one.join(30)
    assert len(answers) == 20
    assert set(answers) <= {303, 429}
    kinds = fort.house.kinds(sent.session)
    assert (kinds.count("run.verified"), kinds.count("run.called")) == (1, 1)
    with fort.world.store.read() as tx:
        owed = tx.all(tables.delivery.select().where(tables.delivery.c.session == sent.session))
    assert [row.kind for row in owed].count("call") == 1
    assert fort.answer_calls(sent, {"reference": "K7QX2M"}) == 1
    assert fort.house.kinds(sent.session).count("run.ended") == 1


def test_c29_two_links_at_once_open_one_session(fort: Fort) -> None:
    made = fort.api("POST", "/v1/links", {"app": "claim", "context": CLAIM_CONTEXT}).json
    assert made is not None
    gate, opened = threading.Barrier(8), []

    def tap() -> None:
        gate.wait(20)
        opened.append(links.engage(fort.world, fort.world.settings.host, made["code"]).handle)

    taps = [threading.Thread(target=tap) for _ in range(8)]
    for one in taps:
        one.start()
    for one in taps:
        one.join(30)
    assert len(opened) == 8
    assert len(set(opened)) == 1


# C30


CROSS = (
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:8123", "Sec-Fetch-Site": "same-site"},
)


def foreign(person: Person, path: str, data: dict[str, str], headers: dict[str, str]) -> int:
    return int(person.client.post(path, base_url=BASE, data=data, headers=headers).status_code)


@pytest.mark.parametrize("headers", CROSS)
def test_c30_a_cross_site_post_is_refused(fort: Fort, headers: dict[str, str]) -> None:
    sent, mara = fort.claim(), fort.person()
    cover = mara.get(sent.path)
    assert foreign(mara, sent.path, {"nonce": forms(cover)[0].nonce, "act": "continue"}, headers) == 403
    hello = mara.opened(sent)
    before = fort.house.kinds(sent.session)
    assert foreign(mara, f"{home(hello)}/hello", {"nonce": forms(hello)[0].nonce, "choice": "go"}, headers) == 403
    assert fort.house.kinds(sent.session) == before


def test_c30_chromiums_null_origin_of_our_own_page_is_accepted(fort: Fort) -> None:
    sent, mara = fort.claim(), fort.person()
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    cover = mara.get(sent.path)
    assert foreign(mara, sent.path, {"nonce": forms(cover)[0].nonce, "act": "continue"}, headers) == 303


def test_c30_a_cookie_alone_writes_nothing_over_the_api(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    pick = mara.press(mara.opened(sent), choice="change")
    page = mara.press(mara.press(pick, chosen=option(pick)), choice="business")
    handle, path = home(page).split("/")[2], f"/v1/sessions/{sent.session}/events"
    body = {"key": "k1", "kind": "message", "body": {"text": "hello"}}
    token = json.loads(re.findall(r'class="data">(.*?)</script>', page.text)[0])["csrf"]
    other = fort.person()
    theirs = see(other, fort.send().path)
    assert theirs.status_code == 200

    def write(**headers: str) -> int:
        return int(mara.client.post(path, base_url=BASE, json=body, headers={"Handle": handle, **headers}).status_code)

    assert write(**SAME) == 403
    assert write(**SAME, **{"X-CSRF": forms(page)[0].nonce}) == 403
    assert write(**CROSS[0], **{"X-CSRF": token}) == 403
    assert write(**SAME, **{"X-CSRF": token}) == 201
    login = desk.sign_in(fort.world, "ada@meridian.example", "correct horse battery")[1]
    agent = fort.app.test_client()
    agent.set_cookie("__Host-desk", login, domain="127.0.0.1", secure=True)
    note = {"key": "k2", "kind": "note", "body": {"text": "x"}}
    assert agent.post(path, base_url=BASE, json=note, headers=SAME).status_code == 403


def test_c30_a_foreign_page_cannot_frame_us(live: Live, chromium: browser.Chromium) -> None:
    sent = live.link(to={"phone": "+12025583001", "user_id": "c30"})
    context = chromium._browser.new_context()
    try:
        page = context.new_page()
        html = FRAMES.format(base=live.base, path=sent.path)
        page.route("**/evil", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"http://localhost:{live.port}/evil")
        page.wait_for_load_state("networkidle")
        texts = [frame.evaluate("document.body ? document.body.innerText : ''") for frame in page.frames[1:]]
        assert len(texts) == 3
        assert not [text for text in texts if "Meridian" in text or "password" in text.lower()]
    finally:
        context.close()


FRAMES = "<!doctype html><title>Win</title>" + "".join(
    f'<iframe src="{{base}}{path}"></iframe>' for path in ("{path}", "/desk", "/a/00000000000")
)


def test_c30_the_panel_is_framed_by_the_sites_own_pages_only(fort: Fort) -> None:
    policy = fort.person().get(f"/embed/{fort.house.site.key}").headers["Content-Security-Policy"]
    assert re.search(r"frame-ancestors (.*)$", policy)
    assert policy.endswith("frame-ancestors http://localhost:8123")
