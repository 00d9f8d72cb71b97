"""What stands between {{ and }}: what it prints, and all that it refuses."""

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disposable.expressions import MAX_OUTPUT, Condition, ExpressionInvalid, Template, lookup
from tests.support.examples import many

NAMES: dict[str, Any] = {
    "flight": {"number": "MA 12", "departs": "2026-11-22T18:40:00+01:00", "seats": [{"row": 4}, {"row": 5}]},
    "price": 1234.5,
    "fare": {"amount": 99, "currency": "USD"},
    "count": 3,
    "yes": True,
    "empty": "",
    "day": "2026-11-22",
    "tokyo": {"at": "2026-11-22T18:40:00Z", "zone": "Asia/Tokyo"},
    "utc": "2026-11-22T17:40:00Z",
    "huge": 10**5000,
    "items": {"keys": "not a method"},
    "site": {"name": "Meridian Air", "zone": "Europe/Berlin"},
}


@pytest.mark.parametrize(
    ("text", "locale", "zone", "printed"),
    [
        ("Flight {{ flight.number }}.", "en", None, "Flight MA 12."),
        ("{{ flight['number'] }} {{ flight.seats[1].row }}", "en", None, "MA 12 5"),
        ("{{ flight.nothing }}{{ nothing.at.all }}{{ flight.seats[9] }}{{ yes }}", "en", None, ""),
        ("{{ flight.departs | time }}", "en", None, "6:40 PM"),
        ("{{ flight.departs | time }}", "de", "Europe/Berlin", "18:40"),
        ("{{ flight.departs | time }}", "en", "Europe/London", "6:40 PM GMT+1"),
        ("{{ flight.departs | date }}", "de", None, "22.11.2026"),
        ("{{ flight.departs }}", "en", None, "Nov 22, 2026, 6:40 PM"),
        ("{{ utc | time }}", "en", None, "6:40 PM"),
        ("{{ utc | time }}", "en", "America/New_York", "12:40 PM"),
        ("{{ tokyo | time }}", "en", "Europe/Berlin", "3:40 AM GMT+9"),
        ("{{ tokyo | date }}", "en", "Europe/Berlin", "Nov 23, 2026"),
        ("{{ tokyo | time }}", "en", "Asia/Seoul", "3:40 AM"),
        ("{{ day | date }}", "en", None, "Nov 22, 2026"),
        ("{{ price | number }} {{ price | money('EUR') }}", "en", None, "1,234.5 €1,234.50"),
        ("{{ price | number }} {{ price | money('EUR') }}", "de", None, "1.234,5 1.234,50 €"),
        ("{{ fare | money }} {{ count | money }}", "en", None, "$99.00 3"),
        ("{{ 'text' }} {{ 5 }} {{ 1.5 }} {{ none }}", "en", None, "text 5 1.5 "),
        ("{{ huge }}{{ flight }}{{ flight.seats }}", "en", None, ""),
        ("{{ items.keys }} {{ flight.keys }}", "en", None, "not a method "),
        ("{# a remark #}x", "en", None, "x"),
        ("{{ flight.number | time }} {{ empty | date }} {{ nothing | money('EUR') }}", "en", None, "MA 12  "),
    ],
)
def test_it_prints(text: str, locale: str, zone: str | None, printed: str) -> None:
    assert Template.parse(text).render(NAMES, locale, zone) == printed


@pytest.mark.parametrize(
    ("text", "locale", "shown"),
    [
        ("{{ at | time }}", "en", "4:30 PM"),
        ("{{ at | time }}", "de", "16:30"),
        ("{{ some }}", "en", "one, two, and 3"),
        ("{{ some }}", "de", "one, two und 3"),
        ("{{ none_of }}{{ deep }}", "en", ""),
    ],
)
def test_times_of_day_and_lists_have_words(text: str, locale: str, shown: str) -> None:
    names = {"at": "16:30", "some": ["one", "two", 3], "none_of": [], "deep": [{"a": 1}, [2]]}
    assert Template.parse(text).render(names, locale) == shown


def test_a_long_list_is_cut_short() -> None:
    assert Template.parse("{{ some }}").render({"some": ["x"] * 500}).endswith("…")


def test_what_was_chosen_can_be_asked_for() -> None:
    assert Condition.parse("'a' in some").test({"some": ["a", "b"]})
    assert not Condition.parse("'c' in some").test({"some": ["a", "b"]})


def test_spaces_are_plain_in_every_language() -> None:
    text = "".join(
        Template.parse("{{ utc | time }} {{ price | money('EUR') }}").render(NAMES, locale)
        for locale in ("en", "fr", "de")
    )
    assert not set(text) & {"\u202f", "\u00a0"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("count >= 3", True),
        ("count > 3 or price < 2000", True),
        ("not (count == 3 and yes)", False),
        ("1 < count <= 3", True),
        ("flight.number == 'MA 12'", True),
        ("flight.number in 'MA 12, MA 14'", True),
        ("count != -3", True),
        ("empty", False),
        ("nothing", False),
        ("nothing > 3", False),
        ("flight > 3", False),
        ("'a' < 3", False),
        ("utc == flight.departs", True),
        ("utc < flight.departs", False),
        ("count in 5", False),
        ("huge > 1", True),
    ],
)
def test_it_decides(text: str, holds: bool) -> None:
    assert Condition.parse(text).test(NAMES) is holds


@pytest.mark.parametrize(
    "text",
    [
        "{{ flight.__class__ }}",
        "{{ flight['__class__'] }}",
        "{{ _private }}",
        "{{ flight.number._x }}",
        "{{ flight.number.upper() }}",
        "{{ range(999999999) }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ 'x' * 999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ flight.number ~ flight.number }}",
        "{{ 'a' + 'b' }}",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
        "{{ (1, 2) }}",
        "{{ flight[count] }}",
        "{{ flight.seats[-1] }}",
        "{{ flight[1:2] }}",
        "{{ 'x' if yes else 'y' }}",
        "{{ flight is mapping }}",
        "{{ flight.number | safe }}",
        "{{ flight.number | attr('__class__') }}",
        "{{ price | money(count) }}",
        "{{ price | money(currency='EUR') }}",
        "{{ price | number('x') }}",
        "{{ price | money(*flight) }}",
        "{% for x in flight %}{{ x }}{% endfor %}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% macro m() %}{% endmacro %}",
        "{% if yes %}x{% endif %}",
        "{% block b %}{% endblock %}",
        "{{ flight.number",
        "{{ }}",
        "{{ a b }}",
        "{% raw",
        "{{ " + "(" * 500 + "a" + ")" * 500 + " }}",
        "{{ " + "not " * 500 + "a }}",
        "{{ a" + ".b" * 500 + " }}",
        "{{ " + " or ".join(["a"] * 500) + " }}",
        "{{ a }}" * 300,
        "x" * 5_000,
        "{{ -a }}",
        "{{ super() }}",
        "{{ self }}{{ self._TemplateReference__context }}",
    ],
)
def test_it_refuses(text: str) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        Template.parse(text)
    assert refused.value.reason


@pytest.mark.parametrize(
    "text", ["", "a b", "a }} {{ b", "__import__('os')", "a.b()", "x for x in y", "lambda: 1", "a = 1", "a; b"]
)
def test_it_refuses_conditions(text: str) -> None:
    with pytest.raises(ExpressionInvalid):
        Condition.parse(text)


def test_the_longest_output_is_bounded() -> None:
    names = {"long": "x" * MAX_OUTPUT}
    printed = Template.parse("{{ long }}" * 50).render(names)
    assert len(printed) == MAX_OUTPUT


def test_a_bare_name_can_be_taken_as_it_is() -> None:
    assert Template.parse("{{ flight.seats }}").value(NAMES) == [{"row": 4}, {"row": 5}]
    assert Template.parse("{{ count }}").value(NAMES) == 3
    assert Template.parse("{{ count }}!").value(NAMES) == "3!"
    assert Template.parse("{{ price | number }}").value(NAMES) == "1,234.5"
    assert Template.parse("{{ 'x' }}").value(NAMES) == "x"


def test_what_is_read_is_known() -> None:
    reads = Template.parse("{{ a.b | time }} {{ c[0].d }} {{ e }}").reads
    assert [(str(read), read.filter) for read in reads] == [("a.b", "time"), ("c[0].d", ""), ("e", "")]


def test_no_attribute_of_an_object_is_ever_reached() -> None:
    class Trap:
        secret = "x"

    assert lookup(("trap", "secret"), {"trap": Trap()}) is None
    assert Template.parse("{{ trap.secret }}{{ trap }}").render({"trap": Trap()}) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "at", "zone", "amount"]), inner)
    ),
    max_leaves=8,
)
TEMPLATES = [
    "{{ a }}",
    "{{ a | time }}",
    "{{ a | date }}",
    "{{ a | number }}",
    "{{ a | money('EUR') }}",
    "{{ a | money }}",
    "{{ a.b.at[0] }}",
    "{{ a > b.a and not a == 'x' or a in b }}",
]


@settings(max_examples=many(300), deadline=None)
@given(
    st.sampled_from(TEMPLATES),
    st.dictionaries(st.sampled_from(["a", "b"]), JSON),
    st.sampled_from(["en", "de", "ar", "xx", ""]),
)
def test_no_value_makes_it_fall_over(text: str, names: dict[str, Any], locale: str) -> None:
    assert isinstance(Template.parse(text).render(names, locale, "Europe/Berlin"), str)


@settings(max_examples=many(500), deadline=None)
@given(st.text(alphabet="{}%ab_.()[]|'\" 0+*-~<>=!#:,\n", max_size=80) | st.text(max_size=40))
def test_no_text_makes_it_fall_over(text: str) -> None:
    for parse in (Template.parse, Condition.parse):
        with contextlib.suppress(ExpressionInvalid):
            parse(text)


def test_a_hundred_thousand_brackets_are_refused_without_reading_them() -> None:
    before = time.process_time()
    with pytest.raises(ExpressionInvalid):
        Template.parse("{{ " + "(" * 100_000)
    assert time.process_time() - before < 60
