"""What the REST adapters share: where a key may go, and how a query is signed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from binance_creds._loopback import is_loopback
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection
    from urllib.parse import SplitResult

    from binance_creds._credentials import Credentials

__all__ = ["API_KEY_HEADER", "DEFAULT_RECV_WINDOW_MS", "check_recv_window", "check_target",
           "drop_key", "refuse_proxy", "signed_query", "trusted_hosts"]  # fmt: skip

API_KEY_HEADER: Final = "X-MBX-APIKEY"
DEFAULT_RECV_WINDOW_MS: Final = 5000  # the exchange's own default; rest-api.md, Timing security
LARGEST_RECV_WINDOW_MS: Final = 60_000
_EXCHANGE_HOSTS: Final = ("binance.com", "binance.us", "binance.vision", "binancefuture.com")
_SENT_AS_IT_IS: Final = re.compile(r"[!-~]*")  # the rest is encoded on its way, after signing
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f\\]")  # dropped, or read as a slash, by some clients


def check_recv_window(recv_window_ms: int) -> None:
    """Refuse a window that the exchange would answer with -1131.

    Source: binance-spot-api-docs a5e0bc3d, rest-api.md, Timing security.
    """
    if not 0 < recv_window_ms <= LARGEST_RECV_WINDOW_MS:
        msg = f"recv_window_ms must be from 1 to {LARGEST_RECV_WINDOW_MS}."
        raise ConfigurationError(msg)


def trusted_hosts(hosts: Collection[str]) -> frozenset[str]:
    """Return host names as they are compared.

    Raises:
        ConfigurationError: one text, whose every substring would count as a host.
    """
    if isinstance(hosts, str):
        msg = "hosts is a collection of names, not one text."
        raise ConfigurationError(msg, hint="Put the name into brackets: hosts=['proxy.lan'].")
    return frozenset(host.casefold() for host in hosts)


def check_target(url: str, hosts: frozenset[str] = frozenset()) -> None:
    """Refuse to send a key to a host that is not Binance's, or unencrypted.

    Args:
        url: where the request goes.
        hosts: further hosts that the caller trusts, such as a proxy of his own.

    Raises:
        ConfigurationError: the key would leave for somewhere else.
    """
    parts = _split(url)
    # Clients disagree on which host these name: what is checked here must be what they call.
    if parts is None or "@" in parts.netloc or _AMBIGUOUS.search(url.partition("?")[0]):
        msg = "this address can be read in more than one way; the API key is not sent there."
        raise ConfigurationError(msg, hint="Use a plain https://host/path.")
    host = (parts.hostname or "").casefold()
    if is_loopback(host):
        return
    if parts.scheme != "https":
        msg = "an API key is not sent over unencrypted http."
        raise ConfigurationError(msg, hint="Use https.")
    known = any(host == name or host.endswith(f".{name}") for name in _EXCHANGE_HOSTS)
    if not known and host not in hosts:
        msg = f"the host {host!r} is not one of Binance's; the API key is not sent there."
        raise ConfigurationError(msg, hint="If you trust it, name it in hosts=[...].")


def refuse_proxy(url: str) -> None:
    """Refuse to send a key to this machine through a proxy; an `auth` cannot choose the way.

    Raises:
        ConfigurationError: always.
    """
    host = urlsplit(url).hostname
    msg = (
        f"the environment names a proxy for {host}, which is this machine; the API key is not sent."
    )
    raise ConfigurationError(msg, hint=f"Add {host} to the variable NO_PROXY.")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # half an IPv6 address, or a host that changes under NFKC
        return None


def signed_query(
    credentials: Credentials, query: str, body: bytes, *, timestamp_ms: int, recv_window_ms: int
) -> str:
    """Return a query string with timestamp, recvWindow and signature behind what it had.

    Signed is exactly what is sent: the encoded query, directly followed by the body.

    Args:
        credentials: one snapshot.
        query: percent-encoded, without `?`; may be empty.
        body: as sent; may be empty.
        timestamp_ms: milliseconds since the epoch, unless the request has a timestamp.
        recv_window_ms: how long the request stays valid, in milliseconds, unless it says so.

    Raises:
        ConfigurationError: the query is signed already, or not percent-encoded.
    Source: binance-spot-api-docs a5e0bc3d, rest-api.md, SIGNED endpoint security.
    """
    names = {part.partition("=")[0] for part in f"{query}&{body.decode('latin-1')}".split("&")}
    if "signature" in names:
        msg = "this request has a signature already."
        raise ConfigurationError(msg, hint="Let either the adapter or your own code sign it.")
    if not _SENT_AS_IT_IS.fullmatch(query):
        msg = "the query of the address is not percent-encoded."
        raise ConfigurationError(msg, hint="Pass such values in params.")
    added = [query] if query else []
    if "timestamp" not in names:
        added.append(f"timestamp={timestamp_ms}")
    if "recvWindow" not in names:
        added.append(f"recvWindow={recv_window_ms}")
    payload = "&".join(added)
    signature = credentials.sign(payload.encode("ascii") + body)
    return f"{payload}&signature={quote(signature, safe='')}"


def drop_key(response: Any, **_: object) -> None:
    """Take the key off a request of requests that was sent; a hook for its responses.

    requests would copy it into a redirect to any host, and responses and exceptions carry their
    request along.
    """
    response.request.headers.pop(API_KEY_HEADER, None)
