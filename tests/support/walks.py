"""Somebody who wanders through an app by its pages, as chance will have it: answers, proves, goes back, looks around."""

import datetime as dt
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from disposable.definition import Flow
from disposable.screen import FieldView
from tests.support import photos
from tests.support.fort import BASE, Fort, home, see
from tests.support.pages import Person, Sent, forms
from tests.support.sending import post
from widget_server.actions import runs
from widget_server.actions.access import Grant
from widget_server.actions.runs import RunView

SAID = {
    "text": "Something happened",
    "long": "It fell down\nand broke",
    "name": "Robin Q. Walker",
    "email": "walker@mail.example",
    "phone": "+12025550188",
    "number": "3",
    "money": "12.50",
    "time": "10:30",
}
ADDRESS = {"lines": "Walkway 1", "postcode": "10117", "city": "Berlin", "region": "", "country": "Germany"}


Chance: TypeAlias = Callable[[list[Any]], Any]
"""What decides: one of several."""


@dataclass
class Walk:
    """One person's way through one run."""

    fort: Fort
    flow: Flow
    sent: Sent
    phone: str
    context: dict[str, Any]
    person: Person
    page: TestResponse
    calls: dict[str, Any]

    @property
    def home(self) -> str:
        return home(self.page)

    @property
    def handle(self) -> str:
        return self.home.split("/")[2]

    def grant(self) -> Grant:
        return self.fort.grant(self.person, self.page)

    def view(self) -> RunView:
        """What the run shows this person now, as the server's own verbs see it."""
        return runs.view(self.fort.world, self.grant(), self.handle)

    def go(self, chance: Chance) -> list[TestResponse]:
        """One act, whichever. Returns every answer there was."""
        self.fort_answers()
        view = self.view()
        if view.screen.kind == "waiting":
            self.told(view.screen.step)
            view = self.view()
        acts = [self.look, self.events, *([self.answer] * 4)]
        acts += [self.prove] * 3 if view.screen.kind == "verify" else []
        acts += [self.back] if view.screen.back else []
        return [*chance(acts)(view, chance), see(self.person, self.home)]

    def fort_answers(self) -> None:
        """The company's server answers what was called."""
        paid = [one for one in self.fort.house.pay("delivered") if one.kind == "call"]
        for one in paid:
            value = self.calls.get(one.payload["call"], {"reference": "R-77451"})
            failed = isinstance(value, dict) and "fail" in value
            runs.returned(self.fort.world, one.session, one.run or "", one.payload["key"], not failed, value)

    def told(self, step: str) -> None:
        """The company tells what a step waits for."""
        wait = self.flow.steps[step].wait
        if wait is not None:
            body = {"key": f"told {self.fort.clock()}", "kind": wait.for_, "body": {"state": "done"}}
            self.fort.api("POST", f"/v1/sessions/{self.sent.session}/events", body)

    def look(self, _view: RunView, chance: Chance) -> list[TestResponse]:
        """The page of any step, whether it was ever reached."""
        return [see(self.person, f"{self.home}/{chance([*self.flow.steps, 'code', 'verify', 'pass', 'calendar.ics'])}")]

    def events(self, _view: RunView, _chance: Chance) -> list[TestResponse]:
        """What the window's own script reads."""
        path = f"/v1/sessions/{self.sent.session}/events?handle={self.handle}&limit=200"
        return [self.person.client.get(path, base_url=BASE)]

    def back(self, view: RunView, _chance: Chance) -> list[TestResponse]:
        return [see(self.person, f"{self.home}/{view.screen.back}")]

    def prove(self, view: RunView, chance: Chance) -> list[TestResponse]:
        """The fact, right or wrong; or a texted code."""
        nonce = self.nonce()
        if view.screen.verify == "fact" and chance([True, True, False]):
            fact = self.fact() if chance([True, True, True, False]) else "Smith"
            return [self.person.post(f"{self.home}/verify", {"nonce": nonce, "fact": fact})]
        asked = self.person.post(f"{self.home}/code", {"nonce": nonce, "act": "send"})
        code = {"nonce": self.nonce(), "act": "prove", "code": self.digits()}
        return [asked, self.person.post(f"{self.home}/code", code)]

    def fact(self) -> str:
        found: Any = self.context
        for part in (self.flow.verify.against if self.flow.verify else "").split("."):
            found = found.get(part, "") if isinstance(found, dict) else ""
        return str(found)

    def nonce(self) -> str:
        page = see(self.person, self.home)
        return next((form.nonce for form in forms(page) if form.nonce), "")

    def digits(self) -> str:
        """The newest code that was texted to anybody."""
        self.fort.house.pay()
        texts = [str(one.payload.get("text", "")) for one in self.fort.house.sent]
        found = [code for text in texts for code in re.findall(r"\b\d{6}\b", text)]
        return found[-1] if found else "000000"

    def answer(self, view: RunView, chance: Chance) -> list[TestResponse]:
        """Whatever the step asks."""
        parts: list[tuple[str, Any]] = [("nonce", self.nonce())]
        if view.screen.choices:
            parts.append(("choice", chance([one.value for one in view.screen.choices])))
        for field in view.screen.fields if view.screen.kind == "step" else ():
            parts += self.filled(field, chance)
        return [post(self.person, f"{self.home}/{view.screen.step or 'none'}", parts)]

    def filled(self, field: FieldView, chance: Chance) -> list[tuple[str, Any]]:
        """The field, mostly as it is asked for."""
        if chance([0, 0, 0, 0, 0, 1]):
            return [(field.name, "?")]
        if field.kind == "code":
            return [(field.name, self.digits())]
        if field.options:
            return [(field.name, chance([value for value, _ in field.options]))]
        if field.kind in ("photo", "file"):
            return [(field.name, FileStorage(io.BytesIO(photos.jpeg()), "walk.jpg", field.name))]
        if field.kind == "date":
            soon = dt.datetime.fromtimestamp(self.fort.clock.at / 1000, dt.UTC).date() + dt.timedelta(days=3)
            return [(field.name, field.min or soon.isoformat())]
        if field.kind == "address":
            return [(f"{field.name}.{part}", text) for part, text in ADDRESS.items()]
        if field.parts:
            return [(f"{field.name}.{'typed' if field.kind == 'signature' else 'text'}", "Walkway 1, Berlin")]
        return [(field.name, SAID.get(field.kind, "7"))]


def begun(fort: Fort, flow: Flow, context: dict[str, Any], calls: dict[str, Any]) -> Walk:
    """Somebody new who has pressed Continue."""
    phone = fort.phone()
    sent = fort.send(phone, app=flow.app, context=context)
    person = fort.person()
    return Walk(fort, flow, sent, phone, context, person, person.opened(sent), calls)
