"""`BinanceAuth`: the simple way to sign the requests of httpx."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from httpx import Auth

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._httpx._headers import outgoing, with_key
from binance_creds.adapters._httpx._trace import Underway
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._signer import DEFAULT_RECV_WINDOW_MS, WireSigner
from binance_creds.adapters._wire._targets import refuse_proxy
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Generator

    from httpx import URL, Request, Response

    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.adapters._wire._request import Signed
    from binance_creds.exchange import Security

__all__ = ["BinanceAuth"]


class BinanceAuth(Auth):
    """Add key, timestamp, recvWindow and signature to each request.

    One snapshot of the credentials a request, so a rotation never mixes key and signature. Threads
    and tasks may share it. With httpx's own transports a request is signed when it has its
    connection, whatever hooks have made of it before; other transports, such as a mock, get it
    signed. The caller's `Request` stays as it was: sending it again signs again. A redirect is
    followed without the key, if httpx is told to follow any; Binance sends none.

    Args:
        credentials: credentials, or a handle that has them.
        recv_window_ms: how long a request stays valid, 1 to 60000 ms.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        security: what each endpoint needs; by default a table of paths tells public, key-only and
            signed ones apart.

    Raises:
        ConfigurationError: when used, if the request would take the key elsewhere, or to this
            machine through a proxy of the environment, or if its body is no form.
    """

    def __init__(
        self,
        credentials: CredentialsHandle,
        *,
        recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
        hosts: Collection[str] = (),
        clock: Callable[[], float] | None = None,
        security: Security | None = None,
    ) -> None:
        self._signer = WireSigner(
            credentials, hosts=hosts, recv_window_ms=recv_window_ms, clock=clock
        )
        self._security = security
        self._reported = Rejected(self._signer)
        self._is_told = False  # whether the transport tells when a request has its connection

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send a request that is signed on its way; httpx calls this."""
        request.read()
        self._check(request)
        early = None
        if not self._is_told:
            early = self._signer.sign(outgoing(request), security=self._security)
        underway = self._underway(request, early)
        response = yield underway.traced(request if early is None else with_key(request, early))
        if self._is_over(underway, early, request, response):
            return
        response.close()
        raise _unsigned()

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Do what `sync_auth_flow` does, without blocking the event loop."""
        await request.aread()
        self._check(request)
        early = None
        if not self._is_told:
            early = await self._signer.asign(outgoing(request), security=self._security)
        underway = self._underway(request, early)
        response = yield underway.atraced(request if early is None else with_key(request, early))
        if self._is_over(underway, early, request, response):
            return
        await response.aclose()
        raise _unsigned()

    def _check(self, request: Request) -> None:
        url = str(request.url)
        self._signer.check(url)
        if not self._is_told and is_loopback_url(url) and _has_proxy(request.url):
            refuse_proxy(url)  # later it is seen on the way

    def _underway(self, request: Request, early: Signed | None) -> Underway:
        is_signed = early is not None
        url = str(request.url)
        return Underway(self._signer, request, url, self._security, is_signed=is_signed)

    def _is_over(
        self, underway: Underway, early: Signed | None, request: Request, response: Response
    ) -> bool:
        """Return whether what was answered was signed."""
        if response.is_success:
            self._reported.accepted(underway.used or (early and early.used))
        if early is not None:
            self._is_told = underway.is_reached
            response.request = request  # this one has neither key nor signature
        return early is not None or underway.is_reached


def _unsigned() -> ConfigurationError:
    msg = "the transport of this client does not tell when it sends, unlike the one before it."
    return ConfigurationError(msg, hint="Use a BinanceAuth for each client.")


def _has_proxy(url: URL) -> bool:
    """Return whether the environment names a proxy, as httpx reads it."""
    proxies = getproxies()
    return not {url.scheme, "all"}.isdisjoint(proxies) and not proxy_bypass(url.netloc.decode())
