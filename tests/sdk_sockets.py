"""What the tests of the SDK's WebSockets share: a handle, a bot on the local exchange, its events."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

from aiohttp import ClientSession
from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketAPI
from binance_common.constants import WebsocketMode
from binance_sdk_spot import Spot
from support import build
from waiting import PATIENCE

from binance_creds.adapters.binance_sdk import client

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1.0}


class Handle:
    """Credentials that the test rotates; hooks hear of it as those of a live handle do."""

    def __init__(self, key) -> None:
        self.current = build(**key.fields())
        self.hooks = []

    def on_rotation(self, hook):
        self.hooks.append(hook)
        return lambda: self.hooks.remove(hook) if hook in self.hooks else None

    def rotate(self, key) -> None:
        self.current = build(**key.fields())
        for hook in list(self.hooks):
            hook(None)


async def until(condition, what: str = "it") -> None:
    """Wait until a condition holds, in the event loop."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, f"{what} did not happen"
        await asyncio.sleep(0.001)


@asynccontextmanager
async def bot(exchange, handle, *, size: int = 1, is_whole: bool = False, session=None, **options):
    """A connected WebSocket API with a pool of connections; `session` has options of aiohttp."""
    mode = WebsocketMode.POOL if size > 1 else WebsocketMode.SINGLE
    config = ConfigurationWebSocketAPI(
        stream_url=f"{exchange.ws_url}/ws-api/v3", mode=mode, pool_size=size, reconnect_delay=1
    )
    spot = client(
        Spot,
        handle,
        config_ws_api=config,
        config_rest_api=ConfigurationRestAPI(base_path=exchange.url),
        **options,
    )
    spot.websocket_api.session = ClientSession(**(session or {}))
    assert await spot.websocket_api.create_connection()
    try:
        yield spot if is_whole else spot.websocket_api
    finally:
        await spot.websocket_api.close_connection()


async def listen(api) -> list[int]:
    """Subscribe by signature, and return the list that the numbers of events go to."""
    return listened(await api.user_data_stream_subscribe_signature())


def listened(answer) -> list[int]:
    """Return the list that the numbers of the events of a subscription go to."""
    heard: list[int] = []
    answer.stream.on("message", lambda event: heard.append(number_of(event)))
    return heard


def number_of(event) -> int:
    """Return the number that the test gave an event."""
    event = getattr(event, "actual_instance", event)
    return event["i"] if isinstance(event, dict) else event.i


def event(number: int) -> dict[str, object]:
    """Return an event with a number."""
    return {"e": "executionReport", "E": 1, "s": "BTCUSDT", "i": number}


async def place(api) -> object:
    """Place an order, and return the status that the SDK tells."""
    data = (await api.order_place(**ORDER)).data()
    return getattr(data, "status", data)


def delay_next(exchange, seconds: float) -> list[float]:
    """Let the next request wait before it is read; the list is empty once it has come."""
    sockets, delays = exchange.sockets, [seconds]
    latency = property(lambda _: delays.pop() if delays else 0.0)
    sockets.__class__ = type("Sockets", (type(sockets),), {"latency_seconds": latency})
    return delays
