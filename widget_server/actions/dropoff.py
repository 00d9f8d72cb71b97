"""Where customers leave a flow: figures by step and channel, a fold of what its newest runs did. The query is bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from widget_server.actions import flows
from widget_server.actions.access import Seat
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World
from widget_server.store import steps
from widget_server.store.database import Row

DAYS = 30
MOST_RUNS = 2_000
ASKING = ("choose", "field", "review", "say", "visit", "")
"""Kinds of steps that somebody answers; of others nobody counts tries."""
LEFT_AFTER_MS = 30 * 60_000
"""Who did nothing for so long at a step has left there; they may still come back, and then they have not."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Runs at a step: `entered` it, `answered` it (a call returned, a wait or an end was reached), `left` (stand there, asked
    something, for longer than LEFT_AFTER_MS), `misunderstood` once or oftener, `handed` to a person from it. `tries` is how
    many answers it took on average, `seconds` the median from first entering to first answering; None where nobody did, or
    where there is nothing to answer."""

    entered: int = 0
    answered: int = 0
    left: int = 0
    misunderstood: int = 0
    handed: int = 0
    tries: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step, on all channels and on each."""

    name: str
    kind: str
    all: Figures
    channels: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Dropoff:
    """The figures of a flow: `runs` is how many were looked at, `more` whether there were more in these DAYS; `versions` are
    those they ran."""

    steps: tuple[Step, ...]
    runs: int
    more: bool
    versions: tuple[str, ...]


def of(world: World, who: Seat, name: str, hash_: str = "") -> Dropoff:
    """The last 30 days of a flow, or of one version of it. Steps stand in the order of the flow, gone ones after them.
    Raises NotFound."""
    known = [one["hash"] for one in flows.history(world, who.site, name) if one["hash"]]
    if hash_ and hash_ not in known:
        raise NotFound("version", hash_)
    with world.store.read() as tx:
        since = tx.now - DAYS * 86_400_000
        found = steps.newest_runs(tx, who.site, name, since, MOST_RUNS + 1, hash_)
        runs = {row.id: row for row in found[:MOST_RUNS]}
        rows = steps.of_runs(tx, runs)
        flow = world.flows.pinned(tx, hash_ or known[0]) if known else None
        kinds = {step: one.kind for step, one in flow.steps.items()} if flow else {}
        versions = tuple(dict.fromkeys(row.hash for row in runs.values()))
    at: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        at[row.step].append(row)
    order = [*(step for step in kinds if step in at), *sorted(step for step in at if step not in kinds)]
    made = tuple(_step(step, kinds.get(step, ""), at[step], runs, tx.now) for step in order)
    return Dropoff(made, len(runs), len(found) > MOST_RUNS, versions)


def _step(name: str, kind: str, rows: list[Row], runs: Mapping[str, Row], now: int) -> Step:
    by_channel: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_channel[row.channel].append(row)
    channels = {channel: _figures(some, kind, runs, now) for channel, some in sorted(by_channel.items())}
    return Step(name, kind, _figures(rows, kind, runs, now), channels)


def _figures(rows: Iterable[Row], kind: str, runs: Mapping[str, Row], now: int) -> Figures:
    there = list(rows)
    answered = [row for row in there if row.answered]
    took = [row.answered_at - row.entered_at for row in answered]
    tries = sum(row.answered + row.misunderstood for row in answered)
    return Figures(
        entered=len(there),
        answered=len(answered),
        left=sum(_has_left(row, runs[row.run], now) for row in there),
        misunderstood=sum(row.misunderstood > 0 for row in there),
        handed=sum(row.handed > 0 for row in there),
        tries=tries / len(answered) if answered and kind in ASKING else None,
        seconds=median(took) / 1000 if took and kind != "end" else None,
    )


def _has_left(row: Row, run: Row, now: int) -> bool:
    """Whether the run still stands here, with a question nobody answered."""
    return bool(run.step == row.step and run.status == "asking" and now - row.last_at > LEFT_AFTER_MS)
