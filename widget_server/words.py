"""Every word people read, by key and language, from the catalogs in `templates/locale/<language>/<area>.po`.

In a catalog msgid is a key like `cover.continue` and msgstr the text, with `{name}` where a value goes. English is complete
by rule, so it stands in where another language lacks a key. Values are put in as they are: whoever makes HTML escapes.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import PoFileError, read_po

FALLBACK = "en"

_log = logging.getLogger(__name__)


class MissingWord(LookupError):
    """No catalog has this key, or its text asks for a value that was not given.

    Attributes:
        key: the key that was asked for.
        locale: the language it was asked in.
        value: the name of the missing value; empty when the key itself is missing.
    """

    def __init__(self, key: str, locale: str, value: str = "") -> None:
        self.key = key
        self.locale = locale
        self.value = value
        super().__init__(f"{key} in {locale}: no value for {{{value}}}" if value else f"no word for {key} in {locale}")


class BadCatalog(ValueError):
    """A catalog cannot be read, or says a key twice. `path` is the file, `why` what is wrong."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


@dataclass(frozen=True)
class Words:
    """All catalogs, merged by language.

    Attributes:
        catalogs: language -> key -> text.
        strict: a missing word is an error. Otherwise it is logged and the key is shown: a page with one odd word is
            worth more to a customer than an error page.
    """

    catalogs: Mapping[str, dict[str, str]] = field(repr=False)
    strict: bool = False

    @staticmethod
    def load(folder: Path, *, strict: bool = False) -> "Words":
        """Reads every catalog below `folder`, which holds one folder per language.

        Raises:
            BadCatalog: one of them cannot be read, or two areas of a language use the same key.
        """
        languages = sorted(path for path in folder.iterdir() if path.is_dir())
        return Words({language.name: _merged(language) for language in languages}, strict)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are catalogs for."""
        return tuple(self.catalogs)

    def text(self, key: str, locale: str, /, **values: object) -> str:
        """The text of a key in a language, `values` put in.

        Raises:
            MissingWord: only when strict.
        """
        text = self._find(key, locale)
        try:
            if text is None:
                raise MissingWord(key, locale)
            return _filled(text, key, locale, values)
        except MissingWord as missing:
            if self.strict:
                raise
            _log.warning("%s", missing)
            return key if text is None else text

    def count(self, key: str, locale: str, n: int, /, **values: object) -> str:
        """The text for `n` things: `key.one`, `key.few` ... by the language's own rules, else `key.other`. `{n}` is the number.

        Raises:
            MissingWord: only when strict.
        """
        language = self.language(locale)
        form = Locale.parse(language).plural_form(n)
        chosen = f"{key}.{form}" if f"{key}.{form}" in self.catalogs[language] else f"{key}.other"
        return self.text(chosen, locale, n=n, **values)

    def under(self, prefix: str, locale: str) -> dict[str, str]:
        """All texts whose key begins with `prefix`, for a page's scripts. Placeholders are left in."""
        wanted = self.catalogs[FALLBACK] | self.catalogs[self.language(locale)]
        return {key: text for key, text in wanted.items() if key.startswith(prefix)}

    def language(self, *wanted: str | None) -> str:
        """The first of the wanted locales there is a catalog for (`de-AT` finds `de`), else English."""
        for locale in filter(None, wanted):
            for name in (locale.replace("_", "-").lower(), locale.replace("_", "-").split("-")[0].lower()):
                if name in self.catalogs:
                    return name
        return FALLBACK

    def _find(self, key: str, locale: str) -> str | None:
        found = self.catalogs.get(self.language(locale), {}).get(key)
        return found if found is not None else self.catalogs.get(FALLBACK, {}).get(key)


def direction(locale: str) -> Literal["ltr", "rtl"]:
    """Which way a language is written."""
    try:
        parsed = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return "ltr"
    return "rtl" if parsed.text_direction == "rtl" else "ltr"


def _filled(text: str, key: str, locale: str, values: Mapping[str, object]) -> str:
    try:
        return text.format_map(values)
    except KeyError as missing:
        raise MissingWord(key, locale, str(missing.args[0])) from None


def _merged(language: Path) -> dict[str, str]:
    merged: dict[str, str] = {}
    for path in sorted(language.glob("*.po")):
        for key, text in _entries(path):
            if key in merged:
                raise BadCatalog(path, f"{key} is said twice in {language.name}")
            merged[key] = text
    return merged


def _entries(path: Path) -> Iterable[tuple[str, str]]:
    try:
        with path.open("rb") as file:
            catalog = read_po(file, charset="utf-8", abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        raise BadCatalog(path, str(error)) from error
    # The header is the entry without a key.
    return [(str(entry.id), str(entry.string)) for entry in catalog if entry.id]
