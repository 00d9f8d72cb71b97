"""What the editor of /desk/flows asks for while one types: mistakes, the five faces, and saving."""

from __future__ import annotations

from typing import Annotated, Any

from flask import current_app
from pydantic import BaseModel, ConfigDict, Field

from widget_server.actions import authoring, trying
from widget_server.actions.access import Seat
from widget_server.actions.authoring import Overtaken, Texts
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World, row_of
from widget_server.aside import aside
from widget_server.assets import Assets
from widget_server.clock import to_wire
from widget_server.web.apps.drawing import Drawing
from widget_server.web.operations import Answer, Call, Model, Operations
from widget_server.web.panes import Panes

DESK = ("desk",)
File = Annotated[str, Field(max_length=16)]
Text = Annotated[str, Field(max_length=300_000)]


class Told(BaseModel):
    """What the page is told: its own server is the only one that ever asks for it."""

    model_config = ConfigDict(extra="allow")


class Written(Model):
    """One file as it stands in the editor."""

    file: File
    text: Text


class Saved(Written):
    mark: str = Field(max_length=80)


class Played(Written):
    acts: dict[str, list[dict[str, Any]]]
    locale: str = Field("", max_length=35)


def operations(world: World, assets: Assets) -> Operations:
    """The table. `assets` are what pages are drawn with."""
    table, drawing = Operations(), Drawing(assets, world.words)

    @table.add("POST", "/desk/api/flows/{name}/check", auth=DESK, answer=Told)
    def check_flow(call: Call, name: str, body: Written) -> dict[str, Any]:
        """Every mistake in a flow, with what stands in the editor in place of one of its files."""
        held = _typed(call, name, body)
        found = trying.check(call.world, call.who, held)
        mistakes = [{"file": one.file, "line": one.line, "message": one.message} for one in found.mistakes]
        return {"file": held.called(body.file), "mistakes": mistakes, "lacking": found.lacking.get(body.file, [])}

    @table.add("POST", "/desk/api/flows/{name}/draft", auth=DESK, answer=Told)
    def save_flow(call: Call, name: str, body: Saved) -> Any:
        """Save one file of the draft, if nobody did since it was read."""
        try:
            mark = authoring.save(call.world, call.who, name, body.file, body.text, body.mark)
        except Overtaken as overtaken:
            facts = {"code": "conflict", "by": overtaken.by, "at": to_wire(overtaken.at)}
            return Answer(facts, status=409)
        return {"mark": mark}

    @table.add("POST", "/desk/api/flows/{name}/play", auth=DESK, answer=Told)
    def play_flow(call: Call, name: str, body: Played) -> dict[str, Any]:
        """What stands on each face of the flow after what was done there."""
        with call.world.store.read() as tx:
            look = row_of(tx, call.who.site).look
        panes = Panes(drawing, current_app.jinja_env, look)
        playground = trying.playground(call.world, call.who, _typed(call, name, body))
        return aside(lambda: panes.all(playground, body.acts, body.locale))

    return table


def _typed(call: Call, name: str, body: Written) -> Texts:
    if not authoring.is_file(body.file):
        raise NotFound("file", body.file)
    who: Seat = call.who
    return trying.typed(authoring.texts(call.world, who, name), body.file, body.text)
