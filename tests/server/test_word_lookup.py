"""Words: found by key and language, filled with values, and never silently wrong in tests."""

from pathlib import Path

import pytest

from widget_server.words import BadCatalog, MissingWord, Words, direction

CATALOGS = {
    "en": {
        "hello": "Hello {name}",
        "only.here": "English",
        "left.one": "{n} day left",
        "left.other": "{n} days left",
        "widget.open": "Open",
    },
    "de": {"hello": "Hallo {name}", "left.one": "noch {n} Tag", "left.other": "noch {n} Tage", "widget.open": "Öffnen"},
    "ar": {"hello": "مرحبا {name}", "left.two": "يومان", "left.other": "{n} يوم"},
}
WORDS = Words(CATALOGS, strict=True)


@pytest.mark.parametrize(
    ("locale", "text"), [("en", "Hello Ines"), ("de-AT", "Hallo Ines"), ("fr", "Hello Ines"), ("", "Hello Ines")]
)
def test_a_text_in_the_nearest_language(locale: str, text: str) -> None:
    assert WORDS.text("hello", locale, name="Ines") == text


def test_english_stands_in() -> None:
    assert WORDS.text("only.here", "de") == "English"


def test_values_are_put_in_as_they_are() -> None:
    assert WORDS.text("hello", "en", name="{name} <b>") == "Hello {name} <b>"


@pytest.mark.parametrize(
    ("locale", "n", "text"), [("en", 1, "1 day left"), ("en", 5, "5 days left"), ("ar", 2, "يومان"), ("ar", 3, "3 يوم")]
)
def test_counting_follows_the_language(locale: str, n: int, text: str) -> None:
    assert WORDS.count("left", locale, n) == text


def test_what_is_missing_is_an_error_when_strict() -> None:
    with pytest.raises(MissingWord) as key:
        WORDS.text("none", "de")
    assert (key.value.key, key.value.locale) == ("none", "de")
    with pytest.raises(MissingWord) as value:
        WORDS.text("hello", "en")
    assert value.value.value == "name"


def test_what_is_missing_is_shown_as_its_key_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    assert Words(CATALOGS).text("none", "de") == "none"
    assert "none" in caplog.text


def test_a_page_takes_the_words_its_scripts_need() -> None:
    assert WORDS.under("widget.", "de") == {"widget.open": "Öffnen"}
    assert WORDS.under("widget.", "ar") == {"widget.open": "Open"}


@pytest.mark.parametrize(
    ("locale", "way"), [("ar", "rtl"), ("he-IL", "rtl"), ("de", "ltr"), ("nonsense!", "ltr"), ("", "ltr")]
)
def test_direction(locale: str, way: str) -> None:
    assert direction(locale) == way


def test_areas_are_merged_and_may_not_say_a_key_twice(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "app.po").write_text('msgid "a.b"\nmsgstr "one"\n', encoding="utf-8")
    (folder / "desk.po").write_text('msgid "c.d"\nmsgstr "two"\n', encoding="utf-8")
    assert dict(Words.load(tmp_path).catalogs["en"]) == {"a.b": "one", "c.d": "two"}
    (folder / "desk.po").write_text('msgid "a.b"\nmsgstr "two"\n', encoding="utf-8")
    with pytest.raises(BadCatalog):
        Words.load(tmp_path)
