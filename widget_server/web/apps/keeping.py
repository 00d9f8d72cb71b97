"""What is kept of an ended run: a receipt, an entry for the calendar, and a pass that opens without a network, too.

All of it is the grant's alone, as long as the grant lives: whoever opens the link without it sees that it is done, no more.
"""

import re
from collections.abc import Mapping
from typing import Any

from flask import Response, make_response
from markupsafe import Markup

from disposable import qr
from disposable.render import ics
from widget_server.actions import runs, visits
from widget_server.actions.errors import NotFound
from widget_server.actions.runs import RunView
from widget_server.web import headers
from widget_server.web.apps.frame import Frame, Jar, moment

FILE_NAME = "calendar.ics"
WORKER = "keep.js"


class Keeping:
    """Draws the end of a run and hands out what may be taken along."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.world = frame, frame.world
        self.worker = frame.assets.get("js/keep.js")

    def show(self, jar: Jar, view: RunView) -> Response:
        """The page of an end."""
        screen = view.screen
        return self.frame.step(
            jar,
            view,
            "app/end.html",
            title=screen.say or self.world.speak(view.locale)("end.title"),
            receipt=self.receipt(jar, view),
            calendar_url=f"{jar.url}/{FILE_NAME}" if screen.calendar else "",
            pass_url=f"{jar.url}/pass" if screen.pass_ else "",
        )

    def receipt(self, jar: Jar, view: RunView) -> list[tuple[str, str]]:
        """The rows of the flow, when it ended, and what to call it by; nothing for an end that gives no receipt."""
        if not view.screen.rows:
            return []
        say, at = self.world.speak(view.locale), visits.ended_at(self.world, jar.grant, jar.handle)
        rows = [(row.label, row.value) for row in view.screen.rows]
        dated = [(say("receipt.at"), moment(at, view.locale, view.zone))] if at else []
        return [*rows, *dated, (say("receipt.reference"), jar.handle)]

    def calendar(self, handle: str) -> Response | None:
        """The calendar file; None where the run has none for this jar."""
        jar, view = self.ended(handle)
        if jar is None or view is None or view.screen.calendar is None:
            return None
        at = visits.ended_at(self.world, jar.grant, handle)
        text = ics.calendar(view.screen.calendar, f"{view.run}@{self.world.settings.host}", at)
        headers.surface("app", files=False)
        answer = Response(text, content_type="text/calendar; charset=utf-8; method=PUBLISH")
        # Not as an attachment: phones then offer to add it, rather than a file nobody finds again.
        answer.headers["Content-Disposition"] = f'inline; filename="{FILE_NAME}"'
        return answer

    def ticket(self, handle: str) -> Response | None:
        """The pass; None where the run has none for this jar."""
        jar, view = self.ended(handle)
        if jar is None or view is None or view.screen.pass_ is None:
            return None
        shown = view.screen.pass_
        facts: Mapping[str, Any] = {
            "pass_": shown,
            "rows": [(row.label, row.value) for row in shown.rows],
            "qr": drawn(shown.code, self.world.speak(view.locale)("pass.code", code=shown.code)),
            "url": jar.url,
            "keep": f"{jar.url}/{WORKER}",
        }
        html, styles, scripts = self.frame.html(
            "app/pass.html", view.locale, site=view.site, screen=view.screen, keeps=True, **facts
        )
        headers.surface("app", files=True, styles=styles, scripts=scripts, parents=self.frame.parents)
        return make_response(html)

    def keeper(self, handle: str) -> Response | None:
        """The worker that keeps the pass. It stands below the app, so that it may answer for nothing but this app."""
        jar, view = self.ended(handle)
        if jar is None or view is None or view.screen.pass_ is None:
            return None
        headers.surface("app", files=False, connects=["'self'"])
        return Response(self.worker.raw, content_type=self.worker.type)

    def ended(self, handle: str) -> tuple[Jar | None, RunView | None]:
        """The jar and its view of a run at its end."""
        try:
            jar = self.frame.jar(handle)
        except NotFound:
            return None, None
        view = runs.view(self.world, jar.grant, handle)
        return (jar, view) if view.mode == "end" and view.screen.kind == "end" else (None, None)


def drawn(code: str, label: str) -> Markup:
    """A QR code to stand in a page."""
    svg = re.sub(
        r"^.*?<svg\b[^>]*?(viewBox=\"[^\"]*\")[^>]*>", r"<svg \1>", qr.svg(code[: qr.MAX_TEXT]), flags=re.DOTALL
    )
    name = Markup('<svg class="qr" role="img" aria-label="{}" ').format(label)
    return Markup(svg.replace("<svg ", name, 1))  # noqa: S704 - our own drawing; the label was escaped
