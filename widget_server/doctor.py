"""`samethread doctor`: looks at what an operator can get wrong, and says what to do about each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from widget_server.settings import Settings, SettingsError
from widget_server.store import schema
from widget_server.store.database import Store
from widget_server.store.vault import Vault


@dataclass(frozen=True)
class Finding:
    """One look. `bad`: it must be mended before customers come."""

    what: str
    says: str
    bad: bool = False

    def __str__(self) -> str:
        return f"{'BAD ' if self.bad else 'ok  '} {self.what}: {self.says}"


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """All findings. Settings that cannot be read end the examination, since nothing else could be looked at."""
    try:
        settings = Settings.load(environ)
    except SettingsError as error:
        return [Finding("settings", mistake, bad=True) for mistake in error.mistakes]
    return list(_looks(settings))


def _looks(settings: Settings) -> Iterator[Finding]:
    yield Finding("settings", "all can be read")
    yield _database(settings)
    yield _clock()
    yield _tls(settings)
    yield _texts(settings)
    yield _files(settings)


def _database(settings: Settings) -> Finding:
    store = Store(settings.database, Vault(settings.derive("vault")), lambda: 0)
    wrong = store.trouble()
    if wrong:
        store.close()
        return Finding("database", f"cannot be reached ({wrong}): check DATABASE_URL", bad=True)
    current = schema.current(store)
    store.close()
    return Finding("database", "is up to date" if current else "run: samethread db upgrade", bad=not current)


def _clock() -> Finding:
    sane = time.time() > 1_700_000_000
    return Finding(
        "clock", "is plausible" if sane else "is far in the past: set it, or no token will be valid", bad=not sane
    )


def _tls(settings: Settings) -> Finding:
    if settings.base_url.startswith("https:"):
        return Finding("tls", "links are https")
    return Finding("tls", "SAMETHREAD_BASE_URL is not https: cookies and links need it", bad=True)


def _texts(settings: Settings) -> Finding:
    if settings.sms_channel == "console":
        return Finding("texts", "are printed, not sent: set SAMETHREAD_SMS_CHANNEL=twilio", bad=True)
    return Finding("texts", f"go out by {settings.sms_channel} from {settings.twilio_from}")


def _files(settings: Settings) -> Finding:
    if settings.files_host:
        return Finding("files", f"are served from {settings.files_host}")
    return Finding("files", "are served from this host, sandboxed: set SAMETHREAD_FILES_HOST for one of their own")
