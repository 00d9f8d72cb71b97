"""Days, times and numbers in words: what is found, what is left of the sentence, and what is not guessed at."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable import spoken

SATURDAY = dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("said", "locale", "day"),
    [
        ("Friday around 4", "en", "2026-11-27"),
        ("on saturday", "en", "2026-11-28"),
        ("next tuesday", "en", "2026-11-24"),
        ("the day after tomorrow", "en", "2026-11-23"),
        ("in two weeks", "en", "2026-12-05"),
        ("27 November", "en", "2026-11-27"),
        ("the 27th of November", "en", "2026-11-27"),
        ("January 3rd would be fine", "en", "2027-01-03"),
        ("11/27", "en_US", "2026-11-27"),
        ("25/11 15h", "fr", "2026-11-25"),
        ("vendredi", "fr", "2026-11-27"),
        ("mañana a las 10", "es", "2026-11-22"),
        ("morgen um 15 Uhr", "de", "2026-11-22"),
        ("übermorgen um halb neun", "de", "2026-11-23"),
        ("in drei Tagen", "de", "2026-11-24"),
        ("3. Mai 2027", "de", "2027-05-03"),
        ("25.11. um 9:30", "de", "2026-11-25"),
        ("يوم الجمعة الساعة الرابعة مساء", "ar", "2026-11-27"),
        ("بعد غد", "ar", "2026-11-23"),
        ("بعد ٣ أيام", "ar", "2026-11-24"),
    ],
)
def test_a_day(said: str, locale: str, day: str) -> None:
    heard = spoken.date(said, locale, SATURDAY)
    assert heard is not None
    assert heard.value == day


@pytest.mark.parametrize(
    "said", ["may", "march on", "so", "1", "hello there", "", "my order 12345", "31/31", "🙂", "4pm"]
)
def test_no_day(said: str) -> None:
    assert spoken.date(said, "en", SATURDAY) is None


@pytest.mark.parametrize(("said", "locale"), [("um 14 Uhr", "de"), ("at 3pm", "en"), ("a las 10", "es"), ("15h", "fr")])
def test_an_hour_is_no_day(said: str, locale: str) -> None:
    assert spoken.date(said, locale, SATURDAY) is None


@pytest.mark.parametrize(
    ("said", "locale", "at"),
    [
        ("Friday around 4", "en", "16:00"),
        ("at 10", "en", "10:00"),
        ("4pm", "en", "16:00"),
        ("12 am", "en", "00:00"),
        ("12pm", "en", "12:00"),
        ("sat 4.30pm", "en", "16:30"),
        ("half past 3", "en", "15:30"),
        ("16:30 please", "en", "16:30"),
        ("9 in the morning, at 9", "en", "09:00"),
        ("tomorrow at noon", "en", "12:00"),
        ("um 15 Uhr", "de", "15:00"),
        ("am Freitag um 14 Uhr", "de", "14:00"),
        ("am Freitag um 12 Uhr", "de", "12:00"),
        ("halb neun", "de", "08:30"),
        ("viertel nach 3", "de", "15:15"),
        ("15h", "fr", "15:00"),
        ("الساعة الرابعة مساء", "ar", "16:00"),
        ("الساعة ٩", "ar", "09:00"),
    ],
)
def test_a_time(said: str, locale: str, at: str) -> None:
    heard = spoken.time(said, locale)
    assert heard is not None
    assert heard.value == at


@pytest.mark.parametrize("said", ["10-11am tomorrow", "Friday", "25.11.", "four tickets", "", "99:99"])
def test_no_time(said: str) -> None:
    assert spoken.time(said, "en") is None


@pytest.mark.parametrize(
    ("said", "locale", "number"),
    [
        ("twenty five", "en", 25),
        ("I want three tickets", "en", 3),
        ("fünfundzwanzig", "de", 25),
        ("zweihundert Euro", "de", 200),
        ("خمسة", "ar", 5),
        ("about 12.5", "en", 12.5),
        ("vingt-cinq", "fr", 25),
    ],
)
def test_a_number(said: str, locale: str, number: float) -> None:
    heard = spoken.number(said, locale)
    assert heard is not None
    assert heard.value == number


@pytest.mark.parametrize("said", ["two or three", "none", "", "1 2", "A12"])
def test_no_number(said: str) -> None:
    assert spoken.number(said, "en") is None


def test_what_is_left_of_the_sentence_holds_the_rest() -> None:
    day = spoken.date("next tuesday at half past 3", "en", SATURDAY)
    assert day is not None
    at = spoken.time(day.rest, "en")
    assert at is not None
    assert at.value == "15:30"


@given(st.text(max_size=80), st.sampled_from(["en", "de", "ar", "fr", "xx"]))
def test_any_text_is_read_or_not(text: str, locale: str) -> None:
    day = spoken.date(text, locale, SATURDAY)
    if day is not None:
        dt.date.fromisoformat(str(day.value))
    at = spoken.time(text, locale)
    if at is not None:
        dt.time.fromisoformat(str(at.value))
    number = spoken.number(text, locale)
    assert number is None or isinstance(number.value, int | float)
