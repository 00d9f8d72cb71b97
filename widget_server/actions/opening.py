"""Somebody writes first, and nobody has the session: which flow is meant, the site's default one, or its team.

A text that surely asks for a flow (by its `like`) starts it, one that probably does is asked back. Only flows that can
start on what is known of the session are offered, on channels they may run on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from disposable import understand
from disposable.definition import ContextInvalid, Flow, check_context
from disposable.fields import Option
from disposable.understand import Understood
from widget_server.actions import driving, models, speaking
from widget_server.actions.driving import Acting
from widget_server.actions.world import World, row_of
from widget_server.events import Actor, Draft, Event
from widget_server.store import customers, links, log
from widget_server.store.database import Row, Tx

ASKED = "opening:"
"""The step a question back stands under: opening:NAME OF THE FLOW. It belongs to no run."""
YES, NO = "yes", "no"

Begin = Callable[[Row, str, dict[str, Any], Acting, str], None]
"""Starts a flow of a site by its name, on a context, with what was said: what beginning.open_run does."""


def greet(world: World, tx: Tx, row: dict[str, Any], message: Event, begin: Begin) -> bool:
    """Answers what opens a conversation. False where it is for a person.

    `row` is the locked session, `message` what the customer wrote.
    """
    site = row_of(tx, row["site"])
    by = Acting(f"{message.key}/greet", message.actor, message.channel, message.grant, 1, message.device)
    text = str((message.body or {}).get("text", ""))
    known = _context(tx, row["id"])
    asked = _asked(tx, row["id"], message)
    if asked and understand.control(text) != "agent":
        answer = understand.choose(text, _yes_or_no(world, tx, row, site))
        if (
            answer is not None
            and answer.value == YES
            and asked in (flows := _startable(world, tx, site, known, message))
        ):
            begin(site, asked, _needed(flows[asked], known), by, "")
            return True
        if answer is not None:
            return _default(world, tx, site, row, by, begin)
    return _by_text(world, tx, row, site, text, known, message, by, begin) or _default(world, tx, site, row, by, begin)


def _by_text(
    world: World,
    tx: Tx,
    row: dict[str, Any],
    site: Row,
    text: str,
    known: dict[str, Any],
    message: Event,
    by: Acting,
    begin: Begin,
) -> bool:
    flows = _startable(world, tx, site, known, message)
    found = pick(tx, site.id, text, flows)
    if found is None:
        return False
    name = str(found.value)
    _note_language(tx, row, flows[name], text)
    if found.sure >= flows[name].sure and found.by != "number":
        begin(site, name, _needed(flows[name], known), by, text)
        return True
    locale, _ = driving.voice_of(tx, row["customer"], site)
    ask = world.words.text("opening.ask", locale, purpose=flows[name].spoken(locale).purpose)
    menu = [[option.value, option.label] for option in _yes_or_no(world, tx, row, site)]
    lines = (
        [ask, *(f"{number} {label}" for number, (_, label) in enumerate(menu, 1))] if by.channel != "widget" else [ask]
    )
    body = {"text": "\n".join(lines), "prompt": {"run": "", "step": f"{ASKED}{name}", "menu": menu}}
    said = Draft("message", body, f"{by.key}/said", Actor("flow", name), by.channel, grant=by.grant)
    speaking.deliver(world, tx, log.locked(tx, row["id"]), log.append(tx, row["id"], said), str(body["text"]))
    return True


def _note_language(tx: Tx, row: dict[str, Any], flow: Flow, text: str) -> None:
    """Whoever opens a flow by the words of its translation speaks that language, as far as is known."""
    ours = understand.choose(text, [Option(flow.app, flow.purpose, flow.app, flow.like)])
    for language in flow.translations if ours is None else ():
        spoken = flow.spoken(language)
        if understand.choose(text, [Option(flow.app, spoken.purpose, flow.app, spoken.like)]):
            customers.set_profile(tx, row["customer"], locale_seen=language)
            return


def pick(tx: Tx, site: str, text: str, flows: dict[str, Flow]) -> Understood | None:
    """Which of these flows a text asks for. None for none, or for what could be two."""
    options = [Option(name, flow.purpose, name, _likes(flow)) for name, flow in flows.items()]
    found = understand.choose(text, options, models.opening(tx, site)) if options else None
    return None if found is None or found.by == "number" else found


def _likes(flow: Flow) -> tuple[str, ...]:
    """The words that open a flow, in all its languages."""
    spoken = (flow, *(flow.spoken(language) for language in flow.translations))
    return tuple(dict.fromkeys(word for one in spoken for word in (*one.like, one.purpose)))


def _startable(world: World, tx: Tx, site: Row, known: dict[str, Any], message: Event) -> dict[str, Flow]:
    return {
        name: flow
        for name, flow in world.flows.published(tx, site.id).items()
        if flow.like and (not flow.only or message.channel in flow.only) and _can_start(flow, known)
    }


def _can_start(flow: Flow, known: dict[str, Any]) -> bool:
    try:
        check_context(flow, _needed(flow, known))
    except ContextInvalid:
        return False
    return True


def _needed(flow: Flow, known: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if name in flow.context}


def _context(tx: Tx, session_id: str) -> dict[str, Any]:
    """The top names the company told of this session."""
    known: dict[str, Any] = {}
    for event in log.of_kind(tx, session_id, "context"):
        known |= {name: value for name, value in (event.body or {}).get("set", {}).items() if "." not in name}
    return known


def _asked(tx: Tx, session_id: str, message: Event) -> str:
    """The flow that was asked back for, if that is the last thing said on this channel."""
    said = log.newest(tx, session_id, "message", actor="flow", channel=message.channel)
    prompt = ((said.body or {}).get("prompt") or {}) if said else {}
    step = str(prompt.get("step", ""))
    return step.removeprefix(ASKED) if step.startswith(ASKED) else ""


def _yes_or_no(world: World, tx: Tx, row: dict[str, Any], site: Row) -> list[Option]:
    locale, _ = driving.voice_of(tx, row["customer"], site)
    return [
        Option(YES, world.words.text("step.yes", locale), YES, ("yes", "ja", "نعم")),
        Option(NO, world.words.text("opening.else", locale), NO, ("no", "nein", "لا")),
    ]


def _default(world: World, tx: Tx, site: Row, row: dict[str, Any], by: Acting, begin: Begin) -> bool:
    """The site's default flow, once a session, if it can start on nothing."""
    named = world.flows.named(tx, site.id, site.default_flow) if site.default_flow else None
    if named is None or named[1].context or links.runs(tx, row["id"]):
        return False
    begin(site, str(site.default_flow), {}, by, "")
    return True
