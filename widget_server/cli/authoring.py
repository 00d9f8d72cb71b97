"""`samethread flow new|test|preview`: writing a flow on one's own machine, without settings and without a database."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from disposable import loading, simulate
from disposable.loading import FlowInvalid
from disposable.playground import Playground
from disposable.schema import json_schema
from disposable.simulate import Played
from disposable.transcripts import FACES, TranscriptsInvalid
from disposable.values import WORD
from widget_server.assets import Assets
from widget_server.cli import flow_files, parts
from widget_server.web import preview
from widget_server.words import Words

SCHEMA = "flow.schema.json"
_MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"
_APP = re.compile(r"^app: *\S+", re.MULTILINE)


def add(group: Any) -> None:
    new = parts.verb(group, "new", "writes a small flow that works, its transcripts, and the schema for editors", _new)
    new.add_argument("name", help="of the app: letters, digits and -")
    new.add_argument("--from", dest="source", metavar="GALLERY", help="begins with a copy of a flow that is shipped")
    test = parts.verb(group, "test", "plays the transcripts beside a flow (NAME.test.yaml) on every channel", _test)
    test.add_argument("file", type=Path, nargs="+")
    test.add_argument("--transcripts", type=Path, metavar="FILE", help="other transcripts than those beside the flow")
    test.add_argument("--on", choices=FACES, default="", metavar="CHANNEL", help=f"one of {', '.join(FACES)}")
    test.add_argument("-v", "--verbose", action="store_true", help="prints what both sides said")
    shown = parts.verb(
        group, "preview", "shows a flow on all its channels, to be used, and again when it is saved", _preview
    )
    shown.add_argument("file", type=Path)
    shown.add_argument("--port", type=int, default=8090, help="on 127.0.0.1; 0 takes any that is free")


# new


def _new(given: argparse.Namespace) -> None:
    if not WORD.fullmatch(given.name):
        raise parts.CommandFailed(f"`{given.name}` is not a name: a letter, then letters, digits, - and _")
    files = _copies(given.source, given.name) if given.source else _fresh(given.name)
    there = [name for name in files if Path(name).exists()]
    if there:
        raise parts.CommandFailed(f"{', '.join(there)}: already here, and nothing is overwritten; take another name")
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    schema = Path(SCHEMA)
    if not schema.exists():
        schema.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")
        files[SCHEMA] = ""
    print(f"wrote {', '.join(files)}\nnext: samethread flow preview {given.name}.yaml")


def _fresh(name: str) -> dict[str, str]:
    folder = Assets.load().templates / "flow"
    endings = (".yaml", flow_files.TESTS)
    return {name + ending: _renamed((folder / f"new{ending}").read_text("utf-8"), name) for ending in endings}


def _copies(source: str, name: str) -> dict[str, str]:
    """A flow of the gallery under another name, its translations and transcripts with it."""
    known = loading.gallery()
    if source not in known:
        raise parts.CommandFailed(f"no flow `{source}` is shipped: one of {', '.join(known)}")
    found = sorted(loading.GALLERY.glob(f"{source}.*"))
    made = {name + path.name.removeprefix(source): _renamed(path.read_text("utf-8"), name) for path in found}
    made[f"{name}.yaml"] = _MODELINE + made[f"{name}.yaml"]
    return made


def _renamed(text: str, name: str) -> str:
    return _APP.sub(f"app: {name}", text, count=1)


# test


def _test(given: argparse.Namespace) -> int:
    if given.transcripts and len(given.file) > 1:
        raise parts.CommandFailed("--transcripts goes with one flow")
    speak = flow_files.speak()
    failed = played = 0
    for path in given.file:
        flow_path = flow_files.flow_of(path)
        try:
            flow = flow_files.load(flow_path)
            tests = flow_files.read_tests(given.transcripts or flow_files.tests_of(flow_path), flow)
        except (FlowInvalid, TranscriptsInvalid) as invalid:
            print(*invalid.mistakes, sep="\n")
            failed += 1
            continue
        for one in simulate.play_all(flow, tests, speak, given.on):
            _print(one, given.verbose)
            played += 1
            failed += bool(one.failure)
    if not played and not failed:
        raise parts.CommandFailed(f"nothing to play on {given.on}")
    print(f"{played} played, {failed} failed" if failed else f"{played} played, all as written")
    return 1 if failed else 0


def _print(played: Played, verbose: bool) -> None:
    print(f"{'FAIL' if played.failure else 'ok  '} {played.face:5} {played.transcript}")
    if verbose:
        print(*simulate.dialog_lines(played), sep="\n")
    if played.failure:
        print(played.failure)


# preview


def _preview(given: argparse.Namespace) -> None:
    path = flow_files.flow_of(given.file)
    parts.text(path)
    words = Words.load(Assets.load().templates / "locale")
    try:
        server, shown = preview.server(source(path), given.port, Assets.load(), words)
    except OSError as error:
        raise parts.CommandFailed(f"port {given.port}: {error.strerror}; choose another with --port") from None
    print(f"{path} on http://{preview.HOST}:{shown.port} until Ctrl+C", flush=True)
    try:
        server.serve_forever()
    finally:
        shown.stopping.set()
        server.server_close()


def source(path: Path) -> preview.Source:
    tests = flow_files.tests_of(path)
    speak = flow_files.speak()

    def open_() -> Playground:
        written = tests.read_text("utf-8") if tests.is_file() else ""
        return Playground(
            parts.text(path),
            written,
            speak,
            file=path.name,
            tests_file=tests.name,
            load=lambda text, _: flow_files.load_text(text, path),
        )

    return preview.Source(lambda: flow_files.belonging(path), open_)
