"""Signed requests for any HTTP or WebSocket library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._enums import KeyType
from binance_creds.adapters._rest import (
    API_KEY_HEADER,
    DEFAULT_RECV_WINDOW_MS,
    check_recv_window,
    check_target,
    signed_query,
    trusted_hosts,
)
from binance_creds.adapters._websocket import signed_parameters
from binance_creds.errors import ConfigurationError
from binance_creds.signers import rest_query

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from binance_creds._credentials import CredentialsHandle
    from binance_creds.signers._payload import Parameters, ParameterValue

__all__ = ["SignedRequest", "sign_request", "sign_websocket_request"]

_LOGON: Final = "session.logon"


class SignedRequest(NamedTuple):
    """A request to send as it is; its `repr` shows neither key nor signature.

    Attributes:
        method: such as `GET`.
        url: with the signed query.
        headers: the API key, and the content type of a body.
        body: to send; empty for none.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"SignedRequest({self.method} {self.url.partition('?')[0]})"


def sign_request(
    credentials: CredentialsHandle,
    method: str,
    url: str,
    params: Parameters = (),
    *,
    body: Parameters = (),
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    hosts: Collection[str] = (),
    clock: Callable[[], float] = time.time,
) -> SignedRequest:
    """Return a signed REST request. Does no I/O.

    Sign again for each attempt: a retry with the old timestamp ends as -1021, and one with an old
    key as -2015 once that is revoked.

    Args:
        credentials: credentials, or a handle that has them.
        method: the HTTP method.
        url: of the endpoint; a query it has is signed as it is.
        params: added to the query, percent-encoded before signing.
        body: form parameters to send as the body.
        recv_window_ms: how long the request stays valid, 1 to 60000 ms.
        hosts: hosts that may get the key besides Binance's own and loopback.
        clock: seconds since the epoch; add your offset to the server's time here.

    Raises:
        ConfigurationError: a parameter or the target is refused.
    """
    check_recv_window(recv_window_ms)
    check_target(url, trusted_hosts(hosts))
    snapshot = credentials.current
    base, _, query = url.partition("#")[0].partition("?")
    encoded = rest_query(body).encode()
    query = signed_query(
        snapshot,
        "&".join(filter(None, (query, rest_query(params)))),
        encoded,
        timestamp_ms=int(clock() * 1000),
        recv_window_ms=recv_window_ms,
    )
    headers = {API_KEY_HEADER: snapshot.api_key.reveal()}
    if encoded:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return SignedRequest(method.upper(), f"{base}?{query}", headers, encoded)


def sign_websocket_request(
    credentials: CredentialsHandle,
    method: str,
    params: Mapping[str, ParameterValue] | None = None,
    *,
    request_id: str | int,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    clock: Callable[[], float] = time.time,
) -> dict[str, object]:
    """Return a signed request of the WebSocket API, to be sent as JSON. Does no I/O.

    Unlike `SignedRequest` it is a plain dictionary, and shows the API key when it is printed.

    Args:
        credentials: credentials, or a handle that has them.
        method: such as `order.place`.
        params: without apiKey and signature.
        request_id: comes back in the answer.
        recv_window_ms: how long the request stays valid, 1 to 60000 ms.
        clock: seconds since the epoch.

    Raises:
        ConfigurationError: `session.logon` with a key that is not Ed25519, or a parameter is
            refused.
    Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md, SIGNED request security.
    """
    check_recv_window(recv_window_ms)
    snapshot = credentials.current
    if method == _LOGON and snapshot.key_type is not KeyType.ED25519:
        msg = f"session.logon takes Ed25519 keys only; this one is {snapshot.key_type.value}."
        raise ConfigurationError(msg, hint="Sign each request instead, or create such a key.")
    timed: dict[str, ParameterValue] = {
        "timestamp": int(clock() * 1000),
        "recvWindow": recv_window_ms,
        **(params or {}),
    }
    return {"id": request_id, "method": method, "params": signed_parameters(snapshot, timed)}
