"""What the engine is told of the world around a run at this moment: slots, opening hours, agents, language, zone."""

from __future__ import annotations

from disposable.definition import ANYONE, Flow
from disposable.steps import Setting
from widget_server.actions import models, slots
from widget_server.actions.hours import is_open
from widget_server.actions.world import row_of, site_facts
from widget_server.store import accounts, customers, log
from widget_server.store.database import Row, Tx


def here(tx: Tx, run: Row, flow: Flow) -> Setting:
    """The setting of a run. If this transaction writes, the calendars of the flow are locked: what is free stays free."""
    site = row_of(tx, run.site)
    locale, zone = voice_of(tx, log.locked(tx, run.session)["customer"], site)
    return Setting(
        site_facts(site),
        locale,
        zone,
        tx.now,
        slots=slots.offered(tx, site.id, slots.calendars_of(flow), run.id),
        open=is_open(site, tx.now),
        agents=agents_of(tx, site, flow),
        started=run.created_at,
        guess=models.guess(tx, flow),
    )


def voice_of(tx: Tx, customer: str, site: Row) -> tuple[str, str | None]:
    """Language and zone to speak to a customer in: the one that was told, else that of the phone a link was last opened on,
    or of the words that opened a flow, else the site's."""
    known = customers.profile(tx, customer)
    return str(known.get("locale") or known.get("locale_seen") or site.locale), known.get("zone")


def agents_of(tx: Tx, site: Row, flow: Flow) -> int:
    """How many agents of the teams a flow may hand over to are signed in. Asked only for flows that ask it."""
    if not _asks_for_agents(flow):
        return 1
    teams = {site.default_team if team == ANYONE else team for team in teams_of(flow)}
    there = accounts.signed_in(tx, site.id)
    return sum(1 for agent in there if not agent.teams or teams & set(agent.teams))


def teams_of(flow: Flow) -> set[str]:
    """The teams a flow names; the site's default one where it names none."""
    steps = flow.steps.values()
    handed = [step.handover for step in steps]
    handed += [choice.handover for step in steps for choice in (step.choose or {}).values()]
    handed += [rule.handover for rule in flow.rules]
    return {one.team for one in handed if one is not None} or {ANYONE}


def _asks_for_agents(flow: Flow) -> bool:
    whens = [rule.when for rule in flow.rules]
    for step in flow.steps.values():
        whens += [choice.when for choice in (step.choose or {}).values() if choice.when]
        whens += [block.when for block in step.show if block.when]
    return any("agents" in when for when in whens)
