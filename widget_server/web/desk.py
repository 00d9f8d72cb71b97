"""/desk: the agent's door, the one page behind it, and what only that page asks for.

Messages, notes and what was read go to /v1/sessions/{id}/events like everybody's; the live line is /v1/live. Here is the rest:
the inbox, a session with its context pack, and the verbs of the desk, each a write with a key of the page's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from widget_server.actions import callbacks, desk, receipts
from widget_server.actions.access import Seat
from widget_server.actions.errors import NotFound, Refused, Throttled
from widget_server.actions.signing import BadNonce
from widget_server.actions.world import World, row_of
from widget_server.assets import Assets
from widget_server.web import desk_flows, headers
from widget_server.web import guards as doors
from widget_server.web.guards import DESK_COOKIE, Guards
from widget_server.web.operations import Call, Model, Operations
from widget_server.words import direction

LOGIN = "desk login"
"""What the nonce of the login form is for: nobody is known yet, so it is bound to nothing else."""

DESK = ("desk",)
OPERATIONS = Operations()


# The page's own questions


class Facts(BaseModel):
    """What the page is told: its own server is the only one that ever asks for it."""

    model_config = ConfigDict(extra="allow")


class Look(Model):
    view: Literal["waiting", "mine", "open", "closed"] = "waiting"


Key = Annotated[str, Field(min_length=1, max_length=100)]
Epoch = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Accept(Model):
    key: Key
    epoch: Epoch


class Transfer(Accept):
    to: str = Field(max_length=80)
    why: str = Field("", max_length=200)


class Close(Accept):
    disposition: str = Field(max_length=64)


class Focus(Model):
    key: Key
    state: Literal["opened", "left"]


class Outcome(Model):
    key: Key
    outcome: str = Field(max_length=64)


class Again(Model):
    key: Key


@OPERATIONS.add("GET", "/desk/api/inbox", auth=DESK, answer=Facts)
def inbox(call: Call, query: Look) -> dict[str, Any]:
    """One view of the inbox, the size of the others, and the calls that are owed."""
    owed = callbacks.listed(call.world, call.who, state="requested")
    return {**desk.inbox(call.world, call.who, query.view), "view": query.view, "callbacks": owed}


@OPERATIONS.add("GET", "/desk/api/sessions/{session}", auth=DESK, answer=Facts)
def session(call: Call, session: str) -> dict[str, Any]:
    """A session's row, its context pack, and who else could have it."""
    return desk.session(call.world, call.who, session)


@OPERATIONS.add("POST", "/desk/api/sessions/{session}/accept", auth=DESK, answer=Facts)
def accept(call: Call, session: str, body: Accept) -> dict[str, Any]:
    """Take it."""
    desk.accept(call.world, call.who, session, body.epoch, body.key)
    return desk.session(call.world, call.who, session)


@OPERATIONS.add("POST", "/desk/api/sessions/{session}/transfer", auth=DESK, answer=Facts)
def transfer(call: Call, session: str, body: Transfer) -> dict[str, Any]:
    """Give it to a team or a colleague."""
    desk.transfer(call.world, call.who, session, body.to, body.why, body.epoch, body.key)
    return desk.session(call.world, call.who, session)


@OPERATIONS.add("POST", "/desk/api/sessions/{session}/return", auth=DESK, answer=Facts)
def give_back(call: Call, session: str, body: Accept) -> dict[str, Any]:
    """Give it back to its flow."""
    desk.return_to_flow(call.world, call.who, session, body.epoch, body.key)
    return desk.session(call.world, call.who, session)


@OPERATIONS.add("POST", "/desk/api/sessions/{session}/close", auth=DESK, answer=Facts)
def close(call: Call, session: str, body: Close) -> dict[str, Any]:
    """Close it for good."""
    desk.close(call.world, call.who, session, body.disposition, body.epoch, body.key)
    return desk.session(call.world, call.who, session)


@OPERATIONS.add("POST", "/desk/api/sessions/{session}/focus", auth=DESK, status=204)
def focus(call: Call, session: str, body: Focus) -> None:
    """Say that it was opened or left."""
    desk.focus(call.world, call.who, session, body.state, body.key)


@OPERATIONS.add("GET", "/desk/api/callbacks", auth=DESK, answer=Facts)
def owed_calls(call: Call) -> dict[str, Any]:
    """The calls that are owed, soonest first."""
    return {"callbacks": callbacks.listed(call.world, call.who, state="requested")}


@OPERATIONS.add("POST", "/desk/api/callbacks/{callback}/done", auth=DESK, answer=Facts)
def callback_done(call: Call, callback: str, body: Outcome) -> dict[str, Any]:
    """Say how a promised call went."""
    return callbacks.done(call.world, call.who, callback, body.outcome, body.key)


@OPERATIONS.add("POST", "/desk/api/deliveries/{delivery}/resend", auth=DESK, answer=Facts)
def resend(call: Call, delivery: str, body: Again) -> dict[str, Any]:  # noqa: ARG001 -- a delivery is sent again once: its id is the key
    """Send a failed or doubtful message once more."""
    return {"delivery": receipts.resend(call.world, call.who, delivery)}


# The pages


def blueprint(world: World, guards: Guards, assets: Assets) -> Blueprint:
    """The desk's routes. `guards` knows seats by their cookie."""
    made = Blueprint("desk", __name__)
    pages = Pages(world, guards, assets)
    made.add_url_rule("/desk", view_func=pages.desk)
    made.add_url_rule("/desk/login", view_func=pages.login)
    made.add_url_rule("/desk/login", view_func=pages.log_in, methods=["POST"])
    made.add_url_rule("/desk/logout", view_func=pages.logout, methods=["POST"])
    made.register_blueprint(OPERATIONS.blueprint("api", world, Seated(guards)))
    made.register_blueprint(desk_flows.blueprint(world, guards, assets, Seated(guards)))
    return made


@dataclass(frozen=True)
class Seated:
    """The gate of the page's own questions: a seat, our origin, the page's token. Keys travel in the body."""

    guards: Guards

    def who(self, auth: tuple[str, ...], writes: bool) -> Any:
        return self.guards.who(auth, writes)

    def once(self, who: Any, answer: Callable[[str], Response]) -> Response:  # noqa: ARG002 -- a gate's signature
        return answer("")


@dataclass(frozen=True)
class Pages:
    """What an agent's browser shows."""

    world: World
    guards: Guards
    assets: Assets

    def desk(self) -> Response:
        """The one screen, or the way to the door."""
        seat = self._seat()
        if seat is None:
            return _to("desk.login")
        locale = self._locale()
        with self.world.store.read() as tx:
            site = row_of(tx, seat.site)
        csrf = doors.csrf_token(self.world.signer, request.cookies[DESK_COOKIE])
        me = {"id": seat.id, "name": seat.name, "teams": list(seat.teams)}
        boot = {"me": me, "csrf": csrf, "login": url_for("desk.login"), "site": site.name}
        words = self.world.words
        return self._page(
            "desk/desk.html",
            locale,
            site=site,
            me=me,
            csrf=csrf,
            boot=boot,
            words={
                key: text for key, text in words.under("desk.", locale).items() if not key.startswith("desk.flows.")
            },
            dispositions=[(one, words.text(f"desk.disposition.{one}", locale)) for one in desk.DISPOSITIONS],
            outcomes=[(one, words.text(f"desk.outcome.{one}", locale)) for one in callbacks.OUTCOMES],
        )

    def login(self) -> Response:
        """The door; whoever has a seat already goes through."""
        return _to("desk.desk") if self._seat() else self._door()

    def log_in(self) -> Response:
        """Email and password, checked; the same words whichever was wrong."""
        self.guards.same_origin()
        email, password = request.form.get("email", ""), request.form.get("password", "")
        try:
            self.world.signer.key_of(request.form.get("csrf", ""), LOGIN)
            _seat, token = desk.sign_in(self.world, email, password)
        except BadNonce:
            return self._door("desk.login.again", email, 422)
        except Refused:
            return self._door("desk.login.wrong", email, 422)
        except Throttled as throttled:
            answer = self._door("desk.login.throttled", email, 429)
            answer.headers["Retry-After"] = str(throttled.retry_in)
            return answer
        answer = _to("desk.desk")
        lasts = desk.SEAT_MS // 1000
        answer.set_cookie(DESK_COOKIE, token, max_age=lasts, path="/", secure=True, httponly=True, samesite="Lax")
        return answer

    def logout(self) -> Response:
        """Gives the seat up, here and for whoever copied its cookie."""
        self.guards.same_origin()
        cookie = request.cookies.get(DESK_COOKIE, "")
        if cookie:
            doors.check_csrf(self.world.signer, cookie, request.form.get("csrf", ""))
            desk.sign_out(self.world, cookie)
        answer = _to("desk.login")
        answer.delete_cookie(DESK_COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
        return answer

    def _door(self, problem: str = "", email: str = "", status: int = 200) -> Response:
        locale = self._locale()
        error = self.world.words.text(problem, locale) if problem else ""
        csrf = self.world.signer.nonce(LOGIN)
        answer = self._page("desk/login.html", locale, csrf=csrf, email=email[:254], error=error)
        answer.status_code = status
        return answer

    def _page(self, template: str, locale: str, **values: Any) -> Response:
        def text(key: str, **filled: object) -> str:
            return self.world.words.text(key, locale, **filled)

        # The guided tour shows the desk beside the phone; nobody else may frame it.
        headers.surface("desk", parents=["'self'"] if self.world.settings.demo else [])
        way = direction(locale)
        page = render_template(template, lang=locale, dir=way, _=text, asset=self.assets.url, **values)
        answer = make_response(page)
        answer.vary.add("Accept-Language")
        return answer

    def _seat(self) -> Seat | None:
        try:
            return desk.seat(self.world, request.cookies.get(DESK_COOKIE, ""))
        except NotFound:
            return None

    def _locale(self) -> str:
        return self.world.words.language(*request.accept_languages.values())


def _to(endpoint: str) -> Response:
    return make_response(redirect(url_for(endpoint), 303))
