"""What every surface stands on, put on an app in one call: headers, errors, compression, limits, REST, sockets, files, health."""

from dataclasses import dataclass

from flask import Flask, request

from widget_server.actions.world import World
from widget_server.assets import Assets
from widget_server.realtime.hub import Hub
from widget_server.redact import ROUTE
from widget_server.store import schema
from widget_server.web import api, compress, headers, health, sockets, static_files
from widget_server.web.doors import doors
from widget_server.web.guards import Guards
from widget_server.web.held import Live
from widget_server.web.operations import MAX_JSON
from widget_server.web.problems import Problems


@dataclass(frozen=True)
class Base:
    """What the surfaces above use of it: who asks (guards), errors (problems), and who stays connected (live)."""

    guards: Guards
    problems: Problems
    live: Live


def install(app: Flask, world: World, assets: Assets, hub: Hub) -> Base:
    """Makes `app` answer as every app of ours does. Views of pages may be registered before or after."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_JSON
    app.before_request(_name_route)
    # Headers last of all: they are right for what the others made of the answer.
    compress.install(app)
    headers.install(app, https=world.settings.base_url.startswith("https:"))
    base = Base(
        guards=Guards(world.settings, world.signer, doors(world)),
        problems=Problems(world.words, world.settings.base_url),
        live=Live(hub),
    )
    base.problems.install(app)
    app.register_blueprint(api.blueprint(world, base.guards, base.live))
    app.register_blueprint(
        sockets.blueprint(
            base.live, sockets.greeter(world, base.guards, base.live), base.guards.same_origin, base.problems.problem
        )
    )
    app.register_blueprint(static_files.blueprint(assets))
    app.register_blueprint(health.blueprint(lambda: schema.current(world.store), lambda: base.live.stopping))
    app.extensions["samethread.live"] = base.live
    return base


def _name_route() -> None:
    # The access log prints the pattern, never the path: a path may hold a link's code.
    request.environ[ROUTE] = request.url_rule.rule if request.url_rule else "(no route)"
