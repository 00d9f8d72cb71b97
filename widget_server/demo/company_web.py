"""The pages and the server of the companies behind the ready-made apps: a list to send them from, calls, a payment page."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from uuid_utils.compat import uuid7

from widget_server.assets import Assets
from widget_server.channels import signed_calls
from widget_server.channels.contract import ForgedHook
from widget_server.demo.company import Company, answers, flows
from widget_server.web import headers
from widget_server.web.guards import check_origin
from widget_server.web.problems import Problem
from widget_server.words import Words, direction

BILL = "pay-bill"


def blueprint(company: Company, assets: Assets, words: Words) -> Blueprint:
    """/demo/apps, /demo/company/<call> and /demo/pay."""
    made = Blueprint("company", __name__)
    who = company.facts

    def page(template: str, **more: Any) -> Response:
        lang = words.language(request.args.get("lang"), request.accept_languages.best_match(words.languages))
        headers.surface("demo")
        speak = lambda key, **values: words.text(key, lang, **values)  # noqa: E731 - what templates call it
        html = render_template(template, lang=lang, dir=direction(lang), asset=assets.url, facts=who, _=speak, **more)
        return make_response(html)

    @made.get("/demo/apps")
    def apps() -> Response:
        lang = words.language(request.args.get("lang"), request.accept_languages.best_match(words.languages))
        listed = [(flow.app, flow.spoken(lang).purpose) for flow in flows(who.app_url)]
        sent = request.args.get("sent", "")
        return page("demo/apps.html", apps=listed, sent=next((purpose for app, purpose in listed if app == sent), ""))

    @made.post("/demo/apps/<name>")
    def send(name: str) -> Any:
        check_origin(dict(request.headers), [who.base_url])
        status = company.send(name, str(uuid7()))
        if status >= 400:
            raise Problem("not-found" if status == 404 else "not-ready", "the app could not be sent")
        return redirect(f"/demo/apps?sent={name}", 303)

    @made.post("/demo/company/<call>")
    def called(call: str) -> Response:
        sent = {name.lower(): value for name, value in request.headers.items()}
        try:
            signed_calls.verify(who.call_secret_text, sent, request.get_data(), company.clock())
        except ForgedHook:
            raise Problem("unauthenticated", "the signature does not fit") from None
        answer = answers(company.today()).get(call)
        if answer is None:
            raise Problem("not-found")
        return jsonify(answer)

    made.register_blueprint(_payment(company, page))
    return made


def _payment(company: Company, page: Callable[..., Response]) -> Blueprint:
    made = Blueprint("payment", __name__)
    who = company.facts

    @made.get("/demo/pay")
    def pay() -> Response:
        return page("demo/pay.html", bill=request.args.get("bill", ""), back=_back(), paid=False)

    @made.post("/demo/pay")
    def paid() -> Response:
        check_origin(dict(request.headers), [who.base_url, who.app_url])
        bill = request.form.get("bill", "")[:64]
        if company.paid(BILL, f"PAY-{str(uuid7())[-6:]}") >= 400:
            raise Problem("not-ready", "the server did not hear that it was paid")
        return page("demo/pay.html", bill=bill, back=_back(), paid=True)

    def _back() -> str:
        """The way back, which leads to the server and to nobody else."""
        given = request.values.get("back", "")
        there = urlsplit(given)
        if f"{there.scheme}://{there.netloc}" != who.base_url:
            raise Problem("malformed", "`back` leads to another place")
        return given

    return made
