"""Intent models: what they learn, that they are plain arrays, and that nothing else is ever read as one."""

import contextlib

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable import intents, learning
from disposable.fields import Option
from disposable.understand import choose

EXAMPLES = {
    "move": ("move my appointment", "can I come another day", "I need a later time", "reschedule please"),
    "cancel": ("cancel my appointment", "I can not come", "I do not need it any more", "please call it off"),
    "where": ("where do I have to go", "what is the address", "how do I get there", "is there parking"),
}


@pytest.fixture(scope="module")
def model() -> intents.Intents:
    return learning.learn(EXAMPLES)


@pytest.mark.parametrize(
    ("said", "label"),
    [("could I come on another day?", "move"), ("I don't need this any more", "cancel"), ("where can I park", "where")],
)
def test_it_understands_what_it_never_read(model: intents.Intents, said: str, label: str) -> None:
    assert model.rank(said)[0][0] == label


def test_the_probabilities_are_shares_of_one(model: intents.Intents) -> None:
    ranked = model.rank("where do I go")
    assert 0 < sum(sure for _, sure in ranked) <= 1.0001
    assert [sure for _, sure in ranked] == sorted((sure for _, sure in ranked), reverse=True)


def test_what_shares_nothing_is_nothing(model: intents.Intents) -> None:
    assert model.rank("🙂") == []
    assert model.rank("") == []
    assert model.rank("zzzz qqqq xxxx")[:1] == [] or model.rank("zzzz qqqq xxxx")[0][1] < 0.45


def test_it_is_the_same_after_it_was_stored(model: intents.Intents) -> None:
    data = model.to_bytes()
    again = intents.from_bytes(data)
    assert [label for label, _ in again.rank("come later")] == [label for label, _ in model.rank("come later")]
    assert intents.name_of(data) == intents.name_of(learning.learn(EXAMPLES).to_bytes())


def test_two_labels_are_enough_and_one_is_not() -> None:
    two = learning.learn({"a": ["red", "crimson"], "b": ["blue", "navy blue"]})
    assert two.rank("navy")[0][0] == "b"
    with pytest.raises(ValueError, match="two labels"):
        learning.learn({"a": ["red"]})
    with pytest.raises(ValueError, match="an example of each"):
        learning.learn({"a": ["red"], "b": ["!"]})


def test_a_pickle_is_never_read() -> None:
    import io  # noqa: PLC0415 - only this test makes such a thing

    out = io.BytesIO()
    numpy.savez(out, labels=numpy.array([object()], dtype=object))
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own words
        intents.from_bytes(out.getvalue())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_model_or_a_value_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        intents.from_bytes(data)


def test_a_choice_is_made_by_the_model_where_letters_do_not_help(model: intents.Intents) -> None:
    options = (Option("move", "Another time", "move"), Option("cancel", "Call it off", "cancel"))
    assert choose("reschedule my appointment please", options) is None
    found = choose("reschedule my appointment please", options, model.rank)
    assert found is not None
    assert (found.value, found.by) == ("move", "model")
    assert 0.45 <= found.sure < 1
