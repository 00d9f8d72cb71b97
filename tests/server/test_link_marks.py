"""Marks of links in texts: however many stand there, and however broken, a text goes out."""

from pathlib import Path

import pytest

from tests.support import worlds
from tests.support.worlds import House
from widget_server.actions import urls
from widget_server.words import Words


@pytest.fixture
def house(tmp_path: Path, words: Words) -> House:
    return worlds.make(tmp_path, words)


def test_broken_marks_stay_as_they_are_however_many(house: House) -> None:
    text = "{link:}" * 5_000 + "{link:zz}{link:0000000000000000}{link:"
    with house.world.store.read() as tx:
        assert urls.written(house.world, tx, text) == text


def test_a_mark_among_broken_ones_is_an_address(house: House) -> None:
    sent = house.notify()
    texts = [one["body"]["text"] for one in house.events(sent["session"]) if one["kind"] == "message"]
    mark = texts[-1][texts[-1].index("{link:") :].partition("}")[0] + "}"
    with house.world.store.read() as tx:
        found = urls.written(house.world, tx, f"{{link:}} {mark} {{link:x}}")
    assert sent["link"]["code"] in found
    assert found.startswith("{link:} ")
    assert found.endswith(" {link:x}")
