"""`samethread flow check|publish|unpublish|list|history|diff`, each as typed."""

from pathlib import Path

import pytest

from tests.support import commands
from tests.support.commands import Run

TEA = """\
app: tea
purpose: Your tea
start: which
steps:
  which: {ask: Which tea?, field: {kind: choice, options: {black: Black, green: Green}, save: tea}, next: cups}
  cups: {ask: How many?, field: {kind: number, save: cups}, next: done}
  done: {end: Thank you.}
"""
SHORTER = TEA.replace("next: cups}", "next: done}").replace(
    "  cups: {ask: How many?, field: {kind: number, save: cups}, next: done}\n", ""
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    Path(tmp_path / "tea.yaml").write_text(TEA)
    return commands.bare(monkeypatch, capsys, tmp_path)


@pytest.fixture
def at_site(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    commands.set_up(monkeypatch, tmp_path)
    assert run("site", "add", "Tea House").code == 0
    return run


def test_check_tells_how_each_step_stands_on_each_channel(run: Run) -> None:
    said = run("flow", "check", "-v", "tea.yaml")
    assert (said.code, said.err) == (0, "")
    assert "which (field)\n  web     native\n" in said.out
    assert "  sms     rewritten: a numbered menu" in said.out
    assert run("flow", "check", "tea.yaml").out == ""


def test_check_warns_of_what_is_not_translated_and_is_content(run: Run) -> None:
    Path("tea.de.yaml").write_text("purpose: Ihr Tee\nsteps: {which: {ask: Welcher Tee?}}\n")
    done = run("flow", "check", "tea.yaml")
    assert done.code == 0
    assert "tea.de.yaml:1: warning: `steps.cups.ask` is not translated" in done.out.splitlines()
    assert not any("`purpose`" in line for line in done.out.splitlines())


def test_publish_says_what_it_did_and_what_it_leaves_behind(at_site: Run) -> None:
    first = at_site("flow", "publish", "tea.yaml", "--note", "The first")
    assert first.code == 0
    name, version = first.out.split()
    assert name == "tea"
    assert at_site("flow", "publish", "tea.yaml").out == f"tea {version} as before\n"
    Path("tea.yaml").write_text(SHORTER)
    shorter = at_site("flow", "publish", "tea.yaml")
    assert "note: " in shorter.out
    assert "cups" in shorter.out


def test_history_and_list(at_site: Run) -> None:
    version = at_site("flow", "publish", "tea.yaml", "--note", "The first").out.split()[1]
    listed = at_site("flow", "list").out.strip().split("\t")
    assert (listed[0], listed[1], listed[3]) == ("tea", version[:12], "Your tea")
    assert at_site("flow", "unpublish", "tea", "--note", "Sold out").out == "tea is taken back\n"
    assert at_site("link", "mint", "--app", "tea").code == 1
    lines = [line.split("\t")[1:] for line in at_site("flow", "history", "tea").out.splitlines()]
    assert lines == [["taken back", "operator", "Sold out"], [version[:12], "operator", "The first"]]
    assert "taken back" in at_site("flow", "list").out


def test_diff_of_a_file_and_of_versions(at_site: Run) -> None:
    first = at_site("flow", "publish", "tea.yaml").out.split()[1]
    assert at_site("flow", "diff", "tea.yaml").out == ""
    Path("tea.yaml").write_text(SHORTER)
    lines = at_site("flow", "diff", "tea.yaml").out.splitlines()
    assert any(line.startswith("- steps.cups") for line in lines)
    assert any(line.startswith("note: ") for line in lines)
    at_site("flow", "publish", "tea.yaml")
    assert at_site("flow", "diff", "tea", "--since", first[:8]).out.splitlines() == lines
    assert at_site("flow", "diff", "tea", "--since", first[:8], "--to", first).out == ""


@pytest.mark.parametrize(
    "words",
    [("unpublish", "none"), ("history", "none"), ("diff", "none"), ("diff", "none.yaml"), ("publish", "none.yaml")],
)
def test_what_is_not_there_is_said(at_site: Run, words: tuple[str, ...]) -> None:
    done = at_site("flow", *words)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "none" in done.err


def test_a_file_with_mistakes_is_neither_published_nor_compared(at_site: Run) -> None:
    at_site("flow", "publish", "tea.yaml")
    Path("tea.yaml").write_text(TEA.replace("next: cups", "next: cup"))
    for verb in ("publish", "diff"):
        done = at_site("flow", verb, "tea.yaml")
        assert done.code == 1
        assert "tea.yaml:5:" in done.out
