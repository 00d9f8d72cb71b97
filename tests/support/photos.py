"""Pictures as phones and strangers send them: real ones, ones that say where they were taken, and bombs."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

PLACE = "52.5200N"
"""What a picture of `jpeg(told=True)` tells of where it was taken, in plain letters."""


def drawn(width: int = 64, height: int = 48) -> Image.Image:
    """A picture that shows which way up it is: red above, blue below, a white corner top left."""
    made = Image.new("RGB", (width, height), (200, 30, 30))
    made.paste((30, 30, 200), (0, height // 2, width, height))
    made.paste((255, 255, 255), (0, 0, width // 4, height // 4))
    return made


def written(picture: Image.Image, kind: str, **more: Any) -> bytes:
    into = io.BytesIO()
    picture.save(into, kind, **more)
    return into.getvalue()


def jpeg(width: int = 64, height: int = 48, *, told: bool = False, turned: int = 1) -> bytes:
    """A photo; `told`: with place, camera, colour profile and a remark in it; `turned`: held in that EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = turned
    if told:
        exif[0x010F] = f"Camera {PLACE}"
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    more: dict[str, Any] = {"comment": PLACE.encode(), "icc_profile": b"icc " + PLACE.encode()} if told else {}
    return written(drawn(width, height), "JPEG", exif=exif, **more)


def png(width: int = 64, height: int = 48, *, told: bool = False) -> bytes:
    notes = PngImagePlugin.PngInfo()
    if told:
        notes.add_text("Comment", PLACE)
        notes.add_itxt("XML:com.adobe.xmp", f"<x>{PLACE}</x>")
    return written(drawn(width, height), "PNG", pnginfo=notes)


def webp(width: int = 64, height: int = 48, *, told: bool = False) -> bytes:
    more = {"xmp": PLACE.encode(), "icc_profile": PLACE.encode()} if told else {}
    return written(drawn(width, height), "WEBP", **more)


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A PNG of a few kilobytes that would fill hundreds of megabytes."""
    rows = zlib.compress(b"\0" * (height * (width // 8 + 1)), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def text_bomb() -> bytes:
    """A small PNG whose remark unpacks to a hundred megabytes."""
    remark = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"0" * 100_000_000, 9))
    good = png()
    return good[:33] + remark + good[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def seen(data: bytes) -> tuple[tuple[int, int], tuple[int, ...]]:
    """What one sees of a picture: its size, and which corners are white, red (0) or blue (1)."""
    with Image.open(io.BytesIO(data)) as found:
        plain = found.convert("RGB")
    width, height = plain.size
    at = ((2, 2), (width - 3, 2), (2, height - 3), (width - 3, height - 3))
    return plain.size, tuple(_shade(plain.getpixel(one)) for one in at)


def _shade(pixel: Any) -> int:
    red, green, blue = pixel
    return 2 if green > 150 else int(blue > red)
