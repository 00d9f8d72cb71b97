"""Flows in a folder: what stands beside a flow belongs to it."""

from pathlib import Path

import pytest

from disposable import folders, loading
from disposable.loading import FlowInvalid

SHOP = "app: shop\npurpose: p\nstart: a\nsteps: {a: {subflow: pay, next: z}, z: {end: Bye}}"
PAY = "app: pay\npurpose: p\nstart: s\nsteps: {s: {say: Hello, next: e}, e: {end: x}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "pay.yaml").write_text(PAY)
    (tmp_path / "pay.de.yaml").write_text("steps: {s: {say: Hallo}}")
    (tmp_path / "shop.de.yaml").write_text("steps: {z: {end: Tschüss}}", "utf-8")
    (tmp_path / "shop.test.yaml").write_text("transcripts: {}")
    (tmp_path / "shopping.fr.yaml").write_text("nothing of ours")
    return tmp_path


def test_translations_and_other_flows_are_found(folder: Path) -> None:
    flow = folders.load(folder / "shop.yaml")
    assert (list(flow.steps), list(flow.translations)) == (["a.s", "z"], ["de"])
    assert [flow.spoken("de").steps[name].say for name in ("a.s",)] == ["Hallo"]
    assert folders.check(folder / "shop.yaml") == []


def test_a_text_that_is_not_saved_yet_has_the_same_neighbours(folder: Path) -> None:
    flow = folders.load(folder / "shop.yaml", SHOP.replace("Bye", "See you"))
    assert (flow.steps["z"].end, flow.spoken("de").steps["z"].end) == ("See you", "Tschüss")


def test_mistakes_name_the_file_they_stand_in(folder: Path) -> None:
    (folder / "shop.de.yaml").write_text("steps: {y: {end: x}}")
    (folder / "pay.yaml").write_text(PAY.replace("next: e", "next: f"))
    found = [str(mistake) for mistake in folders.check(folder / "shop.yaml")]
    assert [line.partition(":")[0] for line in found] == [str(folder / "pay.yaml"), str(folder / "shop.de.yaml")]
    with pytest.raises(FlowInvalid, match=r"^shop\.de\.yaml|^pay\.yaml"):
        folders.load(folder / "shop.yaml", name="shop.yaml")


def test_what_is_not_text_is_told_with_its_file(folder: Path) -> None:
    (folder / "shop.de.yaml").write_bytes(b"\xff\xfe")
    assert "does not allow" in str(folders.check(folder / "shop.yaml")[0])
    assert str(folders.check(folder / "shop.yaml")[0]).startswith(str(folder / "shop.de.yaml"))


def test_the_gallery_lends_its_flows(folder: Path) -> None:
    assert folders.find(folder)("flight-delay") == loading.gallery()["flight-delay"]
    assert folders.find(folder)("no-such-flow") is None


@pytest.mark.parametrize("name", sorted(loading.gallery()))
def test_every_flow_of_the_gallery_is_sound_in_all_its_languages(name: str) -> None:
    flow = folders.shipped(name)
    assert flow.app == name
    assert all(flow.spoken(language) is not flow for language in flow.translations)


def test_a_strange_name_finds_only_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.de.yaml").write_text("steps: {}")
    assert folders.translations(tmp_path / "[a].yaml") == {}
    assert folders.translations(tmp_path / "a.yaml") == {"de": "steps: {}"}
