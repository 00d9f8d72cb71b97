"""The form of every kind of field, as drawn: within its budget, labelled, and with no more open than it needs."""

import gzip
import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from disposable.definition import KINDS, Field
from disposable.field_views import view
from disposable.screen import Screen
from disposable.steps import Setting
from tests.flows.samples import NOW
from tests.support.web_parts import bare_app
from widget_server.assets import Assets
from widget_server.web.apps.drawing import Drawing
from widget_server.words import Words

KB = 1024
SLOTS = {
    "technician": tuple(
        {
            "id": f"s{day}-{hour}",
            "starts": f"2026-11-{day}T{hour:02}:00:00+01:00",
            "ends": f"2026-11-{day}T{hour:02}:45:00+01:00",
        }
        for day in range(23, 29)
        for hour in range(8, 18)
    )
}
FIELDS: Mapping[str, dict[str, Any]] = {
    "money": {"currency": "EUR"},
    "slot": {"calendar": "technician"},
    "choice": {"options": {"a": "The first", "b": "The second"}},
    "choices": {"options": {"a": "The first", "b": "The second"}, "max": 2},
    "scale": {"scale": "nps"},
    "consent": {"terms": "What is agreed to."},
    "location": {"why": "To find the nearest shop."},
}


@pytest.fixture(scope="module")
def app(assets: Assets, words: Words) -> Flask:
    return bare_app(assets, words)


@pytest.fixture(scope="module")
def drawing(assets: Assets, words: Words) -> Drawing:
    return Drawing(assets, words)


def drawn(app: Flask, drawing: Drawing, kind: str, locale: str = "en") -> str:
    """The page of a step with one such field."""
    site = {"name": "Meridian Care", "zone": "Europe/Berlin", "country": "DE", "look": {}}
    setting = Setting(site, locale, "Europe/Berlin", NOW, SLOTS)
    field = Field.model_validate({"kind": kind, "label": "What we ask for", **FIELDS.get(kind, {})})

    def say(key: str, **values: object) -> str:
        return drawing.words.text(key, locale, **values)

    one = view("answer", field, {"site": site}, setting, say, None)
    screen = Screen("step", "ask", "Your repair", fields=(one,))
    facts: dict[str, Any] = {"url": "/a/abc", "nonce": "n" * 60, "notice": "", "code": None, "phone": ""}
    html, _, _ = drawing.html(app.jinja_env, "app/step.html", locale, site=site, screen=screen, live=True, **facts)
    return html


@pytest.mark.parametrize("kind", KINDS)
def test_it_stays_within_its_budget(app: Flask, drawing: Drawing, kind: str) -> None:
    pickers = 12 if kind == "slot" else 4
    for locale in ("en", "de", "ar"):
        assert len(gzip.compress(drawn(app, drawing, kind, locale).encode(), 6)) <= pickers * KB, locale


@pytest.mark.parametrize("kind", KINDS)
def test_everything_to_fill_in_has_a_name_and_one_id(app: Flask, drawing: Drawing, kind: str) -> None:
    body = drawn(app, drawing, kind).partition("<main")[2]
    ids = re.findall(r'\bid="([^"]+)"', body)
    assert len(ids) == len(set(ids))
    assert "f-answer" in ids or "f-answer.text" in ids
    names = set(re.findall(r'<(?:input|textarea)[^>]*\bname="([^"]+)"', body)) - {"nonce"}
    assert names
    assert all(name == "answer" or name.startswith("answer.") for name in names)
    for said in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', body):
        assert set(said.split()) <= set(ids), said
    multipart = 'enctype="multipart/form-data"' in body
    assert multipart == (kind in ("photo", "file", "signature"))


def test_a_page_carries_the_rules_of_its_own_kind_only(app: Flask, drawing: Drawing) -> None:
    assert ".stars" not in drawn(app, drawing, "text")
    assert ".thumbs" in drawn(app, drawing, "photo")
    assert ".pad" not in drawn(app, drawing, "photo")
