"""Idempotency-Key: the same request again gets the first answer and happens once, whatever happens in between."""

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api, code_of
from tests.support.worlds import CONTEXT, PHONE
from widget_server.assets import Assets
from widget_server.store import log, records
from widget_server.web.once import with_codes, without_codes
from widget_server.words import Words

NOTICE = {"to": {"phone": PHONE}, "app": "flight-delay", "context": CONTEXT}


class OnceContract:
    """What holds on every database."""

    def test_a_retry_is_answered_as_the_first_was(self, api: Api) -> None:
        key = {"Idempotency-Key": "n1"}
        first = api.key.post("/v1/notifications", NOTICE, headers=key)
        again = api.key.post("/v1/notifications", NOTICE, headers=key)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.get_json() == again.get_json()
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert len(api.house.pay()) == 1

    def test_the_same_key_for_something_else_is_refused(self, api: Api) -> None:
        key = {"Idempotency-Key": "n1"}
        api.key.post("/v1/notifications", NOTICE, headers=key)
        other = {"to": {"phone": PHONE}, "text": "hello"}
        assert code_of(api.key.post("/v1/notifications", other, headers=key)) == (409, "key-reused")
        assert code_of(api.key.post("/v1/sessions", {"identity": {"phone": PHONE}}, headers=key)) == (409, "key-reused")

    def test_what_was_refused_may_be_mended(self, api: Api) -> None:
        key = {"Idempotency-Key": "n1"}
        assert code_of(api.key.post("/v1/notifications", {"to": {}, "text": "x"}, headers=key)) == (422, "invalid")
        assert api.key.post("/v1/notifications", NOTICE, headers=key).status_code == 202

    def test_many_at_once_happen_once(self, api: Api) -> None:
        start = threading.Barrier(6)
        answers: list[Any] = []

        def ask() -> None:
            party = api.key
            start.wait()
            answers.append(party.post("/v1/sessions", {"identity": {"phone": PHONE}}, headers={"Idempotency-Key": "s"}))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.get_json()["id"] for answer in answers}) == 1

    def test_a_server_killed_before_it_kept_the_answer_did_nothing(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise SystemExit

        with monkeypatch.context() as patch:
            patch.setattr(records, "remember", killed)
            with pytest.raises(SystemExit):
                api.key.post("/v1/notifications", NOTICE, headers={"Idempotency-Key": "n1"})
        assert api.house.pay() == []
        with api.world.store.read() as tx:
            assert log.stream(tx)[0] == []
        assert api.key.post("/v1/notifications", NOTICE, headers={"Idempotency-Key": "n1"}).status_code == 202
        assert len(api.house.pay()) == 1


class TestOnSqlite(OnceContract):
    @pytest.fixture
    def api(self, tmp_path: Path, assets: Assets, words: Words) -> Api:
        return Api(tmp_path, assets, words)


class TestOnPostgres(OnceContract):
    @pytest.fixture
    def api(self, tmp_path: Path, assets: Assets, words: Words, postgres_url: str) -> Any:
        made = Api(tmp_path, assets, words, postgres_url)
        yield made
        made.world.store.close()


@pytest.fixture
def api(tmp_path: Path, assets: Assets, words: Words) -> Api:
    return Api(tmp_path, assets, words)


def test_after_two_days_a_key_is_free_again(api: Api) -> None:
    key = {"Idempotency-Key": "s"}
    first = api.key.post("/v1/sessions", {"identity": {"phone": PHONE}}, headers=key).get_json()
    api.house.clock.on(seconds=48 * 3600 + 1)
    assert api.key.post("/v1/sessions", {"identity": {"phone": PHONE}}, headers=key).get_json()["id"] != first["id"]


@pytest.mark.parametrize("key", ["", "x" * 101, "a b", "ä"])
def test_a_key_that_is_none(api: Api, key: str) -> None:
    answer = api.key.post("/v1/sessions", {"identity": {"phone": PHONE}}, headers={"Idempotency-Key": key})
    assert code_of(answer) == (422, "invalid")


def test_a_file_sent_again_is_the_same_file(api: Api) -> None:
    import io  # noqa: PLC0415

    session = api.session()["id"]

    def send(data: bytes) -> Any:
        parts = {"session": session, "file": (io.BytesIO(data), "a.txt")}
        return api.key.upload("/v1/files", parts, **{"Idempotency-Key": "f"})

    first, again = send(b"hello"), send(b"hello")
    assert first.get_json() == again.get_json()
    assert code_of(send(b"other")) == (409, "key-reused")


def test_kept_answers_hold_no_code(api: Api) -> None:
    body = {"app": "flight-delay", "identity": {"phone": PHONE}, "context": CONTEXT}
    first = api.key.post("/v1/links", body, headers={"Idempotency-Key": "l"})
    code = first.get_json()["code"]
    kept = without_codes(first.text)
    assert code not in kept
    assert "<svg" not in kept
    again = api.key.post("/v1/links", body, headers={"Idempotency-Key": "l"})
    assert again.get_json() == first.get_json()


def test_what_a_customer_wrote_is_never_taken_for_a_link() -> None:
    answer = '{"body":{"text":"{link:0123456789abcdef} {word:link:0123456789abcdef}"}}'
    assert with_codes(without_codes(answer), lambda name: f"https://chat.example/l/{name}") == answer
