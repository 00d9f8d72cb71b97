"""The guarded client: where it refuses to go, what it bounds, and whether a failed request may have arrived."""

import socket
import threading
from contextlib import closing

import pytest

from tests.support.fakes_channels import answering, listening
from widget_server.outside.guard import Blocked, Guard, NotResolved, is_public
from widget_server.outside.http import AnswerTooLarge, Broken, Outside, Request, TimedOut, Unreachable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Twice: a\r\n\r\nok"


def outside(*names: str) -> Outside:
    return Outside(Guard(["127.0.0.1"], resolve=lambda host, port: ["127.0.0.1"] if host in names else [host]))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
    ],
)
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Blocked, match="private"):
        Guard(resolve=lambda host, port: [address]).judge("https://erp.example.com/x")


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Blocked):
        Guard(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"]).judge("https://example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:pass@example.com/",
        "https:///x",
        "https://example.com:99999/",
        "nonsense",
        "https://[::1",
    ],
)
def test_urls_that_are_never_called(url: str) -> None:
    with pytest.raises(Blocked):
        Guard(resolve=lambda host, port: ["93.184.216.34"]).judge(url)


@pytest.mark.parametrize("entry", ["10.0.0.1", "10.0.0.1:8080", "10.0.0.0/8"])
def test_what_the_operator_listed_is_allowed(entry: str) -> None:
    guard = Guard([entry], resolve=lambda host, port: [host])
    assert guard.judge("http://10.0.0.1:8080/x").addresses == ("10.0.0.1",)
    with pytest.raises(Blocked):
        guard.judge("http://192.168.0.1:8080/x")


def test_a_listed_name_may_be_private() -> None:
    guard = Guard(["ERP.internal"], resolve=lambda host, port: ["10.9.9.9"])
    assert guard.judge("http://erp.internal./x").addresses == ("10.9.9.9",)


def test_a_name_without_an_address() -> None:
    with pytest.raises(NotResolved):
        Guard(resolve=lambda host, port: []).judge("https://nowhere.example/")
    with pytest.raises(NotResolved):
        Guard().judge("https://nowhere.invalid/")


def test_the_name_is_asked_once_and_the_connection_goes_where_it_was_judged() -> None:
    asked: list[str] = []
    seen: list[bytes] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with listening(answering(OK, seen)) as port:
        answer = Outside(Guard(["erp.example"], resolve)).send(
            Request("POST", f"http://erp.example:{port}/a?b=1", {"X-Key": "k"}, b"body")
        )
    assert (answer.status, answer.body, answer.headers["x-twice"]) == (200, b"ok", "a")
    assert asked == ["erp.example"]
    assert seen[0].startswith(b"POST /a?b=1 HTTP/1.1\r\n")
    assert f"host: erp.example:{port}\r\n".encode() in seen[0].lower()
    assert seen[0].endswith(b"\r\n\r\nbody")


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with listening(answering(moved)) as port:
        assert outside().send(Request("GET", f"http://127.0.0.1:{port}/")).status == 302


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with listening(answering(OK)) as port:
        assert outside().send(Request("GET", f"http://127.0.0.1:{port}/")).status == 200


def test_nobody_listens() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unreachable) as failure:
        outside().send(Request("GET", f"http://127.0.0.1:{port}/"))
    assert not failure.value.sent


def test_the_next_address_is_tried_when_one_takes_no_connection() -> None:
    with listening(answering(OK)) as port:
        guard = Guard(["erp.example"], resolve=lambda host, _: ["127.0.0.99", "127.0.0.1"])
        assert Outside(guard).send(Request("GET", f"http://erp.example:{port}/")).status == 200


def test_no_answer_in_time_may_have_arrived() -> None:
    done = threading.Event()

    def silent(connection: socket.socket) -> None:
        connection.recv(65536)
        done.wait(20)

    with listening(silent) as port:
        with pytest.raises(TimedOut) as failure:
            outside().send(Request("GET", f"http://127.0.0.1:{port}/", timeout=0.2))
        done.set()
    assert failure.value.sent


def test_a_connection_cut_in_the_middle_may_have_arrived() -> None:
    with listening(answering(b"")) as port, pytest.raises(Broken) as failure:
        outside().send(Request("POST", f"http://127.0.0.1:{port}/", body=b"x"))
    assert failure.value.sent


def test_a_body_cut_short_is_broken() -> None:
    with listening(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok")) as port, pytest.raises(Broken):
        outside().send(Request("GET", f"http://127.0.0.1:{port}/"))


def test_a_flood_is_cut() -> None:
    flood = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000
    with listening(answering(flood)) as port, pytest.raises(AnswerTooLarge):
        outside().send(Request("GET", f"http://127.0.0.1:{port}/", limit=50_000))


def test_a_drip_is_cut_by_the_clock() -> None:
    ticks = iter(range(0, 10_000, 4))
    done = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(5):
            connection.sendall(b"x")
        done.wait(20)

    with listening(drip) as port:
        slow = Outside(Guard(["127.0.0.1"]), clock=lambda: float(next(ticks)))
        with pytest.raises(TimedOut):
            slow.send(Request("GET", f"http://127.0.0.1:{port}/", timeout=6))
        done.set()


def test_an_answer_that_is_no_http_is_broken() -> None:
    with listening(answering(b"220 smtp.example ESMTP\r\n")) as port, pytest.raises(Broken):
        outside().send(Request("GET", f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize("headers", [{"X-Bad": "a\r\nHost: evil"}, {"X Bad\n": "1"}])
def test_a_header_cannot_smuggle_another(headers: dict[str, str]) -> None:
    with listening(answering(OK)) as port, pytest.raises(Unreachable):
        outside().send(Request("GET", f"http://127.0.0.1:{port}/", headers))
