"""An intent model, read: which of its labels a text means, and how probably. learning.py makes one.

Character n-grams of two to five and words of one and two, weighed by tf-idf, with a logistic regression over them; no
language is built in. Needs NumPy (the extra `nlu`). A model is an .npz without pickles, named by the SHA-256 of its bytes.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy
from numpy.typing import NDArray

from disposable.fields import plain_words

Floats: TypeAlias = NDArray[Any]

LONGEST = 300


@dataclass(frozen=True)
class Intents:
    """A learnt model. `labels` are what it tells apart, in the order of the rows of `weights`."""

    labels: tuple[str, ...]
    grams: Mapping[str, int]
    idf: Floats
    weights: Floats
    bias: Floats
    temperature: float

    def rank(self, text: str) -> list[tuple[str, float]]:
        """The labels with their probability, the likeliest first. Nothing for a text that shares nothing with the examples."""
        found = Counter(grams_of(text))
        known = {self.grams[gram]: count for gram, count in found.items() if gram in self.grams}
        if not known:
            return []
        at = numpy.fromiter(known, dtype=numpy.int64)
        values = (1 + numpy.log(numpy.fromiter(known.values(), dtype=numpy.float32))) * self.idf[at]
        values /= numpy.sqrt((values * values).sum())
        scores = (self.weights[:, at].astype(numpy.float32) @ values + self.bias) / self.temperature
        odds = numpy.exp(scores - scores.max())
        # What is mostly unheard-of is not surely anything, whatever the rest of it resembles.
        familiar = (len(known) / len(found)) ** 0.5
        # Pieces of words alone say little: "what?" is no flight.
        if not any(gram in self.grams for gram in found if gram.startswith("w")):
            familiar /= 2
        sure = odds / odds.sum() * familiar
        return sorted(zip(self.labels, map(float, sure), strict=True), key=lambda one: -one[1])

    def to_bytes(self) -> bytes:
        """The model as an .npz of plain arrays."""
        out = io.BytesIO()
        numpy.savez_compressed(
            out,
            labels=packed(self.labels),
            grams=packed(sorted(self.grams, key=self.grams.__getitem__)),
            idf=self.idf.astype(numpy.float32),
            weights=self.weights.astype(numpy.float16),
            bias=self.bias.astype(numpy.float32),
            temperature=numpy.array([self.temperature], dtype=numpy.float32),
        )
        return out.getvalue()


def from_bytes(data: bytes) -> Intents:
    """The model of those bytes. Raises ValueError for what is none; never runs code that stands in them."""
    try:
        with numpy.load(io.BytesIO(data), allow_pickle=False) as held:
            arrays = {name: held[name] for name in ("labels", "grams", "idf", "weights", "bias", "temperature")}
    except (KeyError, OSError, EOFError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError("these bytes are no intent model") from error
    return Intents(
        labels=tuple(unpacked(arrays["labels"])),
        grams={gram: at for at, gram in enumerate(unpacked(arrays["grams"]))},
        idf=arrays["idf"],
        weights=arrays["weights"],
        bias=arrays["bias"],
        temperature=float(arrays["temperature"][0]),
    )


def name_of(data: bytes) -> str:
    """What a model is stored under: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


@functools.lru_cache(maxsize=1024)
def grams_of(text: str) -> tuple[str, ...]:
    """The words, pairs of words and pieces of words a model counts."""
    words = re.findall(r"\S+", plain_words(text[:LONGEST]))
    found = [f"w{word}" for word in words]
    found += [f"w{one} {two}" for one, two in itertools.pairwise(words)]
    for word in words:
        padded = f" {word} "
        found += [f"c{padded[at : at + n]}" for n in range(2, 6) for at in range(max(1, len(padded) - n + 1))]
    return tuple(found)


def packed(texts: Sequence[str]) -> Any:
    return numpy.frombuffer("\n".join(texts).encode(), dtype=numpy.uint8)


def unpacked(array: Any) -> list[str]:
    return bytes(array).decode().split("\n")
