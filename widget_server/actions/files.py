"""Files people send: the row in the database, the bytes in the data folder, sealed with the customer's own key.

The bytes are on the disk before the transaction begins that tells of them, so that nobody waits for a disk while others wait
for the database; what no transaction came to tell of is removed again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uuid_utils.compat import uuid7

from widget_server.actions import access, pictures, uploads
from widget_server.actions.access import ApiKey, Grant, Seat, Who
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.uploads import Sent, Taken, Unfit
from widget_server.actions.world import World, row_of
from widget_server.aside import aside
from widget_server.events import Actor, Draft, Event
from widget_server.store import files as stored
from widget_server.store import links, log
from widget_server.store.database import Tx
from widget_server.store.vault import seal, unseal

SESSION_BYTES, SESSION_FILES = 100 * 1024**2, 200
SITE_BYTES = 50 * 1024**3
"""Room for what is kept, unless the site's options files_session_bytes, files_session and files_site_bytes say otherwise."""


TYPES = (pictures.JPEG, pictures.PNG, pictures.WEBP, "application/pdf", "text/plain")
"""What a file may be, when it is handed out."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is handed out."""

    name: str
    type: str
    data: bytes


@dataclass
class Batch:
    """Files whose bytes lie ready. They are kept once `told` is called in a transaction; until then they are nobody's."""

    files: dict[str, Taken]
    kept: bool = False

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What an event, or an answer, says of each."""
        return [
            {"file": name, "name": one.name, "type": one.type, "size": len(one.data)}
            for name, one in self.files.items()
        ]

    def told(self, tx: Tx, session: str, by: Draft) -> None:
        """Notes each in the session's log, as `by` says who, where from and under which key. Raises Unfit: no room."""
        row = log.locked(tx, session)
        _room(tx, row, self.files.values())
        for number, body in enumerate(self.bodies, 1):
            stored.add(tx, body["file"], row, body["name"], body["type"], body["size"])
            key = f"{by.key}/file/{number}" if len(self.files) > 1 or by.run else by.key
            log.append(tx, session, _like(by, key, body))
        self.kept = True


def _like(by: Draft, key: str, body: dict[str, Any]) -> Draft:
    return Draft("file", body, key, by.actor, by.channel, by.device, by.run, grant=by.grant)


def _room(tx: Tx, session: dict[str, Any], more: Iterable[Taken]) -> None:
    options = row_of(tx, session["site"]).options
    sizes = [len(one.data) for one in more]
    mine, all_ = stored.use(tx, session=session["id"]), stored.use(tx, site=session["site"])
    full = (
        mine.size + sum(sizes) > int(options.get("files_session_bytes", SESSION_BYTES))
        or mine.count + len(sizes) > int(options.get("files_session", SESSION_FILES))
        or all_.size + sum(sizes) > int(options.get("files_site_bytes", SITE_BYTES))
    )
    if full:
        raise Unfit("upload_room", "there is no room for more files")


@contextmanager
def laid(world: World, session: str, files: Iterable[Taken]) -> Iterator[Batch]:
    """Files laid ready for a session, and taken away again unless the block told of them and ended well."""
    with world.store.read() as tx:
        wrapped = log.locked(tx, session)["data_key"]
        if wrapped is None:
            raise log.SessionClosed(session)
        key = tx.vault.unwrap(wrapped)
    batch = Batch({str(uuid7()): one for one in files})
    try:
        for name, one in batch.files.items():
            _lay(world, name, seal(key, one.data, f"bytes {name}"))
        yield batch
    except BaseException:
        batch.kept = False
        raise
    finally:
        if not batch.kept:
            for name in batch.files:
                remove(world, name)


def _lay(world: World, file_id: str, sealed: bytes) -> None:
    path = _path(world, file_id)

    def write() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())

    aside(write)


def keep(world: World, who: Who, session: str, name: str, data: bytes, key: str) -> dict[str, Any]:
    """Stores a file of a session and says so in its log. Raises Invalid for a type or size we do not take, Refused("no-room").

    A customer's own window uploads from tier 2 on: Refused("tier") below it.
    """
    if isinstance(who, Grant) and who.tier < 2:
        raise Refused("tier", needs=2)
    with world.store.read() as tx:
        closed = access.session_for(tx, who, session).status == "closed"
        if closed and log.by_key(tx, session, key) is None:
            raise log.SessionClosed(session)
    taken = _taken(name, data)
    with laid(world, session, [taken]) as batch, world.store.write() as tx:
        row = access.session_to_write(tx, who, session)
        (body,) = batch.bodies
        known = log.by_key(tx, session, key)
        if known is not None:
            return _before(known, key, {name: body[name] for name in ("name", "type", "size")})
        grant = who.id if isinstance(who, Grant) else row["last_grant"]
        channel = who.channel if isinstance(who, Grant) else ""
        try:
            batch.told(tx, session, Draft("file", {}, key, _actor(who, row), channel, grant=grant))
        except Unfit:
            raise Refused("no-room") from None
        return body


def _taken(name: str, data: bytes) -> Taken:
    try:
        return uploads.take(Sent(name, lambda: data))
    except Unfit as unfit:
        raise Invalid([("file", str(unfit))]) from None


def _actor(who: Who, row: dict[str, Any]) -> Actor:
    if isinstance(who, Grant):
        return Actor("customer", row["customer"])
    return Actor("agent" if isinstance(who, Seat) else "key", who.id)


def _before(known: Event, key: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a retry is answered. Raises KeyReused for another file, SessionClosed where it was forgotten."""
    if known.body is None:
        raise log.SessionClosed(known.session)
    if known.kind != "file" or {**known.body, **given} != known.body:
        raise log.KeyReused(key)
    return dict(known.body)


def keep_for_site(world: World, who: ApiKey, name: str, data: bytes) -> dict[str, Any]:
    """Stores a file that belongs to no person: a picture that the site's flows show. Raises Invalid, Refused("no-room")."""
    taken, file_id = _taken(name, data), str(uuid7())
    with world.store.read() as tx:
        if stored.use(tx, site=who.site).size + len(taken.data) > int(
            row_of(tx, who.site).options.get("files_site_bytes", SITE_BYTES)
        ):
            raise Refused("no-room")
        sealed = tx.vault.seal_own(taken.data, f"bytes {file_id}")
    _lay(world, file_id, sealed)
    with world.store.write() as tx:
        stored.add_to_site(tx, file_id, who.site, taken.name, taken.type, len(taken.data))
    return {"file": file_id, "name": taken.name, "type": taken.type, "size": len(taken.data)}


def fetch(world: World, who: Who, file_id: str, *, small: bool = False) -> Kept:
    """A file, for whoever may see its session; `small`: of a picture, one to be looked at in a list. Raises NotFound."""
    kept = _fetched(world, who, file_id)
    if not small or kept.type not in uploads.PICTURES:
        return kept
    drawn = pictures.redrawn(kept.data, kept.type, pictures.SMALL)
    return Kept(kept.name, drawn.type, drawn.data)


def _fetched(world: World, who: Who, file_id: str) -> Kept:
    with world.store.read() as tx:
        found = stored.get(tx, file_id)
        if found is None:
            raise NotFound("file", file_id)
        row, name, data_key = found
        _may_see(tx, who, row.site, row.session, file_id)
        try:
            sealed = _path(world, file_id).read_bytes()
        except FileNotFoundError:
            raise NotFound("file", file_id) from None
        about = f"bytes {file_id}"
        data = (
            tx.vault.open_own(sealed, about) if data_key is None else unseal(tx.vault.unwrap(data_key), sealed, about)
        )
        return Kept(name, row.type, data)


def _may_see(tx: Tx, who: Who, site: str, session: str | None, file_id: str) -> None:
    if session is None:
        if site != who.site:
            raise NotFound("file", file_id)
        return
    access.session_for(tx, who, session)
    if isinstance(who, Grant) and who.tier < 2 and not _mine(tx, who, session, file_id):
        raise NotFound("file", file_id)


def _mine(tx: Tx, who: Grant, session: str, file_id: str) -> bool:
    listed = (one for one in log.of_kind(tx, session, "file") if (one.body or {}).get("file") == file_id)
    return any(one.grant == who.id for one in listed)


UNFINISHED = frozenset({"new", "asking"})


def abandoned(tx: Tx, session: str) -> set[str]:
    """What was sent to runs that nobody finished, in a session that closes by itself: it was for something that never came
    about, so its rows go. Returns the files, whose bytes are to go once that is committed."""
    left = {run.id for run in links.runs(tx, session) if run.status in UNFINISHED}
    events = log.of_kind(tx, session, "file") if left else []
    gone = {str(one.body["file"]) for one in events if one.run in left and one.body}
    if gone:
        stored.drop(tx, gone)
    return gone


STRAY_MS = 86_400_000


def sweep(world: World) -> int:
    """Removes bytes that no row tells of: of a server that died in between. Returns how many."""
    before = (world.clock() - STRAY_MS) / 1000
    folder = Path(world.settings.data_dir) / "files"
    old = [path for path in folder.glob("*/*") if path.stat().st_mtime < before]
    with world.store.read() as tx:
        strays = [path for path in old if path.name not in stored.known(tx, [path.name])]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def remove(world: World, file_id: str) -> None:
    """Its bytes are gone; that its row goes is the caller's business."""
    _path(world, file_id).unlink(missing_ok=True)


def _path(world: World, file_id: str) -> Path:
    return Path(world.settings.data_dir) / "files" / file_id[-2:] / file_id
