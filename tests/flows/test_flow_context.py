"""The context of a flow: every mistake at minting, and what is hidden from logs."""

from typing import Any

import pytest

from disposable.definition import ContextInvalid, check_context, check_values, context_types, mask
from tests.flows.samples import context, flight_delay


def faults(values: Any) -> dict[str, str]:
    with pytest.raises(ContextInvalid) as refused:
        check_context(flight_delay(), values)
    return dict(refused.value.mistakes)


def changed(**flight: object) -> dict[str, Any]:
    values = context()
    values["flight"] |= flight
    return values


def test_a_good_context_is_taken() -> None:
    check_context(flight_delay(), context())
    check_context(flight_delay(), changed(departs={"at": "2026-11-22T18:40:00Z", "zone": "Europe/Berlin"}))


def test_all_mistakes_come_at_once() -> None:
    values = {
        "flight": {"number": 12, "departs": "18:40", "alternatives": [{"number": "x"}, 5], "gate": "A"},
        "crew": 1,
    }
    found = faults(values)
    assert set(found) == {
        "flight.number",
        "flight.departs",
        "flight.alternatives[0].departs",
        "flight.alternatives[1]",
        "flight.gate",
        "crew",
        "passenger",
    }
    assert all(found.values())


@pytest.mark.parametrize(
    "departs",
    [
        "2026-11-22T18:40:00",
        "2026-11-22",
        "tomorrow",
        "2026-13-01T00:00:00Z",
        "2026-11-22T18:40:00+99:00",
        1795291200,
        None,
        "",
        {"at": "2026-11-22T18:40:00"},
        {"at": "2026-11-22T18:40:00Z", "zone": "Mars/Olympus"},
        {"zone": "Europe/Berlin"},
        {"at": "2026-11-22T18:40:00Z", "zone": "Europe/Berlin", "x": 1},
        {"at": "2026-11-22T18:40:00Z", "zone": "../../etc/passwd"},
    ],
)
def test_a_naive_or_strange_instant_is_refused(departs: object) -> None:
    assert "flight.departs" in faults(changed(departs=departs))


def test_a_list_to_choose_from_must_hold_something() -> None:
    assert "at least one" in faults(changed(alternatives=[]))["flight.alternatives"]
    assert "list" in faults(changed(alternatives="x"))["flight.alternatives"]
    assert "200" in faults(changed(alternatives=[context()["flight"]["alternatives"][0]] * 201))["flight.alternatives"]


@pytest.mark.parametrize("values", [None, [], "text", {}])
def test_what_is_no_object_is_refused(values: object) -> None:
    assert faults(values)


@pytest.mark.parametrize("number", ["x" * 1_001, 5, True, [], {}])
def test_texts_are_texts_of_a_bounded_length(number: object) -> None:
    assert "flight.number" in faults(changed(number=number))


def test_values_set_later_are_checked_where_they_are_declared() -> None:
    check_values(flight_delay(), {"flight.number": "MA 1", "anything": {"else": 1}, "flight.gate": "A"})
    with pytest.raises(ContextInvalid) as refused:
        check_values(flight_delay(), {"flight.departs": "soon", "passenger": {"first_name": "Jo"}})
    assert [name for name, _ in refused.value.mistakes] == ["flight.departs", "passenger.last_name"]


def test_types_by_dotted_name() -> None:
    types = context_types(flight_delay())
    assert types["passenger.last_name"] == "secret"
    assert types["flight.alternatives[].departs"] == "datetime"


def test_secrets_are_hidden_and_the_rest_is_kept() -> None:
    masked = mask(flight_delay(), {**context(), "more": 1})
    assert masked["passenger"] == {"first_name": "Jo", "last_name": "•••"}
    assert masked["flight"] == context()["flight"]
    assert masked["more"] == 1
    assert context()["passenger"]["last_name"] == "Müller"


@pytest.mark.parametrize(
    "passenger", ["Müller", ["Müller"], {"last_name": {"deep": "Müller"}}, {"last_name": ["Müller"]}]
)
def test_a_secret_in_the_wrong_shape_is_hidden_too(passenger: object) -> None:
    assert "Müller" not in str(mask(flight_delay(), {"passenger": passenger}))
