"""`samethread link`: short links."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from widget_server.actions import links
from widget_server.cli import parts


def add(verbs: Any) -> None:
    group = parts.group(verbs, "link", "short links")
    mint = parts.verb(group, "mint", "makes a link", _link_mint)
    mint.add_argument("--app", required=True)
    mint.add_argument("--to", metavar="PHONE")
    mint.add_argument("--context", type=Path, metavar="FILE", help="JSON")
    mint.add_argument("--expires-in", type=int, metavar="SECONDS")
    for name, about, run in (
        ("show", "what became of a link", _link_show),
        ("revoke", "ends a link at once", _link_revoke),
    ):
        verb = parts.verb(group, name, about, run)
        verb.add_argument("id", nargs="?" if name == "revoke" else None)
    several = group.choices["revoke"]
    several.add_argument("--app", metavar="NAME", help="ends every link of a flow")
    several.add_argument("--customer", metavar="ID", help="ends every link and window of a person")
    several.add_argument("--all", action="store_true", help="ends every link of the site")
    for verb in group.choices.values():
        verb.add_argument("--site", help="the site's public key, where there are several")


def _link_mint(given: argparse.Namespace) -> None:
    context = parts.json_object(given.context) if given.context else {}
    world, who = parts.operator(given)
    to = {"phone": given.to} if given.to else None
    made = links.mint(world, who, given.app, to, None, context, given.expires_in)
    print(json.dumps({name: made[name] for name in ("id", "url", "expires_at", "sms")}, indent=2, ensure_ascii=False))


def _link_show(given: argparse.Namespace) -> None:
    world, who = parts.operator(given)
    print(json.dumps(links.show(world, who, given.id), indent=2))


def _link_revoke(given: argparse.Namespace) -> None:
    if sum(map(bool, (given.id, given.app, given.customer, given.all))) != 1:
        raise parts.CommandFailed("name one link, or one of --app, --customer and --all")
    world, who = parts.operator(given)
    if given.id:
        links.revoke(world, who, given.id)
        print(f"revoked {given.id}")
    else:
        print(f"revoked {links.revoke_all(world, who, given.app, given.customer)} links")
