"""`samethread flow preview`: a flow on the author's own machine, on all its faces at once, drawn anew when it is saved.

It needs no settings and no database, listens on 127.0.0.1 alone, and keeps nothing: the page hands in what was done.
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from disposable.playground import Playground
from widget_server.assets import Assets
from widget_server.web import headers, static_files
from widget_server.web.apps.drawing import Drawing
from widget_server.web.guards import check_origin
from widget_server.web.panes import Panes
from widget_server.web.problems import Problem, Problems
from widget_server.words import Words, direction

HOST = "127.0.0.1"
GLANCE = 0.25
"""Seconds between two looks at the files."""
STILL = 0.05
"""Seconds without a change after which a file was saved."""
LONGEST_WAIT = 25.0
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Source:
    """Where a flow comes from: `files` are all it is made of, `open` reads it and what belongs to it."""

    files: Callable[[], list[Path]]
    open: Callable[[], Playground]

    def version(self) -> str:
        """Another one for every change of a file."""
        digest = hashlib.sha256()
        for path in self.files():
            digest.update(f"{path} {_stamp(path)}\0".encode())
        return digest.hexdigest()[:16]


def _stamp(path: Path) -> str:
    """When a file was written, and how long it is: looked at several times a second, it is not read for that."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_size}"


@dataclass
class Preview:
    """One preview: what is shown, and whether it goes on."""

    source: Source
    port: int
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def origins(self) -> list[str]:
        """Where its page may come from."""
        return [f"http://{name}:{self.port}" for name in (HOST, "localhost")]

    def wait(self, version: str, longest: float) -> str:
        """The version of now; where that is the known one, the next, if it comes in time."""
        ends = time.monotonic() + longest
        while (now := self.source.version()) == version and time.monotonic() < ends:
            if self.stopping.wait(GLANCE):
                break
        return now if now == version else self.settled(now)

    def settled(self, now: str) -> str:
        """The version once it is still: an editor empties a file before it writes it."""
        while not self.stopping.wait(STILL) and (later := self.source.version()) != now:
            now = later
        return now


def create_app(preview: Preview, assets: Assets, words: Words) -> Flask:
    """The app that serves one preview."""
    app = Flask("preview", static_folder=None, template_folder=str(assets.templates))
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    headers.install(app, https=False)
    Problems(words, preview.origins[0]).install(app)
    app.register_blueprint(static_files.blueprint(assets))
    panes = Panes(Drawing(assets, words), app.jinja_env)

    @app.before_request
    def own_hosts_only() -> None:
        # A page of somebody else that has its name point to this machine (DNS rebinding) gets nothing.
        if f"http://{request.host}" not in preview.origins:
            raise Problem("not-found")

    @app.get("/")
    def page() -> Response:
        return _page(preview, assets, words)

    @app.post("/play")
    def play() -> Response:
        check_origin(dict(request.headers), preview.origins)
        version = preview.source.version()
        shown = panes.all(preview.source.open(), *_told(request.get_json(silent=True)))
        return jsonify(version=version, **shown)

    @app.get("/changes")
    def changes() -> Response:
        wait = min(request.args.get("wait", 0.0, float), LONGEST_WAIT)
        return jsonify(version=preview.wait(request.args.get("version", ""), wait))

    return app


def _page(preview: Preview, assets: Assets, words: Words) -> Response:
    lang = words.language(request.accept_languages.best_match(words.languages))
    headers.surface("desk")
    html = render_template(
        "preview/page.html",
        lang=lang,
        dir=direction(lang),
        asset=assets.url,
        file=preview.source.files()[0].name,
        languages=words.languages,
        words=words.under("preview.", lang),
        _=lambda key, **values: words.text(key, lang, **values),
    )
    return make_response(html)


def _told(told: Any) -> tuple[Mapping[str, Any], str]:
    """What was done on each face, and the language it is tried in."""
    if not isinstance(told, dict) or not isinstance(told.get("acts"), dict):
        raise Problem("malformed", "send {acts: {FACE: [...]}}")
    acts = {
        face: [one for one in done if isinstance(one, dict)]
        for face, done in told["acts"].items()
        if isinstance(done, list)
    }
    locale = str(told.get("locale", ""))
    return acts, locale if _LOCALE.fullmatch(locale) else ""


_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


class _Quiet(WSGIRequestHandler):
    """Answers without a line for each request: the author's terminal is theirs."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's own name
        """Says nothing."""


def server(source: Source, port: int, assets: Assets, words: Words) -> tuple[BaseWSGIServer, Preview]:
    """A server ready to serve_forever, on a port of its own choice for 0. Raises OSError when the port is taken."""
    preview = Preview(source, port)
    app = create_app(preview, assets, words)
    # By itself it would end the program where a port is taken.
    with socket.create_server((HOST, port)) as listening:
        made = make_server(HOST, port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno())
    preview.port = made.port
    return made, preview
