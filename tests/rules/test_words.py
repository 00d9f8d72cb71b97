"""No text for people stands in code, every key that is used has words in all languages, and no word is left over."""

import re
import string
from functools import cache
from pathlib import Path

import pytest

from widget_server.assets import Assets
from widget_server.words import Words

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "de", "ar")
KEY = r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+"
# A key handed to something that looks words up: _("key") in templates, words.text("key") in Python, t("key") in scripts.
USED = re.compile(rf"""(?:\b_|\.text|\.say|\bt|\brich|\bsay)\(\s*["']({KEY})["'](?!\s*[~+])""")
COUNTED = re.compile(rf"""(?:\.|\b)count\(\s*["']({KEY})["']""")
# The beginning of a family of keys, one for each code: `desk.tier.${tier}`, f"problem.{slug}", named("desk.reason", code).
FAMILIES = (
    re.compile(r"""["'`]([a-z][a-z0-9_-]*\.(?:[a-z0-9_.-]*[._-])?)(?:["']\s*[~+%]|\$?\{)"""),
    re.compile(rf"""\b(?:named|under)\(\s*["']({KEY})\.?["']"""),
)
PLURALS = ("zero", "one", "two", "few", "many", "other")


@cache
def words() -> Words:
    return Words.load(Assets.load().templates / "locale", strict=True)


@cache
def sources() -> dict[Path, str]:
    """Everything that may look a word up."""
    files = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "templates").rglob("*.js"),
        *(ROOT / "static").rglob("*.js"),
        *(ROOT / "widget_server").rglob("*.py"),
        *(ROOT / "disposable").rglob("*.py"),
    ]
    return {path: path.read_text(encoding="utf-8") for path in files}


def kinds(catalog: dict[str, str]) -> set[str]:
    """Keys, the forms of a counted one taken as one: languages differ in how many they have."""
    return {stem(key) for key in catalog}


def stem(key: str) -> str:
    head, _, last = key.rpartition(".")
    return f"{head}.*" if last in PLURALS and f"{head}.other" in words().catalogs["en"] else key


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_all_languages_are_there() -> None:
    assert set(LANGUAGES) <= set(words().languages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_key_and_a_text_for_it(language: str) -> None:
    english, here = words().catalogs["en"], words().catalogs[language]
    assert kinds(here) == kinds(english)
    assert not [key for key, text in here.items() if not text.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_ask_for_the_same_values(language: str) -> None:
    english = words().catalogs["en"]
    differing = {
        key: placeholders(text) ^ placeholders(english[key])
        for key, text in words().catalogs[language].items()
        if key in english and placeholders(text) != placeholders(english[key]) and not stem(key).endswith(".*")
    }
    assert not differing


def test_translations_are_translated() -> None:
    """Names and signs may stay, sentences may not."""
    english = words().catalogs["en"]
    same = {
        (language, key): text
        for language in ("de", "ar")
        for key, text in words().catalogs[language].items()
        if english.get(key) == text and len(text.split()) > 2
    }
    assert not same


def test_every_key_that_is_used_has_words() -> None:
    english = words().catalogs["en"]
    missing = [
        f"{path.relative_to(ROOT)}: {key}"
        for path, text in sources().items()
        for key in [*USED.findall(text), *(f"{key}.other" for key in COUNTED.findall(text))]
        if key not in english
    ]
    assert not missing


def test_every_word_is_used() -> None:
    everything = "\n".join(sources().values())
    literals = set(re.findall(rf"""["'`]({KEY})["'`]""", everything))
    unused = [
        key
        for key in words().catalogs["en"]
        if key not in literals and stem(key).removesuffix(".*") not in literals and not key.startswith(families())
    ]
    assert not unused


@cache
def families() -> tuple[str, ...]:
    """Beginnings of keys whose end is a code."""
    found = {name for text in sources().values() for pattern in FAMILIES for name in pattern.findall(text)}
    return tuple(sorted(name if name[-1] in "._-" else f"{name}." for name in found))
