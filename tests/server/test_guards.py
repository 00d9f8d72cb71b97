"""Who asks, and whether a request may speak for them: keys, tokens, cookies, other people's pages, guessers (C17, C30)."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from widget_server.actions.signing import Signer
from widget_server.settings import MasterKey, Settings, ShortHost
from widget_server.web.guards import Doors, Guards, Strikes, check_origin, client_address, csrf_token
from widget_server.web.problems import Problem

EVERYONE = ("key", "token", "app", "desk")
OURS = "https://chat.example"
SIGNER = Signer([(0, b"k" * 32)])
APP = Flask("guards")


def only(*wanted: str) -> Any:
    return lambda *given: given if given == wanted else None


def guards(proxies: int = 0, most: int = 3) -> Guards:
    settings = Settings(
        keys=(MasterKey(0, b"x" * 32),),
        base_url=OURS,
        data_dir=Path("data"),
        short_hosts=(ShortHost("go.example"),),
        trusted_proxies=proxies,
    )
    doors = Doors(key=only("good-key"), token=only("good-token"), jar=only("h1", "jar"), seat=only("seat"))
    return Guards(settings, SIGNER, doors, Strikes(most=most, now=lambda: 0.0))


def ask(door: Guards, *, auth: tuple[str, ...] = EVERYONE, writes: bool = False, **headers: Any) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with APP.test_request_context("/v1/x", headers=named, environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        return door.who(auth, writes)


def refusal(door: Guards, *, auth: tuple[str, ...] = EVERYONE, writes: bool = False, **headers: Any) -> str:
    with pytest.raises(Problem) as caught:
        ask(door, auth=auth, writes=writes, **headers)
    return caught.value.slug


def test_each_credential_opens_its_own_door() -> None:
    assert ask(guards(), Authorization="Bearer good-key") == ("good-key",)
    assert ask(guards(), Authorization="bearer good-token") == ("good-token",)
    assert ask(guards(), Handle="h1", Cookie="__Host-a-h1=jar; __Host-desk=seat") == ("h1", "jar")
    assert ask(guards(), Cookie="__Host-desk=seat") == ("seat",)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer bad"},
        {"Authorization": "Basic good-key"},
        {"Authorization": "Bearer"},
        {"Handle": "h2", "Cookie": "__Host-a-h1=jar"},
        {"Handle": "h1"},
        {"Cookie": "__Host-desk=other"},
        # A handle that is named decides: an agent's cookie must not stand in for a customer's.
        {"Handle": "h2", "Cookie": "__Host-desk=seat"},
        {"Authorization": "Bearer bad", "Cookie": "__Host-desk=seat"},
    ],
)
def test_anything_else_opens_none(headers: dict[str, Any]) -> None:
    assert refusal(guards(), **headers) == "unauthenticated"


def test_a_credential_for_something_else_is_refused() -> None:
    assert refusal(guards(), auth=("key",), Authorization="Bearer good-token") == "refused"


def test_a_cookie_alone_never_writes() -> None:
    cookie: dict[str, Any] = {"Cookie": "__Host-desk=seat", "Origin": OURS}
    assert refusal(guards(), writes=True, **cookie) == "csrf"
    assert refusal(guards(), writes=True, **cookie, X_CSRF=csrf_token(SIGNER, "another")) == "csrf"
    assert refusal(guards(), writes=True, **cookie, X_CSRF="rubbish!") == "csrf"
    assert ask(guards(), writes=True, **cookie, X_CSRF=csrf_token(SIGNER, "seat")) == ("seat",)


def test_another_sites_page_never_writes() -> None:
    token = csrf_token(SIGNER, "seat")
    for origin in ("https://evil.example", "http://chat.example", "https://chat.example.evil.example", "null"):
        assert refusal(guards(), writes=True, Cookie="__Host-desk=seat", Origin=origin, X_CSRF=token) == "cross-site"


def test_a_bearer_needs_no_origin() -> None:
    assert ask(guards(), writes=True, Authorization="Bearer good-key")


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        ({"Origin": OURS}, True),
        ({"Origin": OURS, "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
        ({}, True),
        ({"Origin": "null"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": OURS, "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": OURS, "Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": ""}, False),
    ],
)
def test_where_a_write_may_come_from(sent: dict[str, str], allowed: bool) -> None:
    if allowed:
        check_origin(sent, {OURS})
    else:
        with pytest.raises(Problem):
            check_origin(sent, {OURS})


def test_guessing_is_throttled_and_valid_credentials_never_are() -> None:
    door = guards(most=3)
    seen = [refusal(door, Authorization=f"Bearer guess-{n}") for n in range(5)]
    assert seen == ["unauthenticated"] * 3 + ["throttled"] * 2
    assert ask(door, Authorization="Bearer good-key") == ("good-key",)


def test_showing_nothing_is_no_guess() -> None:
    door = guards(most=1)
    assert {refusal(door) for _ in range(5)} == {"unauthenticated"}


def test_one_address_pays_for_itself_alone() -> None:
    strikes = Strikes(most=1, now=lambda: 0.0)
    assert strikes.strike("a") is None
    assert strikes.strike("a") is not None
    assert strikes.strike("b") is None


def test_strikes_are_forgiven_in_time() -> None:
    now = [0.0]
    strikes = Strikes(most=2, window=60, now=lambda: now[0])
    assert [strikes.strike("a") for _ in range(3)] == [None, None, 61]
    now[0] = 61.0
    assert strikes.strike("a") is None


@pytest.mark.parametrize(
    ("forwarded", "trusted", "expected"),
    [
        ("", 0, "peer"),
        ("6.6.6.6", 0, "peer"),
        ("6.6.6.6, 1.1.1.1", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1, 2.2.2.2", 2, "1.1.1.1"),
        ("", 1, "peer"),
        ("1.1.1.1", 2, "1.1.1.1"),
    ],
)
def test_the_client_address_is_what_trusted_proxies_saw(forwarded: str, trusted: int, expected: str) -> None:
    assert client_address("peer", forwarded, trusted) == expected
