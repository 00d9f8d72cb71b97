"""The address of a link: made from the settings and the signing keys at the moment it is written, and kept nowhere."""

from __future__ import annotations

import re

from widget_server.actions.world import World
from widget_server.store import links
from widget_server.store.database import Row, Tx

_MARK = re.compile(r"\{link:([^}]*)\}")


def url_for(world: World, host: str, code: str) -> str:
    """The URL of a code, from the settings alone: never from what a request says its host is (C22)."""
    if host in {one.host for one in world.settings.short_hosts} and host != world.settings.host:
        return f"https://{host}/{code}"
    return f"{world.settings.base_url}/l/{code}"


def written(world: World, tx: Tx, text: str) -> str:
    """A text with each `{link:ID}` replaced by its URL: done as a channel sends it, never before (C04)."""

    def url(found: re.Match[str]) -> str:
        row = _link(tx, found[1])
        return _url(world, row) if row else found[0]

    return _MARK.sub(url, text)


def shown(world: World, tx: Tx, mark: str) -> str:
    """The URL of one `{link:ID}` for a window that is not the phone it was sent to; "" for a link that was sent anywhere.

    To open that one proves the address it went to, so only who reads it there may have it.
    """
    row = _link(tx, mark.removeprefix("{link:").removesuffix("}"))
    return _url(world, row) if row is not None and not row.channel else ""


def was_sent(tx: Tx, mark: str) -> bool:
    """Whether a `{link:ID}` is one that was texted, so that its reader has it."""
    row = _link(tx, mark.removeprefix("{link:").removesuffix("}"))
    return row is not None and bool(row.channel)


def _link(tx: Tx, name: str) -> Row | None:
    link_id = links.unhexed(name)
    return links.get(tx, link_id) if link_id is not None else None


def _url(world: World, row: Row) -> str:
    return url_for(world, row.host, world.links.sign(links.unsigned(row.id), row.host))
