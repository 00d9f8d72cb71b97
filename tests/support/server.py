"""A real `samethread demo` in its own process group, as a newcomer starts it: the tests talk to it over the network only."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).parent / "samethread"
# A proxy that the environment names has no way to this machine's own ports.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
STARTS_WITHIN = 60.0
STOPS_WITHIN = 30.0


class DidNotStart(Exception):
    """The server ended, or said nothing in time. The message ends with the last lines of its log."""


@dataclass
class Demo:
    """A running demo.

    Attributes:
        port: where it listens on 127.0.0.1.
        folder: its data; started again on it, a demo goes on.
        said: the line it printed: urls, api_key, agents, site.
        environ: settings of its own, like DATABASE_URL.
    """

    port: int
    folder: Path
    said: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[str] | None" = None

    @property
    def base(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        """The address of a page."""
        return self.base + path

    @property
    def log(self) -> str:
        """What it wrote to its standard error so far."""
        path = self.folder.parent / f"{self.folder.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Starts it and waits until it is ready.

        Raises:
            DidNotStart: it ended or did not become ready.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / f"{self.folder.name}.log").open("a") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), "demo", "--json", "--port", str(self.port), "--dir", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environ},
            )
        self.said = self._first_line()
        self._until_ready()

    def stop(self) -> int:
        """Asks it to stop, as an operator does, and waits. Returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a power cut does: at once, all of it."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            code = process.wait(STOPS_WITHIN)
        finally:
            # Whatever outlived its parent must not outlive the test.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()
        return code

    def _first_line(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        stdout = self.process.stdout

        def read() -> None:
            # The pipe is closed under this thread's feet when the demo is ended.
            with contextlib.suppress(ValueError, OSError):
                for line in stdout:
                    lines.put(line)
            lines.put("")

        threading.Thread(target=read, daemon=True).start()
        try:
            line = lines.get(timeout=STARTS_WITHIN)
        except queue.Empty:
            line = ""
        if not line.startswith("{"):
            self._give_up(f"no JSON line, but {line!r}")
        said: dict[str, Any] = json.loads(line)
        return said

    def _until_ready(self) -> None:
        assert self.process is not None
        pause = threading.Event()
        for _ in range(int(STARTS_WITHIN / 0.1)):
            if self.process.poll() is not None:
                self._give_up("it ended")
            if self._is_ready():
                return
            pause.wait(0.1)
        self._give_up("it never became ready")

    def _is_ready(self) -> bool:
        try:
            with DIRECT.open(self.url("/readyz"), timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _give_up(self, why: str) -> None:
        self.kill()
        raise DidNotStart(f"{why}\n{self.log[-4000:]}")


@contextmanager
def demo(folder: Path, port: int = 0, environ: dict[str, str] | None = None) -> Iterator[Demo]:
    """A demo on a free port, ended with all its children when the block ends."""
    server = Demo(port or free_port(), folder, environ=environ or {})
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
