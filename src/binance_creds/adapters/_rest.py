"""What the REST adapters share: where a key may go, and how a query is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection

    from binance_creds._credentials import Credentials

__all__ = ["API_KEY_HEADER", "DEFAULT_RECV_WINDOW_MS", "check_recv_window", "check_target",
           "signed_query"]  # fmt: skip

API_KEY_HEADER: Final = "X-MBX-APIKEY"
DEFAULT_RECV_WINDOW_MS: Final = 5000  # the exchange's own default; rest-api.md, Timing security
LARGEST_RECV_WINDOW_MS: Final = 60_000
_EXCHANGE_HOSTS: Final = ("binance.com", "binance.us", "binance.vision", "binancefuture.com")
_LOOPBACK_HOSTS: Final = ("localhost", "127.0.0.1", "::1")


def check_recv_window(recv_window_ms: int) -> None:
    """Refuse a window that the exchange would answer with -1131.

    Source: binance-spot-api-docs a5e0bc3d, rest-api.md, Timing security.
    """
    if not 0 < recv_window_ms <= LARGEST_RECV_WINDOW_MS:
        msg = f"recv_window_ms must be from 1 to {LARGEST_RECV_WINDOW_MS}."
        raise ConfigurationError(msg)


def check_target(url: str, hosts: Collection[str] = ()) -> None:
    """Refuse to send a key to a host that is not Binance's, or unencrypted.

    Args:
        url: where the request goes.
        hosts: further hosts that the caller trusts, such as a proxy of his own.

    Raises:
        ConfigurationError: the key would leave for somewhere else.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").casefold()
    if host in _LOOPBACK_HOSTS:
        return
    if parts.scheme != "https":
        msg = "an API key is not sent over unencrypted http."
        raise ConfigurationError(msg, hint="Use https.")
    known = any(host == name or host.endswith(f".{name}") for name in _EXCHANGE_HOSTS)
    if not known and host not in hosts:
        msg = f"the host {host!r} is not one of Binance's; the API key is not sent there."
        raise ConfigurationError(msg, hint="If you trust it, name it in hosts=[...].")


def signed_query(
    credentials: Credentials, query: str, body: bytes, *, timestamp_ms: int, recv_window_ms: int
) -> str:
    """Return a query string with timestamp, recvWindow and signature behind what it had.

    Signed is exactly what is sent: the encoded query, directly followed by the body.

    Args:
        credentials: one snapshot.
        query: percent-encoded, without `?`; may be empty.
        body: as sent; may be empty.
        timestamp_ms: milliseconds since the epoch.
        recv_window_ms: how long the request stays valid, in milliseconds.

    Raises:
        ConfigurationError: the query is signed already.
    Source: binance-spot-api-docs a5e0bc3d, rest-api.md, SIGNED endpoint security.
    """
    names = {part.partition("=")[0] for part in f"{query}&{body.decode('latin-1')}".split("&")}
    if "signature" in names:
        msg = "this request has a signature already."
        raise ConfigurationError(msg, hint="Let either the adapter or your own code sign it.")
    added = [query] if query else []
    if "timestamp" not in names:
        added.append(f"timestamp={timestamp_ms}")
    if "recvWindow" not in names:
        added.append(f"recvWindow={recv_window_ms}")
    payload = "&".join(added)
    signature = credentials.sign(payload.encode("ascii") + body)
    return f"{payload}&signature={quote(signature, safe='')}"
