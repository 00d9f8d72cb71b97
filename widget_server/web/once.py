"""Idempotency-Key: the same request again, for 48 hours, gets the first answer, and happens once.

For an API key, what is done and the answer that is kept are one transaction: a server killed between the two did neither. For
everybody else the key becomes the event's own, which the session's log already holds unique. Only what succeeded is kept:
a refused request changed nothing and may be tried again when it is mended. Kept answers hold no link's code, only its id.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from flask import Response, request
from uuid_utils.compat import uuid7

from disposable import qr
from widget_server.actions import urls
from widget_server.actions.access import ApiKey
from widget_server.actions.world import World
from widget_server.store import records
from widget_server.store.database import Tx
from widget_server.web.guards import Guards
from widget_server.web.problems import Problem

_KEY = re.compile(r"[!-~]{1,100}\Z")


class Gate:
    """What stands before every operation of the REST interface."""

    def __init__(self, world: World, guards: Guards) -> None:
        self._world = world
        self._guards = guards

    def who(self, auth: tuple[str, ...], writes: bool) -> Any:
        """The party that asks. Raises Problem."""
        return self._guards.who(auth, writes)

    def once(self, who: Any, answer: Callable[[str], Response]) -> Response:
        """`answer(key)`, or what the same key was answered before. Raises Problem and KeyReused."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return answer(str(uuid7()))
        if not _KEY.match(key):
            raise Problem("invalid", errors=[("header.Idempotency-Key", "1 to 100 printable ASCII characters")])
        if not isinstance(who, ApiKey):
            return answer(key)
        digest = _digest()
        with self._world.store.together() as tx:
            before = records.recall(tx, who.id, key, digest)
            if before is not None:
                return self._again(tx, *before)
            response = answer(key)
            if 200 <= response.status_code < 300:
                kept = without_codes(response.get_data(as_text=True))
                records.remember(tx, who.id, key, digest, response.status_code, kept.encode())
            return response

    def _again(self, tx: Tx, status: int, body: bytes) -> Response:
        text = with_codes(body.decode(), lambda name: urls.written(self._world, tx, f"{{link:{name}}}"))
        response = Response(text, status, mimetype="application/json" if text else None)
        response.headers["Idempotency-Replayed"] = "true"
        return response


def without_codes(answer: str) -> str:
    """The answer with the code, URL and picture of every link in it replaced by the link's id (C04).

    Its first line is a word nobody could have put into the answer: what a customer wrote is never taken for such a place.
    """
    found: list[dict[str, Any]] = []

    def look(one: dict[str, Any]) -> dict[str, Any]:
        if one.get("code") and one.get("url"):
            found.append(one)
        return one

    json.loads(answer or "null", object_hook=look)
    word = secrets.token_hex(8)
    for one in found:
        for kind, value in (("qr", one.get("qr")), ("link", one["url"]), ("code", one["code"])):
            if value:
                answer = answer.replace(_inside(value), f"{{{word}:{kind}:{one['id']}}}")
    return f"{word}\n{answer}"


def with_codes(kept: str, url_of: Callable[[str], str]) -> str:
    """A kept answer as it was given. `url_of` makes a link's URL from its id."""
    word, _, answer = kept.partition("\n")

    def fill(place: re.Match[str]) -> str:
        url = url_of(place[2])
        return _inside({"link": url, "code": url.rpartition("/")[2]}.get(place[1]) or qr.svg(url))

    return re.sub(rf"{{{word}:(link|code|qr):([0-9a-f]{{16}})}}", fill, answer)


def _inside(text: str) -> str:
    """As a text stands between the quotes of the JSON we write."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _digest() -> str:
    what = f"{request.method} {request.full_path}\n".encode()
    parts = request.mimetype == "multipart/form-data"
    return hashlib.sha256(what + (_parts() if parts else request.get_data())).hexdigest()


def _parts() -> bytes:
    # The boundary between the parts differs each time; the parts do not.
    found = [f"{name}={value}".encode() for name, value in sorted(request.form.items(multi=True))]
    for name, file in sorted(request.files.items(multi=True), key=lambda part: part[0]):
        found.append(name.encode() + b"=" + hashlib.sha256(file.stream.read()).digest())
        file.stream.seek(0)
    return b"\n".join(found)
