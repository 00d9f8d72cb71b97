"""The table of settings, its documentation and the class that carries them say the same."""

import dataclasses
import re
from pathlib import Path

import pytest

from widget_server.settings import SETTINGS, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "templates" / "docs" / "settings.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"`((?:SAMETHREAD|DATABASE|REDIS)_[A-Z_]+)`")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_page_explains_it_in_the_same_words(setting: object) -> None:
    name, text = setting.name, setting.help  # type: ignore[attr-defined]
    assert f"`{name}`" in PAGE
    assert text in PAGE


def test_the_page_names_nothing_else() -> None:
    known = {setting.name for setting in SETTINGS}
    assert {name.removesuffix("_FILE") for name in VARIABLE.findall(PAGE)} <= known


def test_the_readme_names_exactly_what_must_be_set() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    must = {setting.name for setting in SETTINGS if setting.default is None}
    assert set(VARIABLE.findall(readme)) == must


def test_every_setting_lands_in_its_attribute() -> None:
    attributes = {field.name for field in dataclasses.fields(Settings)}
    assert {setting.attribute for setting in SETTINGS} == attributes - {"demo"}


def test_defaults_of_table_and_class_agree() -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(Settings)}
    for setting in SETTINGS:
        if setting.default is not None and defaults[setting.attribute] is not dataclasses.MISSING:
            assert setting.parse(setting.default) == defaults[setting.attribute]


def test_variables_are_read_nowhere_else() -> None:
    """Whoever wants a setting is given the object; reading the environment elsewhere would hide one from this table."""
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "widget_server").rglob("*.py")
        if "os.environ" in path.read_text(encoding="utf-8")
    ]
    assert set(readers) <= {
        "widget_server/settings.py",
        "widget_server/cli/running.py",  # hands it to doctor, which judges it by the table
        "widget_server/demo/runner.py",  # hands it on to the process of the handset
        "widget_server/demo/handset/__main__.py",  # a process of its own, started with one secret
    }
