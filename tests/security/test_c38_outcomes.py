"""After an outcome that took proof, the number on file is told, once and without a link (C38)."""

import re
from typing import Any

import pytest

from disposable import loading
from tests.support.fort import CLAIM_CONTEXT, Fort, home, see, to_verify
from tests.support.pages import Person, Sent
from widget_server.actions import setup
from widget_server.store import outbox

WORDS = {"en": "If that was not you", "de": "Waren Sie das nicht"}


def notices(fort: Fort, sent: Sent) -> list[str]:
    """The texts owed for this session that are no lines of its thread."""
    with fort.world.store.read() as tx:
        rows = [row for row in outbox.of_session(tx, sent.session) if row.kind == "message" and row.seq == 0]
        return [outbox.payload(tx, row)["text"] for row in rows]


def to_the_end(fort: Fort, phone: str) -> tuple[Person, Sent]:
    """Through the claim: proven by the fact, sent, answered by the company."""
    sent, mara = fort.claim(phone), fort.person()
    verify = mara.press(mara.opened(sent), choice="go")
    details = mara.press(verify, fact="Lindqvist")
    note = mara.press(details, choice="right")
    mara.press(note, words="The lamp fell down")
    assert notices(fort, sent) == []
    assert fort.answer_calls(sent, {"number": "C-1"}) == 1
    assert "Claim C-1" in see(mara, home(note)).text
    return mara, sent


def test_c38_the_number_on_file_learns_of_it_once_and_without_a_link(fort: Fort) -> None:
    phone = fort.phone()
    _, sent = to_the_end(fort, phone)
    (text,) = notices(fort, sent)
    assert "Meridian Air" in text
    assert "Your claim" in text
    assert WORDS["en"] in text
    assert not re.search(r"https?:|{link|/l/|POL-|C-1|Mara|Lindqvist", text)
    gone = [one for one in fort.house.pay() if one.payload.get("text") == text]
    assert [one.payload["to"] for one in gone] == [phone]
    assert [one for one in fort.house.pay() if one.payload.get("text") == text] == []


def test_c38_going_back_and_ending_anew_tells_nothing_a_second_time(fort: Fort) -> None:
    sent, mara = fort.send(app="proven", context=PERSON), fort.person()
    end = mara.press(mara.press(mara.opened(sent), fact="Lindqvist"), choice="one")
    assert "One it is" in end.text
    mara.press(see(mara, f"{home(end)}/pick"), choice="two")
    assert "Two it is" in see(mara, home(end)).text
    assert len(notices(fort, sent)) == 1


def test_c38_what_took_no_proof_tells_nothing(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    mara.press(mara.opened(sent), choice="keep")
    assert notices(fort, sent) == []


def test_c38_nothing_is_told_before_there_is_an_outcome(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    mara.press(to_verify(mara, sent), fact="Lindqvist")
    assert "run.called" in fort.house.kinds(sent.session)
    assert notices(fort, sent) == []


def test_c38_it_speaks_the_customers_language(fort: Fort) -> None:
    setup.set_site(fort.world, fort.house.site.id, locale="de")
    try:
        _, sent = to_the_end(fort, fort.phone())
    finally:
        setup.set_site(fort.world, fort.house.site.id, locale="en")
    assert WORDS["de"] in notices(fort, sent)[0]


def test_c38_whoever_ends_it_by_text_on_that_very_number_knows(fort: Fort) -> None:
    phone = fort.phone()
    sent = fort.send(phone)
    fort.house.pay()
    for words in ("2", "1", "1", "Lindqvist"):
        fort.house.text(words, sender=phone, provider_id=f"{phone} {words} {fort.clock()}")
    assert fort.answer_calls(sent, {"reference": "K7"}) == 1
    last = [one for one in fort.house.pay() if one.payload.get("to") == phone]
    assert "K7" in last[-1].payload["text"]
    assert notices(fort, sent) == []


PROVEN = """
app: proven
purpose: Your choice
title: Your choice
text: "{{ site.name }}: choose at {{ link }} or reply {{ menu }}"
verify: {ask: Your last name, against: person.last_name}
context: {person: {last_name: secret}}
start: pick
steps:
  pick: {tier: 2, say: Which?, choose: {one: {label: One, next: first}, two: {label: Two, next: second}}}
  first: {end: One it is.}
  second: {end: Two it is.}
"""
PERSON: dict[str, Any] = {"person": CLAIM_CONTEXT["person"] | {}}
PERSON["person"].pop("first_name")


@pytest.fixture(autouse=True)
def proven(fort: Fort) -> None:
    setup.publish(fort.world, fort.house.site.id, loading.load(PROVEN))
