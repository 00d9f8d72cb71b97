"""The companies behind the ready-made apps: what their servers answer, their calendars, and the page that pays a bill.

Like the airline it works from outside, by key and signed call, and imports nothing of the server's inside.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from disposable import folders, loading
from disposable.definition import Flow
from widget_server.demo.facts import ZONE, DemoFacts

PAYMENT_PAGE = "https://pay.example/checkout"
"""Where the shipped bill is paid: the demo has a page of its own instead."""
WRITTEN = date(2026, 11, 21)
"""The day the gallery's examples speak of: they are shown as if they had been written today."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
CALENDARS: Mapping[str, tuple[int, tuple[int, ...]]] = {
    "appointments": (30, (9, 10, 11, 14, 15)),
    "technicians": (120, (8, 13)),
    "callbacks": (15, (9, 12, 16, 18)),
}
"""Each calendar's minutes a slot, and the hours at which one begins on a working day."""
DAYS_AHEAD = 10
CALLS = (
    *("leave-order", "refill", "send-technician", "file-claim"),
    *("change-address", "report-outage", "file-document"),
)
"""The calls of the gallery, all answered under /demo/company/."""


def answers(today: date) -> dict[str, dict[str, Any]]:
    """What each call of the gallery gets for an answer."""
    at_nine = datetime.combine(today, datetime.min.time(), ZoneInfo(ZONE)) + timedelta(hours=21)
    return {
        "leave-order": {"ok": "yes"},
        "refill": {"ready": (today + timedelta(days=2)).isoformat(), "code": "PK-4471"},
        "send-technician": {"ok": "yes"},
        "file-claim": {"by": (today + timedelta(days=7)).isoformat(), "reference": "F-90"},
        "change-address": {"ok": "yes"},
        "report-outage": {"number": "A-31", "until": at_nine.isoformat()},
        "file-document": {"number": "D-8"},
    }


def flows(base_url: str) -> list[Flow]:
    """The gallery as the demo publishes it: a bill is paid on the demo's own page."""
    found = []
    for name, text in loading.gallery().items():
        if PAYMENT_PAGE in text:
            found.append(
                folders.load(loading.GALLERY / f"{name}.yaml", text.replace(PAYMENT_PAGE, f"{base_url}/demo/pay"))
            )
        else:
            found.append(folders.shipped(name))
    return found


def example(flow: Flow, today: date) -> dict[str, Any]:
    """What a flow is tried with: its own example, as many days later as it is older."""
    moved: dict[str, Any] = json.loads(_DAY.sub(lambda day: _later(day[0], today), json.dumps(flow.example)))
    return moved


def _later(day: str, today: date) -> str:
    on = date.fromisoformat(day)
    # A birthday is no appointment.
    return (on + (today - WRITTEN)).isoformat() if on >= WRITTEN else day


def days(now_ms: int) -> dict[str, list[datetime]]:
    """When the slots of each calendar begin, on the working days to come."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(ZONE)).date()
    working = [day for ahead in range(1, DAYS_AHEAD + 1) if (day := today + timedelta(days=ahead)).weekday() < 5]
    return {
        name: [datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE)) for day in working for hour in hours]
        for name, (_, hours) in CALENDARS.items()
    }


@dataclass(frozen=True)
class Company:
    """Whoever uses the ready-made apps.

    `path` keeps whom a bill was sent to, `clock` is milliseconds UTC, `ask` is an HTTP client's `request`.
    """

    facts: DemoFacts
    path: Path
    clock: Callable[[], int]
    ask: Callable[..., requests.Response] = requests.request

    def today(self) -> date:
        return datetime.fromtimestamp(self.clock() / 1000, UTC).astimezone(ZoneInfo(ZONE)).date()

    def send(self, name: str, key: str) -> int:
        """Texts somebody the link of an app, as any company would. Returns the status of the answer; 404 for no such app."""
        flow = next((one for one in flows(self.facts.app_url) if one.app == name), None)
        if flow is None:
            return 404
        passenger = self.facts.passenger
        body = {
            "to": {"phone": passenger.phone, "user_id": passenger.user_id},
            "app": name,
            "context": self.context(flow),
        }
        answer = self._post("/v1/notifications", body, key)
        if answer.ok:
            self.path.write_text(json.dumps({**self._sent(), name: answer.json()["session"]}))
        return answer.status_code

    def context(self, flow: Flow) -> dict[str, Any]:
        """The example of a flow, as of today."""
        return example(flow, self.today())

    def paid(self, name: str, reference: str) -> int:
        """Tells the server that what was asked for by the newest link of an app is paid. Returns the status of its answer."""
        session = self._sent().get(name)
        if session is None:
            return 404
        event = {"key": f"paid {reference}", "kind": "custom.paid", "body": {"reference": reference}}
        return self._post(f"/v1/sessions/{session}/events", event, reference).status_code

    def _sent(self) -> dict[str, str]:
        sent: dict[str, str] = json.loads(self.path.read_text()) if self.path.exists() else {}
        return sent

    def _post(self, path: str, body: dict[str, Any], key: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.facts.api_key}", "Idempotency-Key": key}
        return self.ask("POST", self.facts.base_url + path, json=body, headers=headers, timeout=20)
