"""The production server's front door: checks what was asked for, then begins again in a process patched from its first line.

gevent must patch the standard library before anything else imports it, or a database driver blocks every other request.
A command line has imported half the world by then, so the same process starts over (exec: same pid, same process group) with a
Python that patches first. The settings travel in an unlinked file, never in the environment or the argument list.
"""

import os
import pickle
import sys
import tempfile
from dataclasses import dataclass
from typing import NoReturn

from widget_server.settings import Settings

_BEGIN = "from gevent import monkey; monkey.patch_all(); from widget_server.server import begin; begin()"


class CannotServe(Exception):
    """What was asked for cannot work with these settings; the message says what to set."""


@dataclass(frozen=True)
class Plan:
    """Everything the server process needs. `worker_loop`: also pay what the outbox owes."""

    settings: Settings
    host: str
    port: int
    workers: int = 1
    worker_loop: bool = True


def serve(settings: Settings, host: str, port: int, workers: int = 1, worker_loop: bool = True) -> NoReturn:
    """Serves until told to stop by a signal: TERM finishes work in hand, INT and QUIT do not.

    Raises:
        CannotServe: several workers without PostgreSQL and Redis.
    """
    plan = Plan(settings, host, port, workers, worker_loop)
    check(plan)
    _start_over(plan)


def check(plan: Plan) -> None:
    """Refuses a plan that would lose events between processes."""
    if plan.workers < 1:
        raise CannotServe("--workers must be at least 1")
    if plan.workers > 1 and (plan.settings.database.startswith("sqlite") or not plan.settings.redis_url):
        raise CannotServe("--workers above 1 needs PostgreSQL (DATABASE_URL) and Redis (REDIS_URL); use --workers 1")


def _start_over(plan: Plan) -> NoReturn:
    with tempfile.TemporaryFile() as file:
        pickle.dump(plan, file)
        file.flush()
        os.set_inheritable(file.fileno(), True)
        sys.stdout.flush()
        sys.stderr.flush()
        # Ours to start over: the interpreter that runs now, with a constant program.
        os.execv(sys.executable, [sys.executable, "-c", _BEGIN, str(file.fileno())])  # noqa: S606
