"""A step that leads to a page of somebody else, and the way back: named before one leaves, proven when one returns."""

from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, request

from widget_server.actions import runs, visits
from widget_server.actions.runs import RunView
from widget_server.actions.signing import BadNonce
from widget_server.web.apps.frame import Frame, Jar

RETURNED = "returned"


class Visiting:
    """Draws a visit, and checks who comes back."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.world = frame, frame.world

    def show(self, jar: Jar, view: RunView, notice: str = "") -> Response:
        """The page of a visit: where it leads, or, with our nonce in the address, how it goes on."""
        step, say = view.screen.step, self.world.speak(view.locale)
        label, target = view.screen.visit or ("", "")
        host = host_of(target)
        given = request.args.get("back", "")
        known = given if self.is_back(jar, step, given) else ""
        if given and not known:
            notice = say("visit.unknown", host=host)
        back = f"{self.frame.origin()}{jar.url}/{step}?back={visits.nonce(self.world, jar.grant, jar.handle, step)}"
        facts: dict[str, Any] = {"notice": notice} if notice else {}
        return self.frame.step(
            jar,
            view,
            "app/visit.html",
            known=known,
            label=label,
            host=host,
            target=target.replace("{back}", quote(back, safe="")),
            **facts,
        )

    def is_back(self, jar: Jar, step: str, given: str) -> bool:
        """Whether a nonce is that of this visit, which still goes on."""
        return self.key(jar, step, given) is not None

    def proven(self, jar: Jar, step: str, given: str, key: str) -> str | None:
        """The key under which "returned" is written at a step: that of the visit, which counts once; None if it is not
        proven. Where the step is no visit, the word is one like any other."""
        # The nonce first: while a person has the run no page shows the visit, and who comes back is still told so.
        found = self.key(jar, step, given)
        if found is not None:
            return found
        screen = runs.view(self.world, jar.grant, jar.handle, step).screen
        return key if screen.visit is None or screen.step != step else None

    def key(self, jar: Jar, step: str, given: str) -> str | None:
        """The key coming back is written under, or None without a nonce of this visit."""
        try:
            return visits.returned(self.world, jar.grant, jar.handle, step, given) if given else None
        except BadNonce:
            return None


def host_of(target: str) -> str:
    """Whose page an address leads to. Raises ValueError for one that does not say so plainly."""
    parts = urlsplit(target)
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or "\\" in parts.netloc:
        raise ValueError(f"no address of a page: {target[:80]!r}")
    return parts.netloc
