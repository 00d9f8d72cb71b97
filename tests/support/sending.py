"""An app that asks for pictures, papers and a signature, and people who send them from its pages, without scripts."""

import io
import itertools
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from disposable import loading
from tests.support.fort import Fort
from tests.support.pages import SAME, Person, Sent, forms
from widget_server.actions import setup

NAME = "Lindqvist"
DAMAGE = """
app: damage
purpose: Your claim
title: Claim {{ claim.number }}
text: "{{ site.name }}: about your claim, tap {{ link }} to send pictures"
expires: 24h
verify: {ask: Your last name, against: person.last_name}
context:
  claim: {number: text}
  person: {last_name: secret}
start: photos
steps:
  photos: {tier: 2, ask: Show us, field: {kind: photo, max: 3, save: pictures}, next: paper}
  paper: {tier: 2, ask: A bill?, field: {kind: file, optional: true, max: 2, save: papers}, next: right}
  right: {tier: 2, choose: {done: {label: Done, next: sign}, leave: {label: Leave it, next: left}}}
  sign:
    tier: 3
    title: Sign the claim
    say: "I claim {{ claim.number }}"
    ask: Your signature
    field: {kind: signature, save: name}
    next: agree
  agree: {tier: 3, ask: Agreed?, field: {kind: consent, terms: "We keep it for {{ claim.number }}", save: kept}, next: sent}
  sent: {tier: 2, end: "Thank you for {{ claim.number }}"}
  left: {tier: 2, end: Left as it is}
"""
CONTEXT: dict[str, Any] = {"claim": {"number": "CL-77"}, "person": {"last_name": NAME}}

_keys = itertools.count(1)


def told(fort: Fort, phone: str = "") -> Sent:
    """A link of the app, to somebody new."""
    setup.publish(fort.world, fort.house.site.id, loading.load(DAMAGE))
    return fort.send(phone, app="damage", context=CONTEXT)


def at_photos(fort: Fort, phone: str = "") -> tuple[Person, TestResponse, Sent]:
    """Somebody who is asked for photos, and has said who they are."""
    sent, person = told(fort, phone), fort.person()
    page = person.press(person.opened(sent), fact=NAME)
    assert 'type="file"' in page.text, page.text
    return person, page, sent


def send(
    person: Person, page: TestResponse, *files: tuple[str, bytes], field: str = "", nonce: str = "", **more: str
) -> TestResponse:
    """Sends a step's form with files in it, as (name, bytes)."""
    form = next(one for one in forms(page) if one.nonce)
    field = field or next(iter(sorted(name for name in form.names - {"nonce"} if "." not in name)))
    parts: list[tuple[str, Any]] = [("nonce", nonce or form.nonce), *more.items()]
    parts += [(field, FileStorage(io.BytesIO(data), name, field)) for name, data in files]
    return post(person, form.action or page.request.path, parts)


def post(person: Person, path: str, parts: list[tuple[str, Any]]) -> TestResponse:
    """A multipart form, whatever is in it."""
    # Encoded here: the client would put a large form into a temporary file that nobody closes.
    boundary, body = encode_multipart(MultiDict(parts))
    headers = {**SAME, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return person.client.post(path, base_url=person.base, data=body, headers=headers, follow_redirects=True)


def answers(fort: Fort, sent: Sent, step: str) -> list[dict[str, Any]]:
    """What was answered at a step, oldest first."""
    told_ = (one["body"] for one in fort.house.events(sent.session) if one["kind"] == "run.answered")
    return [body for body in told_ if body["step"] == step]


def kept(fort: Fort, sent: Sent) -> list[dict[str, Any]]:
    """The files the session's log tells of."""
    return [one["body"] for one in fort.house.events(sent.session) if one["kind"] == "file"]


def on_disk(fort: Fort) -> set[str]:
    """Every file whose bytes there are."""
    folder = Path(fort.world.settings.data_dir) / "files"
    return {path.name for path in folder.rglob("*") if path.is_file()}
