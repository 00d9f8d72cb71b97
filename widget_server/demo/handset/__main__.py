"""Starts a handset: `python -m widget_server.demo.handset --port P --dir D --hook URL --account SID --sender NUMBER`.

The account's token comes from the environment, where other users of the machine cannot read it. The first line printed is
JSON with the address. TERM and INT end the process, and so does the death of its parent when --with-parent is given: a demo
killed hard leaves no phones behind.
"""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import contextlib  # noqa: E402
import ctypes  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import secrets  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
import requests  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402

from widget_server.channels import twilio_signature  # noqa: E402
from widget_server.demo.handset import api  # noqa: E402
from widget_server.demo.handset.company import Company  # noqa: E402
from widget_server.demo.handset.messages import Store  # noqa: E402
from widget_server.demo.handset.network import Network, Post  # noqa: E402

TOKEN = "SAMETHREAD_HANDSET_TOKEN"  # noqa: S105  the variable's name
HOOK_TIMEOUT = 15
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until told to stop."""
    options = _options()
    token = os.environ[TOKEN]
    store = Store(options.dir)
    network = Network(
        store=store,
        post=signed_post(token),
        hook=options.hook,
        account=options.account,
        clock=_now,
        sleep=time.sleep,
        pace=options.pace,
    )
    company = Company(
        store,
        account=options.account,
        token=token,
        sender=options.sender,
        start=network.start,
        clock=_now,
        new_sid=lambda: "SM" + secrets.token_hex(16),
    )
    app = api.create(company)
    server = WSGIServer(("127.0.0.1", options.port), app, log=None, error_log=sys.stderr)
    server.start()
    network.resume()
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a greenlet of its own: a handler of the signal module may run inside the hub, where nothing may wait.
        gevent.signal_handler(number, server.stop, 1)
    if options.with_parent:
        end_with_parent(server)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "pid": os.getpid()}), flush=True)
    server.serve_forever()
    store.close()


def signed_post(token: str) -> Post:
    """A Post that signs as the provider does. No proxy, no redirect; 0 where nobody answered."""
    session = requests.Session()
    session.trust_env = False

    def post(url: str, form: dict[str, str]) -> int:
        signature = twilio_signature.sign(token, url, form.items())
        try:
            return session.post(
                url,
                data=form,
                headers={twilio_signature.HEADER: signature, "User-Agent": "TwilioProxy/1.1", "Connection": "close"},
                timeout=HOOK_TIMEOUT,
                allow_redirects=False,
            ).status_code
        except requests.RequestException:
            return 0

    return post


def end_with_parent(server: Any) -> None:
    """Ask Linux for a signal at the parent's death; where there is no such thing, look now and then."""
    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        server.stop(timeout=1)

    threading.Thread(target=watch, daemon=True).start()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m widget_server.demo.handset", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--hook", required=True, help="where texts from the phones are posted")
    parser.add_argument("--account", required=True)
    parser.add_argument("--sender", required=True, help="the number the server sends from")
    parser.add_argument("--pace", type=float, default=0.3, help="seconds between two steps of a text's way")
    parser.add_argument("--with-parent", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
