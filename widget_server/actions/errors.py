"""The named errors the verbs raise. Only web/problems.py turns them into a status and words.

Those of the log (StaleEpoch, KeyReused, SessionClosed) and of its payloads are passed on as they are and named here too, so
that whoever answers for errors needs one list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from disposable.links import LinkForged
from widget_server.addresses import BadAddress
from widget_server.events import BadBody, BodyTooLarge, UnknownKind
from widget_server.store.log import BadCursor, KeyReused, NoSession, SessionClosed, StaleEpoch

__all__ = [
    "BadAddress",
    "BadBody",
    "BadCursor",
    "BodyTooLarge",
    "Invalid",
    "KeyReused",
    "LinkForged",
    "NoSession",
    "NotFound",
    "Refused",
    "SessionClosed",
    "StaleEpoch",
    "Throttled",
    "UnknownKind",
]


class NotFound(Exception):
    """Nothing of that kind has that id, for this asker. `what` is the kind's name."""

    def __init__(self, what: str, name: str = "") -> None:
        super().__init__(f"no {what} {name}".strip())
        self.what = what
        self.name = name


class Refused(Exception):
    """It may not be done by this asker, or not now. `code` says why; `facts` are for whoever explains it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Invalid(Exception):
    """What was sent cannot be used. `mistakes` are (where, what is wrong), all at once."""

    def __init__(self, mistakes: Iterable[tuple[str, str]]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("; ".join(f"{where}: {what}" for where, what in self.mistakes))


class Throttled(Exception):
    """Tried too often. `retry_in` is in seconds."""

    def __init__(self, retry_in: int) -> None:
        super().__init__(f"too many tries; again in {retry_in} s")
        self.retry_in = retry_in
