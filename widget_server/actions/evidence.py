"""Evidence of a consent or a signature: what was shown, what was said to it, by whom, and a seal that shows any change (C37).

The seal is a MAC, under a key of its own purpose, over the answer, its envelope, the version of the flow, and the digest of the
event before it: nothing of it, nor its place in the log, can be altered later by whoever holds the database but not the keys.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from disposable.answering import words_shown
from disposable.definition import Flow
from disposable.engine import Happened, replay
from disposable.steps import Setting
from widget_server.actions.following import Acting
from widget_server.actions.world import World
from widget_server.clock import to_wire
from widget_server.events import Event, checked
from widget_server.store import links, log
from widget_server.store.database import Row, Tx
from widget_server.store.vault import canonical

PURPOSE = "evidence"
KIND = "run.answered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an event stands as it was written. `why` names what does not: gone, none, seal, flow, words."""

    seq: int
    why: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.why


def made(world: World, tx: Tx, run: Row, body: Mapping[str, Any], by: Acting, setting: Setting) -> dict[str, Any]:
    """What is added to an answer that agreed or signed, about to be the session's next event."""
    key_id, key = world.settings.derive(PURPOSE)[0]
    row = log.locked(tx, run.session)
    told: dict[str, Any] = {
        "hash": run.hash,
        "tier": by.tier,
        "locale": setting.locale,
        "zone": setting.zone or "",
        "site": dict(setting.site),
        "open": setting.open,
        "agents": setting.agents,
        "key": key_id,
    }
    place = _place(run.session, row["seq"] + 1, run.id, tx.now, by.channel, by.device, by.grant, by.actor.id)
    # As it will be read again: the payload's own spelling of each value.
    whole = checked(KIND, {**body, "evidence": told})
    return told | {"seal": _seal(key, place, whole, log.digest_of(tx, run.session, row["seq"]))}


def _place(
    session: str, seq: int, run: str | None, at: int, channel: str, device: str, grant: str | None, actor: str
) -> list[Any]:
    """The envelope: where an event stands, when and from where it came."""
    return [KIND, session, seq, run, at, channel, device, grant, actor]


def _seal(key: bytes, place: list[Any], body: Mapping[str, Any], before: bytes) -> str:
    return hmac.new(key, canonical([place, body, before.hex()]), hashlib.sha256).hexdigest()


def verify(world: World, session: str, seq: int) -> Verdict:
    """Looks at one event again: its seal, its flow's version as it is stored, and the words that this version shows."""
    with world.store.read() as tx:
        event = log.at(tx, session, seq)
        return Verdict(seq, ("gone",)) if event is None else _verified(world, tx, event)


def _verified(world: World, tx: Tx, event: Event) -> Verdict:
    if event.body is None:
        return Verdict(event.seq, ("gone",))
    told = event.body.get("evidence")
    if event.kind != KIND or not isinstance(told, dict):
        return Verdict(event.seq, ("none",))
    wrong = [] if _is_sealed(world, tx, event, told) else ["seal"]
    definition = links.definition(tx, str(told.get("hash", "")))
    if definition is None or hashlib.sha256(definition.encode()).hexdigest() != told["hash"]:
        return Verdict(event.seq, (*wrong, "flow"))
    if _shown(tx, event, told, Flow.from_json(definition)) != event.body.get("shown"):
        wrong.append("words")
    return Verdict(event.seq, tuple(wrong))


def _is_sealed(world: World, tx: Tx, event: Event, told: dict[str, Any]) -> bool:
    key = dict(world.settings.derive(PURPOSE)).get(int(told.get("key", -1)))
    if key is None:
        return False
    bare = {name: value for name, value in told.items() if name != "seal"}
    place = _place(
        event.session, event.seq, event.run, event.at, event.channel, event.device, event.grant, event.actor.id
    )
    body = {**(event.body or {}), "evidence": bare}
    expected = _seal(key, place, body, log.digest_of(tx, event.session, event.seq - 1))
    return hmac.compare_digest(expected, str(told.get("seal", "")))


def _shown(tx: Tx, event: Event, told: Mapping[str, Any], flow: Flow) -> str:
    """The words once more, from the stored version and what the run knew then."""
    run = links.run(tx, event.run or "")
    before = [one for one in log.of_run(tx, event.session, event.run or "") if one.seq < event.seq]
    state = replay(flow, [Happened(one.kind, one.body) for one in before])
    setting = Setting(
        told["site"],
        told["locale"],
        told["zone"] or None,
        event.at,
        open=bool(told["open"]),
        agents=int(told["agents"]),
        started=run.created_at if run else 0,
    )
    body = event.body or {}
    return words_shown(flow, state, str(body["step"]), setting, str(body["channel"]))


def of_session(world: World, tx: Tx, session: str) -> Iterator[dict[str, Any]]:
    """Every consent and signature of a session, oldest first, each looked at again: for the desk and for an export."""
    for event in log.of_kind(tx, session, KIND):
        body = event.body or {}
        if "evidence" in body:
            yield {
                "seq": event.seq,
                "run": event.run,
                "step": body["step"],
                "at": to_wire(event.at),
                "shown": body.get("shown", ""),
                "label": body.get("label", ""),
                "value": body.get("value"),
                "tier": body["evidence"]["tier"],
                "flow": body["evidence"]["hash"],
                "channel": event.channel,
                "device": event.device,
                "wrong": list(_verified(world, tx, event).why),
            }
