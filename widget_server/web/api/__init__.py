"""The REST interface, one module a resource. Importing this package fills the table that web/operations.py serves."""

import json
from functools import cache

from flask import Blueprint, Response

from widget_server import __version__
from widget_server.actions.world import World
from widget_server.web.api import callbacks, customers, events, files, links, me, notifications, sessions, slots, stream
from widget_server.web.api.table import OPERATIONS
from widget_server.web.guards import Guards
from widget_server.web.held import Live
from widget_server.web.once import Gate
from widget_server.web.openapi import document

RESOURCES = (callbacks, customers, events, files, links, me, notifications, sessions, slots, stream)


def blueprint(world: World, guards: Guards, live: Live) -> Blueprint:
    """All operations, and /openapi.json, which describes them."""
    made = OPERATIONS.blueprint("api", world, Gate(world, guards), live)

    @cache
    def described() -> str:
        return json.dumps(document(OPERATIONS, version=__version__, base_url=world.settings.base_url))

    @made.get("/openapi.json")
    def openapi() -> Response:
        return Response(described(), mimetype="application/json")

    return made
