"""python-binance with asyncio: load without blocking the loop, then trade."""

import asyncio

from binance_creds import aload_credentials
from binance_creds.adapters import python_binance
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange


async def main() -> None:
    async with FakeExchange() as exchange:  # leave base_url out to reach Binance itself
        memory.register("example", exchange.issue().fields())
        creds = await aload_credentials("memory:example")

        client = await python_binance.async_client(creds, base_url=exchange.url)
        try:
            account = await client.get_account()
            print("account type:", account["accountType"])
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1}
            await client.create_test_order(**order)
            print("test order: accepted")
        finally:
            await client.close_connection()


asyncio.run(main())
