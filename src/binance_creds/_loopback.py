"""Whether an address is this machine itself: nothing sent there goes through a proxy.

A proxy is meant for other machines. Sent to one, a request for `http://127.0.0.1:8200` leaves this
machine, with its token in clear, for a host that could only answer for itself. Go's clients have
the same rule (`golang.org/x/net/http/httpproxy`); the Python ones need `NO_PROXY`.
"""

from __future__ import annotations

import ipaddress
import socket
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

__all__ = ["bypass_proxies", "is_loopback", "is_loopback_url"]

_REMEMBERED: Final = 4096  # addresses; a bot calls some dozens


def is_loopback(host: str | None) -> bool:
    """Return whether a host, without port and brackets, names this machine by a loopback address.

    That is `localhost`, 127.0.0.0/8 in each form that resolvers take, `::1`, and either of them
    written as the other.
    """
    name = (host or "").removesuffix(".").casefold()
    if name == "localhost":
        return True
    address = _address(name)
    mapped = getattr(address, "ipv4_mapped", None)
    return address is not None and (mapped or address).is_loopback


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        if ":" in name:
            return ipaddress.IPv6Address(name)
        return ipaddress.IPv4Address(socket.inet_aton(name)) if name[:1].isdecimal() else None
    except (OSError, ValueError):
        return None


def is_loopback_url(url: str) -> bool:
    """Return whether a URL, or `//HOST:PORT`, leads to a loopback address."""
    return _leads_back(url.partition("?")[0])  # each query is another one


@lru_cache(maxsize=_REMEMBERED)  # clients ask it for each request
def _leads_back(address: str) -> bool:
    try:
        return is_loopback(urlsplit(address).hostname)
    except ValueError:
        return False


def bypass_proxies(session: Any) -> None:
    """Let a session of requests reach loopback addresses directly, also after a redirect.

    Args:
        session: a `requests.Session`; which proxies it has does not matter.
    """
    adapter_for = session.get_adapter

    def get_adapter(url: str) -> Any:
        adapter = adapter_for(url)
        return _Direct(adapter) if is_loopback_url(url) else adapter

    session.get_adapter = get_adapter


class _Direct:
    """A transport adapter of requests that takes no proxy."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def send(self, request: Any, **options: Any) -> Any:
        return self._adapter.send(request, **{**options, "proxies": {}})
