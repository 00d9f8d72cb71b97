"""A page drawn once for many requests: its template's own text, and places that each request fills."""

import re
import secrets

from markupsafe import escape

# Nobody outside can know it, so no name or text that stands in a page can look like a place.
_WORD = secrets.token_hex(16)
_PLACE = re.compile(f"{_WORD}-([a-z]+)-")


class Drawn:
    """What a template made of `marks`, and the hashes its policy names."""

    def __init__(self, html: str, styles: list[str], scripts: list[str]) -> None:
        self.styles, self.scripts = styles, scripts
        self._pieces = _PLACE.split(html)

    @staticmethod
    def marks(*names: str) -> dict[str, str]:
        """Values for the template, one for each place that will be filled. Names are small letters."""
        return {name: f"{_WORD}-{name}-" for name in names}

    def fill(self, **values: str) -> str:
        """The page with its values, escaped as the template would have."""
        pieces = list(self._pieces)
        pieces[1::2] = [str(escape(values[name])) for name in pieces[1::2]]
        return "".join(pieces)
