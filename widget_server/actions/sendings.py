"""Files that come with the answer to a step: looked at before anything is stored, kept only if the answer is taken.

The engine is told of files by what was kept of them, never by what a form says; where one is not taken, it is told why.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from disposable import steps
from disposable.definition import Flow
from disposable.engine import Answer, State, decide
from disposable.fields.sent import most
from widget_server.actions import driving, files, uploads, windows
from widget_server.actions.access import Grant
from widget_server.actions.driving import Acting
from widget_server.actions.files import Batch
from widget_server.actions.pictures import PNG
from widget_server.actions.surroundings import here
from widget_server.actions.uploads import Sent, Unfit
from widget_server.actions.world import World
from widget_server.events import Draft
from widget_server.store import files as stored
from widget_server.store.database import Row, Tx

KINDS = {"photo": uploads.PICTURES, "file": uploads.DOCUMENTS, "signature": frozenset({PNG, *uploads.PICTURES})}
"""Which fields take files, and of which types."""
DRAWN = ".drawn"
"""A signature may come as text: the field NAME.drawn holds a data URL, where a script could not make a file of it."""
_DATA_URL = "data:image/png;base64,"
MAX_DRAWN = 400_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a step takes: its field's name and kind, how many files, and the session they go to."""

    session: str
    name: str
    kind: str
    most: int


@dataclass
class Sending:
    """An answer with its files. `given` is what the engine is told."""

    given: dict[str, Any]
    batch: Batch

    def keep(self, world: World, tx: Tx, run: Row, command: Answer, by: Acting) -> None:
        """Keeps the files if the answer is going to be taken. Raises Unfit: no room."""
        if self.batch.files and _is_taken(world, tx, run, command):
            told = Draft("file", {}, by.key, by.actor, by.channel, by.device, run.id, grant=by.grant)
            self.batch.told(tx, run.session, told)


def _is_taken(world: World, tx: Tx, run: Row, command: Answer) -> bool:
    flow, state = driving.load(world, tx, run)
    happens = decide(flow, state, command, tx.now, here(tx, run, flow))
    return any(one.kind == "run.answered" and (one.body or {}).get("step") == command.step for one in happens)


def wanted(world: World, who: Grant, handle: str, step: str) -> Wanted | None:
    """What this window may send to a step now; None where it takes no files, or not from this window.

    A window below the step's tier sends nothing, whatever its form says. Raises NotFound.
    """
    with world.store.read() as tx:
        run = windows.run_of(tx, who, handle)
        flow, state = driving.load(world, tx, run)
        here_now = step == state.step or step in state.earlier
        if not here_now or windows.is_locked(tx, who, run):
            return None
        return _wanted(flow, run, who.tier, step)


def _wanted(flow: Flow, run: Row, tier: int, name: str) -> Wanted | None:
    step = flow.steps[name]
    if step.field is None or step.field.kind not in KINDS or tier < step.tier:
        return None
    count = 1 if step.field.kind == "signature" else most(step.field)
    return Wanted(run.session, steps.field_name(name, step), step.field.kind, count)


@contextmanager
def laid(
    world: World, wants: Wanted | None, given: Mapping[str, Any], sent: Mapping[str, Sequence[Sent]]
) -> Iterator[Sending]:
    """The answer with its files, which lie ready until `Sending.keep`; what is not kept by the end of the block is gone."""
    if wants is None:
        yield Sending(dict(given), Batch({}))
        return
    bare = {name: value for name, value in given.items() if name != wants.name + DRAWN}
    try:
        arrived = list(sent.get(wants.name, ())) or _drawn(given.get(wants.name + DRAWN), wants)
        if len(arrived) > wants.most:
            raise Unfit("many_files", "too many files", max=str(wants.most))
        taken = [uploads.take(one, KINDS[wants.kind]) for one in arrived]
    except Unfit as unfit:
        yield Sending(bare | refusal(wants.name, unfit), Batch({}))
        return
    with files.laid(world, wants.session, taken) as batch:
        yield Sending(bare | ({wants.name: batch.bodies} if taken else {}), batch)


def refusal(name: str, unfit: Unfit) -> dict[str, Any]:
    """What the engine is told of files that are not taken."""
    return {name: {"refused": unfit.code, "params": unfit.params}}


def _drawn(url: object, wants: Wanted) -> list[Sent]:
    if wants.kind != "signature" or not isinstance(url, str) or not url:
        return []
    if not url.startswith(_DATA_URL) or len(url) > MAX_DRAWN:
        raise Unfit("upload_broken", "not a PNG as a data URL")
    try:
        data = base64.b64decode(url.removeprefix(_DATA_URL), validate=True)
    except binascii.Error:
        raise Unfit("upload_broken", "not a PNG as a data URL") from None
    return [Sent("signature.png", lambda: data)]


def of_answer(state: State, step: str) -> set[str]:
    """The files that were given at a step."""
    answer = state.answers.get(step) or state.held.get(step)
    return set(_named(answer.value)) if answer else set()


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and isinstance(value.get("file"), str):
        yield value["file"]
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _named(one)


def as_before(tx: Tx, state: State, step: str, wants: Wanted) -> dict[str, Any]:
    """What was sent at a step before, for whoever goes on from there without choosing it again."""
    found = (stored.get(tx, name) for name in sorted(of_answer(state, step)))
    kept = [{"file": one[0].id, "name": one[1], "type": one[0].type, "size": one[0].size} for one in found if one]
    return {wants.name: kept} if kept else {}


def let_go(tx: Tx, before: set[str], after: State, step: str) -> set[str]:
    """Files of an answer that was given anew: their rows go. Returns those whose bytes are to go once that is committed."""
    gone = before - of_answer(after, step)
    if gone:
        stored.drop(tx, gone)
    return gone
