"""Work that keeps a processor busy goes aside: under gevent it would stop everybody else for as long as it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gevent import get_hub
from gevent.monkey import is_module_patched

T = TypeVar("T")


def aside(work: Callable[[], T]) -> T:
    """What `work` returns or raises; done on a thread of its own where the server is cooperative."""
    if not is_module_patched("threading"):
        return work()
    done: T = get_hub().threadpool.apply(work)
    return done
