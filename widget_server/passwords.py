"""argon2id, out of the way: a hash takes a tenth of a second, which under gevent would stop everybody else."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from widget_server.aside import aside


class Argon2:
    """Hashes and checks passwords on a thread of their own where the server is cooperative."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    def hash(self, password: str) -> str:
        return aside(lambda: self._hasher.hash(password))

    def check(self, hashed: str, password: str) -> bool:
        """False for a wrong password and for a hash that is none."""
        return aside(lambda: self._check(hashed, password))

    def _check(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
