"""Files people send: the row in the database, the bytes in the data folder, sealed with the customer's own key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uuid_utils.compat import uuid7

from widget_server.actions import access
from widget_server.actions.access import Grant, Seat, Who
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.world import World
from widget_server.events import Actor, Draft, Event
from widget_server.store import log, records
from widget_server.store.vault import seal, unseal

MAX_FILE = 10 * 1024 * 1024
KINDS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is handed out."""

    name: str
    type: str
    data: bytes


def kind_of(data: bytes) -> str | None:
    """The type by content, never by name: PDF, PNG, JPEG, WebP or plain text; None for anything else."""
    for magic, kind in KINDS.items():
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return "text/plain" if "\0" not in text and "<" not in text[:512] else None


def keep(world: World, who: Who, session: str, name: str, data: bytes, key: str) -> dict[str, Any]:
    """Stores a file of a session and says so in its log. Raises Invalid for a type or size we do not take.

    A customer's own window uploads from tier 2 on: Refused("tier") below it.
    """
    if isinstance(who, Grant) and who.tier < 2:
        raise Refused("tier", needs=2)
    kind = kind_of(data)
    if kind is None:
        raise Invalid([("file", "send a PDF, PNG, JPEG, WebP or plain text")])
    if not 0 < len(data) <= MAX_FILE:
        raise Invalid([("file", f"1 to {MAX_FILE} bytes")])
    clean = "".join(c for c in Path(name.replace("\\", "/")).name if c.isprintable())[:120] or "file"
    with world.store.write() as tx:
        access.session_for(tx, who, session)
        known = log.by_key(tx, session, key)
        if known is not None:
            return _before(known, key, {"name": clean, "type": kind, "size": len(data)})
        row = log.locked(tx, session)
        file_id = str(uuid7())
        records.add_file(tx, row, clean, kind, len(data), file_id)
        body = {"file": file_id, "name": clean, "type": kind, "size": len(data)}
        own = isinstance(who, Grant)
        actor = (
            Actor("customer", row["customer"]) if own else Actor("agent" if isinstance(who, Seat) else "key", who.id)
        )
        grant = who.id if own else row["last_grant"]
        log.append(
            tx, session, Draft("file", body, key, actor, who.channel if isinstance(who, Grant) else "", grant=grant)
        )
        path = _path(world, file_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seal(tx.vault.unwrap(row["data_key"]), data, f"bytes {file_id}"))
        return body


def _before(known: Event, key: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a retry is answered. Raises KeyReused for another file, SessionClosed where it was forgotten."""
    if known.body is None:
        raise log.SessionClosed(known.session)
    if known.kind != "file" or {**known.body, **given} != known.body:
        raise log.KeyReused(key)
    return dict(known.body)


def fetch(world: World, who: Who, file_id: str) -> Kept:
    """A file, for whoever may see its session. Raises NotFound."""
    with world.store.read() as tx:
        found = records.file(tx, file_id)
        if found is None:
            raise NotFound("file", file_id)
        row, name, data_key = found
        access.session_for(tx, who, row.session)
        if isinstance(who, Grant) and who.tier < 2 and not _mine(tx, who, row.session, file_id):
            raise NotFound("file", file_id)
        try:
            sealed = _path(world, file_id).read_bytes()
        except FileNotFoundError:
            raise NotFound("file", file_id) from None
        return Kept(name, row.type, unseal(tx.vault.unwrap(data_key), sealed, f"bytes {file_id}"))


def _mine(tx: Any, who: Grant, session: str, file_id: str) -> bool:
    listed = (one for one in log.every(tx, session) if one.kind == "file" and (one.body or {}).get("file") == file_id)
    return any(one.grant == who.id for one in listed)


def remove(world: World, file_id: str) -> None:
    _path(world, file_id).unlink(missing_ok=True)


def _path(world: World, file_id: str) -> Path:
    return Path(world.settings.data_dir) / "files" / file_id[-2:] / file_id
