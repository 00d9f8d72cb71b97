"""Short links: what anybody sees who fetches one, and the gesture that makes a grant."""

import json
from functools import lru_cache
from typing import Any

from flask import Response, make_response, request

from widget_server.actions import links
from widget_server.actions.errors import NotFound, Refused
from widget_server.actions.signing import BadNonce
from widget_server.web import headers
from widget_server.web.apps.frame import Frame, device_class, moment, see_other
from widget_server.web.drawn import Drawn
from widget_server.web.fetches import Fetches
from widget_server.web.problems import Problem

TEXT_STATUS = {"open": 200, "expired": 410, "done": 200}


class Covers:
    """What /l/<code> answers with. It changes nothing before a person pressed a button."""

    def __init__(self, frame: Frame, fetches: Fetches) -> None:
        self.frame, self.world, self.fetches = frame, frame.world, fetches
        self.covers = lru_cache(maxsize=1024)(self.cover_of)

    def cover(self, code: str) -> Response:
        """What anybody sees who fetches a link; a jar that opened it before goes on where it was."""
        host = request.host
        try:
            handle = links.live_handle(self.world, host, code, dict(request.cookies))
            if handle is not None:
                return see_other(f"/a/{handle}")
            found = links.cover(self.world, host, code)
        except NotFound:
            return self.gone()
        self.fetches.saw(found.link, request.headers.get("User-Agent", ""))
        if found.state != "open":
            return self.link_state(found, code)
        drawn = self.covers(found.site["name"], json.dumps(found.site["look"]), found.locale, found.purpose)
        headers.surface("app", files=False, styles=drawn.styles, scripts=drawn.scripts, parents=self.frame.parents)
        html = drawn.fill(
            expires=moment(found.expires_at, found.locale, found.zone),
            nonce=self.world.signer.nonce(f"cover {host} {code}"),
            here=f"/l/{code}",
        )
        return make_response(html)

    def cover_of(self, name: str, look: str, locale: str, purpose: str) -> Drawn:
        """A cover but for what differs between two fetches: a campaign's links are all fetched at once."""
        site = {"name": name, "look": json.loads(look)}
        left: dict[str, Any] = Drawn.marks("expires", "nonce", "here")
        return Drawn(
            *self.frame.html("app/cover.html", locale, site=site, purpose=purpose, tidy=self.frame.tidy, **left)
        )

    def link_state(self, found: links.Cover, code: str) -> Response:
        """An ended link: neutral to whoever holds no grant of it."""
        say = self.world.speak(found.locale)
        title = say("link.expired") if found.state == "expired" else say("link.done")
        text = say("link.expired_help", site=found.site["name"]) if found.state == "expired" else say("link.done_help")
        facts: dict[str, Any] = {"title": title, "texts": [text], "status": TEXT_STATUS[found.state]}
        if found.again:
            nonce = self.world.signer.nonce(f"cover {request.host} {code}")
            facts |= {"again": f"/l/{code}", "nonce": nonce, "tidy": self.frame.tidy}
        return self.frame.draw("app/plain.html", found.locale, site=found.site, **facts)

    def gone(self) -> Response:
        """The same answer for forged, unknown, revoked and another host's (C16). Guessing costs; holding a link never does."""
        waits = self.frame.guards.strike()
        if waits is not None:
            raise Problem("throttled", retry_in=waits)
        locale = self.world.words.language(*request.accept_languages.values())
        say = self.world.speak(locale)
        answer = self.frame.draw(
            "app/plain.html", locale, site=None, title=say("link.gone"), texts=[say("link.gone_help")], status=404
        )
        answer.vary.add("Accept-Language")
        return answer

    def gesture(self, code: str) -> Response:
        """Continue, or "not me": the first thing that changes anything, and only by a button of the cover."""
        self.frame.guards.same_origin()
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
            return see_other(request.path)

    def engage(self, host: str, code: str, key: str) -> Response:
        """Makes the grant: from here on the address holds no token (C20)."""
        handle = links.live_handle(self.world, host, code, dict(request.cookies))
        if handle is not None:
            return see_other(f"/a/{handle}")
        spoken = request.accept_languages.best_match(self.world.words.languages)
        device = device_class(request.user_agent.string)
        made = links.engage(self.world, host, code, device=device, key=key, locale=spoken)
        answer = see_other(f"/a/{made.handle}")
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
        return self.frame.draw(
            "app/plain.html", found.locale, site=found.site, title=say("link.disowned"), texts=[text]
        )
