"""`samethread flow`: the definitions of disposable apps."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from disposable import definition
from disposable.loading import FlowInvalid, missing
from widget_server.actions import setup
from widget_server.cli import authoring, flow_files, parts


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
    wrong = [path for path in given.file if _checked(path)]
    return 1 if wrong else 0


def _checked(path: Path) -> bool:
    """Prints what is wrong with a flow, or else what its translations lack. Whether something is wrong."""
    try:
        flow = flow_files.load(path)
    except FlowInvalid as invalid:
        for mistake in invalid.mistakes:
            print(mistake)
        return True
    for language, lacking in missing(flow).items():
        for name in lacking:
            print(f"{path.with_suffix(f'.{language}.yaml')}:1: warning: `{name}` is not translated")
    return False


def _flow_publish(given: argparse.Namespace) -> int:
    if _flow_check(given):
        return 1
    world = parts.world(given)
    site = setup.site(world, given.site)
    for path in given.file:
        flow = flow_files.load(path)
        print(f"{flow.app} {setup.publish(world, site.id, flow)}")
    return 0


def _flow_schema(_given: argparse.Namespace) -> None:
    print(json.dumps(definition.json_schema(), indent=2))
