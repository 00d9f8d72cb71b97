"""The operator's commands, each run as typed: what they print, what they change, and how they end."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import commands
from tests.support.commands import Done, Run
from tests.support.worlds import CONTEXT
from widget_server import __version__, cli, doctor
from widget_server.settings import new_key

FLOW = """\
app: tea
purpose: Your tea
title: Tea
text: "{{ site.name }}: tap {{ link }} or reply {{ menu }}"
start: ask
steps:
  ask:
    choose:
      black: {label: Black, next: done}
      green: {label: Green, next: done}
  done: {end: Thank you.}
"""
BROKEN = """\
app: tea
purpose: Your tea
title: Tea {{ cup.size }}
start: ask
expiers: 2h
steps:
  ask:
    choose:
      black: {label: Black, next: nowhere}
  lost: {end: Thank you.}
"""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Commands in a shell without any setting."""
    return commands.bare(monkeypatch, capsys, tmp_path)


@pytest.fixture
def run(bare: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Commands where the server is set up, on SQLite."""
    commands.set_up(monkeypatch, tmp_path)
    return bare


@pytest.fixture
def site(run: Run) -> str:
    said = run("site", "add", "Tea House", "--origin", "https://tea.example", "--zone", "Europe/Berlin").out
    found = re.search(r"st_[0-9A-Za-z]{16}", said)
    assert found
    return found[0]


class TestWords:
    def test_off_words_end_with_two(self, bare: Run) -> None:
        for words in ([], ["brew"], ["flow"], ["flow", "check"], ["keys", "new", "--id", "9"], ["link", "mint"]):
            assert bare(*words).code == 2

    def test_each_command_explains_itself(self, bare: Run) -> None:
        for words in ("demo", "serve", "worker", "db", "flow", "link", "agent", "key", "keys", "site", "doctor"):
            assert bare(words, "--help").code == 0

    def test_the_version(self, bare: Run) -> None:
        assert bare("--version").out == f"samethread {__version__}\n"

    def test_the_program_itself(self) -> None:
        program = Path(sys.executable).parent / "samethread"
        done = subprocess.run([str(program), "keys", "new"], capture_output=True, text=True, check=True)
        assert re.fullmatch(r"0:[0-9A-Za-z+/_=-]{43,44}\n", done.stdout)

    @pytest.mark.parametrize("words", [["site", "show"], ["db", "upgrade"], ["key", "list"], ["serve"], ["worker"]])
    def test_without_settings_they_say_what_to_set_and_how(self, bare: Run, words: list[str]) -> None:
        done = bare(*words)
        assert (done.code, done.out) == (1, "")
        assert "SAMETHREAD_KEYS" in done.err
        assert "samethread keys new" in done.err
        assert "Traceback" not in done.err


class TestFlow:
    def test_check_needs_no_setting_and_no_database(self, bare: Run, tmp_path: Path) -> None:
        Path("tea.yaml").write_text(FLOW)
        assert bare("flow", "check", "tea.yaml") == Done(0, "", "")
        assert [one.name for one in tmp_path.iterdir()] == ["tea.yaml"]

    def test_check_prints_a_line_a_mistake_all_at_once(self, bare: Run) -> None:
        Path("tea.yaml").write_text(BROKEN)
        done = bare("flow", "check", "tea.yaml")
        assert done.code == 1
        lines = done.out.splitlines()
        assert all(re.fullmatch(r"tea\.yaml:\d+: .+", line) for line in lines)
        for line, word in ((3, "cup"), (5, "expiers"), (9, "nowhere"), (10, "lost")):
            assert any(one.startswith(f"tea.yaml:{line}: ") and word in one for one in lines), (line, word, lines)

    def test_check_knows_what_stands_beside_a_flow(self, bare: Run) -> None:
        Path("tea.yaml").write_text(
            FLOW.replace("next: done}\n  done", "next: pay}\n  pay: {subflow: pay, next: done}\n  done")
        )
        Path("pay.yaml").write_text("app: pay\npurpose: p\nstart: s\nsteps: {s: {say: Pay, next: e}, e: {end: x}}\n")
        Path("tea.de.yaml").write_text("purpose: Ihr Tee\ntitle: Tee\n")
        done = bare("flow", "check", "tea.yaml")
        assert (done.code, done.err) == (0, "")
        lines = done.out.splitlines()
        assert "tea.de.yaml:1: warning: `steps.ask.choose.black.label` is not translated" in lines
        assert all(line.startswith("tea.de.yaml:1: warning: ") for line in lines)
        Path("tea.de.yaml").write_text("purpos: Ihr Tee\n")
        Path("pay.yaml").write_text(
            "app: pay\npurpose: p\nstart: s\nsteps: {s: {say: '{{ x }}', next: e}, e: {end: x}}\n"
        )
        done = bare("flow", "check", "tea.yaml")
        assert done.code == 1
        assert [line.split(": ")[0] for line in done.out.splitlines()] == ["pay.yaml:4", "tea.de.yaml:1"]

    def test_check_takes_many(self, bare: Run) -> None:
        Path("good.yaml").write_text(FLOW)
        Path("bad.yaml").write_text(BROKEN)
        done = bare("flow", "check", "good.yaml", "bad.yaml")
        assert done.code == 1
        assert "good.yaml" not in done.out

    @pytest.mark.parametrize(
        "text",
        ["", "{", "- a", "app: [", "\t", "a: &x [*x]", "x" * 10_000, "%YAML 9", "a: !!python/object:os.system x"],
    )
    def test_no_text_is_a_crash(self, bare: Run, text: str) -> None:
        Path("odd.yaml").write_text(text)
        done = bare("flow", "check", "odd.yaml")
        assert done.code == 1
        assert done.out.startswith("odd.yaml:")

    def test_a_file_that_is_not_there_or_no_text(self, bare: Run) -> None:
        Path("raw.yaml").write_bytes(b"\xff\xfe\x00")
        assert "No such file" in bare("flow", "check", "none.yaml").err
        assert "UTF-8" in bare("flow", "check", "raw.yaml").err

    def test_the_schema_is_json(self, bare: Run) -> None:
        assert json.loads(bare("flow", "schema").out)["properties"]["steps"]

    def test_publish_is_what_new_links_open(self, run: Run, site: str) -> None:
        Path("tea.yaml").write_text(FLOW)
        done = run("flow", "publish", "tea.yaml")
        assert re.fullmatch(r"tea [0-9a-f]{64}\n", done.out)
        assert run("link", "mint", "--app", "tea").code == 0
        assert site

    def test_publish_refuses_what_check_does(self, run: Run, site: str) -> None:
        Path("tea.yaml").write_text(BROKEN)
        assert run("flow", "publish", "tea.yaml").code == 1
        assert run("link", "mint", "--app", "tea").code == 1
        assert site


class TestLinks:
    @pytest.fixture(autouse=True)
    def published(self, run: Run, site: str) -> None:
        gallery = Path(cli.__file__).parents[2] / "disposable" / "gallery" / "flight-delay.yaml"
        assert run("flow", "publish", str(gallery), "--site", site).code == 0
        Path("context.json").write_text(json.dumps(CONTEXT))

    def test_mint_show_revoke(self, run: Run) -> None:
        words = ("link", "mint", "--app", "flight-delay", "--to", "+12025550142", "--context", "context.json")
        made = json.loads(run(*words).out)
        assert re.fullmatch(r"https://chat\.example/l/[0-9A-Za-z]{22}", made["url"])
        assert made["url"] in made["sms"]["text"]
        assert json.loads(run("link", "show", made["id"]).out)["state"] == "open"
        assert run("link", "revoke", made["id"]).out == f"revoked {made['id']}\n"
        assert json.loads(run("link", "show", made["id"]).out)["state"] == "revoked"

    def test_what_is_wrong_is_named(self, run: Run) -> None:
        Path("broken.json").write_text('{\n"a": }')
        Path("list.json").write_text("[]")
        assert "broken.json:2:" in run("link", "mint", "--app", "flight-delay", "--context", "broken.json").err
        assert "JSON object" in run("link", "mint", "--app", "flight-delay", "--context", "list.json").err
        assert "context.flight" in run("link", "mint", "--app", "flight-delay").err
        assert "phone" in run("link", "mint", "--app", "flight-delay", "--to", "12", "--context", "context.json").err
        for words in (["show", "0" * 16], ["show", "x"], ["revoke", "0" * 16]):
            done = run("link", *words)
            assert (done.code, done.out) == (1, "")
            assert "Traceback" not in done.err


class TestPeople:
    def test_sites(self, run: Run, site: str) -> None:
        shown = run("site", "show", site).out
        assert f'<script async src="https://chat.example/widget.js" data-site="{site}"></script>' in shown
        assert "https://tea.example" in shown
        assert "secret" not in shown
        assert "secret" in run("site", "show", "--secret").out
        assert run("site", "show", "st_none").code == 1
        run("site", "add", "Second")
        assert "--site" in run("site", "show").err + run("key", "add", "x").err

    def test_a_site_is_changed_and_every_mistake_is_named(self, run: Run, site: str, tmp_path: Path) -> None:
        hours = tmp_path / "hours.json"
        hours.write_text('{"mon": [["09:00", "17:30"]], "sun": []}')
        words = ("--name", "Tea Rooms", "--origin", "https://rooms.example", "--hours", str(hours), "--locale", "de")
        assert "Tea Rooms" in run("site", "set", site, *words).out
        assert "https://rooms.example" in run("site", "show", site).out
        hours.write_text('{"monday": [["9", "17:30"]]}')
        wrong = ("--zone", "Berlin", "--origin", "rooms.example/x", "--hours", str(hours), "--flow", "none")
        done = run("site", "set", site, *wrong)
        assert done.code == 1
        assert [one.partition(":")[0] for one in done.err.splitlines()] == ["origins", "zone", "hours", "default_flow"]
        assert "https://rooms.example" in run("site", "show", site).out

    def test_a_server_that_flows_may_call(self, run: Run, site: str) -> None:
        done = run("site", "call", "rebook", "https://tea.example/rebook", "--timeout", "5")
        assert done.out.startswith("whsec_")
        assert run("site", "call", "Re book", "ftp://tea.example", "--timeout", "0").err.count("\n") == 3

    def test_agents(self, run: Run, site: str) -> None:
        words = (
            "agent",
            "add",
            "ada@tea.example",
            "--name",
            "Ada",
            "--team",
            "care",
            "--team",
            "tea",
            "--password-stdin",
        )
        assert run(*words, typed="correct horse battery\n").code == 0
        assert run("agent", "list").out == "ada@tea.example\tAda\tagent\tcare,tea\n"
        assert "already" in run(*words, typed="correct horse battery\n").err
        short = run("agent", "add", "b", "--name", "B", "--password-stdin", typed="short\n")
        assert short.code == 1
        assert "email:" in short.err
        assert "password:" in short.err
        assert "short" not in short.err
        assert site

    def test_keys_are_shown_once_and_end_at_once(self, run: Run, site: str, tmp_path: Path) -> None:
        secret = run("key", "add", "backend", "--site", site).out.strip()
        assert secret.startswith("sk_")
        (line,) = run("key", "list").out.splitlines()
        name, _, state = line.partition("\t")
        assert state == "backend\tlive"
        assert secret not in line
        kept = (one.read_bytes() for one in (tmp_path / "data").iterdir() if one.is_file())
        assert secret.encode() not in b"".join(kept)
        assert run("key", "revoke", name).code == 0
        assert run("key", "list").out.endswith("revoked\n")
        assert run("key", "revoke", "none").code == 1

    def test_every_new_master_key_is_another(self, bare: Run) -> None:
        made = {bare("keys", "new", "--id", "3").out for _ in range(20)}
        assert len(made) == 20
        assert {one[:2] for one in made} == {"3:"}


class TestDatabase:
    def test_upgrade_twice_and_rebuild(self, run: Run, site: str) -> None:
        for _ in range(2):
            assert run("db", "upgrade").out == "the database is up to date\n"
        assert run("db", "rebuild").out == "refolded 0 sessions and 0 runs\n"
        assert site in run("site", "show").out

    def test_on_postgresql_only_the_command_upgrades(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, postgres_url: str
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", postgres_url)
        early = run("site", "show")
        assert early.code == 1
        assert "samethread db upgrade" in early.err
        assert "samethread db upgrade" in run("doctor").out
        for _ in range(2):
            assert run("db", "upgrade").code == 0
        assert run("site", "add", "Tea").code == 0
        assert run("db", "rebuild").code == 0

    def test_a_lost_key_is_said_plainly(self, run: Run, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SAMETHREAD_KEYS", new_key(1))
        done = run("site", "show", "--secret")
        assert done.code == 1
        assert "SAMETHREAD_KEYS" in done.err
        assert site


class TestServe:
    @pytest.mark.parametrize(("workers", "says"), [("0", "at least 1"), ("2", "DATABASE_URL")])
    def test_a_plan_that_would_lose_events_is_refused(self, run: Run, workers: str, says: str) -> None:
        done = run("serve", "--workers", workers)
        assert done.code == 1
        assert says in done.err


class TestDoctor:
    def test_says_what_is_well_and_what_to_do(self, run: Run) -> None:
        run("db", "upgrade")
        done = run("doctor")
        assert done.code == 1
        assert "ok   database" in done.out
        assert "ok   tls" in done.out
        assert "BAD  texts" in done.out
        assert "SAMETHREAD_SMS_CHANNEL=twilio" in done.out

    def test_all_well_is_zero(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        texts = {"SMS_CHANNEL": "twilio", "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_FROM": "+12025550123"}
        for name, value in (texts | {"TWILIO_AUTH_TOKEN": "t"}).items():
            monkeypatch.setenv(f"SAMETHREAD_{name}", value)
        run("db", "upgrade")
        done = run("doctor")
        assert (done.code, "BAD" in done.out) == (0, False)
        assert "ok   files" in done.out

    def test_without_settings_each_mistake_is_a_line(self, bare: Run) -> None:
        done = bare("doctor")
        assert done.code == 1
        assert all(line.startswith("BAD  settings: ") for line in done.out.splitlines())
        assert "samethread keys new" in done.out

    def test_a_database_out_of_reach(self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
        assert "DATABASE_URL" in next(line for line in run("doctor").out.splitlines() if "database" in line)
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/no/such/folder/x.db")
        assert "BAD  database" in run("doctor").out

    def test_http_is_bad(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SAMETHREAD_BASE_URL", "http://127.0.0.1:8000")
        assert "BAD  tls" in run("doctor").out

    def test_a_finding_is_a_line(self) -> None:
        assert str(doctor.Finding("x", "y")) == "ok   x: y"
