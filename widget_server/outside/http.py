"""The guarded HTTP client: judged and pinned addresses, no redirects, no proxies, bounds on everything.

Every failure says the one thing a sender of texts must know: may the other side have got it? A connection is used once,
because a kept one that died in the meantime could not answer that.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from widget_server.outside.guard import Guard, Target

MAX_ANSWER = 256 * 1024
_CHUNK = 16 * 1024


class CallFailed(Exception):
    """No usable answer. `sent`: the other side may have received the request, so asking again may do it twice."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class TimedOut(CallFailed):
    """Nobody answered in time."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("timeout", sent=sent)


class Unreachable(CallFailed):
    """No connection, no name, no trust (TLS): nothing was sent."""

    def __init__(self, reason: str = "unreachable") -> None:
        super().__init__(reason, sent=False)


class Broken(CallFailed):
    """The connection ended in the middle."""

    def __init__(self) -> None:
        super().__init__("broken", sent=True)


class AnswerTooLarge(CallFailed):
    """The answer has more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__("answer_too_large", sent=True)
        self.limit = limit


@dataclass(frozen=True)
class Request:
    """One request. `timeout` is in seconds, `limit` the bytes the answer may have."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout: float = 10.0
    limit: int = MAX_ANSWER


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, and the body's bytes (decompressed)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outside:
    """Calls out by `guard`'s judgement. Any status is an Answer, a redirect too: it is never followed."""

    def __init__(self, guard: Guard, clock: Callable[[], float] = time.monotonic) -> None:
        self._guard = guard
        self._clock = clock

    def send(self, request: Request) -> Answer:
        """Ask, at the next address where one takes no connection. Raises Blocked, NotResolved or CallFailed."""
        target = self._guard.judge(request.url)
        until = self._clock() + request.timeout
        for address in target.addresses[:-1]:
            try:
                return self._ask(request, target, address, until)
            except CallFailed as failure:
                if failure.sent or self._clock() >= until:
                    raise
        return self._ask(request, target, target.addresses[-1], until)

    def _ask(self, request: Request, target: Target, address: str, until: float) -> Answer:
        left = max(until - self._clock(), 0.05)
        with requests.Session() as session:
            session.trust_env = False
            session.mount(f"{target.scheme}://", _Pinned(target))
            try:
                response = session.request(
                    request.method,
                    _pinned_url(request.url, target, address),
                    headers={
                        "User-Agent": "Samethread",
                        **request.headers,
                        "Host": _host_header(target),
                        "Connection": "close",
                    },
                    data=request.body or None,
                    timeout=(min(left, 5.0), left),
                    allow_redirects=False,
                    stream=True,
                )
                body = self._read(response, until, request.limit)
            except (requests.RequestException, HTTPError, OSError) as error:
                raise _named(error) from None
        return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)

    def _read(self, response: requests.Response, until: float, limit: int) -> bytes:
        """The body in small reads, so that neither a flood nor a drip outlasts its bound."""
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > limit:
                raise AnswerTooLarge(limit)
            if self._clock() > until:
                raise TimedOut(sent=True)
        return bytes(body)


class _Pinned(HTTPAdapter):
    """Connects to the address in the URL while speaking TLS to, and checking the certificate of, the name."""

    def __init__(self, target: Target) -> None:
        self._target = target
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._target.scheme == "https":
            kwargs |= {"server_hostname": self._target.host, "assert_hostname": self._target.host}
        super().init_poolmanager(*args, **kwargs)


def _pinned_url(url: str, target: Target, address: str) -> str:
    literal = f"[{address}]" if ":" in address else address
    return urlunsplit(urlsplit(url)._replace(netloc=f"{literal}:{target.port}", fragment=""))


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == {"http": 80, "https": 443}[target.scheme] else f"{host}:{target.port}"


def _named(error: Exception) -> CallFailed:
    """Which of our failures a library's exception is."""
    if isinstance(error, requests.ConnectTimeout):
        return TimedOut(sent=False)
    if isinstance(error, requests.Timeout | ReadTimeoutError | TimeoutError):
        return TimedOut(sent=True)
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable("tls")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader):
        return Unreachable("request")
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return Unreachable() if isinstance(reason, NewConnectionError) else Broken()
