"""Files of a session: taken as multipart, handed out as attachments that can do nothing in a browser."""

from contextlib import closing
from typing import Any
from urllib.parse import quote

from flask import Response, request
from pydantic import Field

from widget_server.actions import files
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import EVERYONE, Call, Model, mistakes_in_form
from widget_server.web.problems import Problem


class Upload(Model):
    session: str = Field(min_length=1, max_length=64)
    file: bytes = Field(json_schema_extra={"format": "binary"}, description="PDF, PNG, JPEG, WebP or plain text")


class FileShape(Model):
    file: str
    name: str
    type: str
    size: int


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
    """Send a file into a session; its thread then says so."""
    if request.mimetype != "multipart/form-data":
        raise Problem("unsupported-type", "send multipart/form-data")
    request.max_content_length = files.MAX_FILE + 64 * 1024
    mistakes_in_form({"session"}, {"file"})
    with closing(request.files["file"]) as sent:
        return files.keep(call.world, call.who, request.form["session"], sent.filename or "", sent.read(), call.key)


@OPERATIONS.add(
    "GET", "/files/{file}", auth=EVERYONE, media={"application/octet-stream": "The file, under its own content type"}
)
def fetch_file(call: Call, file: str) -> Response:
    """Fetch a file, as whoever may see its session."""
    kept = files.fetch(call.world, call.who, file)
    response = Response(kept.data, mimetype=kept.type)
    # Never shown in place: what a stranger sent must not act as a page of ours.
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"
    return response
