"""`samethread`: the operator's commands. Each reads its settings, does one thing, and says what to do when it cannot."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from widget_server import __version__
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.app import NotUpgraded
from widget_server.cli import flow, link, parts, people, running, site, slots
from widget_server.serve import CannotServe
from widget_server.settings import SettingsError
from widget_server.store.vault import Unreadable


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit code: 0 done, 1 not, 2 the words were off."""
    given = _parser().parse_args(argv)
    try:
        with ExitStack() as given.afterwards:
            done = given.run(given)
        return int(done or 0)
    except (SettingsError, NotUpgraded, CannotServe, parts.CommandFailed, LookupError) as error:
        print(error, file=sys.stderr)
    except Invalid as invalid:
        for where, what in invalid.mistakes:
            print(f"{where}: {what}", file=sys.stderr)
    except (NotFound, Refused) as error:
        print(error, file=sys.stderr)
    except Unreadable as error:
        print(f"cannot open what the database holds ({error}): a key is missing from SAMETHREAD_KEYS", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="samethread", description="One conversation across app, texts and people.")
    top.add_argument("--version", action="version", version=f"samethread {__version__}")
    verbs = top.add_subparsers(required=True, metavar="COMMAND")
    for module in (running, flow, link, slots, people, site):
        module.add(verbs)
    return top
