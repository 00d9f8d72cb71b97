"""The newcomer's page is true: its blocks, taken verbatim and in order into an empty folder, make an app that works."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

PAGE = (Path(__file__).resolve().parents[2] / "templates" / "docs" / "first-app.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w.-]+\.(?:yaml|json))`")
PORTS = (8091, 8092)
"""Where the page's preview and server listen."""
PATIENCE = 60
COMMANDS = 240


def written() -> Iterator[tuple[str, str]]:
    """(language or name of a file, text) of each block in order; a file is named by the last words before its block."""
    for block in BLOCK.finditer(PAGE):
        language, text = block.groups()
        if language == "sh":
            yield "sh", text
        else:
            yield NAMED.findall(PAGE[: block.start()])[-1], text


def script(folder: Path) -> str:
    """The page as one shell session: files appear where they are told of."""
    lines = ["set -eu"]
    for number, (name, text) in enumerate(written()):
        if name == "sh":
            lines.append(text)
        else:
            (folder / f"block-{number}").write_text(text, encoding="utf-8")
            lines.append(f'cp "{folder}/block-{number}" "{name}"')
    return "\n".join(lines)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[str]:
    """What the page's commands print; what they leave running is ended afterwards."""
    for port in PORTS:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)), (
                f"something else listens on {port}, which the page's commands use"
            )
    home, blocks = tmp_path / "empty", tmp_path / "blocks"
    home.mkdir()
    blocks.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SAMETHREAD_", "DATABASE_URL"))}
    with (tmp_path / "out").open("w+") as out:
        shell = subprocess.Popen(
            ["sh", "-c", script(blocks)],
            cwd=home,
            env={**clean, "PATH": path},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(COMMANDS)
            said = (tmp_path / "out").read_text("utf-8")
            assert code == 0, said
            yield said
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)


@pytest.mark.timeout(400)
def test_a_newcomer_has_a_working_app_of_two_steps(session: str) -> None:
    assert "10 played, all as written" in session
    assert "pickup.yaml" in answered("http://127.0.0.1:8091/").text
    minted = json.loads(session[session.index('{\n  "id"') : session.rindex("}") + 1])
    browser = requests.Session()
    cover = answered(minted["url"])
    assert "Your order is ready" in cover.text
    assert "A-2041" not in cover.text
    first = press(browser, cover, act="continue")
    assert "When will you come?" in first.text
    second = press(browser, first, day="tomorrow")
    assert "Who will come?" in second.text
    assert "Thank you, Grace Hopper. Order A-2041 waits for you." in press(browser, second, who="Grace Hopper").text


def answered(url: str) -> requests.Response:
    """The page, once the server that was just started answers."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            found = requests.get(url, timeout=10)
            found.raise_for_status()
            return found
        except requests.RequestException:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)


def press(browser: requests.Session, page: requests.Response, **fields: str) -> requests.Response:
    """Posts the first form of a page, as a browser without scripts does, and follows to where it leads."""
    form = re.search(r'<form method="post" action="([^"]+)".*?name="nonce" value="([^"]+)"', page.text, re.DOTALL)
    assert form, page.text
    base = re.match(r"https?://[^/]+", page.url)
    assert base
    posted = browser.post(
        base[0] + form[1], {**fields, "nonce": form[2]}, headers={"Origin": base[0]}, allow_redirects=False, timeout=10
    )
    # A browser keeps Secure cookies of this machine; requests does not.
    jar = posted.headers.get("Set-Cookie", "").partition(";")[0]
    if jar:
        browser.headers["Cookie"] = jar
    where = posted.headers.get("Location", "")
    while where:
        posted = browser.get(base[0] + where, allow_redirects=False, timeout=10)
        where = posted.headers.get("Location", "")
    return posted
