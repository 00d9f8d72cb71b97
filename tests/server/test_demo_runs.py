"""`samethread demo` as a newcomer starts it: it says where to go, survives a power cut, and leaves nothing behind."""

import os
import socket
import subprocess
from contextlib import closing
from typing import Any

import requests

from tests.support.server import PROGRAM, Demo

PHONE = "+491713920042"


def shows(demo: Demo, until: str, after: int = 0) -> list[dict[str, Any]]:
    """The phone's messages, as soon as one of them holds `until`."""
    found: dict[str, dict[str, Any]] = {}
    while not any(until in message["text"] for message in found.values()):
        query: dict[str, str | int] = {"number": PHONE, "after": after, "wait": 15}
        page = requests.get(demo.url("/demo/phone/messages"), params=query, timeout=40).json()
        assert page["n"] > after, "nothing more happened"
        after = page["n"]
        found |= {message["id"]: message for message in page["messages"]}
    return sorted(found.values(), key=lambda message: int(message["at"]))


def notify(demo: Demo, text: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {demo.said['api_key']}", "Idempotency-Key": text.replace(" ", "-")}
    body = {"to": {"phone": PHONE}, "text": text}
    return requests.post(demo.url("/v1/notifications"), json=body, headers=headers, timeout=30)


def test_it_says_where_to_go(fresh_demo: Demo) -> None:
    said = fresh_demo.said
    assert set(said) == {"urls", "api_key", "agents", "site"}
    for name in ("demo", "phone", "app", "desk", "docs"):
        assert requests.get(said["urls"][name], timeout=30).status_code == 200, name
    assert {agent["email"] for agent in said["agents"]} == {"ada@meridian.example", "ben@meridian.example"}


def test_after_a_power_cut_it_goes_on_with_the_same_data(fresh_demo: Demo) -> None:
    assert notify(fresh_demo, "before the cut").status_code < 300
    shows(fresh_demo, "before the cut")
    before = dict(fresh_demo.said)
    fresh_demo.kill()
    fresh_demo.start()
    assert fresh_demo.said == before
    assert notify(fresh_demo, "after the cut").status_code < 300
    texts = [message["text"] for message in shows(fresh_demo, "after the cut")]
    assert [text for text in texts if "cut" in text] == ["before the cut", "after the cut"]


def test_a_text_owed_while_the_phones_are_down_arrives_when_they_are_back(fresh_demo: Demo) -> None:
    faults = fresh_demo.url(f"/demo/phone/faults?number={PHONE}")
    assert requests.put(faults, json={"outage": True}, timeout=30).status_code == 200
    assert notify(fresh_demo, "through the outage").status_code < 300
    assert requests.put(faults, json={}, timeout=30).status_code == 200
    shows(fresh_demo, "through the outage")


def test_stopping_leaves_no_process_behind(fresh_demo: Demo) -> None:
    process = fresh_demo.process
    assert process is not None
    group = os.getpgid(process.pid)
    fresh_demo.stop()
    gone = subprocess.run(["pgrep", "-g", str(group)], capture_output=True, text=True, check=False)
    assert gone.stdout == ""


def test_a_port_in_use_is_named(tmp_path_factory: Any) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        command = [str(PROGRAM), "demo", "--port", str(port), "--dir", str(tmp_path_factory.mktemp("x") / "d")]
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 1
    assert f"port {port} is in use" in told.stderr
