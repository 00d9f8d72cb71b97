"""Stepping up in a running app: the fact the company holds, or a code it texts."""

from dataclasses import replace

from flask import Response, request

from disposable.screen import FieldView, Screen
from widget_server.actions import proofs, runs
from widget_server.actions.errors import Refused, SessionClosed, Throttled
from widget_server.actions.runs import RunView
from widget_server.web.apps.frame import Frame, Jar, device_class, see_other


class Proving:
    """Asks who is there, and takes the answer."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.world = frame, frame.world

    def ask(self, jar: Jar, view: RunView, *, sent: bool = False, wrong: str = "", status: int = 200) -> Response:
        """Asks for the fact, or, once a code was texted, for the code."""
        say = self.world.speak(view.locale)
        screen = view.screen
        if sent:
            field = FieldView(
                "code", "text", say("proof.code_label"), inputmode="numeric", autocomplete="one-time-code"
            )
            back = screen.back if view.mode == "flow" else None
            screen = Screen("verify", screen.step, screen.title, fields=(field,), back=back)
        if wrong:
            name = screen.fields[0].name if screen.fields else ""
            fields = tuple(replace(field, error=wrong) for field in screen.fields)
            screen = replace(screen, fields=fields, errors=((name, wrong),))
        template = "app/verify.html" if sent or view.mode == "flow" else "app/elsewhere.html"
        return self.frame.step(jar, replace(view, screen=screen), template, sent=sent, status=status)

    def prove(self, jar: Jar, fact: str, key: str) -> Response:
        """Compares a fact; it is dropped at once, right or wrong."""
        try:
            right = proofs.prove(self.world, jar.grant, jar.handle, fact, key, device_class(request.user_agent.string))
        except Throttled:
            return self.locked_out(jar)
        except (Refused, SessionClosed):
            return see_other(jar.url)
        if right:
            return see_other(jar.url)
        view = runs.view(self.world, jar.grant, jar.handle)
        if view.screen.kind != "verify":
            return see_other(jar.url)
        return self.ask(jar, view, wrong=self.world.speak(view.locale)("proof.wrong"), status=422)

    def send_code(self, jar: Jar) -> Response:
        """Texts a code to the number on file."""
        try:
            proofs.send_code(self.world, jar.grant, jar.handle)
        except (Throttled, Refused):
            view = runs.view(self.world, jar.grant, jar.handle)
            wrong = self.world.speak(view.locale)("proof.code_too_many")
            return self.ask(jar, view, wrong=wrong, status=429)
        # The flow may have a step of this name as well: then the address has to tell them apart.
        own = runs.view(self.world, jar.grant, jar.handle).screen.step == "code"
        return see_other(f"{jar.url}/code{'?sent' if own else ''}")

    def prove_code(self, jar: Jar, code: str, key: str) -> Response:
        """Checks a texted code."""
        try:
            right = proofs.prove_code(self.world, jar.grant, jar.handle, code, key)
        except Throttled:
            return self.locked_out(jar)
        if right:
            return see_other(jar.url)
        view = runs.view(self.world, jar.grant, jar.handle)
        wrong = self.world.speak(view.locale)("proof.code_wrong")
        return self.ask(jar, view, sent=True, wrong=wrong, status=422)

    def locked_out(self, jar: Jar) -> Response:
        """Too many tries: closed for a while, even for the right answer."""
        view = runs.view(self.world, jar.grant, jar.handle)
        say = self.world.speak(view.locale)
        title, texts = say("proof.locked"), [say("proof.locked_help")]
        return self.frame.step(jar, view, "app/plain.html", title=title, texts=texts, status=429)
