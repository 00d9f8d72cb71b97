"""Who asks, and whether this request may speak for them. Every surface's door.

A browser sends cookies by itself, so a write that leans on one needs more: our own origin, and a token only our page has.

    page:   csrf = guards.csrf_token(world, cookie_value)      into the page; the script sends it as X-CSRF
    form:   world.signer.nonce(purpose)                        a hidden field, whose random part is the event's key
    write:  guards.same_origin()                               before anything a cookie alone would allow
    doors:  guards.strike()                                    after a code or token turned out to be invalid
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import request

from widget_server.actions.signing import BadNonce, Signer
from widget_server.settings import Settings
from widget_server.web.problems import Problem

log = logging.getLogger("samethread.guards")

DESK_COOKIE = "__Host-desk"
JAR_COOKIE = "__Host-a-"
"""Followed by the handle: one cookie jar holds many grants."""

STRIKES, WINDOW = 60, 60.0
"""Invalid codes and tokens one address may show within so many seconds; valid ones are never counted or refused."""


class Strikes:
    """Counts invalid tries by client address. Many customers share one address (carrier NAT): only failing costs."""

    def __init__(self, most: int = STRIKES, window: float = WINDOW, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._window, self._now = most, window, now
        self._tries: dict[str, list[float]] = {}

    def strike(self, address: str) -> int | None:
        """Counts one; seconds to wait when it was one too many."""
        now = self._now()
        tries = [at for at in self._tries.pop(address, ()) if at > now - self._window]
        # Re-inserted last: the dictionary forgets the longest unseen first, and cannot be made to grow without bound.
        self._tries[address] = [*tries, now][-self._most - 1 :]
        if len(self._tries) > 20_000:
            self._tries.pop(next(iter(self._tries)))
        if len(tries) < self._most:
            return None
        if len(tries) == self._most:
            log.warning("an address tries invalid codes or tokens faster than %s in %.0f s", self._most, self._window)
        return max(1, int(tries[0] + self._window - now) + 1)


@dataclass(frozen=True)
class Doors:
    """How each kind of credential is turned into a party; each gives None for what is not valid.

    `key` and `token` take a bearer secret, `jar` a handle and its cookie, `seat` the desk's cookie.
    """

    key: Callable[[str], Any]
    token: Callable[[str], Any]
    jar: Callable[[str, str], Any]
    seat: Callable[[str], Any]


@dataclass
class Guards:
    """The doors of one server."""

    settings: Settings
    signer: Signer
    doors: Doors
    strikes: Strikes = field(default_factory=Strikes)

    def who(self, auth: tuple[str, ...], writes: bool) -> Any:
        """The party that asks, by one of the schemes in `auth` (see openapi.SECURITY_SCHEMES).

        Raises Problem: unauthenticated, refused (valid, but not for this operation), cross-site, csrf, throttled.
        """
        scheme, found, cookie = self._found()
        if found is None:
            raise self.invalid()
        if scheme not in auth:
            raise Problem("refused", "these credentials are not for this operation", reason="wrong-credentials")
        if cookie and writes:
            self.same_origin()
            check_csrf(self.signer, cookie, request.headers.get("X-CSRF", ""))
        return found

    def bearer(self, secret: str) -> Any:
        """The party behind a bearer secret that came in another way (a socket's hello). Raises Problem."""
        found = self.doors.key(secret) or self.doors.token(secret)
        if found is None:
            raise self.invalid()
        return found

    def of_cookies(self, handle: str) -> Any:
        """The party behind this request's cookies: the app's jar if a handle is named, else the desk. Raises Problem."""
        if handle:
            found = self.doors.jar(handle, request.cookies.get(JAR_COOKIE + handle, ""))
        else:
            found = self.doors.seat(request.cookies.get(DESK_COOKIE, ""))
        if found is None:
            raise self.invalid()
        return found

    def invalid(self) -> Problem:
        """What to raise for credentials that are missing or wrong: counted if something was shown at all."""
        shown = "Authorization" in request.headers or handle_given() or DESK_COOKIE in request.cookies
        if shown and (wait := self.strike()) is not None:
            return Problem("throttled", retry_in=wait)
        return Problem("unauthenticated")

    def strike(self) -> int | None:
        """Counts an invalid code or token against the client's address; seconds to wait when it was one too many."""
        return self.strikes.strike(self.address())

    def address(self) -> str:
        """The client's address, as far as trusted proxies tell it."""
        forwarded = ",".join(request.headers.getlist("X-Forwarded-For"))
        return client_address(request.remote_addr or "", forwarded, self.settings.trusted_proxies)

    def same_origin(self) -> None:
        """Refuses what another site's page sent. Raises Problem("cross-site")."""
        check_origin(dict(request.headers), self.origins())

    def our_page(self) -> None:
        """Refuses what does not say that a page of ours sent it. Raises Problem("cross-site")."""
        if request.headers.get("Origin") not in self.origins():
            raise Problem("cross-site")

    def origins(self) -> set[str]:
        """Our own: the base URL's and those of the short hosts. Never taken from the request."""
        scheme = urlsplit(self.settings.base_url).scheme
        return {self.settings.base_url, *(f"{scheme}://{short.host}" for short in self.settings.short_hosts)}

    def _found(self) -> tuple[str, Any, str]:
        """(scheme, party or None, the cookie it leans on)"""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind:
            if kind.lower() != "bearer" or not secret.strip():
                return "key", None, ""
            secret = secret.strip()
            key = self.doors.key(secret)
            return ("key", key, "") if key is not None else ("token", self.doors.token(secret), "")
        handle = handle_given()
        if handle:
            cookie = request.cookies.get(JAR_COOKIE + handle, "")
            return "app", self.doors.jar(handle, cookie) if cookie else None, cookie
        cookie = request.cookies.get(DESK_COOKIE, "")
        return "desk", self.doors.seat(cookie) if cookie else None, cookie


def handle_given() -> str:
    """The disposable app's handle this request names, by header or query."""
    return request.headers.get("Handle") or request.args.get("handle", "")


def csrf_token(signer: Signer, cookie: str) -> str:
    """A token for a page whose writes lean on `cookie` (its value). Different each time, so compression tells nothing."""
    return signer.nonce(f"csrf {cookie}")


def check_csrf(signer: Signer, cookie: str, token: str) -> None:
    """Refuses a write whose page was not drawn for this cookie. Raises Problem("csrf")."""
    try:
        signer.key_of(token, f"csrf {cookie}")
    except BadNonce:
        raise Problem("csrf", "send the page's token as X-CSRF") from None


def check_origin(sent: Mapping[str, str], ours: Iterable[str]) -> None:
    """Refuses what Origin or Sec-Fetch-Site say came from elsewhere. Raises Problem("cross-site").

    Under no-referrer Chromium sends `Origin: null` with forms; with Sec-Fetch-Site: same-origin that is our own page. A
    browser too old for both headers is let pass here: the form's nonce or CSRF token still stands.
    """
    origin = sent.get("Origin")
    site = sent.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        raise Problem("cross-site")
    if origin == "null" and site == "same-origin":
        return
    if origin is not None and origin not in set(ours):
        raise Problem("cross-site")


def client_address(peer: str, forwarded: str, trusted: int) -> str:
    """Whose request this is: each trusted proxy adds the address it saw to the right of X-Forwarded-For."""
    if trusted < 1:
        return peer
    chain = [part.strip() for part in forwarded.split(",") if part.strip()]
    return chain[-trusted] if len(chain) >= trusted else chain[0] if chain else peer


def device() -> str:
    """The class of device this request comes from, for figures: mobile, desktop, or nothing for a program."""
    agent = request.headers.get("User-Agent", "")
    if "Mobi" in agent or "Android" in agent:
        return "mobile"
    return "desktop" if "Mozilla/" in agent else ""
