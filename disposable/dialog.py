"""One simulated run, as its customer meets it on one face: what stands there, what they do, and what follows from it.

The engine decides, the faces' own renderers draw; only the company, its clock and its agents are make-believe. The
simulator and the playground drive it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from disposable import faces
from disposable.commands import Answer, Command, Handover, Prove, Raised, Resume, Returned, Start, Text, Tick
from disposable.company import Company
from disposable.definition import Flow
from disposable.engine import FACT_TIER, Happened, Setting, State, decide, evolve
from disposable.filling import MASKED
from disposable.scenes import LAYER, Scene
from disposable.screen import Screen, screen

Json: TypeAlias = Any
Speak: TypeAlias = Callable[[str], Callable[..., str]]
"""From a language to its words."""

THEM, US, FACT = "them", "us", "fact"
LINK = "https://go.example.com/SaMpLe0LinkOf22LetterS"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what went back and forth: by them (the customer), us (the flow), or a fact from outside.

    `buttons` is what can be tapped below it.
    """

    by: str
    text: str
    face: str
    buttons: tuple[str, ...] = ()


@dataclass(slots=True)
class Grant:
    """How surely one window knows its customer; `sure` is by more than a code."""

    tier: int
    sure: bool


class Dialog:
    """A run and its one reader. `first` is the face it was begun on, `face` where it is now: a step that cannot be shown
    there is followed on the web by its link, and the run goes on at first when it is done.

    The page behind a link is a window of its own, with a grant of its own: what was proven by text counts in the thread.
    """

    def __init__(self, flow: Flow, scene: Scene, first: str, speak: Speak) -> None:
        self.flow, self.scene, self.first = flow, scene, first
        self.words = speak(scene.locale)
        self.company = Company(scene)
        self.state = State()
        self.now = scene.now
        self.page = Grant(scene.tier, scene.tier >= FACT_TIER)
        self.thread = self.page if first == "web" else replace(self.page)
        self.acting, self.answered = self.thread, False
        self.looking: str | None = None
        self.typed: Mapping[str, Json] = {}
        self.opened = ""
        self.at: int | str = 0
        self.log: list[Line] = []
        self.happened: list[Happened] = []
        self.stood: list[tuple[str, str]] = []
        self.tell(Start(scene.context, LAYER.get(first, first)))
        if first == "sms":
            # What begins with a notice may begin with a text of the customer, too: then the step itself is what they get.
            self.stood.insert(0, (first, faces.notice(flow, scene, self.words, LINK)))
            self.log = [Line(US, self.stood[0][1], first)]

    # where it stands

    @property
    def face(self) -> str:
        """Where the customer acts now."""
        return "web" if self.on_link else self.first

    @property
    def on_link(self) -> bool:
        """Whether this step is done behind the link that the first face was sent."""
        if self.first == "web" or self.state.status != "asking":
            return False
        return faces.escapes(self.first, self.screen(self.first))

    @property
    def locked(self) -> bool:
        """Whether the page shows nothing before a texted code: the thread has answered, and this window proved nothing."""
        return self.answered and self.page.tier < FACT_TIER

    @property
    def tier(self) -> int:
        """The best that is known of the customer."""
        return max(self.thread.tier, self.page.tier)

    def setting(self) -> Setting:
        """What the engine is told of here and now."""
        scene, slots = self.scene, self.company.free
        return Setting(scene.site, scene.locale, scene.zone, self.now, slots, scene.open, scene.agents, scene.now)

    def seen_as(self, grant: Grant) -> int:
        """The tier a window is drawn at. Whoever came by a code alone is asked for the fact first, for what asks most."""
        step = self.flow.steps.get(self.state.step)
        if step is not None and step.tier > FACT_TIER and self.flow.verify and not grant.sure:
            return min(grant.tier, 1)
        return grant.tier

    def screen(self, face: str = "") -> Screen:
        """The screen as this reader sees it there."""
        face = face or self.face
        return screen(
            self.flow,
            self.state,
            tier=self.seen_as(self.page if face == "web" else self.thread),
            words=self.words,
            setting=self.setting(),
            step=self.looking if face == "web" else None,
            channel=LAYER.get(face, face),
            locked=face == "web" and self.locked,
            typed=self.typed if face == "web" else None,
        )

    # what the customer does

    def post(self, given: Mapping[str, Json]) -> list[Happened]:
        """A form of the page, as the server hands it on: whether a texted code was right is its business."""
        screen = self.screen("web")
        codes = {one.name for one in screen.fields if one.kind == "code"}
        served = {name: _code(value) if name in codes else value for name, value in given.items()}
        happened = self.on_page(Answer(screen.step, served, self.page.tier, "web"))
        # What was typed and not taken stands in its field, as on the real page.
        self.typed = given if self.state.error is not None else {}
        return happened

    def type(self, text: str) -> list[Happened]:
        """Words or keys, as typed, pressed or spoken on the first face."""
        screen = self.screen(self.first)
        turned = faces.turn(self.first, text, screen, self.at)
        if turned is not None:
            self.at = turned
            self.stand()
            return []
        self.acting = self.thread
        heard, channel = faces.heard(self.first, text, screen, self.at), LAYER.get(self.first, self.first)
        field = screen.fields[0] if screen.kind == "step" and screen.fields else None
        if field is not None and field.kind == "code" and heard.isdecimal():
            return self.tell(Answer(screen.step, {field.name: _code(heard)}, self.thread.tier, channel))
        return self.tell(Text(heard, self.thread.tier, channel))

    def prove(self, raw: str) -> list[Happened]:
        """The fact that says who is there, by form."""
        return self.on_page(Prove(raw, min(self.page.tier, 1), "web"))

    def code(self) -> list[Happened]:
        """The digits that were texted, typed rightly."""
        step = self.flow.steps.get(self.state.step)
        act = step is not None and step.tier > FACT_TIER and (self.page.sure or self.flow.verify is None)
        return self.on_page(Raised(3 if act and not self.locked else FACT_TIER, "code", "web"))

    def on_page(self, command: Command) -> list[Happened]:
        """What is done in the window of the page."""
        self.acting = self.page
        return self.tell(command)

    def look(self, step: str | None) -> None:
        """Turn the page to a step visited before."""
        self.looking = step
        self.stand()

    def person(self) -> list[Happened]:
        """Ask for a person, by the page's button."""
        return self.tell(Handover())

    def open(self, what: str) -> bool:
        """Opens what belongs to the page: the "code" that was asked for by text, the "pass" of an end."""
        screen = self.screen("web")
        there = {"code": screen.kind in ("verify", "locked"), "pass": screen.pass_ is not None}
        self.opened = what if there.get(what) else ""
        return bool(self.opened)

    # what happens outside

    def pass_time(self, ms: int) -> list[Happened]:
        self.now += ms
        return self.tell(Tick())

    def resume(self, to: str) -> list[Happened]:
        """An agent gives the run back."""
        return self.tell(Resume(to, self.tier))

    def know(self, values: Mapping[str, Json]) -> None:
        """The company or an agent sets values of the context."""
        one = Happened("context", {"set": dict(values)})
        self.happened.append(one)
        self.state = evolve(self.flow, self.state, one)

    # what follows

    def tell(self, command: Command) -> list[Happened]:
        """Gives the engine a command, and lets happen what follows."""
        happened = self.decide(command)
        if happened:
            self.looking, self.at, self.typed, self.opened = None, 0, {}, ""
        if happened or not self.stood:
            self.stand()
        return happened

    def decide(self, command: Command) -> list[Happened]:
        happened = decide(self.flow, self.state, command, self.now, self.setting())
        for one in happened:
            self.state = evolve(self.flow, self.state, one)
        self.happened += happened
        return happened + [later for one in happened for later in self.follow(one.kind, one.body or {})]

    def follow(self, kind: str, body: Mapping[str, Json]) -> list[Happened]:
        """What comes of one event: the same list as the server's, with a make-believe company."""
        if kind == "run.verified":
            self.acting.tier = max(self.acting.tier, body["tier"])
            self.acting.sure = self.acting.sure or body["by"] == "fact"
        elif kind == "run.answered":
            self.answered = self.answered or body["channel"] != "web"
        elif kind == "run.booked":
            self.company.book(body["calendar"], body["slot"], body.get("instead"))
        elif kind == "run.called":
            ok, value = self.company.answer(body["call"], body["with"])
            self.note(f"{body['call']} {'answers' if ok else 'fails'}")
            return self.decide(Returned(body["key"], ok, value, self.tier))
        elif kind == "run.handover" and body["otherwise"] and not (self.scene.open and self.scene.agents):
            return self.decide(Resume("otherwise", self.tier))
        return []

    # the log

    def note(self, text: str) -> None:
        self.log.append(Line(FACT, text, self.first))

    def act(self, text: str) -> None:
        """Notes what the customer did, in their words."""
        self.log.append(Line(THEM, text, self.face))

    def stand(self) -> None:
        """Draws what stands now, and notes it. Whoever is, or just was, on the page of a link sees both faces."""
        there = self.on_link or self.acting is self.page
        on = [self.first, "web"] if there and self.first != "web" else [self.first]
        drawn = [self.draw(face) for face in on]
        self.stood = [(line.face, "\n".join([line.text, *line.buttons])) for line in drawn]
        self.log += drawn

    def draw(self, face: str) -> Line:
        screen = self.screen(face)
        text = faces.draw(face, screen, self.words, LINK, self.at, self.scene.locale)
        return Line(US, text, face, faces.buttons(face, screen, self.words))


def _code(value: Json) -> Json:
    """Of a texted code, only whether it was right; here any six digits are."""
    if isinstance(value, Mapping):
        return value
    return {"ok": len("".join(sign for sign in str(value) if sign.isdigit())) == 6, "to": MASKED}
