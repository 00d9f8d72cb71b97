"""A site's own look, made safe: whatever a brand chose, text on it and text in it can be read, by day and by night."""

from collections.abc import Mapping
from typing import Any

from disposable.colours import BLACK, HEX, SHAPE, TEXT, WHITE, Rgb, contrast, hexed, mix, rgb, until

_INK = "#1a1c1f"
# The grounds of tokens.css that are hardest to read on: chips by day and by night, and the pages' paper.
_DAY_RAISED, _NIGHT_RAISED, _DAY_PAPER, _NIGHT_PAPER = "#edeeec", "#2a2d31", "#ffffff", "#1c1e21"


def style(look: Mapping[str, Any]) -> str:
    """CSS that puts a site's accent (`look.accent`, "#rrggbb") over the tokens; empty when it has none."""
    accent = look.get("accent")
    if not isinstance(accent, str) or not HEX.match(accent):
        return ""
    brand = rgb(accent)
    day, night = _fill(brand, _DAY_PAPER, BLACK), _fill(brand, _NIGHT_PAPER, WHITE)
    day_soft, night_soft = mix(brand, WHITE, 0.9), mix(brand, rgb(_NIGHT_PAPER), 0.78)
    day_ink = until(until(brand, BLACK, _DAY_RAISED, TEXT), BLACK, hexed(day_soft), TEXT)
    night_ink = until(until(brand, WHITE, _NIGHT_RAISED, TEXT), WHITE, hexed(night_soft), TEXT)
    return (
        f":root{{{_tokens(day, day_ink, day_soft)}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{_tokens(night, night_ink, night_soft)}}}}}"
    )


def logo(look: Mapping[str, Any]) -> str:
    """Where a site's logo is: in the page itself where it is tiny, else a file of ours; "" without one."""
    kept = look.get("logo") or {}
    return str(kept.get("data") or (f"/brand/{kept['file']}" if kept.get("file") else ""))


def _tokens(fill: Rgb, ink: Rgb, soft: Rgb) -> str:
    values = {
        "accent": hexed(fill),
        "on-accent": "#fff" if contrast(fill, WHITE) >= TEXT else _INK,
        "accent-ink": hexed(ink),
        "accent-soft": hexed(soft),
        "focus": hexed(ink),
    }
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def _fill(brand: Rgb, paper: str, toward: Rgb) -> Rgb:
    """The colour of buttons: seen against the paper, and able to carry white or ink."""
    found = until(brand, toward, paper, SHAPE)
    if max(contrast(found, WHITE), contrast(found, rgb(_INK))) >= TEXT:
        return found
    return until(found, BLACK, "#ffffff", TEXT)
