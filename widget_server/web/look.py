"""A site's own colour, made safe: whatever a brand chose, text on it and text in it can be read, by day and by night."""

import re
from collections.abc import Mapping
from typing import Any

Rgb = tuple[float, float, float]

_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
_WHITE, _BLACK, _INK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), "#1a1c1f"
# The grounds of tokens.css that are hardest to read on: chips by day and by night, and the pages' paper.
_DAY_RAISED, _NIGHT_RAISED, _DAY_PAPER, _NIGHT_PAPER = "#edeeec", "#2a2d31", "#ffffff", "#1c1e21"
_TEXT, _SHAPE = 4.5, 3.0


def style(look: Mapping[str, Any]) -> str:
    """CSS that puts a site's accent (`look.accent`, "#rrggbb") over the tokens; empty when it has none."""
    accent = look.get("accent")
    if not isinstance(accent, str) or not _HEX.match(accent):
        return ""
    brand = _rgb(accent)
    day, night = _fill(brand, _DAY_PAPER, _BLACK), _fill(brand, _NIGHT_PAPER, _WHITE)
    day_soft, night_soft = _mix(brand, _WHITE, 0.9), _mix(brand, _rgb(_NIGHT_PAPER), 0.78)
    day_ink = _until(_until(brand, _BLACK, _DAY_RAISED, _TEXT), _BLACK, _hex(day_soft), _TEXT)
    night_ink = _until(_until(brand, _WHITE, _NIGHT_RAISED, _TEXT), _WHITE, _hex(night_soft), _TEXT)
    return (
        f":root{{{_tokens(day, day_ink, day_soft)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{_tokens(night, night_ink, night_soft)}}}}}"
    )


def _tokens(fill: Rgb, ink: Rgb, soft: Rgb) -> str:
    values = {
        "accent": _hex(fill),
        "on-accent": "#fff" if _contrast(fill, _WHITE) >= _TEXT else _INK,
        "accent-ink": _hex(ink),
        "accent-soft": _hex(soft),
        "focus": _hex(ink),
    }
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def _fill(brand: Rgb, paper: str, toward: Rgb) -> Rgb:
    """The colour of buttons: seen against the paper, and able to carry white or ink."""
    found = _until(brand, toward, paper, _SHAPE)
    if max(_contrast(found, _WHITE), _contrast(found, _rgb(_INK))) >= _TEXT:
        return found
    return _until(found, _BLACK, "#ffffff", _TEXT)


def _until(colour: Rgb, toward: Rgb, ground: str, enough: float) -> Rgb:
    """The nearest mix of `colour` with black or white that stands out from `ground` enough."""
    behind = _rgb(ground)
    for step in range(51):
        found = _mix(colour, toward, step / 50)
        if _contrast(found, behind) >= enough:
            return found
    return toward


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def _contrast(one: Rgb, other: Rgb) -> float:
    """WCAG's ratio, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(text: str) -> Rgb:
    return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255)


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
