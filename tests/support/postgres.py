"""A private PostgreSQL for one test run: own folder, own socket, no network, thrown away afterwards.

It refuses to run as root, so root drops to the user `postgres` that its package made. Databases are copied from a template
that is migrated once, which takes a fraction of migrating each.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

DISTRIBUTION = Path("/usr/lib/postgresql")
STARTS_WITHIN = 30.0
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class NoPostgres(Exception):
    """This machine has no PostgreSQL that could be started; says what is missing."""


class Postgres:
    """A running server. `fresh` makes databases in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0
        self._templates: dict[str, str] = {}

    def url(self, database: str) -> str:
        """The address of a database, as DATABASE_URL takes it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def fresh(self, prepare: Callable[[str], None] | None = None) -> str:
        """The address of a new database. `prepare` is given that of a template, once; every copy has what it made there."""
        if prepare is None:
            return self._create("template1")
        name = f"{prepare.__module__}.{prepare.__qualname__}"
        if name not in self._templates:
            url = self._create("template1")
            prepare(url)
            self._templates[name] = url.partition("@/")[2].partition("?")[0]
        return self._create(self._templates[name])

    def drop(self, url: str) -> None:
        """Throws a database away, whoever is still connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _create(self, template: str) -> str:
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running() -> Iterator[Postgres]:
    """A PostgreSQL that lives as long as the block.

    Raises:
        NoPostgres: it is not installed.
    """
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="st-pg-"))
    try:
        drop = _as_postgres(folder)
        data = folder / "data"
        _checked([*drop, str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8",
                  "--locale=C.UTF-8"])  # fmt: skip
        options = [part for setting in (*QUICK, "listen_addresses=") for part in ("-c", setting)]
        server = subprocess.Popen(
            [*drop, str(programs / "postgres"), "-D", str(data), "-k", str(folder), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )
        try:
            _wait(server)
            yield Postgres(folder)
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    newest = sorted(DISTRIBUTION.glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    found = newest[-1] if newest else shutil.which("initdb")
    if not found:
        raise NoPostgres("PostgreSQL is missing; on Debian: apt-get install postgresql")
    return Path(found).parent


def _as_postgres(folder: Path) -> list[str]:
    """The words that start a program in the right role, and end it should this process die first."""
    words = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() != 0:
        return words
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("there is no user postgres, and PostgreSQL does not run as root") from None
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [*words, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _checked(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise NoPostgres(f"{command[-1]} failed: {done.stderr.strip()}")


def _wait(server: "subprocess.Popen[str]") -> None:
    """Until it says that it takes connections; what it says later is read and dropped, so that it never blocks on a full pipe."""
    said: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        assert server.stderr is not None
        with server.stderr:
            for line in server.stderr:
                if not ready.is_set():
                    said.append(line)
                if "ready to accept connections" in line:
                    ready.set()
        ready.set()

    threading.Thread(target=listen, daemon=True).start()
    if not ready.wait(STARTS_WITHIN) or server.poll() is not None:
        server.kill()
        raise NoPostgres("PostgreSQL did not start: " + "".join(said)[-2000:])
