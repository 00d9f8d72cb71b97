"""/desk/flows: where flows are written, tried and published. Plain pages and forms; static/js/desk/flows makes writing quicker.

What the editor asks for while one types is in desk_flow_api.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from disposable.values import WORD
from widget_server.actions import authoring, dropoff, flows, trying
from widget_server.actions.access import Seat
from widget_server.actions.authoring import FLOW, TESTS, Overtaken, Texts
from widget_server.actions.errors import Invalid, NotFound
from widget_server.actions.world import World
from widget_server.assets import Assets
from widget_server.store import steps
from widget_server.web.desk_flow_api import operations
from widget_server.web.desk_room import Room, to
from widget_server.web.guards import Guards
from widget_server.web.operations import Gate

SAID = (
    *(
        "preview.",
        "desk.flows.try.",
        "desk.flows.mistakes.",
        "desk.flows.sound",
        "desk.flows.sav",
        "desk.flows.unsaved",
    ),
    *("desk.flows.again", "desk.flows.offline", "desk.flows.failed"),
)
"""Beginnings of the words that the editor's script says."""


def blueprint(world: World, guards: Guards, assets: Assets, gate: Gate) -> Blueprint:
    """The routes; `gate` stands before what scripts ask for."""
    made = Blueprint("flows", __name__)
    pages = Pages(Room(world, guards, assets), world, assets)
    one = "/desk/flows/<name>"
    for path, get, post in (
        ("/desk/flows", pages.all, pages.begin),
        (one, pages.editor, pages.write),
        (f"{one}/publish", pages.review, pages.publish),
        (f"{one}/versions", pages.versions, pages.change_version),
        (f"{one}/figures", pages.figures, None),
        (f"{one}/channels", pages.channels, None),
    ):
        made.add_url_rule(path, view_func=pages.room.seated(get))
        if post is not None:
            made.add_url_rule(path, view_func=pages.room.written(post), methods=["POST"])
    made.register_blueprint(operations(world, assets).blueprint("api", world, gate))
    return made


@dataclass(frozen=True)
class Pages:
    """What an author's browser shows."""

    room: Room
    world: World
    assets: Assets

    # all flows

    def all(self, who: Seat, problem: str = "", name: str = "", status: int = 200) -> Response:
        """The flows of the site, and what one may begin from."""
        there = authoring.listed(self.world, who)
        wanted = request.values.get("from", "")
        source = wanted if any(wanted == one for one, _ in authoring.gallery()) else ""
        free = name or _free(source, {one["name"] for one in there})
        facts: dict[str, Any] = {"name": free, "source": source, "problem": problem}
        return self.room.page(who, "desk/flows.html", status, flows=there, gallery=authoring.gallery(), **facts)

    def begin(self, who: Seat) -> Response:
        """A new draft."""
        name, source = request.form.get("name", "").strip(), request.form.get("from", "")
        try:
            authoring.begin(self.world, who, name, self._beginning(source, name))
        except Invalid as invalid:
            return self.all(who, f"desk.flows.name.{invalid.mistakes[0][1]}", name, 422)
        return to("desk.flows.editor", name=name)

    def _beginning(self, source: str, name: str) -> Mapping[str, str]:
        if source:
            return authoring.shipped(source, name)
        folder = self.assets.templates / "flow"
        lines = (folder / "new.yaml").read_text("utf-8").splitlines(keepends=True)
        # The first line is for editors that run on the author's own machine.
        text = "".join(line for line in lines if not line.startswith("# yaml-language-server"))
        tests = (folder / "new.test.yaml").read_text("utf-8")
        return {FLOW: text.replace("app: my-flow", f"app: {name}", 1), TESTS: tests}

    # one flow

    def editor(self, who: Seat, name: str) -> Response:
        """One file of a flow, to be written."""
        file = request.args.get("file", "")
        return self._editor(who, authoring.texts(self.world, who, name), file)

    def write(self, who: Seat, name: str) -> Response:
        """What the page's form does without a script: save, check, or throw the draft away."""
        form = request.form
        act, file, text, mark = (form.get(one, "") for one in ("act", "file", "text", "mark"))
        if act == "drop":
            authoring.drop(self.world, who, name)
            return to("desk.flows.versions", name=name)
        if act == "check":
            held = trying.typed(authoring.texts(self.world, who, name), file, text)
            return self._editor(who, held, file, typed=text, mark=mark)
        try:
            authoring.save(self.world, who, name, file, text, mark)
        except Overtaken as overtaken:
            held = authoring.texts(self.world, who, name)
            return self._editor(who, held, file, typed=text, mark=overtaken.mark, overtaken=overtaken)
        except Invalid as invalid:
            held = authoring.texts(self.world, who, name)
            problem = f"desk.flows.save.{invalid.mistakes[0][1]}"
            return self._editor(who, held, file, typed=text, mark=mark, problem=problem)
        return to("desk.flows.editor", name=name, **({"file": file} if file and text.strip() else {}))

    def _editor(
        self,
        who: Seat,
        held: Texts,
        file: str,
        *,
        typed: str | None = None,
        mark: str = "",
        overtaken: Overtaken | None = None,
        problem: str = "",
    ) -> Response:
        if not authoring.is_file(file):
            raise NotFound("file", file)
        text = held.files.get(file, "") if typed is None else typed.replace("\r\n", "\n")
        checked = trying.check(self.world, who, trying.typed(held, file, text))
        status = 409 if overtaken else 422 if problem else 200
        return self.room.page(
            who,
            "desk/flow.html",
            status,
            held=held,
            tab="write",
            file=file,
            files=[FLOW, TESTS, *held.languages, *([file] if file not in (FLOW, TESTS, *held.languages) else [])],
            text=text,
            mark=mark or held.mark(file),
            checked=checked,
            lacking=checked.lacking.get(file, []),
            overtaken=overtaken,
            differences=_differences(overtaken.text, text) if overtaken else [],
            problem=problem,
            boot=self.room.boot(flow=held.name, file=file, kept=typed is None),
            words=self.room.words(*SAID),
            languages=self.world.words.languages,
            spoken=list(dict.fromkeys((*self.world.words.languages, *held.languages))),
        )

    def review(self, who: Seat, name: str, problem: str = "", status: int = 200) -> Response:
        """What publishing would do."""
        held = authoring.texts(self.world, who, name)
        found = trying.review(self.world, who, held)
        with self.world.store.read() as tx:
            running = steps.running(tx, who.site).get(name, 0)
        facts: dict[str, Any] = {
            "held": held,
            "tab": "publish",
            "review": found,
            "running": running,
            "problem": problem,
        }
        return self.room.page(who, "desk/flow_publish.html", status, **facts)

    def publish(self, who: Seat, name: str) -> Response:
        """Publishes what was seen."""
        try:
            trying.publish(self.world, who, name, request.form.get("note", "").strip(), request.form.get("seen", ""))
        except Overtaken:
            return self.review(who, name, "desk.flows.publish.overtaken", 409)
        except Invalid:
            return self.review(who, name, status=422)
        return to("desk.flows.versions", name=name, done="published")

    def versions(self, who: Seat, name: str) -> Response:
        """What became of it: versions, what they changed, and who saved what."""
        held = authoring.texts(self.world, who, name)
        try:
            history = flows.history(self.world, who.site, name)
        except NotFound:
            history = []
        one, other = request.args.get("a", ""), request.args.get("b", "")
        changes = self._diff(who, name, one, other) if one and other else None
        facts: dict[str, Any] = {
            "held": held,
            "tab": "versions",
            "history": history,
            "versions": _once(history),
            "changes": changes,
            "a": one,
            "b": other,
        }
        saves = authoring.saves(self.world, who, name)
        shown = authoring.saved(self.world, who, name, request.args["save"]) if "save" in request.args else None
        done = request.args.get("done", "") == "published"
        return self.room.page(who, "desk/flow_versions.html", saves=saves, shown=shown, done=done, **facts)

    def _diff(self, who: Seat, name: str, one: str, other: str) -> list[str]:
        old, new = (flows.version(self.world, who.site, name, hash_) for hash_ in (one, other))
        return flows.diff(old, new)

    def change_version(self, who: Seat, name: str) -> Response:
        """Takes the flow back, or brings an earlier version or save back into the draft."""
        form = request.form
        if form.get("act") == "unpublish":
            trying.unpublish(self.world, who, name, form.get("note", "").strip())
            return to("desk.flows.versions", name=name)
        if form.get("act") == "take_up":
            file = authoring.take_up(self.world, who, name, form.get("save", ""))
            return to("desk.flows.editor", name=name, **({"file": file} if file else {}))
        authoring.bring_back(self.world, who, name, form.get("version", ""))
        return to("desk.flows.editor", name=name)

    def figures(self, who: Seat, name: str) -> Response:
        """Where customers leave it."""
        held, version = authoring.texts(self.world, who, name), request.args.get("version", "")
        found = dropoff.of(self.world, who, name, version) if self._was_published(who, name) else None
        most = max((step.all.entered for step in found.steps), default=0) if found else 0
        versions = _once(flows.history(self.world, who.site, name)) if found else []
        facts: dict[str, Any] = {"held": held, "tab": "figures", "found": found, "most": most, "version": version}
        return self.room.page(who, "desk/flow_figures.html", versions=versions, days=dropoff.DAYS, **facts)

    def _was_published(self, who: Seat, name: str) -> bool:
        try:
            return bool(flows.history(self.world, who.site, name))
        except NotFound:
            return False

    def channels(self, who: Seat, name: str) -> Response:
        """How each step stands on each channel."""
        held = authoring.texts(self.world, who, name)
        checked = trying.check(self.world, who, held)
        table = trying.table(checked.flow) if checked.flow else {}
        facts: dict[str, Any] = {"held": held, "tab": "channels", "checked": checked, "table": table}
        return self.room.page(who, "desk/flow_channels.html", **facts)


def _once(history: list[dict[str, str]]) -> list[dict[str, str]]:
    """Each version once, as it was published last, the newest first."""
    found: dict[str, dict[str, str]] = {}
    for one in history:
        if one["hash"]:
            found.setdefault(one["hash"], one)
    return list(found.values())


def _free(name: str, taken: set[str]) -> str:
    """The name, or the next one that nobody has."""
    names: list[str] = [name, *(f"{name}-{number}" for number in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken) if name and WORD.fullmatch(name) else ""


def _differences(theirs: str, mine: str) -> list[str]:
    """Their text to mine, as lines of a diff."""
    lines = difflib.unified_diff(theirs.splitlines(), mine.splitlines(), lineterm="", n=1)
    return [line for line in lines if not line.startswith(("---", "+++"))]
