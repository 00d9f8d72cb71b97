"""The widget: its loader, its panel, and the few endpoints the panel has beside /v1.

The panel has no cookie. A customer signs in by the identity token that the company's own server signed, or is a visitor; both
get an opaque token, which the panel keeps. The page around the panel never sees that token: it is given a ticket that can
only ask how much is unread.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import Blueprint, Response, make_response, render_template, request
from pydantic import Field, ValidationError

from widget_server.actions import widget
from widget_server.actions.access import Grant
from widget_server.actions.errors import NotFound, Refused
from widget_server.actions.signing import BadNonce
from widget_server.actions.world import World
from widget_server.assets import Assets
from widget_server.web import headers
from widget_server.web.chat_words import chat_words
from widget_server.web.guards import Guards
from widget_server.web.inline import Inline
from widget_server.web.operations import Model, mistakes_of, parse_json
from widget_server.web.problems import Problem
from widget_server.words import Words, direction

MAX_BODY = 64 * 1024

Shape = TypeVar("Shape", bound=Model)

_PANEL_WORDS = (
    "panel.hello",
    "panel.hello_name",
    "panel.chat_help",
    "panel.phone_wrong",
    "panel.due_wrong",
    "panel.call_failed",
)


class SignIn(Model):
    """An identity token of the company's server."""

    token: str


class Begin(Model):
    """What a session begins with; `key` makes a retry the same session."""

    key: str
    context: dict[str, Any] = Field(default_factory=dict)
    flow: str | None = None


def blueprint(world: World, guards: Guards, assets: Assets) -> Blueprint:
    """The routes of the widget."""
    made = Blueprint("widget", __name__)
    doors = Endpoints(world, guards)
    panel = Panel(world, assets)
    script = loader(assets, world.words)

    @made.get("/widget.js")
    def load() -> Response:
        answer = Response(script, content_type="text/javascript; charset=utf-8")
        answer.add_etag(weak=True)
        answer.make_conditional(request)
        return answer

    @made.get("/embed/<key>")
    def embed(key: str) -> Response:
        return panel.page(widget.config(world, key))

    made.add_url_rule("/embed/<key>/sign-in", view_func=doors.sign_in, methods=["POST"])
    made.add_url_rule("/embed/<key>/visitor", view_func=doors.visitor, methods=["POST"])
    made.add_url_rule("/embed/<key>/session", view_func=doors.session, methods=["POST"])
    made.add_url_rule("/embed/<key>/log-out", view_func=doors.log_out, methods=["POST"])
    made.add_url_rule("/embed/<key>/unread", view_func=doors.unread, methods=["GET", "POST"])
    return made


class Endpoints:
    """What the panel asks for beside /v1, and the loader's one poll."""

    def __init__(self, world: World, guards: Guards) -> None:
        self._world, self._guards = world, guards

    def sign_in(self, key: str) -> dict[str, Any]:
        """Exchanges an identity token for ours. A visitor's sessions follow, by the token they had before."""
        self._guards.same_origin()
        given = _body(SignIn)
        try:
            grant, token = widget.sign_in(self._world, key, given.token, visitor=_bearer() or None)
        except Refused:
            self._guards.strike()
            raise
        return known(self._world, grant, token)

    def visitor(self, key: str) -> dict[str, Any]:
        """A token for somebody unknown; asked for with the first message, not by looking."""
        self._guards.same_origin()
        return known(self._world, *widget.visitor(self._world, key, self._guards.address()))

    def session(self, key: str) -> dict[str, Any]:
        """The open session, or a new one."""
        self._guards.same_origin()
        grant = self._party(key)
        given = _body(Begin)
        return widget.start(self._world, grant, given.key, given.context or None, given.flow)

    def log_out(self, key: str) -> Response:
        """Ends the token at once."""
        self._guards.same_origin()
        widget.log_out(self._world, self._party(key))
        return Response(status=204)

    def unread(self, key: str) -> Response:
        """How much is unread, by the panel's token or by the ticket of the page around it.

        A POST of plain text needs no preflight, so that page asks once and no more. It writes nothing.
        """
        origins = widget.config(self._world, key).origins
        try:
            grant_id = self._ticket() if request.method == "POST" else self._party(key).id
            return _readable_by(make_response({"unread": widget.unread(self._world, key, grant_id)}), origins)
        except (NotFound, Problem) as error:
            problem = error if isinstance(error, Problem) else self._guards.invalid()
            # The page must be able to read that its ticket is over, or it would ask for ever.
            return _readable_by(make_response({"unread": 0}, problem.status), origins)

    def _party(self, key: str) -> Grant:
        try:
            grant = widget.grant(self._world, _bearer())
            if grant.site != widget.config(self._world, key).id:
                raise NotFound("token")
        except NotFound:
            raise self._guards.invalid() from None
        return grant

    def _ticket(self) -> str:
        request.max_content_length = 1024
        grant_id, _, nonce = request.get_data(as_text=True).partition(".")
        try:
            self._world.signer.key_of(nonce, _ticket_purpose(grant_id))
        except BadNonce:
            raise self._guards.invalid() from None
        return grant_id


def known(world: World, grant: Grant, token: str) -> dict[str, Any]:
    """What a panel is told of who it is: its token, the session to go on with, the name to greet, the ticket for outside."""
    me = widget.me(world, grant)
    current = next((one for one in me["sessions"] if one["status"] == "open"), None)
    return {
        "token": token,
        "session": current["id"] if current else None,
        "seq": current["seq"] if current else 0,
        "customer": {"name": me["customer"]["name"], "phone": me["customer"]["phone"] or ""},
        "ticket": f"{grant.id}.{world.signer.nonce(_ticket_purpose(grant.id))}",
    }


def loader(assets: Assets, words: Words) -> str:
    """The loader's text, with its two words in every language there is."""
    said = {name: [words.text("loader.open", name), words.text("loader.close", name)] for name in words.languages}
    return assets.get("widget.js").text.replace("WORDS", json.dumps(said, ensure_ascii=False, separators=(",", ":")), 1)


class Panel:
    """Draws the panel: a shell that names no person, so that caches may keep it."""

    def __init__(self, world: World, assets: Assets) -> None:
        self._world = world
        self._assets = assets
        self._inline = Inline(assets, ("css/tokens.css", "css/chat.css", "css/panel.css"))

    def page(self, config: widget.Config) -> Response:
        """The panel of a site, in the language the page around it speaks."""
        words = self._world.words
        language = words.language(request.args.get("lang"), *request.accept_languages.values(), config.locale)
        style = self._inline.style(config.look)
        headers.surface("embed", parents=config.origins, keep=True, styles=[headers.csp_hash(style)])
        html = render_template(
            "widget/panel.html",
            _=self._world.speak(language),
            lang=language,
            dir=direction(language),
            site=config,
            style=style,
            module=self._assets.url("js/panel.js"),
            preload=[self._assets.url("js/chat.js"), self._assets.url("js/feed.js")],
            data=self._data(config, language),
        )
        answer = make_response(html)
        answer.vary.add("Accept-Language")
        return answer

    def _data(self, config: widget.Config, language: str) -> Mapping[str, Any]:
        every = self._world.words.under("panel.", language)
        return {
            "site": config.key,
            "name": config.name,
            "origins": config.origins,
            "lang": language,
            "words": chat_words(self._world.words, language) | {key: every[key] for key in _PANEL_WORDS},
        }


def _ticket_purpose(grant_id: str) -> str:
    return f"unread {grant_id}"


def _bearer() -> str:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def _readable_by(answer: Response, origins: tuple[str, ...]) -> Response:
    """Lets the site's own pages read the answer, and no others."""
    answer.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin in origins:
        answer.headers["Access-Control-Allow-Origin"] = origin
    return answer


def _body(shape: type[Shape]) -> Shape:
    """The request's JSON as a shape. Raises Problem."""
    if request.mimetype != "application/json":
        raise Problem("unsupported-type", "send application/json")
    request.max_content_length = MAX_BODY
    try:
        return shape.model_validate(parse_json(request.get_data()))
    except ValidationError as error:
        raise Problem("invalid", errors=mistakes_of(error, "body")) from None
