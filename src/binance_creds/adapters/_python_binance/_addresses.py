"""Where the clients of python-binance send, when that is not where they send by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from binance_creds._enums import environment_of_host
from binance_creds.adapters._wire._targets import check_target

if TYPE_CHECKING:
    from binance_creds._enums import Environment

__all__ = ["check_addresses", "move", "moved"]

# What Binance's own further hosts serve, such as api1.binance.com and api-gcp.binance.com.
_SPOT: Final = ("API_URL", "API_TESTNET_URL", "API_DEMO_URL", "MARGIN_API_URL")
_SOCKETS: Final = {"ws_api": "/ws-api/v3", "ws_future": "/ws-fapi/v1"}


def check_addresses(
    environment: Environment, hosts: frozenset[str], *addresses: str | None
) -> None:
    """Refuse addresses that the key must not go to.

    Raises:
        ConfigurationError: one is neither Binance's, nor this machine, nor named in `hosts`.
    """
    for address in addresses:
        if address is not None:
            check_target(address, environment, hosts)


def move(client: Any, base_url: str | None, ws_base_url: str | None) -> str | None:
    """Let a client send elsewhere; return where its WebSockets go then, if that changes.

    A host of Binance takes over spot and margin alone, which is what its further hosts serve. Any
    other takes over everything, so that a key for a local exchange reaches no real one.
    """
    if base_url is not None:
        is_all = environment_of_host(urlsplit(base_url).hostname or "") is None
        for name in dir(client):
            if name.endswith("_URL") and (name in _SPOT or is_all):
                _set(client, name, base_url)
        if is_all and ws_base_url is None:
            ws_base_url = base_url.replace("http", "ws", 1)
    if ws_base_url is not None:
        for name, path in _SOCKETS.items():
            socket = getattr(client, name)
            _, mark, query = socket._url.partition("?")  # noqa: SLF001  # it has no other way
            socket._url = f"{ws_base_url.rstrip('/')}{path}{mark}{query}"  # noqa: SLF001  # as above
    return ws_base_url


def moved(url: str, base: str) -> str:
    """Return an address with another scheme, host and port."""
    parts = urlsplit(url)
    return base.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")


def _set(client: Any, name: str, base_url: str) -> None:
    url = getattr(client, name)
    if not url.startswith("ws"):
        setattr(client, name, moved(url, base_url))
