"""gunicorn with gevent, set up by hand: one master, workers that each hold thousands of sockets, logs without secrets.

Imported only in a process that gevent has patched (see serve.py). The app is made in each worker, after the fork: no
connection is ever shared between processes.
"""

import contextlib
import logging
import os
import pickle
import resource
import socket
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import gevent
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.ggevent import GeventWorker

from widget_server import delivery
from widget_server.app import create_app
from widget_server.redact import ROUTE, Redacting
from widget_server.serve import Plan

GRACE = 20
"""Seconds that work in hand may take after TERM."""

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


def begin() -> None:
    """The first thing the patched process does; the plan's file is its only argument (see serve.py)."""
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        file.seek(0)
        plan: Plan = pickle.load(file)  # noqa: S301 - written by ourselves a moment ago, and never had a name
    Server(plan).run()


class Server(BaseApplication):  # type: ignore[misc]
    """A plan, as gunicorn wants it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        super().__init__()

    def load_config(self) -> None:
        host = f"[{self.plan.host}]" if ":" in self.plan.host else self.plan.host
        values = {
            "bind": [f"{host}:{self.plan.port}"],
            "workers": self.plan.workers,
            "worker_class": Worker,
            # Counts sockets, not requests: an open widget is one.
            "worker_connections": 20_000,
            "keepalive": 75,
            "timeout": 60,
            "graceful_timeout": GRACE,
            "control_socket_disable": True,
            "preload_app": False,
            "limit_request_line": 8190,
            "accesslog": "-",
            "errorlog": "-",
            "loglevel": self.plan.settings.log_level.lower(),
            "logger_class": Log,
            "proc_name": "samethread",
            "post_worker_init": self._started,
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Wsgi:
        """The app of one worker. Each request yields once first: under saturation a kept-alive connection that always has
        a next request would otherwise starve the others."""
        _allow_many_sockets()
        _log_to_stderr(self.plan.settings.log_level)
        self.app = create_app(self.plan.settings)

        def fair(environ: Environ, start_response: Any) -> Iterable[bytes]:
            gevent.sleep(0)
            return self.app(environ, start_response)

        return fair

    def _started(self, worker: Any) -> None:
        paying = delivery.Loop(self.app.extensions["samethread"]) if self.plan.worker_loop else None
        if paying:
            gevent.spawn(paying.run)
        worker.paying = paying
        gevent.spawn(_watch, worker, self.app, paying)


class Worker(GeventWorker):  # type: ignore[misc]
    """gunicorn's worker, which on TERM waits for every connection, but for those that wait for a next request in vain."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.between: set[socket.socket] = set()
        self.paying: delivery.Loop | None = None

    def run(self) -> None:
        super().run()
        if self.paying is not None:
            # A text that is leaving just now is written down before this process ends, or it would be "unknown".
            self.paying.stop()
            self.paying.join(GRACE)

    def handle(self, listener: Any, client: socket.socket, addr: Any) -> None:
        self.between.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self.between.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: socket.socket, addr: Any) -> None:
        self.between.discard(sock)
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            self.between.add(sock)
            if not self.alive:
                _hang_up(sock)

    def hang_up(self) -> None:
        """Ends the connections that are between two requests."""
        for sock in list(self.between):
            _hang_up(sock)


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RD)


def _watch(worker: Worker, app: Flask, paying: Any) -> None:
    # gunicorn tells nobody in the worker that TERM came; sockets would hang until the whole grace time is over.
    while worker.alive:
        gevent.sleep(0.1)
    app.extensions["samethread.live"].stop()
    if paying:
        paying.stop()
    worker.hang_up()


def _allow_many_sockets() -> None:
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It says at every /readyz how it would run a migration.
    logging.getLogger("alembic").setLevel(logging.WARNING)


class Log(Logger):  # type: ignore[misc]
    """gunicorn's logs without secrets: the access line has the route's pattern where the address would stand."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        # The access line is made of harmless parts below; everything else may quote what a client sent.
        for handler in self.error_log.handlers:
            known = handler.formatter
            handler.setFormatter(Redacting(known._fmt, known.datefmt))  # noqa: SLF001

    def access(self, resp: Any, req: Any, environ: Environ, request_time: timedelta) -> None:  # noqa: ARG002
        status = str(resp.status).split(maxsplit=1)[0]
        took = request_time / timedelta(milliseconds=1)
        sent = getattr(resp, "sent", None)
        line = "%s %s %s %s %.1fms"
        self.access_log.info(line, environ.get("REQUEST_METHOD", "-"), environ.get(ROUTE, "-"), status, sent, took)
