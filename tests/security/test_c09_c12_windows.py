"""Several windows on one link, what each may see, and how one steps up: C09 to C12."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable import loading
from disposable.definition import Flow
from disposable.expressions import Template
from disposable.screen import screen
from disposable.state import ASKING, CALLING, ENDED, HANDED, Answered, Calling, Handed, State
from tests.support import fort as forts
from tests.support.fort import CLAIM, CLAIM_CONTEXT, Fort, home, option, see, to_verify
from tests.support.pages import SAME, Person, Sent, forms
from widget_server.actions import desk, sessions, setup

POLICY, IBAN, NAME = CLAIM_CONTEXT["claim"]["policy"], CLAIM_CONTEXT["claim"]["iban"], "Lindqvist"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Fort]:
    """A server whose limits nobody else uses up."""
    with forts.standing(tmp_path) as made:
        yield made


def stepped_up(fort: Fort, person: Person, sent: Sent, phone: str) -> Any:
    """A second window after its texted code."""
    asked = person.press(person.opened(sent), act="send")
    return person.press(asked, code=fort.texted_code(phone), act="prove")


def events(fort: Fort, person: Person, path: str, session: str) -> Any:
    """The thread as this window's script reads it."""
    handle = path.split("/")[2]
    return person.get(f"/v1/sessions/{session}/events", Handle=handle)


# C09


def test_c09_the_grant_is_an_opaque_host_cookie(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    answer = mara.press(mara.get(sent.path), follow=False, act="continue")
    cookie, _, flags = answer.headers["Set-Cookie"].partition(";")
    name, _, value = cookie.partition("=")
    assert name.startswith("__Host-a-")
    assert {flag.strip().partition("=")[0] for flag in flags.split(";")} >= {"Secure", "HttpOnly", "SameSite", "Path"}
    assert "SameSite=Lax" in flags
    assert "Path=/" in flags
    assert "Domain" not in flags
    assert len(value) >= 22
    assert sent.code not in value
    assert sent.session not in value


def test_c09_a_second_jar_sees_nothing_of_the_first_until_it_steps_up(fort: Fort) -> None:
    phone = fort.phone()
    sent, first, second = fort.send(phone), fort.person(), fort.person()
    pick = first.press(first.opened(sent), choice="change")
    first.press(first.press(pick, chosen=option(pick, 1)), choice="business")
    desk.accept(fort.world, fort.house.ada, sent.session, epoch(fort, sent), "accept")
    sessions.write(
        fort.world, fort.house.ada, sent.session, "m1", "message", {"text": "Two seats left"}, epoch(fort, sent)
    )
    mine = see(first, sent.path)
    assert "Two seats left" in mine.text
    page = second.opened(sent)
    assert "Begun on another phone" in page.text
    url = home(page)
    shown = [page, *(see(second, f"{url}/{step}") for step in ("status", "pick", "extras", "chat", "verify", "code"))]
    told = events(fort, second, url, sent.session)
    assert told.status_code == 200
    for secret in ("Two seats left", "MA 214", "MA 204", "Upgrade", NAME, "Mara"):
        assert not [one for one in (*shown, told) if secret in one.text], secret
    assert {one["kind"] for one in told.json["events"]} <= {"session.opened", "owner", "link.engaged"}


@pytest.mark.parametrize("way", ["form", "fact", "message", "api-message", "person"])
def test_c09_a_locked_jar_acts_on_nothing(fort: Fort, way: str) -> None:
    sent, first, second = fort.claim(), fort.person(), fort.person()
    first.press(first.opened(sent), choice="go")
    page = second.opened(sent)
    url, nonce = home(page), forms(page)[0].nonce
    before = fort.house.kinds(sent.session)
    match way:
        case "form":
            second.post(f"{url}/hello", {"nonce": nonce, "choice": "leave"})
        case "fact":
            # Who lives with the customer knows the name too: only the phone on file opens a run begun elsewhere.
            second.post(f"{url}/verify", {"nonce": nonce, "fact": NAME})
        case "message":
            second.post(f"{url}/chat", {"nonce": nonce, "text": "let me in"})
        case _:
            headers = {"Handle": url.split("/")[2], "X-CSRF": csrf(fort, second, url)}
            body = {"key": "k", "kind": "message", "body": {"text": "leave" if way == "person" else NAME}}
            answer = second.client.post(
                f"/v1/sessions/{sent.session}/events", base_url=forts.BASE, json=body, headers={**SAME, **headers}
            )
            assert answer.status_code == 403
    assert fort.house.kinds(sent.session) == before
    assert "Begun on another phone" in see(second, url).text


def csrf(fort: Fort, person: Person, url: str) -> str:
    from widget_server.web.guards import csrf_token  # noqa: PLC0415

    return csrf_token(fort.world.signer, person.cookies()[f"__Host-a-{url.split('/')[2]}"])


def epoch(fort: Fort, sent: Sent) -> int:
    return int(sessions.get(fort.world, fort.house.key, sent.session)["epoch"])


# C10


def test_c10_a_code_moves_on_to_another_device_and_the_first_is_told(fort: Fort) -> None:
    phone = fort.phone()
    sent, first, second = fort.send(phone), fort.person(), fort.person()
    pick = first.press(first.opened(sent), choice="change")
    first.press(pick, chosen=option(pick))
    assert "another phone" not in see(first, pick.request.path).text
    page = stepped_up(fort, second, sent, phone)
    assert "That is all" in page.text
    told = see(first, home(pick))
    assert "opened on another phone" in told.text


def test_c10_a_first_device_that_had_proven_itself_goes_on_and_is_told_once(fort: Fort) -> None:
    phone = fort.phone()
    sent, first, second = fort.claim(phone), fort.person(), fort.person()
    details = first.press(first.press(first.opened(sent), choice="go"), fact=NAME)
    assert POLICY in details.text
    assert POLICY in stepped_up(fort, second, sent, phone).text
    told = see(first, details.request.path)
    assert "opened on another phone" in told.text
    assert POLICY in told.text
    assert "opened on another phone" not in first.press(told, choice="right").text


def test_c10_more_than_three_devices_a_day_are_refused(alone: Fort) -> None:
    phone = alone.phone()
    sent, first = alone.claim(phone), alone.person()
    first.press(first.opened(sent), choice="go")
    for _ in range(3):
        assert POLICY in stepped_up(alone, alone.person(), sent, phone).text
        alone.clock.on(seconds=3700)
    fourth = alone.person()
    refused = fourth.press(fourth.opened(sent), act="send")
    assert refused.status_code == 429
    assert POLICY not in refused.text
    alone.clock.on(seconds=25 * 3600)


# C11


def values_of(flow: Flow, tier: int) -> set[str]:
    """The names that only steps above a tier read: what nobody at that tier may be shown."""
    below = set(reads(flow.title)) | set(reads(flow.text))
    above: set[str] = set()
    for step in flow.steps.values():
        texts = [step.say, step.ask, step.end, step.title, *(one.label for one in (step.choose or {}).values())]
        texts += [step.field.label, step.field.hint] if step.field else []
        mine = {name for text in texts for name in reads(text)}
        if step.tier > tier:
            above |= mine
        else:
            below |= mine
    return above - below


def reads(text: str | None) -> list[str]:
    return [".".join(map(str, read.path)) for read in Template.parse(text).reads] if text else []


FLOWS = [loading.load(CLAIM), *(loading.load(text) for text in loading.gallery().values())]


def marked(flow: Flow) -> dict[str, Any]:
    """A context whose every value is a mark that names where it stands."""
    made: dict[str, Any] = {}
    for name, kind in flow.types.items():
        *path, last = [part for part in name.replace("[]", ".0").split(".") if part]
        if "0" in path:
            continue
        inner = made
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = "2027-01-15T18:40:00+01:00" if kind == "datetime" else 7 if kind == "number" else f"mark {name}"
    return made


@st.composite
def places(draw: st.DrawFn) -> tuple[Flow, State, int]:
    """Any step of any shipped flow, in any state a run can be in, seen by a window of any tier."""
    flow = draw(st.sampled_from(FLOWS))
    name = draw(st.sampled_from(sorted(flow.steps)))
    status = draw(st.sampled_from([ASKING, CALLING, HANDED, ENDED]))
    saves = {
        step.do.save: {"number": "mark saved", "reference": "mark saved"}
        for step in flow.steps.values()
        if step.do and step.do.save
    }
    others = {
        one.field.save: Answered(key, f"mark {key}", "", "", one.field.save)
        for key, one in flow.steps.items()
        if one.field and one.field.save
    }
    state = State(
        status=status,
        step=name,
        path=(flow.start, name),
        context=marked(flow),
        done=saves,
        answers={flow.start: next(iter(others.values()))} if others else {},
        calling=Calling(name, "call", "key", {}) if status == CALLING else None,
        handover=Handed(name, "team", "why", None, None, "", "") if status == HANDED else None,
    )
    return flow, state, draw(st.integers(0, 3))


@given(places())
def test_c11_no_screen_below_a_tier_holds_the_tiers_values(place: tuple[Flow, State, int]) -> None:
    flow, state, tier = place
    site = {"name": "Meridian Air", "host": "x", "zone": "UTC", "phone": ""}
    shown = repr(screen(flow, state, tier=tier, site=site, words=lambda key, **_: key))
    hidden = values_of(flow, tier)
    assert not [name for name in hidden if f"mark {name}" in shown]
    if state.step in flow.steps and flow.steps[state.step].tier > tier:
        assert "mark saved" not in shown
    if tier < 1:
        assert "mark" not in shown


def test_c11_the_server_holds_to_it_on_every_page_and_frame(fort: Fort) -> None:
    phone = fort.phone()
    sent, mara = fort.claim(phone), fort.person()
    cover = mara.get(sent.path)
    hello = mara.press(cover, act="continue")
    asked = mara.press(hello, choice="go")
    url = home(hello)
    assert "Hello Mara" not in cover.text
    assert "T-9913" not in cover.text
    assert "Hello Mara" in hello.text
    seen = [cover, hello, asked]
    seen += [see(mara, f"{url}/{step}") for step in ("details", "note", "send", "sent", "verify", "chat")]
    seen += [
        mara.post(f"{url}/{step}", {"nonce": forms(asked)[0].nonce, "choice": "right"}) for step in ("details", "send")
    ]
    seen += [events(fort, mara, url, sent.session)]
    for one in seen:
        for hidden in (POLICY, IBAN, NAME, "UNREAD"):
            assert hidden not in one.text
    details = mara.press(see(mara, url), fact=NAME)
    assert POLICY in details.text
    for one in (details, events(fort, mara, url, sent.session)):
        assert IBAN not in one.text
        assert NAME not in one.text
        assert "UNREAD" not in one.text


def test_c11_a_text_thread_is_held_to_it_too(fort: Fort) -> None:
    phone = fort.phone()
    fort.claim(phone)
    fort.house.text("1", phone)
    asked = [one.payload["text"] for one in fort.house.pay() if one.payload.get("to") == phone]
    assert "Your last name" in asked[-1]
    assert not [text for text in asked if POLICY in text or IBAN in text]
    fort.house.text("lindqvist", phone)
    assert POLICY in [one.payload["text"] for one in fort.house.pay() if one.payload.get("to") == phone][-1]
    # A sender can be forged, so the fact counts for half an hour only.
    fort.clock.on(seconds=31 * 60)
    fort.house.text("1", phone)
    later = [one.payload["text"] for one in fort.house.pay() if one.payload.get("to") == phone]
    assert later
    assert POLICY not in later[-1]


def test_c11_uploading_takes_tier_2(fort: Fort) -> None:
    sent, mara = fort.claim(), fort.person()
    page = mara.press(mara.opened(sent), choice="go")

    def upload() -> int:
        headers = {**SAME, "Handle": home(page).split("/")[2], "X-CSRF": csrf(fort, mara, home(page))}
        data = {"session": sent.session, "file": (io.BytesIO(b"%PDF-1.7 of a claim"), "claim.pdf")}
        return int(mara.client.post("/v1/files", base_url=forts.BASE, data=data, headers=headers).status_code)

    assert upload() == 403
    mara.press(page, fact=NAME)
    assert upload() == 201


PAY = """
app: pay
purpose: A payment
title: A payment
text: "{{ site.name }}: a payment, tap {{ link }} or reply {{ menu }}"
expires: 24h
verify: {ask: Your last name, against: person.last_name}
context: {account: personal, person: {last_name: secret}}
start: hello
steps:
  hello: {say: Hello, choose: {go: {label: Go on, next: pay}}}
  pay: {tier: 3, title: Pay 20 euros, say: "From {{ account }}", choose: {pay: {label: Pay now, next: paid}}}
  paid: {end: Paid}
"""
ACCOUNT = "ACC-5531"


def payment(fort: Fort, phone: str) -> Sent:
    setup.publish(fort.world, fort.house.site.id, loading.load(PAY))
    return fort.send(phone, app="pay", context={"account": ACCOUNT, "person": {"last_name": NAME}})


def test_c11_tier_3_takes_a_fact_and_a_fresh_code_for_this_very_act(alone: Fort) -> None:
    phone = alone.phone()
    mara = alone.person()
    fact = mara.press(mara.opened(payment(alone, phone)), choice="go")
    asked = mara.press(fact, fact=NAME)
    assert ACCOUNT not in fact.text + asked.text
    code = mara.press(asked, act="send")
    text = [one.payload["text"] for one in alone.house.pay() if one.payload.get("to") == phone][-1]
    assert "Pay 20 euros" in text
    assert ACCOUNT not in text
    shown = mara.press(code, code="".join(filter(str.isdigit, text.partition("is your code")[0]))[-6:], act="prove")
    assert ACCOUNT in shown.text
    # Lent for the act: ten minutes later the fact stands and the act is asked for again.
    alone.clock.on(seconds=601)
    later = see(mara, home(shown))
    assert ACCOUNT not in later.text
    assert "Your last name" not in later.text
    assert mara.press(shown, choice="pay").status_code == 200
    assert "Paid" not in see(mara, home(shown)).text


def test_c11_a_code_alone_never_leads_to_tier_3(alone: Fort) -> None:
    phone = alone.phone()
    mara = alone.person()
    page = mara.press(mara.opened(payment(alone, phone)), choice="go")
    after = mara.press(mara.press(page, act="send"), code=alone.texted_code(phone), act="prove")
    assert ACCOUNT not in after.text
    assert "Your last name" in after.text
    asked = mara.press(after, fact=NAME)
    assert ACCOUNT not in asked.text
    assert ACCOUNT in mara.press(mara.press(asked, act="send"), code=alone.texted_code(phone), act="prove").text


# C12


def test_c12_the_sixth_try_is_locked_even_with_the_right_answer_in_any_window(alone: Fort) -> None:
    phone = alone.phone()
    sent, mara = alone.claim(phone), alone.person()
    page = mara.press(mara.opened(sent), choice="go")
    for _ in range(5):
        assert mara.press(page, fact="Smith").status_code == 422
        page = see(mara, page.request.path)
    assert mara.press(page, fact=NAME).status_code == 429
    asked = mara.press(see(mara, page.request.path), act="send")
    assert mara.press(asked, code=alone.texted_code(phone), act="prove").status_code == 429
    other = alone.person()
    asked = other.press(other.opened(sent), act="send")
    assert other.press(asked, code=alone.texted_code(phone), act="prove").status_code == 429
    alone.clock.on(seconds=3601)
    assert POLICY in mara.press(see(mara, page.request.path), fact=NAME).text


def test_c12_tries_count_by_number_over_sessions(alone: Fort) -> None:
    phone = alone.phone()
    sent, mara = alone.claim(phone), alone.person()
    page = mara.press(mara.opened(sent), choice="go")
    for _ in range(5):
        mara.press(see(mara, page.request.path), fact="Smith")
    end_session(alone, sent)
    again = alone.claim(phone)
    assert again.session != sent.session
    page = mara.press(mara.opened(again), choice="go")
    assert mara.press(page, fact=NAME).status_code == 429


def end_session(fort: Fort, sent: Sent) -> None:
    taken = desk.accept(fort.world, fort.house.ada, sent.session, epoch(fort, sent), "take")
    assert taken.seq
    desk.close(fort.world, fort.house.ada, sent.session, desk.DISPOSITIONS[0], epoch(fort, sent), "close")


def test_c12_a_code_has_six_digits_ten_minutes_and_one_link(alone: Fort) -> None:
    phone, other_phone = alone.phone(), alone.phone()
    mara, other = alone.person(), alone.person()
    page = mara.press(mara.opened(alone.claim(phone)), choice="go")
    strange = other.press(other.opened(alone.claim(other_phone)), choice="go")
    asked, strange_asked = mara.press(page, act="send"), other.press(strange, act="send")
    code, strange_code = alone.texted_code(phone), ""
    assert len(code) >= 6
    assert code.isdigit()
    # Of another link, and in another window of the same one.
    assert other.press(strange_asked, code=code, act="prove").status_code == 422 or code == strange_code
    alone.clock.on(seconds=10 * 60 + 1)
    assert mara.press(asked, code=code, act="prove").status_code == 422
    asked = mara.press(see(mara, page.request.path), act="send")
    assert POLICY in mara.press(asked, code=alone.texted_code(phone), act="prove").text


def test_c12_a_code_works_once_and_in_its_own_window_only(alone: Fort) -> None:
    phone = alone.phone()
    sent, first, second = alone.claim(phone), alone.person(), alone.person()
    page = first.press(first.opened(sent), choice="go")
    asked = first.press(page, act="send")
    code = alone.texted_code(phone)
    elsewhere = second.opened(sent)
    url = home(elsewhere)
    refused = second.post(f"{url}/code", {"nonce": forms(elsewhere)[0].nonce, "act": "prove", "code": code})
    assert POLICY not in refused.text
    assert POLICY in first.press(asked, code=code, act="prove").text
    refused = second.post(f"{url}/code", {"nonce": forms(see(second, url))[0].nonce, "act": "prove", "code": code})
    assert POLICY not in refused.text


def test_c12_sends_are_limited_by_number_country_and_site(alone: Fort) -> None:
    phone = alone.phone()
    sent, mara = alone.claim(phone), alone.person()
    page = mara.press(mara.opened(sent), choice="go")
    statuses = [mara.press(see(mara, page.request.path), act="send").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    setup.set_site(alone.world, alone.house.site.id, options={"codes_an_hour_country": 4})
    assert [asks(alone, alone.phone()) for _ in range(2)] == [200, 429]
    assert asks(alone, "+493012345678") == 200
    setup.set_site(alone.world, alone.house.site.id, options={"codes_an_hour": 5})
    assert asks(alone, "+33612345678") == 429
    alone.clock.on(seconds=3601)
    assert asks(alone, "+33612345679") == 200


def asks(fort: Fort, phone: str) -> int:
    person = fort.person()
    page = person.press(person.opened(fort.claim(phone)), choice="go")
    return int(person.press(page, act="send").status_code)


def test_c12_the_flows_own_verify_step_is_limited_by_the_rule_of_the_gallery_flow_too(fort: Fort) -> None:
    sent, mara = fort.send(), fort.person()
    page = to_verify(mara, sent)
    for _ in range(3):
        mara.press(see(mara, page.request.path), fact="Smith")
    assert "run.handover" in fort.house.kinds(sent.session)
