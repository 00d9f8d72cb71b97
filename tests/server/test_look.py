"""A site's colour over ours: whatever it is, text can be read, by day and by night; and pages carry only tokens they use."""

import re

from hypothesis import given
from hypothesis import strategies as st

from widget_server.assets import Assets
from widget_server.web import look
from widget_server.web.inline import Inline

COLOURS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
GROUNDS = (("#ffffff", "#edeeec"), ("#1c1e21", "#2a2d31"))
"""Paper and raised of tokens.css, by day and by night."""


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tokens(css: str) -> list[dict[str, str]]:
    return [dict(re.findall(r"--([\w-]+):(#\w+)", block)) for block in re.findall(r":root{([^}]*)}", css)]


@given(COLOURS)
def test_every_brand_can_be_read_and_seen(accent: str) -> None:
    for found, (paper, raised) in zip(tokens(look.style({"accent": accent})), GROUNDS, strict=True):
        assert contrast(found["on-accent"], found["accent"]) >= 4.45
        assert contrast(found["accent-ink"], raised) >= 4.45
        assert contrast(found["accent-ink"], found["accent-soft"]) >= 4.45
        assert contrast(found["accent"], paper) >= 2.9


@given(st.one_of(st.none(), st.integers(), st.text().filter(lambda text: not re.fullmatch("#[0-9a-fA-F]{6}", text))))
def test_what_is_no_colour_changes_nothing(accent: object) -> None:
    assert not look.style({"accent": accent})


def test_a_good_brand_stays_as_it_is() -> None:
    assert tokens(look.style({"accent": "#0b6b63"}))[0]["accent"] == "#0b6b63"


def test_a_page_carries_the_tokens_it_uses_and_no_others(assets: Assets) -> None:
    sheets = ("css/tokens.css", "css/app.css")
    css = Inline(assets, sheets).style({})
    used, defined = set(re.findall(r"var\(--([\w-]+)", css)), set(re.findall(r"--([\w-]+):", css))
    assert used == defined
    later = Inline(assets, sheets, later="css/chat.css").style({})
    assert set(re.findall(r"var\(--([\w-]+)", assets.get("css/chat.css").text)) <= set(
        re.findall(r"--([\w-]+):", later)
    )
