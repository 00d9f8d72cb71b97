"""A field of kind code: digits by text, to the number on file or to a new phone, on a page and in a thread."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from disposable import folders, loading
from tests.support import fort as forts
from tests.support.fort import Fort, home, see
from tests.support.pages import Person, Sent, forms
from widget_server.actions import setup

FLOW = """
app: new-phone
purpose: Your phone number
title: Your phone number
text: "{{ site.name }}: about your phone number, tap {{ link }} or reply {{ menu }}"
expires: 24h
context: {who: {name: text}}
start: hello
steps:
  hello:
    say: "Hello {{ who.name }}"
    choose: {file: {label: The one you have, next: known}, new: {label: A new one, next: phone}}
  known: {ask: Which code?, field: {kind: code, save: code}, next: safe}
  safe: {tier: 2, choose: {well: {label: All is well, next: done}}}
  phone: {ask: Which number?, field: {kind: phone, save: number}, next: proof}
  proof: {ask: Which code?, field: {kind: code, to: number, save: code}, next: done}
  done: {end: "Thank you, {{ who.name }}"}
"""
NEW = "+12025550191"


@pytest.fixture
def fort(tmp_path: Path) -> Iterator[Fort]:
    with forts.standing(tmp_path) as made:
        setup.publish(made.world, made.house.site.id, loading.load(FLOW))
        yield made


def begun(fort: Fort, phone: str = "") -> tuple[Person, TestResponse, Sent, str]:
    phone = phone or fort.phone()
    sent = fort.send(phone, app="new-phone", context={"who": {"name": "Mara"}})
    person = fort.person()
    return person, person.opened(sent), sent, phone


def texts(fort: Fort, phone: str) -> list[str]:
    """What was texted to a number, oldest first."""
    fort.house.pay()
    return [str(one.payload["text"]) for one in fort.house.sent if one.payload.get("to") == phone]


def codes(fort: Fort, phone: str) -> list[str]:
    return [found for text in texts(fort, phone) for found in re.findall(r"\b\d{6}\b", text)]


def answered(fort: Fort, sent: Sent, step: str) -> list[Any]:
    told = (one["body"] for one in fort.house.events(sent.session) if one["kind"] == "run.answered")
    return [body["value"] for body in told if body["step"] == step]


def send_again(person: Person, page: TestResponse) -> TestResponse:
    return person.post(page.request.path, {"nonce": forms(page)[0].nonce, "act": "send"})


def test_coming_to_the_step_sends_the_code_and_the_page_says_where(fort: Fort) -> None:
    mara, page, _, phone = begun(fort)
    asked = mara.press(page, choice="file")
    assert len(codes(fort, phone)) == 1
    assert "Your phone number" in texts(fort, phone)[-1]
    assert phone not in asked.text
    assert phone[-3:] in asked.text
    assert 'autocomplete="one-time-code"' in asked.text


def test_the_right_code_goes_on_and_raises_the_window_once(fort: Fort) -> None:
    mara, page, sent, phone = begun(fort)
    asked = mara.press(page, choice="file")
    after = mara.press(asked, code=codes(fort, phone)[-1])
    assert "All is well" in after.text
    assert answered(fort, sent, "known") == [{"to": f"{phone[:2]}•••{phone[-3:]}"}]
    assert fort.grant(mara, after).tier == 2
    assert fort.house.kinds(sent.session).count("grant.raised") == 1
    # A second tap is the first one.
    assert "All is well" in mara.press(asked, code=codes(fort, phone)[-1]).text
    assert fort.house.kinds(sent.session).count("grant.raised") == 1


def test_digits_are_read_as_people_write_them(fort: Fort) -> None:
    mara, page, _, phone = begun(fort)
    asked = mara.press(page, choice="file")
    code = codes(fort, phone)[-1]
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
    assert "All is well" in mara.press(asked, code=f" {arabic[:3]}-{arabic[3:]} ").text


def test_no_event_and_no_answer_holds_the_digits(fort: Fort) -> None:
    mara, page, sent, phone = begun(fort)
    after = mara.press(mara.press(page, choice="file"), code=codes(fort, phone)[-1])
    code = codes(fort, phone)[-1]
    assert code not in str(fort.house.events(sent.session))
    assert code not in after.text


def test_c12_a_wrong_code_is_asked_again_and_the_sixth_is_locked(fort: Fort) -> None:
    mara, page, sent, phone = begun(fort)
    asked = mara.press(page, choice="file")
    right = codes(fort, phone)[-1]
    for _ in range(5):
        wrong = mara.press(see(mara, asked.request.path), code="000000" if right != "000000" else "111111")
        assert wrong.status_code == 422
    assert mara.press(see(mara, asked.request.path), code=right).status_code == 429
    assert not answered(fort, sent, "known")
    fort.clock.on(seconds=3601)
    again = send_again(mara, see(mara, asked.request.path))
    assert "All is well" in mara.press(again, code=codes(fort, phone)[-1]).text


def test_c12_the_fourth_send_within_an_hour_is_refused_and_the_page_says_so(fort: Fort) -> None:
    mara, page, _, phone = begun(fort)
    asked = mara.press(page, choice="file")
    for _ in range(2):
        asked = send_again(mara, asked)
        assert asked.status_code == 200
    refused = send_again(mara, asked)
    assert refused.status_code == 429
    assert "several codes" in refused.text
    assert len(codes(fort, phone)) == 3


def test_c12_a_code_is_for_one_window_one_step_one_number_and_ten_minutes(fort: Fort) -> None:
    mara, page, _, phone = begun(fort)
    other, elsewhere, _, other_phone = begun(fort)
    asked, asked_other = mara.press(page, choice="file"), other.press(elsewhere, choice="file")
    mine, theirs = codes(fort, phone)[-1], codes(fort, other_phone)[-1]
    if mine != theirs:
        assert other.press(asked_other, code=mine).status_code == 422
    fort.clock.on(seconds=601)
    assert mara.press(asked, code=mine).status_code == 422


def to_new(fort: Fort, number: str = NEW) -> tuple[Person, TestResponse, Sent, str]:
    mara, page, sent, phone = begun(fort)
    return mara, mara.press(mara.press(page, choice="new"), number=number), sent, phone


def test_a_code_to_a_new_phone_proves_it_for_this_answer_and_nothing_else(fort: Fort) -> None:
    mara, asked, sent, phone = to_new(fort)
    assert not codes(fort, phone)
    after = mara.press(asked, code=codes(fort, NEW)[-1])
    assert "Thank you, Mara" in after.text
    assert answered(fort, sent, "proof") == [{"to": f"{NEW[:2]}•••{NEW[-3:]}"}]
    (told,) = [one["body"] for one in fort.house.events(sent.session) if one["kind"] == "identity"][-1:]
    assert told == {"kind": "phone", "value": NEW, "evidence": "code"}
    # Whoever brings a phone of their own is not therefore the customer, and later codes go where they went before.
    assert fort.grant(mara, after).tier == 1
    again = fort.send(phone, app="claim", context=forts.CLAIM_CONTEXT)
    page = mara.press(mara.opened(again), choice="go")
    mara.press(page, act="send")
    assert len(codes(fort, phone)) == 1
    assert len(codes(fort, NEW)) == 1


def test_a_number_changed_after_the_code_was_sent_is_not_proven_by_it(fort: Fort) -> None:
    mara, asked, sent, _ = to_new(fort)
    code = codes(fort, NEW)[-1]
    back = see(mara, f"{home(asked)}/phone")
    asked = mara.press(back, number="+12025550192")
    assert mara.press(asked, code=code).status_code == 422
    assert not answered(fort, sent, "proof")


def test_without_a_number_the_page_says_so(fort: Fort) -> None:
    made = fort.api("POST", "/v1/links", {"app": "new-phone", "context": {"who": {"name": "Mara"}}}).get_json()
    mara = fort.person()
    page = mara.press(mara.get(f"/l/{made['code']}"), act="continue")
    asked = mara.press(page, choice="file")
    refused = send_again(mara, asked)
    assert refused.status_code == 422
    assert "no number" in refused.text


def test_in_a_thread_of_texts_the_digits_are_the_answer(fort: Fort) -> None:
    phone = fort.phone()
    sent = fort.send(phone, app="new-phone", context={"who": {"name": "Mara"}})
    fort.house.text("1", phone)
    code = codes(fort, phone)[-1]
    fort.house.text(code, phone)
    assert answered(fort, sent, "known")
    assert "All is well" in texts(fort, phone)[-1]
    assert code not in str(fort.house.events(sent.session))


def test_c12_in_a_thread_of_texts_too_many_wrong_ones_lead_to_a_person(fort: Fort) -> None:
    phone = fort.phone()
    sent = fort.send(phone, app="new-phone", context={"who": {"name": "Mara"}})
    fort.house.text("1", phone)
    wrong = "111111" if codes(fort, phone)[-1] != "111111" else "222222"
    for _ in range(6):
        fort.house.text(wrong, phone)
    assert "run.handover" in fort.house.kinds(sent.session)
    assert not answered(fort, sent, "known")


def test_in_a_thread_of_texts_a_code_too_old_is_sent_anew(fort: Fort) -> None:
    phone = fort.phone()
    sent = fort.send(phone, app="new-phone", context={"who": {"name": "Mara"}})
    fort.house.text("1", phone)
    old = codes(fort, phone)[-1]
    fort.clock.on(seconds=601)
    fort.house.text(old, phone)
    assert len(codes(fort, phone)) == 2
    fort.house.text(codes(fort, phone)[-1], phone)
    assert answered(fort, sent, "known")


@pytest.mark.parametrize("by_code", [False, True])
def test_a_step_named_code_asks_for_its_tier_first_and_sends_nothing_unasked(fort: Fort, by_code: bool) -> None:
    flow = folders.shipped("verify-me")
    assert flow.steps["code"].tier == 2
    setup.publish(fort.world, fort.house.site.id, flow)
    phone, mara = fort.phone(), fort.person()
    page = mara.opened(fort.send(phone, app="verify-me", context=dict(flow.example)))
    page = mara.press(page, choice="go")
    assert "Your date of birth" in page.text
    assert not codes(fort, phone)
    if by_code:
        asked = mara.press(page, act="send")
        assert "Your date of birth" not in asked.text
        page = mara.press(asked, code=codes(fort, phone)[-1], act="prove")
    else:
        page = mara.press(page, fact="1975-12-01")
    assert "Which six digits" in page.text
    assert "One more thing" in mara.press(page, code=codes(fort, phone)[-1]).text
