"""Reading transcripts: what a customer does and sees, written down beside a flow, and the circumstances it happens in.

Every mistake is reported at once with its line, as for flows. The format is described in templates/docs/transcripts.md.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import yaml

from disposable import source
from disposable.definition import ContextInvalid, Flow, check_context
from disposable.loading import Mistake
from disposable.scenes import (
    FACES,
    LAYER,
    NOW,
    SCENE,
    TYPED,
    VERBS,
    Act,
    Scene,
    Transcript,
    Transcripts,
    duration,
    faces,
    milliseconds,
)
from disposable.transcript_values import CHECKS, READ, TAKES

__all__ = [
    "FACES",
    "LAYER",
    "NOW",
    "SCENE",
    "TYPED",
    "VERBS",
    "Act",
    "Scene",
    "Transcript",
    "Transcripts",
    "TranscriptsInvalid",
    "duration",
    "faces",
    "milliseconds",
    "read",
]

Json: TypeAlias = Any
Where: TypeAlias = tuple[str | int, ...]


class TranscriptsInvalid(ValueError):
    """The file has `mistakes`, in the order of their lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def read(text: str, flow: Flow, file: str = "flow.test.yaml") -> Transcripts:
    """Raises TranscriptsInvalid with every mistake."""
    try:
        root = source.compose(text)
    except source.SourceInvalid as error:
        raise TranscriptsInvalid([Mistake(file, error.line, error.reason)]) from None
    reader = _Reader(flow)
    found = reader.file(reader.plain((), root))
    if reader.mistakes:
        ordered = sorted(set(reader.mistakes))
        raise TranscriptsInvalid([Mistake(file, line, message) for line, message in ordered])
    return Transcripts(file, *found)


class _Reader:
    """Reads one file; what is wrong is noted, and reading goes on."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.lines: dict[Where, int] = {(): 1}
        self.mistakes: list[tuple[int, str]] = []

    def plain(self, where: Where, node: yaml.Node) -> Json:
        """The value of a node as plain JSON; where each part of it stands is remembered."""
        self.lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping_of(where, node)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain((*where, index), inner) for index, inner in enumerate(node.value)]
        return _scalar(node)

    def mapping_of(self, where: Where, node: yaml.MappingNode) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for key, value in source.pairs(node):
            name = str(key.value)
            self.lines[*where, name] = key.start_mark.line + 1
            if name in made:
                self.wrong((*where, name), f"`{name}` stands here twice: keep one")
            made[name] = self.plain((*where, name), value)
        return made

    def wrong(self, where: Where, message: str) -> None:
        while where not in self.lines:
            where = where[:-1]
        self.mistakes.append((self.lines[where], message))

    def file(self, found: Json) -> tuple[Scene, tuple[Transcript, ...]]:
        keys = self.mapping((), found, (*SCENE, "transcripts"), "a test file")
        scene = self.scene((), keys, Scene(context=self.flow.example, now=milliseconds(NOW)))
        stories = keys.get("transcripts")
        if not isinstance(stories, dict) or not stories:
            self.wrong(("transcripts",), "write `transcripts: {NAME: {steps: [...]}}`, at least one")
            return scene, ()
        made = tuple(self.transcript(("transcripts", name), name, story, scene) for name, story in stories.items())
        if not any(line.startswith("context") for _, line in self.mistakes):
            self.contexts(made)
        return scene, made

    def contexts(self, made: tuple[Transcript, ...]) -> None:
        """What the flow is tried with has to be what a link could be minted with."""
        for transcript in made:
            where: Where = ("transcripts", transcript.name, "context")
            try:
                check_context(self.flow, transcript.scene.context)
            except ContextInvalid as invalid:
                for name, message in invalid.mistakes:
                    place = where if where in self.lines else ("context",)
                    self.wrong((*place, *name.split(".")), f"context.{name}: {message}")

    def transcript(self, where: Where, name: str, found: Json, scene: Scene) -> Transcript:
        if isinstance(found, list):
            self.wrong(where, f"transcript `{name}` is a list: write it under `steps:`")
        keys = self.mapping(where, found, (*SCENE, "on", "steps"), f"transcript `{name}`")
        there = faces(self.flow)
        on = self.faces((*where, "on"), keys["on"], there) if "on" in keys else there
        steps = keys.get("steps")
        if not isinstance(steps, list) or not steps:
            self.wrong((*where, "steps"), f"transcript `{name}` has no `steps`: write a list of what is done and seen")
            steps = []
        acts = tuple(self.acts((*where, "steps"), steps, on))
        return Transcript(name, on, acts, self.scene(where, keys, scene), self.lines[where])

    def faces(self, where: Where, found: Json, allowed: Collection[str]) -> tuple[str, ...]:
        named = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        if not named:
            self.wrong(where, f"`on` names channels: {', '.join(allowed)}")
        for name in named:
            if name not in allowed:
                self.wrong(where, self.not_on(name))
        return tuple(face for face in allowed if face in named)

    def not_on(self, name: str) -> str:
        if name not in FACES:
            return f"unknown channel `{name}`{_meant(name, FACES)}"
        there = name in faces(self.flow)
        return f"this story is not told on {name}: add it to its own `on`" if there else f"the flow leaves {name} out"

    def acts(self, where: Where, steps: list[Json], on: tuple[str, ...]) -> Iterator[Act]:
        for index, step in enumerate(steps):
            place = (*where, index)
            keys = self.mapping(place, step, (*VERBS, "on"), "a step")
            verbs = [verb for verb in VERBS if verb in keys]
            if len(verbs) != 1:
                many = "and ".join(f"`{verb}` " for verb in verbs)
                self.wrong(place, f"one thing a step: {many or 'nothing '}stands here")
                continue
            act = Act(verbs[0], keys[verbs[0]], self.lines[place])
            act = replace(act, on=self.faces((*place, "on"), keys["on"], on) if "on" in keys else ())
            self.sense((*place, act.verb), act, on)
            yield act

    def sense(self, where: Where, act: Act, on: tuple[str, ...]) -> None:
        """Whether the value is one the verb can take."""
        verb, value = act.verb, act.value
        if verb == "say" and (silent := [face for face in act.on or on if face not in TYPED]):
            self.wrong(where, f"nothing is said on {', '.join(silent)}: use `pick` or `fill`, or `on: [sms, ...]`")
        if problem := CHECKS[verb](value):
            self.wrong(where, f"`{verb}` takes {problem}")
        elif verb in ("at", "end", "revise") and value not in self.flow.steps:
            self.wrong(where, f"there is no step `{value}`{_meant(value, self.flow.steps)}")

    def scene(self, where: Where, keys: Mapping[str, Json], scene: Scene) -> Scene:
        for name in SCENE:
            if name not in keys:
                continue
            try:
                scene = replace(scene, **{name: READ[name](keys[name], scene)})
            except (ValueError, TypeError, AttributeError, KeyError):
                self.wrong((*where, name), f"`{name}` takes {TAKES[name]}")
        return scene

    def mapping(self, where: Where, found: Json, keys: Collection[str], what: str) -> dict[str, Json]:
        if not isinstance(found, dict):
            self.wrong(where, f"{what} is a mapping of {', '.join(keys)}")
            return {}
        for name in found:
            if name not in keys:
                self.wrong((*where, name), f"unknown key `{name}` in {what}{_meant(name, keys)}")
        return found


def _scalar(node: yaml.Node) -> Json:
    text = str(node.value)
    if node.tag == source.NULL:
        return None
    if node.tag == source.BOOL:
        return text.lower() == "true"
    if node.tag == source.INT:
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if node.tag == source.FLOAT else text


def _meant(wrong: object, known: Collection[str]) -> str:
    near = difflib.get_close_matches(str(wrong), list(known), 1, 0.5)
    return f": did you mean `{near[0]}`?" if near else f": one of {', '.join(known)}"
