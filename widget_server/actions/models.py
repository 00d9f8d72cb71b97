"""Intent models of flows: learnt when one is published, asked when letters alone do not say what was meant.

All of it needs the extra `nlu`; without it nothing is learnt, and texts are understood by their letters.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.util
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from disposable.definition import Flow, Step
from widget_server.store import models
from widget_server.store.database import Tx

Ranked = Sequence[tuple[str, float]]
LONGEST = 600
"""Seconds that learning may take."""
KEPT = 256
"""How many models a process keeps at hand; a small flow's are some kilobytes each."""

log = logging.getLogger(__name__)


def is_there() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("numpy") is not None and importlib.util.find_spec("sklearn") is not None


Wanted = Mapping[str, Mapping[str, list[str]]]
"""What a model is of -> its labels -> their examples."""


def of_flow(flow: Flow) -> dict[str, dict[str, list[str]]]:
    """The models a flow wants: one for every step whose choices have other words."""
    return {
        _of_step(flow.hash, name): _examples(flow, name, step)
        for name, step in flow.steps.items()
        if any(choice.like for choice in (step.choose or {}).values())
    }


def of_openings(site: str, flows: Mapping[str, Flow]) -> dict[str, dict[str, list[str]]]:
    """The model that tells which flow of a site a free opening text asks for."""
    return {_of_opening(site): {name: [*flow.like, *_spoken_likes(flow)] for name, flow in flows.items() if flow.like}}


def learn(wanted: Wanted) -> dict[str, bytes]:
    """Learns them all; what has nothing to tell apart is left out, and so is everything without the extra.

    In a process of its own: the libraries that learn weigh more than the rest of the server, and would stop its loop.
    """
    if not is_there():
        return {}
    asked = {of: json.dumps(examples) for of, examples in wanted.items() if len(examples) > 1}
    new = {text: json.loads(text) for text in asked.values() if text not in _LEARNT}
    if new:
        if len(_LEARNT) >= KEPT:
            _LEARNT.clear()
        _LEARNT.update(_learnt(new))
    return {of: data for of, text in asked.items() if (data := _LEARNT.get(text))}


def _learnt(examples: Mapping[str, Any]) -> dict[str, bytes]:
    command = [sys.executable, "-m", "disposable.learning"]
    asked = json.dumps(examples)
    try:
        done = subprocess.run(  # noqa: S603 - our own module, told what to learn on its standard input
            command, input=asked, capture_output=True, text=True, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        log.warning("no intent models were learnt within %s seconds", LONGEST)
        return {}
    if done.returncode:
        log.warning("no intent models were learnt: %s", done.stderr[-500:])
        return {}
    found = {name: base64.b64decode(data) for name, data in json.loads(done.stdout).items()}
    # What cannot be told apart is not asked again either.
    return {**dict.fromkeys(examples, b""), **found}


def _examples(flow: Flow, name: str, step: Step) -> dict[str, list[str]]:
    """Every choice with its words in every language the flow has."""
    spoken = [flow, *(flow.spoken(locale) for locale in flow.translations)]
    found: dict[str, list[str]] = {}
    for key in step.choose or {}:
        choices = [(one.steps[name].choose or {})[key] for one in spoken]
        words = [text for choice in choices for text in (choice.label, *choice.like) if "{{" not in text]
        found[key] = list(dict.fromkeys(words))
    return found


def _spoken_likes(flow: Flow) -> list[str]:
    return [text for locale in flow.translations for text in flow.spoken(locale).like]


def _of_step(hash_: str, step: str) -> str:
    return f"step {hash_} {step}"


def keep(tx: Tx, wanted: Wanted, learned: Mapping[str, bytes]) -> None:
    """Stores what was learnt, each under its own hash; what could not be learnt is known no more."""
    for of in wanted:
        if of in learned:
            models.keep(tx, of, hashlib.sha256(learned[of]).hexdigest(), learned[of])
        else:
            models.forget(tx, of)


def _of_opening(site: str) -> str:
    return f"opening {site}"


def guess(tx: Tx, flow: Flow) -> Callable[[str, str], Ranked]:
    """What decide asks: (step, text) -> the choices with their probability. Nothing where no model was learnt."""
    return lambda step, text: rank(tx, _of_step(flow.hash, step), text)


def opening(tx: Tx, site: str) -> Callable[[str], Ranked]:
    """The same for the flows of a site."""
    return lambda text: rank(tx, _of_opening(site), text)


def rank(tx: Tx, of: str, text: str) -> Ranked:
    """What a text means to the model of that, the likeliest first; nothing without one, or without the extra."""
    hash_ = models.name(tx, of)
    if hash_ is None or not is_there():
        return ()
    model = _CACHE.get(hash_) or _read(tx, of, hash_)
    if model is None:
        return ()
    found: Ranked = model.rank(text)
    return found


def _read(tx: Tx, of: str, hash_: str) -> Any:
    """A model from its row. None for bytes that are not those their name says, or no model: texts are then understood by
    their letters, as without one."""
    data = models.data(tx, of)
    if data is None or hashlib.sha256(data).hexdigest() != hash_:
        log.warning("a model is not what its name says, and is not asked: %s", of)
        return None
    try:
        model = _intents().from_bytes(data)
    except ValueError as broken:
        log.warning("a model cannot be read: %s (%s)", of, broken)
        return None
    if len(_CACHE) >= KEPT:
        _CACHE.clear()
    _CACHE[hash_] = model
    return model


_CACHE: dict[str, Any] = {}
_LEARNT: dict[str, bytes] = {}
"""Examples, as they were asked -> what came of them: the same flow published again is not learnt again."""


@lru_cache(maxsize=1)
def _intents() -> Any:
    return importlib.import_module("disposable.intents")
