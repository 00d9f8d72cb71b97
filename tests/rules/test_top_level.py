"""The top level of the tree is a closed list, and nothing in the tree belongs to one machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "disposable",
    "pyproject.toml",
    "static",
    "templates",
    "tests",
    "widget_server",
}
PROMISES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|NotImplemented" r"Error|pytest\.mark\.(skip|xfail)\b")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Paths git knows; in a tree without git (an unpacked archive), every file that is not hidden."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path.as_posix() for path in found if not path.parts[0].startswith(".") or path.parts[0] in ALLOWED]


def test_the_top_level_is_a_closed_list(tracked: list[str]) -> None:
    assert {path.split("/")[0] for path in tracked} <= ALLOWED


def test_files_stay_small(tracked: list[str]) -> None:
    assert not [path for path in tracked if (ROOT / path).stat().st_size > 400_000]


def test_nothing_is_promised_or_left_out(tracked: list[str]) -> None:
    code = [path for path in tracked if path.endswith((".py", ".js", ".html"))]
    assert not [path for path in code if PROMISES.search((ROOT / path).read_text(encoding="utf-8"))]


def test_test_files_have_names_of_their_own(tracked: list[str]) -> None:
    names = [Path(path).name for path in tracked if path.startswith("tests/") and Path(path).name.startswith("test_")]
    assert sorted(names) == sorted(set(names))


def test_every_python_module_says_what_it_is_for(tracked: list[str]) -> None:
    silent = [
        path
        for path in tracked
        if path.endswith(".py")
        and (text := (ROOT / path).read_text(encoding="utf-8")).strip()
        and not text.lstrip().startswith(('"""', 'r"""'))
    ]
    assert not silent
