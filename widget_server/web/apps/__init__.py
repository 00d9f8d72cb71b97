"""Short links and the small apps they open: /l/<code>, on short hosts /<code>, and /a/<handle>.

A bare fetch shows a cover and changes nothing. A person's gesture makes a grant, which lives in a cookie of its own, and
leads to a page whose address holds no token. Every step is a form that works without scripts: POST, 303, GET. The hidden
nonce of each form proves that our page was drawn for this very grant, and is the key under which its event is written
once; so a second tap is the first one again.
"""

import re

from flask import Blueprint, Response, request

from widget_server.actions import links
from widget_server.actions.world import World
from widget_server.assets import Assets
from widget_server.realtime.hub import Hub
from widget_server.web import headers
from widget_server.web.apps.covers import Covers
from widget_server.web.apps.frame import Frame
from widget_server.web.apps.keeping import FILE_NAME, WORKER, Keeping
from widget_server.web.apps.posting import Posting
from widget_server.web.apps.proving import Proving
from widget_server.web.apps.showing import Showing
from widget_server.web.apps.talking import Talking
from widget_server.web.apps.visiting import Visiting
from widget_server.web.fetches import Fetches
from widget_server.web.guards import Guards
from widget_server.web.problems import Problem

_CODE = re.compile(r"[0-9A-Za-z]{22}\Z")


def blueprint(world: World, guards: Guards, assets: Assets, hub: Hub, fetches: Fetches | None = None) -> Blueprint:
    """The routes of links and running apps."""
    made = Blueprint("apps", __name__)
    frame = Frame(world, guards, assets, hub)
    _links(made, Covers(frame, fetches or Fetches(lambda seen: links.count(world, seen))), frame)
    proving, talking = Proving(frame), Talking(frame)
    visiting, keeping = Visiting(frame), Keeping(frame)
    showing = Showing(frame, proving, talking, visiting, keeping)
    _kept(made, showing, keeping)
    _running(made, showing, Posting(frame, showing, proving, talking, visiting))
    return made


def _links(made: Blueprint, covers: Covers, frame: Frame) -> None:
    short = {one.host for one in frame.world.settings.short_hosts}

    @made.get("/favicon.ico")
    def no_icon() -> Response:
        # Browsers ask for it on every host; an empty answer is kept, an error would be asked for again.
        headers.surface("app", keep=True)
        return Response(status=204)

    @made.get("/l/<code>")
    def cover(code: str) -> Response:
        return covers.cover(code)

    @made.post("/l/<code>")
    def gesture(code: str) -> Response:
        return covers.gesture(code)

    @made.get("/<code>")
    def short_cover(code: str) -> Response:
        _on_short_host(code)
        return covers.cover(code)

    @made.post("/<code>")
    def short_gesture(code: str) -> Response:
        _on_short_host(code)
        return covers.gesture(code)

    def _on_short_host(code: str) -> None:
        if request.host not in short or not _CODE.match(code):
            raise Problem("not-found")


def _running(made: Blueprint, showing: Showing, posting: Posting) -> None:
    @made.get("/a/")
    def newest() -> Response:
        return showing.newest()

    @made.get("/a/<handle>")
    @made.get("/a/<handle>/<step>")
    def show(handle: str, step: str | None = None) -> Response:
        return showing.app(handle, step)

    @made.post("/a/<handle>/<step>")
    def act(handle: str, step: str) -> Response:
        return posting.act(handle, step)


def _kept(made: Blueprint, showing: Showing, keeping: Keeping) -> None:
    @made.get(f"/a/<handle>/{FILE_NAME}")
    def calendar(handle: str) -> Response:
        return keeping.calendar(handle) or showing.app(handle, None)

    @made.get("/a/<handle>/pass")
    def ticket(handle: str) -> Response:
        # A flow may have a step of this name: it is drawn until the run has ended.
        return keeping.ticket(handle) or showing.app(handle, "pass")

    @made.get(f"/a/<handle>/{WORKER}")
    def keeper(handle: str) -> Response:
        found = keeping.keeper(handle)
        if found is None:
            raise Problem("not-found")
        return found
