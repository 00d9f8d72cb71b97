"""`samethread site`: apps or brands, and the servers of theirs that flows may call."""

from __future__ import annotations

import argparse
import base64
import secrets
from pathlib import Path
from typing import Any

from widget_server.actions import setup
from widget_server.actions.world import World
from widget_server.cli import parts

SNIPPET = '<script async src="{base}/widget.js" data-site="{key}"></script>'


def add(verbs: Any) -> None:
    group = parts.group(verbs, "site", "sites: apps or brands")
    add = parts.verb(group, "add", "adds a site and prints its snippet", _site_add)
    add.add_argument("name")
    add.add_argument("--origin", action="append", default=[], help="a page's origin that may embed the widget")
    add.add_argument("--zone", default="UTC")
    add.add_argument("--locale", default="en")
    add.add_argument("--team", default="care", help="the default team")
    show = parts.verb(group, "show", "prints a site and its snippet", _site_show)
    show.add_argument("key", nargs="?")
    show.add_argument("--secret", action="store_true", help="prints the secret that signs identity tokens, too")
    change = parts.verb(group, "set", "changes a site", _site_set)
    change.add_argument("key", nargs="?")
    change.add_argument("--name")
    change.add_argument("--origin", action="append", dest="origins", help="replaces all that were allowed")
    change.add_argument("--zone", help="like Europe/Berlin")
    change.add_argument("--locale", help="like en or de")
    change.add_argument("--team", dest="default_team", help="the default team")
    change.add_argument(
        "--flow", dest="default_flow", help="what greets somebody who writes first; published, context-free"
    )
    change.add_argument("--color", metavar="#RRGGBB", help="of buttons and links; an empty one takes ours")
    change.add_argument("--logo", type=Path, metavar="FILE", help="a PNG, JPEG or WebP, shown small beside the name")
    change.add_argument("--hours", type=Path, metavar="FILE", help='JSON: {"mon": [["09:00", "17:30"]], ...}')
    call = parts.verb(group, "call", "registers a server of yours that flows may call", _site_call)
    call.add_argument("name", help="as in a flow's `do: {call: NAME}`")
    call.add_argument("url")
    call.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    call.add_argument("--site", help="the site's public key, where there are several")


def _site_add(given: argparse.Namespace) -> None:
    world = parts.world(given)
    made = setup.add_site(
        world,
        given.name,
        given.origin,
        secrets.token_urlsafe(32).encode(),
        zone=given.zone,
        locale=given.locale,
        default_team=given.team,
    )
    _print_site(world, made, with_secret=True)


def _site_show(given: argparse.Namespace) -> None:
    world = parts.world(given)
    _print_site(world, setup.site(world, given.key), with_secret=given.secret)


def _site_set(given: argparse.Namespace) -> None:
    world = parts.world(given)
    site = setup.site(world, given.key)
    names = ("name", "origins", "zone", "locale", "default_team", "default_flow", "color")
    wanted = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    if given.logo:
        wanted["logo"] = _picture(given.logo)
    if given.hours:
        wanted["hours"] = parts.json_object(given.hours)
    setup.change_site(world, site, **wanted)
    _print_site(world, setup.site(world, site.key), with_secret=False)


def _picture(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise parts.CommandFailed(f"{path}: {error.strerror}") from None


def _site_call(given: argparse.Namespace) -> None:
    world = parts.world(given)
    secret = secrets.token_bytes(32)
    site = setup.site(world, given.site)
    setup.register_call(world, site.id, given.name, given.url, secret, round(given.timeout * 1000))
    print(f"whsec_{base64.b64encode(secret).decode()}")


def _print_site(world: World, site: Any, *, with_secret: bool) -> None:
    origins = ", ".join(site.origins) or "(none: the widget is embedded nowhere)"
    print(f"name     {site.name}\nkey      {site.key}\norigins  {origins}")
    if with_secret:
        print(f"secret   {setup.site_secret(world, site).decode(errors='replace')}")
    print(SNIPPET.format(base=world.settings.base_url, key=site.key))
