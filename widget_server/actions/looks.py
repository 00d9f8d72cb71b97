"""How a site looks: its colour, checked before it is saved, and its logo, drawn anew and kept by us."""

from __future__ import annotations

import base64
from typing import Any

from disposable.colours import BLACK, HEX, TEXT, contrast, hexed, rgb, until
from widget_server.actions import files, pictures, uploads
from widget_server.actions.access import ApiKey
from widget_server.actions.errors import Invalid, NotFound
from widget_server.actions.files import Kept
from widget_server.actions.world import World
from widget_server.store import accounts
from widget_server.store import files as stored
from widget_server.store.database import Row

PAPER = "#ffffff"
LONGEST = 96
"""Pixels of the longer edge of a logo: twice what a page shows."""
INLINE = 480
"""Bytes up to which a logo stands in the page itself: a first screen is one response then, and within its budget."""


def wrong_color(value: str) -> str:
    """What is wrong with a colour for buttons and links; "" for nothing. By day it stands on white, at 4.5:1 at least; the
    shades of the night are mixed from it, and hold the same."""
    if not value:
        return ""
    if not HEX.match(value):
        return f"{value} is no colour; write one like #0b6b63"
    ratio = contrast(rgb(value), rgb(PAPER))
    if ratio >= TEXT:
        return ""
    nearest = hexed(until(rgb(value), BLACK, PAPER, TEXT))
    return (
        f"{value} stands out from white by {ratio:.1f}:1, and text needs {TEXT}:1; the nearest that does is {nearest}"
    )


def wrong_logo(data: bytes) -> str:
    """What is wrong with a picture as a logo; "" for nothing."""
    if not data:
        return ""
    kind = uploads.kind_of(data)
    if kind not in pictures.FORMATS:
        return "send a PNG, JPEG or WebP"
    try:
        pictures.redrawn(data, kind, LONGEST)
    except (pictures.NotDrawn, pictures.TooManyPixels):
        return "this picture cannot be drawn"
    return ""


def changed(world: World, site: Row, color: str | None, logo: bytes | None) -> dict[str, Any]:
    """A site's look with another colour or logo ("" and b"" take them away; None leaves them). Raises Invalid."""
    wrong = [("color", wrong_color(color or "")), ("logo", wrong_logo(logo or b""))]
    if mistakes := [one for one in wrong if one[1]]:
        raise Invalid(mistakes)
    look = dict(site.look)
    if color is not None:
        look["accent"] = color.lower()
    if logo is not None:
        _drop(world, look.pop("logo", None))
        if logo:
            look["logo"] = _kept(world, site, logo)
    return {name: value for name, value in look.items() if value}


def _kept(world: World, site: Row, data: bytes) -> dict[str, str]:
    drawn = pictures.redrawn(data, uploads.kind_of(data) or "", LONGEST)
    if len(drawn.data) <= INLINE:
        return {"data": f"data:{drawn.type};base64,{base64.b64encode(drawn.data).decode()}"}
    made = files.keep_for_site(world, ApiKey("operator", site.id, "operator"), "logo", drawn.data)
    return {"file": made["file"]}


def _drop(world: World, logo: dict[str, str] | None) -> None:
    if logo and logo.get("file"):
        with world.store.write() as tx:
            stored.drop(tx, [logo["file"]])
        files.remove(world, logo["file"])


def logo(world: World, file_id: str) -> Kept:
    """A logo, for anybody: pages show it to whoever has a link. Raises NotFound for every other file."""
    with world.store.read() as tx:
        found = stored.get(tx, file_id)
        site = accounts.site(tx, found[0].site) if found else None
    if site is None or (site.look.get("logo") or {}).get("file") != file_id:
        raise NotFound("file", file_id)
    return files.fetch(world, ApiKey("", site.id, ""), file_id)
