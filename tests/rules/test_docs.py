"""The documentation is true as far as a machine can tell: links lead somewhere, marked examples run, commands exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from disposable import loading
from widget_server import cli
from widget_server.web import docs

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "templates" / "docs"
PAGES = docs.load(DOCS)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
# An example that is run stands under a comment that says so; it may be given names by lines before it in the same page.
RUNNABLE = re.compile(r"^<!-- run -->\n```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FLOW = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
OTHER_ROUTES = {"/openapi.json", "/demo", "/desk", "/healthz", "/readyz", "/metrics", "/widget.js"}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def examples() -> list[tuple[str, str, str]]:
    """(page, language, code) of every example marked to be run; the shell examples of a page are one session."""
    found = [
        (path.stem, language, code)
        for path in sorted(DOCS.glob("*.md"))
        for language, code in RUNNABLE.findall(text(path))
    ]
    shells = {
        page: "\n".join(code for name, kind, code in found if (name, kind) == (page, "sh")) for page, _, _ in found
    }
    return [one for one in found if one[1] != "sh"] + [(page, "sh", code) for page, code in shells.items() if code]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    known = {page.path for page in PAGES.values()} | OTHER_ROUTES
    dead = []
    for target in LINK.findall(text(DOCS / f"{name}.md")):
        path, _, anchor = target.partition("#")
        page = next((page for page in PAGES.values() if page.path == (path or PAGES[name].path)), None)
        external = path.startswith(("https://", "mailto:"))
        lost = page is not None and anchor and f'id="{anchor}"' not in page.html
        if lost or not (
            external or (path or PAGES[name].path) in known or (DOCS / path.removeprefix("/docs/")).is_file()
        ):
            dead.append(target)
    assert not dead


def test_the_readme_links_to_files_that_are_there() -> None:
    assert not [
        target
        for target in LINK.findall(text(ROOT / "README.md"))
        if "://" not in target and not (ROOT / target).exists()
    ]


def test_the_readme_is_short() -> None:
    assert len(text(ROOT / "README.md").splitlines()) < 90


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_title_and_a_lead(name: str) -> None:
    page = PAGES[name]
    assert len(re.findall("<h1", page.html)) == 1
    assert page.title
    assert page.about


def commands() -> list[str]:
    """Every subcommand the documentation or the README tells to type."""
    everything = "\n".join(text(path) for path in [*DOCS.glob("*.md"), ROOT / "README.md"])
    named = re.findall(r"(?:^|[`(])samethread ([a-z]+(?: [a-z]+\b(?![./:]))?)", everything, re.MULTILINE)
    return sorted(set(named))


@pytest.mark.parametrize("command", commands())
def test_a_command_that_is_named_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*command.split(), "--help"])
    assert ended.value.code == 0, capsys.readouterr().err


def flows() -> list[tuple[str, str]]:
    """(page, text) of every whole flow that is shown; fragments have no name of their own."""
    shown = [(path.stem, code) for path in sorted(DOCS.glob("*.md")) for code in FLOW.findall(text(path))]
    return [(page, code) for page, code in shown if re.match(r"app:", code)]


@pytest.mark.parametrize(("page", "code"), flows())
def test_a_flow_that_is_shown_passes_the_check(page: str, code: str) -> None:
    named = {other.split()[1]: other for _, other in flows()}
    assert not loading.check(code, f"{page}.md", named.get)


@pytest.mark.parametrize(("page", "language", "code"), examples())
def test_marked_examples_run(page: str, language: str, code: str, tmp_path: Path) -> None:
    for name, flow in flows():
        if name == page:
            (tmp_path / f"{flow.split()[1]}.yaml").write_text(flow, encoding="utf-8")
    command = {"python": [sys.executable, "-W", "error", "-c", code], "sh": ["sh", "-euc", code]}[language]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{page}: {done.stdout}{done.stderr}"
