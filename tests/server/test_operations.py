"""The table of operations: input is refused by name and place, and what is described is what is served."""

import gzip
import json
from collections.abc import Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError
from werkzeug.test import TestResponse

from tests.support.web_parts import bare_app, with_operations
from widget_server.assets import Assets
from widget_server.web.openapi import document, problems_of
from widget_server.web.operations import EVERYONE, Answer, Call, Model, Operations
from widget_server.words import Words


class Who(Model):
    phone: str | None = Field(None, max_length=20)


class Make(Model):
    name: str = Field(min_length=1)
    count: int = 1
    who: Who = Who()


class Made(Model):
    id: str
    name: str


class Ask(Model):
    after: int = Field(0, ge=0)


OPERATIONS = Operations()


@OPERATIONS.add("POST", "/v1/things", auth=("key",), status=201, answer=Made)
def make_thing(call: Call, body: Make) -> dict[str, str]:
    """Make a thing.

    It stays made.
    """
    return {"id": call.key, "name": body.name}


@OPERATIONS.add(
    "GET", "/v1/things/{thing}", auth=EVERYONE, answer=Made, media={"text/event-stream": "things as they come"}
)
def read_thing(call: Call, thing: str, query: Ask) -> dict[str, str]:
    """Read a thing."""
    return {"id": thing, "name": str(query.after)}


@OPERATIONS.add("GET", "/v1/wrong", auth=EVERYONE, answer=Made)
def wrong_answer(call: Call) -> dict[str, str]:
    """Answer something that was not promised."""
    return {"id": "x", "colour": "red"}


@OPERATIONS.add("DELETE", "/v1/things/{thing}", auth=("key",), status=204)
def drop_thing(call: Call, thing: str) -> Answer:
    """Drop a thing."""
    return Answer(None, headers={"X-Dropped": thing})


@OPERATIONS.add("GET", "/v1/stream", auth=("key",), media={"application/x-ndjson": "lines"})
def stream(call: Call) -> Response:
    """Stream things."""

    def lines() -> Iterator[str]:
        yield '{"n":1}\n'
        yield '{"n":2}\n' * 1000

    return Response(lines(), mimetype="application/x-ndjson")


@pytest.fixture
def app(assets: Assets, words: Words) -> Flask:
    return with_operations(bare_app(assets, words), OPERATIONS)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def mistakes(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {one["where"]: one["message"] for one in answer.get_json()["errors"]}


def test_a_view_is_handed_what_its_signature_asks_for(client: FlaskClient) -> None:
    made = client.post("/v1/things", json={"name": "lamp"})
    assert (made.status_code, made.get_json()) == (201, {"id": "a-key", "name": "lamp"})
    assert client.get("/v1/things/t1?after=7").get_json() == {"id": "t1", "name": "7"}
    dropped = client.delete("/v1/things/t1")
    assert (dropped.status_code, dropped.data, dropped.headers["X-Dropped"]) == (204, b"", "t1")


def test_unknown_fields_are_refused_by_name_wherever_they_stand(client: FlaskClient) -> None:
    found = mistakes(client.post("/v1/things", json={"name": "x", "colour": 1, "who": {"fax": "2"}}))
    assert found == {"body.colour": "unknown field", "body.who.fax": "unknown field"}
    assert mistakes(client.get("/v1/things/t?until=3")) == {"query.until": "unknown field"}
    assert mistakes(client.get("/v1/stream?x=1")) == {"query.x": "unknown field"}


def test_all_mistakes_are_told_at_once_and_nothing_that_was_sent(client: FlaskClient) -> None:
    answer = client.post("/v1/things", json={"name": "", "count": "4211", "who": {"phone": "+49" + "1" * 40}})
    assert set(mistakes(answer)) == {"body.name", "body.count", "body.who.phone"}
    assert "4211" not in answer.text
    assert "+49" not in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "malformed"),
        ("", "application/json", 400, "malformed"),
        ('{"name": NaN}', "application/json", 400, "malformed"),
        ("[" * 100_000, "application/json", 400, "malformed"),
        (b'{"name":"\xff"}', "application/json", 400, "malformed"),
        ("[1]", "application/json", 422, "invalid"),
        ("name=x", "application/x-www-form-urlencoded", 415, "unsupported-type"),
        ('{"name":"x"}', "text/plain", 415, "unsupported-type"),
        (json.dumps({"name": "x" * 1_100_000}), "application/json", 413, "too-large"),
        ('{"name":"a\\u0000b"}', "application/json", 422, "invalid"),
        ('{"name":"\\ud800"}', "application/json", 422, "invalid"),
        ('{"name":"x","who":{"\\ud800":1}}', "application/json", 422, "invalid"),
    ],
)
def test_bodies_that_are_no_bodies(client: FlaskClient, body: str | bytes, kind: str, status: int, code: str) -> None:
    answer = client.post("/v1/things", data=body, content_type=kind)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def shared_client(assets: Assets, words: Words) -> FlaskClient:
    return with_operations(bare_app(assets, words), OPERATIONS).test_client()


@given(JSON)
def test_no_json_at_all_breaks_the_server(shared_client: FlaskClient, body: object) -> None:
    answer = shared_client.post("/v1/things", data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (201, 422)


def test_a_query_is_given_once(client: FlaskClient) -> None:
    assert mistakes(client.get("/v1/things/t?after=1&after=2")) == {"query.after": "given more than once"}
    assert "query.after" in mistakes(client.get("/v1/things/t?after=-1"))


def test_an_answer_that_was_not_promised_is_found_in_tests(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.error_handler_spec[None][None].clear()
    with pytest.raises(ValidationError):
        app.test_client().get("/v1/wrong")


def test_large_answers_are_compressed_and_streams_are_not(app: Flask) -> None:
    text = "word " * 500
    app.add_url_rule("/a/long", "long", lambda: text)
    accepting = {"Accept-Encoding": "gzip, br"}
    packed = app.test_client().get("/a/long", headers=accepting)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data).decode() == text
    assert "Content-Encoding" not in app.test_client().get("/a/long").headers
    assert "Content-Encoding" not in app.test_client().get("/a/long", headers={"Accept-Encoding": "gzip;q=0"}).headers
    assert "Content-Encoding" not in app.test_client().get("/v1/stream", headers=accepting).headers


def test_the_description_is_the_table() -> None:
    found = document(OPERATIONS, version="1", base_url="https://chat.example")
    assert found["openapi"].startswith("3.1")
    made = found["paths"]["/v1/things"]["post"]
    assert made["operationId"] == "make_thing"
    assert made["summary"] == "Make a thing."
    assert made["description"] == "It stays made."
    assert made["security"] == [{"key": []}]
    assert made["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Make"}
    assert made["responses"]["201"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Made"}
    assert {"400", "401", "403", "409", "413", "415", "422", "429"} <= set(made["responses"])
    assert found["components"]["schemas"]["Make"]["additionalProperties"] is False
    read = found["paths"]["/v1/things/{thing}"]["get"]
    assert [(one["name"], one["in"]) for one in read["parameters"]] == [("thing", "path"), ("after", "query")]
    assert set(read["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}


def test_every_operation_names_the_problems_it_can_have() -> None:
    for operation in OPERATIONS:
        assert {"invalid", "bad-request"} <= set(problems_of(operation))
