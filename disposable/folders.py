"""Flows as they lie in a folder: NAME.yaml, its translations NAME.de.yaml beside it, and the flows it runs: here, or shipped."""

import functools
import re
from pathlib import Path

from disposable import loading
from disposable.definition import Flow
from disposable.loading import GALLERY, Find, Mistake

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def load(path: Path, text: str | None = None, name: str | None = None) -> Flow:
    """The flow in a file, or of another text that is to stand there, with all that belongs to it.

    `name` is what mistakes call the file. Raises FlowInvalid, and OSError where there is no such file.
    """
    return loading.load(_read(path) if text is None else text, name or str(path), find(path.parent), translations(path))


def check(path: Path, text: str | None = None, name: str | None = None) -> list[Mistake]:
    """Every mistake in it. Raises OSError where there is no such file."""
    return loading.check(
        _read(path) if text is None else text, name or str(path), find(path.parent), translations(path)
    )


def find(folder: Path) -> Find:
    """Finds flows in a folder, else in the gallery."""

    def found(name: str) -> str | None:
        return next((_read(path) for at in (folder, GALLERY) if (path := at / f"{name}.yaml").is_file()), None)

    return found


def translations(path: Path) -> dict[str, str]:
    """Language -> YAML of the translations beside a flow."""
    beside = sorted(path.parent.glob(f"{_literal(path.stem)}.*.yaml"))
    named = {other.name.removeprefix(f"{path.stem}.").removesuffix(".yaml"): other for other in beside}
    return {language: _read(other) for language, other in named.items() if _LANGUAGE.fullmatch(language)}


@functools.cache
def shipped(name: str) -> Flow:
    """A flow of the gallery, in all its languages. Raises KeyError where there is none of that name."""
    return load(GALLERY / f"{name}.yaml", loading.gallery()[name], f"{name}.yaml")


def _read(path: Path) -> str:
    # What is no UTF-8 is kept as what YAML does not allow, so that it is told like any other mistake.
    return path.read_text("utf-8", errors="surrogateescape")


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)
