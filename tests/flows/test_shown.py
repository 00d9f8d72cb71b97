"""What a step shows: texts rendered per item, hidden where its condition says so, bounded, and never an error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.definition import Block
from disposable.shown import (
    MAX_ITEMS,
    MAX_LINE,
    CardView,
    ImageView,
    ListView,
    MapView,
    Place,
    Shown,
    Stage,
    TableView,
    TimelineView,
    map_url,
    show,
)
from disposable.steps import Setting

SETTING = Setting({"name": "Meridian Air", "zone": "Europe/Berlin"}, "en", "Europe/Berlin", 1_800_000_000_000)
NAMES: dict[str, Any] = {
    "order": {
        "number": "A-17",
        "items": [{"name": "Lamp", "price": 12.5}, {"name": "Shade", "price": 7}],
        "steps": [
            {"what": "Packed", "at": "2027-01-10T08:00:00+01:00", "done": True},
            {"what": "On its way", "at": "2027-01-11T09:00:00+01:00", "done": False},
            {"what": "Delivered", "done": False},
        ],
    },
    "shop": {"lat": 52.52, "lon": 13.405, "name": "Mitte"},
    "shops": [{"name": "Mitte", "at": {"lat": 52.52, "lon": 13.405}}, {"name": "Nowhere"}],
    "typed": {"text": "Alexanderplatz, Berlin"},
}


def views(**block: Any) -> tuple[Shown, ...]:
    return show((Block.model_validate(block),), NAMES, SETTING)


def test_a_card_has_its_words_and_the_rows_that_say_something() -> None:
    rows = {"Order": "{{ order.number }}", "Site": "{{ site.name }}", "Note": "{{ order.note }}"}
    card = {"title": "Order {{ order.number }}", "text": "From {{ site.name }}", "rows": rows}
    assert views(card=card) == (
        CardView("Order A-17", "From Meridian Air", (("Order", "A-17"), ("Site", "Meridian Air"))),
    )
    assert views(card={"title": "{{ order.note }}"}) == ()


def test_a_list_prints_each_item() -> None:
    listing = {
        "from": "order.items",
        "title": "{{ item.name }}",
        "text": "{{ item.price | number }} of {{ order.number }}",
    }
    assert views(list=listing) == (ListView((("Lamp", "12.5 of A-17"), ("Shade", "7 of A-17"))),)


def test_a_table_has_headings_and_as_many_cells_in_each_row() -> None:
    columns = {"What": "{{ item.name }}", "Price": '{{ item.price | money("EUR") }}', "Note": "{{ item.note }}"}
    assert views(table={"from": "order.items", "columns": columns}) == (
        TableView(("What", "Price", "Note"), (("Lamp", "€12.50", ""), ("Shade", "€7.00", ""))),
    )


def test_a_picture_says_what_is_to_be_seen() -> None:
    assert views(image={"file": "0192", "alt": "The {{ site.name }} desk"}) == (
        ImageView("0192", "The Meridian Air desk"),
    )


def test_a_map_takes_one_place_or_a_list_and_leaves_out_what_is_nowhere() -> None:
    here = Place("Mitte", 52.52, 13.405)
    assert views(map={"at": "shop", "label": "{{ item.name }}"}) == (MapView((here,)),)
    assert views(map={"from": "shops", "label": "{{ item.name }}"}) == (MapView((here,)),)
    assert views(map={"at": "typed", "label": ""}) == (MapView((Place("Alexanderplatz, Berlin", None, None),)),)
    assert views(map={"at": "missing", "label": "Here"}) == ()


@pytest.mark.parametrize(
    "at", [{"lat": 91, "lon": 0}, {"lat": "52", "lon": 13}, {"lat": True, "lon": 1}, {"lat": 1e400, "lon": 1}, 7]
)
def test_what_is_no_place_on_earth_is_not_shown(at: object) -> None:
    assert show((Block.model_validate({"map": {"at": "there", "label": "There"}}),), {"there": at}, SETTING) == ()


def test_a_timeline_says_what_lies_behind_and_where_things_stand() -> None:
    line = {"from": "order.steps", "title": "{{ item.what }}", "at": "{{ item.at | time }}", "done": "item.done"}
    assert views(timeline=line) == (
        TimelineView(
            (Stage("Packed", "8:00 AM", True), Stage("On its way", "9:00 AM", False), Stage("Delivered", "", False)), 1
        ),
    )
    del line["done"]
    (untold,) = views(timeline=line)
    assert isinstance(untold, TimelineView)
    assert untold.at is None


def test_a_condition_hides_a_block() -> None:
    assert views(card={"title": "There"}, when="order.number == 'A-17'")
    assert not views(card={"title": "There"}, when="order.number == 'B'")


def test_long_lists_and_long_words_are_bounded() -> None:
    block = Block.model_validate({"list": {"from": "all", "title": "{{ item }}"}})
    (shown,) = show((block,), {"all": ["x" * 5_000] * (MAX_ITEMS + 7)}, SETTING)
    assert isinstance(shown, ListView)
    assert (len(shown.items), shown.more) == (MAX_ITEMS, 7)
    assert len(shown.items[0][0]) == MAX_LINE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["at", "lat", "lon", "text", "name", "done"]), inner, max_size=3)
    ),
    max_leaves=12,
)
BLOCKS = tuple(
    Block.model_validate(one)
    for one in (
        {"card": {"title": "{{ x.name }}", "rows": {"{{ x.text }}": "{{ x.at | date }}"}}},
        {"list": {"from": "x", "title": "{{ item.name }}", "text": "{{ item | money('EUR') }}"}},
        {"table": {"from": "x", "columns": {"A": "{{ item.lat | number }}"}}},
        {"map": {"from": "x", "label": "{{ item.name }}"}},
        {"map": {"at": "x", "label": "{{ item.at }}"}},
        {"timeline": {"from": "x", "title": "{{ item.name }}", "at": "{{ item.at | time }}", "done": "item.done > 3"}},
    )
)


@given(JSON)
def test_nothing_a_company_sends_makes_it_fail(value: object) -> None:
    for view in show(BLOCKS, {"x": value}, SETTING):
        if isinstance(view, MapView):
            assert all(map_url(place, system) for place in view.places for system in ("", "apple", "android"))


def test_a_place_opens_in_the_map_of_each_phone() -> None:
    place = Place("Café & Bar", 52.52, 13.405)
    assert map_url(place, "apple") == "https://maps.apple.com/?ll=52.520000,13.405000&q=Caf%C3%A9%20%26%20Bar"
    assert map_url(place, "android") == "geo:52.520000,13.405000?q=52.520000,13.405000(Caf%C3%A9%20%26%20Bar)"
    assert map_url(place) == "https://www.openstreetmap.org/?mlat=52.520000&mlon=13.405000#map=16/52.520000/13.405000"
    assert map_url(Place("Berlin Hbf", None, None)) == "https://www.openstreetmap.org/search?query=Berlin%20Hbf"
