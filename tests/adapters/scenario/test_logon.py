"""Clients log on once with a key that stays outside; what they send then has no signature."""

from __future__ import annotations

import asyncio

import pytest
from drivers import every

from binance_creds import KeyType

pytestmark = [pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning")]

SLOW_SECONDS = 0.1
FIRST = 10
AWAITED = [
    it
    for it in every("ws", is_async=True)
    if it.id in {"python_binance_sockets", "ccxt_sockets", "binance_sdk_sockets"}
]


@pytest.mark.parametrize("driver", AWAITED)
def test_many_first_messages_wait_for_one_logon(outside, driver) -> None:
    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        async with driver.build(outside.live, outside.exchange) as trade:
            before, outside.between.seconds = outside.between.signed, SLOW_SECONDS
            await asyncio.gather(*(trade.order(f"first-{number}") for number in range(FIRST)))
            assert outside.between.signed == before + 1
            await trade.account()
            assert outside.between.signed == before + 1

    asyncio.run(main())
    assert outside.exchange.rejected() == []
    assert outside.exchange.doubled() == []
