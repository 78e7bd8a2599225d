"""httpx: one `auth` for `Client` and `AsyncClient` that signs each request.

client = httpx.Client(base_url="https://api.binance.com", auth=BinanceAuth(load_credentials()))
client.get("/api/v3/account")
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from binance_creds.adapters._installed import require
from binance_creds.adapters._rest import (
    API_KEY_HEADER,
    DEFAULT_RECV_WINDOW_MS,
    check_recv_window,
    check_target,
    signed_query,
)

require("httpx", extra="httpx")

from httpx import Auth  # noqa: E402  # after the check that it is there

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator

    from httpx import Request, Response

    from binance_creds._credentials import CredentialsHandle

__all__ = ["BinanceAuth"]


class BinanceAuth(Auth):
    """Add key, timestamp, recvWindow and signature to each request.

    One snapshot of the credentials a request, so a rotation never mixes key and signature. Threads
    and tasks may share it. Signed is the query and body as they are sent. httpx follows no
    redirect unless told to; Binance sends none.

    Args:
        credentials: credentials, or a handle that has them.
        recv_window_ms: how long a request stays valid, 1 to 60000 ms.
        hosts: hosts that may get the key besides Binance's own and loopback.
        clock: seconds since the epoch; add your offset to the server's time here.

    Raises:
        ConfigurationError: when used, if the request would take the key elsewhere.
    """

    requires_request_body = True

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
        self._hosts = tuple(hosts)
        self._clock = clock

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Sign a request; httpx calls this. Does no I/O, so that sync and async share it."""
        snapshot = self._credentials.current
        check_target(str(request.url), self._hosts)
        query = signed_query(
            snapshot,
            request.url.query.decode("ascii"),
            request.content,
            timestamp_ms=int(self._clock() * 1000),
            recv_window_ms=self._recv_window_ms,
        )
        request.url = request.url.copy_with(query=query.encode("ascii"))
        request.headers[API_KEY_HEADER] = snapshot.api_key.reveal()
        yield request
