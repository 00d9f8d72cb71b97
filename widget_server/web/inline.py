"""Styles and scripts that a page carries inside itself: first screens are one response, and a hash in the policy allows them.

The sheets of a surface may say how anything looks that can stand on one of its pages: `fitting` gives a page the rules and
tokens it uses and no others. A class that only a script sets is found in the script.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from widget_server.assets import Assets
from widget_server.web import look
from widget_server.web.pruned import Pruned, holds, made_by

_USED = re.compile(r"var\(--([\w-]+)")
_TOKEN = re.compile(r"--([\w-]+):[^;}]*;?")
_EMPTY = re.compile(r"[^{}]*\{\}|@media[^{]*\{\}")


class Inline:
    """The inline parts of one surface: `sheets` and `script` are paths below `static`, `later` a sheet loaded afterwards."""

    def __init__(self, assets: Assets, sheets: tuple[str, ...], script: str = "", later: str = "") -> None:
        self._sheet = "".join(assets.get(path).text for path in sheets)
        self._later = assets.get(later).text if later else ""
        self._css = self._used(self._sheet, self._later)
        self._pruned = Pruned(self._sheet)
        self.script = Markup(assets.get(script).text) if script else Markup("")  # noqa: S704 - our own file
        self._made = made_by(self.script)
        self._fitting = lru_cache(maxsize=1024)(self._fitted)

    def style(self, site_look: Mapping[str, Any]) -> Markup:
        """The style block's content, with the site's colour over ours."""
        return Markup(_coloured(self._css, self._later, site_look.get("accent")))  # noqa: S704 - our own file and checked colours

    def fitting(self, site_look: Mapping[str, Any], html: str, later: bool = False) -> Markup:
        """The same for one page, and nothing in it that the page does not use. `later`: the page loads that sheet, too."""
        css = self._fitting(holds(html) | self._made, later)
        return Markup(_coloured(css, self._later if later else "", site_look.get("accent")))  # noqa: S704 - our own file and checked colours

    def _fitted(self, there: frozenset[str], later: bool) -> str:
        return self._used(self._pruned.css(there), self._later if later else "")

    @staticmethod
    def _used(css: str, later: str) -> str:
        return _only(css, set(_USED.findall(css + later)))


@lru_cache(maxsize=1024)
def _coloured(css: str, later: str, accent: object) -> str:
    """The sheet with a site's colour in the place of ours."""
    own = look.style({"accent": accent})
    theirs = {found[1] for found in _TOKEN.finditer(own)}
    bare = _only(css, {found[1] for found in _TOKEN.finditer(css)} - theirs) if own else css
    return bare + _only(own, set(_USED.findall(css + later)))


def _only(css: str, names: set[str]) -> str:
    """Without the definitions of other tokens."""
    return _EMPTY.sub("", _TOKEN.sub(lambda found: found[0] if found[1] in names else "", css))
