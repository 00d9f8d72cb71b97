"""Short links and the small apps they open: /l/<code>, on short hosts /<code>, and /a/<handle>.

A bare fetch shows a cover and changes nothing. A person's gesture makes a grant, which lives in a cookie of its own, and
leads to a page whose address holds no token. Every step is a form that works without scripts: POST, 303, GET. The hidden
nonce of each form proves that our page was drawn for this very grant, and is the key under which its event is written
once; so a second tap is the first one again.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name
from flask import Blueprint, Response, current_app, make_response, redirect, request

from disposable.render.page import page
from disposable.screen import FieldView, Screen
from widget_server.actions import access, links, runs, sessions
from widget_server.actions.access import Grant
from widget_server.actions.errors import BodyTooLarge, NotFound, Refused, SessionClosed, Throttled
from widget_server.actions.runs import RunView
from widget_server.actions.signing import BadNonce
from widget_server.actions.world import World
from widget_server.assets import Assets
from widget_server.realtime.hub import Hub
from widget_server.web import headers
from widget_server.web.chat_words import chat_words
from widget_server.web.drawn import Drawn
from widget_server.web.fetches import Fetches
from widget_server.web.guards import JAR_COOKIE, Guards, csrf_token
from widget_server.web.inline import Inline
from widget_server.web.problems import Problem
from widget_server.web.thread_lines import lines
from widget_server.words import direction

PATIENCE = 5.0
"""Seconds a page waits for a call before it says that it is being worked on."""
LONGEST_TEXT = 10_000
MOST_JARS = 50
PAGES = 10
"""Pages of 200 events a chat begins with."""
TEXT_STATUS = {"open": 200, "expired": 410, "done": 200}

_CODE = re.compile(r"[0-9A-Za-z]{22}\Z")
_NOTICES = {"moved": "page.moved", "stale": "link.stale"}


def blueprint(world: World, guards: Guards, assets: Assets, hub: Hub, fetches: Fetches | None = None) -> Blueprint:
    """The routes of links and running apps."""
    made = Blueprint("apps", __name__)
    pages = Pages(world, guards, assets, hub, fetches or Fetches(lambda seen: links.count(world, seen)))
    short = {one.host for one in world.settings.short_hosts}

    @made.get("/favicon.ico")
    def no_icon() -> Response:
        # Browsers ask for it on every host; an empty answer is kept, an error would be asked for again.
        headers.surface("app", keep=True)
        return Response(status=204)

    @made.get("/l/<code>")
    def cover(code: str) -> Response:
        return pages.cover(code)

    @made.post("/l/<code>")
    def gesture(code: str) -> Response:
        return pages.gesture(code)

    @made.get("/<code>")
    def short_cover(code: str) -> Response:
        _on_short_host(code)
        return pages.cover(code)

    @made.post("/<code>")
    def short_gesture(code: str) -> Response:
        _on_short_host(code)
        return pages.gesture(code)

    def _on_short_host(code: str) -> None:
        if request.host not in short or not _CODE.match(code):
            raise Problem("not-found")

    @made.get("/a/")
    def newest() -> Response:
        return pages.newest()

    @made.get("/a/<handle>")
    @made.get("/a/<handle>/<step>")
    def show(handle: str, step: str | None = None) -> Response:
        return pages.app(handle, step)

    @made.post("/a/<handle>/<step>")
    def act(handle: str, step: str) -> Response:
        return pages.act(handle, step)

    return made


@dataclass(frozen=True)
class Jar:
    """The party of this request: its grant, the handle it holds, and the cookie that says so."""

    grant: Grant
    handle: str
    cookie: str

    @property
    def purpose(self) -> str:
        """What this jar's nonces are for."""
        return f"app {self.grant.id} {self.handle}"

    @property
    def url(self) -> str:
        """The running app."""
        return f"/a/{self.handle}"


class Pages:
    """What the routes answer with."""

    def __init__(self, world: World, guards: Guards, assets: Assets, hub: Hub, fetches: Fetches) -> None:
        self.world, self.guards, self.assets, self.hub = world, guards, assets, hub
        self.fetches = fetches
        self.plain = Inline(assets, ("css/tokens.css", "css/app.css"))
        self.live = Inline(assets, ("css/tokens.css", "css/app.css"), "js/app.js", later="css/chat.css")

        self.tidy = Inline(assets, (), "js/cover.js").script
        # The guided tour's phone opens links where it stands; nobody else may frame an app.
        self.parents = ["'self'"] if world.settings.demo else []
        self.covers = lru_cache(maxsize=1024)(self.cover_of)

    # ---- links

    def cover(self, code: str) -> Response:
        """What anybody sees who fetches a link; a jar that opened it before goes on where it was."""
        host = request.host
        try:
            handle = links.live_handle(self.world, host, code, dict(request.cookies))
            if handle is not None:
                return _see_other(f"/a/{handle}")
            found = links.cover(self.world, host, code)
        except NotFound:
            return self.gone()
        self.fetches.saw(found.link, request.headers.get("User-Agent", ""))
        if found.state != "open":
            return self.link_state(found, code)
        drawn = self.covers(found.site["name"], found.site["look"].get("accent"), found.locale, found.purpose)
        headers.surface("app", files=False, styles=drawn.styles, scripts=drawn.scripts, parents=self.parents)
        html = drawn.fill(
            expires=_moment(found.expires_at, found.locale, found.zone),
            nonce=self.world.signer.nonce(f"cover {host} {code}"),
            here=f"/l/{code}",
        )
        return make_response(html)

    def cover_of(self, name: str, accent: object, locale: str, purpose: str) -> Drawn:
        """A cover but for what differs between two fetches: a campaign's links are all fetched at once."""
        site = {"name": name, "look": {"accent": accent}}
        left: dict[str, Any] = Drawn.marks("expires", "nonce", "here")
        return Drawn(*self.html("app/cover.html", locale, site=site, purpose=purpose, tidy=self.tidy, **left))

    def link_state(self, found: links.Cover, code: str) -> Response:
        """An ended link: neutral to whoever holds no grant of it."""
        say = self.world.speak(found.locale)
        title = say("link.expired") if found.state == "expired" else say("link.done")
        text = say("link.expired_help", site=found.site["name"]) if found.state == "expired" else say("link.done_help")
        facts: dict[str, Any] = {"title": title, "texts": [text], "status": TEXT_STATUS[found.state]}
        if found.again:
            nonce = self.world.signer.nonce(f"cover {request.host} {code}")
            facts |= {"again": f"/l/{code}", "nonce": nonce, "tidy": self.tidy}
        return self.draw("app/plain.html", found.locale, site=found.site, **facts)

    def gone(self) -> Response:
        """The same answer for forged, unknown, revoked and another host's (C16). Guessing costs; holding a link never does."""
        waits = self.guards.strike()
        if waits is not None:
            raise Problem("throttled", retry_in=waits)
        locale = self.world.words.language(*request.accept_languages.values())
        say = self.world.speak(locale)
        answer = self.draw(
            "app/plain.html", locale, site=None, title=say("link.gone"), texts=[say("link.gone_help")], status=404
        )
        answer.vary.add("Accept-Language")
        return answer

    def gesture(self, code: str) -> Response:
        """Continue, or "not me": the first thing that changes anything, and only by a button of the cover."""
        self.guards.same_origin()
        host = request.host
        try:
            # First of all: whether there is such a link, so that a bad nonce does not tell a revoked one from a forged one.
            links.cover(self.world, host, code)
            key = self.world.signer.key_of(request.form.get("nonce", ""), f"cover {host} {code}")
            return self.disown(host, code) if request.form.get("act") == "disown" else self.engage(host, code, key)
        except NotFound:
            return self.gone()
        except (BadNonce, Refused):
            # The cover says what there is to say now: a fresh button, or that the link has ended.
            return _see_other(request.path)

    def engage(self, host: str, code: str, key: str) -> Response:
        """Makes the grant: from here on the address holds no token (C20)."""
        handle = links.live_handle(self.world, host, code, dict(request.cookies))
        if handle is not None:
            return _see_other(f"/a/{handle}")
        made = links.engage(self.world, host, code, device=device_class(request.user_agent.string), key=key)
        answer = _see_other(f"/a/{made.handle}")
        lasts = max(60, (made.expires_at - self.world.clock()) // 1000)
        answer.set_cookie(
            made.cookie_name, made.cookie_value, max_age=lasts, path="/", secure=True, httponly=True, samesite="Lax"
        )
        return answer

    def disown(self, host: str, code: str) -> Response:
        """ "Not you?": the link ends, nothing is proven and nothing is shown."""
        found = links.cover(self.world, host, code)
        links.disown(self.world, host, code)
        say = self.world.speak(found.locale)
        text = say("link.disowned_help", site=found.site["name"])
        return self.draw("app/plain.html", found.locale, site=found.site, title=say("link.disowned"), texts=[text])

    # ---- the running app

    def jar(self, handle: str) -> Jar:
        """Who asks, by the cookie of this handle. Raises NotFound."""
        cookie = request.cookies.get(JAR_COOKIE + handle, "")
        return Jar(runs.grant(self.world, cookie, handle), handle, cookie)

    def newest(self) -> Response:
        """Where a tab goes back to that opened a link: the code is no longer in its history, the newest grant is in its jar."""
        handles = [name.removeprefix(JAR_COOKIE) for name in request.cookies if name.startswith(JAR_COOKIE)]
        jars = [jar for jar in map(self.jar_or_none, handles[:MOST_JARS]) if jar is not None]
        return _see_other(max(jars, key=lambda jar: jar.grant.id).url) if jars else self.away()

    def jar_or_none(self, handle: str) -> Jar | None:
        """The same as `jar`, for looking through a whole jar."""
        try:
            return self.jar(handle)
        except NotFound:
            return None

    def app(self, handle: str, step: str | None) -> Response:
        """The page of a run as this jar may see it."""
        try:
            jar = self.jar(handle)
        except NotFound:
            return self.away()
        view = self.settled(jar, step)
        if step is None and _ahead(view):
            # Each step has an address of its own, so that the browser's back and forward find it, scripts or not.
            said = f"?n={request.args['n']}" if request.args.get("n") in _NOTICES else ""
            return _see_other(f"{jar.url}/{view.screen.step}{said}")
        if step == "code" and _may_prove(view) and view.phone:
            return self.proving(jar, view, sent=True)
        return self.show(jar, view)

    def away(self) -> Response:
        """No grant for this handle in this jar: the same whether there is such an app or not."""
        locale = self.world.words.language(*request.accept_languages.values())
        say = self.world.speak(locale)
        texts = [say("link.away_help")]
        return self.draw("app/plain.html", locale, site=None, title=say("link.away"), texts=texts, status=404)

    def settled(self, jar: Jar, step: str | None) -> RunView:
        """The view, after a call under way had a few seconds to come back."""
        view = runs.view(self.world, jar.grant, jar.handle, step)
        if not _working(view):
            return view
        ends = time.monotonic() + PATIENCE
        with self.hub.listening([view.session]) as bell:
            while True:
                view = runs.view(self.world, jar.grant, jar.handle, step)
                left = ends - time.monotonic()
                if not _working(view) or left <= 0:
                    return view
                bell.wait(left)

    def show(self, jar: Jar, view: RunView, *, notice: str = "", status: int = 200) -> Response:
        """The page for what the run waits for."""
        say = self.world.speak(view.locale)
        notice = notice or _NOTICES.get(request.args.get("n", ""), "")
        if view.mode == "locked":
            return self.step(jar, view, "app/elsewhere.html", status=status)
        if view.mode in ("chat", "closed"):
            return self.chat(jar, view)
        kind = view.screen.kind
        if kind == "verify":
            return self.proving(jar, view)
        if kind == "step":
            facts = {"notice": say(notice)} if notice else {}
            return self.step(jar, view, "app/step.html", status=status, **facts)
        if kind == "end":
            title, texts = view.screen.say or say("end.title"), [say("end.close")]
            return self.step(jar, view, "app/plain.html", title=title, texts=texts, mark="done")
        return self.step(
            jar,
            view,
            "app/plain.html",
            title=say("working.title"),
            texts=[view.screen.say, say("working.lead")],
            refresh=jar.url,
            mark="wait",
        )

    def step(self, jar: Jar, view: RunView, template: str, *, status: int = 200, **facts: Any) -> Response:
        """One page of a run, with a fresh nonce."""
        defaults: dict[str, Any] = {
            "url": jar.url,
            "nonce": self.world.signer.nonce(jar.purpose),
            "phone": view.phone,
            "notice": self.world.speak(view.locale)("page.joined") if view.joined else "",
        }
        return self.draw(
            template, view.locale, site=view.site, screen=view.screen, live=True, status=status, **{**defaults, **facts}
        )

    def act(self, handle: str, step: str) -> Response:
        """A form of a running app."""
        self.guards.same_origin()
        try:
            jar = self.jar(handle)
        except NotFound:
            return self.away()
        form = {name: values[-1] for name, values in request.form.lists()}
        try:
            key = self.world.signer.key_of(form.pop("nonce", ""), jar.purpose)
        except BadNonce:
            return _see_other(f"{jar.url}?n=stale")
        # A flow may name its own steps like these: then the form has other fields.
        if step == "code" and form.get("act") in ("send", "prove"):
            return self.send_code(jar) if form["act"] == "send" else self.prove_code(jar, form.get("code", ""), key)
        if step == "verify" and "fact" in form:
            return self.prove(jar, form["fact"], key)
        if step == "chat" and "text" in form and runs.view(self.world, jar.grant, handle).mode == "chat":
            return self.write(jar, form["text"], key)
        return self.answer(jar, step, form, key)

    def answer(self, jar: Jar, step: str, given: Mapping[str, str], key: str) -> Response:
        """A step's answer. What is not current is not answered: the page shows where things stand."""
        device = device_class(request.user_agent.string)
        try:
            answered = runs.answer(self.world, jar.grant, jar.handle, step, dict(given), key, device)
        except (Refused, SessionClosed):
            return _see_other(jar.url)
        view = runs.view(self.world, jar.grant, jar.handle)
        if view.screen.errors and view.screen.step == step:
            return self.show(jar, _as_typed(view, given), status=422)
        if not answered.moved and answered.step != step:
            return _see_other(f"{jar.url}?n=moved")
        return _see_other(f"{jar.url}/{view.screen.step}" if _ahead(view) else jar.url)

    # ---- stepping up

    def proving(self, jar: Jar, view: RunView, *, sent: bool = False, wrong: str = "", status: int = 200) -> Response:
        """Asks for the fact, or, once a code was texted, for the code."""
        say = self.world.speak(view.locale)
        screen = view.screen
        if sent:
            field = FieldView(
                "code", "text", say("proof.code_label"), inputmode="numeric", autocomplete="one-time-code"
            )
            back = screen.back if view.mode == "flow" else None
            screen = Screen("verify", screen.step, screen.title, fields=(field,), back=back)
        if wrong:
            name = screen.fields[0].name if screen.fields else ""
            fields = tuple(replace(field, error=wrong) for field in screen.fields)
            screen = replace(screen, fields=fields, errors=((name, wrong),))
        template = "app/verify.html" if sent or view.mode == "flow" else "app/elsewhere.html"
        return self.step(jar, replace(view, screen=screen), template, sent=sent, status=status)

    def prove(self, jar: Jar, fact: str, key: str) -> Response:
        """Compares a fact; it is dropped at once, right or wrong."""
        try:
            right = runs.prove(self.world, jar.grant, jar.handle, fact, key, device_class(request.user_agent.string))
        except Throttled:
            return self.locked_out(jar)
        except (Refused, SessionClosed):
            return _see_other(jar.url)
        if right:
            return _see_other(jar.url)
        view = runs.view(self.world, jar.grant, jar.handle)
        if view.screen.kind != "verify":
            return _see_other(jar.url)
        return self.proving(jar, view, wrong=self.world.speak(view.locale)("proof.wrong"), status=422)

    def send_code(self, jar: Jar) -> Response:
        """Texts a code to the number on file."""
        try:
            runs.send_code(self.world, jar.grant, jar.handle)
        except (Throttled, Refused):
            view = runs.view(self.world, jar.grant, jar.handle)
            wrong = self.world.speak(view.locale)("proof.code_too_many")
            return self.proving(jar, view, wrong=wrong, status=429)
        return _see_other(f"{jar.url}/code")

    def prove_code(self, jar: Jar, code: str, key: str) -> Response:
        """Checks a texted code."""
        try:
            right = runs.prove_code(self.world, jar.grant, jar.handle, code, key)
        except Throttled:
            return self.locked_out(jar)
        if right:
            return _see_other(jar.url)
        view = runs.view(self.world, jar.grant, jar.handle)
        wrong = self.world.speak(view.locale)("proof.code_wrong")
        return self.proving(jar, view, sent=True, wrong=wrong, status=422)

    def locked_out(self, jar: Jar) -> Response:
        """Too many tries: closed for a while, even for the right answer."""
        view = runs.view(self.world, jar.grant, jar.handle)
        say = self.world.speak(view.locale)
        title, texts = say("proof.locked"), [say("proof.locked_help")]
        return self.step(jar, view, "app/plain.html", title=title, texts=texts, status=429)

    # ---- with a person

    def chat(self, jar: Jar, view: RunView, *, draft: str = "", error: str = "", status: int = 200) -> Response:
        """The same page as a live chat; without scripts a form and a Refresh link."""
        say = self.world.speak(view.locale)
        over = view.mode == "closed"
        site = view.site["name"]
        events, seq = self.thread(jar.grant, view.session)
        lead = say("chat.over") if over else say("chat.with", name=view.agent) if view.agent else say("chat.waiting")
        return self.step(
            jar,
            view,
            "app/chat.html",
            status=status,
            title=say("chat.title", site=site),
            lead=lead,
            over=over,
            error=error,
            draft=draft,
            module=self.assets.url("js/chat.js"),
            sheet=self.assets.url("css/chat.css"),
            lines=lines(events, site, say, lambda at: _moment(at, view.locale, view.zone)),
            data={
                "session": view.session,
                "handle": jar.handle,
                "after": seq,
                "csrf": csrf_token(self.world.signer, jar.cookie),
                "url": jar.url,
                "lang": self.world.words.language(view.locale),
                "site": site,
                "events": events,
                "words": chat_words(self.world.words, view.locale) | {"chat.ended": say("chat.over")},
            },
        )

    def thread(self, grant: Grant, session: str) -> tuple[list[dict[str, Any]], int]:
        """What this grant may see of the session, and the cursor that goes on from there."""
        events: list[dict[str, Any]] = []
        seq = 0
        for _ in range(PAGES):
            found = access.page(self.world, grant, session, seq)
            if found["seq"] == seq:
                break
            events += found["events"]
            seq = found["seq"]
        return events, seq

    def write(self, jar: Jar, text: str, key: str) -> Response:
        """A message by form."""
        text = text.replace("\r\n", "\n").strip()
        view = runs.view(self.world, jar.grant, jar.handle)
        if not text:
            return _see_other(jar.url)
        device = device_class(request.user_agent.string)
        try:
            if len(text) > LONGEST_TEXT:
                raise BodyTooLarge(len(text), LONGEST_TEXT)
            sessions.write(self.world, jar.grant, view.session, key, "message", {"text": text}, device=device)
        except BodyTooLarge:
            wrong = self.world.speak(view.locale)("chat.too_long", limit=LONGEST_TEXT)
            return self.chat(jar, view, draft=text, error=wrong, status=422)
        except SessionClosed:
            return _see_other(jar.url)
        return _see_other(jar.url)

    # ---- drawing

    def draw(
        self,
        template: str,
        locale: str,
        *,
        site: Mapping[str, Any] | None,
        screen: Screen | None = None,
        live: bool = False,
        status: int = 200,
        **facts: Any,
    ) -> Response:
        """A page and its policy. `live` pages carry the small script, and may load the chat when a person takes over."""
        html, styles, scripts = self.html(template, locale, site=site, screen=screen, live=live, **facts)
        headers.surface("app", files=live, styles=styles, scripts=scripts, parents=self.parents)
        return make_response(html, status)

    def html(
        self,
        template: str,
        locale: str,
        *,
        site: Mapping[str, Any] | None,
        screen: Screen | None = None,
        live: bool = False,
        **facts: Any,
    ) -> tuple[str, list[str], list[str]]:
        """A page's text, and the hashes that its policy must name: of its styles, of its scripts."""
        inline = self.live if live else self.plain
        style, script = inline.style(site["look"] if site else {}), inline.script
        language = self.world.words.language(locale)
        defaults = {"mark": "", "refresh": ""}
        html = page(
            current_app.jinja_env,
            template,
            screen or Screen("", "", ""),
            **{**defaults, **facts},
            _=self.world.speak(locale),
            lang=language,
            dir=direction(language),
            site=site,
            style=style,
            script=script,
        )
        scripts = [headers.csp_hash(one) for one in (script, facts.get("tidy")) if one]
        return html, [headers.csp_hash(style)], scripts


def device_class(agent: str) -> str:
    """Which class of device a browser says it runs on; for figures, never for access (C25)."""
    if not agent:
        return ""
    if re.search(r"iPad|Tablet", agent) or ("Android" in agent and "Mobi" not in agent):
        return "tablet"
    return "phone" if "Mobi" in agent else "desktop"


def _as_typed(view: RunView, given: Mapping[str, str]) -> RunView:
    """What was typed stays in its field, wrong or not."""
    fields = tuple(replace(field, value=given.get(field.name, field.value)) for field in view.screen.fields)
    return replace(view, screen=replace(view.screen, fields=fields))


def _working(view: RunView) -> bool:
    return view.mode == "flow" and view.screen.kind == "working"


def _ahead(view: RunView) -> bool:
    """Whether the run waits at a step of its own, rather than for a call, a person or nothing any more."""
    return view.mode == "flow" and view.screen.kind in ("step", "verify")


def _may_prove(view: RunView) -> bool:
    return view.mode == "locked" or (view.mode == "flow" and view.screen.kind == "verify")


def _see_other(path: str) -> Response:
    answer = redirect(path, 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's own response class
    return answer


def _moment(at: int, locale: str, zone: str) -> str:
    """An instant in a zone that is named: "Monday, 23 November 2026, 20:15 (Central European Standard Time)"."""
    return _minute(at // 60_000, locale, zone)


@lru_cache(maxsize=4096)
def _minute(at: int, locale: str, zone: str) -> str:
    when = datetime.fromtimestamp(at * 60, UTC).astimezone(ZoneInfo(zone or "UTC"))
    tag = locale.replace("-", "_")
    day, hour = format_date(when, "full", locale=tag), format_time(when, "short", locale=tag)
    return f"{day}, {hour} ({get_timezone_name(when, locale=tag)})"
