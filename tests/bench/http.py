"""A few requests, one after another: the bench's own small client. It keeps cookies by hand, since ours are for HTTPS only."""

import gzip
import http.client
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

_LOADED = re.compile(r"""<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"]+)\"""")
# What is imported by a call is fetched once it is wanted, not to show the page.
_IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.{1,2}/[^"']+)["']""")


@dataclass(frozen=True)
class Page:
    """An answer: `sent` is what went over the wire, compressed; `text` what it says."""

    url: str
    status: int
    headers: dict[str, str]
    sent: int
    text: str


@dataclass
class Visitor:
    """One cookie jar at one server."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Page:
        """Fetches a page of this server."""
        return self._ask("GET", path, b"", headers)

    def form(self, path: str, fields: dict[str, str]) -> Page:
        """Sends a form, as a browser does."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}",
                   "Sec-Fetch-Site": "same-origin"}  # fmt: skip
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        """Sends JSON and reads JSON."""
        page = self._ask("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
        if page.status >= 400:
            raise RuntimeError(f"POST {path}: {page.status} {page.text[:300]}")
        answer: dict[str, Any] = json.loads(page.text)
        return answer

    def everything(self, path: str) -> dict[str, int]:
        """What a browser fetches to show a page: path -> bytes sent, modules that modules import included."""
        found: dict[str, int] = {}
        waiting = [path]
        while waiting:
            here = waiting.pop()
            if here in found:
                continue
            page = self.get(here)
            found[here] = page.sent
            if 300 <= page.status < 400:
                waiting.append(urlsplit(urljoin(page.url, page.headers["Location"])).path)
            pattern = _IMPORTED if urlsplit(here).path.endswith(".js") else _LOADED
            waiting += [
                urlsplit(urljoin(page.url, target)).path
                for target in pattern.findall(page.text)
                if ":" not in target[:6]
            ]
        return found

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        cookie = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        connection.request(method, path, body or None, {"Accept-Encoding": "gzip", **cookie, **headers})
        answer = connection.getresponse()
        raw = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        text = gzip.decompress(raw) if answer.headers.get("Content-Encoding") == "gzip" else raw
        return Page(path, answer.status, dict(answer.headers), len(raw), text.decode(errors="replace"))
