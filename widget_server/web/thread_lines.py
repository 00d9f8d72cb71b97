"""A conversation as lines for a page without scripts: the same choice of events that static/js/chat.js makes."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_LINK = re.compile(r"\{link:[0-9a-f]{16}\}")

Say = Callable[..., str]


@dataclass(frozen=True)
class Line:
    """One bubble, or one fact between them. `who` names the speaker where it changes; `chip` is an answer that was tapped."""

    kind: str
    text: str
    mine: bool = False
    who: str = ""
    chip: bool = False


def lines(events: Iterable[Mapping[str, Any]], site: str, say: Say, time: Callable[[int], str]) -> list[Line]:
    """The lines of events as they are on the wire. `time` prints milliseconds UTC for the reader."""
    found: list[Line] = []
    speaker = ""
    for event in events:
        line = _line(event, site, say, time)
        if line is None or (line.chip and found and found[-1].mine and found[-1].text == line.text):
            # What was just written in the same words needs no saying twice.
            continue
        if line.kind == "fact" or line.mine:
            speaker = ""
        elif line.who == speaker:
            line = Line(line.kind, line.text)
        else:
            speaker = line.who
        found.append(line)
    return found


def _line(event: Mapping[str, Any], site: str, say: Say, time: Callable[[int], str]) -> Line | None:
    body = event["body"] or {}
    match event["kind"]:
        case "message" if body.get("text"):
            return _bubble(event, _LINK.sub(say("chat.link"), body["text"]), site)
        case "run.answered" if body.get("label") or _yes_or_no(body):
            # A yes is kept as true: its word is the reader's.
            said = say(f"step.{body['given']}") if _yes_or_no(body) else body["label"]
            return Line("line", said, mine=True, chip=True)
        case "run.ended" if body.get("text"):
            return Line("line", body["text"], who=site)
        case "owner" if body.get("owner") == "agent":
            return Line("fact", say("chat.joined", name=body.get("name") or site))
        case "owner" if body.get("owner") == "queue":
            return Line("fact", say("chat.queued"))
        case "callback" if body.get("state") == "requested":
            return Line("fact", say("chat.promise", time=time(body.get("due", 0))))
        case "callback" if body.get("state") in ("done", "missed", "cancelled"):
            return Line("fact", say(f"chat.promise_{body['state']}"))
        case "session.closed":
            return Line("fact", say("chat.over"))
        case _:
            return None


def _yes_or_no(body: Mapping[str, Any]) -> bool:
    return isinstance(body.get("value"), bool) and body.get("given") in ("yes", "no")


def _bubble(event: Mapping[str, Any], text: str, site: str) -> Line:
    if event["actor"]["kind"] == "customer":
        return Line("line", text, mine=True)
    name = event["actor"]["name"] if event["actor"]["kind"] == "agent" else site
    return Line("line", text, who=name or site)
