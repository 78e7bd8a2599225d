"""The code behind `httpx`; it needs the SDK."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

from httpx import URL, Auth, Headers, Request

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._rest import (
    API_KEY_HEADER,
    DEFAULT_RECV_WINDOW_MS,
    check_recv_window,
    check_target,
    refuse_proxy,
    signed_query,
    trusted_hosts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, ItemsView, KeysView, ValuesView

    from httpx import Response

    from binance_creds._credentials import CredentialsHandle
    from binance_creds._secret import Secret

__all__ = ["BinanceAuth"]


class BinanceAuth(Auth):
    """Add key, timestamp, recvWindow and signature to each request.

    One snapshot of the credentials a request, so a rotation never mixes key and signature. Threads
    and tasks may share it. Signed is the query and body as they are sent. The caller's `Request`
    stays as it was: sending it again signs again, with a new timestamp and the key of then. A
    redirect is followed without the key, if httpx is told to follow any; Binance sends none.

    Args:
        credentials: credentials, or a handle that has them.
        recv_window_ms: how long a request stays valid, 1 to 60000 ms.
        hosts: hosts that may get the key besides Binance's own and loopback.
        clock: seconds since the epoch; add your offset to the server's time here.

    Raises:
        ConfigurationError: when used, if the request would take the key elsewhere, or to this
            machine through a proxy of the environment.
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
        self._hosts = trusted_hosts(hosts)
        self._clock = clock

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Sign a request; httpx calls this. Does no I/O, so that sync and async share it."""
        snapshot = self._credentials.current
        url = str(request.url)
        check_target(url, self._hosts)
        if is_loopback_url(url) and _has_proxy(request.url):
            refuse_proxy(url)
        query = signed_query(
            snapshot,
            request.url.query.decode("ascii"),
            request.content,
            timestamp_ms=int(self._clock() * 1000),
            recv_window_ms=self._recv_window_ms,
        )
        yield _with_key(request, query, snapshot.api_key)


def _has_proxy(url: URL) -> bool:
    """Return whether the environment names a proxy, as httpx reads it."""
    proxies = getproxies()
    return not {url.scheme, "all"}.isdisjoint(proxies) and not proxy_bypass(url.netloc.decode())


def _with_key(request: Request, query: str, key: Secret) -> Request:
    signed = Request(
        request.method,
        request.url.copy_with(query=query.encode("ascii")),
        stream=request.stream,
        extensions=request.extensions,
    )
    signed.read()  # in memory already; `response.request.content` goes on being there
    signed.headers = _KeyedHeaders(request.headers, key)
    return signed


class _KeyedHeaders(Headers):
    """Headers with a key that is read and sent, but neither printed nor copied.

    httpx follows a redirect with a copy of all headers but Authorization, to whatever host. A copy
    is made of the list that this class keeps the key out of.
    """

    def __init__(self, headers: Headers, key: Secret) -> None:
        super().__init__(headers)
        self._key = key

    def _full(self) -> Headers:
        full = Headers(self)
        full[API_KEY_HEADER] = self._key.reveal()
        return full

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """What the transport sends."""
        return self._full().raw

    def keys(self) -> KeysView[str]:
        return self._full().keys()

    def values(self) -> ValuesView[str]:
        return self._full().values()

    def items(self) -> ItemsView[str, str]:
        return self._full().items()

    def multi_items(self) -> list[tuple[str, str]]:
        return self._full().multi_items()

    def __getitem__(self, key: str) -> str:
        return self._full()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._full()

    def __len__(self) -> int:
        return len(self._full())

    def __repr__(self) -> str:
        return repr(Headers(self))

    def __reduce_ex__(self, protocol: object) -> Any:
        return Headers, (Headers(self).multi_items(),)
