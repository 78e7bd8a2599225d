"""The signed streams of the official SDK: the address of each connection is signed."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("binance_common")
from binance_common import websocket

if not hasattr(websocket.WebSocketStreamBase, "sign_stream_url"):
    pytest.skip("binance-common 4.7 has signed streams", allow_module_level=True)

from aiohttp import ClientSession, WSServerHandshakeError
from binance_common.configuration import ConfigurationWebSocketStreams
from sdk_sockets import Handle
from support import caught
from websockets.sync.server import serve

from binance_creds import ConfigurationError, KeyType
from binance_creds.adapters.binance_sdk import attach
from binance_creds.testing import assert_no_leak


@contextmanager
def streams():
    """Give the address of a server of streams, and the handshakes that it has seen."""
    seen: list[tuple[str, str | None]] = []

    def note(connection) -> None:
        request = connection.request
        seen.append((request.path, request.headers.get("X-MBX-APIKEY")))
        for _ in connection:
            pass

    with serve(note, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/sapi/wss", seen
        finally:
            server.shutdown()
            thread.join()


def proves(exchange, handshake) -> str:
    """Return the key of a handshake, if it has signed it."""
    address, name = handshake
    query, _, _ = urlsplit(address).query.rpartition("&signature=")
    signature = parse_qs(urlsplit(address).query)["signature"][0]
    assert exchange.keys.find(name).verifies(query.encode(), signature)
    return name


async def connected(api) -> None:
    await api.create_connection()
    await api.close_connection(close_session=True)


@pytest.mark.parametrize("key_type", KeyType)
def test_each_connection_is_signed_with_the_key_of_then(exchange, key_type) -> None:
    old, new = exchange.issue(KeyType.HMAC), exchange.issue(key_type)
    with streams() as (url, seen):
        handle = Handle(old)
        configuration = ConfigurationWebSocketStreams(stream_url=url)
        api = websocket.WebSocketStreamBase(configuration, signed=True)
        detach = attach(api, handle)

        async def through_a_rotation() -> None:
            await connected(api)
            handle.rotate(new)
            await connected(api)

        asyncio.run(through_a_rotation())
        detach()
    assert [old.api_key, new.api_key] == [proves(exchange, one) for one in seen]
    assert type(api) is websocket.WebSocketStreamBase


def test_a_signed_stream_goes_where_the_key_may_go(exchange) -> None:
    configuration = ConfigurationWebSocketStreams(stream_url="wss://example.com/sapi/wss")
    api = websocket.WebSocketStreamBase(configuration, signed=True)
    attach(api, Handle(exchange.issue()))
    error = caught(
        lambda: asyncio.run(api.init_connection(configuration.stream_url, configuration))
    )
    assert isinstance(error, ConfigurationError)


def test_a_handshake_that_is_refused_shows_no_key(exchange) -> None:
    """aiohttp's error has the headers of the request, and its frames what they call them."""
    key = exchange.issue()
    url = exchange.url.replace("http", "ws") + "/sapi/wss"  # no WebSocket is served there
    api = websocket.WebSocketStreamBase(ConfigurationWebSocketStreams(stream_url=url), signed=True)
    attach(api, Handle(key))

    async def refused() -> BaseException:
        api.session = ClientSession()
        async with api.session:
            try:
                await api.init_connection(url, api.configuration)
            except WSServerHandshakeError as error:
                assert key.api_key not in str(error.request_info)
                return error

    assert_no_leak(key.api_key, asyncio.run(refused()))
