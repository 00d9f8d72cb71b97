"""The customer simulator: plays a transcript on one face of a flow, and says where it went another way than written.

At every step it also looks at what no transcript would write down: that texts keep within their limits, that nothing secret
stands in them, and that there is a way on.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from disposable import faces, filling, telling
from disposable.commands import Came
from disposable.definition import Flow
from disposable.dialog import FACT, LINK, THEM, Dialog, Line, Speak
from disposable.filling import NoSuchOption
from disposable.render import voice
from disposable.scenes import TYPED, Act, Transcript, Transcripts, duration
from disposable.state import Happened
from disposable.steps import CHANGE

Json: TypeAlias = Any
MOST_STEPS_BACK = 20


class Unlike(Exception):
    """Something went another way than the transcript says. The message says what was expected, and what stood there."""


@dataclass(frozen=True, slots=True)
class Played:
    """A transcript played on one face: what was said on both sides, and what went wrong, "" for nothing."""

    transcript: str
    face: str
    lines: tuple[Line, ...]
    failure: str = ""


def play_all(flow: Flow, transcripts: Transcripts, speak: Speak, on: str = "") -> Iterable[Played]:
    """Each transcript on each of its faces, or on one only."""
    for transcript in transcripts.all:
        for face in transcript.on:
            if on in ("", face):
                yield play(flow, transcript, face, speak, transcripts.file)


def play(flow: Flow, transcript: Transcript, face: str, speak: Speak, file: str = "flow.test.yaml") -> Played:
    """One transcript on one face."""
    return _played(flow, transcript, face, speak, file)[0]


def happened(flow: Flow, transcript: Transcript, face: str, speak: Speak) -> list[Happened]:
    """All events of a run as the transcript has it, up to where it fails."""
    return _played(flow, transcript, face, speak, "")[1]


def _played(flow: Flow, transcript: Transcript, face: str, speak: Speak, file: str) -> tuple[Played, list[Happened]]:
    player = _Player(flow, transcript, face, speak)
    line, failure = transcript.line, ""
    try:
        player.look_over()
        for act in transcript.acts:
            if face in (act.on or transcript.on):
                line = act.line
                player.act(act)
        player.finish()
    except Unlike as unlike:
        failure = f"{file}:{line}: `{transcript.name}` on {face}: {unlike}"
    return Played(transcript.name, face, tuple(player.dialog.log), failure), player.dialog.happened


class _Player:
    def __init__(self, flow: Flow, transcript: Transcript, face: str, speak: Speak) -> None:
        self.flow = flow
        self.dialog = Dialog(flow, transcript.scene, face, speak)
        self.fact = ""
        self.secrets = telling.secrets(flow, transcript.scene.context)

    def act(self, act: Act) -> None:
        try:
            getattr(self, f"on_{act.verb}")(act.value)
        except NoSuchOption as missing:
            near = difflib.get_close_matches(missing.wanted, missing.offered, 1, 0.4)
            hint = f": did you mean `{near[0]}`?" if near else ""
            raise Unlike(self.stood(f"`{missing.wanted}` is not offered here{hint}")) from None
        self.look_over()

    # what the customer does

    def on_pick(self, wanted: Json) -> None:
        self.unlock()
        dialog, screen = self.dialog, self.dialog.screen()
        option = filling.find(filling.offered(screen), wanted)
        if dialog.face == "web":
            dialog.act(f"[{option.label}]")
            self.moved(dialog.post({option.name: option.value}))
        else:
            self.choose(filling.words(screen, dialog.face, option.value))
            self.settle()
        error = dialog.state.error
        if error is not None and error.step == screen.step:
            raise Unlike(self.stood(f"`{wanted}` was not taken"))

    def on_fill(self, value: Json) -> None:
        self.unlock()
        dialog, screen = self.dialog, self.dialog.screen()
        if not screen.fields or screen.kind != "step":
            raise Unlike(self.stood("there is no field to fill in here"))
        if dialog.face == "web":
            given = filling.form(screen, screen.fields[0], value)
            dialog.act(f"{screen.fields[0].label or screen.ask}: {telling.plain(given)}")
            self.moved(dialog.post(given))
        else:
            self.choose(filling.words(screen, dialog.face, value))
            self.settle()

    def choose(self, words: str) -> None:
        """Types an answer; on the phone a long menu is listened to until the number is read out."""
        dialog = self.dialog
        if dialog.face == "voice" and len(filling.menu(dialog.screen())) > voice.PAGE and words.isdecimal():
            for _ in range((int(words) - 1) // voice.PAGE):
                self.typed("0")
            words = str((int(words) - 1) % voice.PAGE + 1)
        self.typed(words)

    def on_skip(self, _: Json) -> None:
        self.unlock()
        dialog, screen = self.dialog, self.dialog.screen()
        if not screen.fields or screen.fields[0].required:
            raise Unlike(self.stood("nothing can be left out here"))
        if dialog.face == "web":
            dialog.act("[nothing]")
            self.moved(dialog.post({screen.fields[0].name: ""}))
        else:
            self.typed(faces.skip(dialog.face, screen))

    def on_say(self, text: Json) -> None:
        self.typed(str(text))

    def on_confirm(self, yes: bool) -> None:
        if self.dialog.state.guess is None:
            raise Unlike(self.stood("nothing is asked to be confirmed here"))
        self.typed(filling.words(self.dialog.screen(), self.dialog.first, "yes" if yes else "no"))

    def settle(self) -> None:
        """A plain answer that was only guessed is confirmed, as the customer would."""
        if self.dialog.state.guess is not None:
            self.on_confirm(True)

    def on_back(self, _: Json) -> None:
        dialog = self.dialog
        if dialog.face != "web":
            self.typed(faces.back(dialog.face, dialog.screen()))
            return
        back = dialog.screen().back
        if back is None:
            raise Unlike(self.stood("there is no way back here"))
        dialog.act("[<]")
        dialog.look(back)

    def on_revise(self, step: str) -> None:
        """Back to an earlier step: its page is opened again; in words one says what to change, or goes back until there."""
        dialog = self.dialog
        if step not in dialog.state.earlier:
            raise Unlike(self.stood(f"step `{step}` cannot be gone back to"))
        self.change(step)
        for _ in range(MOST_STEPS_BACK):
            if dialog.face == "web" or dialog.state.step == step:
                break
            self.on_back(True)
        if dialog.state.step != step:
            dialog.act(f"[< {step}]")
            dialog.look(step)

    def change(self, step: str) -> None:
        """Where answers are looked over in words, one of them is picked to be changed."""
        for wanted in (CHANGE, step):
            there = {option.value for option in filling.menu(self.dialog.screen())}
            if self.dialog.face != "web" and wanted in there:
                self.choose(filling.words(self.dialog.screen(), self.dialog.face, wanted))

    def on_person(self, _: Json) -> None:
        dialog = self.dialog
        if dialog.face == "web":
            dialog.act("[person]")
            self.moved(dialog.person())
        else:
            self.typed("agent")

    def unlock(self) -> bool:
        """On the page of a link, tells again who they are: by the code that is texted, and by the fact if it is asked for.
        Whether a code was typed."""
        dialog, typed = self.dialog, False
        if dialog.first == "web" or dialog.face != "web":
            return False
        if dialog.locked:
            dialog.act("[code]")
            dialog.code()
            typed = True
        if self.fact and dialog.screen().verify == "fact":
            dialog.act(self.fact)
            dialog.prove(self.fact)
        return typed

    def on_prove(self, what: Json) -> None:
        unlocked = self.unlock()
        dialog, screen = self.dialog, self.dialog.screen()
        if screen.kind != "verify" and unlocked and what == "code":
            return
        if screen.kind != "verify":
            raise Unlike(self.stood("nothing asks who is there"))
        if what == "code":
            dialog.act("[code]")
            self.moved(dialog.code())
        elif dialog.face == "web":
            dialog.act(f"{screen.ask}: {what}")
            self.moved(dialog.prove(str(what)))
        else:
            self.typed(str(what))
        if what != "code" and dialog.acting.sure:
            self.fact = str(what)

    def on_returned(self, _: Json) -> None:
        self.unlock()
        self.dialog.act("[comes back]")
        self.moved(self.dialog.post({"choice": "returned"}))

    def typed(self, text: str) -> None:
        dialog = self.dialog
        dialog.log.append(Line(THEM, text, dialog.first))
        turned = dialog.at
        if not dialog.type(text) and dialog.at == turned:
            raise Unlike(self.stood(f"nothing came of `{text}`"))

    def moved(self, happened: object) -> None:
        if not happened:
            raise Unlike(self.stood("nothing came of it"))

    # what happens outside

    def on_event(self, event: Mapping[str, Json]) -> None:
        self.dialog.note(f"{event['kind']} {telling.plain(event.get('body', {}))}")
        self.moved(self.dialog.tell(Came(event["kind"], event.get("body", {}), self.dialog.tier)))

    def on_wait(self, time: Json) -> None:
        self.dialog.note(f"{time} later")
        self.dialog.pass_time(duration(str(time)))

    def on_agent(self, what: Json) -> None:
        told: Mapping[str, Json] = what if isinstance(what, dict) else {what: True}
        if told.get("set"):
            self.dialog.know(told["set"])
        for way in ("then", "otherwise", "step"):
            if told.get(way):
                self.dialog.note(f"agent: {way}")
                self.moved(self.dialog.resume(way))

    def on_take(self, slot: Json) -> None:
        if not self.dialog.company.take(str(slot)):
            raise Unlike(f"there is no free slot `{slot}` for somebody else to take")
        self.dialog.note(f"somebody else takes {slot}")

    # what is looked for

    def on_see(self, wanted: Json) -> None:
        for text in self.wanted(wanted):
            if not any(telling.loose(text) in telling.loose(stands) for _, stands in self.dialog.stood):
                raise Unlike(self.stood(f"expected to see `{text}`", near=text))

    def on_unseen(self, wanted: Json) -> None:
        for text in self.wanted(wanted):
            if any(telling.loose(text) in telling.loose(stands) for _, stands in self.dialog.stood):
                raise Unlike(self.stood(f"`{text}` should not stand here"))

    def wanted(self, found: Json) -> list[str]:
        if isinstance(found, dict):
            found = found.get(self.dialog.first, [])
        return list(map(str, found)) if isinstance(found, list) else [str(found)]

    def on_at(self, step: str) -> None:
        if self.dialog.state.step != step or self.dialog.state.status == "ended":
            raise Unlike(self.stood(f"expected to be at step `{step}`"))

    def on_end(self, step: str) -> None:
        if self.dialog.state.status != "ended" or self.dialog.state.outcome != step:
            raise Unlike(self.stood(f"expected to have ended at `{step}`"))

    def on_handed(self, team: str) -> None:
        handed = self.dialog.state.handover
        if handed is None or handed.team != team:
            where = f", not to {handed.team}" if handed else ""
            raise Unlike(self.stood(f"expected to be handed to {team}{where}"))

    def stood(self, message: str, near: str = "") -> str:
        """The message, and what stands now: where the run is, all that can be read, and the line most like the wanted one."""
        dialog = self.dialog
        where = f"the run is at `{dialog.state.step}` ({dialog.state.status})"
        lines = [line for _, text in dialog.stood for line in text.splitlines()]
        shown = "".join(f"\n    | {line}" for line in lines)
        return f"{message}; {where}, and there stands:{shown}{telling.difference(near, lines)}"

    # what holds at every step

    def look_over(self) -> None:
        dialog = self.dialog
        for face, text in dialog.stood:
            if problem := faces.too_long(face, text):
                raise Unlike(self.stood(problem))
            if face in TYPED and (
                told := next(
                    (n for n, value in self.secrets if telling.holds(text, value) and not self.wrote(value)), ""
                )
            ):
                raise Unlike(self.stood(f"the secret value of `{told}` stands in a text"))
        screen = dialog.screen(dialog.first)
        if dialog.on_link and not faces.names_link(dialog.first, screen, dialog.words, LINK, dialog.stood[0][1]):
            raise Unlike(self.stood(f"{dialog.first} cannot show this step and does not name the link"))
        if telling.stuck(dialog.screen()):
            raise Unlike(self.stood("there is no way on from here"))

    def wrote(self, value: str) -> bool:
        """Whether the customer wrote it themselves: their own last name, in a field for the name."""
        return any(telling.holds(answer.label, value) for answer in self.dialog.state.answers.values())

    def finish(self) -> None:
        for call in self.dialog.company.unanswered:
            raise Unlike(f"the flow calls `{call}`: write what it answers under `calls: {{{call}: {{...}}}}`")


def dialog_lines(played: Played) -> Iterable[str]:
    """What was said on both sides, to be read: `<` is the flow, `>` the customer."""
    for line in played.lines:
        mark = {THEM: ">", FACT: "*"}.get(line.by, "<")
        first, *rest = line.text.splitlines() or [""]
        where = "" if line.face == played.face else f" ({line.face})"
        yield f"  {mark}{where} {first}"
        yield from (f"    {one}" for one in rest)
        if line.buttons:
            yield f"    {' '.join(f'[{label}]' for label in line.buttons)}"
