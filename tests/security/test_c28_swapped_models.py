"""A model's row that is not what its name says is not asked: texts are understood by their letters, and nobody gets an error."""

import hashlib
import io
import pickle
from pathlib import Path

import pytest

from tests.support import worlds
from tests.support.worlds import House
from widget_server.actions import models
from widget_server.store import models as stored
from widget_server.words import Words

numpy = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

EXAMPLES = {"of": {"pay": ["pay my bill", "settle it"], "move": ["move my date", "another day"]}}


class Evil:
    """What would run if a pickle were read."""

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return (pytest.fail, ("a pickle was read",))


@pytest.fixture
def house(tmp_path: Path, words: Words) -> House:
    return worlds.make(tmp_path, words)


@pytest.fixture(scope="module")
def learnt() -> bytes:
    return models.learn(EXAMPLES)["of"]


def asked(house: House, hash_: str, data: bytes) -> models.Ranked:
    with house.world.store.write() as tx:
        stored.keep(tx, "swapped", hash_, data)
    with house.world.store.read() as tx:
        return models.rank(tx, "swapped", "pay my bill")


def name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_model_answers(house: House, learnt: bytes) -> None:
    assert dict(asked(house, name(learnt), learnt))["pay"] > 0.4


def test_another_ones_name_is_not_believed(house: House, learnt: bytes) -> None:
    assert asked(house, name(b"another"), learnt) == ()


def test_a_pickle_is_not_read(house: House) -> None:
    for data in (pickle.dumps(Evil()), _npz_with_a_pickle()):
        assert asked(house, name(data), data) == ()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x93NUMPY", b"x" * 1000])
def test_what_is_no_model_is_not_asked(house: House, data: bytes) -> None:
    assert asked(house, name(data), data) == ()


def _npz_with_a_pickle() -> bytes:
    out = io.BytesIO()
    held = numpy.empty(1, dtype=object)
    held[0] = Evil()
    names = ("labels", "grams", "idf", "weights", "bias", "temperature")
    numpy.savez(out, **dict.fromkeys(names, held))
    return out.getvalue()
