"""Sealing: who holds the master key can read, who holds a dump cannot, and who destroys one row's key erases a person.

Every customer has a data key of 32 random bytes, wrapped (AES-256-GCM) by a master key of the settings; event bodies and
personal columns are sealed with the data key. The pepper of the blind index is wrapped in the same way, so a dump cannot
be searched by guessing phone numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Unreadable(Exception):
    """Sealed bytes that none of the master keys opens: a key is missing from SAMETHREAD_KEYS, or the bytes were changed."""


@lru_cache(maxsize=4096)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(key: bytes, plain: bytes, about: str) -> bytes:
    """AES-256-GCM under `key`, bound to `about` (which row and column), so that sealed bytes cannot be moved elsewhere."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher(key).encrypt(nonce, plain, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes:
    """What `seal` was given. Raises Unreadable."""
    try:
        return _cipher(key).decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
    except InvalidTag:
        raise Unreadable(about) from None


def canonical(value: Any) -> bytes:
    """One spelling of a JSON value, for digests and sealing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Vault:
    """The master keys (newest first) and the pepper. `masters` are (key id, 32 bytes)."""

    def __init__(self, masters: list[tuple[int, bytes]]) -> None:
        self._newest = masters[0]
        self._masters = dict(masters)
        self._pepper = b""
        self._unwrapped: dict[bytes, bytes] = {}

    def wrap(self, key: bytes) -> bytes:
        kid, master = self._newest
        return bytes([kid]) + seal(master, key, "data key")

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key inside. Kept in memory under its wrapped form, so destroying the row is enough to lose it."""
        found = self._unwrapped.get(wrapped)
        if found is None:
            master = self._masters.get(wrapped[0])
            if master is None:
                raise Unreadable(f"master key {wrapped[0]}")
            found = unseal(master, wrapped[1:], "data key")
            if len(self._unwrapped) > 20_000:
                self._unwrapped.clear()
            self._unwrapped[wrapped] = found
        return found

    def new_key(self) -> bytes:
        """A fresh data key, wrapped."""
        return self.wrap(os.urandom(32))

    def forget(self, wrapped: bytes) -> None:
        self._unwrapped.pop(wrapped, None)

    def take_pepper(self, wrapped: bytes) -> None:
        self._pepper = self.unwrap(wrapped)

    def lookup(self, kind: str, value: str) -> str:
        """The blind index of an address: the same for the same address, meaningless without the pepper."""
        return hmac.new(self._pepper, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()

    def seal_json(self, wrapped: bytes, value: Any, about: str) -> bytes:
        return seal(self.unwrap(wrapped), canonical(value), about)

    def open_json(self, wrapped: bytes, sealed: bytes, about: str) -> Any:
        return json.loads(unseal(self.unwrap(wrapped), sealed, about))

    def seal_own(self, value: bytes, about: str) -> bytes:
        """Sealed under the master key itself: for secrets of a site, which belong to no person."""
        kid, master = self._newest
        return bytes([kid]) + seal(master, value, about)

    def open_own(self, sealed: bytes, about: str) -> bytes:
        master = self._masters.get(sealed[0])
        if master is None:
            raise Unreadable(f"master key {sealed[0]}")
        return unseal(master, sealed[1:], about)


def digest(data_key: bytes, kind: str, body: Any) -> bytes:
    """Salted with the person's own key: compares a retry with its first try, and says nothing once the key is gone."""
    return hmac.new(data_key, kind.encode() + b"\0" + canonical(body), hashlib.sha256).digest()[:16]


def token_hash(token: str) -> str:
    """How a bearer secret of 128 random bits or more is stored: it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
