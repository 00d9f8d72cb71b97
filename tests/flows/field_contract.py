"""What every kind of field does: a new kind is one entry in fields.PARSERS and one class that runs this contract."""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from disposable.definition import Field
from disposable.fields import FieldError, Where, collect, in_words, parse, posted
from tests.flows.samples import catalog, words

TODAY = dt.date(2026, 11, 21)
SLOTS: dict[str, Any] = {
    "technician": [
        {
            "id": "s1",
            "starts": "2026-11-23T09:00:00+01:00",
            "ends": "2026-11-23T10:00:00+01:00",
            "zone": "Europe/Berlin",
        },
        {"id": "s2", "starts": "2026-11-24T13:30:00Z", "ends": "", "zone": ""},
    ]
}
NAMES: dict[str, Any] = {
    "things": [{"t": "One"}, {"t": "Two"}],
    "times": [{"starts": "2026-11-23T09:00:00+01:00", "room": "A"}, "2026-11-23T10:00:00+01:00", {"starts": "soon"}],
    "shops": [
        {"name": "Far", "lat": 52.5, "lon": 13.3},
        {"name": "Nowhere"},
        {"name": "Near", "at": {"lat": 52.521, "lon": 13.401}},
    ],
    "here": {"lat": 52.52, "lon": 13.4, "by": "device"},
    "site": {"zone": "Europe/Berlin"},
}
LOCALES = ("en", "de", "ar")

PARTS = ("", "lines", "postcode", "city", "region", "country", "lat", "lon", "text", "typed", "file", "ok", "to", "at")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.sampled_from(PARTS), inner),
    max_leaves=12,
)


def read(
    field: Field, raw: object, locale: str = "en", names: dict[str, Any] | None = None, before: object = None
) -> object:
    known = NAMES if names is None else names
    return parse(field, raw, known, locale, today=TODAY, slots=SLOTS, before=before)


def where(locale: str = "en") -> Where:
    return Where(NAMES, locale, None, TODAY, SLOTS)


class FieldContract:
    """`good` are what was posted and the value of it, `bad` what was posted and the code of the refusal."""

    field: ClassVar[Field]
    good: ClassVar[dict[str, object] | list[tuple[object, object]]]
    bad: ClassVar[dict[str, str] | list[tuple[object, str]]]
    missing: ClassVar[str] = "required"
    comes_back: ClassVar[bool] = True
    """Whether a form can be filled with its value again: a code cannot."""

    def test_it_takes_what_it_should(self) -> None:
        for raw, value in pairs(self.good):
            assert read(self.field, raw) == value, raw
            assert type(read(self.field, raw)) is type(value), raw

    def test_it_refuses_what_it_should_and_says_why(self) -> None:
        for raw, code in pairs(self.bad):
            error = read(self.field, raw)
            assert isinstance(error, FieldError), raw
            assert error.code == code, raw

    def test_every_refusal_has_words_in_every_language(self) -> None:
        for raw, _ in [*pairs(self.bad), ("", "")]:
            error = read(self.field, raw)
            assert isinstance(error, FieldError)
            for locale in LOCALES:
                assert "{" not in catalog(locale)[f"error.{error.code}"].format(**error.params)

    def test_nothing_is_nothing(self) -> None:
        optional = self.field.model_copy(update={"optional": True})
        nothing: list[object] = ["", "  ", None, "\x00\x07", [], "\n", [""]]
        for raw in nothing:
            assert read(self.field, raw) == FieldError(self.missing), raw
            assert read(optional, raw) is None, raw

    def test_its_values_are_json_and_what_is_posted_again_is_the_same(self) -> None:
        for raw, value in pairs(self.good):
            assert json.loads(json.dumps(value)) == value, raw
            for locale in LOCALES if self.comes_back else ():
                again = posted(self.field, value, where(locale))
                assert read(self.field, again, locale, before=value) == value, (raw, again, locale)

    def test_its_values_have_words(self) -> None:
        for raw, value in pairs(self.good):
            for locale in LOCALES:
                said = in_words(self.field, value, where(locale), words)
                assert said, raw
                assert "{" not in said
        assert in_words(self.field, None, where(), words) == ""

    def test_no_text_is_no_crash(self) -> None:
        strange: list[object] = [{"a": {}}, object(), True, b"x", float("nan"), 10**40, [[]], {"": {}}]
        for raw in strange:
            value = read(self.field, raw)
            assert isinstance(value, FieldError), raw
        assert isinstance(read(self.field, "x" * 20_000), FieldError)

    def test_anything_is_a_value_or_a_field_error(self) -> None:
        @given(st.text(max_size=60) | JSON, st.sampled_from([*LOCALES, "xx"]))
        def anything(raw: object, locale: str) -> None:
            value = read(self.field, raw, locale)
            if isinstance(value, FieldError):
                return
            assert json.loads(json.dumps(value)) == value
            json.dumps(value, ensure_ascii=False).encode()
            in_words(self.field, value, where(locale), words)
            if self.comes_back:
                again = posted(self.field, value, where(locale))
                assert read(self.field, again, locale, before=value) == value

        anything()


def pairs(table: dict[str, Any] | list[tuple[object, Any]]) -> Iterable[tuple[Any, Any]]:
    return table.items() if isinstance(table, dict) else table


def form(name: str = "x", **parts: object) -> object:
    """Parts as a form posts them."""
    return collect({f"{name}.{part}": value for part, value in parts.items()}, name)
