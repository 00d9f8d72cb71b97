"""Static files are sent once and kept for ever; /healthz and /readyz say what they mean."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.web_parts import bare_app
from widget_server.assets import Assets
from widget_server.web import health, static_files
from widget_server.words import Words

FILE = "css/tokens.css"


@pytest.fixture
def app(assets: Assets, words: Words) -> Flask:
    made = bare_app(assets, words)
    made.register_blueprint(static_files.blueprint(assets))
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_a_file_is_sent_compressed_and_kept_for_ever(client: FlaskClient, assets: Assets) -> None:
    url = assets.url(FILE)
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    plain = client.get(url)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == assets.get(FILE).raw
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Content-Type"] == "text/css; charset=utf-8"


def test_what_the_browser_has_is_not_sent_again(client: FlaskClient, assets: Assets) -> None:
    url = assets.url(FILE)
    again = client.get(url, headers={"If-None-Match": client.get(url).headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_page_of_another_version_gets_the_file_and_nobody_keeps_it(client: FlaskClient) -> None:
    answer = client.get(f"/static/0123456789abcdef/{FILE}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "path", ["nothing.css", "../pyproject.toml", "css/../../pyproject.toml", "%2e%2e/README.md", ""]
)
def test_nothing_else_is_sent(client: FlaskClient, assets: Assets, path: str) -> None:
    assert client.get(f"/static/{assets.tree}/{path}").status_code == 404


def fails() -> bool:
    raise OSError("no database")


@pytest.mark.parametrize(
    ("current", "stopping", "status"),
    [(lambda: True, False, 200), (lambda: False, False, 503), (fails, False, 503), (lambda: True, True, 503)],
)
def test_ready_means_that_it_can_serve(app: Flask, current: Callable[[], bool], stopping: bool, status: int) -> None:
    app.register_blueprint(health.blueprint(current, lambda: stopping))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == status
    assert "no database" not in answer.text
    assert app.test_client().get("/healthz").status_code == 200


def test_the_server_ships_what_it_names(assets: Assets) -> None:
    assert Path(assets.templates / "problem.html").is_file()
