"""Verbs of the operator: sites, agents, API keys, registered calls, published flows."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from disposable.definition import Flow
from widget_server.actions import flows, looks
from widget_server.actions.errors import Invalid, NotFound
from widget_server.actions.hours import DAYS
from widget_server.actions.world import World, base62
from widget_server.store import accounts
from widget_server.store.database import Row

ROLES = ("agent", "supervisor", "admin")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
CALL_NAME = re.compile(r"[a-z0-9_-]{1,64}")
LONGEST_CALL_MS = 25_000


def add_site(world: World, name: str, origins: list[str], secret: bytes | None = None, **options: Any) -> Row:
    """A site with a public key and a secret of its own. `options` are the columns of store.accounts.add_site."""
    with world.store.write() as tx:
        key = options.pop("key", None) or "st_" + base62(16)
        host = options.pop("host", None) or world.settings.host
        made = accounts.add_site(tx, key, name, secret or secrets.token_bytes(32), host, origins=origins, **options)
        found = accounts.site(tx, made)
    if found is None:
        raise LookupError(made)
    return found


def sites(world: World) -> list[Row]:
    with world.store.read() as tx:
        return accounts.sites(tx)


def site(world: World, key: str | None = None) -> Row:
    """A site by its public key; without one, the only site there is. Raises NotFound."""
    with world.store.read() as tx:
        listed = accounts.sites(tx)
    found = [one for one in listed if key in (None, one.key)]
    if len(found) != 1:
        raise NotFound("site", key or f"(of {len(listed)}; name one by --site)")
    return found[0]


def site_secret(world: World, row: Row) -> bytes:
    with world.store.read() as tx:
        return accounts.site_secret(tx, row)


def set_site(world: World, site_id: str, **columns: Any) -> None:
    """Changes any column, unchecked: for programs that know what they write."""
    with world.store.write() as tx:
        accounts.set_site(tx, site_id, **columns)


def change_site(world: World, site: Row, **columns: Any) -> None:
    """Changes a site's name, origins, zone, locale, hours, default_team or default_flow, its color ("#rrggbb") or its logo (a
    picture's bytes). Raises Invalid."""
    color, logo = columns.pop("color", None), columns.pop("logo", None)
    mistakes = [(name, wrong) for name, value in columns.items() if (wrong := _SITE_CHECKS[name](value))]
    with world.store.read() as tx:
        flow = columns.get("default_flow")
        if flow and world.flows.named(tx, site.id, flow) is None:
            mistakes.append(("default_flow", f"{flow} is not published here"))
    if mistakes:
        raise Invalid(mistakes)
    if color is not None or logo is not None:
        columns["look"] = looks.changed(world, site, color, logo)
    if columns:
        with world.store.write() as tx:
            accounts.set_site(tx, site.id, **columns)


def _zone(value: str) -> str:
    return "" if value in available_timezones() else f"{value} is no time zone; write one like Europe/Berlin"


def _locale(value: str) -> str:
    return "" if LANGUAGE.fullmatch(value) else f"{value} is no language; write one like en or pt-BR"


def _origins(values: list[str]) -> str:
    wrong = [one for one in values if not ORIGIN.fullmatch(one)]
    return f"{wrong[0]} is no origin; write one like https://shop.example" if wrong else ""


def _hours(value: dict[str, Any]) -> str:
    spans = [span for day in value.values() if isinstance(day, list) for span in day]
    known = all(day in DAYS and isinstance(value[day], list) for day in value)
    clocks = all(
        isinstance(span, list) and len(span) == 2 and all(isinstance(one, str) and CLOCK.fullmatch(one) for one in span)
        for span in spans
    )
    return "" if known and clocks else 'write {"mon": [["09:00", "17:30"]], ...} with days mon to sun'


def _any(value: str) -> str:
    return "" if value.strip() else "is empty"


_SITE_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "name": _any,
    "origins": _origins,
    "zone": _zone,
    "locale": _locale,
    "hours": _hours,
    "default_team": _any,
    "default_flow": _any,
}


def add_agent(
    world: World,
    site_id: str,
    email: str,
    name: str,
    password: str,
    role: str = "agent",
    teams: list[str] | None = None,
) -> str:
    """An agent with a password (at least ten characters). Raises Invalid."""
    mistakes = []
    if "@" not in email:
        mistakes.append(("email", "an e-mail address"))
    if len(password) < 10:
        mistakes.append(("password", "at least 10 characters"))
    if role not in ROLES:
        mistakes.append(("role", f"one of {', '.join(ROLES)}"))
    hashed = world.passwords.hash(password)
    with world.store.write() as tx:
        if accounts.agent_by_email(tx, email) is not None:
            mistakes.append(("email", "an agent has it already"))
        if mistakes:
            raise Invalid(mistakes)
        return accounts.add_agent(tx, site_id, email, name, hashed, role, teams)


def agents(world: World, site_id: str | None = None) -> list[Row]:
    with world.store.read() as tx:
        return accounts.agents(tx, site_id)


def add_key(world: World, site_id: str, name: str, secret: str | None = None) -> tuple[str, str]:
    """An API key for one site. Returns (id, secret): the secret is shown once and stored as a hash."""
    secret = secret or "sk_" + base62(40)
    with world.store.write() as tx:
        return accounts.add_key(tx, site_id, name, secret), secret


def keys(world: World) -> list[Row]:
    with world.store.read() as tx:
        return accounts.keys(tx)


def revoke_key(world: World, key_id: str) -> None:
    with world.store.write() as tx:
        if not accounts.revoke_key(tx, key_id):
            raise NotFound("key", key_id)


def key(world: World, secret: str) -> Row | None:
    """The live API key with this secret."""
    with world.store.glance() as tx:
        return accounts.key(tx, secret)


def register_call(world: World, site_id: str, name: str, url: str, secret: bytes, timeout_ms: int = 10_000) -> None:
    """Says where a flow's `call: name` goes, what signs it, and how long it may take. Raises Invalid."""
    mistakes = []
    if not CALL_NAME.fullmatch(name):
        mistakes.append(("name", "letters a to z, digits, - and _"))
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        mistakes.append(("url", "an address like https://shop.example/rebook"))
    if not 0 < timeout_ms <= LONGEST_CALL_MS:
        mistakes.append(("timeout", f"up to {LONGEST_CALL_MS // 1000} seconds"))
    if mistakes:
        raise Invalid(mistakes)
    with world.store.write() as tx:
        accounts.register_call(tx, site_id, name, url, secret, timeout_ms)


def call(world: World, site_id: str, name: str) -> tuple[Row, bytes] | None:
    with world.store.read() as tx:
        return accounts.call(tx, site_id, name)


def publish(world: World, site_id: str, flow: Flow) -> str:
    """Makes a flow the one that new links of its name open. Runs under way keep theirs. Returns the content hash."""
    return flows.publish(world, site_id, flow).hash
