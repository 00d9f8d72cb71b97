"""Which addresses this server may call: public ones, and what the operator listed.

A call's URL is chosen by a company's administrator, an attachment's by a stranger; neither may make this server knock
on its own network. A name is resolved once, here, and the connection then goes to the very address that was judged, so
that a second answer of the name server (DNS rebinding) changes nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

Resolve = Callable[[str, int], list[str]]
_PORTS = {"http": 80, "https": 443}
_WRAPPED = ipaddress.ip_network("64:ff9b::/96")


class Blocked(Exception):
    """An address this server refuses to call. `reason` says why, without the URL (which may hold a secret)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotResolved(Exception):
    """The host's name has no address just now."""


@dataclass(frozen=True)
class Target:
    """A judged address: where to connect, and by which name the other side knows itself."""

    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


class Guard:
    """Judges URLs. `allow` holds hosts ("127.0.0.1", "erp.internal"), "host:port", or networks ("10.1.0.0/16")."""

    def __init__(self, allow: Iterable[str] = (), resolve: Resolve | None = None) -> None:
        entries = [entry.strip().lower() for entry in allow if entry.strip()]
        self._networks = [ipaddress.ip_network(entry) for entry in entries if "/" in entry]
        self._hosts = frozenset(entry for entry in entries if "/" not in entry)
        self._resolve = resolve or resolved

    def judge(self, url: str) -> Target:
        """Where a call to `url` may go. Raises Blocked or NotResolved."""
        scheme, host, port = _parts(url)
        listed = host in self._hosts or f"{host}:{port}" in self._hosts
        if scheme == "http" and not listed and not self._in_networks(host):
            raise Blocked("plain http")
        addresses = tuple(self._resolve(host, port))
        if not addresses:
            raise NotResolved(host)
        if not listed and not all(is_public(address) or self._in_networks(address) for address in addresses):
            raise Blocked("private address")
        return Target(scheme, host, port, addresses)

    def _in_networks(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._networks)


def _parts(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Blocked("no URL") from None
    if scheme not in _PORTS or not host:
        raise Blocked("no web address")
    if parts.username is not None or parts.password is not None:
        raise Blocked("a login in the URL")
    return scheme, host.lower(), port or _PORTS[scheme]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet; an address wrapped in another is judged by what is inside."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if ip in _WRAPPED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def resolved(host: str, port: int) -> list[str]:
    """The host's addresses, IPv4 first: half the networks that announce IPv6 cannot use it. Raises NotResolved."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotResolved(host) from None
    ordered = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in ordered))
