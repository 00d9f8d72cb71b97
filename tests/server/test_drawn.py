"""A page drawn once and filled for each request is the page its template would have made."""

from jinja2 import Environment

from widget_server.web.drawn import Drawn

TEMPLATE = Environment(autoescape=True).from_string(
    '<p>{{ who }}</p><a href="{{ here }}">{{ when }}</a><input value="{{ nonce }}"><i>{{ nonce }}</i>'
)
HOSTILE = """ "'><script>alert(1)</script>&amp; {{ here }} """


def test_a_filled_page_is_what_the_template_makes_to_the_byte() -> None:
    drawn = Drawn(TEMPLATE.render(who=HOSTILE, **Drawn.marks("here", "when", "nonce")), [], [])
    for here, when, nonce in (("/l/abc", "Monday, 20:15", "n1"), (HOSTILE, HOSTILE, HOSTILE), ("", "", "")):
        expected = TEMPLATE.render(who=HOSTILE, here=here, when=when, nonce=nonce)
        assert drawn.fill(here=here, when=when, nonce=nonce) == expected


def test_a_value_that_looks_like_a_place_stays_a_value() -> None:
    drawn = Drawn(TEMPLATE.render(who="Mara", **Drawn.marks("here", "when", "nonce")), [], [])
    place = Drawn.marks("nonce")["nonce"]
    assert drawn.fill(here=place, when="now", nonce="n1").count(place) == 1
