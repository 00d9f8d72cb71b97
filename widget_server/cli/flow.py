"""`samethread flow`: the definitions of disposable apps."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from disposable import definition, loading
from widget_server.actions import setup
from widget_server.cli import authoring, parts


def add(verbs: Any) -> None:
    group = parts.group(verbs, "flow", "flows: the definitions of disposable apps")
    for name, about, run in (
        ("check", "reports every mistake as FILE:LINE: message", _flow_check),
        ("publish", "makes it what new links of its name open", _flow_publish),
    ):
        verb = parts.verb(group, name, about, run)
        verb.add_argument("file", type=Path, nargs="+")
        if name == "publish":
            verb.add_argument("--site", help="the site's public key, where there are several")
    authoring.add(group)
    parts.verb(group, "schema", "prints the JSON Schema of flows, for editors", _flow_schema)


def _flow_check(given: argparse.Namespace) -> int:
    found = [mistake for path in given.file for mistake in loading.check(parts.text(path), str(path))]
    for mistake in found:
        print(mistake)
    return 1 if found else 0


def _flow_publish(given: argparse.Namespace) -> int:
    if _flow_check(given):
        return 1
    world = parts.world(given)
    site = setup.site(world, given.site)
    for path in given.file:
        flow = loading.load(parts.text(path), str(path))
        print(f"{flow.app} {setup.publish(world, site.id, flow)}")
    return 0


def _flow_schema(_given: argparse.Namespace) -> None:
    print(json.dumps(definition.json_schema(), indent=2))
