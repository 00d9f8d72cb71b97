"""The operator's commands as typed in a shell: in a bare one without any setting, or where the server is set up."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from widget_server import cli
from widget_server.settings import new_key

SETTINGS = ("SAMETHREAD_KEYS", "SAMETHREAD_BASE_URL", "SAMETHREAD_DATA_DIR", "DATABASE_URL")


@dataclass
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


def bare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> Run:
    """Commands in an empty folder and a shell without any setting."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)

    def run(*words: str, typed: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            code = cli.main(list(words))
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


def set_up(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From here on commands find a server's settings, with SQLite below `folder`."""
    monkeypatch.setenv("SAMETHREAD_KEYS", new_key(0))
    monkeypatch.setenv("SAMETHREAD_BASE_URL", "https://chat.example")
    monkeypatch.setenv("SAMETHREAD_DATA_DIR", str(folder / "data"))
