"""What happens to a text between two ends: it takes its time, is reported on, and goes wrong as it was told to.

Texts of one phone travel in the order they were written, each way; each message's reports come in their order. Faults
change both. A server that does not answer is asked again, ever more slowly, as a phone company with a good contract would.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from widget_server.demo.handset.messages import Message, Store

Form = dict[str, str]
Post = Callable[[str, Form], int]
"""Delivers a signed form to a URL and returns the status; 0 where nobody answered."""

RETRIES = 40
LONGEST_PAUSE = 15.0
NOT_REACHABLE = 30003


@dataclass
class Network:
    """Moves messages of `store`. `hook` is the server's address for texts, `pace` the seconds between two steps."""

    store: Store
    post: Post
    hook: str
    account: str
    clock: Callable[[], int]
    sleep: Callable[[float], None]
    pace: float = 0.3
    random: Random = field(default_factory=Random)
    _lines: dict[str, deque[Callable[[], None]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def resume(self) -> None:
        """Go on with everything that a stop interrupted."""
        for message in self.store.all():
            if not message.settled:
                self.start(message)

    def start(self, message: Message) -> None:
        """Set a message moving; returns at once."""
        if message.direction == "outbound-api":
            self._queue(f"to {message.phone}", lambda: self.to_phone(message.sid))
        elif self.store.faults.disorder:
            # Each text takes a way of its own, so a later one may come first.
            self._queue(f"from {message.sid}", lambda: self._overtaken(message.sid))
        else:
            self._queue(f"from {message.phone}", lambda: self.to_server(message.sid))

    def to_phone(self, sid: str) -> None:
        """Queued, sent, delivered, each reported on the side; an unreachable phone ends it as undelivered."""
        message = self._now(sid)
        if message.status == "queued":
            self._until(message.created, hops=1)
            message = self._move(message, "sent")
        if message.status == "sent":
            if not self.store.faults.disorder:
                self._report(message, "sent")
            self._until(message.created, hops=2)
            if self.store.faults.unreachable:
                message = self._move(message, "undelivered", error=NOT_REACHABLE)
            else:
                message = self._move(message, "delivered")
        if self.store.faults.disorder:
            # The report that was held back comes after the one that should have followed it.
            self._report(message, message.status)
            self._report(message, "sent")
        self._report(message, message.status)

    def to_server(self, sid: str) -> None:
        """A phone's text as a signed hook. What the server refuses is shown as refused on the phone."""
        message = self._now(sid)
        if message.status != "receiving":
            return
        self._until(message.created, hops=1)
        status = self._insist(self.hook, self._inbound_form(message))
        self._move(message, "received" if 200 <= status < 300 else "refused", error=None if status else 11205)

    def _overtaken(self, sid: str) -> None:
        self.sleep(self.random.uniform(0, 4 * self.pace + 1))
        self.to_server(sid)

    def _report(self, message: Message, status: str) -> None:
        """A phone company does not wait for the server to hear its reports."""
        if message.callback and not self.store.faults.silence:
            self._queue(f"about {message.sid}", lambda: self._tell(message, status))

    def _tell(self, message: Message, status: str) -> None:
        if self._now(message.sid).told == status:
            return
        self._insist(message.callback, self._status_form(message, status))
        self.store.put(replace(self._now(message.sid), told=status))

    def _queue(self, line: str, work: Callable[[], None]) -> None:
        """What stands in one line happens in its order, and different lines do not wait for each other."""
        with self._lock:
            waiting = self._lines.get(line)
            if waiting is not None:
                waiting.append(work)
                return
            self._lines[line] = deque([work])
        threading.Thread(target=self._drain, args=(line,), daemon=True).start()

    def _drain(self, line: str) -> None:
        while True:
            with self._lock:
                waiting = self._lines[line]
                if not waiting:
                    del self._lines[line]
                    return
                work = waiting.popleft()
            work()

    def _insist(self, url: str, form: Form) -> int:
        status = 0
        for attempt in range(RETRIES):
            status = self.post(url, form)
            if 0 < status < 500 and status != 429:
                break
            self.sleep(min(LONGEST_PAUSE, 0.5 * 2**attempt))
        if self.store.faults.duplicates and 200 <= status < 300:
            self.post(url, form)
        return status

    def _move(self, message: Message, status: str, error: int | None = None) -> Message:
        return self.store.put(replace(self._now(message.sid), status=status, error=error, updated=self.clock()))

    def _now(self, sid: str) -> Message:
        message = self.store.get(sid)
        if message is None:
            raise LookupError(sid)
        return message

    def _until(self, created: int, hops: int) -> None:
        """Wait until a text made then is so many hops on its way; those of one burst travel together."""
        delay = self.store.faults.delay
        way = hops * (self.pace + (self.random.uniform(delay / 2, delay) if delay else 0))
        self.sleep(max(0.0, created / 1000 + way - self.clock() / 1000))

    def _inbound_form(self, message: Message) -> Form:
        return {
            "SmsMessageSid": message.sid,
            "NumMedia": "0",
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "Body": message.text,
            "NumSegments": str(message.segments),
            **self._envelope(message),
        }

    def _status_form(self, message: Message, status: str) -> Form:
        error = {"ErrorCode": str(message.error)} if message.error and status == message.status else {}
        return {"SmsSid": message.sid, "SmsStatus": status, "MessageStatus": status, **self._envelope(message), **error}

    def _envelope(self, message: Message) -> Form:
        return {
            "MessageSid": message.sid,
            "AccountSid": self.account,
            "From": message.sender,
            "To": message.recipient,
            "ApiVersion": "2010-04-01",
        }
