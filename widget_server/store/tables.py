"""Every table, once. Times are integer milliseconds UTC; what is personal is sealed bytes (see vault.py).

The session id is the partition key of the hot tables (event, run, delivery); identities, inbound receipts and the stream
have keys of their own. Columns after a `folded` comment are projections: `db rebuild` computes them again from the log.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(36)
Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where the type is INTEGER

keyring = Table(
    "keyring",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

realm = Table(
    "realm",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

site = Table(
    "site",
    metadata,
    Column("id", Id, primary_key=True),
    Column("realm", Id, nullable=False),
    Column("key", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("look", JSON, nullable=False),
    Column("hours", JSON, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("default_flow", String(64)),
    Column("default_team", String(64), nullable=False),
    Column("options", JSON, nullable=False),
    Column("host", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

call = Table(
    "call",
    metadata,
    Column("site", Id, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("timeout_ms", Integer, nullable=False),
)

agent = Table(
    "agent",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("teams", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

seat = Table(
    "seat",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("agent", Id, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

customer = Table(
    "customer",
    metadata,
    Column("id", Id, primary_key=True),
    Column("realm", Id, nullable=False),
    Column("site", Id, nullable=False),
    Column("data_key", LargeBinary),
    Column("profile", LargeBinary),
    Column("merged_into", Id, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
)

identity = Table(
    "identity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("realm", Id, nullable=False),
    Column("site", Id, nullable=False),
    Column("customer", Id, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("lookup", String(64), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("evidence", String(32), nullable=False),
    Column("proven_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("customer", "lookup"),
    Index("ix_identity_realm_lookup", "realm", "lookup"),
)

suggestion = Table(
    "suggestion",
    metadata,
    Column("customer", Id, primary_key=True),
    Column("other", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("why", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

erasure = Table(
    "erasure",
    metadata,
    Column("customer", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("customer", Id, nullable=False),
    Column("previous", Id),
    Column("opened_at", BigInteger, nullable=False),
    Column("purged_at", BigInteger),
    # folded
    Column("seq", Integer, nullable=False),
    Column("status", String(8), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("team", String(64), nullable=False),
    Column("closed_at", BigInteger),
    Column("disposition", String(64), nullable=False),
    Column("continued_in", Id),
    Column("last_at", BigInteger, nullable=False),
    Column("last_channel", String(16), nullable=False),
    Column("last_grant", Id),
    Column("last_customer_at", BigInteger),
    Column("last_company_at", BigInteger),
    Column("preview_seq", Integer),
    Column("waiting_since", BigInteger),
    Column("customer_seen", Integer, nullable=False),
    Column("agent_seen", Integer, nullable=False),
    Index("ix_session_site_status_last_at", "site", "status", "last_at"),
    Index("ix_session_purged_at_closed_at", "purged_at", "closed_at"),
    Index("ix_session_customer_status", "customer", "status"),
    Index("ix_session_site_owner", "site", "owner", "last_at"),
)

FOLDED = (
    "seq status owner epoch team closed_at disposition continued_in last_at last_channel last_grant last_customer_at "
    "last_company_at preview_seq waiting_since customer_seen agent_seen"
).split()

event = Table(
    "event",
    metadata,
    Column("pos", Serial, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False),
    Column("session", Id, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("key", String(128), nullable=False),
    Column("site", Id, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("v", Integer, nullable=False),
    Column("run", Id),
    Column("epoch", Integer, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("device", String(16), nullable=False),
    Column("grant", Id),
    Column("at", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary),
    Column("xid", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("session", "seq"),
    UniqueConstraint("session", "key"),
    Index("ix_event_xid_pos", "xid", "pos"),
    sqlite_autoincrement=True,
)

run = Table(
    "run",
    metadata,
    Column("id", Id, primary_key=True),
    Column("session", Id, nullable=False, index=True),
    Column("site", Id, nullable=False),
    Column("handle", String(16), nullable=False, unique=True),
    Column("flow", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("link", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    # folded
    Column("status", String(8), nullable=False),
    Column("step", String(64), nullable=False),
    Index("ix_run_site_flow_created_at", "site", "flow", "created_at"),
)

flow = Table(
    "flow",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("definition", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

published = Table(
    "published",
    metadata,
    Column("site", Id, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("site", Id, nullable=False),
    Column("customer", Id, nullable=False, index=True),
    Column("session", Id),
    Column("run", Id),
    Column("app", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("host", Text, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("context", LargeBinary),
    Column("identity", Id),
    Column("state", String(12), nullable=False),
    Column("hits", Integer, nullable=False),
    Column("bot_hits", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

grant = Table(
    "grant",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("token", String(64), unique=True),
    Column("customer", Id, nullable=False, index=True),
    Column("session", Id, index=True),
    Column("run", Id),
    Column("link", BigInteger, index=True),
    Column("channel", String(16), nullable=False),
    Column("lookup", String(64), index=True),
    Column("tier", Integer, nullable=False),
    Column("tier_until", BigInteger),
    Column("by", String(16), nullable=False),
    Column("device", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("session", Id, nullable=False, index=True),
    Column("customer", Id, nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("run", Id),
    Column("kind", String(8), nullable=False),
    Column("lane", String(80), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("payload", LargeBinary),
    Column("status", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("unless_seen", Integer),
    Column("provider_id", String(80)),
    Column("reason", Text, nullable=False),
    Column("permanent", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_delivery_status_due_at", "status", "due_at"),
    Index("ix_delivery_lane_status", "lane", "status", "id"),
    Index("ix_delivery_channel_provider_id", "channel", "provider_id"),
)

inbound = Table(
    "inbound",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("account", String(64), primary_key=True),
    Column("provider_id", String(80), primary_key=True),
    Column("session", Id, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("api_key", Id, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("customer", Id, nullable=False),
    Column("session", Id, nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("link", BigInteger),
    Column("app", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("delivery", Id),
    Column("not_before", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("held_back", String(32), nullable=False, server_default=""),
)

callback = Table(
    "callback",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("session", Id, nullable=False, index=True),
    Column("customer", Id, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("details", LargeBinary, nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("agent", Id),
    Column("created_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Index("ix_callback_site_state_due", "site", "state", "due"),
)

challenge = Table(
    "challenge",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("grant", Id, nullable=False, index=True),
    Column("session", Id, nullable=False),
    Column("action", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("bucket", String(128), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Index("ix_attempt_bucket_at", "bucket", "at"),
)

due = Table(
    "due",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("session", Id, nullable=False, index=True),
    Column("run", Id),
    Column("kind", String(16), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("epoch", Integer, nullable=False),
)

file = Table(
    "file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("session", Id, index=True),
    Column("customer", Id, index=True),
    Column("name", LargeBinary, nullable=False),
    Column("type", String(80), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

calendar = Table(
    "calendar",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site", "name"),
)

slot = Table(
    "slot",
    metadata,
    Column("id", Id, primary_key=True),
    Column("calendar", Id, nullable=False),
    Column("starts", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("capacity", Integer, nullable=False),
    UniqueConstraint("calendar", "starts"),
)

booking = Table(
    "booking",
    metadata,
    Column("slot", Id, primary_key=True),
    Column("run", Id, primary_key=True),
    Column("step", String(64), nullable=False),
    Column("session", Id, nullable=False, index=True),
    Column("held_until", BigInteger),  # empty: booked
    Column("at", BigInteger, nullable=False),
    Index("ix_booking_run", "run"),
)

publication = Table(
    "publication",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("hash", String(64)),  # empty: taken back
    Column("by", String(128), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_publication_site_name", "site", "name", "id"),
)

model = Table(
    "model",
    metadata,
    Column(
        "of", String(160), primary_key=True
    ),  # what it understands: a step of a flow's version, or what opens a flow
    Column("hash", String(64), nullable=False),
    Column("data", LargeBinary, nullable=False),  # an .npz of plain arrays, never a pickle
    Column("created_at", BigInteger, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", Id, nullable=False),
    Column("name", String(64), nullable=False),
    Column("file", String(16), nullable=False),  # empty: the flow itself; a language; or test
    Column("rev", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(128), nullable=False),
    Column("why", String(16), nullable=False),
    Column("base", String(64), nullable=False),  # the version that was published when the draft was begun
    Column("at", BigInteger, nullable=False),
    Column("closed", String(16), nullable=False),  # empty: open; or what became of it
    UniqueConstraint("site", "name", "file", "rev"),
)

source = Table(
    "source",
    metadata,
    Column("site", Id, primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("texts", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# A projection: what became of a run at each of its steps.
run_step = Table(
    "run_step",
    metadata,
    Column("run", Id, primary_key=True),
    Column("step", String(129), primary_key=True),
    Column("session", Id, nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("entered", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("misunderstood", Integer, nullable=False),
    Column("handed", Integer, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("last_at", BigInteger, nullable=False),
)
