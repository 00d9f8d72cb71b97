"""A power cut while texts flow both ways, over a network that doubles everything: nothing acknowledged is lost or doubled."""

import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from tests.support.server import Demo

PHONE = "+12025550188"
EACH = 24


def ask(demo: Demo, method: str, path: str, **options: Any) -> requests.Response | None:
    """An answer, or None where the line was cut in the middle."""
    headers = {"Authorization": f"Bearer {demo.said['api_key']}", **options.pop("headers", {})}
    try:
        return requests.request(method, demo.url(path), headers=headers, timeout=30, **options)
    except requests.RequestException:
        return None


def until(found: Callable[[], Any], within: float = 120) -> Any:
    """What `found` gives, as soon as it gives something; each of its questions waits at the server."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.25)  # between two questions to a server that may be down
    raise AssertionError("it did not come to that")


def say(demo: Demo, text: str) -> str:
    """The company's line, asked for under one key until it is acknowledged. Returns the session."""

    def once() -> str:
        answer = ask(
            demo,
            "POST",
            "/v1/notifications",
            json={"to": {"phone": PHONE}, "text": text},
            headers={"Idempotency-Key": f"power-cut-{text.replace(' ', '-')}"},
        )
        return str(answer.json()["session"]) if answer is not None and answer.ok else ""

    return str(until(once))


def typed(demo: Demo, text: str) -> bool:
    """The customer's line, typed once. Whether the phone has it."""
    answer = ask(demo, "POST", f"/demo/phone/messages?number=%2B{PHONE[1:]}", json={"text": text})
    if answer is None:
        until(lambda: ask(demo, "GET", "/readyz"))
    return answer is not None and answer.ok


def events(demo: Demo, session: str) -> list[dict[str, Any]]:
    """The whole log of a session, as far as it can be read just now."""
    found: list[dict[str, Any]] = []
    while answer := ask(demo, "GET", f"/v1/sessions/{session}/events?after={len(found)}&limit=200"):
        page = answer.json()["events"]
        found += page
        if not page:
            break
    return found


def lines(found: list[dict[str, Any]], start: str) -> list[str]:
    return [one["body"]["text"] for one in found if one["kind"] == "message" and one["body"]["text"].startswith(start)]


def on_the_phone(demo: Demo) -> list[str]:
    answer = ask(demo, "GET", f"/demo/phone/messages?number=%2B{PHONE[1:]}")
    messages = answer.json()["messages"] if answer is not None and answer.ok else []
    return [one["text"] for one in sorted(messages, key=lambda one: int(one["at"])) if not one["mine"]]


def test_nothing_acknowledged_is_lost_or_doubled(fresh_demo: Demo) -> None:
    demo = fresh_demo
    session = say(demo, "hello")
    assert ask(demo, "PUT", f"/demo/phone/faults?number=%2B{PHONE[1:]}", json={"duplicates": True}) is not None
    acknowledged: list[str] = []

    def customer() -> None:
        acknowledged.extend(text for text in (f"in {n:02}" for n in range(EACH)) if typed(demo, text))

    def company() -> None:
        for n in range(EACH):
            say(demo, f"out {n:02}")

    people = [threading.Thread(target=customer), threading.Thread(target=company)]
    for person in people:
        person.start()
    until(lambda: len(lines(events(demo, session), "in")) >= EACH // 4)
    demo.kill()
    demo.start()
    for person in people:
        person.join(120)
        assert not person.is_alive()

    heard = until(lambda: (found := lines(events(demo, session), "in")) and set(acknowledged) <= set(found) and found)
    assert heard == sorted(set(heard))

    said = [f"out {n:02}" for n in range(EACH)]
    log = events(demo, session)
    assert lines(log, "out") == said

    def settled() -> list[dict[str, Any]]:
        log = events(demo, session)
        ends = {"delivered", "unknown", "failed"}
        done = {one["body"]["of"] for one in log if one["kind"] == "receipt" and one["body"]["status"] in ends}
        wanted = {one["seq"] for one in log if one["kind"] == "message" and one["body"]["text"].startswith("out")}
        return log if wanted <= done else []

    log = until(settled)
    arrived = [text for text in on_the_phone(demo) if text.startswith("out")]
    assert arrived == sorted(set(arrived))
    doubtful = {one["body"]["of"] for one in log if one["kind"] == "receipt" and one["body"]["status"] == "unknown"}
    missing = {
        one["seq"] for one in log if one["kind"] == "message" and one["body"]["text"] in set(said) - set(arrived)
    }
    assert missing <= doubtful
    assert len(doubtful) <= 1
