"""Calls to a company's own systems, signed the Standard Webhooks way over id, time and body.

A flow's `do` becomes one POST of JSON; its idempotency key is the webhook-id, so that a company that keeps the ids it
has seen does nothing twice. `verify` is the other side of it: the demo's airline uses it, and so may anyone who copies it.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from widget_server.channels.contract import DeliveryFailed, ForgedHook, HttpAnswer, HttpCall

TOLERANCE = 300
"""Seconds a signature may be old, or early."""


def request(*, url: str, secret: str | bytes, key: str, body: bytes, now: int, timeout: float) -> HttpCall:
    """The signed POST. `key` is the idempotency key, `now` milliseconds UTC, `timeout` seconds."""
    seconds = now // 1000
    return HttpCall(
        method="POST",
        url=url,
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Idempotency-Key": key,
            "webhook-id": key,
            "webhook-timestamp": str(seconds),
            "webhook-signature": sign(secret, key, seconds, body),
        },
        body=body,
        timeout=timeout,
    )


def read_answer(answer: HttpAnswer) -> Any:
    """The JSON a company answered. Raises DeliveryFailed; a 4xx is a refusal that asking again will not change."""
    if not 200 <= answer.status < 300:
        passing = answer.status in (408, 425, 429) or answer.status >= 500
        raise DeliveryFailed(f"company_{answer.status}", permanent=not passing, retry_in=_retry_after(answer))
    if not answer.body.strip():
        return None
    try:
        value = json.loads(answer.body)
        # What reads well and can be stored nowhere: infinities, half of a surrogate pair, a thousand boxes in each other.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        if _is_deep(value, DEEPEST):
            raise ValueError
    except (ValueError, RecursionError):
        raise DeliveryFailed("company_answer", permanent=True) from None
    return value


DEEPEST = 50


def _is_deep(value: Any, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left == 0 or any(_is_deep(one, left - 1) for one in inner)


def sign(secret: str | bytes, key: str, seconds: int, body: bytes) -> str:
    """The header's value: "v1," and the base64 HMAC-SHA256 of `key.seconds.body`."""
    told = f"{key}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), told, sha256).digest()).decode()


def verify(secret: str | bytes, headers: Mapping[str, str], body: bytes, now: int) -> str:
    """The call's id when the signature fits and is fresh; header names in lower case. Raises ForgedHook."""
    key, told = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not key or not told.isdecimal() or abs(now // 1000 - int(told)) > TOLERANCE:
        raise ForgedHook
    expected = sign(secret, key, int(told), body).encode()
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(expected, signature.encode()) for signature in given):
        raise ForgedHook
    return key


def _key(secret: str | bytes) -> bytes:
    """The key's bytes: given as they are, or as Standard Webhooks writes them (whsec_ and base64)."""
    if isinstance(secret, bytes):
        return secret
    bare = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ForgedHook("a webhook secret is whsec_ and base64")
    return key


def _retry_after(answer: HttpAnswer) -> float | None:
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isdecimal() else None
