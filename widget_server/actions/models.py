"""Intent models of flows: learnt when one is published, asked when letters alone do not say what was meant.

All of it needs the extra `nlu`; without it nothing is learnt, and texts are understood by their letters.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from disposable.definition import Flow, Step
from widget_server.store import models
from widget_server.store.database import Tx

Ranked = Sequence[tuple[str, float]]
KEPT = 256
"""How many models a process keeps at hand; a small flow's are some kilobytes each."""


def is_there() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("numpy") is not None and importlib.util.find_spec("sklearn") is not None


def of_flow(flow: Flow) -> dict[str, bytes]:
    """Learns a model for every step whose choices have other words: what it understands -> its bytes. Takes its time."""
    return {
        _of_step(flow.hash, name): data
        for name, step in flow.steps.items()
        if any(choice.like for choice in (step.choose or {}).values()) and (data := learnt(_examples(flow, name, step)))
    }


def of_openings(flows: Mapping[str, Flow]) -> bytes | None:
    """Learns which flow of a site a free opening text asks for."""
    return learnt({name: [*flow.like, *_spoken_likes(flow)] for name, flow in flows.items() if flow.like})


def learnt(examples: Mapping[str, list[str]]) -> bytes | None:
    """The bytes of a model of these examples; None where there is nothing to tell apart, or no extra to learn with."""
    if len(examples) < 2 or not is_there():
        return None
    try:
        return bytes(importlib.import_module("disposable.learning").learn(examples).to_bytes())
    except ValueError:  # a choice without a single word: it can only be tapped
        return None


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


def keep(tx: Tx, learned: Mapping[str, bytes]) -> None:
    """Stores what was learnt, each under its own hash."""
    for of, data in learned.items():
        models.keep(tx, of, _intents().name_of(data), data)


def keep_opening(tx: Tx, site: str, data: bytes | None) -> None:
    """Stores which text opens which flow of a site, or that there is no telling."""
    if data is None:
        models.forget(tx, f"opening {site}")
    else:
        keep(tx, {f"opening {site}": data})


def guess(tx: Tx, flow: Flow) -> Callable[[str, str], Ranked]:
    """What decide asks: (step, text) -> the choices with their probability. Nothing where no model was learnt."""
    return lambda step, text: rank(tx, _of_step(flow.hash, step), text)


def opening(tx: Tx, site: str) -> Callable[[str], Ranked]:
    """The same for the flows of a site."""
    return lambda text: rank(tx, f"opening {site}", text)


def rank(tx: Tx, of: str, text: str) -> Ranked:
    """What a text means to the model of that, the likeliest first; nothing without one, or without the extra."""
    hash_ = models.name(tx, of)
    if hash_ is None or not is_there():
        return ()
    model = _CACHE.get(hash_)
    if model is None:
        data = models.data(tx, of)
        if data is None:
            return ()
        if len(_CACHE) >= KEPT:
            _CACHE.clear()
        model = _CACHE[hash_] = _intents().from_bytes(data)
    found: Ranked = model.rank(text)
    return found


_CACHE: dict[str, Any] = {}


@lru_cache(maxsize=1)
def _intents() -> Any:
    return importlib.import_module("disposable.intents")
