"""The panes of a flow that is being tried, as JSON for static/js/preview.js: what a page of ours shows, and what was said.

The page of the web is drawn by the same templates as the running app; it comes as HTML for a frame of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jinja2 import Environment

from disposable import faces
from disposable.loading import Mistake
from disposable.playground import Pane, Playground
from disposable.screen import FieldView, Screen
from widget_server.web.apps.drawing import Drawing

Json = dict[str, Any]
PHONE = "•••42"
"""The number a texted code would go to."""
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
            made["voice"] = {"twiml": pane.voice, "said": faces.spoken(pane.voice), "end": "<Hangup" in pane.voice}
        return made

    def page(self, pane: Pane, site: Mapping[str, Any], locale: str) -> str:
        """The page as the running app draws it, without its script."""
        say = self.say(locale)
        template, screen, facts = _DRAWN.get(pane.screen.kind, _plain)(pane, say)
        common = {"url": URL, "nonce": "preview", "phone": PHONE, "notice": "", "sent": pane.sent}
        drawn = self.drawing.html(
            self.env,
            template,
            locale,
            site={**site, "look": self.look},
            screen=screen,
            **{**common, **facts},
        )
        return drawn[0]

    def say(self, locale: str) -> Callable[..., str]:
        """The words of a language."""
        words = self.drawing.words
        return lambda key, **values: words.text(key, locale, **values)


Drawn = tuple[str, Screen, Json]


def _step(pane: Pane, _say: Callable[..., str]) -> Drawn:
    return "app/step.html", pane.screen, {}


def _verify(pane: Pane, say: Callable[..., str]) -> Drawn:
    screen = pane.screen
    if pane.sent:
        field = FieldView("code", "text", say("proof.code_label"), inputmode="numeric", autocomplete="one-time-code")
        screen = replace(screen, fields=(field,))
    return "app/verify.html", screen, {}


def _end(pane: Pane, say: Callable[..., str]) -> Drawn:
    title = pane.screen.say or say("end.title")
    return "app/plain.html", pane.screen, {"title": title, "texts": [say("end.close")], "mark": "done"}


def _plain(pane: Pane, say: Callable[..., str]) -> Drawn:
    texts = [pane.screen.say, say("working.lead")] if pane.screen.kind == "working" else []
    title = say("working.title") if pane.screen.kind == "working" else pane.screen.say
    return "app/plain.html", pane.screen, {"title": title, "texts": texts, "mark": "wait"}


_DRAWN: Mapping[str, Callable[[Pane, Callable[..., str]], Drawn]] = {"step": _step, "verify": _verify, "end": _end}


def mistake(found: Mistake, texts: Mapping[str, str]) -> Json:
    """A mistake with the lines around it, numbered, from the texts of the files by their names."""
    lines = texts.get(found.file, "").splitlines()
    first = max(found.line - 2, 0)
    source = list(enumerate(lines[first : found.line + 1], first + 1))
    return {"file": found.file, "line": found.line, "message": found.message, "source": source}
