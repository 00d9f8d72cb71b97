"""What a customer writes is heard: as the answer to a step, as what opens a conversation, or by whoever has the session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from disposable.definition import HIDDEN
from disposable.engine import Handover
from disposable.screen import Screen
from widget_server.actions import code_fields, driving, opening, proofs, stopping
from widget_server.actions.beginning import open_run
from widget_server.actions.following import Acting
from widget_server.actions.world import World, row_of
from widget_server.events import Draft, Event
from widget_server.store import links, log, sessions
from widget_server.store.database import Row, Tx


def hear(world: World, tx: Tx, session_id: str, draft: Draft, tier: int) -> Event:
    """Takes a customer's message: while a flow owns the session it is the answer to its step, else it is for the owner.

    What is said to prove who one is, is compared and dropped: the thread keeps only that something was said. An
    unowned session gets the site's default flow where that can start on nothing, else its default team, so nobody speaks
    into the void. STOP and START in a text thread are heeded whoever has the session.
    """
    known = log.by_key(tx, session_id, draft.key)
    if known is not None:
        return log.append(tx, session_id, _as_before(draft, known))
    row = log.locked(tx, session_id)
    run = _asking(tx, row, draft.channel)
    if word := stopping.word_of(tx, session_id, draft):
        return stopping.heed(world, tx, session_id, draft, word, run, tier)
    if run is None:
        message = log.append(tx, session_id, draft)
        if row["owner"] == "none" and not opening.greet(world, tx, row, message, _beginning(world, tx, session_id)):
            site = row_of(tx, row["site"])
            sessions.give(tx, session_id, f"queue:{site.default_team}", f"{draft.key}/owner", "message")
        return message
    flow, state = driving.load(world, tx, run)
    shown_now = driving.draw(world, tx, run, flow, state, grant_id=draft.grant, channel=draft.channel)
    hides = shown_now.kind == "verify" or _is_code(shown_now, str(draft.body["text"]))
    said = Draft(**(fields_of(draft) | {"body": draft.body | {"text": HIDDEN}})) if hides else draft
    message = log.append(tx, session_id, said)
    by = Acting(f"{draft.key}/run", draft.actor, draft.channel, draft.grant, tier, draft.device)
    driving.take(world, tx, run, by)
    if shown_now.kind == "verify" and not driving.may_try(tx, session_id, draft.grant):
        driving.drive(world, tx, run, Handover("anyone", "prove"), by)
    else:
        command = proofs.heard(world, tx, run, str(draft.body["text"]), by)
        driving.drive(world, tx, run, command, replace(by, tier=proofs.tier_now(tx, by)))
    return message


def _is_code(shown: Screen, text: str) -> bool:
    """Whether a text is the digits that a field asks for: they open something, and are nobody's business afterwards."""
    asks = shown.kind == "step" and any(field.kind == "code" for field in shown.fields)
    return asks and (code_fields.reads_as_code(text) or code_fields.holds_code(text))


def _beginning(world: World, tx: Tx, session_id: str) -> opening.Begin:
    def begin(site: Row, app: str, context: dict[str, Any], by: Acting, said: str) -> None:
        open_run(world, tx, site, session_id, app, context, by, said)

    return begin


def _as_before(draft: Draft, known: Event) -> Draft:
    hidden = (known.body or {}).get("text") == HIDDEN
    return Draft(**(fields_of(draft) | {"body": known.body or {}})) if hidden else draft


def fields_of(draft: Draft) -> dict[str, Any]:
    """A draft taken apart, to make another like it."""
    return {name: getattr(draft, name) for name in Draft.__slots__}


def _asking(tx: Tx, row: dict[str, Any], channel: str) -> Row | None:
    """The run a text answers: the one whose prompt came last on this channel, else the owner; none while a person owns."""
    kind, _, owner = str(row["owner"]).partition(":")
    if kind not in ("flow", "none"):
        return None
    said = log.newest(tx, row["id"], "message", actor="flow", channel=channel)
    prompted = links.run(tx, said.run) if said is not None and said.run else None
    if prompted is not None and prompted.status == "asking":
        return prompted
    return links.run(tx, owner) if kind == "flow" else None
