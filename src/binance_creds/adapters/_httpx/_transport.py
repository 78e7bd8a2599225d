"""A transport of httpx that signs, around another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from weakref import ref

from httpx import AsyncBaseTransport, AsyncHTTPTransport, BaseTransport, HTTPTransport

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._httpx._headers import outgoing, with_key
from binance_creds.adapters._httpx._trace import DRY, Underway
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._request import API_KEY_HEADER
from binance_creds.adapters._wire._signer import DEFAULT_RECV_WINDOW_MS, WireSigner
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType
    from typing import Self

    from httpx import Request, Response

    from binance_creds._credentials import Credentials
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds.exchange import Security

__all__ = ["BinanceTransport", "SigningTransport", "Way"]

_FOLLOWED: Final = "binance_creds_followed"  # an extension: the request that a redirect answered
_REFUSED: Final = 400


class Way:
    """How the requests of one client are signed; all its transports share it."""

    def __init__(
        self,
        credentials: CredentialsHandle,
        *,
        hosts: Collection[str] = (),
        clock: Callable[[], float] | None = None,
        retry_rejected: bool = False,
        recv_window_ms: int = DEFAULT_RECV_WINDOW_MS,
        security: Security | None = None,
    ) -> None:
        self.signer = WireSigner(
            credentials, hosts=hosts, recv_window_ms=recv_window_ms, clock=clock
        )
        self.rejected = Rejected(self.signer, retry=retry_rejected)
        self.security = security


class SigningTransport(BaseTransport, AsyncBaseTransport):
    """Sign each request, and send it through another transport.

    Args:
        way: how.
        transport: sends.
        direct: sends to this machine, which no proxy is asked for.
    """

    def __init__(self, way: Way, transport: Any, direct: Any) -> None:
        self._way = way
        self._transport = transport
        self._direct = direct

    def handle_request(self, request: Request) -> Response:
        """Send a request, signed; httpx calls this."""
        url = str(request.url)
        transport = self._transport_for(url)
        if _leads_on(request):
            return _noted(request, transport.handle_request(request))
        self._way.signer.check(url)
        request.read()
        response, used = self._sent(transport, request, url)
        if response.status_code < _REFUSED:
            self._way.rejected.accepted(used)
            return _noted(request, response)
        response.read()
        if self._way.rejected.again(response, used):
            response, _ = self._sent(transport, request, url)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        """Do what `handle_request` does, without blocking the event loop."""
        url = str(request.url)
        transport = self._transport_for(url)
        if _leads_on(request):
            return _noted(request, await transport.handle_async_request(request))
        self._way.signer.check(url)
        await request.aread()
        response, used = await self._asent(transport, request, url)
        if response.status_code < _REFUSED:
            self._way.rejected.accepted(used)
            return _noted(request, response)
        await response.aread()
        if await self._way.rejected.aagain(response, used):
            response, _ = await self._asent(transport, request, url)
        return response

    def _sent(
        self, transport: Any, request: Request, url: str
    ) -> tuple[Response, Credentials | None]:
        way = self._way
        if not isinstance(transport, HTTPTransport):
            signed = way.signer.sign(outgoing(request), security=way.security)
            return transport.handle_request(with_key(request, signed)), signed.used
        underway = Underway(way.signer, request, url, way.security, is_signed=False)
        response = transport.handle_request(underway.traced(request))
        if underway.is_reached:
            return response, underway.used
        response.close()
        raise _untold()

    async def _asent(
        self, transport: Any, request: Request, url: str
    ) -> tuple[Response, Credentials | None]:
        way = self._way
        if DRY in request.extensions or not isinstance(transport, AsyncHTTPTransport):
            signed = await way.signer.asign(outgoing(request), security=way.security)
            return await transport.handle_async_request(with_key(request, signed)), signed.used
        underway = Underway(way.signer, request, url, way.security, is_signed=False)
        response = await transport.handle_async_request(underway.atraced(request))
        if underway.is_reached:
            return response, underway.used
        await response.aclose()
        raise _untold()

    def _transport_for(self, url: str) -> Any:
        if not is_loopback_url(url):
            return self._transport
        if hasattr(getattr(self._direct, "_pool", None), "_proxy_url"):
            host = urlsplit(url).hostname
            msg = f"the transport of this client is a proxy, and {host} is this machine."
            raise ConfigurationError(msg, hint="Use a client without that proxy.")
        return self._direct

    def close(self) -> None:
        """Close the transport that sends."""
        self._transport.close()

    async def aclose(self) -> None:
        """Close the transport that sends."""
        await self._transport.aclose()

    def __enter__(self) -> Self:
        self._transport.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._transport.__exit__(exc_type, exc_value, traceback)

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._transport.__aexit__(exc_type, exc_value, traceback)


class BinanceTransport(SigningTransport):
    """Sign each request, and send it through another transport.

    Around `httpx.HTTPTransport` and `httpx.AsyncHTTPTransport` a request is signed when it has its
    connection; around any other, when that one gets it. Threads and tasks may share it.

    Args:
        credentials: credentials, or a handle that has them.
        transport: sends.
        options: `hosts`, `clock`, `retry_rejected`, `recv_window_ms` and `security`, as of
            `attach`.
    """

    def __init__(
        self,
        credentials: CredentialsHandle,
        transport: BaseTransport | AsyncBaseTransport,
        **options: Any,
    ) -> None:
        super().__init__(Way(credentials, **options), transport, transport)


def _noted(request: Request, response: Response) -> Response:
    """Let the request that a redirect leads to be told from one of the caller's."""
    if response.is_redirect and response.has_redirect_location:
        request.extensions = {**request.extensions, _FOLLOWED: ref(request)}
    return response


def _leads_on(request: Request) -> bool:
    answered = request.extensions.get(_FOLLOWED)
    is_other = answered is not None and answered() is not request
    if is_other:
        request.headers.pop(API_KEY_HEADER, None)
    return is_other


def _untold() -> ConfigurationError:
    msg = "this version of httpx does not tell when it sends."
    return ConfigurationError(msg, hint="Known are httpx 0.27 and 0.28 with httpcore 1.")
