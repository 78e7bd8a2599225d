"""User data streams and the WebSocket API of ccxt.pro while keys are replaced."""

from __future__ import annotations

import asyncio
import logging

import pytest

pytest.importorskip("ccxt")

import aiohttp
import ccxt
from ccxt_bot import ALL, STREAMS, Listener, Recording, Rotating, at, until, way_of
from support import caught, rotations

from binance_creds import ConfigurationError, KeyType, load_credentials
from binance_creds.adapters.ccxt import attach, client
from binance_creds.providers import memory
from binance_creds.testing import FakeExchange, assert_no_leak


@pytest.fixture
def handle(exchange) -> Rotating:
    return Rotating(exchange)


@pytest.fixture(params=list(STREAMS))
def kind(request) -> str:
    return request.param


@rotations(4, 20)
def test_no_event_is_lost_or_doubled_through_rotations(exchange, handle, kind, rotations) -> None:
    """Each key is revoked once the stream is that of the next one; orders go on between them."""

    async def trading() -> None:
        async with Listener(exchange, handle, kind) as bot:
            for turn in range(rotations):
                bot.emit(5)
                old = handle.rotate(list(KeyType)[turn % 3])
                bot.emit(5)
                await until(lambda least=turn * 15: len(bot.heard) > least, "an event")
                await until(lambda: any(handle.key.api_key in held for held in bot._holders()))
                exchange.keys.revoke(old.api_key)
                await bot.is_on(handle.key)
                bot.emit(5)
            await bot.hears_all()
            assert bot.failures == []

    asyncio.run(trading())
    assert exchange.rejected() == exchange.mixed() == []


@pytest.mark.parametrize(("kind", "method"), [("spot", "signature"), ("margin", "listenToken")])
def test_a_rotation_while_a_stream_is_opened_is_followed(exchange, handle, kind, method) -> None:
    """The subscription has been asked for with the old key, and ccxt has no answer yet."""

    async def listening() -> None:
        bot = Listener(exchange, handle, kind)
        with exchange.sockets.hold(method=f"userDataStream.subscribe.{method}") as held:
            entering = asyncio.create_task(bot.__aenter__())
            await until(lambda: held, "the subscription")
            handle.rotate()
        await entering
        try:
            bot.emit()
            await until(lambda: bot.heard, "the event")
            await bot.is_on(handle.key)
            bot.emit()
            await bot.hears_all()
        finally:
            await bot.__aexit__()

    asyncio.run(listening())


def test_orders_by_the_websocket_api_go_on_through_a_rotation(exchange, handle) -> None:
    async def trading() -> None:
        async with Listener(exchange, handle, "spot") as bot:
            place = bot.ccxt.create_order_ws
            for key_type in KeyType:
                orders = [place("BTC/USDT", "market", "buy", 0.01) for _ in range(10)]
                placing = asyncio.gather(*orders)
                await until(lambda: exchange.accepted(handle.key.api_key) > 3, "an order")
                handle.rotate(key_type)
                assert {order["status"] for order in await placing} == {"closed"}
                await bot.is_on(handle.key)

    asyncio.run(trading())
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []
    assert len([r for r in exchange.requests if r.is_placed and r.transport == "ws"]) == 30


@pytest.mark.parametrize("symbol", ["BTC/USDT:USDT"])
def test_orders_of_futures_by_the_websocket_api_are_signed(exchange, handle, symbol) -> None:
    async def trading() -> None:
        async with Listener(exchange, handle, "spot") as bot:
            await bot.ccxt.create_order_ws(symbol, "market", "buy", 0.01)
            handle.rotate()
            await bot.ccxt.create_order_ws(symbol, "market", "buy", 0.01)

    asyncio.run(trading())
    assert exchange.rejected() == exchange.mixed() == []


def test_a_stream_that_the_exchange_ended_is_opened_again(exchange, handle, kind, caplog) -> None:
    async def listening() -> None:
        async with Listener(exchange, handle, kind) as bot:
            bot.emit()
            await bot.hears_all()
            before = exchange.sockets.opened
            exchange.end_streams()
            await until(lambda: bot._streams() == 1 and exchange.sockets.opened > before - 1)
            await until(lambda: not way_of(bot).streams.is_running, "the renewal")
            bot.emit()
            await bot.hears_all()

    asyncio.run(listening())
    assert "ended a user data stream" in caplog.text


def test_a_stream_whose_key_is_gone_fails_what_waits_for_it(exchange, handle, kind, caplog):
    """Until there is a key again; then the loop of the bot goes on by itself."""

    async def listening() -> None:
        async with Listener(exchange, handle, kind) as bot:
            exchange.keys.revoke(handle.key.api_key)
            await until(lambda: bot.failures, "an error")
            assert isinstance(bot.failures[0], ccxt.AuthenticationError | ccxt.NetworkError)
            handle.rotate()
            await until(bot._streams, "the stream")
            await bot.is_on(handle.key)
            await until(lambda: not way_of(bot).streams.is_running, "the renewal")
            bot.emit()
            await bot.hears_all()

    asyncio.run(listening())


def test_a_connection_that_is_lost_is_told_and_made_again(exchange, handle, kind) -> None:
    async def listening() -> None:
        async with Listener(exchange, handle, kind) as bot:
            exchange.sockets.drop()
            await until(lambda: bot.failures, "an error")
            await until(lambda: bot._streams() == 1, "the stream")
            handle.rotate()
            await bot.is_on(handle.key) if kind == "spot" else await until(
                lambda: any(handle.key.api_key in held for held in bot._holders())
            )
            bot.emit()
            await bot.hears_all()
            assert isinstance(bot.failures[0], ccxt.NetworkError)

    asyncio.run(listening())


def test_a_new_key_that_the_exchange_refuses_leaves_the_stream_as_it_is(exchange, handle, caplog):
    async def listening() -> None:
        async with Listener(exchange, handle, "spot") as bot:
            handle.rotate(permissions={"enableReading": False})
            await until(lambda: "still has the old key" in caplog.text, "a refusal")
            bot.emit()
            await bot.hears_all()
            handle.rotate()
            await bot.is_on(handle.key)
            assert bot.failures == []

    asyncio.run(listening())


@pytest.mark.parametrize("is_async", [False, True])
def test_the_bot_is_told_when_a_stream_has_moved(exchange, handle, is_async) -> None:
    told = []

    async def atold() -> None:
        told.append(1)

    async def listening() -> None:
        tell = atold if is_async else lambda: told.append(1)
        async with Listener(exchange, handle, "spot", reconcile=tell) as bot:
            handle.rotate()
            await bot.is_on(handle.key)
            await until(lambda: told, "the call")

    asyncio.run(listening())


@pytest.mark.parametrize("retries", [False, True])
def test_a_refused_order_is_reported_and_sent_again_where_asked_for(exchange, retries) -> None:
    old, new = (exchange.issue(kind, permissions=ALL) for kind in (KeyType.HMAC, KeyType.ED25519))
    memory.register("ccxt-pro", old.fields())

    async def order(live):
        # Without a stream, whose own request could be the first that is refused.
        places = at(exchange.url, exchange.ws_url)
        async with client(Recording, live, retry_rejected=retries, **places) as bot:
            await bot.load_markets()
            memory.register("ccxt-pro", new.fields())
            exchange.keys.revoke(old.api_key)
            try:
                return await bot.create_order_ws("BTC/USDT", "market", "buy", 0.01)
            except ccxt.AuthenticationError as error:
                return error

    with load_credentials("memory:ccxt-pro", live=True) as live:
        result = asyncio.run(order(live))
        assert live.current.api_key.reveal() == new.api_key
    memory.unregister("ccxt-pro")
    assert isinstance(result, dict if retries else ccxt.AuthenticationError)
    assert exchange.doubled() == []


def test_a_detached_exchange_has_its_own_key_and_new_connections(exchange, handle) -> None:
    own = exchange.issue()

    async def trading() -> None:
        plain = Recording(
            {**at(exchange.url, exchange.ws_url), "apiKey": own.api_key, "secret": own.api_secret}
        )
        detach = attach(plain, handle)
        await plain.load_markets()
        await plain.create_order_ws("BTC/USDT", "market", "buy", 0.01)
        assert isinstance(caught(attach, plain, handle), ConfigurationError)
        detach()
        await until(lambda: not plain.clients, "the end of the connection")
        await plain.create_order_ws("BTC/USDT", "market", "buy", 0.01)
        assert "WebSocket connections" in str(caught(attach, plain, handle))
        await plain.close()

    asyncio.run(trading())
    assert exchange.accepted(own.api_key) == 1
    assert handle.hooks == []
    assert exchange.rejected() == []


def test_what_ccxt_logs_of_its_messages_has_no_key(handle, exchange, caplog, capsys) -> None:
    caplog.set_level(logging.DEBUG)
    secret = handle.current

    async def trading() -> None:
        async with Listener(exchange, handle, "spot", verbose=True) as bot:
            await bot.ccxt.create_order_ws("BTC/USDT", "market", "buy", 0.01)

    asyncio.run(trading())
    logged = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("ccxt"))
    assert_no_leak(secret.api_key.reveal(), capsys.readouterr().out, logged)


def test_an_exchange_that_nobody_holds_is_not_kept_by_the_handle(exchange, handle) -> None:
    import gc

    async def trading() -> None:
        async with Listener(exchange, handle, "spot"):
            pass

    asyncio.run(trading())
    gc.collect()
    assert handle.hooks == []


def test_a_rotation_after_the_loop_has_closed_does_nothing(exchange, handle) -> None:
    bots = []

    async def trading() -> None:
        async with Listener(exchange, handle, "spot") as bot:
            bots.append(bot)

    asyncio.run(trading())
    handle.rotate()
    with FakeExchange():
        assert bots[0].failures == []


def test_closing_in_the_middle_of_a_move_leaves_no_connection_open(exchange, handle) -> None:
    """The old connection has left ccxt's list, and still waits for its last events."""

    async def listening() -> None:
        async with aiohttp.ClientSession() as session:
            async with Listener(exchange, handle, "spot", session=session) as bot:
                with exchange.sockets.hold(method="userDataStream.unsubscribe") as held:
                    handle.rotate()
                    await until(lambda: held, "the end of the old stream")
                    await bot.ccxt.close()
            await until(lambda: exchange.sockets.open == 0, "the end of every connection")

    asyncio.run(listening())
