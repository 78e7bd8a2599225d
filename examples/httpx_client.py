"""httpx: the same auth for a synchronous and an asynchronous client."""

import asyncio

import httpx

from binance_creds import KeyType, load_credentials
from binance_creds.adapters.httpx import BinanceAuth
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange


async def main() -> None:
    with FakeExchange() as exchange:  # stands in for https://api.binance.com
        memory.register("example", exchange.issue(KeyType.ED25519).fields())
        auth = BinanceAuth(load_credentials("memory:example"))

        with httpx.Client(base_url=exchange.url, auth=auth) as client:
            print("sync: ", client.get("/api/v3/account").json()["accountType"])

        async with httpx.AsyncClient(base_url=exchange.url, auth=auth) as client:
            answers = await asyncio.gather(*(client.get("/api/v3/account") for _ in range(5)))
            print("async:", [answer.status_code for answer in answers])


asyncio.run(main())
