"""The company speaks first: a notice by the channel the customer can be reached on, which opens or continues a session."""

from __future__ import annotations

from typing import Any

from uuid_utils.compat import uuid7

from disposable.definition import Flow
from disposable.render.text import notice, segments
from disposable.screen import Screen
from widget_server.actions import driving, preferences, speaking
from widget_server.actions.access import ApiKey
from widget_server.actions.beginning import begin_run
from widget_server.actions.driving import Acting
from widget_server.actions.errors import Invalid, NotFound, Refused
from widget_server.actions.links import make, warnings
from widget_server.actions.preferences import TEXTS
from widget_server.actions.sessions import addresses_of
from widget_server.actions.surroundings import voice_of
from widget_server.actions.urls import url_for
from widget_server.actions.world import World, row_of, site_facts
from widget_server.clock import to_wire
from widget_server.events import Actor, Draft
from widget_server.store import customers, grants, links, log, records, sessions
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx

CHANNELS = ("sms", "widget")
MAX_TEXT = 1600
HELD, OPTED_OUT = "held", "opted-out"


def notify(
    world: World,
    who: ApiKey,
    to: dict[str, str],
    *,
    app: str | None = None,
    text: str | None = None,
    context: dict[str, Any] | None = None,
    channels: list[str] | None = None,
    not_before: int | None = None,
    purpose: str = "service",
    locale: str | None = None,
) -> dict[str, Any]:
    """Sends a flow's notice with its link, or a plain text. Raises NotFound, Invalid, Refused("disowned").

    A flow's run begins now: the customer may answer the text right there, or tap the link and be in the same run.
    What the customer prefers is heeded: their channel unless `channels` says, their quiet hours, and a purpose they said no
    to, which is held back: nothing begins, and `status` and `reason` say so.
    """
    if (app is None) == (text is None):
        raise Invalid([("app", "give either app or text")])
    with world.store.write() as tx:
        site = row_of(tx, who.site)
        given = addresses_of(to, site.options.get("region"), "company")
        _heed(tx, site, given)
        customer = customers.resolve(tx, site, given)
        customers.set_profile(tx, customer, locale=locale)
        liked = preferences.of(tx, site, customer)
        channel, phone = _channel(tx, customer, given, channels, liked.channel)
        at = liked.after_quiet(max(tx.now, not_before or 0))
        if purpose in liked.opt_out or (channel in speaking.TEXTS and TEXTS in liked.opt_out):
            return _held_back(world, tx, site, customer, channel, app, purpose, at)
        session_id = _session(tx, site, customer, channel, who)
        sending = Sending(world, tx, site, who, session_id, customer, channel, phone, at)
        if app is not None:
            return sending.flow(app, context or {}, purpose)
        return sending.plain(str(text), purpose)


def _heed(tx: Tx, site: Row, given: list[Address]) -> None:
    """Whoever said "not me" at a number is left alone, whoever the company takes them for (C34)."""
    if any(one.kind == "phone" and customers.is_disowned(tx, site.realm, one.kind, one.value) for one in given):
        raise Refused("disowned")


def _held_back(
    world: World, tx: Tx, site: Row, customer: str, channel: str, app: str | None, purpose: str, at: int
) -> dict[str, Any]:
    """Notes what was not sent, and why."""
    if app is not None and world.flows.named(tx, site.id, app) is None:
        raise NotFound("app", app)
    columns = {"app": app or "", "purpose": purpose, "channel": channel, "not_before": at, "held_back": OPTED_OUT}
    made = records.notified(tx, site=site.id, customer=customer, session="", seq=0, link=None, delivery=None, **columns)
    about = {"channel": channel, "app": app, "not_before": to_wire(at), "link": None, "sms": None}
    return {"id": made, "session": None, "customer": customer, "status": HELD, "reason": OPTED_OUT, **about}


def _channel(
    tx: Tx, customer: str, given: list[Address], wanted: list[str] | None, liked: str
) -> tuple[str, str | None]:
    unknown = [one for one in wanted or [] if one not in CHANNELS]
    if unknown:
        raise Invalid(
            [("channels", f"{one} is not a channel here; write any of {', '.join(CHANNELS)}") for one in unknown]
        )
    phone = next((one.value for one in given if one.kind == "phone"), None) or _number(tx, customer)
    for channel in wanted or sorted(CHANNELS, key=lambda one: one != liked):
        if channel != "sms" or phone:
            return channel, phone
    raise Invalid([("to", "no address for any of the channels; give a phone")])


def _number(tx: Tx, customer: str) -> str | None:
    known = (one for one in customers.addresses(tx, customer) if one[0].kind == "phone")
    return next((value for row, value in known if row.evidence != customers.DISOWNED), None)


def _session(tx: Tx, site: Row, customer: str, channel: str, who: ApiKey) -> str:
    tx.serialise(f"customer {customers.root(tx, customer)}")
    found = sessions.newest(tx, site.id, customer, "open")
    return found.id if found else sessions.begin(tx, site, customer, channel, Actor("key", who.id))


class Sending:
    """One notice on its way: what its parts share."""

    def __init__(
        self,
        world: World,
        tx: Tx,
        site: Row,
        who: ApiKey,
        session: str,
        customer: str,
        channel: str,
        phone: str | None,
        at: int,
    ) -> None:
        self.world = world
        self.tx = tx
        self.site = site
        self.who = who
        self.session = session
        self.customer = customer
        self.channel = channel
        self.phone = phone
        self.at = at
        self.id = str(uuid7())

    def flow(self, app: str, context: dict[str, Any], purpose: str) -> dict[str, Any]:
        tx = self.tx
        to = Address("phone", self.phone) if self.phone else None
        made = make(
            self.world, tx, self.site, app, self.customer, context, session=self.session, channel=self.channel, to=to
        )
        name = links.hexed(made.row.id)
        if made.flow.text is None:
            raise Invalid([("app", f"{app} has no text to send; add `text:` to the flow")])
        grant = self._grant()
        by = Acting(f"notice {self.id}", Actor("key", self.who.id), self.channel, grant)
        run = begin_run(
            self.world, tx, self.site, self.session, app, context, by, link=made.row.id, hash_=made.row.hash
        )
        links.change(tx, made.row.id, run=run.id)
        body = {"link": name, "app": app, "channel": self.channel}
        log.append(tx, self.session, Draft("link.made", body, f"link {name}", by.actor, self.channel, run=run.id))
        locale, zone = voice_of(tx, self.customer, self.site)
        words = self.world.speak(locale)
        facts = site_facts(self.site)
        text = notice(
            made.flow, context, facts, "{link:" + name + "}", words=words, locale=locale, zone=zone, now=tx.now
        )
        menu = _menu(_first(self.world, tx, run, grant, self.channel))
        prompt = {"run": run.id, "step": run.step, "menu": menu}
        delivery, seq = self._say(
            {"text": text, "prompt": prompt, "notice": self.id}, text, Actor("flow", run.id), run.id, grant
        )
        url = url_for(self.world, made.row.host, made.code)
        sent = text.replace("{link:" + name + "}", url)
        counted = segments(sent)
        records.notified(tx, **self._row(made.row.id, app, purpose, delivery, seq))
        return self._answer(made.flow, delivery) | {
            "link": {"id": name, "url": url, "code": made.code, "expires_at": to_wire(made.row.expires_at)},
            "sms": {
                "text": sent,
                "segments": counted.segments,
                "warnings": [words(f"lint.{one}") for one in warnings(made.flow, context, self.site, sent, url)],
            },
        }

    def plain(self, text: str, purpose: str) -> dict[str, Any]:
        if not 0 < len(text) <= MAX_TEXT:
            raise Invalid([("text", f"1 to {MAX_TEXT} characters")])
        grant = self._grant()
        actor = Actor("key", self.who.id)
        delivery, seq = self._say({"text": text, "notice": self.id}, text, actor, None, grant)
        records.notified(self.tx, **self._row(None, "", purpose, delivery, seq))
        counted = segments(text)
        sms = {"text": text, "segments": counted.segments, "warnings": []}
        return self._answer(None, delivery) | {"link": None, "sms": sms}

    def _grant(self) -> str | None:
        if self.phone is None or self.channel != "sms":
            return None
        return address_grant(self.tx, self.site, self.session, self.customer, "sms", self.phone)

    def _say(
        self, body: dict[str, Any], text: str, actor: Actor, run: str | None, grant: str | None
    ) -> tuple[str | None, int]:
        draft = Draft("message", body, f"notice {self.id} text", actor, self.channel, run=run, grant=grant)
        message = log.append(self.tx, self.session, draft)
        if self.channel != "sms" or self.phone is None:
            return None, message.seq
        session = log.locked(self.tx, self.session)
        owed = speaking.owe_text(
            self.world, self.tx, session, self.site, self.phone, text, seq=message.seq, due_at=self.at
        )
        return owed, message.seq

    def _row(self, link: int | None, app: str, purpose: str, delivery: str | None, seq: int) -> dict[str, Any]:
        who = {"site": self.site.id, "customer": self.customer, "session": self.session, "seq": seq}
        return who | {
            "id": self.id,
            "link": link,
            "app": app,
            "purpose": purpose,
            "channel": self.channel,
            "delivery": delivery,
            "not_before": self.at,
        }

    def _answer(self, flow: Flow | None, delivery: str | None) -> dict[str, Any]:
        return {
            "id": self.id,
            "session": self.session,
            "customer": self.customer,
            "channel": self.channel,
            "status": "owed" if delivery else "sent",
            "reason": "",
            "app": flow.app if flow else None,
            "not_before": to_wire(self.at),
        }


def address_grant(tx: Tx, site: Row, session: str, customer: str, channel: str, address: str) -> str:
    """The grant an address has in a session, made at its first use: tier 1, since senders can be forged."""
    lookup = tx.vault.lookup("phone", address)
    found = grants.of_address(tx, session, channel, lookup)
    if found is not None:
        return str(found.id)
    return grants.add(tx, site.id, "address", customer, channel, 1, "sender", session=session, lookup=lookup)


def _first(world: World, tx: Tx, run: Row, grant: str | None, channel: str) -> Screen:
    flow, state = driving.load(world, tx, run)
    return driving.draw(world, tx, run, flow, state, grant_id=grant, channel=channel)


def _menu(shown: Screen) -> list[list[str]]:
    return [[choice.value, choice.label] for choice in shown.choices][:50]


def get(world: World, who: ApiKey, notification: str) -> dict[str, Any]:
    """A notification and what became of its delivery."""
    with world.store.read() as tx:
        row = records.notification(tx, notification)
        if row is None or row.site != who.site:
            raise NotFound("notification", notification)
        return {
            "id": row.id,
            "session": row.session or None,
            "customer": customers.root(tx, row.customer),
            "channel": row.channel,
            "status": HELD if row.held_back else row.status or "sent",
            "reason": row.held_back or row.reason or "",
            "permanent": bool(row.permanent),
            "app": row.app or None,
            "purpose": row.purpose,
            "link": {"id": links.hexed(row.link)} if row.link is not None else None,
            "not_before": to_wire(row.not_before),
            "created_at": to_wire(row.created_at),
        }
