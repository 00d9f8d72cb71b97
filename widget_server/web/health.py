"""/healthz: the process answers. /readyz: it can serve, for its database answers and has this version's schema."""

import logging
from collections.abc import Callable

from flask import Blueprint, Response

from widget_server.web.problems import Problem

log = logging.getLogger("samethread.health")


def blueprint(current: Callable[[], bool], stopping: Callable[[], bool]) -> Blueprint:
    """The two routes. `current` asks the database for its schema; `stopping` is true once the server goes down."""
    made = Blueprint("health", __name__)

    @made.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @made.get("/readyz")
    def readyz() -> Response:
        if stopping():
            raise Problem("not-ready", "stopping")
        try:
            ready = current()
        except Exception:
            log.exception("the database does not answer")
            raise Problem("not-ready", "the database does not answer") from None
        if not ready:
            raise Problem("not-ready", "the database needs: samethread db upgrade")
        return Response("ready\n", mimetype="text/plain")

    return made
