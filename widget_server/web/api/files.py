"""Files: taken as multipart, handed out as attachments that can do nothing in a browser."""

from contextlib import closing
from typing import Any, Literal
from urllib.parse import quote

from flask import Response, request
from pydantic import Field
from werkzeug.exceptions import RequestEntityTooLarge

from widget_server.actions import files, uploads
from widget_server.actions.access import ApiKey
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import EVERYONE, Call, Model, mistakes_in_form
from widget_server.web.problems import Problem

REST = 64 * 1024
"""What a form may weigh besides its file."""


class Upload(Model):
    session: str = Field(
        "", max_length=64, description="Whose it is. Left out by an API key: a picture that the site's flows show"
    )
    file: bytes = Field(json_schema_extra={"format": "binary"}, description="PDF, PNG, JPEG, WebP or plain text")


class FileShape(Model):
    file: str
    name: str
    type: str
    size: int


class Wanted(Model):
    size: Literal["full", "small"] = Field("full", description="small: a picture to be looked at in a list")


@OPERATIONS.add(
    "POST",
    "/v1/files",
    auth=EVERYONE,
    status=201,
    answer=FileShape,
    upload=Upload,
    problems=("not-found", "session-closed", "key-reused"),
)
def send_file(call: Call) -> dict[str, Any]:
    """Send a file into a session, whose thread then says so. A picture is drawn anew: name, type and size are of what is kept."""
    if request.mimetype != "multipart/form-data":
        raise Problem("unsupported-type", "send multipart/form-data")
    request.max_content_length = uploads.MAX_FILE + REST
    session = _session()
    owner = call.who if isinstance(call.who, ApiKey) and session is None else None
    mistakes_in_form(set() if owner else {"session"}, {"file"})
    with closing(request.files["file"]) as sent:
        data, name = sent.read(uploads.MAX_FILE + 1), sent.filename or ""
    if owner:
        return files.keep_for_site(call.world, owner, name, data)
    return files.keep(call.world, call.who, session or "", name, data, call.key)


def _session() -> str | None:
    try:
        return request.form.get("session")
    except RequestEntityTooLarge:
        raise Problem("too-large", limit=request.max_content_length) from None


@OPERATIONS.add(
    "GET",
    "/files/{file}",
    auth=EVERYONE,
    media=dict.fromkeys(files.TYPES, "The file, only ever as a download"),
)
def fetch_file(call: Call, file: str, query: Wanted) -> Response:
    """Fetch a file, as whoever may see its session."""
    kept = files.fetch(call.world, call.who, file, small=query.size == "small")
    response = Response(kept.data, mimetype=kept.type)
    # Never shown in place: what a stranger sent must not act as a page of ours.
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"
    return response
