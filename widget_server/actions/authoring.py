"""Writing flows at the desk: drafts that several people may hold at once, and the texts of what is published.

A flow is written in files, as on disk: "" is the flow itself, a language its translation, "test" its transcripts. A draft is the
saves that are open; without one, the text is that of the published version. Whoever saves says which state they began from: if
that is not the last one, they are told, and nothing is overwritten. Every save is kept, with who made it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from disposable import folders, loading, source, writing
from disposable.definition import Flow
from disposable.values import WORD
from widget_server.actions import flows
from widget_server.actions.access import Seat
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.world import World
from widget_server.store import accounts, drafts, links, publications, steps
from widget_server.store.database import Row, Tx

FLOW, TESTS = "", "test"
WRITERS = ("supervisor", "admin")
MOST_FILES = 40
_FILE = re.compile(r"(?:|test|[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)")
_APP = re.compile(r"^app: *\S+", re.MULTILINE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Overtaken(Exception):
    """Somebody saved the file, or published the flow, since it was read: who, when (ms), their text, and its mark."""

    def __init__(self, file: str, by: str, at: int, text: str, mark: str) -> None:
        super().__init__(f"{by} saved it in the meantime")
        self.file, self.by, self.at, self.text, self.mark = file, by, at, text, mark


@dataclass(frozen=True)
class Texts:
    """A flow as it is written now. `files`: text by file; `marks`: the state of each, to be named when it is saved;
    `hash`: the published version, "" for none; `stale`: another version was published since the draft was begun;
    `made_up`: nobody kept the text of the published version, so it was written from its definition."""

    name: str
    files: Mapping[str, str]
    marks: Mapping[str, str]
    revs: Mapping[str, int]
    hash: str
    by: str = ""
    at: int = 0
    is_draft: bool = False
    stale: bool = False
    made_up: bool = False

    @property
    def digest(self) -> str:
        """Another one for every change of any of its files."""
        return hashlib.sha256(json.dumps(sorted(self.files.items())).encode()).hexdigest()[:24]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(file for file in self.files if file not in (FLOW, TESTS))

    def mark(self, file: str) -> str:
        """The state of a file, those included that are not there yet."""
        return self.marks.get(file) or _mark(None, self.hash)

    def called(self, file: str) -> str:
        """What a file would be called on disk."""
        return f"{self.name}.{file}.yaml" if file else f"{self.name}.yaml"


def is_file(file: str) -> bool:
    """Whether a flow can have a file of that name."""
    return _FILE.fullmatch(file) is not None


def may_write(who: Seat) -> bool:
    """Everybody at the desk may look and try; supervisors and administrators write and publish."""
    return who.role in WRITERS


def writer(tx: Tx, who: Seat) -> str:
    """The name under which a seat writes. Raises Refused."""
    if not may_write(who):
        raise Refused("role")
    row = accounts.agent(tx, who.id)
    return str(row.email) if row else who.name


# what there is


def listed(world: World, who: Seat) -> list[dict[str, Any]]:
    """The flows of the site, by name: those of flows.listed with who published, what is being written, and what runs."""
    there = {one["name"]: one for one in flows.listed(world, who.site)}
    with world.store.read() as tx:
        running, written = steps.running(tx, who.site), {row.name: row for row in drafts.opened(tx, who.site)}
        for name in written:
            there.setdefault(name, {"name": name, "hash": "", "purpose": "", "at": ""})
        return [
            {**one, **_known(tx, who.site, name), "running": running.get(name, 0), "draft": _draft(written.get(name))}
            for name, one in sorted(there.items())
        ]


def _known(tx: Tx, site: str, name: str) -> dict[str, Any]:
    last = next(iter(publications.history(tx, site, name, 1)), None)
    state = "new" if last is None else "published" if last.hash else "taken"
    return {"state": state, "by": last.by if last else "", "changed": last.at if last else 0}


def _draft(row: Row | None) -> dict[str, Any] | None:
    return {"by": row.by, "at": row.at} if row else None


@lru_cache(maxsize=1)
def gallery() -> tuple[tuple[str, str], ...]:
    """The flows that are shipped, as starting points: name and purpose."""
    return tuple((name, _purpose(text)) for name, text in loading.gallery().items())


def _purpose(text: str) -> str:
    root = source.compose(text)
    if not isinstance(root, yaml.MappingNode):
        return ""
    return next((str(value.value) for key, value in source.pairs(root) if key.value == "purpose"), "")


def texts(world: World, who: Seat, name: str) -> Texts:
    """A flow as it is written now. Raises NotFound."""
    with world.store.read() as tx:
        return texts_in(world, tx, who.site, name)


def texts_in(world: World, tx: Tx, site: str, name: str) -> Texts:
    saves, history = drafts.newest(tx, site, name), publications.history(tx, site, name)
    if not saves and not history:
        raise NotFound("flow", name)
    hash_, last = links.published(tx, site, name) or "", history[0] if history else None
    opened = {file: row for file, row in saves.items() if not row.closed}
    # One that was taken back is still what one goes on writing.
    version = hash_ or next((row.hash for row in history if row.hash), "")
    before, made_up = of_version(world, tx, site, version) if version else ({}, False)
    files = {**before, **{file: row.text for file, row in opened.items()}}
    files = {FLOW: files.get(FLOW, ""), **{file: text for file, text in sorted(files.items()) if file and text.strip()}}
    newest = max(opened.values(), key=lambda row: int(row.at), default=last)
    return Texts(
        name,
        files,
        {file: _mark(saves.get(file), hash_) for file in {*files, *saves}},
        {file: row.rev for file, row in opened.items()},
        hash_,
        by=newest.by if newest else "",
        at=newest.at if newest else 0,
        is_draft=bool(opened),
        stale=any(row.base != hash_ for row in opened.values()),
        made_up=made_up and FLOW not in opened,
    )


def _mark(row: Row | None, hash_: str) -> str:
    """The state of a file: its last save, and the published version where that is what one reads."""
    return f"{row.rev if row else 0}-{'' if row and not row.closed else hash_[:12]}"


def of_version(world: World, tx: Tx, site: str, hash_: str) -> tuple[dict[str, str], bool]:
    """What a published version was written as, and whether that had to be made up."""
    kept = drafts.source(tx, site, hash_)
    return (kept, False) if kept else _made_up(world.flows.pinned(tx, hash_))


def _made_up(flow: Flow) -> tuple[dict[str, str], bool]:
    text = loading.gallery().get(flow.app, "")
    if text and loading.load(text).hash == flow.hash:
        return {file: one for file, one in shipped(flow.app).items() if file in (FLOW, TESTS)}, False
    if text and folders.shipped(flow.app).hash == flow.hash:
        return shipped(flow.app), False
    return {FLOW: writing.yaml_of(flow), **writing.translations_of(flow)}, True


def shipped(name: str, called: str = "") -> dict[str, str]:
    """The files of a flow of the gallery, under another name if one is given. Raises NotFound."""
    if name not in loading.gallery():
        raise NotFound("flow", name)
    found = {}
    for path in sorted(loading.GALLERY.glob(f"{name}.*")):
        file = path.name.removeprefix(name).removesuffix("yaml").strip(".")
        found[file] = path.read_text("utf-8")
    if called:
        found[FLOW] = _APP.sub(f"app: {called}", found[FLOW], count=1)
    return found


# writing


def begin(world: World, who: Seat, name: str, files: Mapping[str, str]) -> None:
    """A draft under a name nobody has here yet. Raises Invalid with `name`: odd or taken."""
    if not WORD.fullmatch(name):
        raise Invalid([("name", "odd")])
    with world.store.write() as tx:
        by = writer(tx, who)
        tx.serialise(f"draft {who.site} {name}")
        opened = any(not row.closed for row in drafts.newest(tx, who.site, name).values())
        if opened or publications.history(tx, who.site, name, 1):
            raise Invalid([("name", "taken")])
        _store(tx, who.site, name, files, by, "begun", "")


def save(world: World, who: Seat, name: str, file: str, text: str, mark: str) -> str:
    """Saves one file over the state `mark`; the new mark. An empty translation is none. Raises Overtaken, Invalid, NotFound."""
    if not is_file(file):
        raise Invalid([("file", "language")])
    text = text.replace("\r\n", "\n")
    if len(text.encode("utf-8", "replace")) > source.MAX_BYTES or _UNSTORABLE.search(text):
        raise Invalid([("text", "unfit")])
    with world.store.write() as tx:
        by = writer(tx, who)
        tx.serialise(f"draft {who.site} {name}")
        now = texts_in(world, tx, who.site, name)
        stands = now.mark(file)
        if stands != mark:
            raise Overtaken(file, now.by, now.at, now.files.get(file, ""), stands)
        if now.files.get(file, "") == text:
            return stands
        if file not in now.files and len(now.files) >= MOST_FILES:
            raise Invalid([("file", "many")])
        _store(tx, who.site, name, {file: text}, by, "saved", _base(tx, who.site, name, now.hash))
        return texts_in(world, tx, who.site, name).mark(file)


def drop(world: World, who: Seat, name: str) -> None:
    """Throws away what is being written; its saves can still be read. Raises NotFound."""
    with world.store.write() as tx:
        writer(tx, who)
        if not drafts.close(tx, who.site, name, "dropped"):
            raise NotFound("draft", name)


def bring_back(world: World, who: Seat, name: str, hash_: str) -> None:
    """Makes an earlier version the draft: every file as it was then. Raises NotFound."""
    known = flows.version(world, who.site, name, hash_)
    with world.store.write() as tx:
        by = writer(tx, who)
        tx.serialise(f"draft {who.site} {name}")
        now = texts_in(world, tx, who.site, name)
        before, _ = of_version(world, tx, who.site, known.hash)
        files = {file: before.get(file, "") for file in {*now.files, *before}}
        drafts.close(tx, who.site, name, "replaced")
        _store(tx, who.site, name, files, by, "restored", now.hash)


def take_up(world: World, who: Seat, name: str, save_id: str) -> str:
    """Makes an earlier save of one file its last one; which file. Raises NotFound."""
    with world.store.write() as tx:
        by = writer(tx, who)
        tx.serialise(f"draft {who.site} {name}")
        row = drafts.saved(tx, who.site, name, save_id)
        if row is None:
            raise NotFound("save", save_id)
        now = texts_in(world, tx, who.site, name)
        _store(tx, who.site, name, {row.file: row.text}, by, "restored", _base(tx, who.site, name, now.hash))
        return str(row.file)


def _base(tx: Tx, site: str, name: str, hash_: str) -> str:
    """The version the draft was begun over: that of its open saves, else the one of now."""
    opened = [row for row in drafts.newest(tx, site, name).values() if not row.closed]
    return str(opened[0].base) if opened else hash_


def _store(tx: Tx, site: str, name: str, files: Mapping[str, str], by: str, why: str, base: str) -> None:
    last = drafts.newest(tx, site, name)
    for file, text in files.items():
        rev = last[file].rev + 1 if file in last else 1
        drafts.save(tx, site, name, file, rev, text=text, by=by, why=why, base=base)


def saves(world: World, who: Seat, name: str) -> list[Row]:
    """Who saved which file when, newest first."""
    with world.store.read() as tx:
        return drafts.saves(tx, who.site, name)


def saved(world: World, who: Seat, name: str, save_id: str) -> Row:
    """One save, with its text. Raises NotFound."""
    with world.store.read() as tx:
        row = drafts.saved(tx, who.site, name, save_id)
        if row is None:
            raise NotFound("save", save_id)
        return row
