"""Flows as files: a flow with its translations, the transcripts beside it, and the words people read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from disposable import folders, transcripts
from disposable.definition import Flow
from disposable.transcripts import Transcripts
from widget_server.assets import Assets
from widget_server.cli import parts
from widget_server.words import Words

TESTS = ".test.yaml"


def load(path: Path) -> Flow:
    """Raises FlowInvalid with every mistake, CommandFailed if there is no such file."""
    return load_text(parts.text(path), path, str(path))


def load_text(text: str, path: Path, name: str = "") -> Flow:
    """A flow as this text has it, with what stands beside it. `name` is what mistakes call it."""
    return folders.load(path, text, name or path.name)


def belonging(path: Path) -> list[Path]:
    """The flow, and every file beside it that may be a part of it: transcripts, translations, subflows."""
    return [path, *sorted(other for other in path.parent.glob("*.yaml") if other != path)]


def flow_of(path: Path) -> Path:
    """The flow that a file is about: itself, or the one that stands beside transcripts."""
    return path.with_name(path.name.removesuffix(TESTS) + ".yaml") if path.name.endswith(TESTS) else path


def tests_of(path: Path) -> Path:
    """Where the transcripts of a flow stand."""
    return path.with_name(flow_of(path).stem + TESTS)


def texts_of(path: Path) -> dict[str, str]:
    """What a flow is written as: "" is the flow itself, then its translations by language, and test for its transcripts."""
    tests = tests_of(path)
    written = {"test": parts.text(tests)} if tests.is_file() else {}
    return {"": parts.text(path), **folders.translations(path), **written}


def read_tests(path: Path, flow: Flow) -> Transcripts:
    """Raises TranscriptsInvalid with every mistake, CommandFailed if there is no such file."""
    return transcripts.read(parts.text(path), flow, str(path))


def speak() -> Callable[[str], Callable[..., str]]:
    """From a language to its words, as a server of this version speaks them."""
    words = Words.load(Assets.load().templates / "locale")
    return lambda locale: lambda key, **values: words.text(key, words.language(locale), **values)
