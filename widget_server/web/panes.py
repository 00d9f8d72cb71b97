"""The panes of a flow that is being tried, as JSON for static/js/preview.js: what a page of ours shows, and what was said.

The page of the web is drawn by the same templates as the running app; it comes as HTML for a frame of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jinja2 import Environment

from disposable.filling import MASKED
from disposable.loading import Mistake
from disposable.playground import Pane, Playground
from disposable.screen import FieldView, Screen
from widget_server.web.apps.drawing import Drawing
from widget_server.web.apps.keeping import drawn as drawn_code
from widget_server.web.apps.visiting import host_of

Json = dict[str, Any]
URL = "/app"
"""What the forms of the drawn pages are posted below; the script that shows them catches them."""


class Panes:
    """Draws what a playground shows."""

    def __init__(self, drawing: Drawing, env: Environment, look: Mapping[str, Any] | None = None) -> None:
        self.drawing, self.env, self.look = drawing, env, dict(look or {})

    def all(self, playground: Playground, acts: Mapping[str, Sequence[Mapping[str, Any]]], locale: str = "") -> Json:
        """Every face of a flow after what was done on each; only the mistakes, where there are any in the flow itself."""
        there = {face: playground.play(face, acts.get(face, ()), locale) for face in playground.faces}
        shown = {face: self.pane(playground, pane, locale) for face, pane in there.items()}
        app = playground.flow.app if playground.flow else ""
        return {"app": app, "mistakes": [mistake(one, playground.texts) for one in playground.mistakes], "panes": shown}

    def pane(self, playground: Playground, pane: Pane, locale: str) -> Json:
        """One face."""
        made: Json = {
            "lines": [{"by": line.by, "text": line.text} for line in pane.lines if line.face == pane.face],
            "fitted": pane.fitted,
            "step": pane.step,
            "status": pane.status,
            "link": pane.on_link,
            "unanswered": list(pane.unanswered),
            "visit": pane.status == "asking" and pane.screen.visit is not None,
        }
        if pane.face == "web" or pane.on_link:
            made["html"] = self.page(pane, playground.scene.site, locale or playground.scene.locale)
        if pane.event is not None:
            made["event"] = {"kind": pane.event[0], "body": pane.event[1]}
        if pane.chat is not None:
            made["prompt"] = pane.chat["prompt"]
        if pane.ussd is not None:
            made["ussd"] = {"text": pane.ussd.text, "end": pane.ussd.end}
        if pane.voice:
            made["voice"] = {"twiml": pane.voice, "end": "<Gather" not in pane.voice}
        return made

    def page(self, pane: Pane, site: Mapping[str, Any], locale: str) -> str:
        """The page as the running app draws it, without its script."""
        words = self.drawing.words
        template, screen, facts = drawn(pane, lambda key, **values: words.text(key, locale, **values))
        common = {"url": URL, "nonce": "preview", "phone": MASKED, "notice": "", "sent": pane.opened == "code"}
        shown = {**common, **facts}
        return self.drawing.html(self.env, template, locale, site={**site, "look": self.look}, screen=screen, **shown)[
            0
        ]


Words = Callable[..., str]
Drawn = tuple[str, Screen, Json]


def drawn(pane: Pane, say: Words) -> Drawn:
    """Which page of the running app shows what stands, and what it is told: as widget_server/web/apps chooses it."""
    screen = pane.screen
    if screen.kind == "locked" and pane.opened != "code":
        return "app/elsewhere.html", screen, {}
    if screen.kind in ("verify", "locked"):
        return _verify(pane, say)
    if screen.kind == "end":
        return _pass(screen, say) if pane.opened == "pass" else _end(screen, say)
    if screen.kind == "step" and screen.visit is not None:
        label, target = screen.visit
        return "app/visit.html", screen, {"label": label, "target": target, "host": host_of(target), "known": ""}
    return ("app/step.html", screen, {}) if screen.kind == "step" else _plain(screen, say)


def _verify(pane: Pane, say: Words) -> Drawn:
    screen = pane.screen
    if pane.opened == "code":
        field = FieldView("code", "text", say("proof.code_label"), inputmode="numeric", autocomplete="one-time-code")
        screen = replace(screen, fields=(field,))
    return "app/verify.html", screen, {}


def _end(screen: Screen, say: Words) -> Drawn:
    rows = [(row.label, row.value) for row in screen.rows]
    facts = {
        "title": screen.say or say("end.title"),
        "receipt": [*rows, (say("receipt.reference"), "preview")] if rows else [],
        "calendar_url": f"{URL}/calendar.ics" if screen.calendar else "",
        "pass_url": f"{URL}/pass" if screen.pass_ else "",
    }
    return "app/end.html", screen, facts


def _pass(screen: Screen, say: Words) -> Drawn:
    shown = screen.pass_
    if shown is None:
        return _end(screen, say)
    code = drawn_code(shown.code, say("pass.code", code=shown.code))
    rows = [(row.label, row.value) for row in shown.rows]
    return "app/pass.html", screen, {"pass_": shown, "rows": rows, "qr": code, "keep": ""}


def _plain(screen: Screen, say: Words) -> Drawn:
    """A call under way, news that is awaited, or a person who has it now: there the real page is a live chat."""
    if screen.kind == "handed":
        return "app/plain.html", screen, {"title": screen.say, "texts": [say("chat.waiting")], "mark": "wait"}
    waits = screen.kind == "waiting"
    title, lead = ("waiting.title", "waiting.lead") if waits else ("working.title", "working.lead")
    own = screen.title if waits else ""
    return "app/plain.html", screen, {"title": own or say(title), "texts": [screen.say, say(lead)], "mark": "wait"}


def mistake(found: Mistake, texts: Mapping[str, str]) -> Json:
    """A mistake with the lines around it, numbered, from the texts of the files by their names."""
    lines = texts.get(found.file, "").splitlines()
    first = max(found.line - 2, 0)
    source = list(enumerate(lines[first : found.line + 1], first + 1))
    return {"file": found.file, "line": found.line, "message": found.message, "source": source}
