"""Furnished houses on either database, quickly: the schema is made once and copied."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.support import worlds
from tests.support.worlds import House
from widget_server.settings import Settings
from widget_server.store import schema
from widget_server.store.database import Store
from widget_server.store.vault import Vault
from widget_server.words import Words

BOTH = ("sqlite", "postgresql")


def house_on(kind: str, request: pytest.FixtureRequest, folder: Path, words: Words) -> Iterator[House]:
    """A house on that kind of database, closed afterwards. For fixtures: `yield from house_on(...)`."""
    url = None
    postgres = request.getfixturevalue("postgres") if kind == "postgresql" else None
    if postgres is not None:
        url = postgres.fresh(migrated)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(_template(), _file(folder))
    made = worlds.make(folder, words, url)
    yield made
    made.world.store.close()
    if postgres is not None:
        postgres.drop(url)


def migrated(url: str) -> None:
    """Brings an empty database to this version's schema."""
    store = Store(url, Vault([(0, bytes(32))]), lambda: 0)
    schema.upgrade(store)
    store.close()


@cache
def _template() -> Path:
    folder = Path(mkdtemp(prefix="st-schema-"))
    store = Store(f"sqlite:///{folder}/schema.db", Vault([(0, bytes(32))]), lambda: 0)
    schema.upgrade(store)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("select 1")
    store.close()
    return folder / "schema.db"


def _file(folder: Path) -> Path:
    return Path(Settings.for_demo(folder, 8123, environ={}).database.removeprefix("sqlite:///"))
