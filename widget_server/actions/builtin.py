"""Calls a flow may make without a server of the company's: their names have a dot, and they are done at once, in the
transaction that called them. Each takes what stands in `with` and gives back what `save` keeps, or fails as a call fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from widget_server.actions import callbacks, preferences, slots, speaking
from widget_server.actions.errors import Invalid
from widget_server.actions.run_links import link_of
from widget_server.actions.surroundings import voice_of
from widget_server.actions.world import World, row_of
from widget_server.addresses import BadAddress, masked, normal
from widget_server.clock import from_wire, to_wire
from widget_server.events import Actor
from widget_server.store import customers, log, records
from widget_server.store.customers import Address
from widget_server.store.database import Row, Tx

LONGEST_NAME = 120
LINKS_AN_HOUR = 5
"""Texts to one number that flows' own steps may bring about: whoever starts flow after flow makes nobody pay for more."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Asked:
    """One such call under way."""

    world: World
    tx: Tx
    run: Row
    key: str
    given: Mapping[str, Any]

    @property
    def site(self) -> Row:
        return row_of(self.tx, self.run.site)

    @property
    def customer(self) -> str:
        return customers.root(self.tx, log.locked(self.tx, self.run.session)["customer"])

    def text(self, name: str) -> str:
        value = self.given.get(name)
        return "" if value is None else str(value).strip()


def perform(world: World, tx: Tx, run: Row, call: str, key: str, given: Mapping[str, Any]) -> tuple[bool, Any]:
    """Does a built-in call. Returns whether it went well, and its answer; nothing was changed by one that did not."""
    verb = CALLS.get(call)
    if verb is None:
        return False, None
    try:
        return True, verb(Asked(world, tx, run, key, given))
    except (Invalid, BadAddress, CannotDo):
        return False, None


class CannotDo(Exception):
    """What a built-in call was given names nothing it can work on."""


def _release_slot(asked: Asked) -> dict[str, Any]:
    """slots.release {slot}: gives back what this customer booked."""
    name = slots.id_of(asked.given.get("slot"))
    everybody = customers.cluster(asked.tx, asked.customer)
    if not name or not slots.release(asked.tx, asked.run.site, name, everybody):
        raise CannotDo
    return {"slot": name}


def _set_preferences(asked: Asked) -> dict[str, Any]:
    """preferences.set {channel, quiet_from, quiet_to, opt_out, opt_in}: how the customer wants to be reached."""
    return preferences.change(asked.tx, asked.site, asked.customer, asked.given).told()


def _request_callback(asked: Asked) -> dict[str, Any]:
    """callback.request {phone, at, topic}: promises a call; `at` is an instant or a slot, without it as soon as can be."""
    tx = asked.tx
    phone = asked.text("phone") or None
    due = _instant(asked.given.get("at")) or tx.now
    row = callbacks.promise(
        tx,
        asked.run.session,
        due,
        phone,
        asked.text("topic"),
        key=asked.key,
        actor=Actor("flow", asked.run.id),
        grant=log.locked(tx, asked.run.session)["last_grant"],
    )
    return {"callback": row.id, "due": to_wire(row.due)}


def _instant(value: Any) -> int | None:
    """Milliseconds UTC of an RFC 3339 time, or of the start of a slot. Raises CannotDo for another value that is there."""
    text = str(value.get("starts", "")) if isinstance(value, dict) else str(value or "")
    try:
        return from_wire(text) if text else None
    except (ValueError, OverflowError):
        raise CannotDo from None


def _send_link(asked: Asked) -> dict[str, Any]:
    """link.send {to}: texts this run's link to the number on file, or to that of `to` if it is on file, too."""
    tx, session = asked.tx, log.locked(asked.tx, asked.run.session)
    to = speaking.phone_for(tx, asked.customer, None)
    if wanted := asked.text("to"):
        # A link opens what stands in the run: it goes to whom the company knows, not to whatever was typed.
        number = normal("phone", wanted, asked.site.options.get("region"))
        to = number if number in _numbers(tx, asked.customer) else None
    if to is None:
        raise CannotDo
    sent = f"links sent {tx.vault.lookup('phone', to)}"
    if records.tries(tx, sent, 3_600_000) >= LINKS_AN_HOUR:
        raise CannotDo
    records.tried(tx, sent)
    name = link_of(asked.world, tx, asked.run, to)
    locale, _ = voice_of(tx, asked.customer, asked.site)
    text = asked.world.words.text("notice.link", locale, site=asked.site.name, link=f"{{link:{name}}}")
    speaking.owe_text(asked.world, tx, session, asked.site, to, text)
    return {"to": masked("phone", to)}


def _numbers(tx: Tx, customer: str) -> set[str]:
    return {value for row, value in customers.addresses(tx, customer) if row.kind == "phone" and row.proven_at}


def _set_customer(asked: Asked) -> dict[str, Any]:
    """customer.set {name, email, phone, locale, zone}: what they told of themselves; an address typed proves nobody."""
    tx, site = asked.tx, asked.site
    typed = [
        Address(kind, normal(kind, asked.text(kind), site.options.get("region")), "typed", proven=False)
        for kind in ("email", "phone")
        if asked.text(kind)
    ]
    known = {name: asked.text(name) for name in ("name", "locale", "zone") if asked.text(name)}
    _check_profile(known)
    for one in typed:
        customers.learn(tx, asked.customer, site, one)
    customers.set_profile(tx, asked.customer, **known)
    return {**known, **{one.kind: one.value for one in typed}}


def _check_profile(known: Mapping[str, str]) -> None:
    right = len(known.get("name", "")) <= LONGEST_NAME and known.get("zone", "UTC") in available_timezones()
    if not right or not LANGUAGE.fullmatch(known.get("locale", "en")):
        raise CannotDo


CALLS: Mapping[str, Callable[[Asked], Any]] = {
    "slots.release": _release_slot,
    "preferences.set": _set_preferences,
    "callback.request": _request_callback,
    "link.send": _send_link,
    "customer.set": _set_customer,
}
"""Every built-in call, by the name flows use. A dot tells them from those a company registers."""


def is_ours(call: str) -> bool:
    """Whether the server itself does this call."""
    return "." in call
