"""Time on the wire: milliseconds in, RFC 3339 out, and back without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_server import clock


@given(st.integers(min_value=0, max_value=253_402_300_799_999))
def test_a_moment_survives_the_wire(at: int) -> None:
    assert clock.from_wire(clock.to_wire(at)) == at


def test_it_is_written_in_utc_with_milliseconds() -> None:
    assert clock.to_wire(1_795_291_956_007) == "2026-11-21T20:12:36.007Z"


@pytest.mark.parametrize(
    "text", ["2026-11-21T21:12:36.007+01:00", "2026-11-21T20:12:36.007Z", "2026-11-21T20:12:36.007999z"]
)
def test_any_offset_is_read(text: str) -> None:
    assert clock.from_wire(text) == 1_795_291_956_007


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(clock.NaiveTime):
        clock.from_wire("2026-11-21T20:12:36")


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T00:00:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        clock.from_wire(text)
