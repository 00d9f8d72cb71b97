"""Kinds of field that are one text: written, counted or dated. Each runs the contract of all."""

import importlib
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.definition import KINDS, Field
from disposable.fields import FieldError, Where, in_words, parse, plain_words, posted, read_date, read_number, read_time
from tests.flows.field_contract import NAMES, TODAY, FieldContract, read
from tests.flows.samples import words


class TestText(FieldContract):
    field = Field(kind="text", min=2, max=10)
    good: ClassVar[dict[str, object]] = {
        "Hello": "Hello",
        "  a b ": "a b",
        "a\x00b\x1b": "ab",
        "e\u0301e": "ée",
        "<b>x": "<b>x",
        "\ud800ab": "ab",
    }
    bad: ClassVar[dict[str, str]] = {"a": "short", "x" * 11: "long", "x" * 10_001: "long"}


class TestPhone(FieldContract):
    field = Field(kind="phone")
    good: ClassVar[dict[str, object]] = {
        "+49 30 901820": "+4930901820",
        "0049 (30) 90-18-20": "+4930901820",
        "+٤٩٣٠٩٠١٨٢٠": "+4930901820",
        "+1 202-555-0123": "+12025550123",
    }
    bad: ClassVar[dict[str, str]] = {
        "12": "phone",
        "call me": "phone",
        "+49" + "1" * 60: "phone",
    }

    def test_a_site_in_a_country_takes_its_own_numbers(self) -> None:
        assert read(self.field, "030 901820", names={}) == FieldError("phone")
        assert read(self.field, "030 901820", names={"site": {"zone": "UTC"}}) == FieldError("phone")
        assert read(self.field, "030 901820", names={"site": {"zone": "Europe/Berlin"}}) == "+4930901820"
        assert parse(self.field, "030 901820", {"site": {"country": "DE"}}) == "+4930901820"


class TestEmail(FieldContract):
    field = Field(kind="email")
    good: ClassVar[dict[str, object]] = {
        "A.b+c@Example.COM": "A.b+c@example.com",
        "mailto:x@y.example": "x@y.example",
        "ü@bücher.example": "ü@bücher.example",
    }
    bad: ClassVar[dict[str, str]] = {
        "x": "email",
        "x@y": "email",
        "@y.example": "email",
        "a b@y.example": "email",
        "a@b.example, c@d.example": "email",
    }


class TestDate(FieldContract):
    field = Field(kind="date", min="2026-01-01", max="2026-12-31")
    good: ClassVar[dict[str, object]] = {
        "2026-11-21": "2026-11-21",
        "21.11.2026": "2026-11-21",
        "21.11.26": "2026-11-21",
        "11/21/2026": "2026-11-21",
        "21 November 2026": "2026-11-21",
        "Nov 21st, 2026": "2026-11-21",
        "21st of Nov 2026": "2026-11-21",
        "٢٠٢٦-١١-٢١": "2026-11-21",
    }
    bad: ClassVar[dict[str, str]] = {
        "soon": "date",
        "31.02.2026": "date",
        "2025-12-31": "early",
        "2027-01-01": "late",
        "21/11/2026": "date",
        "Nov 2026": "date",
    }

    def test_the_order_is_that_of_the_language(self) -> None:
        assert parse(self.field, "03/11/2026", NAMES, "en") == "2026-03-11"
        assert parse(self.field, "03/11/2026", NAMES, "en-GB") == "2026-11-03"
        assert parse(self.field, "3. März 2026", NAMES, "de") == "2026-03-03"

    def test_today_and_tomorrow(self) -> None:
        assert read(self.field, "Tomorrow") == "2026-11-22"
        assert read(self.field, "übermorgen", "de") == "2026-11-23"
        assert read_date("tomorrow", "en") is None

    def test_bounds_that_move_with_the_day(self) -> None:
        soon = Field(kind="date", min="today", max="+2w")
        assert read(soon, "2026-11-21") == "2026-11-21"
        assert read(soon, "2026-12-05") == "2026-12-05"
        assert read(soon, "2026-11-20") == FieldError("early", {"min": "Nov 21, 2026"})
        assert read(soon, "2026-12-06") == FieldError("late", {"max": "Dec 5, 2026"})
        grown = Field(kind="date", max="-18y")
        assert read(grown, "2008-11-21") == "2008-11-21"
        assert read(grown, "2008-11-22") == FieldError("late", {"max": "Nov 21, 2008"})

    def test_a_refusal_shows_how(self) -> None:
        error = read(self.field, "soon", "de")
        assert isinstance(error, FieldError)
        assert error.params == {"example": "28.11.2026"}


class TestNumber(FieldContract):
    field = Field(kind="number", min=0, max=10_000)
    good: ClassVar[dict[str, object]] = {
        "7": 7,
        "1,234.5": 1234.5,
        "7.0": 7,
        " 12 ": 12,
        "٧": 7,
        "+3": 3,
        "1 000": 1000,
        "12,5": 12.5,
    }
    bad: ClassVar[dict[str, str]] = {
        "seven": "number",
        "-1": "small",
        "10001": "large",
        "1e400": "number",
        "nan": "number",
        "1.2.3": "number",
        "9" * 24: "number",
    }

    def test_the_comma_is_that_of_the_language(self) -> None:
        assert parse(self.field, "1.234,5", NAMES, "de") == 1234.5
        assert parse(self.field, "2,5", NAMES, "de") == 2.5


class TestLong(FieldContract):
    field = Field(kind="long", min=2)
    good: ClassVar[dict[str, object]] = {"One\r\ntwo\n": "One\ntwo", "x" * 5000: "x" * 5000}
    bad: ClassVar[dict[str, str]] = {"x" * 5001: "long", "x": "short"}


class TestName(FieldContract):
    field = Field(kind="name")
    good: ClassVar[dict[str, object]] = {
        "  Ada   Lovelace ": "Ada Lovelace",
        "O'Neil-Müller, Jr.": "O'Neil-Müller, Jr.",
        "محمد": "محمد",
        "李": "李",
    }
    bad: ClassVar[dict[str, str]] = {"123": "name", "-": "name", "🙂": "name", "x" * 121: "long"}


class TestMoney(FieldContract):
    field = Field(kind="money", currency="EUR", max=2000)
    good: ClassVar[dict[str, object]] = {
        "12.50": {"amount": 12.5, "currency": "EUR"},
        "12,50 €": {"amount": 12.5, "currency": "EUR"},
        "€ 1,250.00": {"amount": 1250, "currency": "EUR"},
        "5 euros": {"amount": 5, "currency": "EUR"},
        "EUR 7": {"amount": 7, "currency": "EUR"},
        "٧٫٥": {"amount": 7.5, "currency": "EUR"},
        "0": {"amount": 0, "currency": "EUR"},
    }
    bad: ClassVar[dict[str, str]] = {
        "twelve": "money",
        "12.505": "money",
        "$5": "currency",
        "5 USD": "currency",
        "-1": "small",
        "2000.01": "large",
        "€": "money",
    }

    def test_yen_have_no_hundredths(self) -> None:
        yen = Field(kind="money", currency="JPY")
        assert read(yen, "1250") == {"amount": 1250, "currency": "JPY"}
        assert read(yen, "12.5") == FieldError("money", {"example": "¥1,250"})

    def test_its_words_and_what_is_typed_again_are_of_the_language(self) -> None:
        value = {"amount": 1234.5, "currency": "EUR"}
        assert in_words(self.field, value, Where(NAMES, "de"), words) == "1.234,50 €"
        assert posted(self.field, value, Where(NAMES, "de")) == "1234,50"
        assert posted(self.field, value, Where(NAMES, "en")) == "1234.50"

    def test_without_one_it_is_the_currency_of_the_country(self) -> None:
        field = Field(kind="money")
        assert read(field, "5", names={"site": {"country": "CH"}}) == {"amount": 5, "currency": "CHF"}
        assert read(field, "5", names={}) == {"amount": 5, "currency": "EUR"}


class TestTime(FieldContract):
    field = Field(kind="time", min="08:00", max="18:30")
    good: ClassVar[dict[str, object]] = {
        "16:30": "16:30",
        "16:30:00": "16:30",
        "4:30 pm": "16:30",
        "4 p.m.": "16:00",
        "16 Uhr": "16:00",
        "um 16.30 Uhr": "16:30",
        "16h30": "16:30",
        "noon": "12:00",
        "4:30": "16:30",
        "9:15": "09:15",
        "٤:٣٠ م": "16:30",
    }
    bad: ClassVar[dict[str, str]] = {
        "4": "time",
        "soon": "time",
        "25:00": "time",
        "13 pm": "time",
        "12:60": "time",
        "07:59": "early",
        "18:31": "late",
        "midnight": "early",
    }

    def test_a_half_that_was_said_stays(self) -> None:
        assert read(self.field, "04:30") == FieldError("early", {"min": "8:00 AM"})
        assert read(self.field, "4:30 am") == FieldError("early", {"min": "8:00 AM"})
        assert read(Field(kind="time"), "4:30") == "04:30"

    def test_its_words_are_of_the_language(self) -> None:
        assert in_words(self.field, "16:30", Where(NAMES, "en"), words) == "4:30 PM"
        assert in_words(self.field, "16:30", Where(NAMES, "de"), words) == "16:30"


@given(st.floats(-1e12, 1e12).map(lambda value: round(value, 4)), st.sampled_from(["en", "de", "ar", "fr", "xx"]))
def test_a_number_typed_again_is_the_same(value: float, locale: str) -> None:
    field = Field(kind="number")
    typed = posted(field, value, Where({}, locale))
    assert parse(field, typed, {}, locale) == value


@given(st.times())
def test_any_time_is_read_as_browsers_write_it(at: Any) -> None:
    assert read_time(at.isoformat()) == at.strftime("%H:%M")


@given(st.dates(), st.sampled_from(["en", "de", "ar"]))
def test_a_date_in_words_is_read_again(on: Any, locale: str) -> None:
    field = Field(kind="date")
    said = in_words(field, on.isoformat(), Where({}, locale, None, TODAY), words)
    assert read_date(said, locale) == on or on.year < 1000


def test_every_kind_runs_the_contract() -> None:
    for module in ("picked", "sent"):
        importlib.import_module(f"tests.flows.test_fields_{module}")
    tested = {kind.field.kind for kind in FieldContract.__subclasses__()}
    assert tested == set(KINDS)


def test_a_number_of_another_script() -> None:
    assert read_number("١٬٢٣٤٫٥", "ar") == 1234.5


@pytest.mark.parametrize(
    ("text", "plain"), [("Größe, Øl!", "grosse øl"), ("  A--B ", "a b"), ("Ünïcode", "unicode"), ("٣", "3")]
)
def test_plain_words(text: str, plain: str) -> None:
    assert plain_words(text) == plain
