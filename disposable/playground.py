"""A flow being written, tried on all its faces at once: its text and transcripts in, what stands on each face out.

Nothing is kept here: whoever asks hands in what was done so far on a face, and it is done again. So a flow that was just
changed is tried from where one stood, as far as what was done still fits it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from disposable import loading, transcripts
from disposable.commands import Came
from disposable.context import ContextType
from disposable.definition import ContextInvalid, Flow, check_context
from disposable.dialog import LINK, THEM, Dialog, Line, Speak
from disposable.loading import FlowInvalid, Mistake
from disposable.render import chat, ussd, voice
from disposable.render.ussd import Ussd
from disposable.screen import Screen
from disposable.transcripts import Scene, TranscriptsInvalid

Json: TypeAlias = Any

MOST_ACTS = 500
_SAMPLES: Mapping[str, Json] = {
    "number": 42,
    "date": "2026-12-01",
    "datetime": "2026-12-01T18:40:00+01:00",
    "yes or no": True,
    "any": "sample",
}


@dataclass(frozen=True, slots=True)
class Pane:
    """What stands on one face. `screen` is what the customer acts on: the face's own, or the page of its link (`on_link`).

    `fitted` counts the acts that still fit the flow; `lines` is what was said on both sides; `opened` what of the page was
    opened besides: code or pass; `event` what a wait is for, with what the transcripts say comes then; `unanswered` the
    calls of which they say nothing.
    """

    face: str
    screen: Screen
    lines: tuple[Line, ...]
    fitted: int
    step: str
    status: str
    on_link: bool = False
    opened: str = ""
    chat: Mapping[str, Json] | None = None
    ussd: Ussd | None = None
    voice: str = ""
    event: tuple[str, Json] | None = None
    unanswered: tuple[str, ...] = ()


class Playground:
    """A flow as it is written now, and everything wrong with it. Without a sound flow there is nothing to play."""

    def __init__(
        self,
        text: str,
        tests: str,
        speak: Speak,
        *,
        file: str = "flow.yaml",
        tests_file: str = "flow.test.yaml",
        load: Callable[[str, str], Flow] = loading.load,
    ) -> None:
        self.speak, self.file = speak, file
        self.texts = {file: text, tests_file: tests}
        self.mistakes: list[Mistake] = []
        self.flow = self._flow(text, load)
        self.scene = Scene(now=transcripts.milliseconds(transcripts.NOW))
        self.events: dict[str, Json] = {}
        if self.flow is not None:
            self._read(self.flow, tests, tests_file)

    def _flow(self, text: str, load: Callable[[str, str], Flow]) -> Flow | None:
        try:
            return load(text, self.file)
        except FlowInvalid as invalid:
            self.mistakes += invalid.mistakes
            return None

    def _read(self, flow: Flow, tests: str, tests_file: str) -> None:
        """The circumstances: those of the transcripts, else the flow's example, else made up."""
        self.scene = replace(self.scene, context=flow.example)
        if tests.strip():
            try:
                found = transcripts.read(tests, flow, tests_file)
            except TranscriptsInvalid as invalid:
                self.mistakes += invalid.mistakes
            else:
                self.scene = found.scene
                acts = [act for one in found.all for act in one.acts if act.verb == "event"]
                self.events = {act.value["kind"]: act.value.get("body", {}) for act in reversed(acts)}
        try:
            check_context(flow, self.scene.context)
        except ContextInvalid:
            made_up = {name: sample(name, kind) for name, kind in flow.context.items()}
            self.scene = replace(self.scene, context={**made_up, **_sound(flow, self.scene.context)})

    @property
    def faces(self) -> tuple[str, ...]:
        """The faces there are."""
        return transcripts.faces(self.flow) if self.flow is not None else ()

    def play(self, face: str, acts: Sequence[Mapping[str, Json]], locale: str = "") -> Pane:
        """What stands on a face after these acts; the first that does not fit, and all after it, are left out."""
        if self.flow is None:
            raise ValueError("a flow with mistakes cannot be played")
        scene = replace(self.scene, locale=locale) if locale else self.scene
        dialog = Dialog(self.flow, scene, face, self.speak)
        fitted = 0
        for act in acts[:MOST_ACTS]:
            if not perform(dialog, act):
                break
            fitted += 1
        return self._pane(dialog, fitted)

    def _pane(self, dialog: Dialog, fitted: int) -> Pane:
        face, state = dialog.first, dialog.state
        shown = dialog.screen(face)
        words, locale = dialog.words, dialog.scene.locale
        waits = state.waiting.kind if state.waiting is not None else ""
        return Pane(
            face,
            dialog.screen(),
            tuple(dialog.log),
            fitted,
            state.step,
            state.status,
            on_link=dialog.on_link,
            opened=dialog.opened,
            chat=chat.message(shown, words, LINK) if face == "chat" else None,
            ussd=ussd.page(shown, words, dialog.at, LINK) if face == "ussd" else None,
            voice=voice.twiml(shown, words, locale, "/", LINK) if face == "voice" else "",
            event=(waits, self.events.get(waits, {})) if waits else None,
            unanswered=tuple(dialog.company.unanswered),
        )


def perform(dialog: Dialog, act: Mapping[str, Json]) -> bool:
    """Does one act; whether anything came of it. `do` says which: post type prove open code look person event wait agent."""
    name = str(act.get("do"))
    what = _ACTS.get(name)
    if what is None or (name in _ON_PAGE and dialog.face != "web") or (name == "type" and dialog.first == "web"):
        return False
    return what(dialog, act)


def _post(dialog: Dialog, act: Mapping[str, Json]) -> bool:
    given = act.get("given")
    there = act.get("step") in (None, dialog.screen("web").step)
    if not isinstance(given, Mapping) or not there:
        return False
    return bool(dialog.post(given))


def _type(dialog: Dialog, act: Mapping[str, Json]) -> bool:
    text, at = str(act.get("text", ""))[:1000], dialog.at
    dialog.log.append(Line(THEM, text, dialog.first))
    return bool(dialog.type(text)) or dialog.at != at


def _prove(dialog: Dialog, act: Mapping[str, Json]) -> bool:
    return bool(dialog.prove(str(act.get("raw", ""))[:200]))


def _look(dialog: Dialog, act: Mapping[str, Json]) -> bool:
    step = act.get("step")
    there = step == dialog.state.step or step in dialog.state.earlier
    if there:
        dialog.look(step)
    return there


def _wait(dialog: Dialog, act: Mapping[str, Json]) -> bool:
    ms = act.get("ms")
    if not isinstance(ms, int) or not 0 < ms <= 400 * 86_400_000:
        return False
    dialog.pass_time(ms)
    return True


def _event(dialog: Dialog, act: Mapping[str, Json]) -> bool:
    dialog.note(str(act.get("kind", "")))
    return bool(dialog.tell(Came(str(act.get("kind", "")), act.get("body", {}), dialog.tier)))


_ON_PAGE = ("post", "prove", "open", "code", "look", "person")
_ACTS: Mapping[str, Callable[[Dialog, Mapping[str, Json]], bool]] = {
    "post": _post,
    "type": _type,
    "prove": _prove,
    "open": lambda dialog, act: dialog.open(str(act.get("what", ""))),
    "code": lambda dialog, _: bool(dialog.code()),
    "look": _look,
    "person": lambda dialog, _: bool(dialog.person()),
    "event": _event,
    "wait": _wait,
    "agent": lambda dialog, act: bool(dialog.resume(str(act.get("to", "then")))),
}


def sample(name: str, kind: ContextType) -> Json:
    """A value of a type, to look at a flow that says no example: a text says what it stands for."""
    if isinstance(kind, dict):
        return {key: sample(key, inner) for key, inner in kind.items()}
    if isinstance(kind, list):
        return [_numbered(sample(name, inner), number) for inner in kind for number in (1, 2)]
    return _SAMPLES.get(str(kind), name.replace("_", " ").capitalize())


def _numbered(value: Json, number: int) -> Json:
    if isinstance(value, dict):
        return {key: _numbered(inner, number) for key, inner in value.items()}
    is_word = isinstance(value, str) and not value[:1].isdigit()
    return f"{value} {number}" if is_word else value


def _sound(flow: Flow, context: Mapping[str, Json]) -> Mapping[str, Json]:
    """The parts of a context that are as the flow wants them."""
    found = {}
    for name, value in context.items():
        if name not in flow.context:
            continue
        alone = flow.model_copy(update={"context": {name: flow.context[name]}, "steps": {}})
        try:
            check_context(alone, {name: value})
        except ContextInvalid:
            continue
        found[name] = value
    return found
