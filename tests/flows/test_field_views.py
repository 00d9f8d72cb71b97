"""How a field stands on a screen: keyboards, bounds, options, what was given before and what was wrong with it."""

from typing import Any

from disposable import field_views
from disposable.definition import Field
from disposable.field_views import FieldView, filled, marked
from disposable.state import Answered
from disposable.steps import Setting
from tests.flows.field_contract import NAMES, SLOTS
from tests.flows.samples import NOW, words

SETTING = Setting({"zone": "Europe/Berlin", "country": "DE"}, "en", "Europe/Berlin", NOW, SLOTS)
PHOTO = {"file": "f-1", "name": "a.jpg", "type": "image/jpeg", "size": 1000}


def view(value: Any = None, name: str = "x", setting: Setting = SETTING, **field: Any) -> FieldView:
    given = None if value is None else Answered(name, value, "", "")
    known = {**NAMES, "site": setting.site}
    return field_views.view(name, Field.model_validate(field), known, setting, words, given)


def parts(found: FieldView) -> dict[str, FieldView]:
    return {part.name.removeprefix(f"{found.name}."): part for part in found.parts}


def test_each_gets_its_keyboard_and_what_the_browser_knows() -> None:
    kinds = {
        "name": ("text", "", "name"),
        "email": ("email", "email", "email"),
        "phone": ("tel", "tel", "tel"),
        "number": ("text", "decimal", ""),
        "code": ("text", "numeric", "one-time-code"),
        "date": ("date", "", ""),
        "time": ("time", "", ""),
        "photo": ("file", "", ""),
    }
    for kind, expected in kinds.items():
        found = view(kind=kind)
        assert (found.type, found.inputmode, found.autocomplete) == expected, kind
    assert view(kind="date", name="date_of_birth").autocomplete == "bday"
    assert view(kind="text", name="last_name").autocomplete == "family-name"
    # The keyboard of figures has no minus.
    assert view(kind="number", min=-10).inputmode == "text"


def test_bounds() -> None:
    assert view(kind="date", min="today", max="+1w").min == SETTING.today().isoformat()
    assert view(kind="time", min="08:00").min == "08:00"
    assert view(kind="text", max=20).maxlength == 20
    assert view(kind="long").rows > 1
    assert view(kind="money", currency="EUR").unit == "€"
    assert view(kind="photo", max=1).multiple is False
    assert (view(kind="photo", max=3).multiple, view(kind="photo", max=3).note) == (True, "Up to 3 photos.")


def test_several_choices_say_how_many() -> None:
    options = {"a": "A", "b": "B", "c": "C"}
    assert view(kind="choices", options=options).note == "Choose all that apply."
    assert view(kind="choices", options=options, max=2).note == "Choose up to 2."
    assert view(kind="choices", options=options, min=2, max=2).note == "Choose 2."
    assert view(["a", "c"], kind="choices", options=options).values == ("a", "c")


def test_slots_stand_in_groups_with_short_labels_and_are_named_whole() -> None:
    found = view(kind="slot", calendar="technician")
    assert found.look == "grid"
    assert found.groups[0] == ("Monday, November 23", (("s1", "9:00 – 10:00 AM"),))
    assert found.options[0] == ("s1", "Mon, Nov 23, 9:00 AM")
    chosen = view({**SLOTS["technician"][0], "calendar": "technician"}, kind="slot", calendar="technician")
    assert chosen.value == "s1"


def test_scales() -> None:
    nps = view(7, kind="scale", scale="nps")
    assert (nps.min, nps.max, nps.look, nps.value, len(nps.options)) == ("0", "10", "row", "7", 11)
    assert (nps.low, nps.high) == ("Not at all likely", "Extremely likely")
    assert view(kind="scale", scale="csat").options[4] == ("5", "Very satisfied")
    assert view(kind="scale", scale="stars").look == "stars"


def test_an_address_has_the_parts_of_its_country_in_its_order() -> None:
    german = parts(view(kind="address"))
    assert list(german) == ["lines", "postcode", "city", "country"]
    assert (german["postcode"].inputmode, german["country"].value) == ("numeric", "Germany")
    assert [part.autocomplete for part in german.values()] == [
        "street-address",
        "postal-code",
        "address-level2",
        "country-name",
    ]
    american = parts(view(kind="address", setting=Setting({"country": "US"}, "en", None, NOW)))
    assert list(american) == ["lines", "city", "region", "postcode", "country"]
    value = {"lines": ["c/o Ann", "Hauptstr. 5"], "postcode": "10115", "city": "Berlin", "region": "", "country": "DE"}
    again = parts(view(value, kind="address"))
    assert again["lines"].value == "c/o Ann\nHauptstr. 5"
    assert again["city"].value == "Berlin"


def test_what_was_typed_stands_again_in_its_part_and_so_does_what_is_wrong() -> None:
    typed = filled(view(kind="address"), {"lines": "Hauptstr. 5", "postcode": "1", "city": "", "country": "Germany"})
    found = parts(marked(typed, {"x.postcode": "Check it."}))
    assert (found["postcode"].value, found["postcode"].error) == ("1", "Check it.")
    assert (found["lines"].value, found["lines"].error) == ("Hauptstr. 5", "")
    assert parts(filled(view(kind="location", why="w"), "Berlin"))["text"].value == "Berlin"
    assert filled(view(kind="choices", options={"a": "A", "b": "B"}), ["a", "b"]).values == ("a", "b")


def test_a_code_and_a_file_are_never_shown_again() -> None:
    assert filled(view(kind="code"), "123456").value == ""
    assert filled(view(kind="photo"), [PHOTO]).value == ""
    assert view({"to": "•••42"}, kind="code").value == ""


def test_files_that_are_there_can_be_kept() -> None:
    kept = parts(view([PHOTO, {**PHOTO, "file": "f-2", "name": "b.jpg"}], kind="photo"))["kept"]
    assert kept.options == (("f-1", "a.jpg"), ("f-2", "b.jpg"))
    assert kept.values == ("f-1", "f-2")
    signed = parts(view({"file": "f-1", "typed": "Ann"}, kind="signature"))
    assert signed["kept"].options == (("f-1", "Signed by hand"),)
    assert signed["typed"].value == "Ann"


def test_a_position_is_kept_until_another_place_is_typed() -> None:
    device = parts(view({"lat": 52.5, "lon": 13.4, "by": "device"}, kind="location", why="w"))
    assert (device["lat"].value, device["text"].value) == ("52.5", "")
    chosen = parts(view({"lat": 52.5, "lon": 13.4, "text": "Station"}, kind="location", why="w"))
    assert (chosen["of"].value, chosen["text"].value) == ("Station", "Station")


def test_consent_prints_its_terms_and_asks_for_a_yes() -> None:
    found = view(kind="consent", terms="All of it.", label="I agree to {{ site.zone }}")
    assert (found.terms, found.options, found.label) == ("All of it.", (("yes", "I agree to Europe/Berlin"),), "")
    assert view(kind="consent", terms="x").options == (("yes", "I agree"),)
    assert view({"agreed": True}, kind="consent", terms="x").value == "yes"
