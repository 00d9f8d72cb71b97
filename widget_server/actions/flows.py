"""Versions of flows: publish, take back, list, who did it when, what is new, and what a new version leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from disposable.definition import Flow
from widget_server.actions import models
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World
from widget_server.clock import to_wire
from widget_server.store import drafts, links, publications
from widget_server.store.database import Tx

NOTE, LINE = 500, 160


@dataclass(frozen=True, slots=True)
class Note:
    """What a new version leaves behind, as a catalog's key and its values."""

    key: str
    values: Mapping[str, str]

    def text(self, speak: Callable[..., str]) -> str:
        """In the language `speak` (world.speak(locale)) is bound to."""
        return speak(self.key, **self.values)


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: the version's hash, the one before it ("" for none), and what is left behind."""

    hash: str
    before: str
    notes: tuple[Note, ...]

    @property
    def changed(self) -> bool:
        return self.hash != self.before


def publish(
    world: World, site: str, flow: Flow, by: str = "", note: str = "", texts: Mapping[str, str] | None = None
) -> Published:
    """Makes a flow the one that new links of its name open. Runs under way keep theirs; the same version again is no news.

    `by` says who (an agent's e-mail, an operator's name), `note` why. `texts` are what it was written as, file by file ("" is
    the flow, then languages and test): comments and all, for whoever goes on writing.
    """
    return publish_all(world, site, [flow], by, note, texts)[0]


def publish_all(
    world: World,
    site: str,
    flows: Sequence[Flow],
    by: str = "",
    note: str = "",
    texts: Mapping[str, str] | None = None,
) -> list[Published]:
    """Publishes several at once. What their words mean is learnt first, outside the transaction: that takes its time."""
    with world.store.read() as tx:
        known = world.flows.published(tx, site)
    news = [flow for flow in flows if flow.app not in known or known[flow.app].hash != flow.hash]
    wanted: dict[str, dict[str, list[str]]] = {}
    if news:
        wanted = models.of_openings(site, known | {flow.app: flow for flow in news})
    for flow in news:
        wanted |= models.of_flow(flow)
    learned = models.learn(wanted)
    with world.store.write() as tx:
        models.keep(tx, wanted, learned)
        return [_publish(world, tx, site, flow, by, note, texts) for flow in flows]


def _publish(
    world: World, tx: Tx, site: str, flow: Flow, by: str, note: str, texts: Mapping[str, str] | None
) -> Published:
    tx.serialise(f"publish {site} {flow.app}")
    named = world.flows.named(tx, site, flow.app)
    before, old = named or ("", None)
    if before != flow.hash:
        links.publish(tx, site, flow.app, flow.hash, flow.to_json())
        publications.note(tx, site, flow.app, flow.hash, by[:128], note[:NOTE])
    if texts:
        drafts.keep_source(tx, site, flow.hash, texts)
    return Published(flow.hash, before, left_behind(old, flow) if old else ())


def unpublish(world: World, site: str, name: str, by: str = "", note: str = "") -> None:
    """Takes a name back: new links of it are refused, those sent and runs under way go on. Raises NotFound."""
    with world.store.read() as tx:
        left = {app: flow for app, flow in world.flows.published(tx, site).items() if app != name}
    wanted = models.of_openings(site, left)
    learned = models.learn(wanted)
    with world.store.write() as tx:
        if not links.unpublish(tx, site, name):
            raise NotFound("app", name)
        publications.note(tx, site, name, None, by[:128], note[:NOTE])
        models.keep(tx, wanted, learned)


def listed(world: World, site: str) -> list[dict[str, Any]]:
    """Every flow of a site, by name: {name, hash, purpose, at}; `hash` is empty for one that was taken back."""
    with world.store.read() as tx:
        live = {row.name: row for row in links.all_published(tx, site)}
        return [_line(world, tx, name, live.get(name)) for name in sorted({*live, *publications.names(tx, site)})]


def _line(world: World, tx: Tx, name: str, row: Any) -> dict[str, Any]:
    if row is None:
        return {"name": name, "hash": "", "purpose": "", "at": ""}
    return {"name": name, "hash": row.hash, "purpose": world.flows.pinned(tx, row.hash).purpose, "at": to_wire(row.at)}


def history(world: World, site: str, name: str) -> list[dict[str, str]]:
    """What became of a name, newest first: {at, by, hash, note}; `hash` is empty where it was taken back. Raises NotFound."""
    with world.store.read() as tx:
        rows = publications.history(tx, site, name)
        if not rows:
            raise NotFound("app", name)
        return [{"at": to_wire(row.at), "by": row.by, "hash": row.hash or "", "note": row.note} for row in rows]


def version(world: World, site: str, name: str, hash_: str = "") -> Flow:
    """A version that was published here, by the beginning of its hash; without one the version of now. Raises NotFound."""
    with world.store.read() as tx:
        if not hash_:
            named = world.flows.named(tx, site, name)
            if named is None:
                raise NotFound("app", name)
            return named[1]
        known = [row.hash for row in publications.history(tx, site, name) if (row.hash or "").startswith(hash_)]
        if len(set(known)) != 1:
            raise NotFound("version", hash_)
        return world.flows.pinned(tx, known[0])


def diff(old: Flow, new: Flow) -> list[str]:
    """What is new, a line each: `+ path: value`, `- path: value`, `~ path: before -> after`."""
    before, after = (flow.model_dump(mode="json", by_alias=True, exclude_defaults=True) for flow in (old, new))
    return list(_differences("", before, after))


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in (*old, *(one for one in new if one not in old)):
            inner = f"{path}.{name}" if path else name
            if name not in new:
                yield f"- {inner}{_value(old[name])}"
            elif name not in old:
                yield f"+ {inner}{_value(new[name])}"
            else:
                yield from _differences(inner, old[name], new[name])
        if list(old) != list(new) and old.keys() == new.keys():
            yield f"~ {path}: {', '.join(old)} -> {', '.join(new)}"
    elif old != new:
        yield f"~ {path}: {_short(old)} -> {_short(new)}"


def _value(value: Any) -> str:
    return f": {_short(value)}" if value not in ({}, [], None, "") else ""


def _short(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, dict) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LINE else text[: LINE - 1] + "…"


def left_behind(old: Flow, new: Flow) -> tuple[Note, ...]:
    """What runs of before have and new ones do not: names no longer asked or saved, and names that are something else now."""
    asked, asks = _asked(old), _asked(new)
    saved, saves = _saved(old), _saved(new)
    notes = [Note("version.unasked", {"name": name}) for name in asked if name not in asks]
    notes += [Note("version.unsaved", {"name": name}) for name in saved if name not in saves and name not in asks]
    notes += [
        Note("version.kind", {"name": name, "before": kind, "after": asks[name]})
        for name, kind in asked.items()
        if name in asks and asks[name] != kind
    ]
    return tuple(notes)


def _asked(flow: Flow) -> dict[str, str]:
    """The names under which a flow's fields are answered, and their kinds."""
    return {step.field.save or name: step.field.kind for name, step in flow.steps.items() if step.field}


def _saved(flow: Flow) -> list[str]:
    """The names under which calls and waits save what came of them."""
    others = [one for step in flow.steps.values() for one in (step.do, step.wait) if one is not None]
    return list(dict.fromkeys(one.save for one in others if one.save))
