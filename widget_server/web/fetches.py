"""Counts bare fetches of links, for figures only: gathered in memory, added to the rows in batches.

A fetch must change nothing that any decision reads (C05), and must cost the database nothing. What is counted by whom is
a guess from the browser's name; it never decides what anybody may see or do (C25).
"""

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable

log = logging.getLogger("samethread.fetches")

EVERY = 5.0
"""Seconds between two batches: a server that is killed loses no more than that, of a figure."""

_PROGRAM = re.compile(
    r"bot\b|bot[/;_-]|crawl|spider|preview|scan|fetch|facebookexternalhit|facebot|^whatsapp/|slack|embedly|skypeuri|vkshare"
    r"|^(?:curl|wget|python|go-http|java|okhttp|axios|node|ruby|libwww|apache-http|dart|postman)|headless|phantom|lighthouse"
    r"|safelinks|barracuda|proofpoint|mimecast|virustotal|urlscan|monitor|validator|google-read-aloud",
    re.IGNORECASE,
)


class Fetches:
    """A counter of link id -> (by people's browsers, by programs). `store` takes a batch of them."""

    def __init__(self, store: Callable[[dict[str, tuple[int, int]]], None]) -> None:
        self._store = store
        self._seen: Counter[tuple[str, bool]] = Counter()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def saw(self, link: str, agent: str) -> None:
        """Counts one fetch of a link by a client that names itself `agent`."""
        with self._lock:
            self._seen[link, is_program(agent)] += 1

    def flush(self) -> None:
        """Writes down what was counted since the last time; the database is left alone if that is nothing."""
        with self._lock:
            seen, self._seen = self._seen, Counter()
        if seen:
            self._store({link: (seen[link, False], seen[link, True]) for link, _ in seen})

    def run(self) -> None:
        """Flushes now and then until stopped."""
        while not self._stopped.wait(EVERY):
            try:
                self.flush()
            except Exception:
                log.exception("cannot store the counts of fetches")

    def stop(self) -> None:
        """Ends `run`."""
        self._stopped.set()


def is_program(agent: str) -> bool:
    """Whether a User-Agent names a preview, a scanner or another program. An in-app browser is a person's."""
    return not agent or _PROGRAM.search(agent) is not None
