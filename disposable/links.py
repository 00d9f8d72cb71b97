"""Short codes of links: 22 base62 characters that say nothing and cannot be guessed.

A random 64-bit id and 64 bits of MAC over key id, purpose, host and id. The key id stands in the least significant place,
so that codes have no beginning in common. A wrong code is refused here, before any database is asked.
"""

import hashlib
import hmac
from collections.abc import Sequence

from itsdangerous import Signer

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 22
MAX_KEYS = 7
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_MAC = 8
_ID = 1 << 64


class LinkForged(Exception):
    """The code was not made by us for this host and purpose; `reason`: form, key or mac. For logs, never for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LinkKeys:
    """Signs with the first of its keys, reads with all. Keys are (id 0 to 6, secret), newest first.

    An id stays with its key: taking a key out of the list ends the links that it signed.
    """

    def __init__(self, keys: Sequence[tuple[int, bytes]]) -> None:
        ids = [key_id for key_id, _ in keys]
        if not ids or len(set(ids)) != len(ids) or not all(0 <= key_id < MAX_KEYS for key_id in ids):
            raise ValueError(f"link keys need different ids from 0 to {MAX_KEYS - 1}")
        if any(len(secret) < 16 for _, secret in keys):
            raise ValueError("a link key needs at least 16 bytes")
        self._keys = dict(keys)
        self._newest = ids[0]
        self._derived: dict[tuple[int, str], bytes] = {}

    def sign(self, link_id: int, host: str, purpose: str = "link") -> str:
        """The code of a link on a host; the same for the same link, host, purpose and newest key."""
        if not 0 <= link_id < _ID:
            raise ValueError("a link id has 64 bits")
        mac = int.from_bytes(self._mac(self._newest, link_id, host, purpose), "big")
        return _encode((link_id << 64 | mac) * MAX_KEYS + self._newest)

    def read(self, code: object, host: str, purpose: str = "link") -> int:
        """The id in a code. Raises LinkForged, and nothing else whatever it is given."""
        signed, key_id = divmod(_decode(code), MAX_KEYS)
        link_id, mac = divmod(signed, _ID)
        if link_id >= _ID:
            raise LinkForged("form")
        if key_id not in self._keys:
            raise LinkForged("key")
        if not hmac.compare_digest(mac.to_bytes(_MAC, "big"), self._mac(key_id, link_id, host, purpose)):
            raise LinkForged("mac")
        return link_id

    def _mac(self, key_id: int, link_id: int, host: str, purpose: str) -> bytes:
        host_bytes = host.casefold().encode("utf-8", "surrogatepass")
        # The host's length keeps its end apart from what follows it.
        said = b"%d:%d:%s:%016x" % (key_id, len(host_bytes), host_bytes, link_id)
        return hmac.digest(self._key(key_id, purpose), said, "sha256")[:_MAC]

    def _key(self, key_id: int, purpose: str) -> bytes:
        """A key of its own for each purpose, so that what was signed for one is nothing to another."""
        known = self._derived.get((key_id, purpose))
        if known is None:
            signer = Signer(
                self._keys[key_id], salt=f"samethread.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256
            )
            known = self._derived[key_id, purpose] = signer.derive_key()
        return known


def _encode(value: int) -> str:
    letters = []
    for _ in range(LENGTH):
        value, rest = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters))


def _decode(code: object) -> int:
    if not isinstance(code, str) or len(code) != LENGTH:
        raise LinkForged("form")
    value = 0
    for letter in code:
        digit = _VALUES.get(letter)
        if digit is None:
            raise LinkForged("form")
        value = value * len(ALPHABET) + digit
    return value
