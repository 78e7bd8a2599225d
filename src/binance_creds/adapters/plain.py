"""Signed requests for any HTTP or WebSocket library."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._recorded import record_use
from binance_creds.adapters._wire._handle import check_security, snapshot_of
from binance_creds.adapters._wire._message import check_logon, payload_of, sendable
from binance_creds.adapters._wire._request import API_KEY_HEADER, FORM, encoded, in_query, timed
from binance_creds.adapters._wire._signer import DEFAULT_RECV_WINDOW_MS, check_recv_window
from binance_creds.adapters._wire._targets import check_target, trusted_hosts
from binance_creds.errors import ConfigurationError
from binance_creds.exchange._endpoints import PUBLIC, SIGNED
from binance_creds.signers import rest_query

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.exchange import Security
    from binance_creds.signers._payload import Parameters, ParameterValue

__all__ = ["SignedRequest", "sign_request", "sign_websocket_request"]

_NO_HOSTS: Final[frozenset[str]] = frozenset()
# What yarl, which aiohttp uses, decodes in a query; others decode a part of it.
_DECODED: Final = re.compile(
    r"%(2[14789AaC-Fc-f]|3[0-9AaFf]|4[0-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])"
)


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
    clock: Callable[[], float] | None = None,
    security: Security | None = None,
) -> SignedRequest:
    """Return a signed REST request. Does no I/O.

    Its address is encoded as requests, httpx, aiohttp, urllib3 and the standard library leave it:
    give it to any of them as it is.

    Sign again for each attempt: a retry with the old timestamp ends as -1021, and one with an old
    key as -2015 once that is revoked.

    Args:
        credentials: credentials, or a handle that has them.
        method: the HTTP method.
        url: of the endpoint; a query it has is signed as it is.
        params: added to the query, percent-encoded before signing.
        body: form parameters to send as the body.
        recv_window_ms: how long the request stays valid, 1 to 60000 ms.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        security: what the endpoint needs; by default a table of paths tells public ones, which get
            neither key nor signature, and key-only ones from those that are signed.

    Raises:
        ConfigurationError: a parameter or the target is refused.
    """
    check_recv_window(recv_window_ms)
    used = snapshot_of(credentials)
    query = rest_query(params) if params else ""
    if "?" in url or "#" in url:
        url, query = _joined(url, query)
    asked = check_target(url, used.environment, trusted_hosts(hosts) if hosts else _NO_HOSTS)
    needed = security or asked
    form = rest_query(body).encode() if body else b""
    if needed is SIGNED:
        now_ms = int(clock() * 1000) if clock else time.time_ns() // 1_000_000
        query = timed(query, form, now_ms, recv_window_ms)
        record_use(used)
        signature = used.sign(query.encode() + form)
        query = f"{query}&signature={in_query(signature)}"
    elif security is not None:
        check_security(security)
    headers = {} if needed is PUBLIC else {API_KEY_HEADER: used.api_key.reveal()}
    if form:
        headers["Content-Type"] = FORM
    return SignedRequest(method.upper(), f"{url}?{query}" if query else url, headers, form)


def _joined(url: str, query: str) -> tuple[str, str]:
    """Return an address without its query, and that query with the parameters behind it."""
    base, _, typed = url.partition("#")[0].partition("?")
    if not typed:
        return base, query
    typed = encoded(_DECODED.sub(lambda found: chr(int(found[1], 16)), typed))
    return base, f"{typed}&{query}" if query else typed


def sign_websocket_request(
    credentials: CredentialsHandle,
    method: str,
    params: Mapping[str, ParameterValue] | None = None,
    *,
    request_id: str | int,
    recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
    clock: Callable[[], float] | None = None,
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
    given = params or {}
    if "signature" in given:
        msg = "this request has a signature already."
        raise ConfigurationError(msg, hint="Let either the adapter or your own code sign it.")
    # Before the key joins them: what refuses a parameter must not have the key in its frame.
    sent: dict[str, object] = {
        "timestamp": int((clock or time.time)() * 1000),
        "recvWindow": recv_window_ms,
        **sendable(given),
    }
    used = snapshot_of(credentials)
    check_logon(method, used)
    sent["apiKey"] = used.api_key.reveal()
    record_use(used)
    signature = used.sign(payload_of(sent))
    return {
        "id": request_id,
        "method": method,
        "params": {**dict(sorted(sent.items())), "signature": signature},
    }
