"""A new key that lacks a permission, and a request that is at fault itself."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress

import pytest
from drivers import every
from world import World

from binance_creds import KeyType
from binance_creds.testing import FakeExchange
from binance_creds.testing.exchange._errors import ExchangeError

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.filterwarnings("ignore:parameter 'timeout' of type:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning"),
]

FAULTY = "faulty"
READ_ONLY = {"enableSpotAndMarginTrading": False}


class ChoosyExchange(FakeExchange):
    """Refuse the signature of one order, as it does for a body that was changed on its way."""

    def answer(self, incoming):
        if incoming.params.get("newClientOrderId") == FAULTY:
            raise ExchangeError(400, -1022, "Signature for this request is not valid.")
        return super().answer(incoming)


def act(driver, world, *steps) -> None:
    """Do one thing after another with a client; each gets its `Trade`."""
    options = {"retry_rejected": True}

    async def awaited() -> None:
        async with driver.build(world.live, world.exchange, **options) as trade:
            for step in steps:
                if inspect.isawaitable(done := step(trade)):
                    await done

    if driver.is_async:
        asyncio.run(awaited())
        return
    with driver.build(world.live, world.exchange, **options) as trade:
        for step in steps:
            step(trade)


def rotating(driver, world, key_type=KeyType.HMAC, **options):
    """Return a step that rotates, beside the event loop if there is one."""

    def rotate(_):
        def call():
            return world.rotate(key_type, **options)

        return asyncio.to_thread(call) if driver.is_async else call()

    return rotate


def refused(trade):
    """Place the order that is refused, and go on."""
    with suppress(Exception):
        done = trade.order(FAULTY)
        return _refused(done) if inspect.isawaitable(done) else None


async def _refused(coming) -> None:
    with suppress(Exception, AssertionError):
        await coming


@pytest.mark.parametrize("driver", every("rest ws", retries=True))
def test_a_key_without_a_permission_costs_one_rejected_request(world, driver) -> None:
    """It may read; the first order that it is refused is placed with the old key, once."""
    act(
        driver,
        world,
        lambda trade: trade.order("a"),
        rotating(driver, world, KeyType.ED25519, permissions=READ_ONLY),
        lambda trade: trade.account(),
        lambda trade: trade.order("b"),
        lambda trade: trade.order("c"),
    )
    exchange, (old, new) = world.exchange, world.names
    assert [(-2015, new, "b")] == [
        (r.code, r.api_key, r.client_order_id) for r in exchange.rejected()
    ]
    placed = [(r.client_order_id, r.api_key) for r in exchange.requests if r.is_placed]
    assert [("a", old), ("b", old), ("c", old)] == placed
    assert exchange.mixed() == exchange.doubled() == []
    assert world.live.status().is_rolled_back


@pytest.mark.parametrize("driver", every("rest ws", retries=True))
def test_a_good_key_is_not_left_for_the_fault_of_a_request(driver) -> None:
    """The exchange has accepted what it signed: a wrong signature is that of the request."""
    with ChoosyExchange() as exchange, World(exchange) as world:
        act(
            driver,
            world,
            lambda trade: trade.order("a"),
            rotating(driver, world),
            lambda trade: trade.order("b"),
            refused,
            lambda trade: trade.order("c"),
        )
        old, new = world.names
        placed = [(r.client_order_id, r.api_key) for r in exchange.requests if r.is_placed]
        assert [("a", old), ("b", new), ("c", new)] == placed
        assert not world.live.status().is_rolled_back
