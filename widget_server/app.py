"""The composition root: the only module that knows everybody. It chooses store, keys, clock and channels, and hands them on."""

from __future__ import annotations

from flask import Flask

from disposable.links import LinkKeys
from widget_server import clock
from widget_server.actions import links
from widget_server.actions.signing import Signer
from widget_server.actions.world import World
from widget_server.assets import Assets
from widget_server.channels import build as build_channels
from widget_server.demo.web import Stage
from widget_server.demo.web import blueprint as demo_pages
from widget_server.outside.guard import Guard
from widget_server.outside.http import Outside
from widget_server.outside.tiles import Tiles
from widget_server.passwords import Argon2
from widget_server.realtime.hub import Hub, Tide, start
from widget_server.settings import Settings
from widget_server.store import schema
from widget_server.store.database import Store
from widget_server.store.vault import Vault
from widget_server.web import apps, base, brand, desk, docs, hooks, widget
from widget_server.web.fetches import Fetches
from widget_server.web.tiles import blueprint as tile_pages
from widget_server.words import Words


class NotUpgraded(Exception):
    """The database has another schema than this version's: run `samethread db upgrade`."""

    def __init__(self) -> None:
        super().__init__("the database has another schema than this version needs; run: samethread db upgrade")


def create_world(settings: Settings, assets: Assets | None = None) -> World:
    """What the verbs work on. SQLite is upgraded by itself; PostgreSQL, which other nodes may use, only by the command.

    Raises NotUpgraded.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database, Vault(settings.derive("vault")), clock.now)
    if store.sqlite or settings.demo:
        schema.upgrade(store)
    elif not schema.current(store):
        store.close()
        raise NotUpgraded
    store.ready()
    return World(
        store=store,
        clock=clock.now,
        settings=settings,
        links=LinkKeys(settings.signing("link")),
        signer=Signer(settings.signing("nonce")),
        words=Words.load((assets or Assets.load()).templates / "locale"),
        passwords=Argon2(),
    )


def create_app(settings: Settings) -> Flask:
    """The server as a WSGI application. Its world is `app.extensions["samethread"]`."""
    assets = Assets.load()
    world = create_world(settings, assets)
    hub = Hub()
    world.store.after_commit = hub.wake
    app = Flask("widget_server", template_folder=str(assets.templates), static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    built = base.install(app, world, assets, hub)
    channels = build_channels(settings)
    tiles = Tiles(settings.tiles, settings.data_dir / "tiles", Outside(Guard(settings.allow_private_calls)))
    fetches = Fetches(lambda seen: links.count(world, seen))
    app.register_blueprint(apps.blueprint(world, built.guards, assets, hub, fetches))
    app.register_blueprint(widget.blueprint(world, built.guards, assets))
    app.register_blueprint(brand.blueprint(world))
    if settings.tiles:
        app.register_blueprint(tile_pages(built.guards, tiles.tile))
    app.register_blueprint(desk.blueprint(world, built.guards, assets))
    app.register_blueprint(docs.blueprint(assets, world.words))
    app.register_blueprint(hooks.blueprint(world, channels))
    if settings.demo:
        app.register_blueprint(demo_pages(Stage.of(settings, assets, world.words, world.clock)))
    tide = Tide(world.store, hub)
    start(tide.run, "tide")
    start(fetches.run, "fetches")
    app.extensions["samethread"] = world
    app.extensions["samethread.hub"] = hub
    app.extensions["samethread.channels"] = channels
    app.extensions["samethread.fetches"] = fetches
    app.extensions["samethread.tide"] = tide
    return app
