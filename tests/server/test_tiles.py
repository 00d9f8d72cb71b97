"""Tiles of maps: fetched once, kept for a while, bounded, and never anything but a picture."""

from pathlib import Path

import pytest

from tests.support import photos
from widget_server.outside.guard import Blocked
from widget_server.outside.http import Answer, AnswerTooLarge, Request, TimedOut
from widget_server.outside.tiles import FRESH, MAX_TILE, Tiles
from widget_server.settings import Settings, SettingsError

SOURCE = "https://tile.example/{z}/{x}/{y}.png?key=k"
TILE = photos.png(8, 8)


class Far:
    """The other side: it answers as it is told, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answer: Answer | Exception = Answer(200, {}, TILE)

    def send(self, request: Request) -> Answer:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Clock:
    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def far() -> Far:
    return Far()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tiles(tmp_path: Path, far: Far, clock: Clock) -> Tiles:
    return Tiles(SOURCE, tmp_path, far, clock)  # type: ignore[arg-type]


def test_a_tile_is_fetched_once(tiles: Tiles, far: Far) -> None:
    assert [tiles.tile(5, 17, 10) for _ in range(3)] == [("image/png", TILE)] * 3
    assert [one.url for one in far.asked] == ["https://tile.example/5/17/10.png?key=k"]
    assert far.asked[0].limit == MAX_TILE


def test_an_old_one_is_fetched_anew_and_shown_while_it_cannot_be(tiles: Tiles, far: Far, clock: Clock) -> None:
    tiles.tile(5, 17, 10)
    clock.at += FRESH + 1
    far.answer = TimedOut(sent=True)
    assert tiles.tile(5, 17, 10) == ("image/png", TILE)
    newer = photos.png(9, 9)
    far.answer = Answer(200, {}, newer)
    assert tiles.tile(5, 17, 10) == ("image/png", newer)
    assert len(far.asked) == 3


@pytest.mark.parametrize("place", [(-1, 0, 0), (20, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (0, 1, 0)])
def test_what_is_on_no_map_is_never_asked_for(tiles: Tiles, far: Far, place: tuple[int, int, int]) -> None:
    assert tiles.tile(*place) is None
    assert not far.asked


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, {}, TILE),
        Answer(302, {"location": "https://evil.example/"}, b""),
        Answer(200, {"content-type": "image/png"}, b"<script>alert(1)</script>"),
        Answer(200, {"content-type": "image/svg+xml"}, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        Answer(200, {}, b""),
        AnswerTooLarge(MAX_TILE),
        TimedOut(sent=False),
        Blocked("private address"),
    ],
    ids=str,
)
def test_what_is_no_picture_is_no_tile_and_is_not_kept(tiles: Tiles, far: Far, answer: Answer | Exception) -> None:
    far.answer = answer
    assert tiles.tile(1, 0, 0) is None
    far.answer = Answer(200, {}, TILE)
    assert tiles.tile(1, 0, 0) == ("image/png", TILE)


def test_what_is_kept_is_bounded_and_the_oldest_goes_first(
    tmp_path: Path, far: Far, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widget_server.outside.tiles.MAX_KEPT", 5 * len(TILE))
    tiles = Tiles(SOURCE, tmp_path, far, clock)  # type: ignore[arg-type]
    for x in range(20):
        clock.at += 1
        tiles.tile(5, x, 0)
    kept = sorted(path.name for path in tmp_path.rglob("5-*"))
    assert kept == sorted(f"5-{x}-0" for x in range(15, 20))


def test_another_source_is_another_map(tmp_path: Path, far: Far, clock: Clock) -> None:
    Tiles(SOURCE, tmp_path, far, clock).tile(1, 0, 0)  # type: ignore[arg-type]
    Tiles("https://other.example/{z}/{x}/{y}", tmp_path, far, clock).tile(1, 0, 0)  # type: ignore[arg-type]
    assert len(far.asked) == 2


def test_a_folder_that_cannot_be_written_takes_the_map_from_nobody(tmp_path: Path, far: Far, clock: Clock) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert Tiles(SOURCE, blocked, far, clock).tile(1, 0, 0) == ("image/png", TILE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "source",
    [
        "tile.example/{z}/{x}/{y}.png",
        "https://tile.example/{z}/{x}.png",
        "ftp://t.example/{z}/{x}/{y}",
        "https://a:b@t.example/{z}/{x}/{y}",
    ],
)
def test_the_setting_says_what_is_wrong_with_it(source: str) -> None:
    with pytest.raises(SettingsError, match="SAMETHREAD_TILES: is no address of tiles"):
        Settings.load({"SAMETHREAD_TILES": source})
