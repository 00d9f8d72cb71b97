"""Pictures are drawn anew: only their pixels are taken over, so whatever else stood in what was sent is gone.

That is where a place and a time are (EXIF), and where a file can be two things at once. A picture's size is read and refused
before anything is decoded. Decoding keeps a processor busy, and memory: it goes aside, one picture at a time.
"""

from __future__ import annotations

import contextlib
import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image

from widget_server.aside import aside

MAX_PIXELS = 50_000_000
LONGEST = 2_560
"""Pixels of the longer edge of what is kept."""
SMALL = 320
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP"}
LARGE_PNG = 2_000_000
"""Bytes from which on a PNG without transparency is a photograph, and kept as JPEG."""

_SAVED: dict[str, dict[str, int]] = {"JPEG": {"quality": 85}, "PNG": {}, "WEBP": {"quality": 82}}
_TURNED = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_ORIENTATION = 0x0112

# Pillow looks at the size as it opens a file; above this it raises, and above our own limit it would only warn.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)

_turn = threading.Lock()


class NotDrawn(Exception):
    """What was sent as a picture is none that can be drawn."""


class TooManyPixels(Exception):
    """A picture that would take too much memory; it was not decoded. `limit` is in pixels."""

    def __init__(self) -> None:
        super().__init__(f"more than {MAX_PIXELS} pixels")
        self.limit = MAX_PIXELS


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept."""

    data: bytes
    type: str


def redrawn(data: bytes, type_: str, longest: int = LONGEST) -> Picture:
    """The same picture of one of FORMATS, upright, with nothing but its pixels. Raises NotDrawn, TooManyPixels."""
    with _turn:
        return aside(lambda: _redrawn(data, type_, longest))


def _redrawn(data: bytes, type_: str, longest: int) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=(FORMATS[type_],)) as found:
            if found.width * found.height > MAX_PIXELS:
                raise TooManyPixels
            found.draft("", (longest, longest))
            plain = _plain(found, longest)
    except (TooManyPixels, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels from None
    except Exception as broken:
        # What a stranger sent may raise anything inside a decoder; whatever it is, there is no picture.
        raise NotDrawn(type(broken).__name__) from None
    return _saved(plain, type_)


def _plain(found: Image.Image, longest: int) -> Image.Image:
    """A new picture with the pixels of the first frame, at its right size and the right way up."""
    found.load()
    drawn = _deep(found) if found.mode.startswith("I") else found.convert(_mode(found))
    drawn.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    with contextlib.suppress(Exception):
        # Nonsense where the orientation should be: then it is shown as it lies.
        for turn in _TURNED.get(int(found.getexif().get(_ORIENTATION, 1)), ()):
            drawn = drawn.transpose(turn)
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    return bare


def _deep(found: Image.Image) -> Image.Image:
    """Sixteen bits of grey as eight: converting by itself would make all of it white."""
    return found.convert("I").point(lambda shade: shade * (1 / 256)).convert("L")


def _mode(found: Image.Image) -> str:
    if found.has_transparency_data and found.format != "JPEG":
        return "RGBA"
    return "L" if found.mode in ("1", "L") else "RGB"


def _saved(plain: Image.Image, type_: str) -> Picture:
    kept = _written(plain, type_)
    if type_ == PNG and plain.mode != "RGBA" and len(kept) > LARGE_PNG:
        return Picture(_written(plain, JPEG), JPEG)
    return Picture(kept, type_)


def _written(plain: Image.Image, type_: str) -> bytes:
    into = io.BytesIO()
    kind = FORMATS[type_]
    plain.save(into, kind, **_SAVED[kind])
    return into.getvalue()
