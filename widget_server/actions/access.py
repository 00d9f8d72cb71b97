"""Who asks, what they may see of a session, and how an event looks to them on the wire.

Below tier 2 a grant sees what it wrote itself and company lines written to it; from tier 2 on,
all that customers may see of that person's sessions. Agents and keys see all but what a flow declares secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from disposable.definition import HIDDEN
from widget_server.actions import urls
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World
from widget_server.clock import to_wire
from widget_server.events import KINDS, Event
from widget_server.store import accounts, customers, grants, links, log, sessions
from widget_server.store.database import Row, Tx

PAGE = 200
"""Events one page of a read holds at most."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The company's own server: one site, everything in it."""

    id: str
    site: str
    name: str


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent at the desk."""

    id: str
    site: str
    name: str
    role: str
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """A customer's window: a jar (disposable app), a widget, or an address of a channel. `tier` is what holds now."""

    id: str
    kind: str
    tier: int
    customer: str
    session: str | None
    run: str | None
    link: int | None
    site: str
    channel: str


Who = ApiKey | Seat | Grant

HANDED = "handed"
"""How a page got its grant that was opened by the button of a widget, and by nobody before."""
WITHOUT_GRANT = frozenset({"session.opened", "session.closed", "owner"})
"""Company lines that are written to every window of the session."""

SHOWN: dict[str, tuple[str, ...]] = {
    "session.opened": ("channel",),
    "session.closed": ("reason",),
    "owner": ("owner", "team"),
    "run.entered": ("step",),
    "run.answered": ("step", "label"),
    "run.handover": (),
    "run.ended": ("text",),
    "receipt": ("of", "status", "channel"),
    "grant.raised": ("tier",),
    "message": ("text", "prompt", "files"),
    "callback": ("callback", "state", "due", "topic"),
    "seen": ("seq",),
    "file": ("file", "name", "type", "size"),
}
"""What a customer is shown of each kind's body: what their window draws, no more (C27)."""


def grant_of(row: Row, now: int) -> Grant:
    """A stored grant as it stands now: a tier that was lent for a while falls back, 3 to the 2 it was built on, 2 to 1."""
    lent = row.tier_until is not None and row.tier_until <= now
    tier = min(row.tier, 2 if row.tier > 2 else 1) if lent else row.tier
    return Grant(row.id, row.kind, tier, row.customer, row.session, row.run, row.link, row.site, row.channel)


def session_for(tx: Tx, who: Who, session_id: str) -> Row:
    """The session, if this asker may know of it. Raises NotFound, the same for what is not there and what is not theirs."""
    row = sessions.get(tx, session_id)
    if row is None or not _may_know(tx, who, row._mapping):
        raise NotFound("session", session_id)
    return row


def session_to_write(tx: Tx, who: Who, session_id: str) -> dict[str, Any]:
    """The same, as `log.locked` holds it: one read for both. Raises NotFound."""
    try:
        row = log.locked(tx, session_id)
    except log.NoSession:
        raise NotFound("session", session_id) from None
    if not _may_know(tx, who, row):
        raise NotFound("session", session_id)
    return row


def _may_know(tx: Tx, who: Who, row: Mapping[str, Any]) -> bool:
    if row["site"] != who.site:
        return False
    if not isinstance(who, Grant):
        return True
    if who.session is not None:
        return bool(who.session == row["id"])
    return row["customer"] in customers.cluster(tx, who.customer)


def is_sure(row: Row, now: int) -> bool:
    """Whether a window knows its customer by more than a code: only then may a fresh code lead to tier 3.

    A code alone goes to the same phone as the link, stolen or not.
    """
    return grant_of(row, now).tier >= 2 and row.by in ("fact", "token")


def is_locked(tx: Tx, who: Grant, session: str, run: str) -> bool:
    """Whether a window has to step up by a code first: another grant acted on this run, and this one proved nothing.

    The first page that a widget's own button opened is no other window: nobody else was shown that link.
    """
    if who.tier >= 2 or not log.others_acted(tx, session, run, who.id):
        return False
    widget = _handed_by(tx, who)
    return widget is None or log.others_acted(tx, session, run, who.id, widget)


def _handed_by(tx: Tx, who: Grant) -> str | None:
    row = grants.get(tx, who.id)
    link = links.get(tx, who.link) if row is not None and row.by == HANDED and who.link is not None else None
    if link is None:
        return None
    holder = customers.get(tx, link.customer)
    told = links.open_context(tx, holder.data_key, link) if holder is not None and holder.data_key else {}
    return told.get("for")


def sees(who: Who, event: Event) -> bool:
    """Whether this asker is shown this event at all."""
    audience = KINDS[event.kind].audience if event.kind in KINDS else frozenset({"agent", "company"})
    if isinstance(who, ApiKey):
        return True
    if isinstance(who, Seat):
        return "agent" in audience
    if "customer" not in audience:
        return False
    return who.tier >= 2 or event.grant == who.id or (event.grant is None and event.kind in WITHOUT_GRANT)


def still(world: World, who: Who) -> Who:
    """The asker as they stand now: raised, or no longer let in. Raises NotFound once the right is gone (C15)."""
    with world.store.read() as tx:
        if isinstance(who, Grant):
            row = grants.get(tx, who.id)
            ended = row is None or row.revoked_at is not None or (row.expires_at or tx.now + 1) <= tx.now
            if row is None or ended:
                raise NotFound("grant", who.id)
            return grant_of(row, tx.now)
        if isinstance(who, ApiKey) and not accounts.is_key(tx, who.id):
            raise NotFound("key", who.id)
        if isinstance(who, Seat) and not accounts.may_sit(tx, who.id):
            raise NotFound("agent", who.id)
        return who


def page(world: World, who: Who, session_id: str, after: int = 0, limit: int = PAGE) -> dict[str, Any]:
    """Everything after a number that this asker may see: {"events": [...], "seq": the highest read, shown or not}."""
    with world.store.read() as tx:
        session_for(tx, who, session_id)
        events = log.read(tx, session_id, after, min(max(limit, 1), PAGE))
        return {"events": wires(world, tx, who, events), "seq": events[-1].seq if events else after}


def wires(world: World, tx: Tx, who: Who, events: Iterable[Event]) -> list[dict[str, Any]]:
    """The events this asker may see, as JSON objects of the contract."""
    return [shown for _, shown in wires_of(world, tx, who, events)]


def wires_of(world: World, tx: Tx, who: Who, events: Iterable[Event]) -> list[tuple[str, dict[str, Any]]]:
    """The same, each with its session's id: for what reads many sessions at once."""
    names = Names(world, tx, who)
    return [(event.session, wire(names, who, event)) for event in events if sees(who, event)]


def wire(names: Names, who: Who, event: Event) -> dict[str, Any]:
    """One event on the wire: {id, seq, key, kind, v, run, epoch, actor, channel, body, at}."""
    return {
        "id": event.id,
        "seq": event.seq,
        "key": event.key,
        "kind": event.kind,
        "v": event.v,
        "run": event.run,
        "epoch": event.epoch,
        "actor": names.actor(event),
        "channel": event.channel,
        "body": _body(names, who, event),
        "at": to_wire(event.at),
    }


def _body(names: Names, who: Who, event: Event) -> dict[str, Any] | None:
    if event.body is None:
        return None
    body = dict(event.body)
    if isinstance(who, Grant):
        body = {name: body[name] for name in SHOWN.get(event.kind, ()) if name in body}
        if event.kind == "owner":
            body["name"] = names.owner(body.get("owner", ""))
            body["owner"] = str(body.get("owner", "")).partition(":")[0]
        if body.get("prompt"):
            body["prompt"] = names.prompt(body["prompt"])
        return body
    if event.kind == "owner":
        body["name"] = names.owner(body.get("owner", ""))
    if event.kind in ("run.started", "context", "run.called"):
        return names.without_secrets(event, body)
    return body


class Names:
    """Looks up what the log only has ids of, once a read: names are resolved on read and never stored."""

    def __init__(self, world: World, tx: Tx, who: Who) -> None:
        self._world = world
        self._tx = tx
        self._who = who
        self._known: dict[tuple[str, str], str] = {}
        self._secrets: frozenset[str] | None = None

    def actor(self, event: Event) -> dict[str, str]:
        kind = event.actor.kind
        shown = isinstance(self._who, (Seat, ApiKey)) or kind in ("agent", "flow", "customer")
        return {"kind": kind, "id": event.actor.id if shown else "", "name": self._name(kind, event.actor.id)}

    def _name(self, kind: str, name: str) -> str:
        found = self._known.get((kind, name))
        if found is None:
            found = self._known[kind, name] = self._look(kind, name)
        return found

    def _look(self, kind: str, name: str) -> str:
        if kind == "agent":
            row = accounts.agent(self._tx, name)
            return row.name if row else ""
        if kind in ("flow", "key", "system"):
            return accounts.site_name(self._tx, self._who.site)
        if kind == "customer" and not isinstance(self._who, Grant):
            return str(customers.profile(self._tx, name).get("name", ""))
        return ""

    def owner(self, owner: str) -> str:
        """Who an owner is, for people: the agent's name or the team's."""
        kind, _, name = owner.partition(":")
        return self._name("agent", name) if kind == "agent" else name if kind in ("queue", "desk") else ""

    def prompt(self, prompt: dict[str, Any]) -> dict[str, Any]:
        """A prompt whose link, if it has one, is an address: which stands in no log."""
        link = prompt.get("link")
        if not link:
            return prompt
        url = urls.shown(self._world, self._tx, link["url"])
        return {**prompt, "link": {**link, "url": url} if url else {}}

    def without_secrets(self, event: Event, body: dict[str, Any]) -> dict[str, Any]:
        """A body with everything hidden that a flow of this site declares secret."""
        if self._secrets is None:
            self._secrets = self._world.flows.secret_names(self._tx, self._who.site)
        inner = {"run.started": "context", "context": "set", "run.called": "with"}[event.kind]
        if inner not in body:
            return body
        return body | {inner: hide(body[inner], self._secrets)}


def hide(values: Any, secrets: frozenset[str], where: str = "") -> Any:
    """A copy of context with the values of these dotted names (lists as `name[]`) hidden."""
    if where in secrets:
        return HIDDEN
    if isinstance(values, dict):
        return {name: hide(inner, secrets, f"{where}.{name}" if where else name) for name, inner in values.items()}
    if isinstance(values, list):
        return [hide(inner, secrets, f"{where}[]") for inner in values]
    return values
