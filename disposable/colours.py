"""Colours and how well they stand out from each other, by WCAG's measure. Pure arithmetic on "#rrggbb"."""

import re

Rgb = tuple[float, float, float]

HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
TEXT, SHAPE = 4.5, 3.0
"""How much text, and how much shapes, must stand out from what is behind them (WCAG 2.2 AA)."""


def rgb(text: str) -> Rgb:
    return (int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255)


def hexed(colour: Rgb) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG's ratio, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def until(colour: Rgb, toward: Rgb, ground: str, enough: float) -> Rgb:
    """The nearest mix of `colour` with black or white that stands out from `ground` enough, as it will be written down."""
    behind = rgb(ground)
    for step in range(101):
        found = rgb(hexed(mix(colour, toward, step / 100)))
        if contrast(found, behind) >= enough:
            return found
    return toward


def _luminance(colour: Rgb) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
