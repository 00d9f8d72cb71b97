"""Static files: found where they are, small, and under an address that changes with their content."""

import gzip
from pathlib import Path

import pytest

from widget_server.assets import Assets, AssetsMissing


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A checkout in small; the package is `home / "package"`."""
    for folder in ("package", "templates", "static/js", "static/css"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "static/js/a.js").write_text("// why\nexport const answer = 42;\n" + "// more\n" * 50, encoding="utf-8")
    (tmp_path / "static/css/a.css").write_text("/* why */ a { color : red }", encoding="utf-8")
    (tmp_path / "static/dot.bin").write_bytes(b"\x00")
    return tmp_path


def test_beside_the_package_or_inside_it(home: Path) -> None:
    beside = Assets.load(home / "package")
    assert beside.templates == home / "templates"
    for folder in ("templates", "static"):
        (home / folder).rename(home / "package" / folder)
    inside = Assets.load(home / "package")
    assert inside.templates == home / "package" / "templates"
    assert inside.tree == beside.tree


def test_a_missing_folder_is_told_with_the_places_looked_at(home: Path) -> None:
    (home / "templates").rmdir()
    with pytest.raises(AssetsMissing) as raised:
        Assets.load(home / "package")
    assert raised.value.where == (home / "package", home)


def test_scripts_and_styles_are_minified_and_compressed(home: Path) -> None:
    assets = Assets.load(home / "package")
    script = assets.get("js/a.js")
    assert script.text == "export const answer=42;"
    assert script.type.startswith("text/javascript")
    assert assets.get("css/a.css").text == "a{color:red}"


def test_what_is_compressed_is_the_same_and_smaller() -> None:
    for asset in Assets.load().files.values():
        if asset.gzipped:
            assert gzip.decompress(asset.gzipped) == asset.raw
            assert len(asset.gzipped) < len(asset.raw)


def test_an_address_changes_when_any_file_does(home: Path) -> None:
    before = Assets.load(home / "package").url("js/a.js")
    (home / "static/css/a.css").write_text("a{color:blue}", encoding="utf-8")
    after = Assets.load(home / "package").url("js/a.js")
    assert before != after
    assert before.endswith("/js/a.js")


def test_an_unknown_file_has_no_address(home: Path) -> None:
    with pytest.raises(AssetsMissing):
        Assets.load(home / "package").url("js/none.js")
