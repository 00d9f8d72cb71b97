"""`samethread demo`: starts the phone company, seeds the database, says where to go, and becomes the server.

Everything stays in one process group. The server takes this process's place, so that what stops it stops the demo; the
phone company ends when its parent does.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from widget_server.actions.world import World
from widget_server.demo.facts import DemoFacts
from widget_server.demo.seed import seed
from widget_server.settings import Settings

HOST = "127.0.0.1"
STARTS_WITHIN = 20.0
TOKEN = "SAMETHREAD_HANDSET_TOKEN"  # noqa: S105  the variable's name


class CannotDemo(Exception):
    """The demo cannot start here; the message says what to do."""


def run(
    port: int,
    folder: Path,
    as_json: bool,
    create_world: Callable[[Settings], World],
    serve: Callable[[Settings, str, int], None],
) -> int:
    """Does not return when all is well: `serve` takes over. Otherwise the exit code, with the reason printed."""
    try:
        check_port(port)
        settings = Settings.for_demo(folder, port)
        handset = start_handset(settings)
    except CannotDemo as error:
        print(error, file=sys.stderr)
        return 1
    settings = Settings.for_demo(folder, port, twilio_api_base=handset)
    world = create_world(settings)
    demo = seed(world)
    world.store.close()
    print(as_line(demo) if as_json else as_text(demo), flush=True)
    serve(settings, HOST, port)
    return 0


def check_port(port: int) -> None:
    """Raises CannotDemo if somebody listens there already."""
    if not is_free(port):
        raise CannotDemo(f"port {port} is in use; choose another: samethread demo --port N")


def is_free(port: int) -> bool:
    """Whether this machine's port can be listened on."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def start_handset(settings: Settings) -> str:
    """Starts the phone company on the port it had last time, where that is free. Returns its address."""
    kept = settings.data_dir / "handset.port"
    last = int(kept.read_text()) if kept.exists() else 0
    command = [sys.executable, "-m", "widget_server.demo.handset"]
    options = {
        "--port": str(last if last and is_free(last) else 0),
        "--dir": str(settings.data_dir),
        "--hook": f"{settings.base_url}/hooks/sms",
        "--account": settings.twilio_account_sid,
        "--sender": settings.twilio_from,
    }
    process = subprocess.Popen(  # noqa: S603  our own module, arguments of our own
        [*command, *(word for option in options.items() for word in option), "--with-parent"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ, TOKEN: settings.twilio_auth_token},
        text=True,
    )
    url = _address(process)
    kept.write_text(url.rpartition(":")[2])
    return url


def _address(process: "subprocess.Popen[str]") -> str:
    """What the handset says in its first line; one that waits for another demo's folder says nothing."""
    impatient = threading.Timer(STARTS_WITHIN, process.kill)
    impatient.start()
    line = process.stdout.readline() if process.stdout else ""
    impatient.cancel()
    if not line:
        process.kill()
        raise CannotDemo("the simulated phones did not start; does another demo run on this folder?")
    return str(json.loads(line)["url"])


def as_line(demo: DemoFacts) -> str:
    """One line of JSON for programs."""
    agents = [
        {"name": agent.name, "email": agent.email, "password": agent.password, "teams": list(agent.teams)}
        for agent in demo.agents
    ]
    return json.dumps({"urls": demo.urls, "api_key": demo.api_key, "agents": agents, "site": demo.site_key})


def as_text(demo: DemoFacts) -> str:
    """The same for people."""
    urls = demo.urls
    lines = [
        "",
        f"  Start here        {urls['demo']}",
        "",
        f"  The phone         {urls['phone']}",
        f"  The airline's app {urls['app']}",
        f"  The agents' desk  {urls['desk']}",
        *(f"    {agent.email}  {agent.password}" for agent in demo.agents),
        "",
        f"  API key           {demo.api_key}",
        f"  Site              {demo.site_key}",
        "",
    ]
    return "\n".join(lines)
