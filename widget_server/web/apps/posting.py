"""The forms of a running app: POST, 303, GET, each under the key its page was drawn with."""

from dataclasses import replace

from flask import Response, request

from disposable import field_views, fields
from disposable.fields import FieldError
from widget_server.actions import runs
from widget_server.actions.errors import NotFound, Refused, SessionClosed, Throttled
from widget_server.actions.runs import RunView
from widget_server.actions.signing import BadNonce
from widget_server.actions.uploads import MAX_REQUEST
from widget_server.web.apps.frame import Frame, Jar, device_class, see_other
from widget_server.web.apps.proving import Proving
from widget_server.web.apps.receiving import MULTIPART, Given, Received, received
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
        wants = runs.wanted(self.world, jar.grant, handle, step) if request.mimetype == MULTIPART else None
        with received(wants.most if wants else 0) as form:
            if form.refused:
                return self.not_taken(jar, step, FieldError("upload_total", {"max": str(MAX_REQUEST // 1024**2)}), 413)
            try:
                key = self.world.signer.key_of(form.one("nonce"), jar.purpose)
            except BadNonce:
                return see_other(f"{jar.url}?n=stale")
            return self.meant(jar, step, form, key)

    def meant(self, jar: Jar, step: str, form: Received, key: str) -> Response:
        """What a button of the page was pressed for."""
        act = form.one("act")
        if act == "send" and self.asks_for_code(jar, step):
            return self.send_code(jar, step)
        # A flow may name its own steps like these: then the form has other fields.
        if step == "code" and act in ("send", "prove"):
            if act == "send":
                return self.proving.send_code(jar)
            return self.proving.prove_code(jar, form.one("code"), key)
        if step == "verify" and "fact" in form.given:
            return self.proving.prove(jar, form.one("fact"), key)
        if step == "chat" and "text" in form.given and runs.view(self.world, jar.grant, jar.handle).mode == "chat":
            return self.talking.write(jar, form.one("text"), key)
        if fields.clean(form.given.get("choice")) != RETURNED:
            return self.answer(jar, step, form, key)
        proven = self.visiting.proven(jar, step, form.one("back"), key)
        form.given.pop("back", None)
        if proven is None:
            return see_other(f"{jar.url}?n=moved")
        return self.answer(jar, step, form, proven, back=proven != key)

    def answer(self, jar: Jar, step: str, form: Received, key: str, *, back: bool = False) -> Response:
        """A step's answer. What is not current is not answered: the page shows where things stand."""
        device = device_class(request.user_agent.string)
        given = {name: value for name, value in form.given.items() if name != "nonce"}
        try:
            answered = runs.answer(self.world, jar.grant, jar.handle, step, given, key, device, form.sent, back=back)
        except Throttled:
            return self.proving.locked_out(jar)
        except (Refused, SessionClosed):
            return see_other(jar.url)
        # Of the step that was posted, which may be an earlier one: what is wrong stands beside what was typed.
        posted = runs.view(self.world, jar.grant, jar.handle, step)
        if posted.screen.errors and posted.screen.step == step and (answered.moved or answered.step == step):
            return self.showing.show(jar, _as_typed(posted, given), status=422)
        view = runs.view(self.world, jar.grant, jar.handle)
        if not answered.moved and answered.step != step:
            return see_other(f"{jar.url}?n=moved")
        return see_other(f"{jar.url}/{view.screen.step}" if ahead(view) else jar.url)

    def not_taken(self, jar: Jar, step: str, error: FieldError, status: int) -> Response:
        """The step again, with what is wrong."""
        view = runs.view(self.world, jar.grant, jar.handle, step, error)
        return self.showing.show(jar, view, status=status)

    # ---- a texted code as a field

    def asks_for_code(self, jar: Jar, step: str) -> bool:
        """Whether the run waits at this step for a code: a flow may name any step "code"."""
        view = runs.view(self.world, jar.grant, jar.handle)
        return view.mode == "flow" and view.code is not None and view.screen.step == step

    def send_code(self, jar: Jar, step: str) -> Response:
        """Texts the code that a field asks for."""
        try:
            runs.send_code(self.world, jar.grant, jar.handle, step)
        except Throttled:
            return self.not_taken(jar, step, FieldError("code_many"), 429)
        except Refused as refused:
            if refused.code == "no-phone":
                return self.not_taken(jar, step, FieldError("code_phone"), 422)
            return see_other(jar.url)
        except SessionClosed:
            return see_other(jar.url)
        return see_other(f"{jar.url}/{step}")


def _as_typed(view: RunView, given: Given) -> RunView:
    """What was typed stays in its field, wrong or not."""
    typed = {field.name: fields.collect(given, field.name) for field in view.screen.fields}
    shown = tuple(
        field if typed[field.name] is None else field_views.filled(field, typed[field.name])
        for field in view.screen.fields
    )
    return replace(view, screen=replace(view.screen, fields=shown))
