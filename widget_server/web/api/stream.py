"""The stream: all events of a site, in the order they were committed, never skipping one that commits late."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from flask import Response
from pydantic import Field

from widget_server.actions import people
from widget_server.web.api.table import OPERATIONS
from widget_server.web.operations import KEYS, Call, Model


class Export(Model):
    after: str = Field("", max_length=42, description="The last `cursor` line read; empty from the beginning")


@OPERATIONS.add(
    "GET",
    "/v1/export/events",
    auth=KEYS,
    media={"application/x-ndjson": "An event a line; now and then {cursor}: what to ask on after"},
)
def export_events(call: Call, query: Export) -> Response:
    """Export all events of the site."""
    found = people.stream(call.world, call.who, query.after)
    # The first is read here: a cursor that is none has to be refused before the answer begins.
    first = list(itertools.islice(found, 1))

    def lines() -> Iterator[str]:
        for event, cursor in itertools.chain(first, found):
            yield _line(event) + (_line({"cursor": cursor}) if cursor else "")

    return Response(lines(), mimetype="application/x-ndjson")


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
