"""Kinds of field that are more than one text: places, files, a signature, a code, consent."""

from typing import Any, ClassVar

import pytest

from disposable.definition import Field
from disposable.fields import FieldError, Where, collect, in_words, places
from tests.flows.field_contract import NAMES, FieldContract, form, read
from tests.flows.samples import words

PHOTO = {"file": "f-1", "name": "a.jpg", "type": "image/jpeg", "size": 1000}
PAPER = {"file": "f-2", "name": "a.pdf", "type": "application/pdf", "size": 1000}
HOME = {"lines": ["Hauptstr. 5"], "postcode": "10115", "city": "Berlin", "region": "", "country": "DE"}
GERMANY = {**NAMES, "site": {"country": "DE"}}


class TestAddress(FieldContract):
    field = Field(kind="address")
    good: ClassVar[list[tuple[object, object]]] = [
        (form(lines=" Hauptstr. 5 ", postcode="10115", city="Berlin", country="Germany"), HOME),
        (form(lines="Hauptstr. 5", postcode="١٠١١٥", city="Berlin", country="de"), HOME),
        (
            form(lines="c/o Ann\r\n12 High St\n", postcode="SW1A 1AA", city="London", country="UK"),
            {
                "lines": ["c/o Ann", "12 High St"],
                "postcode": "SW1A 1AA",
                "city": "London",
                "region": "",
                "country": "GB",
            },
        ),
        ("Hauptstr. 5\n10115 Berlin\nGermany", HOME),
        ("Hauptstr. 5, D-10115 Berlin, Deutschland", HOME),
        ("Hauptstr. 5, 10115, Berlin, DE", HOME),
        (
            "1 Main St, Springfield, IL 62701, USA",
            {"lines": ["1 Main St"], "postcode": "62701", "city": "Springfield", "region": "IL", "country": "US"},
        ),
    ]
    bad: ClassVar[list[tuple[object, str]]] = [
        (form(lines="Hauptstr. 5", postcode="1011", city="Berlin", country="DE"), "postcode"),
        (form(lines="", postcode="10115", city="Berlin", country="DE"), "street"),
        (form(lines="Hauptstr. 5", postcode="10115", city=" ", country="DE"), "city"),
        (form(lines="Hauptstr. 5", postcode="10115", city="Berlin", country="Atlantis"), "country"),
        (form(lines="x" * 101, postcode="10115", city="Berlin", country="DE"), "long"),
        (form(lines={"a": 1}), "text"),
    ]

    def test_a_refusal_names_the_part(self) -> None:
        found = read(self.field, form(lines="Hauptstr. 5", postcode="1", city="Berlin", country="DE"))
        assert found == FieldError("postcode", part="postcode")

    def test_the_country_is_that_of_the_site(self) -> None:
        parts = form(lines="Hauptstr. 5", postcode="10115", city="Berlin")
        assert read(self.field, parts, names=GERMANY) == HOME
        assert read(self.field, "Hauptstr. 5\n10115 Berlin", names=GERMANY) == HOME

    def test_what_is_not_sure_stays_a_line(self) -> None:
        found = read(self.field, "Behind the mill, Oldtown", names=GERMANY)
        assert found == {**HOME, "lines": ["Behind the mill", "Oldtown"], "postcode": "", "city": ""}

    def test_it_is_written_as_on_an_envelope(self) -> None:
        at_home = Where(GERMANY)
        assert in_words(self.field, HOME, at_home, words) == "Hauptstr. 5\n10115 Berlin"
        assert (
            in_words(self.field, HOME, Where({"site": {"country": "AT"}}), words)
            == "Hauptstr. 5\n10115 Berlin\nGermany"
        )
        abroad = {"lines": ["1 Main St"], "postcode": "62701", "city": "Springfield", "region": "IL", "country": "US"}
        assert in_words(self.field, abroad, at_home, words) == "1 Main St\nSpringfield, IL 62701\nUnited States"


class TestLocation(FieldContract):
    field = Field(kind="location", why="To find the nearest shop")
    missing = "place"
    good: ClassVar[list[tuple[object, object]]] = [
        (form(lat="52.5200001", lon="13.4", text=""), {"lat": 52.52, "lon": 13.4, "by": "device"}),
        ("Alexanderplatz,  Berlin", {"text": "Alexanderplatz, Berlin"}),
        (form(text="Alexanderplatz", lat="", lon=""), {"text": "Alexanderplatz"}),
        ("52.52, 13.4", {"lat": 52.52, "lon": 13.4, "text": "52.52, 13.4"}),
        (form(text="Town hall", lat="-1", lon="-2", of="Town hall"), {"lat": -1.0, "lon": -2.0, "text": "Town hall"}),
        (form(text="Town hall", lat="-1", lon="-2", of="Station"), {"text": "Town hall"}),
        (form(text="Town hall", lat="-1", lon="-2"), {"text": "Town hall"}),
    ]
    bad: ClassVar[list[tuple[object, str]]] = [
        (form(lat="91", lon="13.4"), "place"),
        (form(lat="nan", lon="inf"), "place"),
        (form(lat="52.5", lon=""), "place"),
        (form(text="x" * 301), "long"),
        (form(text={}), "text"),
    ]


class TestPhoto(FieldContract):
    field = Field(kind="photo", max=3)
    missing = "photo"
    good: ClassVar[list[tuple[object, object]]] = [([PHOTO], [PHOTO]), (["", PHOTO, PHOTO], [PHOTO, PHOTO])]
    bad: ClassVar[list[tuple[object, str]]] = [
        ("f-1", "photo"),
        (["f-1"], "photo"),
        ([PAPER], "photo"),
        ([PHOTO] * 4, "many_files"),
        ([{"file": ""}], "photo"),
        ([{**PHOTO, "size": "1"}], "photo"),
    ]

    def test_what_else_stands_in_it_is_dropped(self) -> None:
        assert read(self.field, [{**PHOTO, "path": "/etc/passwd"}]) == [PHOTO]

    def test_of_those_there_before_each_may_be_kept(self) -> None:
        before = [PHOTO, {**PHOTO, "file": "f-3"}]
        assert read(self.field, {"kept": "f-3"}, before=before) == before[1:]
        assert read(self.field, {"kept": ["f-1", "f-3"], "": [{**PHOTO, "file": "f-4"}]}, before=before) == [
            *before,
            {**PHOTO, "file": "f-4"},
        ]
        assert read(self.field, {"kept": ["f-1", "f-3"]}) == FieldError("photo")
        assert read(self.field, {"kept": "f-9"}, before=before) == FieldError("photo")
        assert read(self.field, {"": ""}, before=before) == FieldError("photo")


class TestFile(FieldContract):
    field = Field(kind="file", min=2)
    missing = "file"
    good: ClassVar[list[tuple[object, object]]] = [([PAPER, PHOTO], [PAPER, PHOTO])]
    bad: ClassVar[list[tuple[object, str]]] = [
        ([PAPER], "few_files"),
        ('{"file": "f-2", "name": "a", "type": "b", "size": 1}', "file"),
        ([PAPER] * 13, "many_files"),
    ]


class TestSignature(FieldContract):
    field = Field(kind="signature")
    missing = "sign"
    good: ClassVar[list[tuple[object, object]]] = [
        ("Ada  Lovelace", {"typed": "Ada Lovelace"}),
        (form(typed="Ada Lovelace"), {"typed": "Ada Lovelace"}),
        ({"": [PHOTO], "typed": ""}, {"file": "f-1"}),
        ({"": [PHOTO], "typed": "Ada L."}, {"file": "f-1", "typed": "Ada L."}),
        ([PHOTO], {"file": "f-1"}),
    ]
    bad: ClassVar[list[tuple[object, str]]] = [
        ("X", "sign"),
        ("123", "sign"),
        ({"": [PHOTO, PHOTO]}, "sign"),
        ({"": "f-1", "typed": "12"}, "sign"),
        ({"": {"file": 1}}, "sign"),
    ]


class TestCode(FieldContract):
    field = Field(kind="code")
    comes_back = False
    good: ClassVar[list[tuple[object, object]]] = [({"ok": True, "to": "•••42"}, {"to": "•••42"})]
    bad: ClassVar[list[tuple[object, str]]] = [
        ({"ok": False, "to": "•••42"}, "code"),
        ("123456", "code"),
        ({"ok": "yes", "to": "•••42"}, "code"),
    ]


class TestConsent(FieldContract):
    field = Field(kind="consent", terms="I agree to everything.")
    missing = "consent"
    good: ClassVar[dict[str, object]] = {
        "yes": {"agreed": True},
        "on": {"agreed": True},
        "I agree": {"agreed": True},
        "Ja": {"agreed": True},
        "أوافق": {"agreed": True},
    }
    bad: ClassVar[dict[str, str]] = {"no": "consent", "maybe": "consent"}

    def test_no_is_nothing_where_it_may_be_left_out(self) -> None:
        optional: Any = self.field.model_copy(update={"optional": True})
        assert read(optional, "no") is None
        assert read(optional, "maybe") == FieldError("consent")


def test_parts_are_collected_by_name() -> None:
    given = {"a": "1", "a.b": "2", "a.c": "3", "ab.c": "4", "d": "5"}
    assert collect(given, "a") == {"": "1", "b": "2", "c": "3"}
    assert collect(given, "ab") == {"c": "4"}
    assert collect(given, "d") == "5"
    assert collect(given, "x") is None


@pytest.mark.parametrize(
    ("kilometres", "locale", "said"),
    [
        (0.31, "de", "300 m"),
        (2.345, "de", "2,3 km"),
        (23.4, "en-IE", "23 km"),
        (2.345, "en-US", "1.5 mi"),
        (0.0, "de", "50 m"),
    ],
)
def test_distances_are_printed_as_the_country_does(kilometres: float, locale: str, said: str) -> None:
    assert places.distance_text(kilometres, Where({}, locale)) == said


def test_the_distance_between_two_cities() -> None:
    assert round(places.distance((52.52, 13.405), (48.137, 11.575))) == 504
    assert places.distance((1, 1), (1, 1)) == 0
