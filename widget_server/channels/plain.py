"""Text that is fit to travel: what providers, terminals and databases choke on goes, what people wrote stays."""

import re
import unicodedata

# An override makes what stands after it read backwards: a classic way to disguise a link. Marks and isolates stay,
# since Arabic and Hebrew need them.
_OVERRIDES = "\u202d\u202e\ufeff"
_BLANK_LINES = re.compile(r"\n{4,}")


def clean(text: str) -> str:
    """The text without control characters, lone surrogates and direction overrides; line ends become "\\n"."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(char for char in lines if char == "\n" or not _harmful(char))
    return _BLANK_LINES.sub("\n\n\n", kept).strip()


def _harmful(char: str) -> bool:
    return char in _OVERRIDES or unicodedata.category(char) in ("Cc", "Cs")
