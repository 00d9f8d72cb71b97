"""X-Twilio-Signature: how the provider proves that a hook is its own, and how the demo's handset proves the same.

HMAC-SHA1 with the account's token over the URL and the sorted form. Twilio signs the URL with or without its port, as
it pleases, so both spellings are accepted; the URL itself always comes from our settings.
"""

import base64
import hmac
from collections.abc import Iterable
from hashlib import sha1, sha256
from urllib.parse import parse_qs, urlsplit, urlunsplit

HEADER = "X-Twilio-Signature"
_PORTS = {"https": 443, "http": 80}


def sign(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """The signature of one hook. Repeated pairs count once, repeated names keep each different value."""
    told = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), told.encode("utf-8", "replace"), sha1).digest()).decode()


def fits(token: str, url: str, form: Iterable[tuple[str, str]], body: bytes, signature: str) -> bool:
    """Whether the signature belongs to this URL and form (or, where the URL carries bodySHA256, to this JSON body)."""
    digest = parse_qs(urlsplit(url).query).get("bodySHA256")
    pairs = [] if digest else list(form)
    genuine = False
    for spelling in _spellings(url):
        # No early way out: the time taken says nothing about which spelling, or how much of it, was right.
        genuine |= hmac.compare_digest(sign(token, spelling, pairs).encode(), signature.encode())
    return genuine and (digest is None or hmac.compare_digest(sha256(body).hexdigest(), digest[0].lower()))


def _spellings(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 0)
    return (
        url,
        urlunsplit(parts._replace(netloc=host)),
        urlunsplit(parts._replace(netloc=f"{host}:{port}")),
    )
