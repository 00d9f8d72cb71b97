"""`samethread flow`: the definitions of disposable apps."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from disposable import capability
from disposable.checking import remarks
from disposable.definition import Flow
from disposable.loading import FlowInvalid, missing
from disposable.schema import json_schema
from widget_server.actions import flows, setup
from widget_server.actions.world import World
from widget_server.cli import authoring, flow_files, parts

BY = "operator"
"""Who the history says did it: whoever may run commands on the server."""


def add(verbs: Any) -> None:
    group = parts.group(verbs, "flow", "flows: the definitions of disposable apps")
    authoring.add(group)
    check = parts.verb(group, "check", "reports every mistake as FILE:LINE: message", _check)
    check.add_argument("file", type=Path, nargs="+")
    check.add_argument("-v", "--verbose", action="store_true", help="prints how each step stands on each channel")
    publish = parts.verb(group, "publish", "makes it what new links of its name open", _publish)
    publish.add_argument("file", type=Path, nargs="+")
    publish.add_argument("--note", default="", help="why, for the history")
    unpublish = parts.verb(group, "unpublish", "takes a name back: no new links; what runs goes on", _unpublish)
    unpublish.add_argument("name")
    unpublish.add_argument("--note", default="", help="why, for the history")
    _at_site(publish, unpublish, parts.verb(group, "list", "lists the flows of a site", _list))
    history = parts.verb(group, "history", "what became of a name: when, which version, by whom, why", _history)
    history.add_argument("name")
    diff = parts.verb(group, "diff", "what a file, or another version, would change", _diff)
    diff.add_argument("what", help="a flow's file, or its name")
    diff.add_argument("--since", default="", metavar="HASH", help="the version to begin from; without it that of now")
    diff.add_argument("--to", default="", metavar="HASH", help="the version to end with, where a name is given")
    _at_site(history, diff)
    parts.verb(group, "schema", "prints the JSON Schema of flows, for editors", _schema)


def _at_site(*verbs: argparse.ArgumentParser) -> None:
    for verb in verbs:
        verb.add_argument("--site", help="the site's public key, where there are several")


# check and schema: no settings, no database


def _check(given: argparse.Namespace) -> int:
    wrong = [path for path in given.file if _checked(path, given.verbose)]
    return 1 if wrong else 0


def _checked(path: Path, verbose: bool = False) -> bool:
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
    for remark in remarks(flow):
        print(f"{path}:1: warning: {remark}")
    if verbose:
        print(*_table(flow), sep="\n")
    return False


def _table(flow: Flow) -> Iterator[str]:
    """How each step stands on each channel: a line for each that is not shown there just as it is written."""
    for step, row in capability.table(flow).items():
        yield f"{step} ({flow.steps[step].kind})"
        width = max(map(len, row), default=0)
        for channel, fit in row.items():
            yield f"  {channel:{width}}  {fit.kind}{f': {fit.how}' if fit.how else ''}"


def _schema(_given: argparse.Namespace) -> None:
    print(json.dumps(json_schema(), indent=2))


# what is published


def _publish(given: argparse.Namespace) -> int:
    if [path for path in given.file if _checked(path)]:
        return 1
    world, site = _site(given)
    for path in given.file:
        flow = flow_files.load(path)
        done = flows.publish(world, site, flow, BY, given.note, flow_files.texts_of(path))
        print(f"{flow.app} {done.hash}{'' if done.changed else ' as before'}")
        for note in done.notes:
            print(f"note: {note.text(world.speak('en'))}")
    return 0


def _unpublish(given: argparse.Namespace) -> None:
    world, site = _site(given)
    flows.unpublish(world, site, given.name, BY, given.note)
    print(f"{given.name} is taken back")


def _list(given: argparse.Namespace) -> None:
    world, site = _site(given)
    for one in flows.listed(world, site):
        print(f"{one['name']}\t{one['hash'][:12] or 'taken back'}\t{one['at']}\t{one['purpose']}")


def _history(given: argparse.Namespace) -> None:
    world, site = _site(given)
    for one in flows.history(world, site, given.name):
        print(f"{one['at']}\t{one['hash'][:12] or 'taken back'}\t{one['by']}\t{one['note']}")


def _diff(given: argparse.Namespace) -> int:
    path = Path(given.what)
    new = None
    if path.suffix in (".yaml", ".yml"):
        if _checked(path):
            return 1
        new = flow_files.load(path)
    world, site = _site(given)
    old = flows.version(world, site, new.app if new else given.what, given.since)
    new = new or flows.version(world, site, given.what, given.to)
    for line in flows.diff(old, new):
        print(line)
    for note in flows.left_behind(old, new):
        print(f"note: {note.text(world.speak('en'))}")
    return 0


def _site(given: argparse.Namespace) -> tuple[World, str]:
    world = parts.world(given)
    return world, setup.site(world, given.site).id
