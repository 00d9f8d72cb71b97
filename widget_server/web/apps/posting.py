"""The forms of a running app: POST, 303, GET, each under the key its page was drawn with."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Response, request

from widget_server.actions import runs
from widget_server.actions.errors import NotFound, Refused, SessionClosed
from widget_server.actions.runs import RunView
from widget_server.actions.signing import BadNonce
from widget_server.web.apps.frame import Frame, Jar, device_class, see_other
from widget_server.web.apps.proving import Proving
from widget_server.web.apps.showing import Showing, ahead
from widget_server.web.apps.talking import Talking
from widget_server.web.apps.visiting import RETURNED, Visiting


class Posting:
    """What a post to /a/<handle>/<step> does."""

    def __init__(self, frame: Frame, showing: Showing, proving: Proving, talking: Talking, visiting: Visiting) -> None:
        self.frame, self.world = frame, frame.world
        self.showing, self.proving, self.talking, self.visiting = showing, proving, talking, visiting

    def act(self, handle: str, step: str) -> Response:
        """A form of a running app."""
        self.frame.guards.same_origin()
        try:
            jar = self.frame.jar(handle)
        except NotFound:
            return self.frame.away()
        form = {name: values[-1] for name, values in request.form.lists()}
        try:
            key = self.world.signer.key_of(form.pop("nonce", ""), jar.purpose)
        except BadNonce:
            return see_other(f"{jar.url}?n=stale")
        # A flow may name its own steps like these: then the form has other fields.
        if step == "code" and form.get("act") in ("send", "prove"):
            if form["act"] == "send":
                return self.proving.send_code(jar)
            return self.proving.prove_code(jar, form.get("code", ""), key)
        if step == "verify" and "fact" in form:
            return self.proving.prove(jar, form["fact"], key)
        if step == "chat" and "text" in form and runs.view(self.world, jar.grant, handle).mode == "chat":
            return self.talking.write(jar, form["text"], key)
        if form.get("choice") == RETURNED:
            proven = self.visiting.proven(jar, step, form.pop("back", ""), key)
            if proven is None:
                return see_other(f"{jar.url}?n=moved")
            key = proven
        return self.answer(jar, step, form, key)

    def answer(self, jar: Jar, step: str, given: Mapping[str, str], key: str) -> Response:
        """A step's answer. What is not current is not answered: the page shows where things stand."""
        device = device_class(request.user_agent.string)
        try:
            answered = runs.answer(self.world, jar.grant, jar.handle, step, dict(given), key, device)
        except (Refused, SessionClosed):
            return see_other(jar.url)
        view = runs.view(self.world, jar.grant, jar.handle)
        if view.screen.errors and view.screen.step == step:
            return self.showing.show(jar, _as_typed(view, given), status=422)
        if not answered.moved and answered.step != step:
            return see_other(f"{jar.url}?n=moved")
        return see_other(f"{jar.url}/{view.screen.step}" if ahead(view) else jar.url)


def _as_typed(view: RunView, given: Mapping[str, str]) -> RunView:
    """What was typed stays in its field, wrong or not."""
    fields = tuple(replace(field, value=given.get(field.name, field.value)) for field in view.screen.fields)
    return replace(view, screen=replace(view.screen, fields=fields))
