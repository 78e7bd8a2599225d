"""Real clients run unmodified against the local exchange."""

from __future__ import annotations

import asyncio
import json

import pytest
from waiting import PATIENCE
from websockets.asyncio.client import connect
from ws_by_hand import DIRECTLY, SPOT, now, signed

from binance_creds import KeyType

binance = pytest.importorskip("binance")
WSListenerState = pytest.importorskip("binance.ws.constants").WSListenerState

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
PRICED = {**ORDER, "price": "100.00", "quantity": "1.00"}


def python_binance_client(exchange, key):
    """Return an `AsyncClient` as a user would build it, for other addresses."""
    private = {"private_key": key.private_key_pem} if key.private_key_pem else {}
    client = binance.AsyncClient(key.api_key, key.api_secret or None, **private)
    client.API_URL = f"{exchange.url}/api"
    client.FUTURES_URL = f"{exchange.url}/fapi"
    client.FUTURES_COIN_URL = f"{exchange.url}/dapi"
    client.MARGIN_API_URL = f"{exchange.url}/sapi"
    client.ws_api._url = f"{exchange.ws_url}/ws-api/v3"
    client.ws_future._url = f"{exchange.ws_url}/ws-fapi/v1"
    return client


async def close(exchange, client) -> None:
    """Close without the ten seconds that its read loop waits for a message that does not come."""
    client.ws_api.ws_state = WSListenerState.EXITING
    exchange.sockets.drop()
    await client.close_connection()


@pytest.mark.parametrize("key_type", KeyType)
def test_python_binance_trades_over_the_websocket_api(exchange, key_type) -> None:
    """Each kind of key."""

    async def main():
        client = python_binance_client(exchange, exchange.issue(key_type))
        try:
            await client.ws_ping()
            placed = await client.ws_create_order(**PRICED)
            found = await client.ws_get_order(symbol="BTCUSDT", orderId=placed["orderId"])
            await client.ws_cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])
            return placed, found, await client.ws_get_account()
        finally:
            await close(exchange, client)

    placed, found, account = asyncio.run(main())
    assert placed["orderId"] == found["orderId"]
    assert account["balances"]
    assert [] == exchange.rejected() + exchange.mixed()


def test_the_user_socket_of_python_binance_hears_of_orders(exchange) -> None:
    """It subscribes by signature and reads its events."""

    async def main():
        client = python_binance_client(exchange, exchange.issue())
        try:
            async with binance.BinanceSocketManager(client).user_socket() as stream:
                placed = await client.create_order(**PRICED)
                events = [await asyncio.wait_for(stream.recv(), PATIENCE) for _ in range(2)]
            return placed, events
        finally:
            await close(exchange, client)

    placed, events = asyncio.run(main())
    assert ["executionReport", "outboundAccountPosition"] == [event["e"] for event in events]
    assert placed["orderId"] == events[0]["i"]


@pytest.mark.parametrize(
    ("socket", "product"),
    [
        ("futures_user_socket", "um"),
        ("coin_futures_user_socket", "cm"),
        ("margin_socket", "margin"),
    ],
)
def test_other_user_sockets_of_python_binance_hear_events(exchange, socket, product) -> None:
    """Futures by listen key, margin by listen token."""

    async def main():
        client = python_binance_client(exchange, exchange.issue())
        manager = binance.BinanceSocketManager(client)
        manager.FSTREAM_URL = manager.DSTREAM_URL = f"{exchange.ws_url}/"
        try:
            async with getattr(manager, socket)() as stream:
                while not exchange.open_streams(product=product):
                    await asyncio.sleep(0)
                exchange.emit({"e": "a"}, product=product)
                heard = await asyncio.wait_for(stream.recv(), PATIENCE)
                if product != "margin":  # which has no connection of its own
                    stream.ws_state = WSListenerState.EXITING
                    exchange.sockets.drop()
            return heard
        finally:
            await close(exchange, client)

    assert {"e": "a"} == asyncio.run(main())


def test_the_asyncio_client_of_websockets_keeps_a_session(exchange) -> None:
    """Logon, subscription, order."""

    async def main():
        key = exchange.issue(KeyType.ED25519)
        async with connect(f"{exchange.ws_url}{SPOT}", **DIRECTLY) as socket:
            answers = []
            for method, params in [
                ("session.logon", signed(key)),
                ("userDataStream.subscribe", {}),
                ("order.place", {**PRICED, "timestamp": now()}),
            ]:
                await socket.send(json.dumps({"id": method, "method": method, "params": params}))
                answers.append(json.loads(await socket.recv()))
            return answers, [json.loads(await socket.recv()) for _ in range(2)]

    answers, events = asyncio.run(main())
    assert [200] * 3 == [answer["status"] for answer in answers]
    assert answers[2]["result"]["orderId"] == events[0]["event"]["i"]
