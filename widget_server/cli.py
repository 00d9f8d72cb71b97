"""`samethread`: the operator's commands. Each reads its settings, does one thing, and says what to do when it cannot."""

from __future__ import annotations

import argparse
import base64
import getpass
import json
import os
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from disposable import definition, loading
from widget_server import __version__, delivery, doctor
from widget_server.actions import links, setup
from widget_server.actions.access import ApiKey
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.world import World
from widget_server.app import NotUpgraded, create_world
from widget_server.channels import build as build_channels
from widget_server.demo import runner as demo
from widget_server.serve import CannotServe, serve
from widget_server.settings import Settings, SettingsError, new_key
from widget_server.store import projections, schema
from widget_server.store.database import Store
from widget_server.store.vault import Unreadable, Vault

SNIPPET = '<script async src="{base}/widget.js" data-site="{key}"></script>'


class CommandFailed(Exception):
    """What the operator is told; the command then ends with 1."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit code: 0 done, 1 not, 2 the words were off."""
    given = _parser().parse_args(argv)
    try:
        with ExitStack() as given.afterwards:
            done = given.run(given)
        return int(done or 0)
    except (SettingsError, NotUpgraded, CannotServe, CommandFailed, LookupError) as error:
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
    _demo(_verb(verbs, "demo", "demo data and story, ready to try", _run_demo))
    _serve(_verb(verbs, "serve", "the production server", _run_serve))
    _verb(verbs, "worker", "the delivery loop alone", _run_worker)
    _db(_group(verbs, "db", "the database"))
    _flow(_group(verbs, "flow", "flows: the definitions of disposable apps"))
    _link(_group(verbs, "link", "short links"))
    _agent(_group(verbs, "agent", "agents of the desk"))
    _key(_group(verbs, "key", "API keys"))
    _keys(_group(verbs, "keys", "the server's master keys"))
    _site(_group(verbs, "site", "sites: apps or brands"))
    _verb(verbs, "doctor", "checks everything and says what to do", _run_doctor)
    return top


def _verb(
    verbs: Any, name: str, about: str, run: Callable[[argparse.Namespace], int | None]
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about)
    made.set_defaults(run=run)
    return made


def _group(verbs: Any, name: str, about: str) -> Any:
    return verbs.add_parser(name, help=about, description=about).add_subparsers(required=True, metavar="COMMAND")


# demo, serve, worker, doctor


def _demo(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--port", type=int, default=8080)
    verb.add_argument("--dir", type=Path, default=Path("demo-data"))
    verb.add_argument("--json", action="store_true", help="first line: {urls, api_key, agents, site} as JSON")


def _run_demo(given: argparse.Namespace) -> int:
    return demo.run(given.port, given.dir.resolve(), given.json, create_world, serve)


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
    world = _world(given)
    loop = delivery.Loop(world, build_channels(world.settings))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: loop.stop())
    loop.run()


def _run_doctor(_given: argparse.Namespace) -> int:
    findings = doctor.examine(os.environ)
    for finding in findings:
        print(finding)
    return 1 if any(finding.bad for finding in findings) else 0


# db


def _db(group: Any) -> None:
    _verb(group, "upgrade", "brings the schema to this version", _db_upgrade)
    _verb(group, "rebuild", "drops and refolds every projection", _db_rebuild)


def _db_upgrade(given: argparse.Namespace) -> None:
    settings = Settings.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database, Vault(settings.derive("vault")), lambda: 0)
    given.afterwards.callback(store.close)
    schema.upgrade(store)
    print("the database is up to date")


def _db_rebuild(given: argparse.Namespace) -> None:
    sessions, runs = projections.rebuild(_world(given).store)
    print(f"refolded {sessions} sessions and {runs} runs")


# flow


def _flow(group: Any) -> None:
    for name, about, run in (
        ("check", "reports every mistake as FILE:LINE: message", _flow_check),
        ("publish", "makes it what new links of its name open", _flow_publish),
    ):
        verb = _verb(group, name, about, run)
        verb.add_argument("file", type=Path, nargs="+")
        if name == "publish":
            verb.add_argument("--site", help="the site's public key, where there are several")
    _verb(group, "schema", "prints the JSON Schema of flows, for editors", _flow_schema)


def _flow_check(given: argparse.Namespace) -> int:
    found = [mistake for path in given.file for mistake in loading.check(_text(path), str(path))]
    for mistake in found:
        print(mistake)
    return 1 if found else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandFailed(f"{path}: is not UTF-8 text") from None


def _flow_publish(given: argparse.Namespace) -> int:
    if _flow_check(given):
        return 1
    world = _world(given)
    site = setup.site(world, given.site)
    for path in given.file:
        flow = loading.load(_text(path), str(path))
        print(f"{flow.app} {setup.publish(world, site.id, flow)}")
    return 0


def _flow_schema(_given: argparse.Namespace) -> None:
    print(json.dumps(definition.json_schema(), indent=2))


# link


def _link(group: Any) -> None:
    mint = _verb(group, "mint", "makes a link", _link_mint)
    mint.add_argument("--app", required=True)
    mint.add_argument("--to", metavar="PHONE")
    mint.add_argument("--context", type=Path, metavar="FILE", help="JSON")
    mint.add_argument("--expires-in", type=int, metavar="SECONDS")
    for name, about, run in (
        ("show", "what became of a link", _link_show),
        ("revoke", "ends a link at once", _link_revoke),
    ):
        verb = _verb(group, name, about, run)
        verb.add_argument("id", nargs="?" if name == "revoke" else None)
    several = group.choices["revoke"]
    several.add_argument("--app", metavar="NAME", help="ends every link of a flow")
    several.add_argument("--customer", metavar="ID", help="ends every link and window of a person")
    several.add_argument("--all", action="store_true", help="ends every link of the site")
    for verb in group.choices.values():
        verb.add_argument("--site", help="the site's public key, where there are several")


def _operator(given: argparse.Namespace) -> tuple[World, ApiKey]:
    world = _world(given)
    return world, ApiKey("operator", setup.site(world, given.site).id, "operator")


def _link_mint(given: argparse.Namespace) -> None:
    context = _json(given.context) if given.context else {}
    world, who = _operator(given)
    to = {"phone": given.to} if given.to else None
    made = links.mint(world, who, given.app, to, None, context, given.expires_in)
    print(json.dumps({name: made[name] for name in ("id", "url", "expires_at", "sms")}, indent=2, ensure_ascii=False))


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise CommandFailed(f"{path}:{error.lineno}: {error.msg}") from None
    if not isinstance(found, dict):
        raise CommandFailed(f"{path}: write a JSON object")
    return found


def _link_show(given: argparse.Namespace) -> None:
    world, who = _operator(given)
    print(json.dumps(links.show(world, who, given.id), indent=2))


def _link_revoke(given: argparse.Namespace) -> None:
    if sum(map(bool, (given.id, given.app, given.customer, given.all))) != 1:
        raise CommandFailed("name one link, or one of --app, --customer and --all")
    world, who = _operator(given)
    if given.id:
        links.revoke(world, who, given.id)
        print(f"revoked {given.id}")
    else:
        print(f"revoked {links.revoke_all(world, who, given.app, given.customer)} links")


# agent, key, keys, site


def _agent(group: Any) -> None:
    add = _verb(group, "add", "adds an agent; asks for the password", _agent_add)
    add.add_argument("email")
    add.add_argument("--name", required=True)
    add.add_argument("--role", choices=setup.ROLES, default="agent")
    add.add_argument("--team", action="append", default=[])
    add.add_argument("--site")
    add.add_argument("--password-stdin", action="store_true", help="reads it from standard input")
    _verb(group, "list", "lists agents", _agent_list)


def _agent_add(given: argparse.Namespace) -> None:
    world = _world(given)
    site = setup.site(world, given.site)
    password = sys.stdin.readline().rstrip("\n") if given.password_stdin else getpass.getpass()
    setup.add_agent(world, site.id, given.email, given.name, password, given.role, given.team)
    print(f"added {given.email}; they sign in at {world.settings.base_url}/desk")


def _agent_list(given: argparse.Namespace) -> None:
    for one in setup.agents(_world(given)):
        print(f"{one.email}\t{one.name}\t{one.role}\t{','.join(one.teams)}")


def _key(group: Any) -> None:
    add = _verb(group, "add", "makes an API key, shown once", _key_add)
    add.add_argument("name")
    add.add_argument("--site")
    _verb(group, "list", "lists API keys", _key_list)
    _verb(group, "revoke", "ends an API key at once", _key_revoke).add_argument("id")


def _key_add(given: argparse.Namespace) -> None:
    world = _world(given)
    _, secret = setup.add_key(world, setup.site(world, given.site).id, given.name)
    print(secret)


def _key_list(given: argparse.Namespace) -> None:
    for one in setup.keys(_world(given)):
        print(f"{one.id}\t{one.name}\t{'revoked' if one.revoked_at else 'live'}")


def _key_revoke(given: argparse.Namespace) -> None:
    setup.revoke_key(_world(given), given.id)
    print(f"revoked {given.id}")


def _keys(group: Any) -> None:
    new = _verb(group, "new", "makes an entry for SAMETHREAD_KEYS", _keys_new)
    new.add_argument("--id", type=int, default=0, choices=range(7), help="one that no key in use has")


def _keys_new(given: argparse.Namespace) -> None:
    print(new_key(given.id))


def _site(group: Any) -> None:
    add = _verb(group, "add", "adds a site and prints its snippet", _site_add)
    add.add_argument("name")
    add.add_argument("--origin", action="append", default=[], help="a page's origin that may embed the widget")
    add.add_argument("--zone", default="UTC")
    add.add_argument("--locale", default="en")
    add.add_argument("--team", default="care", help="the default team")
    show = _verb(group, "show", "prints a site and its snippet", _site_show)
    show.add_argument("key", nargs="?")
    show.add_argument("--secret", action="store_true", help="prints the secret that signs identity tokens, too")
    change = _verb(group, "set", "changes a site", _site_set)
    change.add_argument("key", nargs="?")
    change.add_argument("--name")
    change.add_argument("--origin", action="append", dest="origins", help="replaces all that were allowed")
    change.add_argument("--zone", help="like Europe/Berlin")
    change.add_argument("--locale", help="like en or de")
    change.add_argument("--team", dest="default_team", help="the default team")
    change.add_argument(
        "--flow", dest="default_flow", help="what greets somebody who writes first; published, context-free"
    )
    change.add_argument("--hours", type=Path, metavar="FILE", help='JSON: {"mon": [["09:00", "17:30"]], ...}')
    call = _verb(group, "call", "registers a server of yours that flows may call", _site_call)
    call.add_argument("name", help="as in a flow's `do: {call: NAME}`")
    call.add_argument("url")
    call.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS")
    call.add_argument("--site", help="the site's public key, where there are several")


def _site_add(given: argparse.Namespace) -> None:
    world = _world(given)
    made = setup.add_site(
        world,
        given.name,
        given.origin,
        secrets.token_urlsafe(32).encode(),
        zone=given.zone,
        locale=given.locale,
        default_team=given.team,
    )
    _print_site(world, made, with_secret=True)


def _site_show(given: argparse.Namespace) -> None:
    world = _world(given)
    _print_site(world, setup.site(world, given.key), with_secret=given.secret)


def _site_set(given: argparse.Namespace) -> None:
    world = _world(given)
    site = setup.site(world, given.key)
    names = ("name", "origins", "zone", "locale", "default_team", "default_flow")
    wanted = {name: getattr(given, name) for name in names if getattr(given, name) is not None}
    if given.hours:
        wanted["hours"] = _json(given.hours)
    setup.change_site(world, site, **wanted)
    _print_site(world, setup.site(world, site.key), with_secret=False)


def _site_call(given: argparse.Namespace) -> None:
    world = _world(given)
    secret = secrets.token_bytes(32)
    site = setup.site(world, given.site)
    setup.register_call(world, site.id, given.name, given.url, secret, round(given.timeout * 1000))
    print(f"whsec_{base64.b64encode(secret).decode()}")


def _print_site(world: World, site: Any, *, with_secret: bool) -> None:
    origins = ", ".join(site.origins) or "(none: the widget is embedded nowhere)"
    print(f"name     {site.name}\nkey      {site.key}\norigins  {origins}")
    if with_secret:
        print(f"secret   {setup.site_secret(world, site).decode(errors='replace')}")
    print(SNIPPET.format(base=world.settings.base_url, key=site.key))


def _world(given: argparse.Namespace) -> World:
    """What the verbs work on, closed when the command is done."""
    world = create_world(Settings.load())
    given.afterwards.callback(world.store.close)
    return world
