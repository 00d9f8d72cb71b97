"""C37: what was agreed to and signed, as it was shown, from where, how surely; and any change of it shows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.support import fort as forts
from tests.support import photos
from tests.support.fort import BASE, BEARER, Fort, see
from tests.support.pages import Sent, forms
from tests.support.sending import answers, at_photos, send
from widget_server.actions import desk, evidence
from widget_server.store import log
from widget_server.store import tables as t
from widget_server.store.vault import canonical, seal


@pytest.fixture
def fort(tmp_path: Path) -> Iterator[Fort]:
    with forts.standing(tmp_path) as made:
        yield made


def signed(fort: Fort) -> Sent:
    """Somebody has signed by name and agreed, known by a fact and by a code for this very act."""
    phone = fort.phone()
    mara, page, sent = at_photos(fort, phone)
    done = send(mara, send(mara, page, ("a.jpg", photos.jpeg())), ("", b""))
    asked = mara.press(mara.press(done, choice="done"), act="send")
    page = mara.press(asked, code=fort.texted_code(phone), act="prove")
    body = {"nonce": forms(page)[0].nonce, "name.typed": "Mara Lindqvist"}
    agreed = mara.post(page.request.path, body, True, **{"User-Agent": "Mozilla/5.0 (iPhone) Mobile"})
    assert "Thank you" in mara.press(see(mara, agreed.request.path), kept="yes").text
    return sent


def seqs(fort: Fort, sent: Sent) -> list[int]:
    """The numbers of the answers that signed or agreed."""
    events = fort.house.events(sent.session)
    return [one["seq"] for one in events if one["kind"] == "run.answered" and one["body"]["step"] in ("sign", "agree")]


def test_c37_what_was_shown_is_kept_with_version_tier_time_and_device(fort: Fort) -> None:
    sent = signed(fort)
    (signature,) = answers(fort, sent, "sign")
    assert signature["shown"].splitlines()[:2] == ["Sign the claim", "I claim CL-77"]
    told = signature["evidence"]
    assert told["tier"] == 3
    event = next(one for one in fort.house.events(sent.session) if one["seq"] == seqs(fort, sent)[0])
    assert event["channel"] == "web"
    assert event["at"].startswith("2027-01-15T")
    with fort.world.store.read() as tx:
        stored = log.at(tx, sent.session, event["seq"])
        assert stored is not None
        assert stored.device == "phone"
        assert stored.run
        run = tx.one(select(t.run).where(t.run.c.id == stored.run))
        assert run is not None
        assert told["hash"] == run.hash
    (consent,) = answers(fort, sent, "agree")
    assert "We keep it for CL-77" in consent["shown"]


def test_c37_other_answers_carry_none(fort: Fort) -> None:
    sent = signed(fort)
    assert "evidence" not in answers(fort, sent, "photos")[0]
    other = next(one["seq"] for one in fort.house.events(sent.session) if one["kind"] == "run.entered")
    assert evidence.verify(fort.world, sent.session, other).why == ("none",)
    assert evidence.verify(fort.world, sent.session, 10_000).why == ("gone",)


def test_c37_it_verifies_from_the_stored_version(fort: Fort) -> None:
    sent = signed(fort)
    found = [evidence.verify(fort.world, sent.session, seq) for seq in seqs(fort, sent)]
    assert len(found) == 2
    assert all(one.holds for one in found)


def altered(fort: Fort, sent: Sent, seq: int, **columns: Any) -> tuple[str, ...]:
    """What verifying says after somebody changed columns of an event in the database."""
    with fort.world.store.write() as tx:
        mine = (t.event.c.session == sent.session) & (t.event.c.seq == seq)
        tx.run(update(t.event).where(mine).values(**columns))
    return evidence.verify(fort.world, sent.session, max(seqs(fort, sent))).why


@pytest.mark.parametrize(
    "columns",
    [
        {"at": 1_800_000_000_001},
        {"channel": "sms"},
        {"device": "tablet"},
        {"actor_id": "somebody else"},
        {"grant": None},
    ],
    ids=lambda one: next(iter(one)),
)
def test_c37_a_changed_envelope_shows(fort: Fort, columns: dict[str, Any]) -> None:
    sent = signed(fort)
    assert altered(fort, sent, max(seqs(fort, sent)), **columns) == ("seal",)


def rewritten(fort: Fort, sent: Sent, seq: int, change: Any) -> tuple[str, ...]:
    """The same of one value of the body, by somebody who even has the customer's own key."""
    with fort.world.store.write() as tx:
        event = log.at(tx, sent.session, seq)
        assert event is not None
        body = json.loads(json.dumps(event.body))
        change(body)
        key = tx.vault.unwrap(log.locked(tx, sent.session)["data_key"])
        sealed = seal(key, canonical(body), f"event {sent.session} {seq}")
    return altered(fort, sent, seq, body=sealed)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda body: body.update(value={"agreed": False}), ("seal",)),
        (lambda body: body.update(shown=body["shown"].replace("CL-77", "CL-78")), ("seal", "words")),
        (lambda body: body.update(shown=body["shown"][:-1]), ("seal", "words")),
        (lambda body: body["evidence"].update(tier=2), ("seal",)),
        (lambda body: body["evidence"].update(key=6), ("seal",)),
        (lambda body: body["evidence"].update(hash="0" * 64), ("seal", "flow")),
        (lambda body: body.pop("evidence"), ("none",)),
    ],
)
def test_c37_one_changed_value_shows(fort: Fort, change: Any, why: tuple[str, ...]) -> None:
    sent = signed(fort)
    assert rewritten(fort, sent, max(seqs(fort, sent)), change) == why


def test_c37_one_byte_of_the_flow_shows(fort: Fort) -> None:
    sent = signed(fort)
    with fort.world.store.write() as tx:
        hash_ = answers(fort, sent, "agree")[0]["evidence"]["hash"]
        row = tx.one(select(t.flow).where(t.flow.c.hash == hash_))
        assert row is not None
        changed = row.definition.replace("We keep it", "We keep is")
        tx.run(update(t.flow).where(t.flow.c.hash == hash_).values(definition=changed))
    assert evidence.verify(fort.world, sent.session, max(seqs(fort, sent))).why == ("flow",)


def test_c37_its_place_in_the_log_cannot_be_changed(fort: Fort) -> None:
    sent = signed(fort)
    seq = max(seqs(fort, sent))
    assert altered(fort, sent, seq - 1, digest=b"0" * 16) == ("seal",)


def test_c37_words_that_the_version_does_not_show_are_noticed_whatever_the_seal_says(fort: Fort) -> None:
    """Of a server whose keys were taken: the words still have to be those of the stored version."""
    sent = signed(fort)

    def forge(body: dict[str, Any]) -> None:
        body["shown"] = "I owe you everything"

    assert "words" in rewritten(fort, sent, max(seqs(fort, sent)), forge)


def test_c37_it_is_shown_at_the_desk_and_in_an_export(fort: Fort) -> None:
    sent = signed(fort)
    client = fort.app.test_client()
    session = client.get(f"/v1/sessions/{sent.session}", base_url=BASE, headers=BEARER).get_json()
    told = client.get(f"/v1/customers/{session['customer']}/export", base_url=BASE, headers=BEARER).get_json()
    (found,) = [one["evidence"] for one in told["sessions"] if one["id"] == sent.session]
    assert [(one["step"], one["tier"], one["wrong"]) for one in found] == [("sign", 3, []), ("agree", 3, [])]
    assert found[0]["label"] == "Mara Lindqvist"
    altered(fort, sent, found[1]["seq"], device="tablet")
    again = desk.session(fort.world, fort.house.ada, sent.session)["evidence"]
    assert [one["wrong"] for one in again] == [[], ["seal"]]


def test_c37_nothing_of_it_is_left_of_somebody_erased(fort: Fort) -> None:
    sent = signed(fort)
    seq = max(seqs(fort, sent))
    session = fort.api("GET", f"/v1/sessions/{sent.session}").get_json()
    fort.api("DELETE", f"/v1/customers/{session['customer']}")
    assert evidence.verify(fort.world, sent.session, seq).why == ("gone",)
