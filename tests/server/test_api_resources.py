"""Links, notifications, callbacks, files, people and the stream over REST."""

import io
import json
from pathlib import Path

import pytest

from tests.support import photos
from tests.support.api import Api, Party, code_of
from tests.support.worlds import CONTEXT, PHONE
from widget_server.actions import setup
from widget_server.actions.uploads import MAX_FILE
from widget_server.assets import Assets
from widget_server.words import Words

PNG = photos.png()


@pytest.fixture
def api(tmp_path: Path, assets: Assets, words: Words) -> Api:
    return Api(tmp_path, assets, words)


def mistakes(answer: object) -> set[str]:
    assert code_of(answer) == (422, "invalid"), answer.text  # type: ignore[arg-type,attr-defined]
    return {one["where"] for one in answer.get_json()["errors"]}  # type: ignore[attr-defined]


# --- links


def test_a_link_is_made_shown_and_revoked(api: Api) -> None:
    made = api.key.post("/v1/links", {"app": "flight-delay", "identity": {"phone": PHONE}, "context": CONTEXT})
    assert made.status_code == 201
    link = made.get_json()
    assert link["url"].endswith(link["code"])
    assert link["qr"].startswith("<?xml")
    assert link["url"] in link["sms"]["text"]
    shown = api.key.get(f"/v1/links/{link['id']}").get_json()
    assert (shown["state"], shown["app"], shown["fetches"]) == ("open", "flight-delay", 0)
    assert link["code"] not in json.dumps(shown)
    assert api.key.delete(f"/v1/links/{link['id']}").status_code == 204
    assert api.key.get(f"/v1/links/{link['id']}").get_json()["state"] == "revoked"


def test_spoofed_host_headers_do_not_change_a_link(api: Api) -> None:
    body = {"app": "flight-delay", "identity": {"phone": PHONE}, "context": CONTEXT}
    made = api.key.post("/v1/links", body, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert made.get_json()["url"].startswith(api.world.settings.base_url + "/l/")


def test_a_link_names_its_mistakes_in_the_context(api: Api) -> None:
    wrong = {**CONTEXT, "flight": {**CONTEXT["flight"], "departs": "2027-01-15T18:40:00", "gate": "B7"}}
    answer = api.key.post("/v1/links", {"app": "flight-delay", "context": wrong})
    assert {"context.flight.departs", "context.flight.gate"} <= mistakes(answer)


@pytest.mark.parametrize("seconds", [0, -5, 10**9])
def test_a_link_lives_within_limits(api: Api, seconds: int) -> None:
    answer = api.key.post("/v1/links", {"app": "flight-delay", "context": CONTEXT, "expires_in": seconds})
    assert mistakes(answer) == {"expires_in"}


def test_an_arbitrary_app_or_address_is_refused(api: Api) -> None:
    assert code_of(api.key.post("/v1/links", {"app": "https://evil.example", "context": {}})) == (404, "not-found")
    assert "body.url" in mistakes(api.key.post("/v1/links", {"app": "flight-delay", "url": "https://evil.example"}))


# --- notifications


def test_a_notification_texts_a_link_and_begins_the_run(api: Api) -> None:
    made = api.key.post("/v1/notifications", {"to": {"phone": PHONE}, "app": "flight-delay", "context": CONTEXT})
    assert made.status_code == 202
    notice = made.get_json()
    assert notice["link"]["url"] in notice["sms"]["text"]
    assert notice["sms"]["segments"] == 1
    api.house.pay()
    shown = api.key.get(f"/v1/notifications/{notice['id']}").get_json()
    assert (shown["status"], shown["session"], shown["app"]) == ("sent", notice["session"], "flight-delay")


def test_a_notification_of_plain_words(api: Api) -> None:
    notice = api.key.post("/v1/notifications", {"to": {"phone": PHONE}, "text": "Gate B7"}).get_json()
    assert (notice["link"], notice["sms"]["text"]) == (None, "Gate B7")


def test_what_cannot_be_notified(api: Api) -> None:
    ask = api.key.post
    assert mistakes(ask("/v1/notifications", {"to": {"phone": PHONE}})) == {"app"}
    assert mistakes(ask("/v1/notifications", {"to": {"phone": "12"}, "text": "x"})) == {"body.to.phone"}
    assert mistakes(ask("/v1/notifications", {"to": {"phone": "nonsense"}, "text": "x"})) == {"phone"}
    assert mistakes(ask("/v1/notifications", {"to": {}, "text": "x"})) == {"identity"}
    naive = {"to": {"phone": PHONE}, "text": "x", "not_before": "2027-01-15T18:40:00"}
    assert mistakes(ask("/v1/notifications", naive)) == {"body.not_before"}


# --- callbacks


def test_a_callback_is_promised_and_kept(api: Api) -> None:
    session = api.session()["id"]
    body = {"session": session, "due": "2027-01-15T12:00:00+01:00", "topic": "my seat"}
    made = api.key.post("/v1/callbacks", body).get_json()
    assert (made["state"], made["due"], made["phone"]) == ("requested", "2027-01-15T11:00:00.000Z", "+12025550177")
    assert [one["id"] for one in api.key.get("/v1/callbacks?state=requested").get_json()["callbacks"]] == [made["id"]]
    done = api.agent().post(f"/v1/callbacks/{made['id']}/done", {"outcome": "reached"})
    assert done.get_json()["state"] == "done"
    assert code_of(api.key.post(f"/v1/callbacks/{made['id']}/done", {"outcome": "reached"})) == (409, "conflict")


def test_a_visitor_asks_once_however_often_the_button_is_pressed(api: Api) -> None:
    visitor = api.visitor()
    session = visitor.post("/v1/sessions", {"identity": {}}).get_json()["id"]
    body = {"session": session, "due": "2027-01-15T12:00:00Z", "phone": PHONE}
    answers = [visitor.post("/v1/callbacks", body, headers={"Idempotency-Key": "press"}) for _ in range(3)]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert len(visitor.get(f"/v1/callbacks?session={session}").get_json()["callbacks"]) == 1
    assert "•" in answers[0].get_json()["phone"]


@pytest.mark.parametrize(
    "due", ["tomorrow", "2027-01-15T12:00:00", "1999-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "", "9" * 40]
)
def test_a_time_that_is_none(api: Api, due: str) -> None:
    answer = api.key.post("/v1/callbacks", {"session": api.session()["id"], "due": due})
    assert code_of(answer) == (422, "invalid")


# --- files


def upload(party: Party, session: str, data: bytes, name: str = "a.png", **more: str) -> object:
    return party.upload("/v1/files", {"session": session, "file": (io.BytesIO(data), name), **more})


def test_a_file_is_kept_sealed_and_handed_out_harmless(api: Api, tmp_path: Path) -> None:
    session = api.session()["id"]
    sent = upload(api.key, session, PNG, "../../née.png")
    assert sent.status_code == 201  # type: ignore[attr-defined]
    file = sent.get_json()  # type: ignore[attr-defined]
    got = api.key.get(f"/files/{file['file']}")
    assert (file["type"], file["size"], "/" in file["name"]) == ("image/png", len(got.data), False)
    assert (photos.seen(got.data), got.mimetype) == (photos.seen(PNG), "image/png")
    assert got.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''n%C3%A9e.png")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert got.data not in kept[0].read_bytes()
    assert code_of(api.visitor().get(f"/files/{file['file']}")) == (404, "not-found")
    assert code_of(api.nobody.get(f"/files/{file['file']}")) == (401, "unauthenticated")


@pytest.mark.parametrize("data", [b"<svg onload=alert(1)>", b"MZ\x90\x00", b"GIF89a/*<script>", b"", b"<html>"])
def test_types_that_are_not_taken(api: Api, data: bytes) -> None:
    assert code_of(upload(api.key, api.session()["id"], data)) == (422, "invalid")  # type: ignore[arg-type]


def test_a_file_is_bounded(api: Api) -> None:
    session = api.session()["id"]
    assert code_of(upload(api.key, session, b"x" * (MAX_FILE + 100_000))) == (413, "too-large")  # type: ignore[arg-type]
    assert code_of(upload(api.key, session, b"x" * MAX_FILE)) == (201, "")  # type: ignore[arg-type]


def test_a_form_has_exactly_its_parts(api: Api) -> None:
    session = api.session()["id"]
    assert mistakes(upload(api.key, session, PNG, colour="red")) == {"body.colour"}
    assert mistakes(api.key.upload("/v1/files", {"session": session})) == {"body.file"}
    assert mistakes(api.key.upload("/v1/files", {"session": session, "file": "text"})) == {"body.file"}
    assert code_of(api.key.post("/v1/files", {"session": session})) == (415, "unsupported-type")


# --- people and the stream


def test_a_person_is_exported_and_then_erased(api: Api) -> None:
    session = api.session(context={"order": "A-1042"})
    api.key.post(f"/v1/sessions/{session['id']}/events", {"key": "k", "kind": "message", "body": {"text": "it is me"}})
    file = upload(api.key, session["id"], PNG).get_json()  # type: ignore[attr-defined]
    path = f"/v1/customers/{session['customer']}"
    told = api.key.get(f"{path}/export")
    assert {"it is me", "A-1042"} <= {word for word in ("it is me", "A-1042") if word in told.text}
    assert told.get_json()["identities"][0]["value"] == "+12025550177"
    assert api.key.delete(path).status_code == 204
    assert api.key.delete(path).status_code == 204
    page = api.key.get(f"/v1/sessions/{session['id']}/events")
    assert page.status_code == 200
    everything = page.text + api.key.get(f"{path}/export").text + api.key.get("/v1/export/events").text
    assert "it is me" not in everything
    assert "+12025550177" not in everything
    assert code_of(api.key.get(f"/files/{file['file']}")) == (404, "not-found")


def test_the_stream_goes_on_after_its_cursor(api: Api) -> None:
    api.session()
    lines = [json.loads(line) for line in api.key.get("/v1/export/events").text.splitlines()]
    assert [one["kind"] for one in lines if "kind" in one] == ["session.opened"]
    cursor = lines[-1]["cursor"]
    assert api.key.get(f"/v1/export/events?after={cursor}").data == b""
    api.session(context={"a": 1})
    more = [json.loads(line) for line in api.key.get(f"/v1/export/events?after={cursor}").text.splitlines()]
    assert [one["kind"] for one in more if "kind" in one] == ["context"] or len(more) > 1
    assert mistakes(api.key.get("/v1/export/events?after=nonsense")) == {"query.after"}


def test_a_revoked_key_opens_nothing_from_then_on(api: Api) -> None:
    key = api.key
    assert key.get("/v1/callbacks").status_code == 200
    setup.revoke_key(api.world, api.house.key.id)
    assert code_of(key.get("/v1/callbacks")) == (401, "unauthenticated")
