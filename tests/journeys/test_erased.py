"""A customer erased: nothing of them can be read any more, from anywhere, and everything still folds."""

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.support import fort as forts
from tests.support.both import BOTH
from tests.support.fort import BASE, BEARER, PORT, Fort, home, rows, see, to_verify
from tests.support.pages import SAME, Sent
from tests.support.worlds import CONTEXT, Text
from widget_server.actions import callbacks, desk, inbound, notify, people, receipts, runs, sessions, ticks
from widget_server.actions.errors import NotFound, Refused, SessionClosed, StaleEpoch
from widget_server.channels.contract import Receipt
from widget_server.delivery import Loop
from widget_server.settings import Settings
from widget_server.store import outbox, projections, tables

PHONE = "+12025550142"
MARKS = ("Lindqvist", "Mara", "MA 204", "MA 214", "2025550142", "mara-1042", "m@x.example", "my knee hurts", "left-luggage",
         "Call about the knee", "agent's own words", "noted in private", "%PDF-1.7 passport", "passport.pdf")  # fmt: skip


@pytest.fixture(params=BOTH)
def fort(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fort]:
    settings = Settings.for_demo(tmp_path, PORT, environ={})
    if request.param == "postgresql":
        settings = dataclasses.replace(settings, database_url=request.getfixturevalue("postgres_url"))
    # Nobody else commits here, and a thread that asks for it would outlive the database.
    with mock.patch("widget_server.app.start"), forts.standing(tmp_path, settings=settings) as made:
        yield made
        made.world.store.close()


class Life:
    """Everything one passenger leaves behind."""

    def __init__(self, fort: Fort) -> None:
        self.fort, world, house = fort, fort.world, fort.house
        self.sent: Sent = fort.link()
        self.session = self.sent.session
        fort.house.pay("sent")
        self.mara = fort.person()
        page = to_verify(self.mara, self.sent)
        self.app = home(page)
        self.mara.press(page, follow=False, fact="Lindqvist")
        fort.answer_calls(self.sent, {"reference": "K7QX2M"})
        self.page = see(self.mara, self.app)
        self.phone("my knee hurts")
        epoch = self.row()["epoch"]
        desk.accept(world, house.ada, self.session, epoch, "accept")
        sessions.write(world, house.ada, self.session, "m", "message", {"text": "agent's own words"}, epoch=epoch + 1)
        self.answers = {
            "note": ("POST", f"/v1/sessions/{self.session}/events",
                     {"key": "n", "kind": "note", "body": {"text": "noted in private"}}),
            "context": ("PATCH", f"/v1/sessions/{self.session}/context", {"bag": "left-luggage"}),
            "notice": ("POST", "/v1/notifications",
                       {"to": {"phone": PHONE}, "app": "flight-delay", "context": CONTEXT}),
        }  # fmt: skip
        for name in self.answers:
            assert self.again(name).status_code in (200, 201, 202), self.again(name).text
        self.file = self.upload()
        callbacks.request(world, house.ada, self.session, fort.clock() + 600_000, PHONE, "Call about the knee", "cb")
        self.token = self.sign_in()
        self.customer = self.row()["customer"]
        self.keys = self.wrapped_keys()

    def row(self) -> dict[str, Any]:
        return sessions.get(self.fort.world, self.fort.house.key, self.session)

    def phone(self, text: str) -> Any:
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        return inbound.receive(self.fort.world, Text(f"SM{name}", text, PHONE))

    def again(self, name: str) -> TestResponse:
        """A request of the company, again under its Idempotency-Key."""
        method, path, body = self.answers[name]
        return self.fort.api(method, path, body, **{"Idempotency-Key": f"once-{name}"})

    def upload(self) -> str:
        file = FileStorage(io.BytesIO(b"%PDF-1.7 passport of Mara Lindqvist"), "passport.pdf", "file")
        boundary, form = encode_multipart({"session": self.session, "file": file})
        headers = {**BEARER, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = self.fort.app.test_client().post("/v1/files", base_url=BASE, data=form, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["file"])

    def sign_in(self) -> str:
        now = self.fort.clock.at // 1000
        claims = {"aud": self.fort.house.site.key, "sub": "mara-1042", "iat": now, "exp": now + 600, "jti": "j1"}
        claims |= {"name": "Mara", "email": "m@x.example", "email_verified": True}
        token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(b"s" * 32))
        path = f"/embed/{self.fort.house.site.key}/sign-in"
        answer = self.fort.app.test_client().post(path, base_url=BASE, json={"token": token}, headers=SAME)
        return str(answer.get_json()["token"])

    def wrapped_keys(self) -> list[bytes]:
        """The keys of this person as the database holds them."""
        with self.fort.world.store.engine.connect() as connection:
            mine = select(tables.customer.c.data_key).where(tables.customer.c.id == self.customer)
            return [row.data_key for row in connection.execute(mine)]

    def everything(self) -> str:
        """All that any party is told, at every place where something of this person was."""
        seen = [self.again(name).text for name in self.answers]
        ours = f"/v1/sessions/{self.session}"
        seen += [self.fort.api("GET", f"{ours}{path}").text for path in ("", "/events", "/context")]
        seen += [
            self.fort.api("GET", path).text
            for path in (
                f"/v1/customers/{self.customer}/export", f"/files/{self.file}", "/v1/callbacks", "/v1/export/events",
                f"/v1/links/{self.sent.link}",
            )
        ]  # fmt: skip
        for person in (self.mara, self.fort.person()):
            seen += [
                see(person, self.app).text,
                see(person, f"{self.app}/status").text,
                person.get(self.sent.path).text,
            ]
        bearer = {"Authorization": f"Bearer {self.token}"}
        client = self.fort.app.test_client()
        for path in ("/v1/me", f"/v1/sessions/{self.session}/events"):
            seen.append(client.get(path, base_url=BASE, headers=bearer).text)
        return "\n".join(seen + self.desk())

    def desk(self) -> list[str]:
        world, ada = self.fort.world, self.fort.house.ada
        views = [desk.inbox(world, ada, view) for view in desk.VIEWS]
        shown = [desk.session(world, ada, self.session), desk.context_pack(world, ada, self.session)]
        told = [sessions.context(world, ada, self.session), self.fort.house.events(self.session, ada)]
        return [json.dumps(one, default=repr, ensure_ascii=False) for one in [*views, *shown, *told]]


@pytest.fixture
def life(fort: Fort) -> Life:
    return Life(fort)


def stored(fort: Fort) -> bytes:
    """Every byte under the data folder, and every value of the database."""
    files = (one for one in sorted(fort.world.settings.data_dir.rglob("*")) if one.is_file())
    dump = "\n".join(line for lines in rows(fort).values() for line in lines)
    return b"".join(one.read_bytes() for one in files) + dump.encode()


def test_nothing_can_be_read_and_everything_folds(fort: Fort, life: Life) -> None:
    before = life.everything()
    assert [mark for mark in MARKS if mark not in before] == []
    other = notify.notify(fort.world, fort.house.key, {"phone": "+12025550177"}, text="For Ben only")
    owed = [row.id for row in deliveries(fort, life.session)]
    assert life.keys[0] in stored(fort) or not fort.world.store.sqlite

    assert fort.api("DELETE", f"/v1/customers/{life.customer}").status_code == 204

    after = life.everything()
    assert [mark for mark in MARKS if mark in after] == []
    left = stored(fort)
    assert [mark for mark in MARKS if mark.encode() in left] == []
    assert life.keys[0] not in left
    assert repr(life.keys[0]).encode() not in left
    assert not list((fort.world.settings.data_dir / "files").rglob(life.file))
    assert {one["body"] is None for one in fort.house.events(life.session)} == {True}

    told = people.export(fort.world, fort.house.key, life.customer)
    assert (told["profile"], told["identities"]) == ({}, [])
    assert [one["body"]["text"] for one in fort.house.events(other["session"]) if one["kind"] == "message"]

    folded = columns(fort)
    projections.rebuild(fort.world.store)
    assert columns(fort) == folded
    assert life.row()["status"] == "closed"
    assert sum(one["kind"] == "message" for one in fort.house.events(life.session)) >= 4

    assert fort.house.pay() == [one for one in fort.house.sent[-1:] if one.session == other["session"]]
    for delivery in owed:
        for status in ("delivered", "read", "failed"):
            receipts.take(fort.world, Receipt(delivery, "SM-late", status))


def deliveries(fort: Fort, session: str) -> list[Any]:
    with fort.world.store.read() as tx:
        return outbox.of_session(tx, session)


def columns(fort: Fort) -> list[str]:
    found = rows(fort)
    return found["session"] + found["run"]


def test_whoever_still_acts_on_it_is_told_calmly(fort: Fort, life: Life) -> None:
    world, house = fort.world, fort.house
    jar = fort.grant(life.mara, life.page)
    epoch = life.row()["epoch"]
    people.erase(world, house.key, life.customer)
    with pytest.raises((SessionClosed, Refused)):
        sessions.write(world, house.ada, life.session, "late", "message", {"text": "hello?"}, epoch=epoch)
    with pytest.raises((SessionClosed, StaleEpoch)):
        desk.close(world, house.ada, life.session, "resolved", epoch, "late close")
    with pytest.raises((SessionClosed, NotFound)):
        runs.answer(world, jar, life.app.split("/")[2], "status", {"choice": "keep"}, "n-late")
    runs.returned(world, life.session, jar.run or "", "book:1", True, {"reference": "late"})
    assert life.mara.get(life.sent.path).status_code == 404
    fort.clock.on(seconds=3600)
    ticks.run_due(world)
    ticks.recover(world)
    ticks.tidy(world)
    Loop(world, {}).turn()
    again = life.phone("who am I?")
    assert again.session != life.session
    row = sessions.get(world, house.key, again.session)
    assert (row["previous"], row["customer"] == life.customer) == (None, False)


def test_a_message_on_its_way_while_they_are_erased(fort: Fort, life: Life) -> None:
    claimed = outbox.claim(fort.world.store, 50)
    assert claimed
    people.erase(fort.world, fort.house.key, life.customer)
    for row in claimed:
        receipts.take(fort.world, Receipt(row.id, "SM-out", "sent"))
        receipts.take(fort.world, Receipt(row.id, "SM-out", "delivered"))
    assert outbox.claim(fort.world.store, 50) == []
