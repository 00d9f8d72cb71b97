"""Nonces of forms: proof that a page of ours was drawn for this very grant, and the key of what its button will write.

A nonce is 16 random bytes and a MAC over them and what they are for. Nothing is stored: the random part is the event's key,
so a second tap on the same page is the same event.
"""

from __future__ import annotations

import base64
import hmac
import secrets

RANDOM = 16
MAC = 12


class BadNonce(Exception):
    """A form that no page of ours made for this grant: forged, of another page, or from before the keys were rotated."""


class Signer:
    """Makes and checks nonces under a list of keys, newest first."""

    def __init__(self, keys: list[tuple[int, bytes]]) -> None:
        self._keys = [key for _, key in keys]

    def nonce(self, purpose: str) -> str:
        """A fresh nonce for `purpose`, say "step GRANT HANDLE"."""
        random = secrets.token_bytes(RANDOM)
        return base64.urlsafe_b64encode(random + self._mac(self._keys[0], purpose, random)).rstrip(b"=").decode()

    def key_of(self, nonce: str, purpose: str) -> str:
        """The event key inside a nonce. Raises BadNonce."""
        try:
            raw = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
        except (ValueError, UnicodeError):
            raise BadNonce(purpose) from None
        random, mac = raw[:RANDOM], raw[RANDOM:]
        good = [hmac.compare_digest(self._mac(key, purpose, random), mac) for key in self._keys]
        if len(random) != RANDOM or not any(good):
            raise BadNonce(purpose)
        return "n-" + random.hex()

    @staticmethod
    def _mac(key: bytes, purpose: str, random: bytes) -> bytes:
        return hmac.digest(key, purpose.encode() + b"\0" + random, "sha256")[:MAC]
