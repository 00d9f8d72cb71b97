"""Opening a flow with all that belongs to it: the flows it runs, and its translations, each with its own file and lines."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

import babel

from disposable import source
from disposable.definition import Step
from disposable.known import meant
from disposable.reading import Reader
from disposable.spots import Spot, Where
from disposable.subflows import MAX_STEPS, Part, joined
from disposable.translating import Translation
from disposable.values import Values

MAX_DEPTH = 4


class Opener:
    """Reads files once each; what is wrong with any of them is in `mistakes`."""

    def __init__(self, find: Callable[[str], str | None]) -> None:
        self.find = find
        self.mistakes: list[tuple[Spot, str]] = []
        self.opened: dict[str, Part | None] = {}

    def open(self, text: str, file: str, translations: Mapping[str, str], running: tuple[str, ...] = ()) -> Part | None:
        """The flow, whole; None if there is nothing to go on with."""
        reader = Reader()
        try:
            flow = reader.flow(source.compose(text))
        except source.SourceInvalid as error:
            self.mistakes.append(((file, error.line), error.reason))
            return None
        self.noted(reader, file)
        if flow is None:
            return None
        if running and flow.start and flow.start not in flow.steps:
            line = reader.line(("start",))
            self.mistakes.append(
                ((file, line), f"`start` names no step: `{flow.start}`{meant(flow.start, flow.steps)}")
            )
            return None
        part = Part(flow, _spots(reader, file), reader.broken, reader.lost)
        part = self.whole(part, file, tuple(translations), (*running, text))
        for language, words in translations.items():
            self.translation(part, language, words, _beside(file, PurePath(file).stem, language))
        if part.trees:
            part.flow = part.flow.but(translations=part.trees)
        return part

    def noted(self, reader: Values, file: str) -> None:
        self.mistakes += [((file, line), message) for line, message in reader.mistakes]

    # other flows

    def whole(self, part: Part, file: str, languages: tuple[str, ...], running: tuple[str, ...]) -> Part:
        found: dict[str, Part] = {}
        for name, step in part.flow.steps.items():
            if step.subflow and step.kind == "subflow":
                inner = self.other(part, name, step, file, languages, running)
                if inner is None:
                    part.loose = part.blind = True
                elif len(part.flow.steps) + sum(len(one.flow.steps) for one in (*found.values(), inner)) > MAX_STEPS:
                    self.wrong(part, name, f"the flow then has more than {MAX_STEPS} steps")
                else:
                    found[name] = inner
        return joined(part, found)

    def other(
        self, part: Part, name: str, step: Step, file: str, languages: tuple[str, ...], running: tuple[str, ...]
    ) -> Part | None:
        called = step.subflow or ""
        text = self.find(called)
        if text is None:
            self.wrong(part, name, f"there is no flow `{called}` beside this one")
        elif text in running:
            self.wrong(part, name, f"`{called}` runs itself in the end: a flow cannot be inside itself")
        elif len(running) > MAX_DEPTH:
            self.wrong(part, name, f"`{called}` is the {MAX_DEPTH + 1}th flow inside another: {MAX_DEPTH} at most")
        else:
            if called not in self.opened:
                found = {language: words for language in languages if (words := self.find(f"{called}.{language}"))}
                self.opened[called] = self.open(text, _beside(file, called), found, running)
            return self.opened[called]
        return None

    def wrong(self, part: Part, name: str, message: str) -> None:
        where = ("steps", name, "subflow")
        part.broken.add(where)
        part.loose = part.blind = True
        self.mistakes.append((part.spot(where), f"`subflow`: {message}"))

    # translations

    def translation(self, part: Part, language: str, text: str, file: str) -> None:
        places: dict[Where, Spot] = {(): (file, 1)}
        part.tree_places[language] = places | part.tree_places.get(language, {})
        part.tree_broken.setdefault(language, set())
        part.trees.setdefault(language, {})
        if not _is_language(language):
            self.mistakes.append(((file, 1), f"`{language}` is no language: name the file like flow.de.yaml"))
            return
        try:
            root = source.compose(text)
        except source.SourceInvalid as error:
            self.mistakes.append(((file, error.line), error.reason))
            return
        reader = Translation(part.flow.plain())
        tree = reader.tree(root)
        self.noted(reader, file)
        part.tree_places[language] |= _spots(reader, file)
        part.tree_broken[language] |= reader.broken
        own = part.trees[language]
        for key in ("steps", "layers"):
            if key in own or key in tree:
                tree[key] = own.get(key, {}) | tree.get(key, {})
        part.trees[language] = tree


def _spots(reader: Values, file: str) -> dict[Where, Spot]:
    return {where: (file, line) for where, line in reader.lines.items()}


def _beside(file: str, *names: str) -> str:
    """The file of another flow, or of a translation, as it stands beside this one."""
    return str(PurePath(file).with_name(f"{'.'.join(names)}.yaml"))


def _is_language(name: str) -> bool:
    try:
        babel.Locale.parse(name.replace("-", "_"))
    except (ValueError, babel.UnknownLocaleError):
        return False
    return True
