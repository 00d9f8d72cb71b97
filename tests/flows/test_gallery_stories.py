"""Every flow that is shipped does what its transcripts say, on every channel it may run on."""

from functools import cache

import pytest

from disposable import folders, loading, simulate, transcripts
from disposable.loading import GALLERY
from disposable.transcripts import Transcripts
from tests.flows.test_simulate import speak

NAMES = sorted(loading.gallery())


flow = folders.shipped


@cache
def stories(name: str) -> Transcripts:
    path = GALLERY / f"{name}.test.yaml"
    return transcripts.read(path.read_text("utf-8"), flow(name), path.name)


PLAYS = [(name, face) for name in NAMES for face in transcripts.FACES]


@pytest.mark.parametrize(("name", "face"), PLAYS, ids=[f"{name}-{face}" for name, face in PLAYS])
def test_its_stories_go_as_they_are_written(name: str, face: str) -> None:
    played = list(simulate.play_all(flow(name), stories(name), speak, face))
    assert not [one.failure for one in played if one.failure]
    wanted = face in transcripts.faces(flow(name))
    assert bool(played) == wanted, f"{name}.test.yaml has no story on {face}"


@pytest.mark.parametrize("name", NAMES)
def test_its_stories_reach_every_step(name: str) -> None:
    """Of a flow that others begin with, no step is left untried."""
    reached = {
        str((one.body or {}).get("step"))
        for transcript in stories(name).all
        for face in transcript.on
        for one in simulate.happened(flow(name), transcript, face, speak)
    }
    assert set(flow(name).steps) <= reached


@pytest.mark.parametrize("name", NAMES)
def test_it_speaks_german_and_arabic_and_lacks_no_word(name: str) -> None:
    assert loading.missing(flow(name)) == {"de": [], "ar": []}


def test_a_flow_that_runs_another_speaks_its_language_too() -> None:
    """Of what is not taken along, its ends, no words are either."""
    steps = flow("survey").spoken("de").steps
    assert (
        steps["callback.when"].ask
        == flow("callback-slot").spoken("de").steps["when"].ask
        == "Wann dürfen wir Sie anrufen?"
    )
    assert "callback.done" not in steps
