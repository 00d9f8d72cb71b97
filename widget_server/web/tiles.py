"""/tiles/{z}/{x}/{y}.png: the map under the places of an app, for whoever holds one, from our own origin (C19)."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from widget_server.web.guards import JAR_COOKIE, Guards
from widget_server.web.problems import Problem

MOST_JARS = 50

Tile = Callable[[int, int, int], tuple[str, bytes] | None]
"""(content type, bytes) of a tile, or None where there is none."""


def blueprint(guards: Guards, tile: Tile) -> Blueprint:
    """The route of the tiles. Without a running app in the jar it fetches nothing: this is nobody's free map server."""
    made = Blueprint("tiles", __name__)

    @made.get("/tiles/<int:z>/<int:x>/<int:y>.png")
    def one(z: int, x: int, y: int) -> Response:
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin" or not _holds_app(guards):
            raise Problem("not-found")
        found = tile(z, x, y)
        if found is None:
            raise Problem("not-found")
        kind, data = found
        return Response(data, content_type=kind)

    return made


def _holds_app(guards: Guards) -> bool:
    handles = [name.removeprefix(JAR_COOKIE) for name in request.cookies if name.startswith(JAR_COOKIE)]
    return any(guards.doors.jar(handle, request.cookies[JAR_COOKIE + handle]) for handle in handles[:MOST_JARS])
