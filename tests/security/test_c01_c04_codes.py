"""What a link's code is made of, and where it is not: C01 to C04."""

import base64
import binascii
import hashlib
import itertools
import math
import re
import secrets
from pathlib import Path

import pytest
from sqlalchemy import select

from disposable.links import ALPHABET, LENGTH, LinkForged, LinkKeys
from tests.support import fort as forts
from tests.support.fort import BASE, Fort, rows, statements, to_verify
from widget_server.actions import links
from widget_server.store import customers, tables
from widget_server.store import links as link_rows
from widget_server.store.customers import Address
from widget_server.web.guards import csrf_token

KEYS = LinkKeys([(0, b"k" * 32)])


def test_c01_codes_cannot_be_guessed_and_say_nothing_of_when_they_were_made() -> None:
    codes = [KEYS.sign(secrets.randbits(64), "chat.example") for _ in range(100_000)]
    assert len(set(codes)) == len(codes)
    assert {len(code) for code in codes} == {LENGTH}
    assert LENGTH * math.log2(62) >= 128
    assert set("".join(codes)) == set(ALPHABET)
    # By chance, 100,000 codes share the first 5 characters of another about 10 times in 1,000, and never 9.
    assert len({code[:9] for code in codes}) == len(codes)
    assert max(codes.count(code) for code in codes[:3]) == 1


def test_c01_ids_of_minted_links_do_not_grow_with_time(fort: Fort) -> None:
    ids = [link_rows.unsigned(one.row.id) for one in minted(fort, 200)]
    ups = sum(second > first for first, second in itertools.pairwise(ids))
    assert 60 < ups < 140
    assert len({one >> 56 for one in ids}) > 100


def test_c02_a_forged_code_is_refused_before_the_database(fort: Fort) -> None:
    sent = fort.send()
    with statements(fort) as seen:
        for at, letter in enumerate(sent.code):
            forged = sent.code[:at] + ALPHABET[(ALPHABET.index(letter) + 1) % 62] + sent.code[at + 1 :]
            assert fort.person().get(f"/l/{forged}").status_code == 404
            assert fort.person().post(f"/l/{forged}", {"act": "continue"}, follow=False).status_code == 404
    assert seen == []


def test_c02_a_code_is_for_one_host_and_one_purpose(fort: Fort) -> None:
    sent = fort.send()
    elsewhere = fort.person().client.get(sent.path, base_url="http://other.example")
    assert elsewhere.status_code == 404
    keys, link_id = fort.world.links, int(sent.link, 16)
    assert keys.sign(link_id, fort.world.settings.host) == sent.code
    nonce = fort.world.signer.nonce("handoff")
    others = [
        keys.sign(link_id, "other.example"),
        *(keys.sign(link_id, fort.world.settings.host, purpose) for purpose in ("handoff", "csrf", "ticket")),
        nonce[:LENGTH],
        csrf_token(fort.world.signer, "jar")[:LENGTH],
    ]
    with statements(fort) as seen:
        assert {fort.person().get(f"/l/{other}").status_code for other in others} == {404}
    assert seen == []


def test_c02_reading_never_raises_anything_else() -> None:
    for code in ("", "x" * 21, "x" * 23, "é" * 22, "-" * 22, None, 7, b"x" * 22, "z" * 22):
        with pytest.raises(LinkForged):
            KEYS.read(code, "chat.example")


def test_c03_nothing_can_be_decoded_out_of_a_url(fort: Fort) -> None:
    urls = [one.url for one in minted(fort, 1000)]
    told = b"lindqvist 12025559911 2025559911 mara-1042 pol-77421 example.com claim".split()
    told += [
        fort.house.site.key.lower().encode(),
        fort.house.site.id.encode(),
        fort.house.site.id.replace("-", "").encode(),
    ]
    for url in urls:
        assert re.fullmatch(rf"{BASE}/l/[0-9A-Za-z]{{22}}", url)
        for raw in decoded(url.removeprefix(BASE)):
            assert not [one for one in told if one in raw.lower()], url
    numbers = [int.from_bytes(of_62(url.rpartition("/")[2]), "big") for url in urls]
    # No counter in it: neighbours differ by about as much as any two.
    assert min(abs(a - b) for a, b in itertools.pairwise(numbers)) > 2**90


def minted(fort: Fort, many: int) -> list[links.Minted]:
    """Links as the verbs make them, for one person of whom much is known."""
    given = [
        Address("phone", "+12025559911"),
        Address("email", "lindqvist@example.com"),
        Address("user_id", "mara-1042"),
    ]
    with fort.world.store.write() as tx:
        customer = customers.resolve(tx, fort.house.site, given)
        return [
            links.make(fort.world, tx, fort.house.site, "claim", customer, forts.CLAIM_CONTEXT) for _ in range(many)
        ]


def decoded(path: str) -> list[bytes]:
    """Every segment of a path as it stands, and read as base64, base64url, base32, hex and base62."""
    found = []
    for part in filter(None, path.split("/")):
        found.append(part.encode())
        found.append(of_62(part))
        for read in (base64.b64decode, base64.urlsafe_b64decode, base64.b32decode, bytes.fromhex):
            try:
                found.append(read(part + ("" if read is bytes.fromhex else "=" * (-len(part) % 8))))
            except (binascii.Error, ValueError):
                continue
    return found


def of_62(text: str) -> bytes:
    value = 0
    for letter in text:
        value = value * 62 + max(0, ALPHABET.find(letter))
    return value.to_bytes(24, "big")


def test_c04_a_dump_holds_no_code_and_makes_no_link(tmp_path: Path) -> None:
    with forts.standing(tmp_path) as fort:
        phone = fort.phone()
        sent = fort.send(phone)
        mara = fort.person()
        mara.press(to_verify(mara, sent), follow=False, fact="lindqvist")
        assert fort.answer_calls(sent, {"reference": "K7QX2M"}) == 1
        claim = fort.claim()
        made = [
            fort.api("POST", "/v1/links", {"app": "claim", "context": forts.CLAIM_CONTEXT}, **{"Idempotency-Key": "k1"})
        ]
        made += [
            fort.api("POST", "/v1/links", {"app": "claim", "context": forts.CLAIM_CONTEXT}, **{"Idempotency-Key": "k1"})
        ]
        assert made[0].json["code"] == made[1].json["code"]  # type: ignore[index]
        codes = [sent.code, claim.code, made[0].json["code"]]  # type: ignore[index]
        dump = opened(fort)
        for code in codes:
            assert code.encode() not in dump
            assert mac_of(fort, code) not in dump
        for purpose in ("link", "nonce", "vault"):
            for _, key in fort.world.settings.derive(purpose):
                assert key not in dump
                assert base64.b64encode(key) not in dump
        for value in mara.cookies().values():
            assert value.encode() not in dump
        # Whoever has all of it and not the keys makes none: the ids are known, and no key found in the dump signs them.
        ids = [link_rows.unsigned(one) for one in dumped_ids(fort)]
        assert len(ids) >= 3
        guesses = [LinkKeys([(0, hashlib.sha256(dump).digest())]), LinkKeys([(0, b"\0" * 32)])]
        for keys in guesses:
            for link_id in ids:
                assert fort.person().get(f"/l/{keys.sign(link_id, forts.HOST)}").status_code == 404


def opened(fort: Fort) -> bytes:
    """The database as bytes, and everything sealed in it as it reads with the keys: outbox, kept answers, events."""
    files = b"".join(path.read_bytes() for path in Path(fort.world.settings.data_dir).glob("samethread.db*"))
    said = "".join("".join(one) for one in rows(fort).values()).encode()
    vault = fort.world.store.vault
    with fort.world.store.read() as tx:
        for answer in tx.all(tables.idempotency.select()):
            said += vault.open_own(answer.answer, f"answer {answer.api_key} {answer.key}")
        for owed in tx.all(
            select(tables.delivery, tables.customer.c.data_key).join(
                tables.customer, tables.customer.c.id == tables.delivery.c.customer
            )
        ):
            if owed.payload:
                said += repr(vault.open_json(owed.data_key, owed.payload, f"delivery {owed.id}")).encode()
        for session in tx.all(tables.session.select()):
            said += repr(fort.house.events(session.id)).encode()
    assert b"{link:" in said
    return files + said


def mac_of(fort: Fort, code: str) -> bytes:
    """The signature inside a code, as bytes."""
    value = 0
    for letter in code:
        value = value * 62 + ALPHABET.index(letter)
    return (value // 7 % 2**64).to_bytes(8, "big")


def dumped_ids(fort: Fort) -> list[int]:
    with fort.world.store.read() as tx:
        return [row.id for row in tx.all(tables.link.select())]
