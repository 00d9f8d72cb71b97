"""STOP and START in a text thread: no notice is texted any more, or again. In every language that is shipped."""

from __future__ import annotations

from disposable import understand
from disposable.engine import Text
from widget_server.actions import driving, preferences, speaking
from widget_server.actions.following import Acting
from widget_server.actions.preferences import TEXTS
from widget_server.actions.surroundings import voice_of
from widget_server.actions.world import World, row_of
from widget_server.events import Draft, Event
from widget_server.store import customers, log
from widget_server.store.database import Row, Tx

STOP, START = "stop", "start"


def word_of(tx: Tx, session_id: str, draft: Draft) -> str:
    """stop or start, if that is all a text says and it changes something; else nothing."""
    if draft.channel not in speaking.TEXTS:
        return ""
    word = understand.control(str(draft.body["text"]))
    return word if word == STOP or (word == START and is_stopped(tx, session_id)) else ""


def is_stopped(tx: Tx, session_id: str) -> bool:
    """Whether the customer of a session wants no texts but answers."""
    row = log.locked(tx, session_id)
    liked = preferences.of(tx, row_of(tx, row["site"]), customers.root(tx, row["customer"]))
    return TEXTS in liked.opt_out


def heed(world: World, tx: Tx, session_id: str, draft: Draft, word: str, run: Row | None, tier: int) -> Event:
    """Does what the word says, ends the run that asked, and says so, once."""
    message = log.append(tx, session_id, draft)
    row = log.locked(tx, session_id)
    site, customer = row_of(tx, row["site"]), customers.root(tx, row["customer"])
    preferences.change(tx, site, customer, {"opt_out" if word == STOP else "opt_in": TEXTS})
    if run is not None and word == STOP:
        by = Acting(f"{draft.key}/run", draft.actor, draft.channel, draft.grant, tier, draft.device)
        driving.drive(world, tx, run, Text(STOP, tier, draft.channel), by, speaks=False)
    locale, _ = voice_of(tx, customer, site)
    to = speaking.phone_for(tx, customer, draft.grant)
    if to is not None:
        said = world.words.text("stop.texts" if word == STOP else "stop.start", locale, site=site.name)
        speaking.owe_text(world, tx, log.locked(tx, session_id), site, to, said)
    return message
