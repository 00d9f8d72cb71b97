"""`make bench`: every budget, one line each: name, measured, budget, and whether it holds. Rates are shares of a bare Flask view.

The server is a real demo in processes of its own, the load comes from another. A share is measured beside its own yardstick,
so that a slow machine, or a busy one, counts against both.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from disposable import loading
from tests.bench import lighthouse, load, memory, sockets, understanding
from tests.bench.http import Visitor
from tests.support import postgres, server

KB = 1024
BIN = Path(sys.executable).parent
CONTEXT = {
    "flight": {
        "number": "ME 204",
        "departs": "2026-11-22T18:30:00+01:00",
        "alternatives": [{"number": "ME 208", "departs": "2026-11-22T21:05:00+01:00"}],
    },
    "passenger": {"first_name": "Ines", "last_name": "Duarte"},
}


@dataclass(frozen=True)
class Result:
    """One line. `holds` is None where nothing was measured; `said` then says why."""

    name: str
    said: str
    budget: str
    holds: bool | None

    def __str__(self) -> str:
        verdict = {True: "ok", False: "over", None: "not measured here"}[self.holds]
        return f"{self.name:<58} {self.said:<44} {self.budget:<34} {verdict}"


@dataclass(frozen=True)
class Bench:
    """What is measured, and for how long each rate."""

    demo: server.Demo
    bare: int
    seconds: float

    @property
    def key(self) -> dict[str, str]:
        """The header that carries the demo's API key."""
        return {"Authorization": f"Bearer {self.demo.said['api_key']}"}

    @property
    def visitor(self) -> Visitor:
        """A fresh cookie jar."""
        return Visitor(self.demo.port)

    def share(self, requests: list[bytes], connections: int = 16) -> tuple[float, load.Load, load.Load]:
        """The rate of these requests as a share of the bare view's, measured before and after; and both loads."""
        yardstick = [load.request("GET", "/", host="127.0.0.1")]
        before = load.measure(self.bare, yardstick, connections=connections, seconds=self.seconds)
        ours = load.measure(self.demo.port, requests, connections=connections, seconds=self.seconds)
        after = load.measure(self.bare, yardstick, connections=connections, seconds=self.seconds)
        if ours.bad:
            print(f"  {ours.bad} bad answers, the first: {ours.example}", file=sys.stderr)
        return ours.rate / ((before.rate + after.rate) / 2), ours, before

    def link(self, number: int) -> dict[str, Any]:
        """A link of its own person to the demo's flow."""
        body = {"app": "flight-delay", "identity": {"phone": f"+1202555{number:04d}"}, "context": CONTEXT}
        return self.visitor.post("/v1/links", body, **self.key)

    def link_to(self, app: str) -> dict[str, Any]:
        """A link to a shipped app, with its own example as context."""
        flow = loading.load(loading.gallery()[app])
        body = {"app": app, "identity": {"phone": "+12025550100"}, "context": flow.example}
        return self.visitor.post("/v1/links", body, **self.key)

    def session(self, number: int) -> str:
        """A new session of its own person."""
        return str(
            self.visitor.post(
                "/v1/sessions", {"identity": {"user_id": f"bench-{number}-{time.time_ns()}"}}, **self.key
            )["id"]
        )


def main() -> int:
    """Prints every line. The exit code is 0 when all could be measured; with --strict only when all budgets hold."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=4.0, help="how long each rate is measured")
    options.add_argument("--sockets", type=int, default=1000, help="how many sockets are opened")
    options.add_argument("--only", default="", help="one part: sizes, pages, opening, posting, ...")
    options.add_argument("--strict", action="store_true", help="a budget that does not hold is a failure")
    given = options.parse_args()
    held = True
    for result in measured(given.seconds, given.sockets, given.only):
        print(result, flush=True)
        held = held and result.holds is not False
    return 0 if held or not given.strict else 1


def measured(seconds: float, opened: int, only: str) -> Iterator[Result]:
    """Every line of the budget, in its order; servers live as long as they are needed."""
    parts: dict[str, Callable[[Bench], Iterator[Result]]] = {
        "sizes": sizes,
        "pages": pages,
        "opening": opening,
        "posting": posting_sqlite,
        "saturation": saturation,
        "pushing": lambda bench: pushing(bench, opened),
        "later": later,
    }
    wanted = [part for name, part in parts.items() if only in name]
    if wanted:
        with started(seconds) as bench:
            for part in wanted:
                yield from part(bench)
    if only in "posting":
        yield from posting_postgres(seconds)
    if only in "understanding":
        yield from understanding_texts()


@contextmanager
def started(seconds: float, environ: dict[str, str] | None = None) -> Iterator[Bench]:
    """A demo and the bare view, each in its own processes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        bare_view() as bare,
        server.demo(Path(folder) / "data", environ=environ) as demo,
    ):
        yield Bench(demo, bare, seconds)


@contextmanager
def bare_view() -> Iterator[int]:
    """The yardstick's port: gunicorn with gevent and one worker, as Samethread is served."""
    port = server.free_port()
    words = [
        "-k",
        "gevent",
        "-w",
        "1",
        "--no-control-socket",
        "--log-level",
        "error",
        "-b",
        f"127.0.0.1:{port}",
        "tests.bench.bare:app",
    ]
    process = subprocess.Popen([str(BIN / "gunicorn"), *words], start_new_session=True)
    try:
        _until(lambda: Visitor(port).get("/").status == 200)
        yield port
    finally:
        process.terminate()
        process.wait()


# --- the lines ---


def sizes(bench: Bench) -> Iterator[Result]:
    """What is sent, in bytes on the wire."""
    visitor = bench.visitor
    loader = visitor.get("/widget.js").sent
    yield _size("/widget.js, compressed", loader, 2.5)
    panel = visitor.everything(f"/embed/{bench.demo.said['site']}")
    yield _size(f"the panel, first open, {len(panel)} requests, compressed", sum(panel.values()), 14)
    link = bench.link(1)
    cover = visitor.everything("/l/" + link["code"])
    yield _size(f"a disposable app's cover, {len(cover)} request(s)", sum(cover.values()), 4)
    first = visitor.everything(_first_step(bench, visitor, link))
    yield _size(f"a disposable app's first step, {len(first)} request(s)", sum(first.values()), 4)


def _first_step(bench: Bench, visitor: Visitor, link: dict[str, Any]) -> str:
    """Presses Continue on a link's cover. Returns the path of the step it leads to."""
    path = "/l/" + link["code"]
    page = visitor.get(path)
    fields = dict(re.findall(r'<input[^>]*name="?([\w-]+)"?[^>]*value="?([^">]*)', page.text))
    action = re.search(r'<form[^>]*action="?([^"> ]+)', page.text)
    going = visitor.form(action[1] if action else path, fields)
    if going.status != 303:
        raise RuntimeError(f"Continue answered {going.status}: {going.text[:300]}")
    return str(going.headers["Location"])


def pages(bench: Bench) -> Iterator[Result]:
    """The first screen of every shipped app, in bytes and in Lighthouse's eyes; then the panel and the desk's login."""
    host = f"http://127.0.0.1:{bench.demo.port}"
    for name in sorted(loading.gallery()):
        visitor = bench.visitor
        first = _first_step(bench, visitor, bench.link_to(name))
        sent = visitor.everything(first)
        yield _size(f"{name}: first step, {len(sent)} request(s)", sum(sent.values()), 4)
        step = next((path for path in sent if path.startswith(first + "/")), first)
        jar = "; ".join(f"{cookie}={value}" for cookie, value in visitor.cookies.items())
        yield _lighthouse(f"{name}: Lighthouse", host + step, {"Cookie": jar})
    yield _lighthouse("the panel: Lighthouse", f"{host}/embed/{bench.demo.said['site']}")
    yield _lighthouse("the desk's login: Lighthouse", f"{host}/desk/login")


def _lighthouse(name: str, url: str, headers: dict[str, str] | None = None) -> Result:
    try:
        found = lighthouse.measure(url, headers)
    except lighthouse.NotThere as missing:
        return Result(name, str(missing), "100, 100, 100", None)
    return Result(name, str(found), "100, 100, 100", found.full)


def opening(bench: Bench) -> Iterator[Result]:
    """A short link: code checked, looked up, page rendered."""
    codes = [bench.link(100 + number)["code"] for number in range(50)]
    requests = [load.request("GET", f"/l/{code}", host=f"127.0.0.1:{bench.demo.port}") for code in codes]
    yield _share("short link opened, of the bare view's rate", bench.share(requests), 0.55)


def posting_sqlite(bench: Bench) -> Iterator[Result]:
    """A message: authorised, and durable before the answer."""
    yield _share("a message posted, SQLite, of the bare view's rate", bench.share(_messages(bench)), 0.32)


def posting_postgres(seconds: float) -> Iterator[Result]:
    """The same on PostgreSQL."""
    try:
        with postgres.running() as database, started(seconds, {"DATABASE_URL": database.fresh()}) as bench:
            yield _share("a message posted, PostgreSQL, of the bare view's rate", bench.share(_messages(bench)), 0.20)
    except postgres.NoPostgres as missing:
        yield Result("a message posted, PostgreSQL, of the bare view's rate", str(missing), "0.20 or more", None)


def understanding_texts() -> Iterator[Result]:
    """Free texts, beside what others reached on the same sentences (disposable/learning.py says how)."""
    budgets = {"intent model, ten examples an intent": 0.74, "intent model, all examples": 0.90}
    results = list(understanding.measured())
    for one in results:
        least = budgets.get(one.name)
        yield Result(
            f"BANKING77, {one.name}",
            str(one),
            f"{least:.2f} or more" if least else "the yardstick",
            one.accuracy >= least if least else True,
        )
    if not results:
        yield Result("BANKING77", "its sentences are not there", "0.90 or more", None)


def saturation(bench: Bench) -> Iterator[Result]:
    """Many at once: nobody waits much longer than the others."""
    ours = load.measure(bench.demo.port, _messages(bench), connections=128, seconds=bench.seconds)
    said = f"p50 {ours.p50:.0f} ms, p99 {ours.p99:.0f} ms: {ours.p99 / max(ours.p50, 0.001):.1f} times"
    yield Result(
        "under saturation, 128 connections posting",
        said,
        "p99 at most 5 times p50",
        ours.p99 <= 5 * ours.p50 and not ours.bad,
    )


def pushing(bench: Bench, opened: int) -> Iterator[Result]:
    """Sockets: what an idle one costs, and how soon a message is on the other side."""
    sessions = [bench.session(number) for number in range(opened)]
    before = memory.of_group(bench.demo)
    with sockets.opened(bench.demo.port, bench.demo.said["api_key"], sessions) as line:
        each = (memory.of_group(bench.demo) - before) / opened / KB
        yield Result(f"an idle open socket, of {opened}", f"{each:.0f} KiB", "40 KiB", each <= 40)
        pushed = line.push(rate=200, seconds=max(5.0, bench.seconds))
        said = f"p50 {pushed.p50:.1f} ms, p99 {pushed.p99:.1f} ms, {pushed.lost} lost"
        holds = pushed.p50 <= 2.5 and pushed.p99 <= 6 and not pushed.lost
        yield Result(f"pushed to the other side, 200 a second, {opened} sockets", said, "p50 2.5 ms, p99 6 ms", holds)
        whole = memory.of_group(bench.demo) / KB / KB
        yield Result(f"whole server, {opened} sockets", f"{whole:.0f} MB", "250 MB", whole <= 250)


def later(_: Bench) -> Iterator[Result]:
    """Budgets whose subject is built later."""
    yield Result("10,000 idle widgets on one worker", "not measured yet", "held", None)
    yield Result("inbox, search, timeline, lookup at 1,000,000 sessions", "not measured yet", "flat from 1,000", None)
    yield Result("bulk minting, 1,000,000 recipients", "not measured yet", "30 s SQLite, 20 s PostgreSQL", None)


def _messages(bench: Bench) -> list[bytes]:
    host = f"127.0.0.1:{bench.demo.port}"
    body = b'{"key": "bench-%UNIQUE%", "kind": "note", "body": {"text": "Is there a seat by the window?"}}'
    headers = {**bench.key, "Content-Type": "application/json"}
    return [
        load.request("POST", f"/v1/sessions/{bench.session(number)}/events", host=host, headers=headers, body=body)
        for number in range(50)
    ]


def _size(name: str, sent: int, budget: float) -> Result:
    return Result(name, f"{sent / KB:.2f} KB", f"{budget:g} KB", sent <= budget * KB)


def _share(name: str, measured: tuple[float, load.Load, load.Load], budget: float) -> Result:
    share, ours, bare = measured
    said = f"{share:.2f} ({ours.rate:.0f} of {bare.rate:.0f} a second)" + (f", {ours.bad} bad" if ours.bad else "")
    return Result(name, said, f"{budget:.2f} or more", share >= budget and not ours.bad)


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if true():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError("it did not become ready")


if __name__ == "__main__":
    sys.exit(main())
