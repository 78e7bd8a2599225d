"""How user data streams are sent with `websockets`, and with the standard library for REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import (
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from binance_creds._loopback import is_loopback_url
from binance_creds._threads._daemons import acalled
from binance_creds.adapters._websockets._connection import direct, quiet
from binance_creds.adapters._wire._request import API_KEY_HEADER
from binance_creds.adapters._wire._streams._reader import StreamOverError

if TYPE_CHECKING:
    from binance_creds.adapters._wire._request import Signed

__all__ = ["WebsocketsTransport"]

_TIMEOUT_SECONDS = 10.0


class WebsocketsTransport:
    """Connections of `websockets`.

    Args:
        options: of `websockets.connect`.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options

    async def connect(self, url: str) -> _Channel:
        try:
            return _Channel(await connect(url, **direct(url), **self._options))
        except InvalidHandshake as error:  # which may name the listen key of the address
            kind = type(error).__name__
        msg = f"the exchange did not open a WebSocket ({kind})"
        raise ConnectionError(msg)

    async def request(self, method: str, signed: Signed) -> bytes:
        return await acalled(lambda: _requested(method, signed))


class _Channel:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        try:
            with quiet(self._connection):
                await self._connection.send(text)
        except ConnectionClosed:
            raise StreamOverError from None

    async def receive(self) -> str | bytes:
        try:
            data: str | bytes = await self._connection.recv()
        except ConnectionClosed:
            raise StreamOverError from None
        return data

    async def close(self) -> None:
        await self._connection.close()


def _requested(method: str, signed: Signed) -> bytes:
    request = Request(signed.url, data=signed.body or None, method=method)  # noqa: S310  # checked
    if signed.api_key is not None:  # pragma: no branch  # listen keys and tokens need it
        request.add_unredirected_header(API_KEY_HEADER, signed.api_key.reveal())
    try:
        with _opener(signed.url).open(request, timeout=_TIMEOUT_SECONDS) as answer:
            body: bytes = answer.read()
    except HTTPError as error:
        with error:
            return error.read()
    except OSError as error:
        raise error.with_traceback(None)  # noqa: B904  # the frames below have the key
    return body


def _opener(url: str) -> OpenerDirector:
    direct = (ProxyHandler({}),) if is_loopback_url(url) else ()
    return build_opener(_NoRedirect, *direct)


class _NoRedirect(HTTPRedirectHandler):
    """Binance sends none; the key would go along."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None
