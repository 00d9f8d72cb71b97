"""One server for all these tests: each sends links of its own to numbers of its own, so none meets another's."""

from collections.abc import Iterator

import pytest

from tests.support import fort as forts
from tests.support import live as lives
from tests.support.fort import Fort


@pytest.fixture(scope="session")
def fort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fort]:
    """The server under attack."""
    with forts.standing(tmp_path_factory.mktemp("fort")) as made:
        yield made


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lives.Live]:
    """A server that listens, for browsers and sockets."""
    with lives.running(tmp_path_factory.mktemp("live")) as made:
        yield made
