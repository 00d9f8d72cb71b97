"""Where each part of a flow stands: in which file, on which line."""

from collections.abc import Mapping
from typing import TypeAlias

Where: TypeAlias = tuple[str, ...]
Spot: TypeAlias = tuple[str, int]
"""File and line."""


def nearest_spot(places: Mapping[Where, Spot], where: Where) -> Spot:
    """Where something stands, or else what it stands in."""
    while where not in places:
        where = where[:-1]
    return places[where]
