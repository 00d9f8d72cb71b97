"""C12: what a stranger can have texted is bounded: codes of one session to whatever numbers, and links that flows send."""

from pathlib import Path

import pytest

from tests.support import worlds
from tests.support.phones import Phone, opened, publish
from tests.support.worlds import House
from widget_server.actions import codes, runs
from widget_server.actions.builtin import LINKS_AN_HOUR
from widget_server.actions.errors import Throttled
from widget_server.words import Words

NUMBER_OF_OTHERS = """
app: other
purpose: Your number
text: "{{ site.name }}: tap {{ link }} or reply {{ menu }}"
start: which
steps:
  which: {ask: Which number?, field: {kind: phone, label: Number, save: number}, next: prove}
  prove: {ask: Which code did we text you?, field: {kind: code, to: number, label: Code, save: proven}, next: done}
  done: {end: Done.}
"""
SEND = """
app: send
purpose: Your form
text: "{{ site.name }}: tap {{ link }} or reply {{ menu }}"
start: sure
steps:
  sure: {say: Shall we text you a link?, choose: {yes: {label: Do it, next: act}}}
  act: {do: {call: link.send, otherwise: failed}, next: done}
  done: {end: Sent.}
  failed: {end: Not sent.}
"""


@pytest.fixture
def house(tmp_path: Path, words: Words) -> House:
    made = worlds.make(tmp_path, words)
    publish(made, NUMBER_OF_OTHERS)
    publish(made, SEND)
    return made


def named(phone: Phone, number: int) -> None:
    """Names another number, and asks for a code there."""
    phone.answer("which", number=f"+120255502{number:02d}")
    runs.send_code(phone.house.world, phone.grant, phone.handle, "prove")


def named_many(phone: Phone) -> None:
    """Names more numbers than may be texted."""
    for number in range(codes.AN_HOUR_SESSION + 1):
        named(phone, number)


def test_c12_codes_to_ever_other_numbers_come_to_an_end(house: House) -> None:
    phone = opened(house, "other")
    with pytest.raises(Throttled):
        named_many(phone)
    texts = [one for one in house.pay() if one.seq == 0 and str(one.payload["to"]).startswith("+120255502")]
    assert len(texts) == codes.AN_HOUR_SESSION


def test_c12_another_session_is_not_bothered(house: House) -> None:
    phone = opened(house, "other")
    with pytest.raises(Throttled):
        named_many(phone)
    named(opened(house, "other"), 99)


def test_c12_links_that_flows_send_come_to_an_end(house: House) -> None:
    number, ends = "+12025550333", []
    for _ in range(LINKS_AN_HOUR + 2):
        phone = opened(house, "send", number)
        phone.answer("sure", choice="yes")
        ends.append(phone.see().screen.say)
    assert ends == ["Sent."] * LINKS_AN_HOUR + ["Not sent."] * 2
