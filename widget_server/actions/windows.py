"""What every verb of a running app's window stands on: whose it is, which run it holds, and whether it may act there."""

from __future__ import annotations

from widget_server.actions import access
from widget_server.actions.access import Grant
from widget_server.actions.driving import Acting
from widget_server.actions.errors import NotFound, Refused, SessionClosed
from widget_server.actions.world import World
from widget_server.events import Actor
from widget_server.store import grants, links, log
from widget_server.store.database import Row, Tx


def grant(world: World, token: str, handle: str) -> Grant:
    """The live grant of a jar for a handle. Raises NotFound: the same for none, ended and another's."""
    with world.store.read() as tx:
        row = grants.by_token(tx, token) if token else None
        run = links.run_by_handle(tx, handle)
        if row is None or run is None or row.run != run.id:
            raise NotFound("app", handle)
        return access.grant_of(row, tx.now)


def run_of(tx: Tx, who: Grant, handle: str) -> Row:
    """The run a window holds. Raises NotFound."""
    run = links.run_by_handle(tx, handle)
    if run is None or who.run != run.id:
        raise NotFound("app", handle)
    if tx.writing:
        # Two windows that answer at once go one after the other, and the second sees what the first did.
        log.locked(tx, run.session)
    return run


def is_locked(tx: Tx, who: Grant, run: Row) -> bool:
    """Whether another grant has answered, or took the run over by a code, and this one has proved nothing: then it sees
    none of it until it steps up by a code itself. A fact does not do: others of the household know it too."""
    return access.is_locked(tx, who, run.session, run.id)


def must_be_unlocked(tx: Tx, who: Grant, run: Row) -> None:
    """Raises Refused("locked")."""
    if is_locked(tx, who, run):
        raise Refused("locked")


def must_be_open(tx: Tx, run: Row) -> None:
    """Raises SessionClosed."""
    if log.locked(tx, run.session)["status"] == "closed":
        raise SessionClosed(run.session)


def acting(who: Grant, key: str, device: str = "") -> Acting:
    """What is noted of this window's acts."""
    return Acting(key, Actor("customer", who.customer), "web", who.id, who.tier, device)
