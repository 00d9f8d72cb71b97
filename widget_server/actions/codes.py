"""Six digits by text: to whom, how often, and bound to what (C12).

A code is good for ten minutes, once, for one window, one act and one number; sending is limited by number, country and site.
What a right code is worth is told elsewhere: proofs.py (going on, one act), code_fields.py (a field of a flow).
"""

from __future__ import annotations

import hashlib
from typing import Any

from widget_server.actions import speaking
from widget_server.actions.errors import Throttled
from widget_server.actions.surroundings import voice_of
from widget_server.actions.world import World, row_of
from widget_server.addresses import country
from widget_server.store import records
from widget_server.store.database import Row, Tx

LASTS_MS = 10 * 60_000
AN_HOUR, AN_HOUR_COUNTRY, AN_HOUR_SITE = 3, 1_000, 3_000
"""To one number; of one site to one country, and to all (both may be set at the site)."""
AN_HOUR_SESSION = 10
"""For one customer's matter, to whatever numbers: where a field asks for the number, a stranger may name many."""


def send(
    world: World, tx: Tx, session: dict[str, Any], grant_id: str, phone: str, action: str, called: str = ""
) -> None:
    """Texts a code to a number, for one grant and act; `called` is the act's name in the text. Raises Throttled."""
    site = row_of(tx, session["site"])
    _meter(tx, site, phone, session["id"])
    digits = world.digits()
    hash_ = _hash(grant_id, action, phone, digits)
    records.challenge(tx, site.id, grant_id, session["id"], action, hash_, LASTS_MS)
    locale, _ = voice_of(tx, session["customer"], site)
    what = world.words.text("code.act" if called else "code.continue", locale, act=called)
    text = world.words.text("code.text", locale, site=site.name, code=digits, action=what)
    speaking.owe_text(world, tx, session, site, phone, text)


def _meter(tx: Tx, site: Row, phone: str, session: str) -> None:
    """Counts a code sent, by number, session, country and site: nobody makes the site pay for texts to a number farm (C12)."""
    limits = {
        f"code {tx.vault.lookup('phone', phone)}": AN_HOUR,
        f"codes session {session}": AN_HOUR_SESSION,
        f"codes {site.id} {country(phone)}": int(site.options.get("codes_an_hour_country", AN_HOUR_COUNTRY)),
        f"codes {site.id}": int(site.options.get("codes_an_hour", AN_HOUR_SITE)),
    }
    if any(records.tries(tx, bucket, 3_600_000) >= most for bucket, most in limits.items()):
        raise Throttled(3600)
    for bucket in limits:
        records.tried(tx, bucket)


def action(run: str, step: str) -> str:
    """The act a field's code is bound to."""
    return "field " + hashlib.sha256(f"{run} {step}".encode()).hexdigest()[:32]


def underway(tx: Tx, grant_id: str, action: str) -> bool:
    """Whether a code was sent for this act that may still be answered."""
    return records.newest_challenge(tx, grant_id, action) is not None


def is_right(tx: Tx, grant_id: str, phone: str, action: str, digits: str) -> bool:
    """Whether these are the digits last sent to this number for this act; right ones are used up."""
    sent = records.newest_challenge(tx, grant_id, action)
    if sent is None:
        return False
    right = bool(sent.hash == _hash(grant_id, action, phone, "".join(digits.split())))
    records.challenge_tried(tx, sent.id, right)
    return right


def _hash(grant_id: str, action: str, phone: str, digits: str) -> str:
    return hashlib.sha256(f"{grant_id} {action} {phone} {digits}".encode()).hexdigest()
