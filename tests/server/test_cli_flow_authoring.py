"""`samethread flow new|test|preview` in an empty folder: no settings, no database."""

import json
import socket
from pathlib import Path

import pytest

from disposable import loading
from tests.support import commands
from tests.support.commands import Run
from widget_server.cli import authoring


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    return commands.bare(monkeypatch, capsys, tmp_path)


class TestNew:
    def test_writes_a_flow_that_works(self, run: Run) -> None:
        done = run("flow", "new", "visit")
        assert (done.code, done.err) == (0, "")
        assert sorted(path.name for path in Path().iterdir()) == ["flow.schema.json", "visit.test.yaml", "visit.yaml"]
        text = Path("visit.yaml").read_text()
        assert text.startswith("# yaml-language-server: $schema=flow.schema.json\n")
        assert "\napp: visit\n" in text
        assert json.loads(Path("flow.schema.json").read_text())["properties"]["steps"]
        assert run("flow", "check", "visit.yaml") == commands.Done(0, "", "")
        assert run("flow", "test", "visit.yaml").out.endswith("12 played, all as written\n")

    def test_overwrites_nothing(self, run: Run) -> None:
        for name in ("visit.yaml", "visit.test.yaml"):
            Path(name).write_text("mine")
            done = run("flow", "new", "visit")
            assert done.code == 1
            assert name in done.err
            assert [path.name for path in Path().iterdir()] == [name]
            Path(name).unlink()
        Path("flow.schema.json").write_text("mine")
        assert run("flow", "new", "visit").code == 0
        assert Path("flow.schema.json").read_text() == "mine"

    @pytest.mark.parametrize("name", ["", "2", "../x", "a b", "a.yaml"])
    def test_a_name_is_a_name(self, run: Run, name: str) -> None:
        done = run("flow", "new", name)
        assert done.code == 1
        assert "is not a name" in done.err
        assert not list(Path().iterdir())

    @pytest.mark.parametrize("source", ["flight-delay", "survey"])
    def test_begins_with_a_flow_that_is_shipped(self, run: Run, source: str) -> None:
        assert run("flow", "new", "mine", "--from", source).code == 0
        assert run("flow", "check", "mine.yaml").code == 0
        assert "\napp: mine\n" in Path("mine.yaml").read_text()
        shipped = {path.name for path in loading.GALLERY.glob(f"{source}.*")}
        assert {path.name.replace("mine", source) for path in Path().glob("mine.*")} == shipped

    def test_an_unknown_one_is_named_with_those_there_are(self, run: Run) -> None:
        done = run("flow", "new", "mine", "--from", "flight")
        assert done.code == 1
        assert "flight-delay" in done.err


class TestTest:
    @pytest.fixture(autouse=True)
    def written(self, run: Run) -> None:
        run("flow", "new", "visit")

    def test_a_line_for_each_story_and_channel(self, run: Run) -> None:
        lines = run("flow", "test", "visit.yaml", "--on", "sms").out.splitlines()
        assert lines == [
            "ok   sms   all was well",
            "ok   sms   something went wrong",
            "ok   sms   in their own words",
            "3 played, all as written",
        ]

    def test_verbose_prints_both_sides(self, run: Run) -> None:
        said = run("flow", "test", "visit.test.yaml", "--on", "ussd", "-v").out
        assert "  < How was it?\n    1 Good\n    2 Not so good\n  > 1\n  < Thank you.\n" in said

    def test_what_goes_another_way_ends_with_one(self, run: Run) -> None:
        tests = Path("visit.test.yaml")
        tests.write_text(tests.read_text().replace("- end: thanks", "- end: why", 1))
        done = run("flow", "test", "visit.yaml")
        assert done.code == 1
        assert "FAIL web   all was well\nvisit.test.yaml:8: `all was well` on web: expected to have ended" in done.out
        assert done.out.endswith("12 played, 5 failed\n")

    def test_other_transcripts_and_several_flows(self, run: Run) -> None:
        Path("other.yaml").write_text("transcripts: {bad: {steps: [{pick: bad}, {at: why}]}}")
        assert run("flow", "test", "visit.yaml", "--transcripts", "other.yaml").out.endswith(
            "5 played, all as written\n"
        )
        run("flow", "new", "second")
        assert run("flow", "test", "visit.yaml", "second.yaml").out.endswith("24 played, all as written\n")
        assert run("flow", "test", "visit.yaml", "second.yaml", "--transcripts", "other.yaml").code == 1

    def test_mistakes_of_either_file_are_lines(self, run: Run) -> None:
        Path("visit.test.yaml").write_text("transcripts: {bad: {steps: [{pik: bad}]}}")
        assert run("flow", "test", "visit.yaml").out.startswith("visit.test.yaml:1: ")
        Path("visit.test.yaml").write_text("transcripts: {bad: {on: [sms], steps: [{pick: bad}]}}")
        assert run("flow", "test", "visit.yaml", "--on", "web").err == "nothing to play on web\n"
        flow = Path("visit.yaml")
        flow.write_text(flow.read_text().replace("next: why", "next: wy"))
        done = run("flow", "test", "visit.yaml")
        assert done.code == 1
        assert "`wy`" in done.out

    def test_without_transcripts_it_says_so(self, run: Run) -> None:
        Path("visit.test.yaml").unlink()
        done = run("flow", "test", "visit.yaml")
        assert (done.code, done.err) == (1, "visit.test.yaml: No such file or directory\n")


class TestPreview:
    def test_a_file_that_is_not_there_and_a_port_that_is_taken(self, run: Run) -> None:
        assert "No such file" in run("flow", "preview", "none.yaml").err
        run("flow", "new", "visit")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            done = run("flow", "preview", "visit.yaml", "--port", str(taken.getsockname()[1]))
        assert done.code == 1
        assert "--port" in done.err

    def test_its_source_is_the_file_as_it_is_now(self, run: Run) -> None:
        run("flow", "new", "visit")
        source = authoring.source(Path("visit.yaml"))
        before = source.version()
        assert not source.open().mistakes
        Path("visit.de.yaml").write_text("purpose: Ihr Besuch\n")
        assert source.version() != before
        Path("visit.yaml").write_text("app: visit\n")
        assert source.open().mistakes
