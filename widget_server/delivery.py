"""The loop that pays what the outbox owes: texts by their channel, calls by a signed POST, and whatever falls due.

It sends outside any transaction and writes down what became of it in one of its own. What is certain to have failed is tried
again, ever later; what may have gone out is marked `unknown` and not repeated, for nobody wants the same text twice. A
call that its flow calls safe may be repeated freely; another only while it is certain that nothing was sent.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from random import Random
from urllib.parse import urlencode, urlsplit

from widget_server import channels as registry
from widget_server.actions import receipts, runs, ticks, urls
from widget_server.actions.world import World
from widget_server.channels import signed_calls
from widget_server.channels.contract import Carry, Channel, DeliveryFailed, HttpAnswer, HttpCall, Outgoing, Receipt
from widget_server.outside.guard import Blocked, Guard, NotResolved
from widget_server.outside.http import CallFailed, Outside, Request
from widget_server.settings import Settings
from widget_server.store import accounts, outbox
from widget_server.store.outbox import Owed

log = logging.getLogger("samethread.delivery")

AT_ONCE = 16
"""Rows on their way out at the same time; each belongs to another pair of addresses."""
POLL = 1.0
"""Seconds after which the loop looks again though nobody woke it: other processes owe things too."""
LEASE_MS = 45_000
LONGEST_CALL = 25.0
"""Seconds a call may take at most: well below the lease, so that only a dead sender's row is ever taken for lost."""
LARGEST_ANSWER = 32 * 1024
RECOVER_MS, TIDY_MS = 10_000, 60_000


@dataclass(frozen=True)
class Patience:
    """How often something is tried, and how long the first and the longest pause are, in milliseconds."""

    tries: int
    first: int
    longest: int

    def pause(self, attempt: int, random: Random) -> int:
        """The pause after the attempt of this number (from 1): doubling, and spread over its second half."""
        whole: int = min(self.longest, self.first * 2 ** (attempt - 1))
        return round(whole * random.uniform(0.5, 1))


MESSAGES = Patience(tries=24, first=2_000, longest=15 * 60_000)
CALLS = Patience(tries=6, first=1_000, longest=20_000)
"""A customer is looking at a page that says "working": after half a minute the flow's `otherwise` serves them better."""


class Loop:
    """One loop over one world. `run` returns after `stop`; several loops may share a database."""

    def __init__(
        self,
        world: World,
        channels: Mapping[str, Channel] | None = None,
        carry: Carry | None = None,
        random: Random | None = None,
    ) -> None:
        self._world = world
        self._channels = channels or registry.build(world.settings)
        self._carry = carry or carrier(world.settings)
        self._random = random or Random()  # noqa: S311  spreads retries, guards nothing
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._busy = threading.Semaphore(AT_ONCE)
        self._next = {"recover": 0, "tidy": world.clock() + TIDY_MS}
        self._listen()

    def run(self) -> None:
        """Pay until told to stop, then finish what is in hand."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="delivery") as pool:
            while not self._stopping.is_set():
                self._bell.clear()
                paid = 0
                with _surviving("a round"):
                    paid = self._round(pool)
                if not paid:
                    self._bell.wait(POLL)
        self._ended.set()

    def stop(self) -> None:
        """Take nothing new; returns at once. `join` waits for what is in hand."""
        self._stopping.set()
        self._bell.set()

    def join(self, timeout: float | None = None) -> bool:
        """Whether everything in hand was finished within `timeout` seconds."""
        return self._ended.wait(timeout)

    def turn(self) -> int:
        """One round in the caller's own thread: what is due happens, what is owed is paid. Returns how many rows."""
        self.tick()
        owed = outbox.claim(self._world.store, AT_ONCE, LEASE_MS)
        for row in owed:
            self.pay(row)
        return len(owed)

    def tick(self) -> None:
        """Timers that are due, senders that died, and now and then the slow round."""
        ticks.run_due(self._world)
        self._every("recover", RECOVER_MS, ticks.recover)
        self._every("tidy", TIDY_MS, ticks.tidy)

    def pay(self, row: Owed) -> None:
        """Send one claimed row and write down what became of it."""
        if row.kind == "call":
            self._pay_call(row)
        else:
            self._pay_message(row)

    # --- the loop ---

    def _round(self, pool: ThreadPoolExecutor) -> int:
        self.tick()
        free = sum(self._busy.acquire(blocking=False) for _ in range(AT_ONCE))
        owed = outbox.claim(self._world.store, free, LEASE_MS) if free and self._is_due() else []
        for _ in range(free - len(owed)):
            self._busy.release()
        for row in owed:
            pool.submit(self._pay_one, row)
        return len(owed)

    def _is_due(self) -> bool:
        """Asked by reading first: an idle server need not take the database's write lock every second."""
        with self._world.store.read() as tx:
            due = outbox.next_due(tx)
        return due is not None and due <= self._world.clock()

    def _pay_one(self, row: Owed) -> None:
        try:
            with _surviving(row.id):
                self.pay(row)
        finally:
            self._busy.release()
            # The next row of its lane may go now.
            self._bell.set()

    def _listen(self) -> None:
        """Wake at a commit that owes something, after whoever listened before."""
        before = self._world.store.after_commit

        def after_commit(sessions: set[str], owed: bool) -> None:
            before(sessions, owed)
            if owed:
                self._bell.set()

        self._world.store.after_commit = after_commit

    def _every(self, name: str, ms: int, work: Callable[[World], object]) -> None:
        now = self._world.clock()
        if now >= self._next[name]:
            self._next[name] = now + ms
            work(self._world)

    # --- a message ---

    def _pay_message(self, row: Owed) -> None:
        channel = self._channels.get(row.channel)
        try:
            if channel is None:
                raise DeliveryFailed("no_channel", permanent=True)
            sent = channel.send(self._outgoing(row), self._carry)
        except DeliveryFailed as failure:
            self._message_failed(row, failure)
            return
        receipts.take(self._world, Receipt(row.id, sent.provider_id, "sent"), row.channel)

    def _outgoing(self, row: Owed) -> Outgoing:
        with self._world.store.read() as tx:
            text = urls.written(self._world, tx, row.payload["text"])
        hook = f"{self._world.settings.base_url}/hooks/{row.channel}?{urlencode({'delivery': row.id})}"
        return Outgoing(row.id, row.payload["to"], row.payload["sender"], text, hook)

    def _message_failed(self, row: Owed, failure: DeliveryFailed) -> None:
        log.warning("text %s: %s (attempt %s)", row.id, failure.reason, row.attempts)
        if failure.unknown:
            receipts.take(self._world, Receipt(row.id, "", "unknown", reason=failure.reason), row.channel)
        elif failure.permanent or row.attempts >= MESSAGES.tries:
            told = Receipt(row.id, "", "failed", failure.permanent, failure.reason)
            receipts.take(self._world, told, row.channel)
        else:
            self._later(row, failure, MESSAGES)

    # --- a call to the company ---

    def _pay_call(self, row: Owed) -> None:
        try:
            answer = self._carry(self._call(row))
        except DeliveryFailed as failure:
            self._call_failed(row, failure, sent=failure.unknown)
            return
        try:
            value = signed_calls.read_answer(answer)
        except DeliveryFailed as failure:
            self._call_failed(row, failure, sent=True)
            return
        self._returned(row, ok=True, value=value)

    def _call(self, row: Owed) -> HttpCall:
        with self._world.store.read() as tx:
            registered = accounts.call(tx, row.site, row.payload["call"])
        if registered is None:
            raise DeliveryFailed("no_call", permanent=True)
        target, secret = registered
        told = {
            "call": row.payload["call"],
            "with": row.payload["with"],
            "session": row.session,
            "run": row.run,
            "step": row.payload["step"],
        }
        return signed_calls.request(
            url=target.url,
            secret=secret,
            key=f"{row.run}.{row.payload['key']}",
            body=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
            now=self._world.clock(),
            timeout=min(target.timeout_ms / 1000, LONGEST_CALL),
        )

    def _call_failed(self, row: Owed, failure: DeliveryFailed, *, sent: bool) -> None:
        log.warning("call %s: %s (attempt %s)", row.id, failure.reason, row.attempts)
        once = sent and not row.payload.get("safe")
        if once or failure.permanent or row.attempts >= CALLS.tries:
            self._returned(row, ok=False, reason=failure.reason)
        else:
            self._later(row, failure, CALLS)

    def _returned(self, row: Owed, *, ok: bool, value: object = None, reason: str = "") -> None:
        """The flow learns it first: a crash before the row is settled repeats a call that changes nothing any more."""
        runs.returned(self._world, row.session, row.run or "", row.payload["key"], ok, value)
        with self._world.store.write() as tx:
            outbox.settle(tx, row.id, "delivered" if ok else "failed", reason=reason, permanent=not ok)

    def _later(self, row: Owed, failure: DeliveryFailed, patience: Patience) -> None:
        asked = 0 if failure.retry_in is None else round(failure.retry_in * 1000)
        pause = max(min(asked, patience.longest), patience.pause(row.attempts, self._random))
        with self._world.store.write() as tx:
            outbox.settle(tx, row.id, "owed", due_at=tx.now + pause, reason=failure.reason)


@contextmanager
def _surviving(what: str) -> Iterator[None]:
    """A fault in one row or round is logged and does not end the loop; the row's lease decides what becomes of it."""
    try:
        yield
    except Exception:
        log.exception("delivery of %s broke", what)


def carrier(settings: Settings) -> Carry:
    """The guarded way out, in the words channels use. The provider's own address is allowed by being a setting."""
    provider = urlsplit(settings.twilio_api_base)
    ours = [f"{provider.hostname}:{provider.port}"] if provider.port else []
    outside = Outside(Guard([*settings.allow_private_calls, *ours]))

    def carry(call: HttpCall) -> HttpAnswer:
        try:
            answer = outside.send(Request(**asdict(call), limit=LARGEST_ANSWER))
        except Blocked:
            raise DeliveryFailed("blocked", permanent=True) from None
        except NotResolved:
            raise DeliveryFailed("unreachable") from None
        except CallFailed as failure:
            raise DeliveryFailed(failure.reason, unknown=failure.sent) from None
        return HttpAnswer(answer.status, answer.headers, answer.body)

    return carry
