"""What both faces of the handset share: who may ask, how a refusal reads, how a message is taken in."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response

from disposable.render.text import segments
from widget_server.demo.handset.messages import Direction, Message, Store

Answer = tuple[Response, int]


class Refused(Exception):
    """A request the provider would refuse: HTTP `status`, its `code` and its sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Company:
    """The phone company. `start` sets a new message moving, `new_sid` names it, `clock` is milliseconds UTC."""

    store: Store
    account: str
    token: str
    sender: str
    start: Callable[[Message], None]
    clock: Callable[[], int]
    new_sid: Callable[[], str]

    def take(self, direction: Direction, sender: str, recipient: str, text: str, callback: str = "") -> Message:
        """Keep a new message and set it moving."""
        now = self.clock()
        message = self.store.put(
            Message(
                sid=self.new_sid(),
                direction=direction,
                sender=sender,
                recipient=recipient,
                text=text,
                status="queued" if direction == "outbound-api" else "receiving",
                created=now,
                updated=now,
                segments=segments(text).segments,
                callback=callback,
            )
        )
        self.start(message)
        return message
