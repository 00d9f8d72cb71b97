"""Short codes: not to be guessed, read, moved to another host or purpose, or changed in one letter (C01, C02, C03, C35)."""

import base64
import collections
import math
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable.links import ALPHABET, LENGTH, LinkForged, LinkKeys

OLD, NEW = (1, b"o" * 32), (2, b"n" * 32)
HOST = "go.example"


@pytest.fixture
def keys() -> LinkKeys:
    return LinkKeys([NEW, OLD])


@given(st.integers(0, 2**64 - 1), st.text(max_size=20), st.text(min_size=1, max_size=10))
def test_what_was_signed_is_read(link: int, host: str, purpose: str) -> None:
    keys = LinkKeys([NEW])
    code = keys.sign(link, host, purpose)
    assert keys.read(code, host, purpose) == link
    assert re.fullmatch(r"[0-9A-Za-z]{22}", code)
    assert keys.sign(link, host, purpose) == code


def test_c01_a_hundred_thousand_codes_have_nothing_in_common(keys: LinkKeys) -> None:
    chance = random.Random(7)
    codes = [keys.sign(chance.getrandbits(64), HOST) for _ in range(100_000)]
    assert len(set(codes)) == 100_000
    assert LENGTH * math.log2(len(ALPHABET)) >= 128
    # Of 100,000 random codes some share four letters; that any two share nine has a chance of one in 2,700.
    assert len({code[:9] for code in codes}) == 100_000
    for place in range(1, LENGTH):
        counts = collections.Counter(code[place] for code in codes)
        assert len(counts) == 62
        assert max(counts.values()) < 2 * 100_000 / 62


def test_c02_each_letter_counts(keys: LinkKeys) -> None:
    code = keys.sign(0x1234_5678_9ABC_DEF0, HOST)
    for place in range(LENGTH):
        for letter in ALPHABET:
            if letter != code[place]:
                with pytest.raises(LinkForged):
                    keys.read(code[:place] + letter + code[place + 1 :], HOST)


@pytest.mark.parametrize("host", ["other.example", "", "go.example.", "go.example:443", "xgo.example"])
def test_c02_a_code_is_of_one_host(keys: LinkKeys, host: str) -> None:
    with pytest.raises(LinkForged):
        keys.read(keys.sign(5, HOST), host)


def test_c02_a_code_is_for_one_purpose(keys: LinkKeys) -> None:
    for made, read in [("handoff", "link"), ("csrf", "link"), ("link", "csrf")]:
        with pytest.raises(LinkForged) as forged:
            keys.read(keys.sign(5, HOST, made), HOST, read)
        assert forged.value.reason == "mac"


def test_the_case_of_a_host_does_not_matter(keys: LinkKeys) -> None:
    assert keys.read(keys.sign(5, "GO.example"), HOST) == 5


def test_c03_nothing_can_be_read_in_a_code(keys: LinkKeys) -> None:
    chance = random.Random(3)
    for link in (chance.getrandbits(64) for _ in range(1000)):
        code = keys.sign(link, HOST)
        number = 0
        for letter in code:
            number = number * 62 + ALPHABET.index(letter)
        # What stands there is the id, which is chance, and its MAC: no part of the host, and nothing of the key.
        for raw in (number.to_bytes(17, "big"), base64.b64decode(code + "=="), code.encode()):
            assert not any(part in raw.lower() for part in (b"go.", b"example", NEW[1][:4], OLD[1][:4]))
        assert (number // 7) >> 64 == link


@pytest.mark.parametrize(
    "code",
    [
        "",
        "0" * 21,
        "0" * 23,
        "z" * 22,
        "0" * 22,
        "-" * 22,
        "é" * 22,
        "٣" * 22,
        "0" * 21 + "\n",
        " " + "0" * 21,
        "\x00" * 22,
        None,
        7,
        b"0" * 22,
        ["0"] * 22,
        pytest.param("x" * 1_000_000, id="a megabyte"),
    ],
)
def test_anything_else_is_forged_and_nothing_worse(keys: LinkKeys, code: object) -> None:
    with pytest.raises(LinkForged) as forged:
        keys.read(code, HOST)
    assert forged.value.reason in ("form", "key", "mac")


@given(st.text(max_size=30) | st.text(alphabet=ALPHABET, min_size=22, max_size=22))
def test_no_text_is_read(code: str) -> None:
    with pytest.raises(LinkForged):
        LinkKeys([NEW, OLD]).read(code, HOST)


def test_c35_keys_rotate_without_breaking_links() -> None:
    before, during, after = LinkKeys([OLD]), LinkKeys([NEW, OLD]), LinkKeys([NEW])
    old = before.sign(7, HOST)
    assert during.read(old, HOST) == 7
    assert during.sign(7, HOST) != old
    assert after.read(during.sign(7, HOST), HOST) == 7
    with pytest.raises(LinkForged) as forged:
        after.read(old, HOST)
    assert forged.value.reason == "key"


def test_c35_another_secret_under_the_same_id_reads_nothing() -> None:
    with pytest.raises(LinkForged) as forged:
        LinkKeys([(1, b"x" * 32)]).read(LinkKeys([OLD]).sign(7, HOST), HOST)
    assert forged.value.reason == "mac"


@pytest.mark.parametrize("keys", [[], [OLD, (1, b"y" * 32)], [(7, b"y" * 32)], [(-1, b"y" * 32)], [(0, b"short")]])
def test_keys_that_cannot_be_used_are_refused_at_once(keys: list[tuple[int, bytes]]) -> None:
    with pytest.raises(ValueError, match="link key"):
        LinkKeys(keys)


@pytest.mark.parametrize("link", [-1, 2**64])
def test_an_id_has_64_bits(keys: LinkKeys, link: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        keys.sign(link, HOST)


def test_seven_keys_fit_into_22_letters() -> None:
    for key_id in range(7):
        keys = LinkKeys([(key_id, bytes([key_id + 1]) * 32)])
        assert len(keys.sign(2**64 - 1, HOST)) == 22
        assert keys.read(keys.sign(2**64 - 1, HOST), HOST) == 2**64 - 1
