"""The server's own line to the handset process, for the page that shows a phone. It is not how texts travel."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests


class NoHandset(Exception):
    """The phone company does not answer."""


class NotTaken(Exception):
    """The phone company refused; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Phones:
    """Asks the handset at `base` with the account's login."""

    base: str
    account: str
    token: str = field(repr=False)
    ask: Callable[..., requests.Response] = requests.request

    def read(self, number: str, after: int, wait: float) -> Any:
        """What changed on a phone after `after`; waits up to `wait` seconds for a change."""
        return self._told("GET", f"/phones/{number}/messages", {"after": after, "wait": wait}, timeout=wait + 10)

    def known(self) -> Any:
        """The numbers that sent or got a text so far."""
        return self._told("GET", "/phones")

    def write(self, number: str, text: Any) -> Any:
        """Type a text on a phone."""
        return self._told("POST", f"/phones/{number}/messages", json={"text": text})

    def set_faults(self, faults: Any) -> Any:
        """Make things go wrong, or stop it."""
        return self._told("PUT", "/faults", json=faults)

    def _told(self, method: str, path: str, params: Any = None, *, json: Any = None, timeout: float = 10) -> Any:
        """The JSON of an answer. Raises NoHandset or NotTaken."""
        auth = (self.account, self.token)
        try:
            answer = self.ask(method, self.base + path, params=params, json=json, auth=auth, timeout=timeout)
            told = answer.json()
        except requests.RequestException:
            raise NoHandset from None
        if answer.status_code >= 400:
            raise NotTaken(str(told.get("message", "")))
        return told
