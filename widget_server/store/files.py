"""The rows of uploaded files: whose each is, and how much room they take. Their bytes lie elsewhere (actions/files.py)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx


@dataclass(frozen=True, slots=True)
class Use:
    """How many files there are, and their bytes together."""

    count: int
    size: int


def add(tx: Tx, file_id: str, session: dict[str, Any], name: str, type_: str, size: int) -> None:
    """A file of a session; its bytes are sealed with the same key as its name."""
    sealed = tx.vault.seal_json(session["data_key"], name, f"file {file_id}")
    owner = {"site": session["site"], "session": session["id"], "customer": session["customer"]}
    _add(tx, file_id, type_, size, sealed, owner)


def add_to_site(tx: Tx, file_id: str, site: str, name: str, type_: str, size: int) -> None:
    """A file that belongs to no person: a picture that a site's flows show."""
    sealed = tx.vault.seal_own(name.encode(), f"file {file_id}")
    _add(tx, file_id, type_, size, sealed, {"site": site, "session": None, "customer": None})


def _add(tx: Tx, file_id: str, type_: str, size: int, name: bytes, owner: dict[str, Any]) -> None:
    values = {"id": file_id, "name": name, "type": type_, "size": size, "created_at": tx.now}
    tx.run(t.file.insert().values(**values, **owner))


def get(tx: Tx, file_id: str) -> tuple[Row, str, bytes | None] | None:
    """A file's row, its name and its owner's wrapped data key (None for a site's own). None once it was erased."""
    statement = (
        select(t.file, t.customer.c.data_key)
        .join(t.customer, t.customer.c.id == t.file.c.customer, isouter=True)
        .where(t.file.c.id == file_id)
    )
    row = tx.one(statement)
    if row is None:
        return None
    if row.session is None:
        return row, tx.vault.open_own(row.name, f"file {file_id}").decode(), None
    if row.data_key is None:
        return None
    return row, tx.vault.open_json(row.data_key, row.name, f"file {file_id}"), row.data_key


def drop(tx: Tx, files: Iterable[str]) -> None:
    tx.run(t.file.delete().where(t.file.c.id.in_(list(files))))


def of_customers(tx: Tx, customers: list[str]) -> list[str]:
    return [row.id for row in tx.all(select(t.file.c.id).where(t.file.c.customer.in_(customers)))]


def known(tx: Tx, files: Iterable[str]) -> set[str]:
    """Those of these files that there are rows of."""
    return {row.id for row in tx.all(select(t.file.c.id).where(t.file.c.id.in_(list(files))))}


def use(tx: Tx, *, session: str | None = None, site: str | None = None) -> Use:
    """What a session's files take up, or a site's."""
    mine = t.file.c.session == session if session is not None else t.file.c.site == site
    row = tx.one(select(func.count(), func.coalesce(func.sum(t.file.c.size), 0)).select_from(t.file).where(mine))
    return Use(int(row[0]), int(row[1])) if row else Use(0, 0)
