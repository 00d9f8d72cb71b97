"""Free text: what it is taken for, and when it is taken for nothing."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.definition import Field
from disposable.fields import FieldError, Option
from disposable.understand import POSSIBLE, Understood, ahead, choose, control, negated, value

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
    assert found is None or POSSIBLE <= found.sure <= 1
    control(said)


TODAY = dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Agent", "agent"),
        ("talk to a person!", "agent"),
        ("Mitarbeiter", "agent"),
        ("موظف", "agent"),
        ("HELP", "help"),
        ("Hilfe", "help"),
        ("مساعدة", "help"),
        ("?", "help"),
        ("stop", "stop"),
        ("STOPP", "stop"),
        ("توقف", "stop"),
        ("ändern", "change"),
        ("رجوع", "back"),
    ],
)
def test_words_that_work_everywhere(text: str, word: str) -> None:
    assert control(text) == word


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("no, Friday", "Friday"),
        ("No. I mean the later one", "the later one"),
        ("nein, lieber Freitag", "Freitag"),
        ("lieber morgen", "morgen"),
        ("make it 3", "3"),
        ("لا، الجمعة", "الجمعة"),
    ],
)
def test_a_correction_holds_what_is_meant_instead(text: str, rest: str) -> None:
    assert negated(text) == rest


@pytest.mark.parametrize("text", ["no", "Friday", "north", "nobody", "", "not today"])
def test_other_texts_take_nothing_back(text: str) -> None:
    assert negated(text) is None


def test_a_day_in_words_is_asked_before_it_is_taken() -> None:
    found = value(Field(kind="date"), "Friday around 4", {}, today=TODAY)
    assert isinstance(found, Understood)
    assert (found.value, found.ask) == ("2026-11-27", True)
    plain = value(Field(kind="date"), "2026-11-27", {}, today=TODAY)
    assert isinstance(plain, Understood)
    assert not plain.ask


def test_bounds_hold_for_words_too() -> None:
    assert isinstance(value(Field(kind="number", max=3), "twenty five", {}), FieldError)
    assert isinstance(value(Field(kind="date", max="2026-11-22"), "on friday", {}, today=TODAY), FieldError)


def test_one_sentence_gives_later_fields_what_it_names() -> None:
    said = "move it to Friday at 3 please"
    day = ahead(Field(kind="date"), said, {}, today=TODAY)
    assert day is not None
    assert (day.value, day.ask) == ("2026-11-27", True)
    assert ahead(Field(kind="text"), said, {}, today=TODAY) is None
    colours = Field(kind="choice", options={"r": "Red", "b": "Blue"})
    named = ahead(colours, "the blue one on friday", {})
    assert named is not None
    assert named.value == "b"
    assert ahead(colours, "red or blue", {}) is None


def test_letters_and_model_that_disagree_are_nothing() -> None:
    assert choose("chagne fligth", OPTIONS, lambda _: [("refund", 0.5), ("keep", 0.4)]) is None
    found = choose("chagne flight", OPTIONS, lambda _: [("refund", 0.6)])
    assert found is not None
    assert found.value == "change"


class TestAsPeopleSay:
    """What a person texts to a question, beside the figures it asks for."""

    OPTIONS = (Option("red", "Red", "red"), Option("green", "Green", "green"), Option("blue", "Dark blue", "blue"))

    @pytest.mark.parametrize(
        "said", ["two", "second", "the second one", "option 2", "number two", "die zweite", "الثاني"]
    )
    def test_an_option_by_its_number_in_words(self, said: str) -> None:
        assert choose(said, self.OPTIONS) == Understood("green", "number")

    def test_a_word_of_a_label_is_no_number(self) -> None:
        classes = (Option("economy", "Economy", "economy"), Option("first", "First class", "first"))
        found = choose("first", classes)
        assert found is not None
        assert found.value == "first"

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ("half past seven", "19:30"),
            ("half past seven in the morning", None),
            ("7", "19:00"),
            ("seven thirty", "19:30"),
            ("1930", "19:30"),
            ("4 o'clock", "16:00"),
            ("السابعة والنصف", "19:30"),
        ],
    )
    def test_the_bounds_choose_the_half_of_the_day(self, said: str, expected: str | None) -> None:
        asked = Field.model_validate({"kind": "time", "min": "11:00", "max": "22:00", "save": "at"})
        found = value(asked, said, {}, today=dt.date(2026, 11, 22))
        assert (found.value, found.ask) == (expected, True) if isinstance(found, Understood) else expected is None

    @pytest.mark.parametrize(
        ("said", "expected"),
        [("one", 1), ("eine", 1), ("أربعة", 4), ("a table for 4 on friday at half past seven", 4), ("1,300", "large")],
    )
    def test_a_number_beside_a_day_and_a_time(self, said: str, expected: object) -> None:
        asked = Field.model_validate({"kind": "number", "min": 1, "max": 12, "save": "n"})
        found = value(asked, said, {}, "de" if said == "eine" else "en", today=dt.date(2026, 11, 22))
        assert (found.value if isinstance(found, Understood) else found.code) == expected

    @pytest.mark.parametrize(
        ("said", "expected"),
        [("yes please", True), ("no, thanks", False), ("of course", True), ("Ja, gerne!", True), ("nein danke", False)],
    )
    def test_a_polite_yes_and_no(self, said: str, expected: bool) -> None:
        found = value(Field.model_validate({"kind": "yesno", "save": "y"}), said, {})
        assert isinstance(found, Understood)
        assert found.value is expected
