"""Tiles of maps, fetched from the one source that was set, and kept: whose map it is never learns who looks at it."""

import contextlib
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from widget_server.outside.guard import Blocked, NotResolved
from widget_server.outside.http import CallFailed, Outside, Request

log = logging.getLogger("samethread.tiles")

DEEPEST = 19
"""The largest zoom there is: single houses."""
MAX_TILE = 256 * 1024
MAX_KEPT = 64 * 1024 * 1024
"""Bytes the kept ones may take; the longest unused go first."""
FRESH = 7 * 24 * 3600.0
"""Seconds a kept tile is not asked for again. One that cannot be had anew is shown for longer."""
AT_ONCE = 4
MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Tiles:
    """`source` is an address with {z}, {x} and {y} in it; `folder` is where tiles are kept."""

    def __init__(self, source: str, folder: Path, outside: Outside, now: Callable[[], float] = time.time) -> None:
        self._source, self._outside, self._now = source, outside, now
        # Another source's tiles are of another map.
        self._folder = folder / hashlib.sha256(source.encode()).hexdigest()[:16]
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._written = 0

    def tile(self, z: int, x: int, y: int) -> tuple[str, bytes] | None:
        """(content type, bytes); None where there is no such tile, or it cannot be had now."""
        if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
            return None
        path = self._folder / f"{z}-{x}-{y}"
        kept, since = self._kept(path)
        if kept is not None and self._now() - since < FRESH:
            return _typed(kept)
        fetched = self._fetch(z, x, y)
        if fetched is None:
            return _typed(kept) if kept is not None else None
        self._keep(path, fetched)
        return _typed(fetched)

    def _fetch(self, z: int, x: int, y: int) -> bytes | None:
        url = self._source.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        with self._turn:
            try:
                answer = self._outside.send(
                    Request("GET", url, {"Accept": "image/png,image/jpeg,image/webp"}, limit=MAX_TILE)
                )
            except (Blocked, NotResolved, CallFailed) as error:
                log.warning("no tile: %s", error)
                return None
        if answer.status != 200 or kind_of(answer.body) is None:
            log.warning("no tile: the source answered %s", answer.status)
            return None
        return answer.body

    @staticmethod
    def _kept(path: Path) -> tuple[bytes | None, float]:
        """What is kept of a tile, and since when."""
        try:
            return path.read_bytes(), path.stat().st_mtime
        except OSError:
            return None, 0.0

    def _keep(self, path: Path, data: bytes) -> None:
        draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            os.utime(draft, (self._now(), self._now()))
            draft.replace(path)
        except OSError as error:
            # A full disk takes the tile from nobody.
            log.warning("a tile cannot be kept: %s", error)
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            return
        self._written += len(data)
        if self._written > MAX_KEPT // 16:
            self._written = 0
            self._tidy()

    def _tidy(self) -> None:
        files = []
        for found in self._folder.iterdir():
            # Another thread tidies, too, or has just given its draft its name.
            with contextlib.suppress(FileNotFoundError):
                files.append((found.stat(), found))
        files.sort(key=lambda one: one[0].st_mtime, reverse=True)
        total = 0
        for facts, path in files:
            total += facts.st_size
            if total > MAX_KEPT:
                path.unlink(missing_ok=True)


def kind_of(data: bytes) -> str | None:
    """The type of a picture by its content; None for what is none of ours."""
    for magic, kind in MAGIC.items():
        if data.startswith(magic):
            return kind
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _typed(data: bytes) -> tuple[str, bytes]:
    return kind_of(data) or "image/png", data
