"""What must never reach a log: link codes, tokens, keys, queries. A leaf that every process's logging uses."""

import logging
import re

ROUTE = "samethread.route"
"""Where a request's environ holds the pattern of the route that serves it: what an access log may print."""

HIDDEN = "[hidden]"

# Link codes are 22 letters and digits, tokens longer. A long word in small letters is a name in our code; ids are UUIDs.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LONG = re.compile(rf"(?<![\w-])(?!{_UUID}(?![\w-]))(?=[\w-]*[0-9A-Z])[\w-]{{20,}}", re.ASCII)
_QUERY = re.compile(r"\?[^\s\"']+")
_SHORT_LINK = re.compile(r"(/[la]/)[^\s\"'?]+")
_PHONE = re.compile(r"\+\d{7,15}\b")


def redacted(text: str) -> str:
    """The text with everything hidden that could open a link or name a person."""
    text = _SHORT_LINK.sub(rf"\1{HIDDEN}", text)
    text = _QUERY.sub(f"?{HIDDEN}", text)
    text = _PHONE.sub(HIDDEN, text)
    return _LONG.sub(HIDDEN, text)


class Redacting(logging.Formatter):
    """A formatter whose finished lines, tracebacks included, went through `redacted`."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))
