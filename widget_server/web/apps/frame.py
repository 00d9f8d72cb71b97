"""What every page of a link or a running app stands on: who asks, how a page is drawn, and the policy it is sent with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_name
from flask import Response, current_app, make_response, redirect, request

from disposable.screen import Screen
from widget_server.actions import runs
from widget_server.actions.access import Grant
from widget_server.actions.errors import NotFound
from widget_server.actions.runs import RunView
from widget_server.actions.world import World
from widget_server.assets import Assets
from widget_server.realtime.hub import Hub
from widget_server.web import headers
from widget_server.web.apps.drawing import Drawing
from widget_server.web.apps.maps import Maps
from widget_server.web.guards import JAR_COOKIE, Guards
from widget_server.web.inline import Inline


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


class Frame:
    """The world these pages show, and how they are drawn."""

    def __init__(self, world: World, guards: Guards, assets: Assets, hub: Hub) -> None:
        self.world, self.guards, self.assets, self.hub = world, guards, assets, hub
        self.drawing = Drawing(assets, world.words)
        self.tidy = Inline(assets, (), "js/cover.js").script
        # The guided tour's phone opens links where it stands; nobody else may frame an app.
        self.parents = ["'self'"] if world.settings.demo else []

    def jar(self, handle: str) -> Jar:
        """Who asks, by the cookie of this handle. Raises NotFound."""
        cookie = request.cookies.get(JAR_COOKIE + handle, "")
        return Jar(runs.grant(self.world, cookie, handle), handle, cookie)

    def jar_or_none(self, handle: str) -> Jar | None:
        """The same as `jar`, for looking through a whole jar."""
        try:
            return self.jar(handle)
        except NotFound:
            return None

    def away(self) -> Response:
        """No grant for this handle in this jar: the same whether there is such an app or not."""
        locale = self.world.words.language(*request.accept_languages.values())
        say = self.world.speak(locale)
        texts = [say("link.away_help")]
        return self.draw("app/plain.html", locale, site=None, title=say("link.away"), texts=texts, status=404)

    def step(self, jar: Jar, view: RunView, template: str, *, status: int = 200, **facts: Any) -> Response:
        """One page of a run, with a fresh nonce."""
        defaults: dict[str, Any] = {
            "url": jar.url,
            "handle": jar.handle,
            "maps": self.maps(),
            "nonce": self.world.signer.nonce(jar.purpose),
            "phone": view.phone,
            "code": view.code,
            "notice": self.world.speak(view.locale)("page.joined") if view.joined else "",
        }
        return self.draw(
            template, view.locale, site=view.site, screen=view.screen, live=True, status=status, **{**defaults, **facts}
        )

    def maps(self) -> Maps:
        """How whoever asks now reaches a map."""
        settings = self.world.settings
        return Maps.of(self.assets, settings.tiles_by if settings.tiles else "", request.user_agent.string)

    def origin(self) -> str:
        """Where this request's cookies live: one of our own origins, never what its headers say (C22)."""
        ours = self.guards.origins()
        return next((one for one in ours if one.partition("://")[2] == request.host), self.world.settings.base_url)

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
        # One document shows all steps of a run: what one of them may need (a position, a picture just taken) is open to all.
        headers.surface(
            "app",
            files=live,
            styles=styles,
            scripts=scripts,
            images=("blob:",) if live else (),
            parents=self.parents,
            asks=("geolocation",) if live else (),
        )
        return make_response(html, status)

    def html(self, template: str, locale: str, **facts: Any) -> tuple[str, list[str], list[str]]:
        """A page's text, and the hashes that its policy must name: of its styles, of its scripts."""
        return self.drawing.html(current_app.jinja_env, template, locale, **facts)


def device_class(agent: str) -> str:
    """Which class of device a browser says it runs on; for figures, never for access (C25)."""
    if not agent:
        return ""
    if re.search(r"iPad|Tablet", agent) or ("Android" in agent and "Mobi" not in agent):
        return "tablet"
    return "phone" if "Mobi" in agent else "desktop"


def see_other(path: str) -> Response:
    answer = redirect(path, 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's own response class
    return answer


def moment(at: int, locale: str, zone: str) -> str:
    """An instant in a zone that is named: "Monday, 23 November 2026, 20:15 (Central European Standard Time)"."""
    return _minute(at // 60_000, locale, zone)


@lru_cache(maxsize=4096)
def _minute(at: int, locale: str, zone: str) -> str:
    when = datetime.fromtimestamp(at * 60, UTC).astimezone(ZoneInfo(zone or "UTC"))
    tag = locale.replace("-", "_")
    day, hour = format_date(when, "full", locale=tag), format_time(when, "short", locale=tag)
    return f"{day}, {hour} ({get_timezone_name(when, locale=tag)})"
