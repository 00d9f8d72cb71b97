"""A story of a transcript, acted by somebody with a real browser in front of a running demo, with scripts or without.

What is filled in comes from the transcript, where it goes from what stands on the page: a new app with a transcript is walked
without a line of its own. Days and free times are those of today, so what a story expects to read of its own days is left out.
"""

import itertools
import json
import re
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from playwright.sync_api import FilePayload, Locator, Page, expect

from disposable import folders, transcripts
from disposable.definition import Flow
from disposable.loading import GALLERY
from disposable.transcripts import Act, Transcript
from tests.support import photos
from tests.support.server import DIRECT, Demo
from widget_server.demo import company
from widget_server.demo.facts import ZONE

NOT_HERE = frozenset({"wait", "agent", "person", "take", "say", "confirm"})
"""What nobody can do on a page: turn the clock, be an agent, talk, be faster than oneself."""
SEEN = Callable[[Page, str], None]
BERLIN = {"latitude": 52.4995, "longitude": 13.4184}
_DAY = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d")
_NUMBERS = itertools.count(1)
_GOES_ON = "button.go:not([name]):not([type=button])"
_MARKED = "document.querySelector('main').dataset.old = ''"
_ANOTHER = "main:not([data-old]):not([aria-busy])"


def stories(name: str) -> list[Transcript]:
    """What can be acted of an app's stories: on pages, in the site's language, with nothing going wrong at the company."""
    path = GALLERY / f"{name}.test.yaml"
    read = transcripts.read(path.read_text("utf-8"), folders.shipped(name), path.name)
    return [one for one in read.all if "web" in one.on and _possible(one, read.scene)]


def _possible(story: Transcript, usual: transcripts.Scene) -> bool:
    verbs = {act.verb for act in _acts(story)}
    as_usual = (story.scene.calls, story.scene.locale) == (usual.calls, usual.locale)
    return as_usual and not verbs & NOT_HERE


def _acts(story: Transcript) -> list[Act]:
    return [act for act in story.acts if "web" in (act.on or story.on)]


def telephone() -> str:
    """The number of somebody who has not been here before."""
    return f"+1202557{next(_NUMBERS):04d}"


@dataclass
class Actor:
    """Somebody with a phone. `look` is called with every page and its name; `english`: whether the story's words stand there."""

    page: Page
    demo: Demo
    name: str
    story: Transcript
    scripts: bool = True
    english: bool = True
    look: SEEN = lambda _page, _name: None
    phone: str = field(default_factory=telephone)
    link: dict[str, Any] = field(default_factory=dict)
    count: int = 0
    read: int = 0

    @property
    def flow(self) -> Flow:
        return folders.shipped(self.name)

    @property
    def session(self) -> str:
        return str(self.ask("GET", f"/v1/links/{self.link['id']}")["session"])

    @property
    def where(self) -> str:
        """The step in the page's address; `rest` where the run has none to ask for."""
        parts = urlsplit(self.page.url).path.split("/")
        return parts[3] if len(parts) > 3 else "rest"

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def act(self) -> None:
        """From the short link to the last line of the story."""
        self.begin()
        for act in _acts(self.story):
            getattr(self, f"on_{act.verb}")(act.value)

    def begin(self) -> None:
        told = self.flow.model_copy(update={"example": self.story.scene.context})
        context = company.example(told, datetime.now(ZoneInfo(ZONE)).date())
        to = {"phone": self.phone}
        self.link = self.ask("POST", "/v1/links", {"app": self.name, "identity": to, "context": context})
        self.page.goto(self.link["url"])
        self.seen("cover")
        self.press(self.page.locator("button[value=continue]").first)

    # what is done

    def on_pick(self, value: Any) -> None:
        choice = self.choice(str(value))
        if choice.count():
            self.press(choice)
        elif str(value) == "continue":
            self.go()
        else:
            self.on_fill(value)

    def choice(self, value: str) -> Locator:
        return self.main.locator(f"button[name=choice][value='{value}']")

    def on_fill(self, value: Any) -> None:
        self.filled(value)
        self.seen("filled")
        self.go()

    def filled(self, value: Any) -> None:
        main = self.main
        if main.locator("canvas").count():
            self.signed(str(value))
        elif main.locator("input[type=file]").count():
            self.sent(value)
        elif main.locator("[name$='.lat']").count():
            self.placed(str(value))
        elif isinstance(value, Mapping):
            for part, text in value.items():
                main.locator(f"[name$='.{part}']").fill(str(text))
        elif value == "code":
            self.coded()
        elif main.locator("input[type=radio], input[type=checkbox]").count():
            for one in value if isinstance(value, list) else [value]:
                self.option(str(one)).check()
        else:
            self.entry().fill(str(value))

    def entry(self) -> Locator:
        return self.main.locator(f"form:has({_GOES_ON}) :is(input:not([type=hidden]), textarea)").first

    def option(self, value: str) -> Locator:
        """One of several: a free time by its place among the story's own, all else by its value or its words."""
        boxes = self.main.locator("input[type=radio], input[type=checkbox]")
        times = [str(slot["id"]) for free in self.story.scene.slots.values() for slot in free]
        if value in times:
            own = next(free for free in self.story.scene.slots.values() if value in [str(one["id"]) for one in free])
            return boxes.nth([str(one["id"]) for one in own].index(value))
        by_value = self.main.locator(f"input[value={json.dumps(self.known(value))}]")
        return by_value if by_value.count() else self.main.get_by_label(value)

    def known(self, words: str) -> str:
        """The value of an option by its words in the flow, whatever language the page speaks."""
        fields = [step.field for step in self.flow.steps.values() if step.field]
        named = {label: key for one in fields for key, label in (one.options or {}).items()}
        return str(named.get(words, words))

    def signed(self, name: str) -> None:
        if not self.scripts:
            self.main.locator("[name$='.typed']").fill(name)
            return
        box = self.main.locator("canvas").bounding_box()
        assert box
        mouse = self.page.mouse
        mouse.move(box["x"] + 40, box["y"] + 90)
        mouse.down()
        for at in range(20):
            mouse.move(box["x"] + 40 + 10 * at, box["y"] + 90 + 25 * (at % 2))
        mouse.up()

    def sent(self, value: Any) -> None:
        count = int(next(iter(value.values()))) if isinstance(value, Mapping) else int(value)
        taken: list[FilePayload] = [
            {"name": f"{at}.jpg", "mimeType": "image/jpeg", "buffer": photos.jpeg(640, 480)} for at in range(count)
        ]
        self.main.locator("input[type=file]").last.set_input_files(taken)
        if self.scripts:
            expect(self.main.locator(".thumbs li")).to_have_count(count)

    def placed(self, text: str) -> None:
        if not self.scripts:
            self.main.locator("[name$='.text']").fill(text)
            return
        self.main.locator("[data-with] button").click()
        expect(self.main.locator("[name$='.lat']")).not_to_have_value("")

    def coded(self) -> None:
        send = self.main.locator("button.go[value=send]")
        if send.count():
            self.press(send)
        self.entry().fill(self.digits())

    def on_skip(self, _: Any) -> None:
        self.go()

    def on_prove(self, what: Any) -> None:
        if what == "code":
            self.press(self.main.locator("button[value=send]"))
            self.main.locator("form:has(button[value=prove]) input:not([type=hidden])").fill(self.digits())
            self.press(self.main.locator("button[value=prove]"))
            return
        form = self.main.locator("form[action$='/verify']")
        form.locator("input:not([type=hidden])").first.fill(str(what))
        self.press(form.locator("button.go"))

    def on_revise(self, step: str) -> None:
        self.press(self.main.locator(f"a[href$='/{step}']").first)

    def on_back(self, _: Any) -> None:
        self.press(self.page.locator("a.back"))

    def on_returned(self, _: Any) -> None:
        """To the page where is paid, and back without having paid: the company tells of the payment by itself."""
        self.page.locator("main a.go").click()
        self.page.wait_for_url("**/demo/pay?**")
        self.seen("away")
        self.page.locator("main p a").last.click()
        self.page.wait_for_url("**/a/**")
        self.seen("back")
        self.press(self.page.locator("button[value=returned]"))

    def on_event(self, event: Mapping[str, Any]) -> None:
        body = {"key": f"{event['kind']} {self.phone}", "kind": event["kind"], "body": event.get("body", {})}
        self.ask("POST", f"/v1/sessions/{self.session}/events", body)
        # With scripts the page looks again by itself; nobody has to wait for that.
        self.press(self.main.locator("a.go"))

    # what is looked for

    def on_see(self, wanted: Any) -> None:
        for text in self.wanted(wanted):
            if self.english and not _DAY.search(text):
                expect(self.main).to_contain_text(text)

    def on_unseen(self, wanted: Any) -> None:
        for text in self.wanted(wanted):
            expect(self.main).not_to_contain_text(text)

    @staticmethod
    def wanted(found: Any) -> list[str]:
        found = found.get("web", []) if isinstance(found, dict) else found
        return list(map(str, found)) if isinstance(found, list) else [str(found)]

    def on_at(self, step: str) -> None:
        assert self.events("run.entered")[-1]["step"] == step

    def on_end(self, step: str) -> None:
        ended = self.event("run.ended")
        assert ended["outcome"] == step
        expect(self.main).to_have_class("kept")

    def on_handed(self, _: str) -> None:
        self.event("run.handover")
        expect(self.main).to_have_class(re.compile("chat"))

    # how it is done

    def go(self) -> None:
        self.press(self.main.locator(f"form {_GOES_ON}").first)

    def press(self, what: Locator) -> None:
        """Presses it, and waits for what comes: with scripts in the place of what stood there, without them as a page."""
        if not self.scripts:
            with self.page.expect_navigation():
                what.click()
        else:
            self.page.evaluate(_MARKED)
            what.click()
            self.page.locator(_ANOTHER).wait_for()
        self.arrived()

    def arrived(self) -> None:
        """A call that takes longer than a page waits for it is looked at again, as soon as it was answered."""
        if self.working():
            self.event("run.returned", len(self.events("run.called")))
            self.press(self.main.locator("a.go"))
        else:
            self.seen(self.where)

    def working(self) -> bool:
        """Whether the page waits for a call rather than for news."""
        waits = self.main.locator(".mark.wait").count() > 0
        return waits and len(self.events("run.called")) > len(self.events("run.returned"))

    def seen(self, name: str) -> None:
        self.count += 1
        self.look(self.page, f"{self.name}-{self.count:02d}-{name}")

    # the world outside the browser

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """What the company asks of the server, by its key."""
        headers = {"Authorization": f"Bearer {self.demo.said['api_key']}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.demo.url(path), data, headers, method=method)
        try:
            with DIRECT.open(asked, timeout=40) as answer:
                found: dict[str, Any] = json.load(answer)
        except HTTPError as error:
            raise AssertionError(error.read().decode()) from None
        return found

    def event(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The body of the newest event of a kind, as soon as there are so many."""
        after = 0
        while len(found := self.events(kind)) < count:
            page = self.ask("GET", f"/v1/sessions/{self.session}/events?after={after}&wait=20")
            assert page["seq"] > after, f"nothing of {kind} came"
            after = page["seq"]
        return found[-1]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of all events of a kind, oldest first."""
        page = self.ask("GET", f"/v1/sessions/{self.session}/events")
        return [one["body"] for one in page["events"] if one["kind"] == kind]

    def digits(self) -> str:
        """The code that was texted, read from the phone."""
        path = f"/demo/phone/messages?number=%2B{self.phone[1:]}&wait=20"
        while True:
            page = self.ask("GET", f"{path}&after={self.read}")
            assert page["n"] > self.read, "no code was texted"
            self.read = page["n"]
            found = [re.search(r"\b\d{6}\b", one["text"]) for one in page["messages"]]
            if codes := [one[0] for one in found if one]:
                return codes[-1]
