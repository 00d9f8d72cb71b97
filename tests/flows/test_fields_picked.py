"""Kinds of field where something is picked: one, several, yes or no, a place on a scale, a slot."""

from typing import ClassVar

from disposable.definition import Field
from disposable.fields import FieldError, in_words, item_key, options
from tests.flows.field_contract import NAMES, SLOTS, TODAY, FieldContract, read, where
from tests.flows.samples import words


class TestChoiceOfOptions(FieldContract):
    field = Field(kind="choice", options={"x": "An x", "y": "A y"})
    missing = "choose"
    good: ClassVar[dict[str, object]] = {"x": "x", " y ": "y"}
    bad: ClassVar[dict[str, str]] = {"z": "choice", "An x": "choice", "X": "choice"}


class TestChoiceFromContext(FieldContract):
    field = Field.model_validate({"kind": "choice", "from": "things", "label": "{{ item.t }}"})
    missing = "choose"
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
    missing = "choose"
    good: ClassVar[dict[str, object]] = {
        "yes": True,
        "No.": False,
        "JA": True,
        "nein!": False,
        "نعم": True,
        "لا": False,
    }
    bad: ClassVar[dict[str, str]] = {"maybe": "yesno", "yes no": "yesno"}


class TestSeveralChoices(FieldContract):
    field = Field(kind="choices", options={"a": "An a", "b": "A b", "c": "A c"}, min=1, max=2)
    missing = "choose"
    good: ClassVar[list[tuple[object, object]]] = [
        (["a"], ["a"]),
        ("b", ["b"]),
        (["c", "a", "c", ""], ["a", "c"]),
        ("c, a", ["a", "c"]),
    ]
    bad: ClassVar[list[tuple[object, str]]] = [
        (["a", "x"], "choice"),
        (["a", "b", "c"], "too_many"),
        (["a", {}], "choice"),
    ]

    def test_too_few(self) -> None:
        two = self.field.model_copy(update={"min": 2})
        assert read(two, ["a"]) == FieldError("too_few", {"min": "2"})


class TestSeveralOfAList(FieldContract):
    field = Field.model_validate({"kind": "choices", "from": "things", "label": "{{ item.t }}"})
    missing = "choose"
    good: ClassVar[list[tuple[object, object]]] = [
        ([item_key({"t": "Two"}), item_key({"t": "One"})], [{"t": "One"}, {"t": "Two"}]),
    ]
    bad: ClassVar[list[tuple[object, str]]] = [(["One"], "choice")]


class TestScale(FieldContract):
    field = Field(kind="scale", scale="nps")
    missing = "choose"
    good: ClassVar[dict[str, object]] = {"0": 0, "10": 10, "8/10": 8, "9 out of 10": 9, "٧": 7, " 3. ": 3}
    bad: ClassVar[dict[str, str]] = {"11": "scale", "-1": "scale", "good": "scale", "4/5": "scale", "7.5": "scale"}

    def test_stars(self) -> None:
        stars = Field(kind="scale", scale="stars")
        for said in ("4", "4 stars", "⭐⭐⭐⭐", "★★★★", "4/5", "4 Sterne von 5"):
            assert read(stars, said) == 4, said
        assert read(stars, "⭐" * 6) == FieldError("scale", {"min": "1", "max": "5"})
        assert read(stars, "0") == FieldError("scale", {"min": "1", "max": "5"})

    def test_words(self) -> None:
        assert in_words(Field(kind="scale", scale="csat"), 5, where(), words) == "Very satisfied"
        assert in_words(self.field, 8, where(), words) == "8 of 10"


class TestSlot(FieldContract):
    field = Field(kind="slot", calendar="technician")
    missing = "choose"
    good: ClassVar[dict[str, object]] = {
        "s1": {**SLOTS["technician"][0], "calendar": "technician"},
        "s2": {**SLOTS["technician"][1], "calendar": "technician"},
    }
    bad: ClassVar[dict[str, str]] = {"s3": "taken", "09:00": "taken"}

    def test_they_stand_under_their_day(self) -> None:
        found = options(self.field, NAMES, "en", today=TODAY, slots=SLOTS)
        assert [(one.group, one.short, one.label) for one in found] == [
            ("Monday, November 23", "9:00 – 10:00 AM", "Mon, Nov 23, 9:00 AM"),
            ("Tuesday, November 24", "2:30 PM", "Tue, Nov 24, 2:30 PM"),
        ]
        german = options(self.field, NAMES, "de", today=TODAY, slots=SLOTS)
        assert (german[0].group, german[0].label) == ("Montag, 23. November", "Mo., 23. Nov., 09:00")

    def test_a_day_of_another_year_names_it_and_another_zone_is_named(self) -> None:
        far = {"technician": [{"id": "s", "starts": "2027-01-04T09:00:00-05:00", "zone": "America/New_York"}]}
        found = options(self.field, NAMES, "en", today=TODAY, slots=far)[0]
        assert (found.group, found.short) == ("Monday, January 4, 2027", "9:00 AM GMT-5")

    def test_one_that_is_gone_still_has_words(self) -> None:
        gone = {"id": "s9", "starts": "2026-11-23T11:00:00+01:00", "ends": "", "zone": "Europe/Berlin"}
        assert in_words(self.field, gone, where(), words) == "Mon, Nov 23, 11:00 AM"

    def test_no_such_calendar_offers_nothing(self) -> None:
        assert options(self.field, NAMES, "en", slots={"other": SLOTS["technician"]}) == ()


class TestSlotOfAList(FieldContract):
    field = Field.model_validate({"kind": "slot", "from": "times"})
    missing = "choose"
    good: ClassVar[dict[str, object]] = {
        item_key(NAMES["times"][0]): {
            "id": "",
            "calendar": "",
            "starts": "2026-11-23T09:00:00+01:00",
            "ends": "",
            "zone": "",
        },
        item_key(NAMES["times"][1]): {
            "id": "",
            "calendar": "",
            "starts": "2026-11-23T10:00:00+01:00",
            "ends": "",
            "zone": "",
        },
    }
    bad: ClassVar[dict[str, str]] = {item_key(NAMES["times"][2]): "taken"}

    def test_its_own_words(self) -> None:
        field = Field.model_validate(
            {"kind": "slot", "from": "times", "label": "Room {{ item.room }}", "group": "{{ item.starts | date }}"}
        )
        first = options(field, NAMES, "en", today=TODAY)[0]
        assert (first.group, first.short, first.label) == ("Nov 23, 2026", "Room A", "Room A")


class TestNearest:
    field = Field.model_validate({"kind": "choice", "from": "shops", "label": "{{ item.name }}", "near": "here"})

    def test_the_nearest_come_first_and_say_how_far(self) -> None:
        assert [one.label for one in options(self.field, NAMES, "de")] == ["Near (100 m)", "Far (7,1 km)", "Nowhere"]

    def test_without_a_position_the_order_stays(self) -> None:
        typed = {**NAMES, "here": {"text": "Berlin"}}
        assert [one.label for one in options(self.field, typed, "de")] == ["Far", "Nowhere", "Near"]


def test_items_stand_under_their_own_headings() -> None:
    field = Field.model_validate(
        {"kind": "choice", "from": "seats", "label": "{{ item.n }}", "group": "Row {{ item.r }}"}
    )
    seats = {"seats": [{"n": "1A", "r": 1}, {"n": "1B", "r": 1}, {"n": "2A", "r": 2}]}
    assert [(one.group, one.label) for one in options(field, seats)] == [
        ("Row 1", "1A"),
        ("Row 1", "1B"),
        ("Row 2", "2A"),
    ]
