"""Where templates and static files are, and what is sent of them: minified, compressed and named by their content.

Both folders stand beside this package in a checkout and inside it in a wheel. Everything is read once at start, so a missing
folder is a fault of the installation that shows at once. ES modules import each other by relative path, so the hash in
the address is one of the whole tree: `/static/<tree>/js/feed.js` may then be kept by browsers for ever.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import rcssmin
import rjsmin

PACKAGE = Path(__file__).resolve().parent
FOLDERS = ("templates", "static")

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_MINIFIERS: dict[str, Callable[[str], str]] = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}
_COMPRESSED = frozenset({".css", ".js", ".json", ".svg", ".txt", ".webmanifest"})


class AssetsMissing(Exception):
    """The installation lacks a folder or a file it cannot work without.

    Attributes:
        what: the folder's or file's name.
        where: the places that were looked at.
    """

    def __init__(self, what: str, where: tuple[Path, ...]) -> None:
        self.what = what
        self.where = where
        places = " or ".join(str(place) for place in where)
        super().__init__(f"{what} is missing: looked in {places}. Install Samethread again.")


@dataclass(frozen=True)
class Asset:
    """One static file, ready to be sent.

    Attributes:
        type: its Content-Type.
        raw: its bytes, minified.
        gzipped: the same compressed; empty where compressing gains nothing.
    """

    path: str
    type: str
    raw: bytes = field(repr=False)
    gzipped: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The minified text, for a page that carries it inline."""
        return self.raw.decode()


@dataclass(frozen=True)
class Assets:
    """What an installation ships.

    Attributes:
        templates: the folder of templates, catalogs and docs.
        files: static files by path below `static`, like `js/feed.js`.
        tree: the hash of all of them together.
    """

    templates: Path
    files: dict[str, Asset] = field(repr=False)
    tree: str

    @staticmethod
    def load(package: Path = PACKAGE) -> "Assets":
        """Reads them from the checkout or the installed package.

        Raises:
            AssetsMissing: there is no such folder in either place.
        """
        home = _home(package)
        static = home / "static"
        paths = sorted(path for path in static.rglob("*") if path.is_file() and not path.name.startswith("."))
        files = [_asset(path, path.relative_to(static).as_posix()) for path in paths]
        return Assets(home / "templates", {file.path: file for file in files}, _tree(files))

    def url(self, path: str) -> str:
        """The address of a static file, good for ever.

        Raises:
            AssetsMissing: no such file is shipped.
        """
        self.get(path)
        return f"/static/{self.tree}/{path}"

    def get(self, path: str) -> Asset:
        """One static file by its path below `static`.

        Raises:
            AssetsMissing: no such file is shipped.
        """
        try:
            return self.files[path]
        except KeyError:
            raise AssetsMissing(path, (self.templates.parent / "static",)) from None


def _home(package: Path) -> Path:
    places = (package, package.parent)
    for place in places:
        if all((place / folder).is_dir() for folder in FOLDERS):
            return place
    raise AssetsMissing(" and ".join(FOLDERS), places)


def _asset(path: Path, name: str) -> Asset:
    raw = path.read_bytes()
    minify = _MINIFIERS.get(path.suffix)
    if minify:
        raw = minify(raw.decode()).encode()
    return Asset(name, _type(path), raw, _gzipped(raw) if path.suffix in _COMPRESSED else b"")


def _type(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _gzipped(raw: bytes) -> bytes:
    # Without a time in it, the same file is the same bytes on every node.
    packed = gzip.compress(raw, 9, mtime=0)
    return packed if len(packed) < len(raw) else b""


def _tree(files: list[Asset]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path}\0{len(file.raw)}\0".encode())
        digest.update(file.raw)
    return digest.hexdigest()[:16]
