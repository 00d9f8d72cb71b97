"""A site's colour is checked when it is saved, its logo is drawn anew, and both stand on its pages."""

import gzip
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from disposable import colours
from tests.support import photos
from tests.support.pages import Web, web
from widget_server.actions import files, looks, setup
from widget_server.actions.errors import Invalid
from widget_server.assets import Assets
from widget_server.words import Words


@pytest.fixture
def site(tmp_path: Path, words: Words, assets: Assets) -> Web:
    return web(tmp_path, words, assets)


def changed(site: Web, **columns: object) -> None:
    house = site.house
    setup.change_site(house.world, setup.site(house.world, house.site.key), **columns)


def look(site: Web) -> dict[str, object]:
    return dict(setup.site(site.house.world, site.house.site.key).look)


def tiny() -> bytes:
    return photos.written(Image.new("RGB", (64, 64), (11, 107, 99)), "PNG")


def large() -> bytes:
    noise = Image.effect_noise((400, 120), 90).convert("RGB")
    return photos.written(noise, "PNG")


class TestColour:
    def test_one_that_can_be_read_is_saved(self, site: Web) -> None:
        changed(site, color="#0B6B63")
        assert look(site) == {"accent": "#0b6b63"}
        changed(site, color="")
        assert look(site) == {}

    def test_the_mistake_says_the_ratio_and_the_nearest_that_passes(self, site: Web) -> None:
        with pytest.raises(Invalid) as refused:
            changed(site, color="#ffcc00")
        ((where, what),) = refused.value.mistakes
        assert where == "color"
        assert what.startswith("#ffcc00 stands out from white by 1.5:1")
        changed(site, color=what.rpartition(" ")[2])

    @given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
    def test_what_it_proposes_passes_and_what_passes_needs_no_proposal(self, color: str) -> None:
        wrong = looks.wrong_color(color)
        assert bool(wrong) == (colours.contrast(colours.rgb(color), colours.WHITE) < 4.5)
        if wrong:
            assert not looks.wrong_color(wrong.rpartition(" ")[2])

    @pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "123456", "#12345g", "#123456;}"])
    def test_what_is_no_colour_is_refused(self, color: str) -> None:
        assert "is no colour" in looks.wrong_color(color)


class TestLogo:
    def test_a_tiny_one_stands_in_the_page_itself(self, site: Web) -> None:
        changed(site, logo=tiny())
        page = site.person().get(site.link().path)
        assert re.search(r'<header class="brand"><img src="data:image/png;base64,[^"]+" alt="" height="32">', page.text)
        assert len(gzip.compress(page.data, 6)) <= 4096

    def test_a_larger_one_is_a_file_of_ours_that_anybody_may_keep(self, site: Web) -> None:
        changed(site, logo=large())
        page = site.person().get(site.link().path)
        found = re.search(r'<img src="(/brand/[0-9a-f-]{36})"', page.text)
        assert found
        logo = site.person().get(found[1])
        assert max(Image.open(io.BytesIO(logo.data)).size) <= looks.LONGEST
        assert logo.content_type == "image/png"
        assert "immutable" in logo.headers["Cache-Control"]
        changed(site, logo=tiny())
        assert site.person().get(found[1]).status_code == 404

    def test_no_other_file_is_handed_out_as_a_logo(self, site: Web) -> None:
        kept = files.keep_for_site(site.house.world, site.house.key, "plan.png", tiny())
        assert site.person().get(f"/brand/{kept['file']}").status_code == 404

    def test_it_is_drawn_anew(self, site: Web) -> None:
        changed(site, logo=photos.jpeg(600, 200, told=True))
        kept = look(site)["logo"]
        assert isinstance(kept, dict)
        data = looks.logo(site.house.world, kept["file"]).data if "file" in kept else kept["data"].encode()
        assert photos.PLACE.encode() not in data

    @pytest.mark.parametrize(
        "data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a/*<script>", b"\x89PNG\r\n\x1a\nno", b"%PDF-1.7"]
    )
    def test_what_cannot_be_drawn_is_refused(self, site: Web, data: bytes) -> None:
        with pytest.raises(Invalid) as refused:
            changed(site, logo=data)
        assert refused.value.mistakes[0][0] == "logo"
        assert look(site) == {}

    def test_a_bomb_is_refused(self, site: Web) -> None:
        with pytest.raises(Invalid):
            changed(site, logo=photos.bomb())
