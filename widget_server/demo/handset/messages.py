"""What the phones hold: every message and the faults in force, kept as a journal of JSON lines.

A message is the last line that names its sid, so a process that was killed goes on where the journal ends; half a line
at the end is what a kill leaves behind and is dropped.
"""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

Direction = Literal["outbound-api", "inbound"]
FINAL = frozenset({"delivered", "undelivered", "received", "refused"})


@dataclass(frozen=True)
class Message:
    """One text. `status` is Twilio's word ("refused": our own, the server did not take it); times are milliseconds UTC.

    `told` is the last status the server has heard of; `n` is the number of the change that made this version.
    """

    sid: str
    direction: Direction
    sender: str
    recipient: str
    text: str
    status: str
    created: int
    updated: int
    segments: int = 1
    callback: str = ""
    error: int | None = None
    told: str = ""
    n: int = 0

    @property
    def phone(self) -> str:
        """The simulated phone's own number."""
        return self.recipient if self.direction == "outbound-api" else self.sender

    @property
    def settled(self) -> bool:
        """Nothing more will happen to it."""
        return self.status in FINAL and (not self.callback or self.told == self.status)


@dataclass(frozen=True)
class Faults:
    """What goes wrong on request. `delay` is the most seconds each hop takes."""

    delay: float = 0.0
    duplicates: bool = False
    disorder: bool = False
    outage: bool = False
    silence: bool = False
    unreachable: bool = False

    @staticmethod
    def read(told: Any) -> "Faults":
        """From JSON. Raises ValueError for anything that is not a fault."""
        known = {entry.name: entry.type for entry in fields(Faults)}
        if not isinstance(told, dict) or not set(told) <= set(known):
            raise ValueError(f"faults are {', '.join(known)}")
        if any(not isinstance(value, bool) for name, value in told.items() if name != "delay"):
            raise ValueError("a fault is true or false")
        delay = told.get("delay", 0)
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 60:
            raise ValueError("delay is 0 to 60 seconds")
        return Faults(**{**told, "delay": float(delay)})


class Store:
    """All messages, in memory and in the journal below `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "handset.jsonl"
        self._changed = threading.Condition()
        self._messages: dict[str, Message] = {}
        self.faults = Faults()
        self.n = 0
        self._file = self._path.open("a", encoding="utf-8")
        # Two phone companies writing one journal would each forget what the other kept: the second waits here.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._load()

    def put(self, message: Message) -> Message:
        """Keep a new message, or a new version of one; wakes whoever waits."""
        with self._changed:
            self.n += 1
            kept = replace(message, n=self.n)
            self._messages[kept.sid] = kept
            self._write({"message": asdict(kept)})
            self._changed.notify_all()
            return kept

    def set_faults(self, faults: Faults) -> None:
        """Put faults in force; the phones' pages hear of it."""
        with self._changed:
            self.n += 1
            self.faults = faults
            self._write({"faults": asdict(faults), "n": self.n})
            self._changed.notify_all()

    def get(self, sid: str) -> Message | None:
        """The message as it stands now."""
        return self._messages.get(sid)

    def all(self) -> Iterator[Message]:
        """Every message, oldest first."""
        return iter(list(self._messages.values()))

    def of(self, phone: str, after: int = 0, wait: float = 0.0) -> list[Message]:
        """A phone's messages changed after `n`; waits up to `wait` seconds for anything at all to change."""
        with self._changed:
            if self.n <= after and wait:
                self._changed.wait_for(lambda: self.n > after, wait)
        return [message for message in self.all() if message.phone == phone and message.n > after]

    def close(self) -> None:
        """Close the journal."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()

    def _load(self) -> None:
        whole = self._path.read_bytes()
        complete = whole[: whole.rfind(b"\n") + 1]
        if complete != whole:
            os.truncate(self._path, len(complete))
        for line in complete.splitlines():
            self._fold(json.loads(line))

    def _fold(self, line: dict[str, Any]) -> None:
        if "message" in line:
            message = Message(**line["message"])
            self._messages[message.sid] = message
            self.n = max(self.n, message.n)
        else:
            self.faults = Faults(**line["faults"])
            self.n = max(self.n, line["n"])
