"""What a draft is worth before it is published: mistakes, five faces, transcripts, what it changes; and publishing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from disposable import capability, loading, simulate, transcripts
from disposable.capability import Fit
from disposable.definition import Flow
from disposable.loading import FlowInvalid, Mistake
from disposable.playground import Playground
from disposable.simulate import Played
from disposable.transcripts import TranscriptsInvalid
from widget_server.actions import authoring, flows
from widget_server.actions.access import Seat
from widget_server.actions.authoring import FLOW, TESTS, Overtaken, Texts
from widget_server.actions.errors import Invalid, NotFound
from widget_server.actions.flows import Note, Published
from widget_server.actions.world import World
from widget_server.aside import aside
from widget_server.store import drafts


@dataclass(frozen=True)
class Checked:
    """A flow as it was read, None if it could not be; what is wrong with it and its transcripts; what translations lack."""

    flow: Flow | None
    mistakes: tuple[Mistake, ...]
    lacking: Mapping[str, list[str]]

    @property
    def is_sound(self) -> bool:
        """Whether it can be published; transcripts are no part of it."""
        return self.flow is not None


def check(world: World, who: Seat, held: Texts) -> Checked:
    """Every mistake there is."""

    try:
        flow = _load(world, who, held)
    except FlowInvalid as invalid:
        return Checked(None, tuple(invalid.mistakes), {})
    return Checked(flow, tuple(_mistakes_in_tests(held, flow)), loading.missing(flow))


def _load(world: World, who: Seat, held: Texts) -> Flow:
    translations = {file: held.files[file] for file in held.languages}
    file = held.called(FLOW)
    flow = loading.load(held.files[FLOW], file, _beside(world, who), translations)
    if flow.app != held.name:
        line = next((at for at, text in enumerate(held.files[FLOW].split("\n"), 1) if text.startswith("app:")), 1)
        raise FlowInvalid([Mistake(file, line, f"`app` is `{flow.app}`, and this is the draft of `{held.name}`")])
    return flow


def _mistakes_in_tests(held: Texts, flow: Flow) -> list[Mistake]:
    written = held.files.get(TESTS, "")
    try:
        if written:
            transcripts.read(written, flow, held.called(TESTS))
    except TranscriptsInvalid as invalid:
        return list(invalid.mistakes)
    return []


def _beside(world: World, who: Seat) -> Callable[[str], str | None]:
    """Finds the flows that one runs (`NAME`, `NAME.de`): those of the site as they are published, else the shipped ones."""

    def find(called: str) -> str | None:
        name, _, language = called.partition(".")
        with world.store.read() as tx:
            named = world.flows.named(tx, who.site, name)
            files = authoring.of_version(world, tx, who.site, named[0])[0] if named else {}
        if not files and name in loading.gallery():
            files = authoring.shipped(name)
        return files.get(language)

    return find


def playground(world: World, who: Seat, held: Texts) -> Playground:
    """The flow to be tried on its five faces; nothing of it is kept."""
    return Playground(
        held.files[FLOW],
        held.files.get(TESTS, ""),
        lambda locale: lambda key, **values: world.words.text(key, world.words.language(locale), **values),
        file=held.called(FLOW),
        tests_file=held.called(TESTS),
        load=lambda text, _: _load(world, who, replace(held, files={**held.files, FLOW: text})),
    )


def typed(held: Texts, file: str, text: str | None) -> Texts:
    """The same with what stands in an editor now instead of one of its files."""
    if text is None:
        return held
    files = {**held.files, file: text.replace("\r\n", "\n")}
    return replace(held, files={one: files[one] for one in files if one == FLOW or files[one].strip()})


def table(flow: Flow) -> Mapping[str, Mapping[str, Fit]]:
    """How each step stands on each channel."""
    return capability.table(flow)


@dataclass(frozen=True)
class Review:
    """What publishing a draft would do. `played`: its transcripts; `changes`: lines of flows.diff; `fresh`: no version before;
    `same`: nothing but comments or transcripts is new."""

    checked: Checked
    changes: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    played: tuple[Played, ...] = ()
    fresh: bool = False
    same: bool = False

    @property
    def failed(self) -> tuple[Played, ...]:
        return tuple(one for one in self.played if one.failure)


def review(world: World, who: Seat, held: Texts) -> Review:
    """Looks a draft over before it is published."""
    checked = check(world, who, held)
    flow = checked.flow
    if flow is None:
        return Review(checked)
    played = aside(lambda: _played(world, held, flow))
    try:
        old = flows.version(world, who.site, held.name)
    except NotFound:
        return Review(checked, played=played, fresh=True)
    changes = tuple(flows.diff(old, flow))
    return Review(checked, changes, flows.left_behind(old, flow), played, same=old.hash == flow.hash)


def _played(world: World, held: Texts, flow: Flow) -> tuple[Played, ...]:
    written, file = held.files.get(TESTS, ""), held.called(TESTS)
    try:
        found = transcripts.read(written, flow, file) if written else None
    except TranscriptsInvalid:
        found = None
    if found is None:
        return ()
    return tuple(
        simulate.play_all(
            flow,
            found,
            lambda locale: lambda key, **values: world.words.text(key, world.words.language(locale), **values),
        )
    )


def publish(world: World, who: Seat, name: str, note: str, seen: str) -> Published:
    """Publishes the draft that was seen (its digest): it is a draft no more. Raises Overtaken, Invalid, Refused, NotFound."""
    with world.store.read() as tx:
        by = authoring.writer(tx, who)
        held = authoring.texts_in(world, tx, who.site, name)
    if held.digest != seen:
        raise Overtaken(FLOW, held.by, held.at, held.files[FLOW], held.marks.get(FLOW, ""))
    checked = check(world, who, held)
    flow = checked.flow
    if flow is None:
        raise Invalid([(f"{one.file}:{one.line}", one.message) for one in checked.mistakes])
    done = flows.publish(world, who.site, flow, by, note, held.files)
    with world.store.write() as tx:
        # What was saved while this was going on stays a draft, over the version before.
        drafts.close(tx, who.site, name, "published", held.revs)
    return done


def unpublish(world: World, who: Seat, name: str, note: str) -> None:
    """Takes a flow back: no new links, what runs goes on. Raises NotFound, Refused."""
    with world.store.read() as tx:
        by = authoring.writer(tx, who)
    flows.unpublish(world, who.site, name, by, note)
