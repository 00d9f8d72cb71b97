"""/brand/<file>: a site's logo, where it is too large to stand in its pages. Another logo is another file."""

from flask import Blueprint, Response

from widget_server.actions import looks
from widget_server.actions.world import World
from widget_server.web import headers


def blueprint(world: World) -> Blueprint:
    """The route of the logos."""
    made = Blueprint("brand", __name__)

    @made.get("/brand/<file>")
    def logo(file: str) -> Response:
        kept = looks.logo(world, file)
        headers.surface("static")
        return Response(kept.data, mimetype=kept.type)

    return made
