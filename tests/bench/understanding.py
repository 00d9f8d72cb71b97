"""How well free texts are understood, on BANKING77: 77 intents of a bank's customers, 3,080 sentences nobody learnt from.

Three ways in one run, so that the model has its yardstick: the nearest example by letters, which needs no extra; the
intent model on ten examples an intent, which is what a flow's author may write; and on everything there is.
"""

import csv
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process

from disposable import intents, learning
from disposable.fields import plain_words

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "banking77"
SAMPLE = 400
"""How many sentences the slow yardstick is asked."""

Examples = Mapping[str, list[str]]
Sentences = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Accuracy (0 to 1), of all and of those that were sure; latency in milliseconds; the model's size in bytes."""

    name: str
    accuracy: float
    sure: float
    sure_accuracy: float
    p50: float
    p95: float
    size: int = 0

    def __str__(self) -> str:
        size = f", {self.size / 1e6:.1f} MB" if self.size else ""
        said = f"{self.accuracy:.3f}; sure of {self.sure:.0%}, {self.sure_accuracy:.3f} of those right"
        return f"{said}; {self.p50:.2f} ms, p95 {self.p95:.2f} ms{size}"


def measured() -> Iterator[Measured]:
    """The three, in order. Nothing where the data is not there."""
    if not (DATA / "train.csv").exists():
        return
    known, asked = _read("train.csv"), [(text, label) for label, texts in _read("test.csv").items() for text in texts]
    draw = random.Random(77)
    few = {label: draw.sample(texts, 10) for label, texts in known.items()}
    yield _measure("nearest example by letters, ten an intent", _nearest(few), draw.sample(asked, SAMPLE))
    for name, examples in (("intent model, ten examples an intent", few), ("intent model, all examples", known)):
        data = learning.learn(examples).to_bytes()
        yield _measure(name, intents.from_bytes(data).rank, asked, len(data))


def _read(name: str) -> Examples:
    found: dict[str, list[str]] = {}
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["category"], []).append(row["text"])
    return found


def _nearest(examples: Examples) -> Callable[[str], list[tuple[str, float]]]:
    texts = [(plain_words(text), label) for label, those in examples.items() for text in those]

    def rank(said: str) -> list[tuple[str, float]]:
        best = process.extractOne(plain_words(said), [text for text, _ in texts], scorer=fuzz.token_sort_ratio)
        return [(texts[best[2]][1], best[1] / 100)]

    return rank


def _measure(
    name: str, rank: Callable[[str], list[tuple[str, float]]], asked: Sentences, size: int = 0, least: float = 0.75
) -> Measured:
    took, right, sure = [], [], []
    for text, label in asked:
        began = time.perf_counter()
        ranked = rank(text)
        took.append((time.perf_counter() - began) * 1000)
        right.append(bool(ranked) and ranked[0][0] == label)
        sure.append(bool(ranked) and ranked[0][1] >= least)
    took.sort()
    surely = [good for good, was in zip(right, sure, strict=True) if was]
    return Measured(
        name,
        sum(right) / len(right),
        len(surely) / len(right),
        sum(surely) / max(1, len(surely)),
        took[len(took) // 2],
        took[int(len(took) * 0.95)],
        size,
    )
