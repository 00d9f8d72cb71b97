"""The desk over HTTP: its door, its page, and what only that page may ask."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.api import Api, Party, code_of
from widget_server.actions import callbacks, desk, sessions
from widget_server.assets import Assets
from widget_server.web import desk as desk_web
from widget_server.web.guards import csrf_token
from widget_server.words import Words

PASSWORD = "correct horse battery"


@pytest.fixture
def api(tmp_path: Path, assets: Assets, words: Words) -> Api:
    made = Api(tmp_path, assets, words)
    made.app.register_blueprint(desk_web.blueprint(made.world, made.base.guards, assets))
    return made


@pytest.fixture
def ada(api: Api) -> Party:
    return api.agent("ada")


@pytest.fixture
def waiting(api: Api) -> str:
    """A session handed over to the team `upgrades`."""
    session: str = api.house.notify()["session"]
    api.house.pay()
    for words in ("2", "1", "2"):
        api.house.text(words)
    return session


def row(api: Api, session: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.session(api.world, api.house.ada, session)["session"]
    return found


def act(api: Api, who: Party, session: str, verb: str, **body: Any) -> TestResponse:
    given = {"key": f"{verb}-1", "epoch": row(api, session)["epoch"]} | body
    return who.post(f"/desk/api/sessions/{session}/{verb}", given)


def log_in(api: Api, **fields: str) -> TestResponse:
    form = re.search(r'name="csrf" value="([^"]+)"', api.nobody.get("/desk/login").text)
    assert form
    given = {"csrf": form[1], "email": "ada@meridian.example", "password": PASSWORD, **fields}
    return api.party({"Origin": api.world.settings.base_url}).post("/desk/login", data=given)


# The door


def test_without_a_login_one_ends_at_the_door(api: Api) -> None:
    answer = api.nobody.get("/desk")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/login")
    page = api.nobody.get("/desk/login")
    assert page.status_code == 200
    assert "Log in to the desk" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_logging_in_gives_a_cookie_no_script_can_read(api: Api) -> None:
    answer = log_in(api)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-desk=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "fields", [{"password": "wrong"}, {"email": "nobody@meridian.example"}, {"email": "", "password": ""}]
)
def test_a_wrong_login_says_nothing_of_what_was_wrong(api: Api, fields: dict[str, str]) -> None:
    answer = log_in(api, **fields)
    assert answer.status_code == 422
    assert "E-mail or password is wrong." in answer.text
    assert "Set-Cookie" not in answer.headers


def test_what_was_typed_comes_back_as_text(api: Api) -> None:
    answer = log_in(api, email='"><script>alert(1)</script>', password="x")
    assert "<script>alert" not in answer.text
    assert '"><script>alert(1)</script>' in unescape(answer.text)


def test_too_many_tries_wait(api: Api) -> None:
    for _ in range(desk.LOGINS):
        log_in(api, password="wrong")
    answer = log_in(api)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many tries" in answer.text


def test_a_form_of_no_page_of_ours_is_not_taken(api: Api) -> None:
    assert log_in(api, csrf="forged").status_code == 422
    given = {"email": "ada@meridian.example", "password": PASSWORD}
    assert api.party({"Origin": "https://evil.example"}).post("/desk/login", data=given).status_code == 403


def test_whoever_has_a_seat_goes_through_the_door(ada: Party) -> None:
    assert ada.get("/desk/login").headers["Location"] == "/desk"


def test_logging_out_ends_the_seat_for_every_copy_of_the_cookie(api: Api, ada: Party) -> None:
    token = csrf_token(api.world.signer, ada.cookies["__Host-desk"])
    assert ada.post("/desk/logout", data={"csrf": "forged"}).status_code == 403
    answer = ada.post("/desk/logout", data={"csrf": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/login")
    assert ada.get("/desk").headers["Location"] == "/desk/login"
    assert code_of(ada.get("/desk/api/inbox")) == (401, "unauthenticated")


# The page


def test_the_page_names_the_agent_and_carries_its_words(ada: Party) -> None:
    page = ada.get("/desk")
    assert page.status_code == 200
    boot = json.loads(re.search(r'id="boot">(.*?)</script>', page.text)[1])  # type: ignore[index]
    assert boot["me"]["name"] == "Ada"
    words = json.loads(re.search(r'id="words">(.*?)</script>', page.text)[1])  # type: ignore[index]
    assert words["desk.queue.waiting"] == "Waiting"
    assert not [key for key in words if not key.startswith("desk.")]


@pytest.mark.parametrize(
    ("wanted", "lang", "way"), [("de-AT,en", "de", "ltr"), ("ar", "ar", "rtl"), ("xx", "en", "ltr")]
)
def test_the_page_speaks_the_agents_language(ada: Party, wanted: str, lang: str, way: str) -> None:
    page = ada.get("/desk", headers={"Accept-Language": wanted})
    assert f'<html lang="{lang}" dir="{way}">' in page.text


def test_the_page_runs_nothing_but_files_of_ours(ada: Party) -> None:
    page = ada.get("/desk")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    scripts = re.findall(r"<script(?![^>]*application/json)([^>]*)>", page.text)
    assert all(" src=" in script for script in scripts)
    assert not re.search(r"\son\w+=|style=", page.text)


# What the page asks


def test_only_a_seat_may_ask(api: Api) -> None:
    assert code_of(api.nobody.get("/desk/api/inbox")) == (401, "unauthenticated")
    assert code_of(api.key.get("/desk/api/inbox")) == (403, "refused")
    assert code_of(api.visitor().get("/desk/api/inbox")) == (403, "refused")


@pytest.mark.parametrize("headers", [{"X-CSRF": ""}, {"X-CSRF": "forged"}, {"Origin": "https://evil.example"}])
def test_a_write_needs_our_origin_and_the_pages_token(
    api: Api, ada: Party, waiting: str, headers: dict[str, str]
) -> None:
    before = row(api, waiting)
    answer = ada.post(f"/desk/api/sessions/{waiting}/accept", {"key": "k", "epoch": before["epoch"]}, headers=headers)
    assert answer.status_code == 403
    assert row(api, waiting)["owner"] == before["owner"]


def test_a_waiting_session_shows_why_by_what_and_how_surely(ada: Party, waiting: str) -> None:
    inbox = ada.get("/desk/api/inbox?view=waiting").get_json()
    (one,) = inbox["sessions"]
    assert (one["id"], one["channel"], one["why"]) == (waiting, "sms", "Business class on MA 210")
    assert (one["tier"], one["by"]) == (1, "sender")
    assert one["customer"]["address"] == "+12025550142"
    assert inbox["counts"]["waiting"] == 1


def test_a_phone_nobody_wrote_from_says_nothing_of_its_reader(api: Api, ada: Party) -> None:
    session = api.house.notify()["session"]
    (one,) = [one for one in ada.get("/desk/api/inbox?view=open").get_json()["sessions"] if one["id"] == session]
    assert (one["tier"], one["by"]) == (0, "none")


def test_an_agent_of_another_team_does_not_see_it_waiting(api: Api, waiting: str) -> None:
    ben = api.agent("ben")
    assert ben.get("/desk/api/inbox").get_json()["sessions"] == []
    assert [one["id"] for one in ben.get("/desk/api/inbox?view=open").get_json()["sessions"]] == [waiting]


def test_accepting_twice_is_accepting_once(api: Api, ada: Party, waiting: str) -> None:
    epoch = row(api, waiting)["epoch"]
    first = ada.post(f"/desk/api/sessions/{waiting}/accept", {"key": "a", "epoch": epoch})
    again = ada.post(f"/desk/api/sessions/{waiting}/accept", {"key": "a", "epoch": epoch})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json()["session"]["owner"] == f"agent:{api.house.ada.id}"
    assert [one["id"] for one in ada.get("/desk/api/inbox?view=mine").get_json()["sessions"]] == [waiting]
    assert first.get_json()["session"]["epoch"] == again.get_json()["session"]["epoch"]


def test_who_is_slower_is_told_who_was_faster(api: Api, ada: Party, waiting: str) -> None:
    epoch = row(api, waiting)["epoch"]
    assert act(api, api.agent("ben"), waiting, "accept").status_code == 200
    answer = ada.post(f"/desk/api/sessions/{waiting}/accept", {"key": "late", "epoch": epoch})
    assert code_of(answer) == (409, "stale-epoch")
    assert answer.get_json()["owner"] == f"agent:{api.house.ben.id}"


def test_a_session_comes_with_its_pack(ada: Party, waiting: str) -> None:
    found = ada.get(f"/desk/api/sessions/{waiting}").get_json()
    assert found["pack"]["goal"]["title"] == "Flight MA 204 is late"
    assert found["pack"]["next"]["code"] == "accept"
    assert found["can_return"]
    assert "Lindqvist" not in json.dumps(found)
    given = {one["name"]: one["text"] for one in found["pack"]["given"]}
    assert (given["flight.number"], given["phone"]) == ("MA 204", "+12025550142")


def test_transfer_return_and_close(api: Api, ada: Party, waiting: str) -> None:
    act(api, ada, waiting, "accept")
    given = act(api, ada, waiting, "transfer", to="queue:care", why="Knows the fares")
    assert (given.get_json()["session"]["team"], given.get_json()["session"]["why"]) == ("care", "Knows the fares")
    act(api, api.agent("ben"), waiting, "accept", key="ben")
    back = act(api, api.agent("ben"), waiting, "return")
    assert back.get_json()["session"]["owner"].startswith("flow:")
    act(api, ada, waiting, "accept", key="again")
    closed = act(api, ada, waiting, "close", disposition="resolved")
    assert closed.get_json()["session"]["status"] == "closed"
    assert code_of(act(api, ada, waiting, "accept", key="late")) == (409, "session-closed")


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("transfer", {"to": "queue:"}),
        ("transfer", {"to": "agent:nobody"}),
        ("close", {"disposition": "magic"}),
        ("accept", {"more": 1}),
    ],
)
def test_what_makes_no_sense_is_named(api: Api, ada: Party, waiting: str, verb: str, body: dict[str, Any]) -> None:
    assert code_of(act(api, ada, waiting, verb, **body)) == (422, "invalid")


def test_opening_and_leaving_is_noted(api: Api, ada: Party, waiting: str) -> None:
    for state in ("opened", "left"):
        answer = ada.post(f"/desk/api/sessions/{waiting}/focus", {"key": f"focus-{state}", "state": state})
        assert (answer.status_code, answer.data) == (204, b"")
    assert api.house.kinds(waiting).count("focus") == 2


def test_replies_and_notes_go_where_everybodys_go(api: Api, ada: Party, waiting: str) -> None:
    epoch = act(api, ada, waiting, "accept").get_json()["session"]["epoch"]
    path = f"/v1/sessions/{waiting}/events"
    said = {"key": "m1", "kind": "message", "body": {"text": "Hello"}, "epoch": epoch}
    assert ada.post(path, said).status_code == 201
    assert ada.post(path, {"key": "n1", "kind": "note", "body": {"text": "Nice person"}}).status_code == 201
    assert code_of(ada.post(path, {**said, "key": "m2", "epoch": epoch - 1})) == (409, "stale-epoch")
    assert ada.get(path).get_json()["events"][-1]["kind"] == "note"


def test_reading_takes_the_mark_away(api: Api, ada: Party, waiting: str) -> None:
    act(api, ada, waiting, "accept")
    api.house.text("Are you there?")
    one = row(api, waiting)
    assert one["unseen"]
    ada.post(f"/v1/sessions/{waiting}/events", {"key": "s", "kind": "seen", "body": {"seq": one["seq"]}})
    assert not row(api, waiting)["unseen"]


def test_a_promised_call_is_kept_once(api: Api, ada: Party, waiting: str) -> None:
    due = api.world.clock() + 600_000
    made = callbacks.request(api.world, api.house.key, waiting, due, None, "Seat", "cb")
    (owed,) = ada.get("/desk/api/callbacks").get_json()["callbacks"]
    assert (owed["id"], owed["phone"], owed["topic"]) == (made["id"], "+12025550142", "Seat")
    assert ada.get("/desk/api/inbox").get_json()["callbacks"] == [owed]
    done = ada.post(f"/desk/api/callbacks/{made['id']}/done", {"key": "d", "outcome": "reached"})
    assert done.get_json()["state"] == "done"
    assert ada.get("/desk/api/callbacks").get_json()["callbacks"] == []
    assert code_of(ada.post(f"/desk/api/callbacks/{made['id']}/done", {"key": "e", "outcome": "reached"})) == (
        409,
        "conflict",
    )
    assert code_of(ada.post(f"/desk/api/callbacks/{made['id']}/done", {"key": "f", "outcome": "magic"})) == (
        422,
        "invalid",
    )


def test_a_lost_text_is_sent_again_once(api: Api, ada: Party, waiting: str) -> None:
    epoch = act(api, ada, waiting, "accept").get_json()["session"]["epoch"]
    sessions.write(api.world, api.house.ada, waiting, "m", "message", {"text": "Hello"}, epoch=epoch)
    lost = api.house.pay("unknown")[-1]
    first = ada.post(f"/desk/api/deliveries/{lost.id}/resend", {"key": "r"})
    assert first.status_code == 200
    assert first.get_json()["delivery"] != lost.id
    assert ada.post(f"/desk/api/deliveries/{lost.id}/resend", {"key": "r2"}).status_code == 403
    assert ada.post("/desk/api/deliveries/none/resend", {"key": "r3"}).status_code == 404


def test_every_outcome_and_disposition_has_words(words: Words) -> None:
    for language in words.languages:
        for one in desk.DISPOSITIONS:
            assert words.text(f"desk.disposition.{one}", language)
        for one in callbacks.OUTCOMES:
            assert words.text(f"desk.outcome.{one}", language)
