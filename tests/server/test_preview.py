"""The preview of a flow: its panes as JSON, only to this machine's own pages, and told of every change of a file."""

import threading
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from disposable import loading
from disposable.loading import GALLERY
from widget_server.assets import Assets
from widget_server.cli import authoring
from widget_server.web import preview
from widget_server.web.preview import Preview
from widget_server.words import Words

ORIGIN = "http://127.0.0.1:8090"
FLOW = (Assets.load().templates / "flow" / "new.yaml").read_text("utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "visit.yaml"
    path.write_text(FLOW, encoding="utf-8")
    return path


@pytest.fixture
def shown(file: Path) -> Preview:
    return Preview(authoring.source(file), 8090)


@pytest.fixture
def client(shown: Preview, assets: Assets, words: Words) -> FlaskClient:
    app = preview.create_app(shown, assets, words)
    app.testing = True
    return app.test_client()


def play(client: FlaskClient, acts: dict[str, list[dict[str, Any]]] | None = None, **more: Any) -> dict[str, Any]:
    answer = client.post("/play", json={"acts": acts or {}, **more}, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_the_page_has_a_pane_for_each_face(client: FlaskClient) -> None:
    page = client.get("/", base_url=ORIGIN)
    assert page.status_code == 200
    assert [page.text.count(f'data-face="{face}"') for face in ("web", "chat", "sms", "ussd", "voice")] == [1] * 5
    assert "visit.yaml" in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_panes_hold_what_stands_on_each_face(client: FlaskClient) -> None:
    told = play(client)
    assert told["mistakes"] == []
    panes = told["panes"]
    assert "How was it?" in panes["web"]["html"]
    assert "<script" not in panes["web"]["html"]
    assert panes["chat"]["prompt"]["menu"] == [["good", "Good"], ["bad", "Not so good"]]
    assert panes["ussd"]["ussd"]["text"].startswith("How was it?")
    assert "<Gather" in panes["voice"]["voice"]["twiml"]
    assert panes["sms"]["lines"][0]["by"] == "us"


def test_the_web_pane_is_the_page_of_the_running_app(client: FlaskClient) -> None:
    bad = {"web": [{"do": "post", "step": "how", "given": {"choice": "bad"}}]}
    page = play(client, bad)["panes"]["web"]["html"]
    for part in ('<form method="post" action="/app/why"', 'name="reason"', 'class="back" href="/app/how"'):
        assert part in page
    wrong = {"web": [*bad["web"], {"do": "post", "step": "why", "given": {"reason": ""}}]}
    assert 'role="alert"' in play(client, wrong)["panes"]["web"]["html"]


def test_a_language_may_be_chosen(client: FlaskClient) -> None:
    assert 'dir="rtl"' in play(client, locale="ar")["panes"]["web"]["html"]


def test_mistakes_stand_with_the_lines_around_them(client: FlaskClient, file: Path) -> None:
    file.write_text(FLOW.replace("next: why", "next: wy"), encoding="utf-8")
    told = play(client)
    assert told["panes"] == {}
    first = told["mistakes"][0]
    assert first["file"] == "visit.yaml"
    assert "wy" in first["message"]
    number, text = first["source"][1]
    assert (number, "next: wy" in text) == (first["line"], True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/play", None),
        ("/play", []),
        ("/play", {"acts": []}),
        ("/play", {}),
    ],
)
def test_what_is_not_asked_rightly_is_refused(client: FlaskClient, path: str, body: Any) -> None:
    answer = client.post(path, json=body, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert answer.status_code == 400


def test_odd_acts_do_nothing(client: FlaskClient) -> None:
    odd = {"web": [{"do": "dance"}], "fax": [{}], "sms": "x", "chat": [3]}
    assert play(client, odd)["panes"]["web"]["fitted"] == 0  # type: ignore[arg-type]


def test_only_this_machines_own_pages_may_ask(client: FlaskClient) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9999"):
        answer = client.post("/play", json={"acts": {}}, headers={"Origin": origin}, base_url=ORIGIN)
        assert answer.status_code == 403, origin
    assert client.get("/", base_url="http://evil.example:8090").status_code == 404
    assert client.get("/", base_url="http://localhost:8090").status_code == 200


def test_a_change_is_told_at_once_and_silence_after_a_while(client: FlaskClient, file: Path, shown: Preview) -> None:
    version = play(client)["version"]
    assert client.get(f"/changes?version={version}&wait=0", base_url=ORIGIN).get_json() == {"version": version}
    told: list[str] = []
    waiting = threading.Thread(target=lambda: told.append(shown.wait(version, 30)))
    waiting.start()
    file.write_text(FLOW.replace("How was it", "How is it"), encoding="utf-8")
    waiting.join(30)
    assert told == [shown.source.version()]
    assert told != [version]
    shown.stopping.set()
    assert shown.wait(told[0], 30) == told[0]


def test_the_server_listens_on_this_machine_alone(file: Path, assets: Assets, words: Words) -> None:
    server, shown = preview.server(authoring.source(file), 0, assets, words)
    try:
        assert server.server_address[0] == "127.0.0.1"
        assert shown.port == server.port > 0
    finally:
        server.server_close()


@pytest.mark.parametrize("name", sorted(loading.gallery()))
def test_every_flow_that_is_shipped_is_shown(name: str, assets: Assets, words: Words) -> None:
    app = preview.create_app(Preview(authoring.source(GALLERY / f"{name}.yaml"), 8090), assets, words)
    told = play(app.test_client())
    assert told["mistakes"] == []
    assert "<form" in told["panes"]["web"]["html"] or "class=" in told["panes"]["web"]["html"]


@pytest.mark.parametrize("locale", ["en\x00", "../..", "", "x" * 50, "de<", "zz-ZZ-zz"])
def test_what_is_no_language_is_not_taken_for_one(client: FlaskClient, locale: str) -> None:
    assert play(client, locale=locale)["mistakes"] == []


@pytest.mark.parametrize("host", ["evil.example:8090", "127.0.0.1:8091", "localhost:8090.evil.example", "127.0.0.1"])
def test_a_name_that_was_pointed_here_gets_nothing(client: FlaskClient, host: str) -> None:
    for path in ("/", "/changes", "/static/x/js/preview.js"):
        assert client.get(path, headers={"Host": host}).status_code == 404
