"""Small apps made of parts of the web layer, for tests that need no world behind them."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response

from widget_server.assets import Assets
from widget_server.web import compress, headers
from widget_server.web.operations import Operations
from widget_server.web.problems import Problems
from widget_server.words import Words

BASE = "https://chat.example"


class OpenGate:
    """Lets everybody in under one name and remembers nothing."""

    def who(self, auth: tuple[str, ...], writes: bool) -> Any:
        return ("somebody", auth, writes)

    def once(self, who: Any, answer: Callable[[str], Response]) -> Response:
        return answer("a-key")


def bare_app(assets: Assets, words: Words) -> Flask:
    """An app with the hooks every app of ours has, and no routes."""
    app = Flask("parts", static_folder=None, template_folder=str(assets.templates))
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    compress.install(app)
    headers.install(app, https=True)
    Problems(words, BASE).install(app)
    return app


def with_operations(app: Flask, operations: Operations, gate: Any = None) -> Flask:
    """The app, serving a table of operations."""
    app.register_blueprint(operations.blueprint("api", None, gate or OpenGate()))
    return app
