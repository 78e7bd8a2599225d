"""Every client trades with keys that stay in every store, through rotations."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from drivers import every, is_there
from key_stores import STORES
from support import rotations, token
from world import World

from binance_creds import KeyType
from binance_creds.providers import memory

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.real_server,
    pytest.mark.filterwarnings("ignore:parameter 'timeout' of type:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning"),
]


class StoreWorld(World):
    """The source names signers, and the exchange has public halves alone.

    A key takes the place of the last one of its kind, under the same URI, where a store can.
    """

    def __init__(self, exchange, store) -> None:
        self._store = store
        self._last = {}
        super().__init__(exchange)

    def put(self, key_type: KeyType, **options) -> str:
        kind = key_type if key_type in self._store.key_types else self._store.key_types[0]
        key = self._last[kind] = self._store.make(kind, "&timeout=60s", over=self._last.get(kind))
        name = token()
        key.register(self.exchange, name, **options)
        memory.register(self._name, {"api_key": name, "signer": key.signer})
        return name


@pytest.fixture
def world(exchange, key_store):
    with StoreWorld(exchange, key_store) as world:
        yield world


def of_each(*, is_async: bool):
    """Return all pairs of store and client; a run has each store once, and each client."""
    drivers = every("rest ws", is_async=is_async)
    here = [number for number, one in enumerate(drivers) if is_there(one.values[0].needs)]
    turns = range(max(len(STORES), len(here)))
    chosen = {(turn % len(STORES), here[turn % len(here)]) for turn in turns}
    return [
        pytest.param(
            store,
            driver.values[0],
            id=f"{store.scheme}-{driver.id}",
            marks=[*driver.marks, *(() if (i, j) in chosen else (pytest.mark.product,))],
        )
        for (i, store), (j, driver) in product(enumerate(STORES), enumerate(drivers))
    ]


@rotations(2, 12)
@pytest.mark.parametrize(("key_store", "driver"), of_each(is_async=False), indirect=["key_store"])
def test_threads_trade_on(world, driver, rotations) -> None:
    def work(trade) -> None:
        while not world.is_over:
            with world.trade() as name:
                trade.account()
                trade.order(name)

    with driver.build(world.live, world.exchange) as trade, ThreadPoolExecutor(3) as pool:
        rotating = pool.submit(world.rotate_many, rotations)
        for working in [pool.submit(work, trade) for _ in range(2)]:
            working.result()
        rotating.result()
    world.check()
    assert set(world.names) == world.used()


@rotations(2, 12)
@pytest.mark.parametrize(("key_store", "driver"), of_each(is_async=True), indirect=["key_store"])
def test_tasks_trade_on(world, driver, rotations) -> None:
    async def work(trade) -> None:
        while not world.is_over:
            with world.trade() as name:
                await trade.account()
                await trade.order(name)

    async def main() -> None:
        async with driver.build(world.live, world.exchange) as trade:
            tasks = [work(trade) for _ in range(4)]
            await asyncio.gather(asyncio.to_thread(world.rotate_many, rotations), *tasks)

    asyncio.run(main())
    world.check()
    assert world.used() <= set(world.names)
