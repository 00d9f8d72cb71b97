"""Pages behind the desk's door: who sits there, in which language, and forms that only our own pages send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from flask import Response, make_response, redirect, render_template, request, url_for

from widget_server.actions import authoring, desk
from widget_server.actions.access import Seat
from widget_server.actions.errors import NotFound
from widget_server.actions.world import World, row_of
from widget_server.assets import Assets
from widget_server.web import guards as doors
from widget_server.web import headers
from widget_server.web.guards import DESK_COOKIE, Guards
from widget_server.words import direction

View = Callable[..., Response]


@dataclass(frozen=True)
class Room:
    """Draws pages for whoever has a seat; everybody else is led to the door."""

    world: World
    guards: Guards
    assets: Assets

    def seated(self, view: View) -> View:
        """The view, handed the seat first."""

        @wraps(view)
        def shown(**names: str) -> Response:
            try:
                who = desk.seat(self.world, request.cookies.get(DESK_COOKIE, ""))
            except NotFound:
                return to("desk.login")
            return view(who, **names)

        return shown

    def written(self, view: View) -> View:
        """The same for a form: of our own origin, with the token of a page of ours."""

        @wraps(view)
        def taken(**names: str) -> Response:
            self.guards.same_origin()
            cookie = request.cookies.get(DESK_COOKIE, "")
            doors.check_csrf(self.world.signer, cookie, request.form.get("csrf", ""))
            return self.seated(view)(**names)

        return taken

    def page(self, who: Seat, template: str, status: int = 200, **values: Any) -> Response:
        """A page with what all of them are told: site, me, csrf, words, dates and numbers as they are written here."""
        locale = self.locale()
        with self.world.store.read() as tx:
            site = row_of(tx, who.site)
        # The guided tour shows the desk beside the phone; nobody else may frame it.
        headers.surface("desk", parents=["'self'"] if self.world.settings.demo else [])

        def text(key: str, **filled: object) -> str:
            return self.world.words.text(key, locale, **filled)

        page = render_template(
            template,
            lang=locale,
            dir=direction(locale),
            _=text,
            counted=lambda key, number, **more: self.world.words.count(key, locale, number, **more),
            asset=self.assets.url,
            site=site,
            me=who,
            may_write=authoring.may_write(who),
            csrf=self.csrf(),
            when=lambda at: _written(at, ZoneInfo(site.zone), _babel(locale)),
            number=lambda value, format_="#,##0.#": format_decimal(value, format_, locale=_babel(locale)),
            language=lambda code: language_name(code, locale),
            **values,
        )
        answer = make_response(page, status)
        answer.vary.add("Accept-Language")
        return answer

    def csrf(self) -> str:
        return doors.csrf_token(self.world.signer, request.cookies[DESK_COOKIE])

    def boot(self, **facts: Any) -> dict[str, Any]:
        """What the page's scripts are told."""
        return {"csrf": self.csrf(), "login": url_for("desk.login"), **facts}

    def words(self, *prefixes: str) -> dict[str, str]:
        """The words its scripts use."""
        locale = self.locale()
        return {key: text for prefix in prefixes for key, text in self.world.words.under(prefix, locale).items()}

    def locale(self) -> str:
        return self.world.words.language(*request.accept_languages.values())


def to(endpoint: str, **values: Any) -> Response:
    """The way there, by GET."""
    return make_response(redirect(url_for(endpoint, **values), 303))


def language_name(code: str, locale: str) -> str:
    """What a language is called in another, or its code."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def _babel(locale: str) -> str:
    return locale.replace("-", "_")


def _written(at: int | str, zone: ZoneInfo, locale: str) -> str:
    local = _instant(at).astimezone(zone)
    return f"{format_date(local, 'medium', locale)}, {format_time(local, 'short', locale=locale)}"


def _instant(at: int | str) -> dt.datetime:
    """Of milliseconds UTC, or of a time on the wire."""
    if isinstance(at, str):
        return dt.datetime.fromisoformat(at)
    return dt.datetime.fromtimestamp(at / 1000, dt.UTC)
