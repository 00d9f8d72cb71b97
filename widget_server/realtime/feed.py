"""A feed: one party's cursors turned into frames. It decides what is due; whoever holds the line sends it.

The same whether a socket or a test reads it. It holds no events, only which sessions moved: a slow reader costs no
memory, and one that is cut off goes on from its cursor.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from widget_server.actions import access
from widget_server.actions.access import ApiKey, Grant, Seat, Who
from widget_server.actions.world import World
from widget_server.realtime.hub import Frame, Hub
from widget_server.store import log

EPHEMERAL = 64
"""Typing and presence frames kept for one reader; older ones are worth nothing."""

RECHECK_S = 60.0


class Feed:
    """What one party may see of the sessions it follows. `after`: session -> last number read; "*" -> stream cursor."""

    def __init__(self, world: World, hub: Hub, who: Who, after: dict[str, Any], ring: Callable[[], None]) -> None:
        self._world = world
        self._hub = hub
        self.who = who
        self._ring = ring
        self.wide = "*" in after and isinstance(who, (Seat, ApiKey))
        self._stream = str(after.get("*", "")) if self.wide else ""
        self._after: dict[str, int] = {}
        self._pending: set[str] = set()
        self._stream_moved = False
        self._passing: deque[Frame] = deque(maxlen=EPHEMERAL)
        self._lock = threading.Lock()
        self._welcomed = False
        self._join({name: _number(seq) for name, seq in after.items() if name != "*"})

    def _join(self, new: dict[str, int]) -> None:
        """Follows sessions it may see; joins before it reads, so nothing falls between. Raises NotFound, and then follows
        none of them: whoever may not see a session is not heard of in it either."""
        names = list(new)
        with self._world.store.read() as tx:
            for name in names:
                access.session_for(tx, self.who, name)
            if self.wide and not self._stream:
                self._stream = log.stream_end(tx)
        self._after |= new
        self._hub.join(self, names)
        with self._lock:
            self._pending |= set(names)
            self._stream_moved = self.wide
        for name in names:
            self._presence(name, on=True)

    def moved(self, sessions: Iterable[str]) -> None:
        with self._lock:
            self._pending |= {one for one in sessions if one in self._after}
            self._stream_moved = self.wide
        self._ring()

    def told(self, frame: Frame) -> None:
        self._passing.append(frame)
        self._ring()

    def frames(self) -> Iterator[Frame]:
        """Everything due now. Raises NotFound once the right is gone: revoked, logged out, expired."""
        self._recheck()
        if not self._welcomed:
            self._welcomed = True
            yield {"type": "welcome", "after": self._after | ({"*": self._stream} if self.wide else {})}
        while self._passing:
            yield self._passing.popleft()
        with self._lock:
            pending, self._pending = self._pending, set()
            stream, self._stream_moved = self._stream_moved, False
        for session in pending:
            yield from self._session(session)
        if stream:
            yield from self._everything()

    def _session(self, session: str) -> Iterator[Frame]:
        while True:
            page = access.page(self._world, self.who, session, self._after[session])
            for event in page["events"]:
                yield {"type": "event", "session": session, "event": event}
            if page["seq"] == self._after[session]:
                return
            self._after[session] = page["seq"]

    def _everything(self) -> Iterator[Frame]:
        while True:
            with self._world.store.read() as tx:
                events, cursors, cursor = log.streamed(tx, self._stream, access.PAGE, [self.who.site])
                shown = access.wires_of(self._world, tx, self.who, events)
            for session, event in shown:
                if session not in self._after:
                    # Each has a cursor of its own: a reader that is cut goes on right behind what it read last.
                    own = cursors[event["id"]]
                    yield {"type": "event", "session": session, "event": event, "cursor": own}
            if cursor == self._stream:
                return
            self._stream = cursor

    def _recheck(self) -> None:
        """A grant may have been raised, or ended, since the last look; a key revoked, an agent signed out."""
        self.who = access.still(self._world, self.who)

    def hear(self, frame: Frame) -> None:
        """Takes typing and subscribe; what it does not know it leaves be."""
        session = str(frame.get("session", ""))
        if frame.get("type") == "typing" and session in self._after:
            seen = {"type": "typing", "session": session, "actor": self._face(), "on": bool(frame.get("on"))}
            self._hub.tell(session, seen, besides=self)
        elif frame.get("type") == "subscribe" and isinstance(frame.get("after"), dict):
            new = {
                str(name): _number(seq) for name, seq in list(frame["after"].items())[:50] if name not in self._after
            }
            self._join(new)
            self._ring()
        elif frame.get("type") == "unsubscribe" and session in self._after:
            del self._after[session]
            with self._lock:
                self._pending.discard(session)
            self._hub.leave(self, [session])
            if self.wide:
                self._hub.join(self)
            self._presence(session, on=False)

    def _face(self) -> dict[str, str]:
        if isinstance(self.who, Grant):
            return {"kind": "customer", "name": ""}
        return {"kind": "agent" if isinstance(self.who, Seat) else "key", "name": self.who.name}

    def _presence(self, session: str, *, on: bool) -> None:
        """Tells the others in a session that somebody came or went, and the newcomer who is there."""
        self._hub.tell(session, self._seen(session, on=on), besides=self)
        if on:
            others = [one for one in self._hub.present(session) if isinstance(one, Feed) and one is not self]
            for other in others[:10]:
                self._passing.append(other._seen(session, on=True))  # noqa: SLF001 - a feed and its like

    def _seen(self, session: str, *, on: bool) -> Frame:
        return {"type": "presence", "session": session, "actor": self._face(), "on": on}

    def idle(self) -> float | None:
        """A minute at most: a grant that ran out while nothing happened is noticed then."""
        return RECHECK_S

    def close(self) -> None:
        self._hub.leave(self, list(self._after))
        for session in self._after:
            self._presence(session, on=False)


def _number(seq: Any) -> int:
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and seq >= 0 else 0
