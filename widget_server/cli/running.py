"""`samethread demo|serve|worker|doctor|db`: what runs, and what keeps its database in order."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path
from typing import Any

from widget_server import delivery, doctor
from widget_server.app import create_world
from widget_server.channels import build as build_channels
from widget_server.cli import parts
from widget_server.demo import runner
from widget_server.serve import serve
from widget_server.settings import Settings
from widget_server.store import projections, schema
from widget_server.store.database import Store
from widget_server.store.vault import Vault


def add(verbs: Any) -> None:
    _demo(parts.verb(verbs, "demo", "demo data and story, ready to try", _run_demo))
    _serve(parts.verb(verbs, "serve", "the production server", _run_serve))
    parts.verb(verbs, "worker", "the delivery loop alone", _run_worker)
    _db(parts.group(verbs, "db", "the database"))
    parts.verb(verbs, "doctor", "checks everything and says what to do", _run_doctor)


def _demo(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--port", type=int, default=8080)
    verb.add_argument("--dir", type=Path, default=Path("demo-data"))
    verb.add_argument("--json", action="store_true", help="first line: {urls, api_key, agents, site} as JSON")


def _run_demo(given: argparse.Namespace) -> int:
    return runner.run(given.port, given.dir.resolve(), given.json, create_world, serve)


def _serve(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--host", default="127.0.0.1")
    verb.add_argument("--port", type=int, default=8000)
    verb.add_argument("--workers", type=int, default=1, help="above 1 needs PostgreSQL and Redis")
    verb.add_argument("--no-worker", action="store_true", help="leave deliveries to `samethread worker`")


def _run_serve(given: argparse.Namespace) -> None:
    settings = Settings.load()
    create_world(settings).store.close()
    serve(settings, given.host, given.port, given.workers, not given.no_worker)


def _run_worker(given: argparse.Namespace) -> None:
    world = parts.world(given)
    loop = delivery.Loop(world, build_channels(world.settings))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: loop.stop())
    loop.run()


def _run_doctor(_given: argparse.Namespace) -> int:
    findings = doctor.examine(os.environ)
    for finding in findings:
        print(finding)
    return 1 if any(finding.bad for finding in findings) else 0


def _db(group: Any) -> None:
    parts.verb(group, "upgrade", "brings the schema to this version", _db_upgrade)
    parts.verb(group, "rebuild", "drops and refolds every projection", _db_rebuild)


def _db_upgrade(given: argparse.Namespace) -> None:
    settings = Settings.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database, Vault(settings.derive("vault")), lambda: 0)
    given.afterwards.callback(store.close)
    schema.upgrade(store)
    print("the database is up to date")


def _db_rebuild(given: argparse.Namespace) -> None:
    sessions, runs = projections.rebuild(parts.world(given).store)
    print(f"refolded {sessions} sessions and {runs} runs")
