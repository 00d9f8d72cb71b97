"""Every setting, in one table, read from the environment once at start.

Each may come from `NAME` or, for secrets kept in files, from `NAME_FILE`. All mistakes are reported together, each with what to
write instead; nothing secret has a default, and nothing here is read again while the server runs.
"""

import base64
import binascii
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_IDS = range(7)  # a link's code has room for seven key ids
KEY_BYTES = 32
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SMS_CHANNELS = ("console", "twilio")
TWILIO_API = "https://api.twilio.com"
TILES_BY = "© OpenStreetMap contributors"
MAKE_KEYS = "samethread keys new"


class SettingsError(Exception):
    """The environment cannot be used as it is.

    Attributes:
        mistakes: one sentence each: which setting, what is wrong, what to write instead.
    """

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


@dataclass(frozen=True)
class MasterKey:
    """One of the server's secrets. Never used itself: every use derives its own by `Settings.derive`."""

    id: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class ShortHost:
    """A host that serves links at `/<code>` too. `site` is the site key it belongs to; empty means shared by all sites."""

    host: str
    site: str = ""


@dataclass(frozen=True)
class Settings:
    """What an operator decided. Attributes are described in SETTINGS, which names the variable of each."""

    keys: tuple[MasterKey, ...]
    base_url: str
    data_dir: Path
    short_hosts: tuple[ShortHost, ...] = ()
    files_host: str = ""
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    retired_keys: tuple[int, ...] = ()
    trusted_proxies: int = 0
    sms_channel: str = "console"
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_from: str = ""
    twilio_api_base: str = TWILIO_API
    tiles: str = field(default="", repr=False)
    tiles_by: str = TILES_BY
    log_level: str = "INFO"
    allow_private_calls: tuple[str, ...] = ()
    demo: bool = False

    @staticmethod
    def load(environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings of a production server.

        Raises:
            SettingsError: something is missing or cannot be read; it lists every mistake at once.
        """
        values, mistakes = _read(os.environ if environ is None else environ)
        mistakes += _disagreements(values, {mistake.partition(":")[0] for mistake in mistakes})
        if mistakes:
            raise SettingsError(mistakes)
        return Settings(**values)

    @staticmethod
    def for_demo(
        folder: Path,
        port: int,
        *,
        twilio_api_base: str = "",
        twilio_from: str = "+12025550123",
        environ: Mapping[str, str] | None = None,
    ) -> "Settings":
        """Settings of a demo on 127.0.0.1: its keys are made once and kept in `folder`, so a second start goes on.

        Args:
            folder: where database, files and keys live; made when it is not there.
            port: the port the server listens on.
            twilio_api_base: where the simulated handset listens; empty means texts are only printed.
            twilio_from: the number texts come from.
            environ: read for DATABASE_URL, REDIS_URL, the log level and the tiles of maps only.

        Raises:
            SettingsError: one of those cannot be read.
        """
        given = os.environ if environ is None else environ
        wanted = {"DATABASE_URL", "REDIS_URL", "SAMETHREAD_LOG_LEVEL", "SAMETHREAD_TILES", "SAMETHREAD_TILES_BY"}
        values, mistakes = _read(given, [setting for setting in SETTINGS if setting.name in wanted])
        if mistakes:
            raise SettingsError(mistakes)
        keys = _demo_keys(folder)
        token = base64.urlsafe_b64encode(_hkdf(keys[0].secret, "demo.twilio")).decode().rstrip("=")
        return Settings(
            keys=keys,
            base_url=f"http://127.0.0.1:{port}",
            data_dir=folder,
            short_hosts=(ShortHost(f"127.0.0.1:{port}"),),
            sms_channel="twilio" if twilio_api_base else "console",
            twilio_account_sid="AC" + "0" * 31 + "1",
            twilio_auth_token=token,
            twilio_from=twilio_from,
            twilio_api_base=twilio_api_base or TWILIO_API,
            allow_private_calls=("127.0.0.1", "localhost"),
            demo=True,
            **values,
        )

    def signing(self, purpose: str) -> list[tuple[int, bytes]]:
        """Keys that sign for one purpose, newest first: retired ones no longer vouch for anything."""
        return [(key_id, key) for key_id, key in self.derive(purpose) if key_id not in self.retired_keys]

    @property
    def host(self) -> str:
        """The host (with the port, when it is not the usual one) of `base_url`."""
        return urlsplit(self.base_url).netloc

    @property
    def database(self) -> str:
        """The database's URL: what was set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'samethread.db'}"

    def derive(self, purpose: str) -> list[tuple[int, bytes]]:
        """Keys for one purpose, newest first, as (key id, 32 bytes).

        A key of one purpose says nothing about that of another, so what leaks in one place opens nothing elsewhere.
        """
        return [(key.id, _hkdf(key.secret, purpose)) for key in self.keys]


def new_key(key_id: int = 0) -> str:
    """A new entry for SAMETHREAD_KEYS: `id:secret`. The id (0 to 6) must differ from those in use."""
    return f"{key_id}:{_encode(secrets.token_bytes(KEY_BYTES))}"


# --- reading one value ---


class _Mistake(ValueError):
    """Says, after the setting's name, what is wrong and what to write instead."""


def _keys(text: str) -> tuple[MasterKey, ...]:
    keys = tuple(_key(entry.strip()) for entry in text.split(",") if entry.strip())
    if not keys:
        raise _Mistake(f"holds no key; make one with: {MAKE_KEYS}")
    if len({key.id for key in keys}) != len(keys):
        raise _Mistake("uses a key id twice; every key has its own id from 0 to 6")
    return keys


def _key(entry: str) -> MasterKey:
    key_id, colon, secret = entry.partition(":")
    if not colon or not key_id.isdecimal() or int(key_id) not in KEY_IDS:
        raise _Mistake(f"holds an entry that is not id:secret with an id from 0 to 6; make one with: {MAKE_KEYS}")
    try:
        raw = base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise _Mistake(f"key {key_id} is not {KEY_BYTES} bytes in base64url; make one with: {MAKE_KEYS}")
    return MasterKey(int(key_id), raw)


def _key_ids(text: str) -> tuple[int, ...]:
    given = [part.strip() for part in text.split(",") if part.strip()]
    if not all(one.isdecimal() and int(one) in KEY_IDS for one in given):
        raise _Mistake("holds something else than key ids; write ids from 0 to 6, like 0,1")
    return tuple(int(one) for one in given)


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        port_is_right = parts.port != 0
    except ValueError:
        raise _Mistake("is not a URL; write the public address, like https://chat.example.com") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_right:
        raise _Mistake("is not a URL; write the public address, like https://chat.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise _Mistake(f"holds more than scheme and host; write {parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    return f"{parts.scheme}://{parts.netloc.lower()}"


_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")


def _host(text: str) -> str:
    host = text.strip().lower()
    if host and not _HOST.fullmatch(host):
        raise _Mistake(f"{host!r} is not a host name; write it without https:// and path, like files.example.com")
    return host


def _short_hosts(text: str) -> tuple[ShortHost, ...]:
    hosts = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        host, _, site = entry.partition("=")
        hosts.append(ShortHost(_host(host), site.strip()))
    if len({short.host for short in hosts}) != len(hosts):
        raise _Mistake("names a host twice; a short host belongs to one site, or is shared by all")
    return tuple(hosts)


def _host_names(text: str) -> tuple[str, ...]:
    return tuple(_host(part) for part in text.split(",") if part.strip())


def _database(text: str) -> str:
    if text and not re.match(r"(postgresql|sqlite)(\+[a-z0-9]+)?://", text):
        raise _Mistake("is neither PostgreSQL nor SQLite; write postgresql://user:password@host/name")
    return text


def _redis(text: str) -> str:
    if text and not re.match(r"(rediss?|unix)://", text):
        raise _Mistake("is not a Redis URL; write redis://host:6379/0")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 10:
        raise _Mistake(f"is {text!r}; write how many proxies stand before this server, 0 to 10")
    return int(text)


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        for word in allowed:
            if text.lower() == word.lower():
                return word
        raise _Mistake(f"is {text!r}; write one of: {', '.join(allowed)}")

    return parse


def _sender(text: str) -> str:
    if text and not re.fullmatch(r"\+[1-9][0-9]{6,14}|MG[0-9a-f]{32}", text):
        raise _Mistake("is neither a phone number like +12025550123 nor a messaging service id (MG...)")
    return text


def _tiles(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text.replace("{z}", "1").replace("{x}", "1").replace("{y}", "1"))
    named = all(text.count(name) == 1 for name in ("{z}", "{x}", "{y}"))
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or not named:
        raise _Mistake("is no address of tiles; write it like https://tile.example/{z}/{x}/{y}.png")
    return text


def _text(text: str) -> str:
    return text


# --- the table ---


@dataclass(frozen=True)
class Setting:
    """One row: the variable, what it becomes and how it is explained.

    Attributes:
        name: the environment variable; `name + "_FILE"` may name a file that holds the value instead.
        attribute: where the value lands in Settings.
        default: as it would be written in the environment; None means it must be set.
        help: one sentence for operators, in the docs too.
        parse: text to value; says what is wrong by raising.
        secret: never printed, logged or shown.
        remedy: for a missing one, what to do.
    """

    name: str
    attribute: str
    default: str | None
    help: str
    parse: Callable[[str], Any] = _text
    secret: bool = False
    remedy: str = ""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "SAMETHREAD_KEYS",
        "keys",
        None,
        "The master keys, newest first, separated by commas, each `id:secret` with an id from 0 to 6. "
        "The first signs and seals; all of them verify and open.",
        _keys,
        secret=True,
        remedy=f"make one with: {MAKE_KEYS}",
    ),
    Setting(
        "SAMETHREAD_RETIRED_KEYS",
        "retired_keys",
        "",
        "Ids of keys that only open what they sealed, separated by commas. Every link that one of them signed ends at once.",
        _key_ids,
    ),
    Setting(
        "SAMETHREAD_BASE_URL",
        "base_url",
        None,
        "The address people reach this server at. Every link is made from it, never from a request's headers.",
        _origin,
        remedy="write the public address, like https://chat.example.com",
    ),
    Setting(
        "SAMETHREAD_DATA_DIR",
        "data_dir",
        "data",
        "The folder of uploaded files, and of the database while that is SQLite.",
        Path,
    ),
    Setting(
        "DATABASE_URL",
        "database_url",
        "",
        "The database, like `postgresql://user:password@host/name`. Empty: SQLite in the data folder.",
        _database,
        secret=True,
    ),
    Setting(
        "REDIS_URL",
        "redis_url",
        "",
        "Redis, like `redis://host:6379/0`, for wake-ups between several server processes. One process needs none.",
        _redis,
        secret=True,
    ),
    Setting(
        "SAMETHREAD_SHORT_HOSTS",
        "short_hosts",
        "",
        "Hosts that serve links at `/<code>`, separated by commas: `host`, shared by all sites, or `host=SITE_KEY`.",
        _short_hosts,
    ),
    Setting(
        "SAMETHREAD_FILES_HOST",
        "files_host",
        "",
        "A host of its own for uploaded files, so that none of them can act as a page of ours.",
        _host,
    ),
    Setting(
        "SAMETHREAD_TRUSTED_PROXIES",
        "trusted_proxies",
        "0",
        "How many proxies stand before this server; so many entries of X-Forwarded-For are believed.",
        _count,
    ),
    Setting(
        "SAMETHREAD_SMS_CHANNEL",
        "sms_channel",
        "console",
        "How texts leave: `console` prints them to the log, `twilio` sends them by Twilio's API.",
        _one_of(*SMS_CHANNELS),
    ),
    Setting(
        "SAMETHREAD_TWILIO_ACCOUNT_SID",
        "twilio_account_sid",
        "",
        "The account's id at Twilio (AC...).",
    ),
    Setting(
        "SAMETHREAD_TWILIO_AUTH_TOKEN",
        "twilio_auth_token",
        "",
        "The account's token at Twilio. It also proves that a hook was called by Twilio.",
        secret=True,
    ),
    Setting(
        "SAMETHREAD_TWILIO_FROM",
        "twilio_from",
        "",
        "What texts are sent from: a number like `+12025550123` or a messaging service id (MG...).",
        _sender,
    ),
    Setting(
        "SAMETHREAD_TWILIO_API_BASE",
        "twilio_api_base",
        TWILIO_API,
        "Where Twilio's API is. Change it for a region, or to talk to a simulator.",
        _origin,
    ),
    Setting(
        "SAMETHREAD_TILES",
        "tiles",
        "",
        "Where the tiles of maps come from, like `https://tile.example/{z}/{x}/{y}.png`; fetched and kept by this "
        "server, so that no customer meets theirs. Empty: pages show places as a list, each with a link to the phone's own map.",
        _tiles,
        # Such addresses often hold a key.
        secret=True,
    ),
    Setting(
        "SAMETHREAD_TILES_BY",
        "tiles_by",
        TILES_BY,
        "Whose map the tiles are; printed on it.",
    ),
    Setting(
        "SAMETHREAD_LOG_LEVEL",
        "log_level",
        "INFO",
        "How much is logged: DEBUG, INFO, WARNING or ERROR.",
        _one_of(*LOG_LEVELS),
    ),
    Setting(
        "SAMETHREAD_ALLOW_PRIVATE_CALLS",
        "allow_private_calls",
        "",
        "Hosts in private networks that calls and webhooks may reach all the same, separated by commas.",
        _host_names,
    ),
)


# --- reading them all ---


def _read(environ: Mapping[str, str], settings: Iterable[Setting] = SETTINGS) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    mistakes: list[str] = []
    for setting in settings:
        try:
            values[setting.attribute] = _value(environ, setting)
        except _Mistake as mistake:
            mistakes.append(f"{setting.name}: {mistake}")
    return values, mistakes


def _value(environ: Mapping[str, str], setting: Setting) -> Any:
    text = _given(environ, setting.name)
    if text is None:
        text = setting.default
    if text is None:
        raise _Mistake(f"is missing; {setting.remedy}")
    return setting.parse(text)


def _given(environ: Mapping[str, str], name: str) -> str | None:
    direct, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if direct and path:
        raise _Mistake(f"is set twice, by {name} and {name}_FILE; keep one")
    if not path:
        return direct or None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _Mistake(f"{name}_FILE cannot be read ({error.__class__.__name__}: {path})") from error


def _disagreements(values: Mapping[str, Any], reported: set[str]) -> list[str]:
    """Settings that are right one by one and wrong together; what is reported already is not said twice."""
    keys = values.get("keys", ())
    wrong = []
    if keys and keys[0].id in values.get("retired_keys", ()):
        wrong = [
            "SAMETHREAD_RETIRED_KEYS: names the first key, which signs; put a new one before it in SAMETHREAD_KEYS"
        ]
    if values.get("sms_channel") != "twilio":
        return wrong
    needed = (setting for setting in SETTINGS if setting.attribute.startswith("twilio_"))
    return wrong + [
        f"{setting.name}: is missing; SAMETHREAD_SMS_CHANNEL=twilio needs it"
        for setting in needed
        if setting.name not in reported and not values.get(setting.attribute)
    ]


# --- keys ---


def _hkdf(secret: bytes, purpose: str) -> bytes:
    info = b"samethread:" + purpose.encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _demo_keys(folder: Path) -> tuple[MasterKey, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.json"
    if not path.exists():
        _write_once(path, json.dumps([new_key()]))
    return _keys(",".join(json.loads(path.read_text(encoding="utf-8"))))


def _write_once(path: Path, text: str) -> None:
    """All or nothing, readable by the owner only: a kill between two writes must not leave half a key behind."""
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
