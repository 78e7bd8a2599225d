"""Rotations under load, with changes of the key's type: nothing refused, mixed or lost."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from drivers import every
from support import rotations

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.filterwarnings("ignore:parameter 'timeout' of type:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning"),
]

THREADS, TASKS = 8, 100
AT_ONCE = 16  # of the tasks; the local exchange has a thread for each connection


@rotations(6, 20)
@pytest.mark.parametrize("driver", every("rest ws", is_async=False))
def test_eight_threads_trade_on(world, driver, rotations) -> None:
    def work(trade) -> None:
        while not world.is_over:
            with world.trade() as name:
                trade.account()
                trade.order(name)

    with driver.build(world.live, world.exchange) as trade, ThreadPoolExecutor(THREADS + 1) as pool:
        rotating = pool.submit(world.rotate_many, rotations)
        for working in [pool.submit(work, trade) for _ in range(THREADS)]:
            working.result()
        rotating.result()
    world.check()
    assert set(world.names) == world.used()


@rotations(6, 20)
@pytest.mark.parametrize("driver", every("rest ws", is_async=True))
def test_a_hundred_tasks_trade_on(world, driver, rotations) -> None:
    async def work(trade, turn) -> None:
        while not world.is_over:
            async with turn:
                with world.trade() as name:
                    await trade.account()
                    await trade.order(name)

    async def main() -> None:
        async with driver.build(world.live, world.exchange) as trade:
            turn = asyncio.Semaphore(AT_ONCE)
            tasks = [work(trade, turn) for _ in range(TASKS)]
            await asyncio.gather(asyncio.to_thread(world.rotate_many, rotations), *tasks)

    asyncio.run(main())
    world.check()
    assert set(world.names) == world.used()
