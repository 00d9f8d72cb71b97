"""Verbs on a person: everything known of them in one answer, and erasing them so that nobody can read it any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from widget_server.actions import access, evidence, files
from widget_server.actions.access import ApiKey, Seat
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World
from widget_server.clock import to_wire
from widget_server.events import Actor, Draft
from widget_server.store import customers, links, log, projections, records, sessions
from widget_server.store import files as stored
from widget_server.store.database import Row, Tx, flush


def _person(tx: Tx, who: ApiKey | Seat, customer: str) -> Row:
    row = customers.get(tx, customer)
    if row is None or row.site != who.site:
        raise NotFound("customer", customer)
    return row


def export(world: World, who: ApiKey, customer: str) -> dict[str, Any]:
    """All that is held of a person: profile, addresses with their evidence, and every event of every session."""
    with world.store.read() as tx:
        _person(tx, who, customer)
        known = [
            {
                "kind": row.kind,
                "value": value,
                "evidence": row.evidence,
                "proven_at": to_wire(row.proven_at) if row.proven_at else None,
            }
            for row, value in customers.addresses(tx, customer)
        ]
        told = [
            {
                "id": row.id,
                "status": row.status,
                "events": access.wires(world, tx, who, log.every(tx, row.id)),
                "evidence": list(evidence.of_session(world, tx, row.id)),
            }
            for row in sessions.of_customer(tx, who.site, customer)
        ]
        person = {"id": customers.root(tx, customer), "profile": customers.profile(tx, customer), "identities": known}
        return person | {"sessions": told}


def erase(world: World, who: ApiKey | Seat, customer: str) -> None:
    """Destroys the person's key: nothing of them can be read from now on, and every fold and figure still adds up."""
    actor = Actor("agent" if isinstance(who, Seat) else "key", who.id)
    with world.store.write() as tx:
        row = _person(tx, who, customer)
        if row.erased_at is not None:
            return
        everybody = customers.cluster(tx, customer)
        held = stored.of_customers(tx, everybody)
        told = sessions.of_everybody(tx, everybody)
        records.forget_answers(tx, _names(tx, everybody, held, [one.id for one in told]))
        for session in told:
            if session.status == "open":
                sessions.close(tx, session.id, "erased-close", actor, reason="erased")
            log.append(tx, session.id, Draft("erased", {}, "erased", actor))
        flush(tx)
        tx.sessions.clear()
        for session_id in customers.destroy(tx, customer):
            projections.refold(tx, session_id)
            tx.moved.add(session_id)
        tx.scrub = True
    for file_id in held:
        files.remove(world, file_id)


def _names(tx: Tx, everybody: list[str], files_: list[str], told: list[str]) -> set[str]:
    """Every id by which a kept answer may speak of somebody."""
    sent = (links.hexed(one.id) for one in links.of_customers(tx, everybody))
    said = (event.id for session in told for event in log.every(tx, session))
    return {*everybody, *files_, *told, *sent, *said}


def stream(world: World, who: ApiKey, after: str, limit: int = 1000) -> Iterator[tuple[dict[str, Any], str]]:
    """All events of a site after a cursor, each with the cursor behind it: for exports."""
    while True:
        with world.store.read() as tx:
            events, cursor = log.stream(tx, after, limit, [who.site])
            shown = [{"session": session, **one} for session, one in access.wires_of(world, tx, who, events)]
        for number, one in enumerate(shown):
            yield one, cursor if number == len(shown) - 1 else ""
        if cursor == after:
            return
        after = cursor
