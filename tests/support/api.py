"""The whole REST surface over a house (see worlds.py), without a server: each party asks with its own credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.support import worlds
from widget_server.actions import desk, links, widget
from widget_server.assets import Assets
from widget_server.realtime.hub import Hub
from widget_server.web import base
from widget_server.web.guards import csrf_token
from widget_server.words import Words


@dataclass
class Party:
    """Somebody who asks, with what proves it."""

    client: FlaskClient
    headers: Mapping[str, str]
    cookies: Mapping[str, str]

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._ask("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        return self._ask("POST", path, json=body, **more)

    def patch(self, path: str, body: Any) -> TestResponse:
        return self._ask("PATCH", path, json=body)

    def delete(self, path: str) -> TestResponse:
        return self._ask("DELETE", path)

    def upload(self, path: str, parts: dict[str, Any], **headers: str) -> TestResponse:
        # Encoded here: the client would put a large form into a temporary file that nobody closes.
        files = {name: FileStorage(part[0], part[1], name) for name, part in parts.items() if isinstance(part, tuple)}
        boundary, form = encode_multipart({**parts, **files})
        sent = {"Content-Type": f"multipart/form-data; boundary={boundary}", **headers}
        return self._ask("POST", path, data=form, headers=sent)

    def _ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> TestResponse:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**self.headers, **({"Cookie": cookie} if cookie else {}), **(headers or {})}
        if more.get("json", 0) is None:
            del more["json"]
        return self.client.open(path, method=method, headers=sent, **more)


class Api:
    """An app over a fresh house."""

    def __init__(self, folder: Path, assets: Assets, words: Words, url: str | None = None) -> None:
        self.house = worlds.make(folder, words, url)
        self.world = self.house.world
        self.hub = Hub()
        self.world.store.after_commit = self.hub.wake
        self.app = Flask("api", static_folder=None, template_folder=str(assets.templates))
        self.app.testing = True
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.base = base.install(self.app, self.world, assets, self.hub)

    def party(self, headers: Mapping[str, str], cookies: Mapping[str, str] | None = None) -> Party:
        return Party(self.app.test_client(use_cookies=False), headers, cookies or {})

    @property
    def nobody(self) -> Party:
        return self.party({})

    @property
    def key(self) -> Party:
        return self.party({"Authorization": "Bearer sk_test"})

    def visitor(self) -> Party:
        """Somebody unknown in the widget."""
        _, token = widget.visitor(self.world, self.house.site.key, "198.51.100.9")
        return self.party({"Authorization": f"Bearer {token}"})

    def agent(self, name: str = "ada") -> Party:
        """An agent, with the page's token as the desk's scripts send it."""
        _, cookie = desk.sign_in(self.world, f"{name}@meridian.example", "correct horse battery")
        return self.by_cookie({"__Host-desk": cookie}, cookie)

    def jar(self, code: str) -> Party:
        """Somebody who pressed Continue on a link."""
        made = links.engage(self.world, self.house.site.host, code)
        return self.by_cookie({made.cookie_name: made.cookie_value}, made.cookie_value, Handle=made.handle)

    def by_cookie(self, cookies: Mapping[str, str], value: str, **headers: str) -> Party:
        ours = {"Origin": self.world.settings.base_url, "X-CSRF": csrf_token(self.world.signer, value)}
        return self.party({**ours, **headers}, cookies)

    def session(self, **more: Any) -> dict[str, Any]:
        made = self.key.post("/v1/sessions", {"identity": {"phone": "+12025550177"}} | more)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.get_json()
        return found


def code_of(answer: TestResponse) -> tuple[int, str]:
    """The status and the problem's word."""
    body = answer.get_json(silent=True)
    return answer.status_code, body.get("code", "") if isinstance(body, dict) else ""
