"""Puts the demo's company into a database: once, and then only what a new port changes."""

from typing import Any

from widget_server.actions import flows, setup, slots
from widget_server.actions.world import World
from widget_server.demo import company
from widget_server.demo.facts import CALL, SITE_NAME, ZONE, DemoFacts, facts

LOOK = {"accent": "#0d6674"}
CALL_TIMEOUT_MS = 10_000


def seed(world: World) -> DemoFacts:
    """The site Meridian Air with its agents, key, call and flows. A second run changes nothing but addresses."""
    demo = facts(world.settings)
    site = _site(world, demo)
    _agents(world, demo, site.id)
    if setup.key(world, demo.api_key) is None:
        setup.add_key(world, site.id, "Meridian Air backend", demo.api_key)
    rebook = f"{demo.base_url}/demo/airline/rebook"
    setup.register_call(world, site.id, CALL, rebook, demo.call_secret, CALL_TIMEOUT_MS)
    for name in company.CALLS:
        url = f"{demo.base_url}/demo/company/{name}"
        setup.register_call(world, site.id, name, url, demo.call_secret, CALL_TIMEOUT_MS)
    flows.publish_all(world, site.id, company.flows(demo.app_url))
    _calendars(world, demo)
    return demo


def _calendars(world: World, demo: DemoFacts) -> None:
    """The days to come; what somebody booked stays booked."""
    key = setup.key(world, demo.api_key)
    if key is None:
        raise LookupError("the demo's key")
    for name, begins in company.days(world.clock()).items():
        new = [slots.New(round(at.timestamp() * 1000)) for at in begins]
        slots.add(world, key, name, new, zone=ZONE, minutes=company.CALENDARS[name][0])


def _site(world: World, demo: DemoFacts) -> Any:
    known = next((one for one in setup.sites(world) if one.key == demo.site_key), None)
    # The airline's app is framed by the tour as well, so both of its ancestors may hold the panel.
    origins = [demo.app_url, demo.base_url]
    if known is None:
        return setup.add_site(
            world, SITE_NAME, origins, demo.site_secret, key=demo.site_key, zone=ZONE, look=LOOK, default_team="care"
        )
    setup.set_site(world, known.id, origins=origins, host=world.settings.host)
    return known


def _agents(world: World, demo: DemoFacts, site: str) -> None:
    known = {agent.email for agent in setup.agents(world, site)}
    for agent in demo.agents:
        if agent.email not in known:
            teams = list(agent.teams)
            setup.add_agent(world, site, agent.email, agent.name, agent.password, agent.role, teams)
