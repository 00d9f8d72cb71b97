"""Purging: what was said in a session that closed long ago is forgotten, while its numbers stay for the figures (C14)."""

from __future__ import annotations

from widget_server.actions import files
from widget_server.actions.world import World
from widget_server.store import accounts, projections, purging

KEEP_MS = 400 * 24 * 3600 * 1000
"""How long a closed session can be read, unless the site's option `keep_ms` says otherwise."""
AT_ONCE = 50


def purge(world: World) -> int:
    """Empties sessions that closed longer ago than their site keeps them, a batch at a time. Returns how many."""
    with world.store.read() as tx:
        due = [
            name
            for site in accounts.sites(tx)
            for name in purging.due(tx, site.id, tx.now - int(site.options.get("keep_ms", KEEP_MS)), AT_ONCE)
        ]
    for name in due:
        with world.store.write() as tx:
            held = purging.empty(tx, name)
            projections.refold(tx, name)
            tx.moved.add(name)
        for file_id in held:
            files.remove(world, file_id)
    return len(due)
