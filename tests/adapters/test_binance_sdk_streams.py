"""User data streams of the official SDK: they move to a new connection without a gap."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from importlib.metadata import version
from itertools import pairwise

import pytest

pytest.importorskip("binance_common")

from aiohttp import ClientWebSocketResponse, TraceConfig
from sdk_sockets import Handle, bot, delay_next, event, listen, listened, place, until

from binance_creds import KeyType

_SINCE_4_7 = pytest.mark.skipif(
    version("binance-common") < "4.7", reason="the SDK itself loses streams there"
)
ED25519, HMAC, RSA = KeyType.ED25519, KeyType.HMAC, KeyType.RSA


async def settle(exchange, *, sockets: int = 1) -> None:
    """Wait until the connections that others have replaced are closed."""
    await until(lambda: exchange.sockets.open == sockets)


def clean(exchange) -> None:
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []


@pytest.fixture
def keys(exchange):
    return [exchange.issue(key_type) for key_type in (HMAC, ED25519, RSA)]


@pytest.mark.parametrize("size", [1, pytest.param(2, marks=_SINCE_4_7)])
def test_a_stream_moves_without_a_gap(exchange, keys, size) -> None:
    """Events come all the time; each key is revoked when the stream has left it."""
    sent = []

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle, size=size) as api:
            heard = await listen(api)
            is_over = asyncio.Event()

            async def emit() -> None:
                while not is_over.is_set():
                    sent.append(len(sent))
                    exchange.emit(event(sent[-1]))
                    await asyncio.sleep(0.001)

            emitting = asyncio.create_task(emit())
            for old, new in pairwise(keys):
                opened = exchange.sockets.opened
                handle.rotate(new)
                await until(lambda before=opened: exchange.sockets.opened > before)
                await settle(exchange, sockets=size)
                exchange.keys.revoke(old.api_key)
            is_over.set()
            await emitting
            await until(lambda: len(heard) >= len(sent))
            assert heard == sent

    asyncio.run(trade())
    clean(exchange)


def test_a_request_underway_is_answered_on_the_connection_that_it_left_on(exchange, keys) -> None:
    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            await listen(api)
            delayed = delay_next(exchange, 2.0)
            order = asyncio.create_task(place(api))
            await until(lambda: not delayed)
            handle.rotate(keys[1])
            await until(lambda: exchange.accepted(keys[1].api_key) == 1)
            assert not order.done()
            assert await order == 200
            await settle(exchange)

    asyncio.run(trade())
    clean(exchange)


@pytest.mark.parametrize("between", [ED25519, HMAC])
def test_a_stream_of_a_session_moves_too(exchange, between) -> None:
    """With a key that cannot log on it is subscribed by signature."""
    keys = [exchange.issue(key_type) for key_type in (ED25519, between, ED25519)]

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            await api.session_logon()
            heard = listened(await api.user_data_stream_subscribe())
            for number, (old, new) in enumerate(pairwise(keys)):
                handle.rotate(new)
                await until(lambda n=number: exchange.sockets.opened == n + 2)
                await settle(exchange)
                exchange.keys.revoke(old.api_key)
                exchange.emit(event(number))
                await until(lambda n=number: heard[-1:] == [n])
                assert api.connections[0].is_session_log_on is (new.key_type is ED25519)
                assert await place(api) == 200

    asyncio.run(trade())
    clean(exchange)


def test_a_stream_that_the_exchange_ends_is_subscribed_again(exchange, keys, caplog) -> None:
    told = []

    async def trade() -> None:
        async def reconcile() -> None:
            told.append(exchange.sockets.opened)

        async with bot(exchange, Handle(keys[0]), reconcile=reconcile) as api:
            heard = await listen(api)
            assert exchange.end_streams() == 1
            await until(lambda: told == [2])
            exchange.emit(event(1))
            await until(lambda: heard == [1])

    with caplog.at_level(logging.WARNING, "binance_creds"):
        asyncio.run(trade())
    assert "ended a user data stream" in caplog.text
    clean(exchange)


def test_a_move_that_fails_is_told_and_tried_again(exchange, keys, caplog) -> None:
    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            heard = await listen(api)
            exchange.sockets.refuse(2)
            handle.rotate(keys[1])
            await until(lambda: "WSServerHandshakeError" in caplog.text)
            exchange.emit(event(1))
            await until(lambda: heard == [1])
            await until(lambda: exchange.sockets.opened == 2)
            await settle(exchange)
            exchange.keys.revoke(keys[0].api_key)
            exchange.emit(event(2))
            await until(lambda: heard == [1, 2])

    asyncio.run(trade())
    clean(exchange)


def test_a_key_that_may_not_read_leaves_the_stream_where_it_is(exchange, keys, caplog) -> None:
    """It says so, and moves once there is a better one."""
    blind = exchange.issue(HMAC, permissions={"enableReading": False})

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            heard = await listen(api)
            handle.rotate(blind)
            await until(lambda: "-2015" in caplog.text)
            exchange.emit(event(1))
            await until(lambda: heard == [1])
            handle.rotate(keys[1])
            await until(lambda: exchange.accepted(keys[1].api_key) == 1)
            await settle(exchange)
            exchange.keys.revoke(keys[0].api_key)
            exchange.emit(event(2))
            await until(lambda: heard == [1, 2])

    asyncio.run(trade())


def test_the_number_of_a_subscription_stays_the_clients(exchange, keys) -> None:
    """On the new connection the exchange counts from anew."""

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            first = await api.user_data_stream_subscribe_signature()
            await api.user_data_stream_unsubscribe(
                subscription_id=first.response.data().result.subscription_id
            )
            second = await api.user_data_stream_subscribe_signature()
            heard, number = listened(second), second.response.data().result.subscription_id
            assert number == 1
            handle.rotate(keys[1])
            await until(lambda: exchange.sockets.opened == 2)
            await settle(exchange)
            exchange.emit(event(7))
            await until(lambda: heard == [7])
            await api.user_data_stream_unsubscribe(subscription_id=number)
            assert exchange.emit(event(8)).deliveries == 0

    asyncio.run(trade())
    clean(exchange)


def test_a_connection_that_is_cut_is_told(exchange, keys, caplog) -> None:
    closed = []

    async def trade() -> None:
        async with bot(exchange, Handle(keys[0])) as api:
            await listen(api)
            api.on_connection("close", lambda: closed.append(1))
            exchange.sockets.drop()
            await until(lambda: closed and "its stream ends, too" in caplog.text)

    asyncio.run(trade())


@_SINCE_4_7
def test_the_reconnect_of_the_sdk_subscribes_with_the_key_of_then(exchange, keys) -> None:
    """It replays a subscription as it was signed; here it is signed where it leaves."""

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            heard = await listen(api)
            handle.hooks.clear()
            handle.rotate(keys[2])
            exchange.keys.revoke(keys[0].api_key)
            await api.reconnect(api.connections[0], api.configuration)
            exchange.emit(event(3))
            await until(lambda: heard == [3])

    asyncio.run(trade())
    clean(exchange)


@_SINCE_4_7
def test_a_session_and_its_stream_outlive_the_reconnect_of_the_sdk(exchange) -> None:
    keys = [exchange.issue(ED25519), exchange.issue(HMAC)]

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            await api.session_logon()
            heard = listened(await api.user_data_stream_subscribe())
            await api.reconnect(api.connections[0], api.configuration)
            assert api.connections[0].is_session_log_on
            exchange.emit(event(1))
            await until(lambda: heard == [1])
            handle.hooks.clear()
            handle.rotate(keys[1])
            await api.reconnect(api.connections[0], api.configuration)
            assert not api.connections[0].is_session_log_on
            exchange.emit(event(2))
            await until(lambda: heard == [1, 2])
            assert await place(api) == 200

    asyncio.run(trade())
    clean(exchange)


def test_closing_closes_the_connections_that_are_being_replaced(exchange, keys) -> None:
    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            await listen(api)
            delayed = delay_next(exchange, 600.0)
            order = asyncio.create_task(place(api))
            await until(lambda: not delayed)
            handle.rotate(keys[1])
            await until(lambda: exchange.sockets.open == 2)
        await settle(exchange, sockets=0)
        order.cancel()

    asyncio.run(trade())


def test_closing_leaves_no_connection_that_a_move_is_opening(exchange, keys) -> None:
    """Closing the first one takes as long as the rest of the move would."""
    made, told = [], []

    class Opened(ClientWebSocketResponse):
        def __init__(self, *arguments, **options) -> None:
            super().__init__(*arguments, **options)
            made.append(self)
            self.is_asked_to_close = asyncio.Event()

        async def close(self, **options) -> bool:
            self.is_asked_to_close.set()
            if self is made[0]:
                await until(lambda: told)
            return await super().close(**options)

    async def trade() -> None:
        dials, may_dial = asyncio.Event(), asyncio.Event()

        async def dial(*_) -> None:
            if made:
                dials.set()
                try:
                    await may_dial.wait()
                except asyncio.CancelledError:
                    told.append("cancelled")
                    raise

        handle, trace = Handle(keys[0]), TraceConfig()
        trace.on_request_start.append(dial)
        options = {"ws_response_class": Opened, "trace_configs": [trace]}
        moved = partial(told.append, "moved")
        async with bot(exchange, handle, session=options, reconcile=moved) as api:
            await listen(api)
            handle.rotate(keys[1])
            await dials.wait()
            closing = asyncio.create_task(api.close_connection(api.connections[0], False))
            await made[0].is_asked_to_close.wait()
            may_dial.set()
            await closing
            await settle(exchange, sockets=0)

    asyncio.run(trade())
    assert told == ["cancelled"]


def test_a_bot_may_close_when_it_is_told_of_a_move(exchange, keys) -> None:
    closed = []

    async def trade() -> None:
        async def close() -> None:
            await api.close_connection()
            closed.append(exchange.sockets.opened)

        handle = Handle(keys[0])
        async with bot(exchange, handle, reconcile=close) as api:
            await listen(api)
            handle.rotate(keys[1])
            await until(lambda: closed == [2])
        await settle(exchange, sockets=0)

    asyncio.run(trade())
