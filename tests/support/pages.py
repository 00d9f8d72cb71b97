"""The pages customers see, served by Flask's client over a world of a test's own."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import worlds
from tests.support.web_parts import bare_app
from widget_server.actions import urls
from widget_server.assets import Assets
from widget_server.realtime.hub import Hub
from widget_server.web import apps, brand, static_files, widget
from widget_server.web.doors import doors
from widget_server.web.guards import Guards
from widget_server.words import Words

SAME = {"Origin": "http://127.0.0.1:8123", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Web:
    """A house with a web server before it."""

    house: worlds.House
    app: Flask
    hub: Hub

    def person(self) -> "Person":
        """Somebody with a browser and a cookie jar of their own."""
        return Person(self.app.test_client(), f"http://{self.house.world.settings.host}")

    def link(self, **more: Any) -> "Sent":
        """A text with a link in it."""
        sent = self.house.notify(**more)
        with self.house.world.store.read() as tx:
            texts = [one["body"]["text"] for one in self.house.events(sent["session"]) if one["kind"] == "message"]
            found = re.search(r"/l/([0-9A-Za-z]{22})", urls.written(self.house.world, tx, texts[-1]))
        name = re.search(r"{link:(\w+)}", texts[-1])
        assert found
        assert name
        return Sent(found[1], sent["session"], name[1])


@dataclass(frozen=True)
class Sent:
    """A link as it was texted: the code in it, the session it belongs to, its public id."""

    code: str
    session: str
    link: str

    @property
    def path(self) -> str:
        """Where it leads on our host."""
        return f"/l/{self.code}"


class Person:
    """A browser without scripts: it gets pages, fills forms, follows redirects."""

    def __init__(self, client: FlaskClient, base: str) -> None:
        self.client, self.base = client, base

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=self.base, headers=headers)

    def post(self, path: str, data: dict[str, str], follow: bool = True, **headers: str) -> TestResponse:
        return self.client.post(
            path, base_url=self.base, data=data, headers={**SAME, **headers}, follow_redirects=follow
        )

    def cookies(self) -> dict[str, str]:
        """What is in the jar."""
        return {one.key: one.value for one in (self.client._cookies or {}).values()}

    def press(self, page: TestResponse, follow: bool = True, **fields: str) -> TestResponse:
        """Sends a form of the page: the first that has a button or field of these names."""
        form = next(one for one in forms(page) if not fields or set(fields) & (one.names | one.buttons))
        return self.post(form.action or page.request.path, {"nonce": form.nonce, **fields}, follow)

    def opened(self, sent: Sent) -> TestResponse:
        """The first page after Continue."""
        return self.press(self.get(sent.path), act="continue")


@dataclass
class Form:
    """One form of a page."""

    action: str
    nonce: str
    names: set[str]
    buttons: set[str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", ""), "", set(), set()))
        if not self.found or "name" not in given:
            return
        if given["name"] == "nonce":
            self.found[-1].nonce = given["value"]
        elif tag in ("input", "textarea"):
            self.found[-1].names.add(given["name"])
        elif tag == "button":
            self.found[-1].buttons.add(given["name"])


def forms(page: TestResponse) -> list[Form]:
    """The forms of a page, in order."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.found


def web(folder: Path, words: Words, assets: Assets) -> Web:
    """A house, its pages, and no other surface."""
    house = worlds.make(folder, words)
    world = house.world
    guards = Guards(world.settings, world.signer, doors(world))
    hub = Hub()
    app = bare_app(assets, words)
    app.register_blueprint(static_files.blueprint(assets))
    app.register_blueprint(widget.blueprint(world, guards, assets))
    app.register_blueprint(brand.blueprint(world))
    app.register_blueprint(apps.blueprint(world, guards, assets, hub))
    return Web(house, app, hub)
