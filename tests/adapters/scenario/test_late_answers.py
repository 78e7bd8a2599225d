"""Every client that is asked over a WebSocket goes on after an answer that came too late."""

from __future__ import annotations

import asyncio

import pytest
from drivers import every
from waiting import PATIENCE

pytestmark = pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning")


# With the others it is the caller who gives each answer to whoever waits for it.
CLIENTS = {"python_binance_sockets", "ccxt_sockets", "binance_sdk_sockets"}


@pytest.mark.parametrize("driver", [it for it in every("ws", is_async=True) if it.id in CLIENTS])
def test_a_refusal_that_nobody_waits_for_any_more_ends_nothing(world, driver) -> None:
    """python-binance by itself would read no further, and each later request waited in vain."""
    exchange = world.exchange

    async def main() -> None:
        async with driver.build(world.live, exchange) as trade, asyncio.timeout(PATIENCE):
            await trade.account()
            exchange.fail(path="/api/v3/order")
            with exchange.sockets.hold(method="order.place") as held:
                order = asyncio.create_task(trade.order("late"))
                while not held:
                    await asyncio.sleep(0.001)
                order.cancel()
                await asyncio.wait({order})
            await trade.account()

    asyncio.run(main())
    paths = [it.path for it in exchange.requests if it.transport == "ws"]
    assert paths == ["/api/v3/account", "/api/v3/order", "/api/v3/account"]
    assert [it.code for it in exchange.requests if it.path == "/api/v3/order"] == [-1000]
