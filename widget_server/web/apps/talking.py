"""A running app whose thread a person has: the same page as a live chat, and a form where there are no scripts."""

from typing import Any

from flask import Response, request

from widget_server.actions import access, runs, sessions
from widget_server.actions.access import Grant
from widget_server.actions.errors import BodyTooLarge, SessionClosed
from widget_server.actions.runs import RunView
from widget_server.web.apps.frame import Frame, Jar, device_class, moment, see_other
from widget_server.web.chat_words import chat_words
from widget_server.web.guards import csrf_token
from widget_server.web.thread_lines import lines

LONGEST_TEXT = 10_000
PAGES = 10
"""Pages of 200 events a chat begins with."""


class Talking:
    """The chat of a run."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.world = frame, frame.world

    def chat(self, jar: Jar, view: RunView, *, draft: str = "", error: str = "", status: int = 200) -> Response:
        """The same page as a live chat; without scripts a form and a Refresh link."""
        say = self.world.speak(view.locale)
        over = view.mode == "closed"
        site = view.site["name"]
        events, seq = self.thread(jar.grant, view.session)
        lead = say("chat.over") if over else say("chat.with", name=view.agent) if view.agent else say("chat.waiting")
        return self.frame.step(
            jar,
            view,
            "app/chat.html",
            status=status,
            title=say("chat.title", site=site),
            lead=lead,
            over=over,
            error=error,
            draft=draft,
            module=self.frame.assets.url("js/thread.js"),
            sheet=self.frame.assets.url("css/chat.css"),
            lines=lines(events, site, say, lambda at: moment(at, view.locale, view.zone)),
            data={
                "session": view.session,
                "handle": jar.handle,
                "after": seq,
                "csrf": csrf_token(self.world.signer, jar.cookie),
                "url": jar.url,
                "lang": self.world.words.language(view.locale),
                "site": site,
                "events": events,
                "words": chat_words(self.world.words, view.locale) | {"chat.ended": say("chat.over")},
            },
        )

    def thread(self, grant: Grant, session: str) -> tuple[list[dict[str, Any]], int]:
        """What this grant may see of the session, and the cursor that goes on from there."""
        events: list[dict[str, Any]] = []
        seq = 0
        for _ in range(PAGES):
            found = access.page(self.world, grant, session, seq)
            if found["seq"] == seq:
                break
            events += found["events"]
            seq = found["seq"]
        return events, seq

    def write(self, jar: Jar, text: str, key: str) -> Response:
        """A message by form."""
        text = text.replace("\r\n", "\n").strip()
        view = runs.view(self.world, jar.grant, jar.handle)
        if not text:
            return see_other(jar.url)
        device = device_class(request.user_agent.string)
        try:
            if len(text) > LONGEST_TEXT:
                raise BodyTooLarge(len(text), LONGEST_TEXT)
            sessions.write(self.world, jar.grant, view.session, key, "message", {"text": text}, device=device)
        except BodyTooLarge:
            wrong = self.world.speak(view.locale)("chat.too_long", limit=LONGEST_TEXT)
            return self.chat(jar, view, draft=text, error=wrong, status=422)
        except SessionClosed:
            return see_other(jar.url)
        return see_other(jar.url)
