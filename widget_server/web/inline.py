"""Styles and scripts that a page carries inside itself: first screens are one response, and a hash in the policy allows them.

The tokens are shared by four surfaces; a page carries only those that its own rules use, which is a third of its budget.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from widget_server.assets import Assets
from widget_server.web import look

_USED = re.compile(r"var\(--([\w-]+)")
_TOKEN = re.compile(r"--([\w-]+):[^;}]*;?")


class Inline:
    """The inline parts of one surface: `sheets` and `script` are paths below `static`, `later` a sheet loaded afterwards."""

    def __init__(self, assets: Assets, sheets: tuple[str, ...], script: str = "", later: str = "") -> None:
        css = "".join(assets.get(path).text for path in sheets)
        used = set(_USED.findall(css + (assets.get(later).text if later else "")))
        self._css = _TOKEN.sub(lambda found: found[0] if found[1] in used else "", css)
        self.script = Markup(assets.get(script).text) if script else Markup("")  # noqa: S704 - our own file

    def style(self, site_look: Mapping[str, Any]) -> Markup:
        """The style block's content, with the site's colour over ours."""
        return Markup(self._css + _own(site_look.get("accent")))  # noqa: S704 - our own file and checked colours


@lru_cache(maxsize=1024)
def _own(accent: object) -> str:
    return look.style({"accent": accent})
