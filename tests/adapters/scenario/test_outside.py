"""What a signature outside costs each client: no turn of its loop, and none after a logon."""

from __future__ import annotations

import asyncio

import pytest
from drivers import every

from binance_creds import KeyType

pytestmark = [
    pytest.mark.unmeasured,
    pytest.mark.filterwarnings("ignore:parameter 'timeout' of type:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning"),
]

SESSIONS = [it for it in every("ws", is_async=True) if it.id != "plain_sockets"]
SLOW_SECONDS, BEAT_SECONDS = 0.3, 0.01


@pytest.mark.parametrize(
    "driver", [it for it in every("rest ws", is_async=True) if "plain" not in it.id]
)
def test_an_event_loop_turns_while_a_key_outside_takes_its_time(outside, driver) -> None:
    """By how often another task ran during one order."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            beats += 1

    async def main() -> int:
        async with driver.build(outside.live, outside.exchange) as trade:
            await trade.account()
            outside.live.refresh()
            before = outside.between.signed
            outside.between.seconds = SLOW_SECONDS
            task = asyncio.create_task(beat())
            began = beats
            await trade.order("slow")
            task.cancel()
            return beats - began if outside.between.signed > before else -1

    turned = asyncio.run(main())
    assert turned == -1 or turned >= SLOW_SECONDS / BEAT_SECONDS / 6


@pytest.mark.parametrize("driver", SESSIONS)
def test_one_signature_is_enough_for_a_session(outside, driver) -> None:
    """It logs on by itself, again after a rotation, and on each new connection."""

    async def unsigned(trade) -> None:
        """Ask until the logon is answered: what is sent before is signed itself."""
        for _ in range(10):
            before = outside.between.signed
            await trade.account()
            if outside.between.signed == before:
                return
        pytest.fail("each message is signed")

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        for keys in range(2):
            async with driver.build(outside.live, outside.exchange) as trade:
                for signer in (KeyType.HMAC, KeyType.ED25519):
                    await unsigned(trade)
                    before = outside.between.signed
                    for number in range(10):
                        await trade.order(f"{keys}-{signer.value}-{number}")
                    assert outside.between.signed == before
                    await asyncio.to_thread(outside.rotate, signer)

    asyncio.run(main())
    assert outside.exchange.rejected() == []


@pytest.mark.parametrize("driver", SESSIONS)
def test_a_session_whose_key_ends_goes_on_with_the_next(outside, driver) -> None:
    """The exchange says so without the id of the message, which is sent again."""

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        build = driver.build(outside.live, outside.exchange, retry_rejected=True)
        async with build as trade:
            await trade.account()
            await trade.account()
            old = outside.live.current.api_key.reveal()
            new = outside.put(KeyType.HMAC)
            outside.exchange.keys.revoke(old)
            await trade.order("goes-on")
            assert outside.live.current.api_key.reveal() == new

    asyncio.run(main())
    assert [it.code for it in outside.exchange.rejected()] == [-2015]
    assert outside.exchange.doubled() == []
