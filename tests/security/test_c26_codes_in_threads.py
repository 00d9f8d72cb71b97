"""C26: the digits of a texted code stand in no thread and no event, however they are said."""

from pathlib import Path

import pytest

from tests.support import worlds
from tests.support.phones import publish
from tests.support.worlds import House
from widget_server.actions import sessions
from widget_server.words import Words

FLOW = """
app: codes
purpose: Your code
start: sure
steps:
  sure: {say: Shall we go on?, choose: {yes: {label: Do it, next: prove}}}
  prove: {ask: Which code did we text you?, field: {kind: code, label: Code, save: proven}, next: done}
  done: {end: Done.}
"""


@pytest.fixture
def house(tmp_path: Path, words: Words) -> House:
    made = worlds.make(tmp_path, words)
    publish(made, FLOW)
    return made


@pytest.mark.parametrize(
    "said", ["{}", "code {}", "My code is {}.", "it says {} thanks", "it is {0:.3} {0:.6}", "it's {0}!"]
)
def test_c26_a_code_is_not_kept(house: House, said: str) -> None:
    made = sessions.begin(house.world, house.key, {"phone": "+12025550177"}, {}, "codes")
    sessions.write(house.world, house.key, made["id"], "m1", "message", {"text": "1"})
    digits = "918273"
    text = said.replace("{0:.3} {0:.6}", f"{digits[:3]} {digits[3:]}").replace("{0}", digits).replace("{}", digits)
    sessions.write(house.world, house.key, made["id"], "m2", "message", {"text": text})
    told = repr(house.events(made["id"]))
    assert "918273" not in told
    assert "918 273" not in told
