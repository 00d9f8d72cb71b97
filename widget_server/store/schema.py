"""The schema's version: `db upgrade`, and whether it is needed. Safe to run twice, and from two processes at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from widget_server.store.database import Store


def upgrade(store: Store) -> None:
    """Brings the database to this server's schema."""
    with store.engine.begin() as connection:
        if store.sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("select pg_advisory_xact_lock(7270001)"))
        command.upgrade(_config(connection), "head")


def current(store: Store) -> bool:
    """Whether the database has this server's schema."""
    with store.read() as tx:
        stands_at = MigrationContext.configure(tx.conn).get_current_revision()
    return stands_at == ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
