"""Sessions and events over REST: who may do what, the same shapes for all, retries that change nothing."""

import json
import threading
from pathlib import Path

import pytest

from tests.support.api import Api, Party, code_of
from tests.support.worlds import CONTEXT, PHONE
from widget_server.assets import Assets
from widget_server.web.api.table import OPERATIONS
from widget_server.words import Words


@pytest.fixture
def api(tmp_path: Path, assets: Assets, words: Words) -> Api:
    return Api(tmp_path, assets, words)


def events(party: Party, session: str, query: str = "") -> list[dict[str, object]]:
    found = party.get(f"/v1/sessions/{session}/events{query}")
    assert found.status_code == 200, found.text
    listed: list[dict[str, object]] = found.get_json()["events"]
    return listed


def message(text: str, key: str = "k1") -> dict[str, object]:
    return {"key": key, "kind": "message", "body": {"text": text}}


def test_a_session_opens_and_knows_what_it_was_told(api: Api) -> None:
    made = api.session(context={"order": "A-1042"})
    assert (made["status"], made["owner"], made["epoch"]) == ("open", "none", 0)
    assert made["seq"] == 2
    assert api.key.get(f"/v1/sessions/{made['id']}").get_json()["seq"] == 2
    found = api.key.get(f"/v1/sessions/{made['id']}/context").get_json()
    assert found["context"] == {"order": "A-1042"}
    assert found["pack"]["session"] == made["id"]


def test_a_flow_starts_with_it_and_owns_it(api: Api) -> None:
    made = api.session(flow="flight-delay", context=CONTEXT)
    assert made["owner"].startswith("flow:")
    assert "run.started" in [one["kind"] for one in events(api.key, made["id"])]


def test_secrets_are_shown_to_nobody(api: Api) -> None:
    made = api.session(flow="flight-delay", context=CONTEXT)
    for party in (api.key, api.agent()):
        for path in ("", "/events", "/context"):
            assert "Lindqvist" not in party.get(f"/v1/sessions/{made['id']}{path}").text


def test_context_is_patched_by_name(api: Api) -> None:
    made = api.session(context={"flight": {"gate": "A1", "number": "MA 1"}})
    patched = api.key.patch(f"/v1/sessions/{made['id']}/context", {"flight.gate": "B7"})
    assert patched.get_json()["context"] == {"flight": {"gate": "B7", "number": "MA 1"}}


def test_an_event_sent_again_is_the_same_event(api: Api) -> None:
    path = f"/v1/sessions/{api.session()['id']}/events"
    first, again = api.key.post(path, message("hello")), api.key.post(path, message("hello"))
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert code_of(api.key.post(path, message("other words"))) == (409, "key-reused")


def test_the_shape_of_an_event_is_the_contracts(api: Api) -> None:
    written = api.key.post(f"/v1/sessions/{api.session()['id']}/events", message("hello")).get_json()
    assert set(written) == {
        "id",
        "seq",
        "key",
        "kind",
        "v",
        "run",
        "epoch",
        "actor",
        "channel",
        "body",
        "at",
    }
    assert set(written["actor"]) == {"kind", "id", "name"}
    assert written["at"].endswith("Z")


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("owner", {"owner": "agent:x", "previous": "none"}, (403, "refused")),
        ("seen", {"seq": 1}, (403, "refused")),
        ("nonsense", {}, (422, "invalid")),
        ("message", {"words": "x"}, (422, "invalid")),
        ("message", {"text": "x", "colour": 1}, (422, "invalid")),
        ("message", {"text": ""}, (422, "invalid")),
        ("custom.thing", {"big": "x" * 70_000}, (413, "too-large")),
    ],
)
def test_what_a_key_may_not_write(api: Api, kind: str, body: dict[str, object], expected: tuple[int, str]) -> None:
    session = api.session()["id"]
    before = len(events(api.key, session))
    answer = api.key.post(f"/v1/sessions/{session}/events", {"key": "k", "kind": kind, "body": body})
    assert code_of(answer) == expected
    assert len(events(api.key, session)) == before


def test_a_stale_epoch_is_refused_with_who_owns_it_now(api: Api) -> None:
    session = api.session()["id"]
    api.key.post(f"/v1/sessions/{session}/events", message("help"))
    answer = api.key.post(
        f"/v1/sessions/{session}/events", {"key": "n", "kind": "note", "body": {"text": "x"}, "epoch": 0}
    )
    assert code_of(answer) == (409, "stale-epoch")
    assert (answer.get_json()["owner"], answer.get_json()["epoch"]) == ("queue:care", 1)


def test_pages_go_on_where_the_last_one_ended(api: Api) -> None:
    session = api.session()["id"]
    for n in range(5):
        api.key.post(f"/v1/sessions/{session}/events", {"key": f"n{n}", "kind": "note", "body": {"text": str(n)}})
    seen: list[object] = []
    after = 0
    while True:
        page = api.key.get(f"/v1/sessions/{session}/events?after={after}&limit=2").get_json()
        if not page["events"]:
            break
        seen += [one["seq"] for one in page["events"]]
        after = page["seq"]
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) == 6


def test_a_long_poll_answers_when_something_comes(api: Api) -> None:
    session = api.session()["id"]
    after = api.key.get(f"/v1/sessions/{session}").get_json()["seq"]
    waiting = threading.Event()
    join = api.hub.join

    def joined(waiter: object, sessions: object = ()) -> None:
        join(waiter, sessions)  # type: ignore[arg-type]
        waiting.set()

    api.hub.join = joined  # type: ignore[method-assign]
    answers: list[list[dict[str, object]]] = []
    reader = threading.Thread(target=lambda: answers.append(events(api.key, session, f"?after={after}&wait=30")))
    reader.start()
    assert waiting.wait(30)
    api.key.post(f"/v1/sessions/{session}/events", {"key": "n", "kind": "note", "body": {"text": "at last"}})
    reader.join(30)
    assert [one["key"] for one in answers[0]] == ["n"]
    assert len(api.hub) == 0


def test_a_stopping_server_lets_polls_go(api: Api) -> None:
    session = api.session()["id"]
    api.base.live.stop()
    page = api.key.get(f"/v1/sessions/{session}/events?after=1&wait=30").get_json()
    assert page == {"events": [], "seq": 1}


def test_the_event_stream_says_the_same_events(api: Api) -> None:
    session = api.session(context={"a": 1})["id"]
    answer = api.key.get(f"/v1/sessions/{session}/events", headers={"Accept": "text/event-stream"})
    assert answer.mimetype == "text/event-stream"
    text = ""
    for part in answer.response:
        text += part.decode() if isinstance(part, bytes) else part
        if text.count("event: event") == 2:
            break
    answer.close()
    blocks = [block for block in text.split("\n\n") if "event: event" in block]
    assert [block.split("\n")[0] for block in blocks] == ["id: 1", "id: 2"]
    streamed = [json.loads(block.split("data: ")[1]) for block in blocks]
    assert streamed == events(api.key, session)
    assert len(api.hub) == 0


def test_the_event_stream_goes_on_after_the_last_id(api: Api) -> None:
    session = api.session(context={"a": 1})["id"]
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "1"}
    answer = api.key.get(f"/v1/sessions/{session}/events", headers=headers)
    text = (part.decode() if isinstance(part, bytes) else str(part) for part in answer.response)
    found = next(part for part in text if "id:" in part)
    answer.close()
    assert found.startswith("id: 2\n")


# --- who may see and do what


def test_nobody_gets_nothing(api: Api) -> None:
    session = api.session()["id"]
    for operation in OPERATIONS:
        path = operation.path.replace("{session}", session)
        for name in operation.path_names:
            path = path.replace("{" + name + "}", "x")
        answer = api.nobody.client.open(path, method=operation.method)
        assert code_of(answer) == (401, "unauthenticated"), operation.name


def test_a_visitor_sees_their_own_and_no_more(api: Api) -> None:
    visitor, other = api.visitor(), api.visitor()
    session = visitor.post("/v1/sessions", {"identity": {}, "context": {}}).get_json()["id"]
    path = f"/v1/sessions/{session}/events"
    assert visitor.post(path, message("hello")).status_code == 201
    api.key.post(path, {"key": "n", "kind": "note", "body": {"text": "suspicious"}})
    shown = [one["kind"] for one in events(visitor, session)]
    assert "message" in shown
    assert "note" not in shown
    assert code_of(other.get(path)) == (404, "not-found")
    assert code_of(other.post(path, message("hello"))) == (404, "not-found")
    assert code_of(visitor.post(path, {"key": "n2", "kind": "note", "body": {"text": "x"}})) == (403, "refused")
    assert code_of(visitor.get(f"/v1/sessions/{session}/context")) == (403, "refused")


def test_a_visitors_session_says_who_owns_it_by_kind_only(api: Api) -> None:
    visitor = api.visitor()
    session = visitor.post("/v1/sessions", {"identity": {}}).get_json()["id"]
    visitor.post(f"/v1/sessions/{session}/events", message("hello"))
    found = visitor.get(f"/v1/sessions/{session}").get_json()
    assert found["owner"] == "queue"
    assert "customer" not in found


def test_a_token_does_not_choose_whose_session_it_opens(api: Api) -> None:
    answer = api.visitor().post("/v1/sessions", {"identity": {"phone": PHONE}})
    assert code_of(answer) == (422, "invalid")


def test_me_is_whom_the_token_stands_for(api: Api) -> None:
    visitor = api.visitor()
    session = visitor.post("/v1/sessions", {"identity": {}}).get_json()["id"]
    me = visitor.get("/v1/me").get_json()
    assert me["tier"] == 1
    assert [one["id"] for one in me["sessions"]] == [session]
    assert code_of(api.key.get("/v1/me")) == (403, "refused")


def test_an_apps_window_reads_and_writes_its_session(api: Api) -> None:
    notice = api.house.notify()
    jar = api.jar(notice["link"]["code"])
    path = f"/v1/sessions/{notice['session']}/events"
    assert jar.post(path, message("a person, please")).status_code == 201
    assert events(jar, notice["session"])
    foreign = Party(jar.client, {**jar.headers, "Origin": "https://evil.example"}, jar.cookies)
    assert code_of(foreign.post(path, message("x", "k2"))) == (403, "cross-site")
    bare = Party(jar.client, {"Handle": jar.headers["Handle"]}, jar.cookies)
    assert code_of(bare.post(path, message("x", "k3"))) == (403, "csrf")


def test_an_agent_writes_when_the_session_is_theirs(api: Api) -> None:
    session = api.session()["id"]
    path = f"/v1/sessions/{session}/events"
    agent = api.agent()
    assert agent.post(path, {"key": "n", "kind": "note", "body": {"text": "look"}}).status_code == 201
    refused = agent.post(path, message("hello"))
    assert code_of(refused) == (409, "not-owner")
    assert refused.get_json()["owner"] == "none"


def test_another_sites_key_finds_nothing(api: Api, tmp_path: Path, assets: Assets, words: Words) -> None:
    from widget_server.actions import setup  # noqa: PLC0415

    other = setup.add_site(api.world, "Elsewhere", [])
    setup.add_key(api.world, other.id, "k", "sk_other")
    stranger = api.party({"Authorization": "Bearer sk_other"})
    session = api.session()
    for path in (
        f"/v1/sessions/{session['id']}",
        f"/v1/sessions/{session['id']}/events",
        f"/v1/sessions/{session['id']}/context",
        f"/v1/customers/{session['customer']}/export",
    ):
        assert code_of(stranger.get(path)) == (404, "not-found"), path
    assert stranger.get("/v1/export/events").data == b""


def test_ids_that_name_nothing_are_not_found(api: Api) -> None:
    for path in ("/v1/sessions/x", "/v1/sessions/%F0%9F%92%A9", "/v1/links/zz", "/v1/notifications/x", "/files/x"):
        assert code_of(api.key.get(path)) == (404, "not-found"), path
