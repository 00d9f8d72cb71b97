"""Free text: what it is taken for, and when it is taken for nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.definition import Field
from disposable.fields import FieldError, Option
from disposable.understand import Understood, choose, control, value

OPTIONS = (
    Option("keep", "Keep my seat", "keep", ("stay", "leave it")),
    Option("change", "Change flight", "change", ("another flight", "rebook me", "earlier one")),
    Option("refund", "Ask for a refund", "refund", ("money back",)),
)


@pytest.mark.parametrize(
    ("said", "meant", "by"),
    [
        ("1", "keep", "number"),
        ("2.", "change", "number"),
        ("#3", "refund", "number"),
        ("No. 2", "change", "number"),
        ("KEEP MY SEAT!", "keep", "label"),
        ("refund", "refund", "label"),
        ("Money back", "refund", "like"),
        ("i'd like my money back", "refund", "word"),
        ("chagne flight", "change", "word"),
        ("please rebook me now", "change", "word"),
        ("my seat", "keep", "word"),
    ],
)
def test_it_is_understood(said: str, meant: str, by: str) -> None:
    found = choose(said, OPTIONS)
    assert found is not None
    assert (found.value, found.by) == (meant, by)
    assert (found.sure == 1.0) == (by != "word")


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "0",
        "4",
        "99",
        "a",
        "I",
        "don't change flight",
        "keep or change flight",
        "hello",
        "🙂",
        "my",
        "1 2",
        "x" * 5000,
    ],
)
def test_it_is_nothing(said: str) -> None:
    assert choose(said, OPTIONS) is None


def test_two_that_are_alike_are_neither() -> None:
    twins = (Option("a", "Morning flight", "a"), Option("b", "Morning flights", "b"))
    assert choose("mornin flight", twins) is None


def test_a_label_may_be_a_number() -> None:
    seats = (Option("r", "Row 12", "r"), Option("12", "12", "12"))
    found = choose("12", seats)
    assert found is not None
    assert found.value == "12"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("BACK", "back"),
        ("Zurück!", "back"),
        ("mehr", "more"),
        ("المزيد", "more"),
        ("skip", "skip"),
        ("Ok.", "continue"),
        ("backwards", ""),
    ],
)
def test_words_that_mean_the_same_everywhere(text: str, word: str) -> None:
    assert control(text) == word


def test_values_of_fields() -> None:
    assert value(Field(kind="yesno"), "1", {}) == Understood(True, "number")
    assert value(Field(kind="yesno"), "2", {}) == Understood(False, "number")
    assert value(Field(kind="number"), "42", {}) == Understood(42, "value")
    assert value(Field(kind="number"), "many", {}) == FieldError("number")
    assert value(Field(kind="text", optional=True), "Skip", {}) == Understood(None, "word")
    assert value(Field(kind="choice", options={"x": "An x"}), "an X", {}) == Understood("x", "label")
    assert value(Field(kind="choice", options={"x": "An x"}), "zzz", {}) == FieldError("choice")


@given(st.text(max_size=200))
def test_no_text_makes_it_fall_over(said: str) -> None:
    found = choose(said, OPTIONS)
    assert found is None or 0.75 <= found.sure <= 1
    control(said)
