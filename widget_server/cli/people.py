"""`samethread agent|key|keys`: who may come in."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from widget_server.actions import setup
from widget_server.cli import parts
from widget_server.settings import new_key


def add(verbs: Any) -> None:
    _agent(parts.group(verbs, "agent", "agents of the desk"))
    _key(parts.group(verbs, "key", "API keys"))
    _keys(parts.group(verbs, "keys", "the server's master keys"))


def _agent(group: Any) -> None:
    add = parts.verb(group, "add", "adds an agent; asks for the password", _agent_add)
    add.add_argument("email")
    add.add_argument("--name", required=True)
    add.add_argument("--role", choices=setup.ROLES, default="agent")
    add.add_argument("--team", action="append", default=[])
    add.add_argument("--site")
    add.add_argument("--password-stdin", action="store_true", help="reads it from standard input")
    parts.verb(group, "list", "lists agents", _agent_list)


def _agent_add(given: argparse.Namespace) -> None:
    world = parts.world(given)
    site = setup.site(world, given.site)
    password = sys.stdin.readline().rstrip("\n") if given.password_stdin else getpass.getpass()
    setup.add_agent(world, site.id, given.email, given.name, password, given.role, given.team)
    print(f"added {given.email}; they sign in at {world.settings.base_url}/desk")


def _agent_list(given: argparse.Namespace) -> None:
    for one in setup.agents(parts.world(given)):
        print(f"{one.email}\t{one.name}\t{one.role}\t{','.join(one.teams)}")


def _key(group: Any) -> None:
    add = parts.verb(group, "add", "makes an API key, shown once", _key_add)
    add.add_argument("name")
    add.add_argument("--site")
    parts.verb(group, "list", "lists API keys", _key_list)
    parts.verb(group, "revoke", "ends an API key at once", _key_revoke).add_argument("id")


def _key_add(given: argparse.Namespace) -> None:
    world = parts.world(given)
    _, secret = setup.add_key(world, setup.site(world, given.site).id, given.name)
    print(secret)


def _key_list(given: argparse.Namespace) -> None:
    for one in setup.keys(parts.world(given)):
        print(f"{one.id}\t{one.name}\t{'revoked' if one.revoked_at else 'live'}")


def _key_revoke(given: argparse.Namespace) -> None:
    setup.revoke_key(parts.world(given), given.id)
    print(f"revoked {given.id}")


def _keys(group: Any) -> None:
    new = parts.verb(group, "new", "makes an entry for SAMETHREAD_KEYS", _keys_new)
    new.add_argument("--id", type=int, default=0, choices=range(7), help="one that no key in use has")


def _keys_new(given: argparse.Namespace) -> None:
    print(new_key(given.id))
