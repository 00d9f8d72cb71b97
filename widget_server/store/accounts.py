"""Sites, agents and their seats, API keys, and the company's registered calls: rows that belong to no session."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, exists, select
from uuid_utils.compat import uuid7

from widget_server.store import tables as t
from widget_server.store.database import Row, Tx
from widget_server.store.vault import token_hash


def add_site(tx: Tx, key: str, name: str, secret: bytes, host: str, **options: Any) -> str:
    """A site in its realm (made with the first). Unnamed options take the defaults below. Returns the id."""
    realm = tx.one(select(t.realm.c.id)) or _realm(tx)
    site_id = str(uuid7())
    defaults: dict[str, Any] = {
        "origins": [],
        "look": {},
        "hours": {},
        "zone": "UTC",
        "locale": "en",
        "default_flow": None,
        "default_team": "care",
        "options": {},
    }
    sealed = tx.vault.seal_own(secret, f"site {site_id}")
    fixed = {"id": site_id, "realm": realm.id, "key": key, "name": name, "host": host, "created_at": tx.now}
    tx.run(t.site.insert().values(**(defaults | options | fixed), secret=sealed))
    return site_id


def _realm(tx: Tx) -> Row:
    tx.run(t.realm.insert().values(id=str(uuid7()), name="main", created_at=tx.now))
    return tx.one(select(t.realm.c.id))


def site(tx: Tx, site_id: str) -> Row | None:
    return tx.one(_SITE, {"site": site_id})


def site_name(tx: Tx, site_id: str) -> str:
    """The name alone: a whole site has much to parse."""
    row = tx.one(_SITE_NAME, {"site": site_id})
    return row.name if row else ""


_SITE = select(t.site).where(t.site.c.id == bindparam("site"))
_SITE_NAME = select(t.site.c.name).where(t.site.c.id == bindparam("site"))


def site_by_key(tx: Tx, key: str) -> Row | None:
    return tx.one(select(t.site).where(t.site.c.key == key))


def sites(tx: Tx) -> list[Row]:
    return tx.all(select(t.site).order_by(t.site.c.created_at, t.site.c.id))


def set_site(tx: Tx, site_id: str, **columns: Any) -> None:
    tx.run(t.site.update().where(t.site.c.id == site_id).values(**columns))


def site_secret(tx: Tx, row: Row) -> bytes:
    """The secret the company's own server signs identity tokens with."""
    return tx.vault.open_own(row.secret, f"site {row.id}")


def register_call(tx: Tx, site_id: str, name: str, url: str, secret: bytes, timeout_ms: int = 10_000) -> None:
    """Says where a flow's `call: name` goes. The same name again replaces it."""
    mine = (t.call.c.site == site_id) & (t.call.c.name == name)
    tx.run(t.call.delete().where(mine))
    sealed = tx.vault.seal_own(secret, f"call {site_id} {name}")
    tx.run(t.call.insert().values(site=site_id, name=name, url=url, secret=sealed, timeout_ms=timeout_ms))


def call(tx: Tx, site_id: str, name: str) -> tuple[Row, bytes] | None:
    """A registered call and its secret."""
    row = tx.one(select(t.call).where(t.call.c.site == site_id, t.call.c.name == name))
    return (row, tx.vault.open_own(row.secret, f"call {site_id} {name}")) if row else None


def add_agent(
    tx: Tx, site_id: str, email: str, name: str, password_hash: str, role: str = "agent", teams: list[str] | None = None
) -> str:
    agent_id = str(uuid7())
    values = {
        "id": agent_id,
        "site": site_id,
        "email": email.lower(),
        "name": name,
        "password": password_hash,
        "role": role,
    }
    tx.run(t.agent.insert().values(**values, teams=teams or [], created_at=tx.now))
    return agent_id


def agent(tx: Tx, agent_id: str) -> Row | None:
    return tx.one(select(t.agent).where(t.agent.c.id == agent_id))


def agent_by_email(tx: Tx, email: str) -> Row | None:
    return tx.one(select(t.agent).where(t.agent.c.email == email.strip().lower()))


def agents(tx: Tx, site_id: str | None = None) -> list[Row]:
    statement = select(t.agent).order_by(t.agent.c.name)
    return tx.all(statement.where(t.agent.c.site == site_id) if site_id else statement)


def signed_in(tx: Tx, site_id: str) -> list[Row]:
    """Agents of a site who have a live login at the desk and are not disabled."""
    here = (t.agent.c.site == site_id) & t.agent.c.disabled_at.is_(None)
    live = exists().where(t.seat.c.agent == t.agent.c.id, t.seat.c.expires_at > tx.now)
    return tx.all(select(t.agent).where(here, live))


def seat(tx: Tx, token: str, agent_id: str, lifetime_ms: int) -> None:
    """Remembers a desk login by the hash of its cookie."""
    values = {"token": token_hash(token), "agent": agent_id, "created_at": tx.now, "expires_at": tx.now + lifetime_ms}
    tx.run(t.seat.insert().values(**values))


def seated(tx: Tx, token: str) -> Row | None:
    """The agent behind a desk cookie, while it lives and the agent is not disabled."""
    alive = (t.seat.c.token == token_hash(token)) & (t.seat.c.expires_at > tx.now) & t.agent.c.disabled_at.is_(None)
    return tx.one(select(t.agent).join(t.seat, t.seat.c.agent == t.agent.c.id).where(alive))


def unseat(tx: Tx, token: str) -> None:
    tx.run(t.seat.delete().where(t.seat.c.token == token_hash(token)))


def add_key(tx: Tx, site_id: str, name: str, secret: str, expires_at: int | None = None) -> str:
    """Stores an API key by its hash. Returns the row's id, which is what lists show."""
    key_id = str(uuid7())
    values = {"id": key_id, "site": site_id, "name": name, "hash": token_hash(secret), "created_at": tx.now}
    tx.run(t.api_key.insert().values(**values, expires_at=expires_at))
    return key_id


def key(tx: Tx, secret: str) -> Row | None:
    """The API key with this secret, while it is neither revoked nor expired."""
    row = tx.one(_KEY, {"shown": token_hash(secret)})
    return row if row is not None and (row.expires_at is None or row.expires_at > tx.now) else None


_KEY = select(t.api_key).where(t.api_key.c.hash == bindparam("shown"), t.api_key.c.revoked_at.is_(None))


def is_key(tx: Tx, key_id: str) -> bool:
    """Whether a key known by its id still opens anything."""
    row = tx.one(select(t.api_key).where(t.api_key.c.id == key_id, t.api_key.c.revoked_at.is_(None)))
    return row is not None and (row.expires_at is None or row.expires_at > tx.now)


def may_sit(tx: Tx, agent_id: str) -> bool:
    """Whether an agent is not disabled and has a login left."""
    here = (t.agent.c.id == agent_id) & t.agent.c.disabled_at.is_(None) & (t.seat.c.expires_at > tx.now)
    return tx.one(select(t.agent.c.id).join(t.seat, t.seat.c.agent == t.agent.c.id).where(here).limit(1)) is not None


def keys(tx: Tx) -> list[Row]:
    return tx.all(select(t.api_key).order_by(t.api_key.c.created_at))


def revoke_key(tx: Tx, key_id: str) -> bool:
    return tx.run(t.api_key.update().where(t.api_key.c.id == key_id).values(revoked_at=tx.now)) > 0
