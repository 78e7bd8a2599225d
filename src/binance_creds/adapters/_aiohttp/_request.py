"""Requests of aiohttp that are signed once they have got a connection.

`ClientSession` makes each request with a class that can be chosen, waits for a connection, and then
calls the request's `send`. Written against aiohttp 3.10 to 3.14.
"""
# ruff: noqa: SLF001  # a request has no other way to what it is made of

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientRequest, hdrs
from aiohttp.payload import BytesPayload
from multidict import CIMultiDict

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._wire._request import API_KEY_HEADER, Outgoing
from binance_creds.adapters._wire._targets import refuse_proxy
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from yarl import URL

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._request import Signed

    Sign = Callable[[Outgoing], Awaitable[Signed]]

__all__ = ["Signing", "WithoutNetrc", "look_for_no_login", "signing_class"]

# A call of a session makes one request, and one more for each redirect and repetition; all of them
# have its timer. Calls within calls, as middlewares make them, are why there are several.
_calls: ContextVar[tuple[tuple[object, URL], ...]] = ContextVar("binance_creds_calls", default=())
_DEEPEST: Final = 8


class WithoutNetrc:
    """Take the login that is given for a request, and look for none in a `.netrc`.

    An entry `default` there is sent to every host where a session has `trust_env`.
    """

    _base: Any = ClientRequest

    def update_auth(self, auth: Any, trust_env: bool = False) -> None:  # noqa: FBT002  # as aiohttp
        """Take a login, whatever the session trusts."""
        self._base.update_auth(self, auth)


def look_for_no_login(session: Any) -> Callable[[], object]:
    """Let a session look for none either, as in newer versions of aiohttp; return the way back."""
    if hasattr(session, "_get_netrc_auth"):
        vars(session)["_get_netrc_auth"] = _no_login
    return lambda: vars(session).pop("_get_netrc_auth", None)


def _no_login(host: str) -> None:
    """Return none."""


def signing_class(base: type[ClientRequest], sign: Sign) -> type[ClientRequest]:
    """Return a class of requests that are signed when they are sent, by a session's own class."""
    members = {"_base": base, "_sign": staticmethod(sign)}
    return type(base.__name__, (Signing, base), members)


class Signing(WithoutNetrc):
    """Send a request with key and signature, and keep it and its answer free of both."""

    _sign: Sign
    signed_by: Credentials | None = None

    def update_proxy(self, proxy: Any, *options: Any) -> None:
        """Take the proxy that the session has for a request, unless it goes to this machine."""
        request: Any = self
        if proxy is not None and is_loopback_url(str(request.url)):
            proxy, options = None, (None, None)
        self._base.update_proxy(self, proxy, *options)

    async def send(self, conn: Any) -> Any:
        """Sign and send; aiohttp calls this with the connection that it has waited for."""
        request: Any = self
        outgoing = _outgoing(request)
        if _is_led_on(request._timer, request.original_url):
            request.headers.pop(API_KEY_HEADER, None)  # a client's placeholder
            return await self._base.send(self, conn)
        if _is_handshake(request) and outgoing.api_key is None:
            return await self._base.send(self, conn)
        signed = await self._sign(outgoing)
        self.signed_by = signed.used
        if signed.used is None and outgoing.api_key is None:
            return await self._base.send(self, conn)
        if signed.api_key is not None:
            _check_way(request)
        return await self._sent_as(_wire(request, outgoing, signed), conn)

    async def _sent_as(self, wire: Any, conn: Any) -> Any:
        request: Any = self
        try:
            response = await self._base.send(wire, conn)
        except BaseException as error:  # noqa: BLE001  # it is raised again
            # The frames below have the key in what they call headers.
            raise error.with_traceback(None)  # noqa: B904  # it is the same error
        finally:
            wire.headers.pop(API_KEY_HEADER, None)
        response._request_info = request.request_info
        request.response = response
        if wire._writer is not None:
            request._writer = wire._writer
        return response


def _wire(plain: Any, outgoing: Outgoing, signed: Signed) -> Any:
    """Return the request that is sent: the caller's, with key and signature."""
    request = object.__new__(type(plain))
    request.__dict__.update(plain.__dict__)
    request.headers = CIMultiDict(plain.headers)
    request.headers.pop(API_KEY_HEADER, None)
    if signed.api_key is not None:
        request.headers[API_KEY_HEADER] = signed.api_key.reveal()
    kept = len(outgoing.url) - len(plain.url.raw_path_qs)
    request.url = _Target(plain.url, signed.url[kept:])
    if signed.body != outgoing.body:
        for name in ("_body", "body"):  # the second is that of aiohttp before 3.12
            request.__dict__.pop(name, None)
        request.headers.pop(hdrs.CONTENT_LENGTH, None)
        request.update_body_from_data(signed.body)
    if request._traces:
        _show(plain, request)
    return request


def _show(plain: Any, request: Any) -> None:
    """Let traces see the caller's request, where aiohttp would show the one that is sent."""

    async def headers(method: str, *_: object) -> None:
        await plain._on_headers_request_sent(method, plain.url, plain.headers)

    async def chunk(method: str, *_: object) -> None:
        await plain._on_chunk_request_sent(method, plain.url, _body(plain))

    request._on_headers_request_sent = headers
    request._on_chunk_request_sent = chunk


class _Target:
    """The URL of a request, whose path and query are those that are sent."""

    __slots__ = ("_url", "raw_path_qs")

    def __init__(self, url: URL, raw_path_qs: str) -> None:
        self._url = url
        self.raw_path_qs = raw_path_qs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._url, name)

    def __repr__(self) -> str:
        return repr(self._url)

    def __str__(self) -> str:
        return str(self._url)


def _outgoing(request: Any) -> Outgoing:
    headers = request.headers
    return Outgoing(
        request.method,
        str(request.url),
        _body(request),
        headers.get(hdrs.CONTENT_TYPE, ""),
        headers.get(API_KEY_HEADER),
    )


def _body(request: Any) -> bytes:
    """Return a body that is in memory; of a stream, which is refused where it matters, nothing."""
    body = request.body
    return bytes(body._value) if body and isinstance(body, BytesPayload) else b""


def _is_handshake(request: Any) -> bool:
    """Return whether a request opens a WebSocket, whose messages are signed, not itself."""
    return str(request.headers.get(hdrs.UPGRADE, "")).casefold() == "websocket"


def _check_way(request: Any) -> None:
    """Refuse to send with a key what cannot be signed as it is sent."""
    body = request.body
    is_streamed = body and not isinstance(body, BytesPayload)
    if is_streamed or request.chunked or hdrs.TRANSFER_ENCODING in request.headers:
        msg = "a streamed or chunked body cannot be signed."
    elif request.headers.get(hdrs.CONTENT_ENCODING):
        msg = "a compressed body cannot be signed."
    elif request.proxy is not None and not request.is_ssl():
        refuse_proxy(str(request.url).partition("?")[0])
    else:
        return
    raise ConfigurationError(msg, hint="Pass the parameters as params=, or as data={...}.")


def _is_led_on(timer: object, url: URL) -> bool:
    """Return whether a request is one that a redirect of the same call has led to."""
    calls = _calls.get()
    for known, first in calls:
        if known is timer:
            return first != url
    _calls.set((*calls[1 - _DEEPEST :], (timer, url)))
    return False
