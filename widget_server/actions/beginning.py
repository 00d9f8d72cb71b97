"""A run begins: by a link, a notice, the API, or because somebody wrote first."""

from __future__ import annotations

from typing import Any

from uuid_utils.compat import uuid7

from disposable.definition import ContextInvalid, check_context
from widget_server.actions import driving, speaking
from widget_server.actions.errors import Invalid, NotFound
from widget_server.actions.following import Acting
from widget_server.actions.world import World, base62
from widget_server.store import links, log
from widget_server.store.database import Row, Tx


def begin_run(
    world: World,
    tx: Tx,
    site: Row,
    session_id: str,
    app: str,
    context: dict[str, Any],
    by: Acting,
    link: int | None = None,
    hash_: str | None = None,
    said: str = "",
) -> Row:
    """Starts one use of a flow in a session; it becomes the owner if nobody is. Raises NotFound, Invalid."""
    named = world.flows.named(tx, site.id, app) if hash_ is None else (hash_, world.flows.pinned(tx, hash_))
    if named is None:
        raise NotFound("app", app)
    hash_, definition = named
    try:
        check_context(definition, context)
    except ContextInvalid as invalid:
        raise Invalid([(f"context.{where}", what) for where, what in invalid.mistakes]) from None
    run_id = str(uuid7())
    links.add_run(tx, run_id, session_id, site.id, base62(11), definition.app, hash_, link)
    run = links.run(tx, run_id)
    driving.start(world, tx, run, context, by, said)
    if log.locked(tx, session_id)["owner"] == "none":
        driving.take(world, tx, links.run(tx, run_id), by, speaks=False)
    return links.run(tx, run_id)


def open_run(
    world: World,
    tx: Tx,
    site: Row,
    session_id: str,
    app: str,
    context: dict[str, Any],
    by: Acting,
    said: str = "",
) -> Row:
    """Starts a flow that speaks first in the thread, rather than one that a link or a notice tells of.

    `said` is what the customer wrote to open it.
    """
    nobodys = log.locked(tx, session_id)["owner"] == "none"
    run = begin_run(world, tx, site, session_id, app, context, by, said=said)
    if nobodys and by.channel in speaking.THREADS:
        flow, state = driving.load(world, tx, run)
        shown_first = driving.draw(world, tx, run, flow, state, grant_id=by.grant, channel=by.channel)
        driving.say_screen(world, tx, run, shown_first, key=f"{by.key}/said", channel=by.channel, grant_id=by.grant)
    return run
