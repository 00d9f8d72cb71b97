"""What became of a delivery, told by the loop or by the provider: a row that moves forward only, and an event in the timeline."""

from __future__ import annotations

from typing import Protocol

from widget_server.actions.access import Seat
from widget_server.actions.errors import NotFound, Refused
from widget_server.actions.world import World
from widget_server.events import Actor, Draft
from widget_server.store import log, outbox
from widget_server.store.database import Row, Tx

ORDER = {"owed": 0, "sending": 1, "unknown": 2, "sent": 3, "failed": 4, "delivered": 5, "read": 6}
"""A receipt moves it to the right only: late and doubled ones change nothing. Delivered outranks an earlier failure."""


class Told(Protocol):
    """channels.contract.Receipt: `delivery` is our id where the provider echoes it, `provider_id` theirs."""

    @property
    def delivery(self) -> str: ...
    @property
    def provider_id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def permanent(self) -> bool: ...
    @property
    def reason(self) -> str: ...


def take(world: World, told: Told, channel: str = "sms") -> bool:
    """Takes a receipt. False if it changed nothing: unknown delivery, doubled, or overtaken by a later one."""
    with world.store.write() as tx:
        row = outbox.get(tx, told.delivery) if told.delivery else outbox.by_provider(tx, channel, told.provider_id)
        if row is not None:
            log.locked(tx, row.session)
            row = outbox.get(tx, row.id)
        if row is None or ORDER.get(told.status, -1) <= ORDER.get(row.status, 9):
            return False
        record(tx, row, told.status, told.reason, told.permanent, told.provider_id)
        return True


def record(tx: Tx, row: Row, status: str, reason: str = "", permanent: bool = False, provider_id: str = "") -> None:
    """Settles a delivery and says so in its session. For lines of the thread only: codes leave no trace there."""
    changed = {"reason": reason, "permanent": permanent} | ({"provider_id": provider_id} if provider_id else {})
    outbox.settle(tx, row.id, status, **changed)
    if row.kind != "message" or row.seq == 0 or log.locked(tx, row.session)["data_key"] is None:
        return
    said = log.at(tx, row.session, row.seq)
    body = {"delivery": row.id, "of": row.seq, "channel": row.channel, "status": status}
    body |= {"permanent": permanent, "reason": reason} if status in ("failed", "unknown") else {}
    actor = Actor("provider") if provider_id else Actor("system")
    key = f"receipt {row.id} {status}"
    if log.by_key(tx, row.session, key) is None:
        log.append(tx, row.session, Draft("receipt", body, key, actor, row.channel, grant=said.grant if said else None))


def resend(world: World, seat: Seat, delivery: str) -> str:
    """Owes a failed or doubtful message once more, on an agent's word. Raises NotFound, Refused."""
    with world.store.write() as tx:
        row = outbox.get(tx, delivery)
        if row is None or row.site != seat.site:
            raise NotFound("delivery", delivery)
        made = outbox.again(tx, delivery)
        if made is None:
            raise Refused("not-resendable", status=row.status)
        outbox.settle(tx, delivery, "cancelled", reason="sent again")
        return made
