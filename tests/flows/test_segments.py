"""What a text costs, against published tables and a corpus of texts, and by a plain count of our own."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.render.sms import BASIC, EXTENSION, foreign, segments

PUBLISHED = Path(__file__).resolve().parent / "gsm0338"
LETTERS = "".join(sorted(BASIC | EXTENSION))


@cache
def published(name: str) -> Any:
    return json.loads((PUBLISHED / name).read_text("utf-8"))


def test_our_alphabet_is_the_published_one() -> None:
    tables = published("tables.json")
    assert {chr(int(code[2:], 16)) for code in tables["basic"]} == BASIC
    assert {chr(int(code[2:], 16)) for code in tables["extension_after_0x1B"]} == EXTENSION


def test_the_corpus_is_counted_alike() -> None:
    counted = [case for case in published("segment_corpus.json")["cases"] if "segments" in case and "encoding" in case]
    assert len(counted) > 20
    wrong = [
        case["name"]
        for case in counted
        if (segments(case["text"]).encoding, segments(case["text"]).segments) != (case["encoding"], case["segments"])
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 153, "GSM-7", 307, 3),
        ("ж" * 70, "UCS-2", 70, 1),
        ("ж" * 71, "UCS-2", 71, 2),
        ("ж" * 134, "UCS-2", 134, 2),
        ("ж" * 66 + "🙂" + "ж" * 67, "UCS-2", 135, 3),
        ("’", "UCS-2", 1, 1),
        ("`", "UCS-2", 1, 1),
        ("ç", "UCS-2", 1, 1),
        ("Ç", "GSM-7", 1, 1),
        ("a\tb", "UCS-2", 3, 1),
    ],
)
def test_known_counts(text: str, encoding: str, units: int, count: int) -> None:
    found = segments(text)
    assert (found.encoding, found.units, found.segments) == (encoding, units, count)


def test_who_is_to_blame_is_named() -> None:
    assert foreign("It’s “nice”, it’s €5") == "’“”"


@given(st.text(alphabet=LETTERS, max_size=700))
def test_a_text_of_the_alphabet_is_gsm(text: str) -> None:
    found = segments(text)
    assert found.encoding == "GSM-7"
    assert found.units == len(text) + sum(sign in EXTENSION for sign in text)
    assert found.segments * found.per_segment >= found.units
    assert found.segments <= max(1, -(-found.units // 152))


@given(st.text(max_size=300))
def test_every_text_has_a_price(text: str) -> None:
    found = segments(text)
    assert found.segments >= 1
    assert (found.segments == 1) == (found.units <= (160 if found.encoding == "GSM-7" else 70))
