"""How a map on a page is reached: the address in the reader's own map, and what a map of our own is made of."""

import json
import re
from dataclasses import dataclass

from disposable.shown import MapView, Place, map_url
from widget_server.assets import Assets

MODULE, SHEETS = "js/map.js", ("vendor/leaflet/leaflet.css", "css/map.css")


@dataclass(frozen=True)
class Maps:
    """For one reader. `system` is what their device runs; without a `module` there is no map of our own to show."""

    system: str = ""
    module: str = ""
    sheets: tuple[str, ...] = ()
    by: str = ""

    @staticmethod
    def of(assets: Assets, by: str, agent: str) -> "Maps":
        """`by` says whose map it is, and is empty where there is none; `agent` is the browser's name."""
        if not by:
            return Maps(system_of(agent))
        return Maps(system_of(agent), assets.url(MODULE), tuple(assets.url(path) for path in SHEETS), by)

    def url(self, place: Place) -> str:
        """Where a tap on a place leads."""
        return map_url(place, self.system)

    def pins(self, view: MapView) -> str:
        """The places that can be drawn, as JSON: [latitude, longitude, label, number]; empty if there is none."""
        pins = [[one.lat, one.lon, one.label, at] for at, one in enumerate(view.places, 1) if one.lat is not None]
        return json.dumps(pins) if pins and self.module else ""


def system_of(agent: str) -> str:
    """ "apple", "android" or "": whose map opens a link. An app's own view on Android opens no map, so it is neither."""
    if re.search(r"iPhone|iPad|iPod|Macintosh", agent):
        return "apple"
    return "android" if "Android" in agent and "; wv)" not in agent and "FBAN" not in agent else ""
