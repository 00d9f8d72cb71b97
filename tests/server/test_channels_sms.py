"""Text messages by Twilio's API: what we ask, what its answers mean, whose hooks we believe and what they say."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from tests.support.fakes_channels import SID, SPECS, TOKEN, Description, Wire, answered, login
from widget_server.channels import twilio_signature
from widget_server.channels.contract import DeliveryFailed, ForgedHook, Hook, Inbound, Outgoing, Receipt, UnreadableHook
from widget_server.channels.sms import Account, Sms

URL = "https://chat.example.com/hooks/sms"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
OUTGOING = Outgoing("d1", "+12025550143", "", "Your flight is late.", URL + "?delivery=d1")
SMS = Sms(Account(SID, TOKEN, "+12025550100"))


def form_of(outgoing: Outgoing = OUTGOING) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(SMS.request(outgoing).body.decode()).items()}


def hook(form: dict[str, str], url: str = URL, token: str = TOKEN) -> Hook:
    signature = twilio_signature.sign(token, url, form.items())
    return Hook(url, {"x-twilio-signature": signature}, urlencode(form).encode(), at=1_700_000_000_000)


def inbound(**changes: str) -> dict[str, str]:
    form = {"MessageSid": "SM9", "AccountSid": SID, "From": "+12025550143", "To": "+12025550100", "Body": "2"}
    return form | {"SmsStatus": "received", "NumMedia": "0"} | changes


def status(word: str, **changes: str) -> dict[str, str]:
    form = {"MessageSid": "SM1", "AccountSid": SID, "From": "+12025550100", "To": "+12025550143"}
    return form | {"MessageStatus": word, "SmsStatus": word} | changes


def test_the_request_is_a_form_with_our_login() -> None:
    call = SMS.request(OUTGOING)
    assert call.url == f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
    assert login(call) == (SID, TOKEN)
    assert form_of() == {
        "To": "+12025550143",
        "From": "+12025550100",
        "Body": "Your flight is late.",
        "StatusCallback": URL + "?delivery=d1",
    }


def test_another_sender_and_another_base() -> None:
    sms = Sms(Account(SID, TOKEN, "+12025550100", base="http://127.0.0.1:9/"))
    call = sms.request(replace(OUTGOING, sender="MERIDIAN"))
    assert call.url.startswith("http://127.0.0.1:9/2010-04-01/")
    assert b"From=MERIDIAN" in call.body


def test_a_messaging_service_chooses_its_own_number() -> None:
    service = "MG" + "0" * 32
    form = form_of(replace(OUTGOING, sender=service))
    assert form["MessagingServiceSid"] == service
    assert "From" not in form


def test_emoji_and_html_travel_as_they_are() -> None:
    assert form_of(replace(OUTGOING, text="<b>\U0001f600</b> & Grüße"))["Body"] == "<b>\U0001f600</b> & Grüße"


def test_ten_thousand_characters_are_refused_before_anything_is_sent() -> None:
    wire = Wire()
    with pytest.raises(DeliveryFailed, match="too_long") as refused:
        SMS.send(replace(OUTGOING, text="x" * 10_000), wire)
    assert refused.value.permanent
    assert wire.calls == []


def test_segments_are_counted_as_they_are_billed() -> None:
    assert SMS.segments("a" * 160) == 1
    assert SMS.segments("a" * 161) == 2
    assert SMS.segments("\U0001f600" * 36) == 2
    assert SMS.send(OUTGOING, Wire(answered(201, {"sid": "SM1", "num_segments": "2"}))).segments == 2


@pytest.mark.parametrize(
    ("code", "reason", "permanent"),
    [
        (21211, "invalid_number", True),
        (21614, "not_mobile", True),
        (21610, "opted_out", True),
        (21617, "too_long", True),
        (21611, "provider_busy", False),
        (29999, "provider_29999", True),
    ],
)
def test_a_refusal_has_a_reason(code: int, reason: str, permanent: bool) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        SMS.send(OUTGOING, Wire(answered(400, {"code": code, "message": "x", "status": 400})))
    assert (refused.value.reason, refused.value.permanent, refused.value.unknown) == (reason, permanent, False)


@pytest.mark.parametrize("code", [500, 502, 503, 429])
def test_an_outage_passes(code: int) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        SMS.send(OUTGOING, Wire(answered(code, "<html>", Retry_After="7")))
    assert not refused.value.permanent
    assert not refused.value.unknown
    assert refused.value.retry_in == 7


@pytest.mark.parametrize(
    "answer", [answered(504), answered(201, "cut off"), answered(201, {"sid": None}), answered(200, [1])]
)
def test_what_may_be_on_its_way_is_unknown(answer: Any) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        SMS.send(OUTGOING, Wire(answer))
    assert refused.value.unknown


def test_a_wrong_login_waits_for_its_cure() -> None:
    with pytest.raises(DeliveryFailed, match="provider_login") as refused:
        SMS.send(OUTGOING, Wire(answered(401, {"code": 20003, "status": 401})))
    assert not refused.value.permanent


VECTORS = [
    ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ("https://mycompany.com/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="),
]
VECTOR_FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]


@pytest.mark.parametrize(("url", "signature"), VECTORS)
def test_published_signatures_fit(url: str, signature: str) -> None:
    assert twilio_signature.fits("12345", url, VECTOR_FORM, b"", signature)
    assert not twilio_signature.fits("12346", url, VECTOR_FORM, b"", signature)
    assert not twilio_signature.fits("12345", url + "&x=1", VECTOR_FORM, b"", signature)
    assert not twilio_signature.fits("12345", url, [*VECTOR_FORM, ("Digits", "9")], b"", signature)


def test_repeated_and_unsorted_values() -> None:
    form = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio_signature.fits("12345", url, form, b"", "IK+Dwps556ElfBT0I3Rgjkr1wJU=")


def test_a_json_body_is_signed_by_its_digest() -> None:
    digest = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
    url = "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=" + digest
    body, signature = b'{"property": "value", "boolean": true}', "a9nBmqA0ju/hNViExpshrM61xv4="
    assert twilio_signature.fits("12345", url, [], body, signature)
    assert not twilio_signature.fits("12345", url, [], body + b" ", signature)


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)


@given(st.lists(st.tuples(names, names), max_size=8))
def test_the_providers_own_library_agrees(form: list[tuple[str, str]]) -> None:
    class Repeated(MultiDict[str, str]):
        getall = MultiDict.getlist

    theirs = RequestValidator("12345").compute_signature(URL, Repeated(form))
    assert twilio_signature.sign("12345", URL, form) == theirs


def test_a_genuine_text_is_read() -> None:
    signed = hook(inbound(Body="I need help\x00", NumMedia="1", MediaUrl0="https://x/1", MediaContentType0="image/png"))
    SMS.verify(signed)
    assert SMS.parse(signed) == Inbound(
        channel="sms",
        account=SID,
        provider_id="SM9",
        sender="+12025550143",
        recipient="+12025550100",
        text="I need help",
        at=1_700_000_000_000,
        media=(("https://x/1", "image/png"),),
    )


@pytest.mark.parametrize("change", ["body", "url", "token", "header"])
def test_a_forged_hook_is_refused(change: str) -> None:
    signed = hook(inbound(), token="another" if change == "token" else TOKEN)
    changed = {
        "body": replace(signed, body=signed.body.replace(b"Body=2", b"Body=1")),
        "url": replace(signed, url=URL + "?delivery=d2"),
        "token": signed,
        "header": replace(signed, headers={}),
    }[change]
    with pytest.raises(ForgedHook):
        SMS.verify(changed)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (status("sent"), Receipt("d1", "SM1", "sent")),
        (status("delivered"), Receipt("d1", "SM1", "delivered")),
        (status("read"), Receipt("d1", "SM1", "read")),
        (status("undelivered", ErrorCode="30003"), Receipt("d1", "SM1", "failed", False, "not_reachable")),
        (status("failed", ErrorCode="30005"), Receipt("d1", "SM1", "failed", True, "unknown_number")),
        (status("failed", ErrorCode="77777"), Receipt("d1", "SM1", "failed", False, "provider_77777")),
        (status("canceled"), Receipt("d1", "SM1", "failed", False, "canceled")),
        (status("queued"), None),
        (status("sending"), None),
    ],
)
def test_receipts(form: dict[str, str], expected: Receipt | None) -> None:
    signed = hook(form, URL + "?delivery=d1")
    SMS.verify(signed)
    assert SMS.parse(signed) == expected


@pytest.mark.parametrize(
    "form", [inbound(AccountSid="AC9"), status("vanished"), inbound(MessageSid=""), inbound(From=""), {}]
)
def test_a_genuine_hook_that_says_nothing_is_named(form: dict[str, str]) -> None:
    with pytest.raises(UnreadableHook):
        SMS.parse(hook(form))


if SPECS.exists():

    def test_our_request_fits_the_published_description() -> None:
        described = Description(SPECS / "twilio" / "twilio_api_v2010.json")
        assert list(described.faults(form_of(), described.form_of(MESSAGES))) == []

    def test_every_published_vector_fits() -> None:
        vectors = json.loads((SPECS / "twilio" / "signature_vectors.json").read_text())["vectors"]
        for vector in vectors:
            values = {name: [value] if isinstance(value, str) else value for name, value in vector["params"].items()}
            pairs = [(name, value) for name, all_of_it in values.items() for value in all_of_it]
            body = vector.get("body", "").encode()
            fits = twilio_signature.fits(vector["auth_token"], vector["url"], pairs, body, vector["signature"])
            assert fits, vector["case"]

    def test_hooks_as_published_are_read() -> None:
        published = json.loads((SPECS / "twilio" / "webhook_parameters.json").read_text())
        for name in ("inbound_sms", "status_callback", "status_callback_failed"):
            assert SMS.parse(hook(published[name] | {"AccountSid": SID}))
