"""Streams of each kind that python-binance knows, opened with the credentials of now."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters._python_binance._addresses import moved
from binance_creds.adapters._python_binance._dialing import dial
from binance_creds.adapters._python_binance._package import BinanceAPIException
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.adapters._wire._streams._stream import (
    by_listen_key,
    by_signature,
    by_token,
    closed_on_error,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._streams._reader import Subscription
    from binance_creds.adapters._wire._streams._stream import Channel
    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["open_stream"]

_LISTEN_KEYS: Final = ("futures", "coin_futures", "portfolio_margin")


async def open_stream(socket: Any, wiring: Wiring, ws_base_url: str | None) -> Subscription:
    """Return a further stream for a `KeepAliveWebsocket`.

    Args:
        socket: of python-binance; its `_keepalive_type` says what it listens to.
        wiring: of its client.
        ws_base_url: where streams by listen key are, if not where the socket says.

    Raises:
        RefusedError: the exchange does not open it.
    """
    if socket._keepalive_type == "user":  # noqa: SLF001  # python-binance tells it in no other way
        return await _by_signature(socket, wiring)
    if socket._keepalive_type in _LISTEN_KEYS:  # noqa: SLF001  # as above
        return await _by_listen_key(socket, wiring, ws_base_url)
    return await _by_token(socket, wiring)


async def _by_signature(socket: Any, wiring: Wiring) -> Subscription:
    api = socket._client.ws_api  # noqa: SLF001  # as above
    async with _connected(api._url, api) as channel:  # noqa: SLF001  # as above
        return await by_signature(channel, wiring.signer, api._url)  # noqa: SLF001  # as above


async def _by_token(socket: Any, wiring: Wiring) -> Subscription:
    kind = socket._keepalive_type  # noqa: SLF001  # as above
    params = {"is_isolated": False} if kind == "margin" else {"symbol": kind, "is_isolated": True}
    used = wiring.signer.credentials.current
    granted = await _granted(socket._client.margin_create_listen_token(**params), used)  # noqa: SLF001  # as above
    api = socket._client.ws_api  # noqa: SLF001  # as above
    async with _connected(api._url, api) as channel:  # noqa: SLF001  # as above
        return await by_token(channel, granted, used)


@asynccontextmanager
async def _connected(url: str, owner: Any) -> AsyncIterator[Channel]:
    """Give a further connection, made as its owner would; where the block fails it is closed."""
    connected = await dial(url, owner._ws_kwargs, owner._https_proxy)  # noqa: SLF001  # as above
    async with closed_on_error(connected) as channel:
        yield channel


async def _by_listen_key(socket: Any, wiring: Wiring, ws_base_url: str | None) -> Subscription:
    used = wiring.signer.credentials.current
    listen_key = await _granted(socket._get_listen_key(), used)  # noqa: SLF001  # as above
    url = _address(socket, listen_key)
    if ws_base_url is not None:
        url = moved(url, ws_base_url)

    async def keep() -> bool:  # asking for it again extends it
        return bool(await _granted(socket._get_listen_key(), used) == listen_key)  # noqa: SLF001  # as above

    async with _connected(url, socket) as channel:
        renew_seconds = socket._user_timeout  # noqa: SLF001  # as above
        return await by_listen_key(channel, used, renew_seconds=renew_seconds, keep=keep)


def _address(socket: Any, listen_key: str) -> str:
    """Return where python-binance would connect to."""
    path = socket._path  # noqa: SLF001  # as above
    socket._listen_key = listen_key  # noqa: SLF001  # as above
    try:
        socket._build_path()  # noqa: SLF001  # as above
        return f"{socket._url}{socket._prefix}{socket._path}"  # noqa: SLF001  # as above
    finally:
        socket._path, socket._listen_key = path, None  # noqa: SLF001  # as above


async def _granted(asked: Any, used: Credentials) -> Any:
    try:
        return await asked
    except BinanceAPIException as error:
        answer = json.dumps({"code": error.code, "msg": error.message})
    raise RefusedError(json.loads(answer), used)
