"""C29: taps at the same moment: at the way back from a visit, at a form that brings a file. One counts."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.support import photos
from tests.support.both import BOTH, house_on
from tests.support.phones import Phone, opened, publish
from tests.support.worlds import House
from widget_server.actions import proofs, runs
from widget_server.actions.uploads import Sent
from widget_server.words import Words

AT_ONCE = 4
FLOW = """
app: taps
purpose: Your damage
text: "{{ site.name }}: tap {{ link }} or reply {{ menu }}"
verify: {ask: Your number, against: number}
context: {number: secret}
start: pay
steps:
  pay: {visit: {to: "https://pay.example/?back={{ back }}", label: Pay}, next: picture}
  picture: {tier: 2, ask: Show us, field: {kind: photo, label: Photo, save: photo}, next: done}
  done: {end: Done.}
"""


@pytest.fixture(params=BOTH)
def phone(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[Phone]:
    for house in house_on(request.param, request, tmp_path, words):
        publish(house, FLOW)
        yield opened(house, "taps", context={"number": "4711"})


def at_once(phone: Phone, step: str, keys: list[str], *, back: bool = False, photo: bool = False) -> None:
    together, who = Barrier(len(keys)), phone.grant

    def tap(key: str) -> None:
        sent = {"photo": [Sent("a.png", lambda: photos.png(8, 8))]} if photo else None
        given = {"choice": "returned"} if back else {}
        together.wait()
        runs.answer(phone.house.world, who, phone.handle, step, given, key, "", sent, back=back)

    with ThreadPoolExecutor(len(keys)) as pool:
        list(pool.map(tap, keys))


def files_on_disk(house: House) -> int:
    return sum(path.is_file() for path in (Path(house.world.settings.data_dir) / "files").rglob("*"))


def test_c29_one_return_of_many_at_once(phone: Phone) -> None:
    at_once(phone, "pay", ["same"] * AT_ONCE, back=True)
    assert phone.kinds().count("run.answered") == 1


def test_c29_one_file_of_many_taps_at_once(phone: Phone) -> None:
    phone.answer("pay", choice="returned")
    assert proofs.prove(phone.house.world, phone.grant, phone.handle, "4711", "proof")
    at_once(phone, "picture", ["same"] * AT_ONCE, photo=True)
    assert phone.house.kinds(phone.session).count("file") == 1
    assert files_on_disk(phone.house) == 1


def test_c29_of_two_pictures_at_once_the_files_kept_are_those_answered(phone: Phone) -> None:
    phone.answer("pay", choice="returned")
    assert proofs.prove(phone.house.world, phone.grant, phone.handle, "4711", "proof")
    at_once(phone, "picture", [f"tap {number}" for number in range(AT_ONCE)], photo=True)
    assert files_on_disk(phone.house) == 1
