"""The clients of the scenario: how each is built, asks for the account, and places an order.

The table of docs/reference/clients.md is made of what is registered here. Nothing is imported
before a driver is used: no environment has all clients.
"""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT, ORDER = "/api/v3/account", "/api/v3/order"
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}


class Client(NamedTuple):
    """A client library, between which versions its adapter was tested, and what is tested apart."""

    name: str
    extra: str | None
    oldest: str
    newest: str
    apart: tuple[str, ...] = ()


CLIENTS = {
    "python_binance": Client("python-binance", "python-binance", "1.0.35", "1.0.37"),
    "ccxt": Client("ccxt, ccxt.pro", "ccxt", "4.5.12", "4.5.90", ("stream",)),
    "freqtrade": Client("freqtrade", None, "2026.9", "2026.9", ("rest",)),
    "binance_sdk": Client("the official SDK, binance-sdk-*", "binance-sdk", "8", "13.3"),
    "binance_connector": Client("binance-connector", "binance-connector", "3", "3.13"),
    "requests": Client("requests", "requests", "2.32.2", "2.34"),
    "httpx": Client("httpx", "httpx", "0.27", "0.28"),
    "aiohttp": Client("aiohttp", "aiohttp", "3.12", "3.14"),
    "websockets": Client("websockets", "websockets", "13", "17"),
    "plain": Client("any other library", None, "", ""),
}


class Trade(NamedTuple):
    """What a bot does with its client; tasks await what they get.

    Attributes:
        past: sends text on the connection of the WebSocket API, past the adapter.
    """

    account: Callable[[], object]
    order: Callable[[str], object]
    past: Callable[[str], object] | None = None


@dataclass(frozen=True)
class Driver:
    """A way of a client to the exchange.

    Attributes:
        adapter: the module of `binance_creds.adapters`.
        way: `rest`, `ws` or `stream`.
        needs: what must be importable.
        build: a context manager over live credentials and the exchange; it gives a `Trade`, and
            for a stream the list that events are put into.
        is_async: whether it runs in tasks.
        retries: whether it takes `retry_rejected`.
    """

    adapter: str
    way: str
    needs: str
    build: Callable
    is_async: bool
    retries: bool

    @property
    def id(self) -> str:
        return self.build.__name__.removeprefix("by_")


DRIVERS: list[Driver] = []


def driver(adapter: str, way: str, needs: str, *, is_async: bool = False, retries: bool = True):
    """Register a driver."""

    def register(build):
        DRIVERS.append(Driver(adapter, way, needs, build, is_async, retries))
        return build

    return register


def is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of the package that it would be in
        return False


def every(way: str, *, is_async: bool | None = None, retries: bool = False):
    """Return the drivers of a way as parameters; what is not installed is skipped."""
    return [
        pytest.param(
            one,
            id=one.id,
            marks=pytest.mark.skipif(not is_there(one.needs), reason=f"{one.needs} is absent"),
        )
        for one in DRIVERS
        if one.way in way.split()
        and is_async in {None, one.is_async}
        and (one.retries or not retries)
    ]


def order(name: str) -> dict[str, str]:
    return {**MARKET, "newClientOrderId": name}


@driver("requests", "rest", "requests")
@contextmanager
def by_requests(live, exchange, **options):
    from binance_creds.adapters import requests

    with requests.client(live, **options) as session:
        yield Trade(
            lambda: session.get(exchange.url + ACCOUNT).raise_for_status(),
            lambda name: session.post(exchange.url + ORDER, data=order(name)).raise_for_status(),
        )


@driver("httpx", "rest", "httpx")
@contextmanager
def by_httpx(live, exchange, **options):
    from binance_creds.adapters import httpx

    with httpx.client(live, base_url=exchange.url, timeout=60, **options) as client:
        yield Trade(
            lambda: client.get(ACCOUNT).raise_for_status(),
            lambda name: client.post(ORDER, data=order(name)).raise_for_status(),
        )


@driver("plain", "rest", "urllib", retries=False)
@contextmanager
def by_urllib(live, exchange):
    from binance_creds.adapters.plain import sign_request

    def send(method, path, params=()) -> None:
        signed = sign_request(live, method, exchange.url + path, params)
        request = urllib.request.Request(signed.url, headers=signed.headers, method=signed.method)
        urllib.request.urlopen(request).close()

    yield Trade(lambda: send("GET", ACCOUNT), lambda name: send("POST", ORDER, order(name)))


@driver("python_binance", "rest", "binance.ws")
@contextmanager
def by_python_binance(live, exchange, **options):
    from binance_creds.adapters import python_binance

    loop = asyncio.new_event_loop()  # its constructor takes one
    asyncio.set_event_loop(loop)
    client = python_binance.client(live, base_url=exchange.url, **options)
    try:
        yield Trade(client.get_account, lambda name: client.create_order(**order(name)))
    finally:
        client.close_connection()
        asyncio.set_event_loop(None)
        loop.close()


@driver("binance_connector", "rest", "binance.spot")
@contextmanager
def by_binance_connector(live, exchange, **options):
    from binance_creds.adapters import binance_connector

    client = binance_connector.client(live, base_url=exchange.url, **options)
    try:
        yield Trade(client.account, lambda name: client.new_order(**order(name)))
    finally:
        client.session.close()


@driver("binance_connector", "ws", "binance.spot")
@contextmanager
def by_binance_connector_sockets(live, exchange, **options):
    """One request at a time: the client itself keeps no account of answers."""
    from binance_creds.adapters import binance_connector

    answers, turn, numbers = SimpleQueue(), threading.Lock(), count()
    client = binance_connector.websocket_client(
        live,
        stream_url=f"{exchange.ws_url}/ws-api/v3",
        on_message=lambda _, text: answers.put(json.loads(text)),
        **options,
    )

    def ask(call, **params) -> None:
        with turn:
            call(id=next(numbers), **params)
            assert answers.get(timeout=60)["status"] == 200

    try:
        yield Trade(lambda: ask(client.account), lambda name: ask(client.new_order, **order(name)))
    finally:
        client.stop()
        client.socket_manager.ws.shutdown()


@driver("binance_sdk", "rest", "binance_sdk_spot")
@contextmanager
def by_binance_sdk(live, exchange, **options):
    from binance_common.configuration import ConfigurationRestAPI
    from binance_sdk_spot import Spot

    from binance_creds.adapters import binance_sdk

    there = ConfigurationRestAPI(base_path=exchange.url, retries=0, timeout=60_000)
    api = binance_sdk.client(Spot, live, config_rest_api=there, **options).rest_api
    market = {**MARKET, "quantity": 0.001}
    yield Trade(api.get_account, lambda name: api.new_order(**market, new_client_order_id=name))


@driver("ccxt", "rest", "ccxt")
@contextmanager
def by_ccxt(live, exchange, **options):
    import ccxt
    from ccxt_bot import at

    from binance_creds.adapters.ccxt import client

    bot = client(ccxt.binance, live, **{**at(exchange.url), **options})
    yield Trade(bot.privateGetAccount, lambda name: bot.privatePostOrder(order(name)))


# in tasks


@driver("httpx", "rest", "httpx", is_async=True)
@asynccontextmanager
async def by_httpx_async(live, exchange, **options):
    from binance_creds.adapters import httpx

    async def sent(method, path, **what) -> None:
        (await client.request(method, path, **what)).raise_for_status()

    async with httpx.async_client(live, base_url=exchange.url, timeout=60, **options) as client:
        yield Trade(
            lambda: sent("GET", ACCOUNT), lambda name: sent("POST", ORDER, data=order(name))
        )


@driver("aiohttp", "rest", "aiohttp", is_async=True)
@asynccontextmanager
async def by_aiohttp(live, exchange, **options):
    from binance_creds.adapters import aiohttp

    async def sent(method, path, **what) -> None:
        async with session.request(method, exchange.url + path, **what) as answer:
            await answer.read()
            answer.raise_for_status()

    async with aiohttp.client(live, **options) as session:
        yield Trade(
            lambda: sent("GET", ACCOUNT), lambda name: sent("POST", ORDER, data=order(name))
        )


@driver("python_binance", "rest", "binance.ws", is_async=True)
@asynccontextmanager
async def by_python_binance_async(live, exchange, **options):
    from binance_creds.adapters import python_binance

    client = await python_binance.async_client(live, base_url=exchange.url, **options)
    try:
        yield Trade(client.get_account, lambda name: client.create_order(**order(name)))
    finally:
        await client.close_connection()


@driver("ccxt", "rest", "ccxt", is_async=True)
@asynccontextmanager
async def by_ccxt_async(live, exchange, **options):
    import ccxt.async_support
    from ccxt_bot import at

    from binance_creds.adapters.ccxt import client

    bot = client(ccxt.async_support.binance, live, **{**at(exchange.url), **options})
    try:
        yield Trade(bot.privateGetAccount, lambda name: bot.privatePostOrder(order(name)))
    finally:
        await bot.close()


class Asker:
    """Ask over one WebSocket from many tasks, and give each its answer."""

    def __init__(self, send, receive, past=None) -> None:
        self._send, self._receive, self._past = send, receive, past
        self._numbers, self._waiting = count(), {}
        self._task = asyncio.create_task(self._read())

    async def ask(self, method: str, params) -> None:
        number = next(self._numbers)
        self._waiting[number] = coming = asyncio.get_running_loop().create_future()
        await self._send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await coming
        assert answer["status"] == 200, answer

    async def _read(self) -> None:
        while True:
            answer = json.loads(await self._receive())
            if answer["id"] in self._waiting:
                self._waiting.pop(answer["id"]).set_result(answer)

    @property
    def trade(self) -> Trade:
        return Trade(
            lambda: self.ask("account.status", {}),
            lambda name: self.ask("order.place", order(name)),
            self._past,
        )

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@driver("websockets", "ws", "websockets", is_async=True)
@asynccontextmanager
async def by_websockets(live, exchange, **options):
    from websockets.asyncio.client import ClientConnection

    from binance_creds.adapters import websockets

    url = f"{exchange.ws_url}/ws-api/v3"
    async with websockets.async_client(live, url, **options) as connection:
        past = partial(ClientConnection.send, connection)
        asker = Asker(connection.send, connection.recv, past)
        yield asker.trade
        await asker.stop()


@driver("aiohttp", "ws", "aiohttp", is_async=True)
@asynccontextmanager
async def by_aiohttp_sockets(live, exchange, **options):
    from aiohttp import ClientWebSocketResponse

    from binance_creds.adapters import aiohttp

    async with (
        aiohttp.client(live, **options) as session,
        session.ws_connect(f"{exchange.ws_url}/ws-api/v3") as socket,
    ):
        past = partial(ClientWebSocketResponse.send_str, socket)
        asker = Asker(socket.send_str, socket.receive_str, past)
        yield asker.trade
        await asker.stop()


@driver("plain", "ws", "websockets", is_async=True, retries=False)
@asynccontextmanager
async def by_plain_sockets(live, exchange):
    from websockets import connect
    from ws_by_hand import DIRECTLY

    from binance_creds.adapters.plain import sign_websocket_request

    async def send(text: str) -> None:
        asked = json.loads(text)
        signed = sign_websocket_request(
            live, asked["method"], asked["params"], request_id=asked["id"]
        )
        await connection.send(json.dumps(signed))

    async with connect(f"{exchange.ws_url}/ws-api/v3", **DIRECTLY) as connection:
        asker = Asker(send, connection.recv)
        yield asker.trade
        await asker.stop()


@asynccontextmanager
async def python_binance_at(live, exchange, **options):
    from binance.ws.constants import WSListenerState

    from binance_creds.adapters import python_binance

    client = await python_binance.async_client(
        live, base_url=exchange.url, ws_base_url=exchange.ws_url, **options
    )
    try:
        yield client
    finally:
        client.ws_api.ws_state = WSListenerState.EXITING
        exchange.sockets.drop()
        await client.close_connection()


@driver("python_binance", "ws", "binance.ws", is_async=True)
@asynccontextmanager
async def by_python_binance_sockets(live, exchange, **options):
    async with python_binance_at(live, exchange, **options) as client:
        yield Trade(
            client.ws_get_account,
            lambda name: client.ws_create_order(**order(name)),
            lambda text: client.ws_api.ws.send(text),
        )


@driver("ccxt", "ws", "ccxt", is_async=True)
@asynccontextmanager
async def by_ccxt_sockets(live, exchange, **options):
    import ccxt.pro
    from ccxt_bot import at

    from binance_creds.adapters.ccxt import client

    market = ("BTC/USDT", "market", "buy", 0.001, None)
    there = f"{exchange.ws_url}/ws-api/v3"
    bot = client(ccxt.pro.binance, live, **{**at(exchange.url, exchange.ws_url), **options})
    bot.has["fetchCurrencies"] = bot.options["fetchMargins"] = False  # they are signed
    try:
        await bot.load_markets()
        yield Trade(
            bot.fetch_balance_ws,
            lambda name: bot.create_order_ws(*market, {"newClientOrderId": name}),
            lambda text: bot.clients[there].connection.send_str(text),
        )
    finally:
        await bot.close()


@driver("binance_sdk", "ws", "binance_sdk_spot", is_async=True)
@asynccontextmanager
async def by_binance_sdk_sockets(live, exchange, **options):
    from sdk_sockets import bot

    market = {**MARKET, "quantity": 0.001}
    async with bot(exchange, live, **options) as api:

        async def accepted(asked) -> None:
            answer = (await asked).data()
            assert getattr(answer, "status", 200) == 200, answer

        yield Trade(
            lambda: accepted(api.account_status()),
            lambda name: accepted(api.order_place(**market, new_client_order_id=name)),
            lambda text: api.connections[0].websocket.send_json(json.loads(text)),
        )


# user streams


@asynccontextmanager
async def collected(events, put):
    """Take the events of an iterator in a task."""

    async def collect() -> None:
        async for event in events:
            put(event)

    task = asyncio.create_task(collect())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@driver("websockets", "stream", "websockets", is_async=True)
@asynccontextmanager
async def by_websockets_events(live, exchange, put):
    from binance_creds.adapters import websockets

    url = f"{exchange.ws_url}/ws-api/v3"
    async with collected(websockets.user_events(live, url=url), put):
        yield


@driver("aiohttp", "stream", "aiohttp", is_async=True)
@asynccontextmanager
async def by_aiohttp_events(live, exchange, put):
    from binance_creds.adapters import aiohttp

    url = f"{exchange.ws_url}/ws-api/v3"
    async with collected(aiohttp.user_events(live, url=url), put):
        yield


@driver("binance_sdk", "stream", "binance_sdk_spot", is_async=True)
@asynccontextmanager
async def by_binance_sdk_events(live, exchange, put):
    from sdk_sockets import bot

    async with bot(exchange, live) as api:
        answer = await api.user_data_stream_subscribe_signature()
        answer.stream.on("message", lambda event: put(_plain(event)))
        yield


def _plain(event) -> dict[str, object]:
    """Return an event of the SDK as far as it is compared."""
    event = getattr(event, "actual_instance", event)
    return event if isinstance(event, dict) else {"i": getattr(event, "i", None)}


@driver("python_binance", "stream", "binance.ws", is_async=True)
@asynccontextmanager
async def by_python_binance_events(live, exchange, put):
    import binance

    async def all_of(socket):
        async with socket as stream:
            while True:
                yield await stream.recv()

    async with python_binance_at(live, exchange) as client:
        socket = binance.BinanceSocketManager(client).user_socket()
        async with collected(all_of(socket), put):
            yield
