"""A page carries the rules it uses and no others."""

import re

from hypothesis import given
from hypothesis import strategies as st

from widget_server.assets import Assets
from widget_server.web.inline import Inline
from widget_server.web.pruned import Pruned, holds, made_by

SHEET = (
    ".a{x:1}.a .b{x:2}.c,.b{x:3}p>i{x:4}[dir=rtl] .a{x:5}.a:not(.z):has(:checked){x:6}:root{x:7}"
    "@media print{.b{x:8}.a{x:9}}@media screen{.b{x:10}}.b{animation:turn 1s}@keyframes turn{to{rotate:1turn}}"
)


def kept(html: str) -> str:
    return Pruned(SHEET).css(holds(html))


def test_a_rule_stays_if_all_that_one_of_its_selectors_names_is_there() -> None:
    assert kept('<p class="a">') == ".a{x:1}.a:not(.z):has(:checked){x:6}:root{x:7}@media print{.a{x:9}}"
    assert ".b{x:3}" in kept('<p class="b">')
    assert ".c" not in kept('<p class="b">')
    assert "p>i{x:4}" in kept("<p><i>")
    assert "[dir=rtl]" in kept('<html dir="rtl"><p class="a">')


def test_an_animation_stays_with_the_rule_that_runs_it() -> None:
    assert "@keyframes turn{to{rotate:1turn}}" in kept('<p class="b">')
    assert "@keyframes" not in kept('<p class="a">')


def test_classes_a_script_sets_are_found() -> None:
    assert made_by('x.className="notice";y.add("js")||d.querySelector("link")') == {".notice", ".js"}


@given(st.sets(st.sampled_from(["a", "b", "c", "z"])), st.booleans())
def test_nothing_is_invented_and_more_on_a_page_never_takes_a_rule_away(names: set[str], rtl: bool) -> None:
    html = f'<html dir="{"rtl" if rtl else "ltr"}"><p class="{" ".join(names)}">'
    rules = set(re.findall(r"x:\d+", kept(html)))
    assert rules <= set(re.findall(r"x:\d+", SHEET))
    assert rules <= set(re.findall(r"x:\d+", kept(html + '<i class="a b c">')))


def test_what_a_whole_page_needs_is_what_the_whole_sheet_gives(assets: Assets) -> None:
    """Every class of our sheets can be had: nothing is written in a way that cannot be found."""
    sheets = ("css/tokens.css", "css/app.css")
    css = "".join(assets.get(path).text for path in sheets)
    everything = "".join(f'<{tag} class="{name}">' for tag, name in zip(*_all(css), strict=False))
    html = f'<html dir="rtl">{everything}' + "".join(f"<{tag}>" for tag in _all(css)[0])
    html += "".join(f'<p class="{name}">' for name in _all(css)[1])
    whole = Inline(assets, sheets)
    assert sorted(re.split(r"[{};]", whole.fitting({}, html))) == sorted(re.split(r"[{};]", whole.style({})))


def _all(css: str) -> tuple[list[str], list[str]]:
    bare = re.sub(r"\{[^{}]*\}", " ", css)
    return re.findall(r"\b[a-z][a-z0-9]*\b", bare), re.findall(r"\.([\w-]+)", bare)
