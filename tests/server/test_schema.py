"""The migrations make exactly the tables that tables.py says, on both databases, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from tests.support.both import BOTH, migrated
from widget_server.store import schema
from widget_server.store.database import Store
from widget_server.store.tables import metadata, publication
from widget_server.store.vault import Vault


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    postgres = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    url = postgres.fresh() if postgres else f"sqlite:///{tmp_path}/schema.db"
    migrated(url)
    made = Store(url, Vault([(0, bytes(32))]), lambda: 0)
    yield made
    made.close()
    if postgres:
        postgres.drop(url)


def test_the_migrated_schema_is_the_one_the_code_works_on(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_migration_can_be_taken_back(store: Store) -> None:
    with store.engine.begin() as connection:
        command.downgrade(schema._config(connection), "base")
    assert set(inspect(store.engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    schema.upgrade(store)
    assert schema.current(store)


def test_what_was_published_before_there_was_a_history_begins_it(store: Store) -> None:
    with store.engine.begin() as connection:
        command.downgrade(schema._config(connection), "0001")
        connection.exec_driver_sql("insert into published values ('s', 'tea', 'abc', 7)")
    schema.upgrade(store)
    with store.read() as tx:
        kept = tx.all(publication.select())[0]
    assert (kept.site, kept.name, kept.hash, kept.at) == ("s", "tea", "abc", 7)
