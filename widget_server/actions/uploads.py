"""What people send: whether we take it, as what, and what of it is kept. Told by its bytes, never by its name.

Pictures are drawn anew. PDF and plain text are kept as they are, and handed out as attachments only (web/api/files.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from widget_server.actions import pictures
from widget_server.actions.pictures import JPEG, PNG, WEBP

MAX_FILE = 15 * 1024 * 1024
"""Bytes of one file as it is sent; what is kept of a picture is far smaller."""
MAX_REQUEST = 64 * 1024 * 1024
"""Bytes of one post with files in it."""
LONGEST_NAME = 120

PDF, TEXT = "application/pdf", "text/plain"
PICTURES = frozenset({JPEG, PNG, WEBP})
DOCUMENTS = frozenset({*PICTURES, PDF, TEXT})

_MAGIC = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_ENDINGS = {
    JPEG: (".jpg", ".jpeg"),
    PNG: (".png",),
    WEBP: (".webp",),
    PDF: (".pdf",),
    TEXT: (".txt", ".csv", ".log", ".md"),
}
_MARKUP = re.compile(r"<[a-z!?/]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it arrived; its bytes are read when they are looked at, one file at a time. `over`: too large, let go."""

    name: str
    read: Callable[[], bytes]
    over: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it is kept."""

    name: str
    type: str
    data: bytes


class Unfit(Exception):
    """What was sent is not taken. `code` stands in the catalog as error.CODE, `params` fill it; `str()` is for developers."""

    def __init__(self, code: str, why: str, **params: str) -> None:
        super().__init__(why)
        self.code = code
        self.params = params


def take(sent: Sent, allowed: Collection[str] = DOCUMENTS) -> Taken:
    """What is kept of a file. Raises Unfit."""
    data = b"" if sent.over else sent.read()
    if sent.over or len(data) > MAX_FILE:
        raise Unfit("upload_size", f"1 to {MAX_FILE} bytes", max=str(MAX_FILE // 1024**2))
    if not data:
        raise Unfit("upload_empty", f"1 to {MAX_FILE} bytes")
    kind = kind_of(data)
    if kind is None and _is_heic(data):
        raise Unfit("upload_heic", "HEIC is not taken: let the phone convert it, by accept=image/jpeg, or send a JPEG")
    if kind is None or kind not in allowed:
        code = "upload_kind" if TEXT in allowed else "upload_photo"
        raise Unfit(
            code, "send a PDF, PNG, JPEG, WebP or plain text" if TEXT in allowed else "send a PNG, JPEG or WebP"
        )
    if kind in PICTURES:
        picture = _drawn(data, kind)
        return Taken(named(sent.name, picture.type), picture.type, picture.data)
    return Taken(named(sent.name, kind), kind, data)


def _drawn(data: bytes, kind: str) -> pictures.Picture:
    try:
        return pictures.redrawn(data, kind)
    except pictures.TooManyPixels as large:
        most = large.limit // 1_000_000
        raise Unfit("upload_pixels", f"at most {most} megapixels", max=str(most)) from None
    except pictures.NotDrawn:
        raise Unfit("upload_broken", "the picture cannot be read") from None


def kind_of(data: bytes) -> str | None:
    """The type by content: PDF, PNG, JPEG, WebP or plain text; None for anything else, markup among it."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return TEXT if text and "\0" not in text and not _MARKUP.search(text) else None


def _is_heic(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in _HEIC


def named(name: str, kind: str) -> str:
    """A name that is only a name, and ends as its type does: nothing opens it as something else."""
    bare = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip(". ")
    path = PurePosixPath(bare or "file")
    endings = _ENDINGS[kind]
    ending = path.suffix.lower() if path.suffix.lower() in endings else endings[0]
    return f"{path.stem[: LONGEST_NAME - len(ending)]}{ending}"
