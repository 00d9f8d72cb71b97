"""Errors become answers here and nowhere else: RFC 9457 problem documents for programs, a small page for people.

Every problem has a stable slug; `type` is its paragraph in the documentation (/docs/api#problem-<slug>). Facts that an
error carries (owner, epoch, retry_in) travel as members of the document.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from flask import Flask, Response, g, has_request_context, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing.exceptions import WebsocketMismatch

from disposable.context import ContextInvalid
from widget_server.actions import errors
from widget_server.actions.signing import BadNonce
from widget_server.web import headers
from widget_server.words import Words

log = logging.getLogger("samethread.web")

Mistake = tuple[str, str]
"""Where (a dotted path such as `body.identity.phone`) and what is wrong there."""

STATUS: Mapping[str, int] = {
    "bad-request": 400,
    "malformed": 400,
    "unauthenticated": 401,
    "refused": 403,
    "cross-site": 403,
    "csrf": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "conflict": 409,
    "stale-epoch": 409,
    "key-reused": 409,
    "session-closed": 409,
    "not-owner": 409,
    "too-large": 413,
    "unsupported-type": 415,
    "invalid": 422,
    "upgrade-required": 426,
    "throttled": 429,
    "internal": 500,
    "not-ready": 503,
}

_OF_STATUS = {
    400: "bad-request",
    401: "unauthenticated",
    403: "refused",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-type",
    422: "invalid",
    429: "throttled",
    503: "not-ready",
}

# People read these pages; everything else is answered as JSON.
_PAGES = frozenset({"app", "embed", "desk", "docs", "demo", "static", "loader"})
_TOLD_APART = frozenset({"not-found", "refused", "throttled", "internal", "not-ready", "too-large"})

_STYLE = (
    ":root{color-scheme:light dark;font:1.125rem/1.5 system-ui,sans-serif}"
    "body{max-width:32rem;margin:0 auto;padding:4rem 1.5rem}h1{font-size:1.5rem;line-height:1.25}"
)


class Problem(Exception):
    """An answer that is an error: `slug` names it, `detail` explains this one case to a developer, `facts` are members.

    `errors` are the mistakes found in what was sent; `headers` go out with the answer.
    """

    def __init__(
        self,
        slug: str,
        detail: str = "",
        *,
        errors: Iterable[Mistake] = (),
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(detail or slug)
        self.slug = slug
        self.status = STATUS[slug]
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.facts = facts


Translate = Callable[[Any], Problem]


def _refused(error: errors.Refused) -> Problem:
    # Some of them are no question of rights: somebody was faster.
    slug = {"not-owner": "not-owner", "already": "conflict", "booked": "conflict"}.get(error.code, "refused")
    return Problem(slug, reason=error.code, **error.facts)


KNOWN: Mapping[type[Exception], Translate] = {
    errors.NotFound: lambda _: Problem("not-found"),
    errors.NoSession: lambda _: Problem("not-found"),
    # The same as anything that is not there: a forged code must not be told from a forgotten one (C16).
    errors.LinkForged: lambda _: Problem("not-found"),
    errors.Refused: _refused,
    errors.StaleEpoch: lambda error: Problem("stale-epoch", str(error), owner=error.owner, epoch=error.epoch),
    errors.KeyReused: lambda error: Problem("key-reused", str(error), key=error.key),
    errors.SessionClosed: lambda error: Problem("session-closed", session=error.session),
    errors.Invalid: lambda error: Problem("invalid", errors=error.mistakes),
    errors.BadAddress: lambda error: Problem("invalid", errors=[(error.kind, f"is not a {error.kind}")]),
    errors.UnknownKind: lambda _: Problem("invalid", errors=[("body.kind", "unknown kind of event")]),
    errors.BadBody: lambda error: Problem("invalid", errors=[(f"body.body.{at}", what) for at, what in error.mistakes]),
    errors.BadCursor: lambda _: Problem("invalid", errors=[("query.after", "not a cursor of this server")]),
    errors.BodyTooLarge: lambda error: Problem("too-large", str(error), limit=error.limit),
    errors.Throttled: lambda error: Problem("throttled", retry_in=error.retry_in),
    BadNonce: lambda _: Problem("csrf"),
    ContextInvalid: lambda error: Problem("invalid", errors=[(f"context.{at}", what) for at, what in error.mistakes]),
    WebsocketMismatch: lambda _: Problem("upgrade-required", headers={"Upgrade": "websocket"}),
}
"""The named errors of the layers below, and what each is to the one who asked."""


class Problems:
    """The table from named errors to problems, and the handlers that use it.

    `known` maps an exception class to the function that makes its problem; the nearest class of the error's own line of
    ancestors is taken.
    """

    def __init__(self, words: Words, base_url: str, known: Mapping[type[Exception], Translate] = KNOWN) -> None:
        self._words = words
        self._docs = f"{base_url}/docs/api#problem-"
        self._known = known

    def install(self, app: Flask) -> None:
        """Answer every error of `app`, those the router raises included."""
        app.register_error_handler(Exception, self.answer)

    def answer(self, error: Exception) -> Response:
        """The response for an error raised while answering a request."""
        if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
            return cast("Response", error.get_response())
        problem = self.problem(error)
        if problem.slug == "internal":
            log.error("unexpected error at %s", request.url_rule or request.method, exc_info=error)
        return self.page(problem) if speaks_html() else self.document(problem)

    def problem(self, error: Exception) -> Problem:
        """What an error means to the one who asked; unknown errors say nothing of themselves."""
        if isinstance(error, Problem):
            return error
        for kind in type(error).__mro__:
            if kind in self._known:
                return self._known[kind](error)
        if isinstance(error, HTTPException):
            return _of_router(error)
        return Problem("internal")

    def document(self, problem: Problem) -> Response:
        """The problem as application/problem+json."""
        body = json.dumps(self.members(problem), ensure_ascii=False, separators=(",", ":"))
        response = Response(body, problem.status, mimetype="application/problem+json")
        return _with_headers(response, problem)

    def members(self, problem: Problem) -> dict[str, Any]:
        """The members of the document, for those who send it by another way (sockets)."""
        found: dict[str, Any] = {
            **problem.facts,
            "type": self._docs + problem.slug,
            "code": problem.slug,
            "title": self._words.text(f"problem.{problem.slug}", "en"),
            "status": problem.status,
        }
        if problem.detail:
            found["detail"] = problem.detail
        if problem.errors:
            found["errors"] = [{"where": where, "message": message} for where, message in problem.errors]
        return found

    def page(self, problem: Problem) -> Response:
        """The problem as a small page in the reader's language; it names nothing that was asked for."""
        g.pop("surface", None)
        headers.surface(headers.surface_of(request.path), files=False, styles=[headers.csp_hash(_STYLE)])
        locale = request.accept_languages.best_match(["en", "de", "ar"]) or "en"
        name = problem.slug if problem.slug in _TOLD_APART else "other"
        page = render_template(
            "problem.html",
            locale=locale,
            direction="rtl" if locale == "ar" else "ltr",
            style=_STYLE,
            title=self._words.text(f"problem.page.{name}.title", locale),
            text=self._words.text(f"problem.page.{name}.text", locale),
        )
        response = Response(page, problem.status, mimetype="text/html")
        response.vary.add("Accept-Language")
        return _with_headers(response, problem)


def speaks_html() -> bool:
    """Whether the request being answered is one a person's browser shows: a page of ours, not a script's request."""
    if not has_request_context():
        return False
    surface = headers.surface_of(request.path)
    if surface == "file":
        # Both programs and people fetch these; only a browser says that it wants a page.
        return "text/html" in request.headers.get("Accept", "")
    if surface not in _PAGES:
        return False
    accept = request.accept_mimetypes
    return not accept or accept["text/html"] >= accept["application/json"]


def _of_router(error: HTTPException) -> Problem:
    status = error.code or 500
    slug = _OF_STATUS.get(status, "bad-request" if status < 500 else "internal")
    sent = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        sent["Allow"] = ", ".join(sorted(error.valid_methods))
    problem = Problem(slug, "" if slug in ("not-found", "internal") else error.description or "", headers=sent)
    problem.status = status
    return problem


def _with_headers(response: Response, problem: Problem) -> Response:
    for name, value in problem.headers.items():
        response.headers[name] = value
    if problem.slug == "unauthenticated":
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.slug == "throttled":
        response.headers["Retry-After"] = str(int(problem.facts.get("retry_in", 1)) or 1)
    return response
