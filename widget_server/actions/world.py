"""What the verbs are handed: the store and everything the composition root chose for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from disposable.links import LinkKeys
from widget_server.actions.pinned import Flows
from widget_server.actions.signing import Signer
from widget_server.settings import Settings
from widget_server.store import accounts
from widget_server.store.database import Row, Store, Tx
from widget_server.words import Words

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Passwords(Protocol):
    """Hashes and checks passwords, wherever that may be done without stopping the loop."""

    def hash(self, password: str) -> str: ...

    def check(self, hashed: str, password: str) -> bool: ...


@dataclass(frozen=True)
class World:
    """First argument of every verb. `clock` gives milliseconds UTC; `digits` makes one-time codes (fixed in tests)."""

    store: Store
    clock: Callable[[], int]
    settings: Settings
    links: LinkKeys
    signer: Signer
    words: Words
    passwords: Passwords
    flows: Flows = field(default_factory=Flows)
    digits: Callable[[], str] = lambda: f"{secrets.randbelow(10**6):06d}"

    def sender(self, site: Row) -> str:
        """The number this site's texts come from."""
        return str(site.options.get("sms_from") or self.settings.twilio_from or "console")

    def speak(self, locale: str) -> Callable[..., str]:
        """The catalog bound to a language, as the generator wants it."""
        return lambda key, **values: self.words.text(key, locale, **values)


def base62(length: int) -> str:
    """Random characters that any messaging app keeps inside a tappable link."""
    return "".join(secrets.choice(BASE62) for _ in range(length))


def site_facts(site: Row) -> dict[str, Any]:
    """A site as flows may name it: {{ site.name }}, {{ site.host }}."""
    phone, country = site.options.get("phone", ""), site.options.get("region", "")
    return {"name": site.name, "host": site.host, "zone": site.zone, "phone": phone, "country": country}


def row_of(tx: Tx, site_id: str) -> Row:
    """A site that must exist."""
    found = accounts.site(tx, site_id)
    if found is None:
        raise LookupError(f"no site {site_id}")
    return found
