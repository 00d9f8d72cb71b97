"""The page of a run as one jar may see it, whatever the run waits for."""

import time

from flask import Response, request

from widget_server.actions import runs
from widget_server.actions.errors import NotFound
from widget_server.actions.runs import RunView
from widget_server.web.apps.frame import Frame, Jar, see_other
from widget_server.web.apps.keeping import Keeping
from widget_server.web.apps.proving import Proving
from widget_server.web.apps.talking import Talking
from widget_server.web.apps.visiting import Visiting
from widget_server.web.guards import JAR_COOKIE

PATIENCE = 5.0
"""Seconds a page waits for a call before it says that it is being worked on."""
MOST_JARS = 50

_NOTICES = {"moved": "page.moved", "stale": "link.stale"}


class Showing:
    """What /a/<handle> answers with."""

    def __init__(self, frame: Frame, proving: Proving, talking: Talking, visiting: Visiting, keeping: Keeping) -> None:
        self.frame, self.world = frame, frame.world
        self.proving, self.talking, self.visiting, self.keeping = proving, talking, visiting, keeping

    def newest(self) -> Response:
        """Where a tab goes back to that opened a link: the code is no longer in its history, the newest grant is in its jar."""
        handles = [name.removeprefix(JAR_COOKIE) for name in request.cookies if name.startswith(JAR_COOKIE)]
        jars = [jar for jar in map(self.frame.jar_or_none, handles[:MOST_JARS]) if jar is not None]
        return see_other(max(jars, key=lambda jar: jar.grant.id).url) if jars else self.frame.away()

    def app(self, handle: str, step: str | None) -> Response:
        """The page of a run as this jar may see it."""
        try:
            jar = self.frame.jar(handle)
        except NotFound:
            return self.frame.away()
        view = self.settled(jar, step)
        if step is None and ahead(view):
            # Each step has an address of its own, so that the browser's back and forward find it, scripts or not.
            said = f"?n={request.args['n']}" if request.args.get("n") in _NOTICES else ""
            return see_other(f"{jar.url}/{view.screen.step}{said}")
        if step == "code" and _may_prove(view) and view.phone and _was_sent(view):
            return self.proving.ask(jar, view, sent=True)
        return self.show(jar, view)

    def settled(self, jar: Jar, step: str | None) -> RunView:
        """The view, after a call under way had a few seconds to come back."""
        view = runs.view(self.world, jar.grant, jar.handle, step)
        if not _working(view):
            return view
        ends = time.monotonic() + PATIENCE
        with self.frame.hub.listening([view.session]) as bell:
            while True:
                view = runs.view(self.world, jar.grant, jar.handle, step)
                left = ends - time.monotonic()
                if not _working(view) or left <= 0:
                    return view
                bell.wait(left)

    def show(self, jar: Jar, view: RunView, *, notice: str = "", status: int = 200) -> Response:
        """The page for what the run waits for."""
        say = self.world.speak(view.locale)
        notice = notice or _NOTICES.get(request.args.get("n", ""), "")
        if view.mode == "locked":
            return self.frame.step(jar, view, "app/elsewhere.html", status=status)
        if view.mode in ("chat", "closed"):
            return self.talking.chat(jar, view)
        kind = view.screen.kind
        if kind == "verify":
            return self.proving.ask(jar, view)
        if kind == "end":
            return self.keeping.show(jar, view)
        if kind != "step":
            return self.unfinished(jar, view)
        if view.screen.visit is not None:
            return self.visiting.show(jar, view, say(notice) if notice else "")
        facts = {"notice": say(notice)} if notice else {}
        return self.frame.step(jar, view, "app/step.html", status=status, code=view.code, **facts)

    def unfinished(self, jar: Jar, view: RunView) -> Response:
        """A call that is under way, or news that is awaited: the page looks again by itself, and by a link."""
        say, waits = self.world.speak(view.locale), view.screen.kind == "waiting"
        title, lead = ("waiting.title", "waiting.lead") if waits else ("working.title", "working.lead")
        own = view.screen.title if waits else ""
        return self.frame.step(
            jar,
            view,
            "app/plain.html",
            title=own or say(title),
            texts=[view.screen.say, say(lead)],
            refresh=jar.url,
            again_module=self.frame.assets.url("js/again.js"),
            mark="wait",
        )


def _working(view: RunView) -> bool:
    return view.mode == "flow" and view.screen.kind == "working"


def ahead(view: RunView) -> bool:
    """Whether the run waits at a step of its own, rather than for a call, a person or nothing any more."""
    return view.mode == "flow" and view.screen.kind in ("step", "verify")


def _was_sent(view: RunView) -> bool:
    """Whether /code is where the code is typed: a flow may have a step of this name, where none was texted yet."""
    return view.screen.step != "code" or "sent" in request.args


def _may_prove(view: RunView) -> bool:
    return view.mode == "locked" or (view.mode == "flow" and view.screen.kind == "verify")
