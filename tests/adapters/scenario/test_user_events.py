"""User events through rotations under load: each once, whatever becomes of the old key."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from drivers import by_urllib, every
from support import rotations
from waiting import PATIENCE

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.filterwarnings("ignore:parameter 'timeout' of type:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning"),
]

THREADS = 4


def orders_of(events) -> Counter[object]:
    """Return how many events there are of each order."""
    return Counter(event["i"] for event in events if event.get("i") is not None)


async def until(is_so) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.005)


@rotations(6, 20)
@pytest.mark.parametrize("driver", every("stream"))
def test_no_user_event_is_lost_or_doubled(world, driver, rotations) -> None:
    """Orders are placed all the time; a key is revoked once the stream is that of the next."""
    exchange, got = world.exchange, []

    def has_moved(name: str) -> bool:
        asked = (r for r in exchange.requests if r.api_key == name)
        is_open = any("userDataStream.subscribe" in r.path for r in asked)
        return is_open and exchange.open_streams() == 1

    def work(trade) -> None:
        while not world.is_over:
            with world.trade() as name:
                trade.order(name)

    def trade_and_rotate() -> None:
        with by_urllib(world.live, exchange) as trade, ThreadPoolExecutor(THREADS + 1) as pool:
            rotating = pool.submit(world.rotate_many, rotations, has_moved)
            for working in [pool.submit(work, trade) for _ in range(THREADS)]:
                working.result()
            rotating.result()

    async def main() -> None:
        async with driver.build(world.live, exchange, got.append):
            await until(exchange.open_streams)
            await asyncio.to_thread(trade_and_rotate)
            sent = orders_of(each.event for each in exchange.emitted)
            await until(lambda: orders_of(got).total() >= sent.total())
            assert sent == orders_of(got)

    asyncio.run(main())
    world.check()
