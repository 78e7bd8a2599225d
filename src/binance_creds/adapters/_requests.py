"""The code behind `requests`; it needs the SDK."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from requests.auth import AuthBase
from requests.utils import get_environ_proxies, select_proxy

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._rest import (
    API_KEY_HEADER,
    DEFAULT_RECV_WINDOW_MS,
    check_recv_window,
    check_target,
    drop_key,
    refuse_proxy,
    signed_query,
    trusted_hosts,
)
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from requests import PreparedRequest

    from binance_creds._credentials import CredentialsHandle

__all__ = ["BinanceAuth"]


class BinanceAuth(AuthBase):
    """Add key, timestamp, recvWindow and signature to each request.

    One snapshot of the credentials a request, so a rotation never mixes key and signature. Threads
    may share it. Signed is the query and body as they are sent. A retry by urllib3 repeats the
    request as it is, old key, timestamp and signature: let your own code repeat it instead. Once a
    request is answered, its key is gone: a redirect is followed without it, and `response.request`
    does not have it.

    Args:
        credentials: credentials, or a handle that has them.
        recv_window_ms: how long a request stays valid, 1 to 60000 ms.
        hosts: hosts that may get the key besides Binance's own and loopback.
        clock: seconds since the epoch; add your offset to the server's time here.

    Raises:
        ConfigurationError: when called, if the request would take the key elsewhere, or to this
            machine through a proxy of the environment.
    """

    def __init__(
        self,
        credentials: CredentialsHandle,
        *,
        recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
        hosts: Collection[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_recv_window(recv_window_ms)
        self._credentials = credentials
        self._recv_window_ms = recv_window_ms
        self._hosts = trusted_hosts(hosts)
        self._clock = clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a prepared request; requests calls this."""
        snapshot = self._credentials.current
        url = request.url or ""
        check_target(url, self._hosts)
        if is_loopback_url(url) and select_proxy(url, get_environ_proxies(url)):
            refuse_proxy(url)
        base, _, query = url.partition("#")[0].partition("?")
        body = request.body or b""
        if not isinstance(body, str | bytes):
            msg = "a streamed body cannot be signed."
            raise ConfigurationError(msg, hint="Send the parameters in the query or as a form.")
        query = signed_query(
            snapshot,
            query,
            body.encode() if isinstance(body, str) else body,
            timestamp_ms=int(self._clock() * 1000),
            recv_window_ms=self._recv_window_ms,
        )
        request.url = f"{base}?{query}"
        request.headers[API_KEY_HEADER] = snapshot.api_key.reveal()
        request.register_hook("response", drop_key)
        return request
