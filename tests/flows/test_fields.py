"""Field kinds: each runs the contract of all, and says what it takes and refuses."""

import datetime as dt
import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.definition import KINDS, Field
from disposable.fields import FieldError, item_key, options, parse, plain_words
from tests.flows.samples import catalog

NAMES: dict[str, Any] = {"things": [{"t": "One"}, {"t": "Two"}], "site": {}}


class FieldContract:
    """What every kind of field does. A new kind is one entry in fields.PARSERS and one class here."""

    field: ClassVar[Field]
    good: ClassVar[dict[str, object]]
    bad: ClassVar[dict[str, str]]

    def test_it_takes_what_it_should(self) -> None:
        for raw, value in self.good.items():
            assert parse(self.field, raw, NAMES) == value, raw
            assert type(parse(self.field, raw, NAMES)) is type(value), raw

    def test_it_refuses_what_it_should_and_says_why(self) -> None:
        for raw, code in self.bad.items():
            error = parse(self.field, raw, NAMES)
            assert isinstance(error, FieldError), raw
            assert error.code == code, raw

    def test_every_refusal_has_words_in_every_language(self) -> None:
        for raw in self.bad:
            error = parse(self.field, raw, NAMES)
            assert isinstance(error, FieldError)
            for locale in ("en", "de", "ar"):
                assert "{" not in catalog(locale)[f"error.{error.code}"].format(**error.params)

    def test_nothing_is_nothing(self) -> None:
        optional = self.field.model_copy(update={"optional": True})
        nothing: list[object] = ["", "  ", None, "\x00\x07", [], "\n"]
        for raw in nothing:
            assert parse(self.field, raw, NAMES) == FieldError("required")
            assert parse(optional, raw, NAMES) is None

    def test_its_values_are_json_and_what_is_posted_again_is_the_same(self) -> None:
        for raw, value in self.good.items():
            assert json.loads(json.dumps(value)) == value, raw

    def test_no_text_is_no_crash(self) -> None:
        strange: list[object] = [{"a": 1}, object(), True, b"x"]
        for raw in strange:
            assert isinstance(parse(self.field, raw, NAMES), FieldError)
        assert isinstance(parse(self.field, "x" * 20_000, NAMES), FieldError)

    def test_any_text_is_a_value_or_a_field_error(self) -> None:
        @given(st.text(max_size=60), st.sampled_from(["en", "de", "ar", "xx"]))
        def any_text(raw: str, locale: str) -> None:
            value = parse(self.field, raw, NAMES, locale, today=dt.date(2026, 11, 21))
            if not isinstance(value, FieldError):
                assert json.loads(json.dumps(value)) == value
                json.dumps(value, ensure_ascii=False).encode()

        any_text()


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


class TestChoiceOfOptions(FieldContract):
    field = Field(kind="choice", options={"x": "An x", "y": "A y"})
    good: ClassVar[dict[str, object]] = {"x": "x", " y ": "y"}
    bad: ClassVar[dict[str, str]] = {"z": "choice", "An x": "choice", "X": "choice"}


class TestChoiceFromContext(FieldContract):
    field = Field.model_validate({"kind": "choice", "from": "things", "label": "{{ item.t }}"})
    good: ClassVar[dict[str, object]] = {item_key({"t": "One"}): {"t": "One"}, item_key({"t": "Two"}): {"t": "Two"}}
    bad: ClassVar[dict[str, str]] = {"One": "choice", "0": "choice", item_key({"t": "Three"}): "choice"}

    def test_a_list_that_is_none_offers_nothing(self) -> None:
        lists: list[object] = [None, "text", {}, 5, []]
        for things in lists:
            assert options(self.field, {"things": things}) == ()

    def test_the_same_item_twice_is_one_choice_and_a_thousand_are_bounded(self) -> None:
        assert len(options(self.field, {"things": [{"t": "One"}, {"t": "One"}]})) == 1
        assert len(options(self.field, {"things": [{"t": str(number)} for number in range(1000)]})) == 200


class TestYesNo(FieldContract):
    field = Field(kind="yesno")
    good: ClassVar[dict[str, object]] = {
        "yes": True,
        "No.": False,
        "JA": True,
        "nein!": False,
        "نعم": True,
        "لا": False,
    }
    bad: ClassVar[dict[str, str]] = {"maybe": "yesno", "yes no": "yesno"}


class TestPhone(FieldContract):
    field = Field(kind="phone")
    good: ClassVar[dict[str, object]] = {
        "+49 30 901820": "+4930901820",
        "0049 (30) 90-18-20": "+4930901820",
        "+٤٩٣٠٩٠١٨٢٠": "+4930901820",
        "+1 202-555-0123": "+12025550123",
    }
    bad: ClassVar[dict[str, str]] = {
        "030 901820": "phone",
        "12": "phone",
        "call me": "phone",
        "+49" + "1" * 60: "phone",
    }

    def test_a_site_in_a_country_takes_its_own_numbers(self) -> None:
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
        today = dt.date(2026, 11, 21)
        assert parse(self.field, "Tomorrow", NAMES, today=today) == "2026-11-22"
        assert parse(self.field, "übermorgen", NAMES, "de", today=today) == "2026-11-23"
        assert parse(self.field, "tomorrow", NAMES) == FieldError("date")


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


def test_every_kind_runs_the_contract() -> None:
    tested = {kind.field.kind for kind in FieldContract.__subclasses__()}
    assert tested == set(KINDS)


@pytest.mark.parametrize(
    ("text", "plain"), [("Größe, Øl!", "grosse øl"), ("  A--B ", "a b"), ("Ünïcode", "unicode"), ("٣", "3")]
)
def test_plain_words(text: str, plain: str) -> None:
    assert plain_words(text) == plain
