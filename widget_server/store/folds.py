"""Folds of the log that are kept in columns: what a session row and a run row say can always be computed again.

`fold_session` and `fold_run` are the only code that changes those columns: `append` calls them for each event, a rebuild calls
them for all. An erased event has no body; what can be known of it then is in its envelope.
"""

from __future__ import annotations

from typing import Any

from widget_server.events import Event

Columns = dict[str, Any]

FRESH: Columns = {
    "seq": 0,
    "status": "open",
    "owner": "none",
    "epoch": 0,
    "team": "",
    "closed_at": None,
    "disposition": "",
    "continued_in": None,
    "last_at": 0,
    "last_channel": "",
    "last_grant": None,
    "last_customer_at": None,
    "last_company_at": None,
    "preview_seq": None,
    "waiting_since": None,
    "customer_seen": 0,
    "agent_seen": 0,
}

NOT_ACTS = {"seen", "receipt", "focus", "grant.raised"}


def fold_session(row: Columns, event: Event) -> None:
    """Changes `row` by one event, in place."""
    body = event.body or {}
    row["seq"] = event.seq
    row["epoch"] = event.epoch
    if event.kind not in NOT_ACTS:
        row["last_at"] = event.at
        _who_spoke(row, event)
    if event.kind == "message":
        row["preview_seq"] = event.seq
    elif event.kind == "owner":
        _owned(row, event, body)
    elif event.kind == "seen" and body:
        side = "customer_seen" if event.actor.kind == "customer" else "agent_seen"
        # What is not written yet cannot have been seen.
        row[side] = max(row[side], min(int(body["seq"]), event.seq))
    elif event.kind == "session.opened":
        row["last_channel"] = body.get("channel", "") or event.channel
    elif event.kind == "session.closed":
        row["status"] = "closed"
        row["closed_at"] = event.at
        row["disposition"] = body.get("disposition", "")
        row["continued_in"] = body.get("continued_in")
        row["waiting_since"] = None


def _who_spoke(row: Columns, event: Event) -> None:
    # custom.* under a customer's grant is what the app around the widget tells by itself: nobody acted there.
    if event.actor.kind == "customer" and not event.kind.startswith("custom."):
        row["last_customer_at"] = event.at
        row["last_channel"] = event.channel or row["last_channel"]
        row["last_grant"] = event.grant or row["last_grant"]
        row["customer_seen"] = event.seq
    elif event.kind == "message":
        row["last_company_at"] = event.at


def _owned(row: Columns, event: Event, body: Columns) -> None:
    row["owner"] = body.get("owner", "none")
    if row["owner"].startswith("queue:"):
        row["team"] = row["owner"][6:]
        row["waiting_since"] = row["waiting_since"] or event.at
    else:
        row["waiting_since"] = None


def fold_run(row: Columns, event: Event) -> None:
    """Changes a run's columns by one event, in place."""
    body = event.body or {}
    if event.kind in ("run.entered", "run.resumed"):
        row["status"], row["step"] = "asking", body.get("step", row["step"])
    elif event.kind == "run.called":
        row["status"] = "calling"
    elif event.kind == "run.waiting":
        row["status"] = "waiting"
    elif event.kind == "run.handover":
        row["status"] = "handed"
    elif event.kind == "run.ended":
        row["status"] = "ended"


FRESH_RUN: Columns = {"status": "new", "step": ""}


FRESH_STEP: Columns = {
    "channel": "",
    "entered": 0,
    "answered": 0,
    "misunderstood": 0,
    "handed": 0,
    "entered_at": 0,
    "answered_at": None,
    "last_at": 0,
}

SAME_SCREEN = ("more", "change", "help")
"""Ways of entering the step where one stands already."""
DONE = ("run.answered", "run.returned", "run.came", "run.ended")
"""What ends a step: an answer, what a call gave, what was waited for, the end itself."""
WRONG = ("run.misunderstood", "run.unverified")
BY_CUSTOMER = ("run.answered", "run.misunderstood", "run.guessed", "run.verified", "run.unverified")


def step_of(event: Event) -> str:
    """The step that an event of a run counts at, "" for none. An erased one says nothing of it."""
    if not event.run or event.body is None or not event.kind.startswith("run."):
        return ""
    # A hand-over counts where the customer was: a step that only hands over is no place to be.
    where = (event.body.get("left") if event.kind == "run.handover" else "") or event.body.get("step", "")
    return str(where)[:129]


def fold_step(row: Columns, event: Event) -> None:
    """Changes the columns of a run at a step by one event, in place."""
    row["last_at"] = event.at
    row["entered_at"] = row["entered_at"] or event.at
    if event.kind == "run.entered" and (event.body or {}).get("why") not in SAME_SCREEN:
        row["entered"] += 1
    elif event.kind in DONE:
        row["answered"] += 1
        row["answered_at"] = row["answered_at"] or event.at
    elif event.kind in WRONG:
        row["misunderstood"] += 1
    elif event.kind == "run.handover":
        row["handed"] += 1
    # What the customer did there says where they were; until then, where it was shown.
    if event.kind in BY_CUSTOMER or not row["channel"]:
        row["channel"] = event.channel or row["channel"]
