"""Leaving a running app for a page of somebody else, and proof that one comes back from there (C21).

The way back carries a nonce: ours, made for one grant, run, step and visit. Answering the step ends the visit, so each nonce
counts once; whoever sees it on the other side can do nothing with it without the grant's cookie.
"""

from __future__ import annotations

from widget_server.actions.access import Grant
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World
from widget_server.store import links, log


def nonce(world: World, who: Grant, handle: str, step: str) -> str:
    """What the address to come back to carries."""
    return world.signer.nonce(_purpose(world, who, handle, step))


def returned(world: World, who: Grant, handle: str, step: str, given: str) -> str:
    """The key under which coming back is written. Raises BadNonce for what is of no visit, another, or one that is over."""
    return world.signer.key_of(given, _purpose(world, who, handle, step))


def _purpose(world: World, who: Grant, handle: str, step: str) -> str:
    with world.store.read() as tx:
        run = links.run_by_handle(tx, handle)
        if run is None or who.run != run.id:
            raise NotFound("app", handle)
        events = log.of_run(tx, run.session, run.id)
        visits = sum(one.kind == "run.answered" and (one.body or {}).get("step") == step for one in events)
    return f"visit {who.id} {run.id} {step} {visits}"


def ended_at(world: World, who: Grant, handle: str) -> int:
    """When the run came to its end (ms); 0 while it has none."""
    with world.store.read() as tx:
        run = links.run_by_handle(tx, handle)
        if run is None or who.run != run.id:
            raise NotFound("app", handle)
        return max((one.at for one in log.of_run(tx, run.session, run.id) if one.kind == "run.ended"), default=0)
