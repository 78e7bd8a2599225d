"""Clients log on once with a key that stays outside; what they send then has no signature."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from drivers import every
from ssh_agents import Agent
from waiting import PATIENCE
from world import OutsideWorld

from binance_creds import CredentialsError, KeyType

pytestmark = [pytest.mark.filterwarnings("ignore:ssl=None is deprecated:DeprecationWarning")]

SLOW_SECONDS = 0.1
MANY = 10
LOGOUT = '{"id": "past", "method": "session.logout", "params": {}}'
SESSIONS = [it for it in every("ws", is_async=True) if it.id != "plain_sockets"]
WAITING = [it for it in SESSIONS if it.id not in {"websockets", "aiohttp_sockets"}]
RECONNECTING = [it for it in WAITING if it.id in {"python_binance_sockets", "ccxt_sockets"}]


async def until(is_so) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.002)


async def logged_on(outside, trade) -> None:
    """Trade until nothing is signed any more."""
    async with asyncio.timeout(PATIENCE):
        before = -1
        while before != outside.between.signed:
            before = outside.between.signed
            await trade.account()


async def unsigned(outside, trade, *names: str) -> None:
    """Place orders, which cost no signature."""
    before = outside.between.signed
    for name in names:
        await trade.order(name)
    assert outside.between.signed == before


@pytest.mark.parametrize("driver", WAITING)
def test_many_first_messages_wait_for_one_logon(outside, driver) -> None:
    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        async with driver.build(outside.live, outside.exchange) as trade:
            before, outside.between.seconds = outside.between.signed, SLOW_SECONDS
            await asyncio.gather(*(trade.order(f"first-{number}") for number in range(MANY)))
            assert outside.between.signed == before + 1
            await unsigned(outside, trade, "next")

    asyncio.run(main())
    assert outside.exchange.rejected() == outside.exchange.doubled() == []


@pytest.mark.parametrize("driver", SESSIONS)
def test_many_first_messages_cause_one_logon(outside, driver) -> None:
    """Also where they are signed themselves, because the caller reads the answers."""

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        async with driver.build(outside.live, outside.exchange) as trade:
            await asyncio.gather(*(trade.order(f"first-{number}") for number in range(MANY)))

    asyncio.run(main())
    assert [it.path for it in outside.exchange.requests].count("session.logon") == 1


@pytest.mark.parametrize("driver", SESSIONS)
def test_a_key_that_cannot_log_on_signs_each_message(outside, driver) -> None:
    async def main() -> None:
        outside.rotate(KeyType.RSA)
        async with driver.build(outside.live, outside.exchange) as trade:
            before = outside.between.signed
            for number in range(3):
                await trade.order(f"each-{number}")
            assert outside.between.signed == before + 3

    asyncio.run(main())
    assert "session.logon" not in {it.path for it in outside.exchange.requests}


@pytest.mark.parametrize("driver", SESSIONS)
def test_where_a_logon_is_refused_each_message_is_signed(outside, driver) -> None:
    """The exchange is not asked again with the next message."""

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        outside.exchange.fail(path="session.logon")
        async with driver.build(outside.live, outside.exchange) as trade:
            for number in range(3):
                await trade.order(f"order-{number}")

    asyncio.run(main())
    asked = [it for it in outside.exchange.requests if it.transport == "ws"]
    assert [it.path for it in asked].count("session.logon") == 1
    assert {it.signed_by for it in asked} == {outside.live.current.api_key.reveal()}


@pytest.mark.parametrize("driver", SESSIONS)
def test_a_rotation_during_a_logon_is_followed(outside, driver) -> None:
    """The message goes with the new key, and the next ones by its session."""

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        async with driver.build(outside.live, outside.exchange) as trade:
            with outside.exchange.sockets.hold(method="session.logon") as held:
                first = asyncio.create_task(trade.order("first"))
                await until(lambda: held)
                new = await asyncio.to_thread(outside.rotate, KeyType.HMAC)
            await first
            await logged_on(outside, trade)
            await unsigned(outside, trade, "second", "third")
            assert outside.exchange.requests[-1].api_key == new

    asyncio.run(main())
    assert outside.exchange.rejected() == outside.exchange.doubled() == []


@pytest.mark.parametrize("driver", SESSIONS)
def test_a_client_that_closes_during_its_logon_leaves_nothing_behind(outside, driver) -> None:
    async def main() -> set[asyncio.Task]:
        outside.rotate(KeyType.ED25519)
        before = asyncio.all_tasks()
        with outside.exchange.sockets.hold(method="session.logon") as held:
            async with driver.build(outside.live, outside.exchange) as trade:
                order = asyncio.create_task(trade.order("never"))
                await until(lambda: held)
            order.cancel()
            await asyncio.wait({order})
            with suppress(TimeoutError):
                await until(lambda: asyncio.all_tasks() == before)
            return asyncio.all_tasks() - before

    assert asyncio.run(main()) == set()


@pytest.mark.parametrize("driver", SESSIONS)
def test_a_session_that_has_ended_unseen_is_begun_again(outside, driver) -> None:
    """Its next message is refused for want of a key, and is sent again."""

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        async with driver.build(outside.live, outside.exchange) as trade:
            await logged_on(outside, trade)
            await trade.past(LOGOUT)
            await trade.order("goes-on")
            await logged_on(outside, trade)
            await unsigned(outside, trade, "by-logon")

    asyncio.run(main())
    assert [it.code for it in outside.exchange.rejected()] == [-2014]
    assert outside.exchange.doubled() == []


@pytest.mark.parametrize("driver", SESSIONS)
def test_of_many_messages_to_a_revoked_session_each_is_placed_once(outside, driver) -> None:
    """The exchange names none of them in its refusal."""

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        build = driver.build(outside.live, outside.exchange, retry_rejected=True)
        async with build as trade:
            await logged_on(outside, trade)
            old = outside.live.current.api_key.reveal()
            with outside.exchange.sockets.hold(MANY, method="order.place") as held:
                orders = [asyncio.create_task(trade.order(f"order-{n}")) for n in range(MANY)]
                await until(lambda: len(held) == MANY)
                new = outside.put(KeyType.HMAC)
                outside.exchange.keys.revoke(old)
            await asyncio.gather(*orders)
            assert outside.live.current.api_key.reveal() == new

    asyncio.run(main())
    placed = [it.params["newClientOrderId"] for it in outside.exchange.requests if it.is_placed]
    assert sorted(placed) == sorted(f"order-{number}" for number in range(MANY))


@pytest.fixture
def impatient(driver, monkeypatch):
    """Let python-binance wait for a lost answer for two seconds, and for no new connection."""
    if driver.needs == "binance.ws":
        kind = "binance.ws.reconnecting_websocket.ReconnectingWebsocket"
        monkeypatch.setattr(f"{kind}.TIMEOUT", 2)  # of ten
        monkeypatch.setattr(f"{kind}._get_reconnect_wait", lambda *_: 0.001)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("driver", RECONNECTING)
@pytest.mark.parametrize("method", [None, "session.logon"])
def test_a_connection_that_was_lost_is_logged_on_again(outside, driver, method) -> None:
    """Also where it was lost during its logon."""

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        async with driver.build(outside.live, outside.exchange) as trade:
            with outside.exchange.sockets.hold(1 if method else 0, method=method) as held:
                first = asyncio.create_task(trade.order("first"))
                await until(lambda: held or first.done())
                outside.exchange.sockets.drop()
            await asyncio.wait({first})
            async with asyncio.timeout(PATIENCE):
                while await failed(trade.account()):
                    await asyncio.sleep(0.01)
            await unsigned(outside, trade, "second", "third")

    asyncio.run(main())
    assert outside.exchange.rejected() == outside.exchange.doubled() == []


def test_each_connection_of_a_pool_logs_on_once_and_again_when_it_is_replaced(outside) -> None:
    pytest.importorskip("binance_sdk_spot")
    from sdk_sockets import bot, place

    async def main() -> None:
        outside.rotate(KeyType.ED25519)
        async with bot(outside.exchange, outside.live, size=2) as api:
            before = outside.between.signed
            for _ in range(6):
                assert await place(api) == 200
            assert outside.between.signed == before + 2
            await api.reconnect(api.connections[0], api.configuration)
            for _ in range(6):
                assert await place(api) == 200
            assert outside.between.signed == before + 3

    asyncio.run(main())
    assert outside.exchange.rejected() == []


async def failed(asked) -> bool:
    try:
        await asked
    except CredentialsError:
        raise
    except Exception:  # of any client
        return True
    return False


@pytest.mark.parametrize("driver", SESSIONS)
def test_an_agent_that_dies_is_missed_at_the_next_connection(exchange, driver, tmp_path) -> None:
    """Messages of a session go on; a further connection tells why it cannot log on."""
    agent = Agent(tmp_path)
    keys = dict.fromkeys(KeyType, (agent.add(), agent.public_pem()))

    async def main(outside) -> None:
        async with driver.build(outside.live, exchange) as trade:
            for _ in range(3):
                await trade.account()
            agent.stop()
            await trade.order("session")
        async with driver.build(outside.live, exchange) as trade:
            with pytest.raises(CredentialsError) as refusal:
                await trade.order("none")
            assert refusal.value.code == "unavailable"
            agent.start()
            agent.add_again(agent.path)
            await trade.order("again")

    try:
        with OutsideWorld(exchange, keys, None, agent.socket) as outside:
            asyncio.run(main(outside))
    finally:
        agent.stop()
    assert exchange.rejected() == exchange.doubled() == []
