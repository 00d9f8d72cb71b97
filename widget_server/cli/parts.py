"""What every command is made with: its verb, the world it works on, the files it is given, and how it fails."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from widget_server.actions import setup
from widget_server.actions.access import ApiKey
from widget_server.actions.world import World
from widget_server.app import create_world
from widget_server.settings import Settings


class CommandFailed(Exception):
    """What the operator is told; the command then ends with 1."""


def verb(verbs: Any, name: str, about: str, run: Callable[[argparse.Namespace], int | None]) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about)
    made.set_defaults(run=run)
    return made


def group(verbs: Any, name: str, about: str) -> Any:
    return verbs.add_parser(name, help=about, description=about).add_subparsers(required=True, metavar="COMMAND")


def world(given: argparse.Namespace) -> World:
    """What the verbs work on, closed when the command is done."""
    made = create_world(Settings.load())
    given.afterwards.callback(made.store.close)
    return made


def operator(given: argparse.Namespace) -> tuple[World, ApiKey]:
    """The world, and the operator as a key of the site that `--site` names."""
    made = world(given)
    return made, ApiKey("operator", setup.site(made, given.site).id, "operator")


def text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandFailed(f"{path}: is not UTF-8 text") from None


def json_object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(text(path))
    except json.JSONDecodeError as error:
        raise CommandFailed(f"{path}:{error.lineno}: {error.msg}") from None
    if not isinstance(found, dict):
        raise CommandFailed(f"{path}: write a JSON object")
    return found
