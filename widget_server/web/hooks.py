"""/hooks/<channel>: what providers call. The signature is checked first, over the URL our settings give this server."""

import logging
from collections.abc import Mapping

from flask import Blueprint, Response, request

from widget_server.actions import inbound, receipts
from widget_server.actions.world import World
from widget_server.channels.contract import Channel, ForgedHook, Hook, Inbound, Receipt, UnreadableHook
from widget_server.web.problems import Problem

log = logging.getLogger("samethread.hooks")

LARGEST = 128 * 1024
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def blueprint(world: World, channels: Mapping[str, Channel]) -> Blueprint:
    """The routes of all channels."""
    made = Blueprint("hooks", __name__)

    @made.post("/hooks/<channel>")
    def hook(channel: str) -> Response:
        known = channels.get(channel)
        if known is None:
            raise Problem("not-found")
        said = genuine(known, heard(world))
        # Told twice is told once: both verbs know what they have taken, and the answer is the same.
        if isinstance(said, Inbound):
            inbound.receive(world, said)
        elif isinstance(said, Receipt):
            receipts.take(world, said, channel)
        return Response(NOTHING_TO_SAY, content_type="text/xml; charset=utf-8")

    return made


def heard(world: World) -> Hook:
    """The request as a channel reads it. Host and scheme come from the settings: a header can claim anything (C22)."""
    request.max_content_length = LARGEST
    query = request.query_string.decode("latin-1")
    return Hook(
        url=world.settings.base_url + request.path + (f"?{query}" if query else ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
        at=world.clock(),
    )


def genuine(channel: Channel, hook: Hook) -> Inbound | Receipt | None:
    """What a hook says, its signature checked before anything in it is read. Raises Problem."""
    try:
        channel.verify(hook)
        return channel.parse(hook)
    except ForgedHook:
        log.warning("a hook of %s has no valid signature", channel.name)
        raise Problem("refused", "the signature does not fit", reason="forged") from None
    except UnreadableHook as error:
        log.warning("a hook of %s says nothing we know: %s", channel.name, error.reason)
        raise Problem("bad-request", error.reason) from None
