"""What every answer tells the browser about itself, errors included.

One policy per surface. The path chooses it; a view that needs more says so once, anywhere before it returns:

    headers.surface("app", styles=[csp_hash(css)], parents=site.origins)   a disposable app: inline style by hash
    headers.surface("app", files=True)                                     ... whose chat loads modules from /static
    headers.surface("embed", parents=site.origins, keep=True)             the panel: framed by the site, no person in it
    headers.surface("desk", parents=["'self'"])                            the desk inside the guided tour

`scripts`, `styles`, `images`, `connects`, `frames`, `forms` and `parents` take sources ("'self'", "https://shop.example",
the result of `csp_hash`) and add to what the surface allows. `csp_hash(text)` is for inline blocks: give it exactly
what stands between the tags. A `<script type="application/json">` is data and needs no hash.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from flask import Flask, Response, g, request

NO_STORE = "no-store"
IMMUTABLE = "public, max-age=31536000, immutable"
SHELL = "public, max-age=300"
TILE = "private, max-age=604800"

# Everything that is asked for by a script: closed everywhere, but for the page that says so (see `surface`, `asks`).
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, noarchive",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}

_SOURCE = re.compile(r"[A-Za-z0-9_'+/=:.*\[\]-]+\Z")


@dataclass(frozen=True)
class Surface:
    """One kind of answer: which content sources it may use, how long it may be kept, and by whom it may be read.

    `files` are the directives that gain 'self' when the page loads its own scripts and styles from /static.
    `reach` is the Cross-Origin-Resource-Policy.
    """

    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cache: str = NO_STORE
    reach: str = "same-origin"
    files: bool = True


_PAGE = {
    "img-src": ("'self'", "data:"),
    "connect-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
}
_OWN_FILES = {"script-src": ("'self'",), "style-src": ("'self'",), "font-src": ("'self'",), "manifest-src": ("'self'",)}

SURFACES: Mapping[str, Surface] = {
    "app": Surface(_PAGE, files=False),
    "embed": Surface({**_PAGE, "img-src": ("'self'", "data:", "blob:")}),
    "desk": Surface({**_PAGE, "img-src": ("'self'", "data:", "blob:")}),
    "docs": Surface(_PAGE, cache=SHELL),
    "demo": Surface({**_PAGE, "frame-src": ("'self'",)}),
    "api": Surface(files=False),
    "file": Surface({"sandbox": ()}, files=False),
    # Tiles name nobody, but which of them a person looked at is theirs: only their own browser may keep them.
    "tile": Surface(cache=TILE, files=False),
    "static": Surface(cache=IMMUTABLE, files=False),
    # The loader runs in other people's pages, under an address that never changes.
    "loader": Surface(cache=SHELL, reach="cross-origin", files=False),
}

_BY_PATH = (
    ("/static/", "static"),
    ("/widget.js", "loader"),
    ("/embed/", "embed"),
    ("/desk/api/", "api"),
    ("/desk", "desk"),
    ("/docs", "docs"),
    ("/demo", "demo"),
    ("/files/", "file"),
    ("/tiles/", "tile"),
    ("/v1/", "api"),
    ("/hooks/", "api"),
    ("/openapi.json", "api"),
    ("/healthz", "api"),
    ("/readyz", "api"),
    ("/metrics", "api"),
)


def install(app: Flask, *, https: bool) -> None:
    """Dress every response of `app`; `https` (the base URL is https) adds Strict-Transport-Security."""

    @app.after_request
    def dress(response: Response) -> Response:
        chosen: _Choice = g.get("surface") or _chosen(surface_of(request.path))
        # A view that already forbids keeping its answer knows better than the surface.
        kept = {"Cache-Control"} if response.headers.get("Cache-Control") == NO_STORE else set()
        for name, value in chosen.headers(response.status_code).items():
            if name not in kept:
                response.headers[name] = value
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def surface(
    name: str,
    *,
    files: bool | None = None,
    keep: bool = False,
    scripts: Iterable[str] = (),
    styles: Iterable[str] = (),
    images: Iterable[str] = (),
    connects: Iterable[str] = (),
    frames: Iterable[str] = (),
    forms: Iterable[str] = (),
    parents: Iterable[str] = (),
    asks: Iterable[str] = (),
) -> None:
    """Choose the policy of the answer being made; the last call counts.

    `files`: may load scripts and styles of ours (each surface has a default). `keep`: the page names no person and
    may be kept by caches. `parents`: who may frame it (nobody, unless given). `asks`: features of PERMISSIONS that its
    scripts may ask the person for. Raises ValueError for a source that
    would break out of the header.
    """
    extra = (
        ("script-src", tuple(scripts)),
        ("style-src", tuple(styles)),
        ("img-src", tuple(images)),
        ("connect-src", tuple(connects)),
        ("frame-src", tuple(frames)),
        ("form-action", tuple(forms)),
        ("frame-ancestors", tuple(parents)),
    )
    g.surface = _chosen(name, files, keep, extra, tuple(asks))


@lru_cache(maxsize=1024)
def _chosen(
    name: str,
    files: bool | None = None,
    keep: bool = False,
    extra: tuple[tuple[str, tuple[str, ...]], ...] = (),
    asks: tuple[str, ...] = (),
) -> "_Choice":
    for source in (source for _, sources in extra for source in sources):
        if not _SOURCE.match(source):
            raise ValueError(f"not a content source: {source!r}")
    return _Choice(name, files, keep, dict(extra), asks)


def csp_hash(text: str) -> str:
    """The source expression that allows one inline script or style whose content is exactly `text`."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def surface_of(path: str) -> str:
    """The surface a path belongs to; what nobody claims is treated as a disposable app, the strictest page."""
    return next((name for prefix, name in _BY_PATH if path.startswith(prefix)), "app")


@dataclass(frozen=True)
class _Choice:
    name: str
    files: bool | None = None
    keep: bool = False
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asks: tuple[str, ...] = ()

    def headers(self, status: int) -> Mapping[str, str]:
        # An error is never kept: what is missing now may be there in a minute.
        return self._good if status < 400 else {**self._good, "Cache-Control": NO_STORE}

    @cached_property
    def _good(self) -> dict[str, str]:
        kind = SURFACES[self.name]
        parents = self.extra.get("frame-ancestors", ())
        found = {
            **ALWAYS,
            "Permissions-Policy": self._permissions(),
            "Content-Security-Policy": self._policy(kind),
            "Cross-Origin-Resource-Policy": kind.reach,
            "Cache-Control": SHELL if self.keep else kind.cache,
        }
        return found if parents else {**found, "X-Frame-Options": "DENY"}

    def _permissions(self) -> str:
        opened = PERMISSIONS
        for feature in self.asks:
            opened = opened.replace(f"{feature}=()", f"{feature}=(self)")
        return opened

    def _policy(self, kind: Surface) -> str:
        directives: dict[str, tuple[str, ...]] = {"default-src": ("'none'",), **kind.sources}
        if kind.files if self.files is None else self.files:
            directives |= _OWN_FILES
        for name, sources in self.extra.items():
            if sources:
                directives[name] = directives.get(name, ()) + sources
        directives.setdefault("frame-ancestors", ("'none'",))
        return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())
