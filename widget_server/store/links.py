"""Rows of links, of runs and of the definitions they pin. The code of a link is never here, only its id."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.folds import FRESH_RUN


def signed(link_id: int) -> int:
    """A 64-bit id as the databases' signed integers hold it."""
    return link_id - (1 << 64) if link_id >= 1 << 63 else link_id


def unsigned(stored: int) -> int:
    return stored & ((1 << 64) - 1)


def hexed(stored: int) -> str:
    """How events, texts and the API name a link: 16 hex digits of its id."""
    return f"{unsigned(stored):016x}"


def unhexed(name: str) -> int | None:
    """The stored id behind that name, or None if it is not one."""
    try:
        return signed(int(name, 16)) if len(name) == 16 else None
    except ValueError:
        return None


def add(tx: Tx, link_id: int, **columns: Any) -> None:
    tx.run(t.link.insert().values(id=link_id, state="open", hits=0, bot_hits=0, created_at=tx.now, **columns))


def get(tx: Tx, link_id: int) -> Row | None:
    """The link's row with its site's face and its flow's definition: all that a cover needs, in one read."""
    return tx.one(_LINK, {"link": link_id})


_LINK = (
    select(t.link, t.site.c.name.label("site_name"), t.site.c.look, t.site.c.locale, t.site.c.zone)
    .join(t.site, t.site.c.id == t.link.c.site)
    .where(t.link.c.id == bindparam("link"))
)


def lock(tx: Tx, link_id: int) -> Row:
    """The row, locked: two gestures at once make one run."""
    return tx.one(select(t.link).where(t.link.c.id == link_id).with_for_update())


def change(tx: Tx, link_id: int, **columns: Any) -> int:
    return tx.run(t.link.update().where(t.link.c.id == link_id).values(**columns))


def count(tx: Tx, link_id: int, hits: int, bot_hits: int) -> None:
    """Adds what the fetch counter gathered: by people's browsers, and by programs. No decision reads it."""
    more = {"hits": t.link.c.hits + hits, "bot_hits": t.link.c.bot_hits + bot_hits}
    tx.run(t.link.update().where(t.link.c.id == link_id).values(**more))


def living(tx: Tx, site: str, app: str | None = None, customers: list[str] | None = None) -> list[Row]:
    """Links that still lead anywhere, of a site, a flow or some customers."""
    which = (t.link.c.site == site) & t.link.c.state.in_(("open", "done"))
    if app is not None:
        which &= t.link.c.app == app
    if customers is not None:
        which &= t.link.c.customer.in_(customers)
    return tx.all(select(t.link).where(which))


def of_session(tx: Tx, session: str) -> list[Row]:
    return tx.all(select(t.link).where(t.link.c.session == session))


def of_customers(tx: Tx, customers: list[str]) -> list[Row]:
    return tx.all(select(t.link).where(t.link.c.customer.in_(customers)))


def seal_context(tx: Tx, data_key: bytes, link_id: int, context: Any) -> bytes:
    return tx.vault.seal_json(data_key, context, f"link {link_id}")


def open_context(tx: Tx, data_key: bytes, row: Row) -> Any:
    return tx.vault.open_json(data_key, row.context, f"link {row.id}") if row.context else {}


def add_run(tx: Tx, run_id: str, session: str, site: str, handle: str, flow: str, hash_: str, link: int | None) -> None:
    fixed = {
        "id": run_id,
        "session": session,
        "site": site,
        "handle": handle,
        "flow": flow,
        "hash": hash_,
        "link": link,
    }
    tx.run(t.run.insert().values(**FRESH_RUN, **fixed, created_at=tx.now))


def lead_to(tx: Tx, run_id: str, link_id: int) -> None:
    """Gives a run its link."""
    tx.run(t.run.update().where(t.run.c.id == run_id).values(link=link_id))


def run(tx: Tx, run_id: str) -> Row | None:
    return tx.one(select(t.run).where(t.run.c.id == run_id))


def run_by_handle(tx: Tx, handle: str) -> Row | None:
    return tx.one(select(t.run).where(t.run.c.handle == handle))


def runs(tx: Tx, session: str) -> list[Row]:
    return tx.all(select(t.run).where(t.run.c.session == session).order_by(t.run.c.id))


def publish(tx: Tx, site: str, name: str, hash_: str, definition: str) -> None:
    """Makes a definition the one new links of that name use. Older ones stay: runs are pinned to their hash."""
    if tx.one(select(t.flow.c.hash).where(t.flow.c.hash == hash_)) is None:
        tx.run(t.flow.insert().values(hash=hash_, name=name, definition=definition, created_at=tx.now))
    unpublish(tx, site, name)
    tx.run(t.published.insert().values(site=site, name=name, hash=hash_, at=tx.now))


def unpublish(tx: Tx, site: str, name: str) -> bool:
    """Takes a name back: nothing new opens it. False if nobody had it."""
    mine = (t.published.c.site == site) & (t.published.c.name == name)
    return tx.run(t.published.delete().where(mine)) > 0


def published(tx: Tx, site: str, name: str) -> str | None:
    """The content hash a site's flow has now."""
    row = tx.one(select(t.published.c.hash).where(t.published.c.site == site, t.published.c.name == name))
    return row.hash if row else None


def all_published(tx: Tx, site: str) -> list[Row]:
    return tx.all(select(t.published).where(t.published.c.site == site).order_by(t.published.c.name))


def definition(tx: Tx, hash_: str) -> str | None:
    """The canonical JSON of a pinned definition."""
    row = tx.one(select(t.flow.c.definition).where(t.flow.c.hash == hash_))
    return row.definition if row else None
