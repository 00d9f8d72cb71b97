"""Calls to a company: signed as Standard Webhooks says, read without trust."""

import json
from typing import Any

import pytest

from tests.support.fakes_channels import SPECS, answered
from widget_server.channels import signed_calls
from widget_server.channels.contract import DeliveryFailed, ForgedHook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers(**changes: str) -> dict[str, str]:
    told = {"webhook-id": KEY, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}
    return told | {name.replace("_", "-"): value for name, value in changes.items()}


def test_the_published_vector() -> None:
    assert signed_calls.sign(SECRET, KEY, AT, BODY) == SIGNATURE
    assert signed_calls.sign(SECRET.removeprefix("whsec_"), KEY, AT, BODY) == SIGNATURE


def test_a_call_verifies_on_the_other_side() -> None:
    call = signed_calls.request(
        url="https://erp.example.com/rebook", secret=SECRET, key="k1", body=BODY, now=AT * 1000 + 7, timeout=5
    )
    got = {name.lower(): value for name, value in call.headers.items()}
    assert signed_calls.verify(SECRET, got, call.body, AT * 1000) == "k1"
    assert got["idempotency-key"] == "k1"
    with pytest.raises(ForgedHook):
        signed_calls.verify(SECRET, got, call.body + b" ", AT * 1000)


def test_one_of_several_signatures_is_enough() -> None:
    several = f"v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,xyz {SIGNATURE}"
    assert signed_calls.verify(SECRET, headers(webhook_signature=several), BODY, AT * 1000) == KEY


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="},
        {"webhook_signature": "v1,dawfeoifkpqwoekfpqoekf"},
        {"webhook_signature": "v1,"},
        {"webhook_signature": ""},
        {"webhook_timestamp": "hello"},
        {"webhook_timestamp": str(AT - 1)},
        {"webhook_id": ""},
    ],
)
def test_what_must_fail_fails(wrong: dict[str, str]) -> None:
    with pytest.raises(ForgedHook):
        signed_calls.verify(SECRET, headers(**wrong), BODY, AT * 1000)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_early_signature_fails(seconds: int) -> None:
    with pytest.raises(ForgedHook):
        signed_calls.verify(SECRET, headers(), BODY, (AT + seconds) * 1000)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_ä"])
def test_an_empty_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ForgedHook):
        signed_calls.sign(secret, KEY, AT, BODY)


@pytest.mark.parametrize(("body", "value"), [('{"reference": "K7QX2M"}', {"reference": "K7QX2M"}), ("", None)])
def test_an_answer_is_json(body: str, value: Any) -> None:
    assert signed_calls.read_answer(answered(200, body)) == value


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (302, True), (404, True), (429, False), (503, False), (408, False)]
)
def test_a_refusal_is_final_and_an_outage_is_not(status: int, permanent: bool) -> None:
    with pytest.raises(DeliveryFailed) as refused:
        signed_calls.read_answer(answered(status, "{}", Retry_After="3"))
    assert refused.value.permanent is permanent
    assert refused.value.retry_in == 3


def test_an_answer_that_is_no_json_is_refused() -> None:
    with pytest.raises(DeliveryFailed, match="company_answer"):
        signed_calls.read_answer(answered(200, "<html>"))


if SPECS.exists():

    def test_the_vectors_as_published() -> None:
        published = json.loads((SPECS / "standard-webhooks" / "vectors.json").read_text())
        case = published["sign"]
        signature = signed_calls.sign(
            case["secret"], case["webhook-id"], int(case["webhook-timestamp"]), case["payload"].encode()
        )
        assert signature == case["webhook-signature"]
        for secret in published["must_pass"]["unpadded_secrets_accepted_by_python_library"]:
            assert signed_calls.sign(secret, KEY, AT, BODY).startswith("v1,")
