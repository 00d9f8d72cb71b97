"""The demo's pages: the guided tour, the phone, the airline's app, and the airline's backend.

The phone belongs to http://127.0.0.1 like the server itself; the airline lives at http://localhost, which a browser takes
for another site, so that the widget is embedded as it would be in a company's real pages.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from uuid_utils.compat import uuid7

from widget_server.assets import Assets
from widget_server.channels import signed_calls
from widget_server.channels.contract import ForgedHook
from widget_server.demo import company_web
from widget_server.demo.airline import Airline
from widget_server.demo.company import Company
from widget_server.demo.facts import DemoFacts, facts
from widget_server.demo.phones import NoHandset, NotTaken, Phones
from widget_server.settings import Settings
from widget_server.web import headers
from widget_server.web.guards import check_origin
from widget_server.web.problems import Problem
from widget_server.words import Words, direction

HOSTS = frozenset({"127.0.0.1", "localhost"})
STEPS = (
    ("app", "delay"),
    ("phone", "text"),
    ("phone", "choose"),
    ("phone", "person"),
    ("desk", "accept"),
    ("phone", "reply"),
    ("app", "widget"),
    ("desk", "return"),
    ("phone", "verify"),
    ("app", "callback"),
    ("desk", "close"),
    ("phone", "again"),
)
"""The story: which window each step happens in, and its name in the catalogs."""
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
KEY = re.compile(r"[0-9A-Za-z-]{8,64}")
LONGEST_WAIT = 20.0


@dataclass(frozen=True)
class Stage:
    """What the demo's pages stand on."""

    facts: DemoFacts
    airline: Airline
    company: Company
    phones: Phones
    assets: Assets
    words: Words
    clock: Callable[[], int]

    @staticmethod
    def of(settings: Settings, assets: Assets, words: Words, clock: Callable[[], int]) -> "Stage":
        """The stage of a demo with these settings."""
        found = facts(settings)
        return Stage(
            facts=found,
            airline=Airline(found, settings.data_dir / "airline.json", clock, lambda: str(uuid7())),
            company=Company(found, settings.data_dir / "company.json", clock),
            phones=Phones(settings.twilio_api_base, settings.twilio_account_sid, settings.twilio_auth_token),
            assets=assets,
            words=words,
            clock=clock,
        )


def blueprint(stage: Stage) -> Blueprint:
    """All routes below /demo, and the rule that the demo answers to this machine's own names only."""
    made = Blueprint("demo", __name__)
    made.before_app_request(own_hosts_only)
    made.register_blueprint(_pages(stage.facts, stage.assets, stage.words))
    made.register_blueprint(_phone(stage.facts, stage.phones))
    made.register_blueprint(_airline(stage.facts, stage.airline, stage.clock))
    made.register_blueprint(company_web.blueprint(stage.company, stage.assets, stage.words))
    return made


def own_hosts_only() -> None:
    """A page of somebody else that has its name point to this machine (DNS rebinding) gets nothing."""
    host = request.host.rpartition(":")[0] or request.host
    if host not in HOSTS:
        raise Problem("not-found")


def _pages(who: DemoFacts, assets: Assets, words: Words) -> Blueprint:
    pages = Blueprint("pages", __name__)

    def page(template: str, **more: Any) -> Response:
        lang = words.language(request.args.get("lang"), request.accept_languages.best_match(words.languages))
        html = render_template(
            template,
            lang=lang,
            dir=direction(lang),
            asset=assets.url,
            facts=who,
            _=lambda key, **values: words.text(key, lang, **values),
            script_words=lambda prefix: words.under(prefix, lang),
            **more,
        )
        return make_response(html)

    @pages.get("/demo")
    def tour() -> Response:
        headers.surface("demo", frames=[who.app_url])
        return page("demo/tour.html", steps=STEPS)

    @pages.get("/demo/phone")
    def phone() -> Response:
        number = request.args.get("number", "").replace(" ", "+")
        headers.surface("demo", parents=["'self'"])
        chosen = number if NUMBER.fullmatch(number) else who.passenger.phone
        return page("demo/phone.html", number=chosen, framed="framed" in request.args)

    @pages.get("/demo/app")
    def app() -> Response:
        ours = who.base_url
        headers.surface("demo", scripts=[ours], connects=[ours], frames=[ours], images=[ours], parents=[ours])
        return page("demo/app.html", framed="framed" in request.args)

    return pages


def _phone(who: DemoFacts, phones: Phones) -> Blueprint:
    phone = Blueprint("phone", __name__)

    @phone.get("/demo/phone/messages")
    def messages() -> Response:
        after, wait = request.args.get("after", 0, int), request.args.get("wait", 0.0, float)
        with _asking():
            return jsonify(phones.read(_number(), after, min(max(wait, 0.0), LONGEST_WAIT)))

    @phone.get("/demo/phone/numbers")
    def numbers() -> Response:
        with _asking():
            return jsonify(phones.known())

    @phone.post("/demo/phone/messages")
    def write() -> Response:
        _from_own_pages(who)
        with _asking():
            return jsonify(phones.write(_number(), _told().get("text")))

    @phone.put("/demo/phone/faults")
    def faults() -> Response:
        _from_own_pages(who)
        with _asking():
            return jsonify(phones.set_faults(_told()))

    return phone


def _airline(who: DemoFacts, airline: Airline, clock: Callable[[], int]) -> Blueprint:
    backend = Blueprint("airline", __name__)

    @backend.get("/demo/airline/trip")
    def trip() -> Response:
        return jsonify(airline.trip())

    @backend.post("/demo/airline/token")
    def token() -> Response:
        _from_own_pages(who)
        return jsonify(token=airline.token())

    @backend.post("/demo/airline/delay")
    def delay() -> Response:
        _from_own_pages(who)
        key = request.headers.get("Idempotency-Key", "")
        if not KEY.fullmatch(key):
            raise Problem("malformed", "send an Idempotency-Key")
        return jsonify(airline.delay(key))

    @backend.post("/demo/airline/rebook")
    def rebook() -> Response:
        sent = {name.lower(): value for name, value in request.headers.items()}
        try:
            call_id = signed_calls.verify(who.call_secret_text, sent, request.get_data(), clock())
        except ForgedHook:
            raise Problem("unauthenticated", "the signature does not fit") from None
        return jsonify(airline.rebook(call_id, request.get_json(silent=True)))

    return backend


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except NoHandset:
        raise Problem("not-ready", "the handset does not answer") from None
    except NotTaken as error:
        raise Problem("bad-request", error.message) from None


def _from_own_pages(who: DemoFacts) -> None:
    check_origin(dict(request.headers), [who.base_url, who.app_url])


def _number() -> str:
    number = request.args.get("number", "")
    if not NUMBER.fullmatch(number):
        raise Problem("malformed", "number is a phone number like +12025550143")
    return number


def _told() -> dict[str, Any]:
    told = request.get_json(silent=True)
    if not isinstance(told, dict):
        raise Problem("malformed", "send JSON")
    return told
