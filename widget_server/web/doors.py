"""How each kind of credential becomes a party: the doors that guards.py stands at."""

from collections.abc import Callable
from typing import Any

from widget_server.actions import desk, runs, setup, widget
from widget_server.actions.access import ApiKey
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World
from widget_server.web.guards import Doors

LONGEST = 200
"""Characters a credential has at most; what is longer is none, and is not hashed to find that out."""


def doors(world: World) -> Doors:
    """The doors of a world. Each looks the credential up every time: what was revoked opens nothing from then on."""
    return Doors(
        key=lambda secret: _key(world, secret) if secret.startswith("sk_") and len(secret) <= LONGEST else None,
        token=lambda secret: _valid(lambda: widget.grant(world, secret)) if len(secret) <= LONGEST else None,
        jar=lambda handle, cookie: _valid(lambda: runs.grant(world, cookie, handle)),
        seat=lambda cookie: _valid(lambda: desk.seat(world, cookie)),
    )


def _key(world: World, secret: str) -> ApiKey | None:
    row = setup.key(world, secret)
    return ApiKey(row.id, row.site, row.name) if row is not None else None


def _valid(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except NotFound:
        return None
