"""A whole Samethread without a server: the store on a database of its own, a clock the test moves, one airline."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from disposable import loading
from disposable.links import LinkKeys
from widget_server.actions import access, desk, inbound, notify, setup
from widget_server.actions.access import ApiKey, Seat
from widget_server.actions.signing import Signer
from widget_server.actions.world import World
from widget_server.settings import Settings
from widget_server.store import outbox, schema
from widget_server.store.database import Row, Store
from widget_server.store.vault import Vault
from widget_server.words import Words

PHONE = "+12025550142"
CONTEXT: dict[str, Any] = {
    "flight": {
        "number": "MA 204",
        "departs": "2027-01-15T18:40:00+01:00",
        "alternatives": [
            {"number": "MA 210", "departs": "2027-01-15T20:10:00+01:00"},
            {"number": "MA 214", "departs": "2027-01-16T07:10:00+01:00"},
        ],
    },
    "passenger": {"first_name": "Mara", "last_name": "Lindqvist"},
}


class Clock:
    """Stands still until a test moves it, but for a millisecond a reading, so that nothing is simultaneous."""

    def __init__(self, at: int = 1_800_000_000_000) -> None:
        self.at = at

    def __call__(self) -> int:
        self.at += 1
        return self.at

    def on(self, *, seconds: float) -> None:
        self.at += int(seconds * 1000)


class PlainPasswords:
    """As argon2 stands in the real one, without its 100 ms."""

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def check(self, hashed: str, password: str) -> bool:
        return hashed == f"plain:{password}"


@dataclass(frozen=True)
class Text:
    """An inbound text, as a channel parses it."""

    provider_id: str
    text: str
    sender: str = PHONE
    recipient: str = "+12025550123"
    channel: str = "sms"
    account: str = "AC1"


@dataclass
class House:
    """A world with one site, two agents and a key, and the moves a story is made of."""

    world: World
    clock: Clock
    site: Row
    key: ApiKey
    ada: Seat
    ben: Seat
    texts: int = 0
    sent: list[outbox.Owed] = field(default_factory=list)

    def notify(self, **more: Any) -> dict[str, Any]:
        given = {"to": {"phone": PHONE, "user_id": "mara-1042"}, "app": "flight-delay", "context": CONTEXT} | more
        return notify.notify(self.world, self.key, **given)

    def text(self, words: str, sender: str = PHONE, provider_id: str = "") -> Any:
        """The customer texts."""
        self.texts += 1
        return inbound.receive(self.world, Text(provider_id or f"SM{self.texts}", words, sender))

    def pay(self, status: str = "sent") -> list[outbox.Owed]:
        """What a delivery loop would send now; all of it goes well."""
        paid: list[outbox.Owed] = []
        while claimed := outbox.claim(self.world.store, 50):
            with self.world.store.write() as tx:
                for row in claimed:
                    outbox.settle(tx, row.id, status, provider_id=f"SM-out-{row.id}")
            paid += claimed
        self.sent += paid
        return paid

    def kinds(self, session: str) -> list[str]:
        return [one["kind"] for one in self.events(session)]

    def events(self, session: str, who: access.Who | None = None) -> list[dict[str, Any]]:
        return list(access.page(self.world, who or self.key, session)["events"])

    def code(self, url: str) -> str:
        return re.sub(r".*/", "", url)


def make(folder: Path, words: Words, url: str | None = None) -> House:
    """A fresh house: on SQLite in `folder`, or on the database `url`."""
    settings = Settings.for_demo(folder, 8123, environ={})
    if url is not None:
        settings = dataclasses.replace(settings, database_url=url)
    clock = Clock()
    store = Store(settings.database, Vault(settings.derive("vault")), clock)
    schema.upgrade(store)
    store.ready()
    world = World(
        store=store,
        clock=clock,
        settings=settings,
        links=LinkKeys(settings.derive("link")),
        signer=Signer(settings.derive("nonce")),
        words=words,
        passwords=PlainPasswords(),
        digits=lambda: "123456",
    )
    return _furnished(world, clock)


def _furnished(world: World, clock: Clock) -> House:
    site = setup.add_site(world, "Meridian Air", ["http://localhost:8123"], zone="Europe/Berlin", secret=b"s" * 32)
    setup.publish(world, site.id, loading.load(loading.gallery()["flight-delay"]))
    teams = {"ada": ["upgrades", "care", "rebooking"], "ben": ["care"]}
    for name, mine in teams.items():
        setup.add_agent(world, site.id, f"{name}@meridian.example", name.title(), "correct horse battery", teams=mine)
    key_id, _ = setup.add_key(world, site.id, "airline", "sk_test")
    ada, ben = (desk.sign_in(world, f"{name}@meridian.example", "correct horse battery")[0] for name in teams)
    return House(world, clock, site, ApiKey(key_id, site.id, "airline"), ada, ben)
