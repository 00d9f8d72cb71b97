"""Meridian Air's own backend: a company that uses Samethread from outside, by key, signed token and signed call.

It imports nothing of the server's inside. What it knows (the trip, and the bookings it made by the ids of the calls that
asked for them) is a small JSON file of its own.
"""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
from joserfc import jwt
from joserfc.jwk import OctKey

from widget_server.demo.facts import FLOW, ZONE, DemoFacts

REFERENCE = "K7QX2M"
NUMBER = "MA 204"
TOKEN_LIFETIME = 3600
MINUTE = 60_000
STALE = 12 * 60 * MINUTE
ALTERNATIVES = (("MA 206", 195), ("MA 210", 330), ("MA 218", 475))
"""Other flights and the minutes from now at which they leave."""


@dataclass
class Airline:
    """The airline. `clock` is milliseconds UTC, `new_id` makes a token's id, `ask` is an HTTP client's `request`."""

    facts: DemoFacts
    path: Path
    clock: Callable[[], int]
    new_id: Callable[[], str]
    ask: Callable[..., requests.Response] = requests.request
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def trip(self) -> dict[str, Any]:
        """What the passenger's card shows; times are RFC 3339 with their offset."""
        with self._lock:
            return self._shown(self._load())

    def token(self) -> str:
        """Who is signed in, signed with the site's secret: an hour long, good for one exchange."""
        passenger, now = self.facts.passenger, self.clock() // 1000
        claims = {
            "aud": self.facts.site_key,
            "sub": passenger.user_id,
            "iat": now,
            "exp": now + TOKEN_LIFETIME,
            "jti": self.new_id(),
            "phone": passenger.phone,
            "phone_verified": True,
            "name": passenger.name,
            "locale": passenger.locale,
            "zone": passenger.zone,
        }
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.facts.site_secret))

    def delay(self, key: str) -> dict[str, Any]:
        """Hold the flight back and tell the passenger, as any company would: one POST with its key.

        Answers what was asked and what came back, for the page that lets people look behind the scenes.
        """
        with self._lock:
            state = self._load()
            state["departs"] = _round(self.clock() + 290 * MINUTE)
            state["booked"] = None
            self._save(state)
        body = {"to": self._passenger(), "app": FLOW, "context": self._context(state)}
        url = f"{self.facts.base_url}/v1/notifications"
        headers = {"Authorization": f"Bearer {self.facts.api_key}", "Idempotency-Key": key}
        answer = self.ask("POST", url, json=body, headers=headers, timeout=20)
        shown = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        return {"request": body, "status": answer.status_code, "answer": shown}

    def rebook(self, call_id: str, asked: Any) -> dict[str, Any]:
        """Book a seat once for each call, however often it is asked."""
        with self._lock:
            state = self._load()
            flight = _flight(asked)
            booked = state["calls"].setdefault(call_id, {"reference": REFERENCE, "flight": flight})
            state["booked"] = {**booked, "departs": state["offered"].get(booked["flight"])}
            self._save(state)
            return dict(booked)

    def _context(self, state: dict[str, Any]) -> dict[str, Any]:
        passenger = self.facts.passenger
        offered = [{"number": number, "departs": _told(at)} for number, at in state["offered"].items()]
        return {
            "flight": {"number": NUMBER, "departs": _told(state["departs"]), "alternatives": offered},
            "passenger": {"first_name": passenger.first_name, "last_name": passenger.last_name},
        }

    def _passenger(self) -> dict[str, str]:
        return {"phone": self.facts.passenger.phone, "user_id": self.facts.passenger.user_id}

    def _leaves(self, minutes: int) -> int:
        return _round(self.clock() + minutes * MINUTE)

    def _load(self) -> dict[str, Any]:
        """The kept trip; one that left long ago makes way for today's."""
        state: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}
        if not state or state["scheduled"] < self.clock() - STALE:
            planned = self._leaves(110)
            state = {"scheduled": planned, "departs": planned, "booked": None, "calls": state.get("calls", {})}
        state["offered"] = {number: state["scheduled"] + (minutes - 110) * MINUTE for number, minutes in ALTERNATIVES}
        return state

    def _save(self, state: dict[str, Any]) -> None:
        draft = self.path.with_suffix(".new")
        with draft.open("w") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def _shown(self, state: dict[str, Any]) -> dict[str, Any]:
        booked = state["booked"]
        status = "booked" if booked else "late" if state["departs"] > state["scheduled"] else "on_time"
        return {
            "status": status,
            "number": booked["flight"] if booked else NUMBER,
            "reference": booked["reference"] if booked else "",
            "scheduled": _told(state["scheduled"]),
            "departs": _told((booked and booked["departs"]) or state["departs"]),
        }


def _flight(asked: Any) -> str:
    given = asked.get("with") if isinstance(asked, dict) else None
    flight = given.get("flight") if isinstance(given, dict) else None
    return flight if isinstance(flight, str) and flight else NUMBER


def _round(at: int) -> int:
    return at - at % (5 * MINUTE)


def _told(at: int) -> str:
    when = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)
    return when.astimezone(ZoneInfo(ZONE)).isoformat(timespec="seconds")
