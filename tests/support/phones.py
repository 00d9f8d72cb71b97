"""Customers with a phone in hand, without a server between: they tap a link, answer steps, and look at what they see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from disposable import loading
from tests.support.worlds import House
from widget_server.actions import links, runs, setup
from widget_server.actions.access import Grant
from widget_server.actions.runs import Answered, RunView


@dataclass
class Phone:
    """One window of a running app."""

    house: House
    session: str
    handle: str
    token: str
    code: str
    taps: list[int] = field(default_factory=list)

    @property
    def grant(self) -> Grant:
        return runs.grant(self.house.world, self.token, self.handle)

    def see(self) -> RunView:
        """What the page shows now."""
        return runs.view(self.house.world, self.grant, self.handle)

    @property
    def step(self) -> str:
        return self.see().screen.step

    @property
    def error(self) -> str:
        """What stands beside the field that was not taken."""
        return next((message for _, message in self.see().screen.errors), "")

    def options(self) -> list[str]:
        """The values of the field in front."""
        return [value for view in self.see().screen.fields for value, _ in view.options]

    def answer(self, step: str, key: str = "", **given: Any) -> Answered:
        """Posts a step's form, as often as it is called or once a `key`."""
        self.taps.append(1)
        tapped = key or f"{self.handle} {len(self.taps)} {step}"
        # Whoever says so here has come back: the pages' own nonce is tested with the pages.
        back = given.get("choice") == "returned"
        return runs.answer(self.house.world, self.grant, self.handle, step, given, tapped, back=back)

    def again(self) -> Phone:
        """Another window opened by the same link."""
        return _engaged(self.house, self.session, self.code)

    def kinds(self) -> list[str]:
        """What happened in the run so far."""
        return [kind for kind in self.house.kinds(self.session) if kind.startswith("run.")]


def publish(house: House, text: str) -> str:
    """Publishes a flow written as YAML."""
    return setup.publish(house.world, house.site.id, loading.load(text))


def opened(house: House, app: str, phone: str = "", **more: Any) -> Phone:
    """A notice to somebody (new, unless a number is given), and their tap on its link."""
    house.texts += 1
    number = phone or f"+1202555{house.texts + 1000:04d}"
    sent = house.notify(to={"phone": number}, app=app, **({"context": {}} | more))
    return _engaged(house, sent["session"], sent["link"]["code"])


def _engaged(house: House, session: str, code: str) -> Phone:
    made = links.engage(house.world, house.world.settings.host, code)
    return Phone(house, session, made.handle, made.cookie_value, code)
