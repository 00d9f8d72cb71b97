"""What a text costs: its encoding and segments, counted as networks count them (3GPP 23.038 and 23.040)."""

from collections.abc import Iterable
from dataclasses import dataclass

BASIC = frozenset(
    "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    "¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ"
)
# These are sent as an escape and a letter, and so cost two.
EXTENSION = frozenset("\f[\\]^{|}~€")

GSM_7, UCS_2 = "GSM-7", "UCS-2"
_ALONE = {GSM_7: 160, UCS_2: 70}
_JOINED = {GSM_7: 153, UCS_2: 67}


@dataclass(frozen=True, slots=True)
class Segments:
    """The cost of a text. `units` are septets or UTF-16 units, `per_segment` how many of them fit into one part."""

    encoding: str
    units: int
    segments: int
    per_segment: int


def segments(text: str) -> Segments:
    """How a text is sent. An empty one is sent as one segment."""
    encoding = GSM_7 if not foreign(text) else UCS_2
    costs = [_septets(sign) for sign in text] if encoding == GSM_7 else [_units(sign) for sign in text]
    total = sum(costs)
    if total <= _ALONE[encoding]:
        return Segments(encoding, total, 1, _ALONE[encoding])
    return Segments(encoding, total, _parts(costs, _JOINED[encoding]), _JOINED[encoding])


def foreign(text: str) -> str:
    """The characters of a text that GSM-7 does not know, each once: they make all of it cost double."""
    return "".join(dict.fromkeys(sign for sign in text if sign not in BASIC and sign not in EXTENSION))


def _septets(sign: str) -> int:
    return 2 if sign in EXTENSION else 1


def _units(sign: str) -> int:
    return 2 if ord(sign) > 0xFFFF else 1


def _parts(costs: Iterable[int], room: int) -> int:
    """Neither an escaped letter nor a surrogate pair is cut in two, so a part may end one short."""
    parts, used = 1, 0
    for cost in costs:
        if used + cost > room:
            parts, used = parts + 1, 0
        used += cost
    return parts
