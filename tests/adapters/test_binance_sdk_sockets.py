"""The WebSocket API of the official SDK through rotations: requests, sessions, user streams."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("binance_common")

import aiohttp
from binance_common.configuration import ConfigurationWebSocketAPI
from binance_sdk_spot import Spot
from sdk_sockets import Handle, bot, place, until
from support import build, caught, new_key

from binance_creds import ConfigurationError, KeyType, load_credentials
from binance_creds.adapters.binance_sdk import attach, client
from binance_creds.providers import memory

ED25519, HMAC, RSA = KeyType.ED25519, KeyType.HMAC, KeyType.RSA


def keys_of(exchange, *key_types):
    return [exchange.issue(key_type) for key_type in key_types]


def clean(exchange) -> None:
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []


def used_by(exchange, method: str) -> list[str]:
    """Return the keys that signed the requests of a method, in order."""
    return [r.signed_by for r in exchange.requests if r.path.endswith(method)]


@pytest.mark.parametrize("key_type", [ED25519, HMAC, RSA])
def test_a_message_is_signed_with_the_credentials_of_the_moment(exchange, key_type) -> None:
    old, new = keys_of(exchange, HMAC, key_type)

    async def trade() -> None:
        handle = Handle(old)
        async with bot(exchange, handle) as api:
            assert await place(api) == 200
            handle.rotate(new)
            exchange.keys.revoke(old.api_key)
            assert await place(api) == 200

    asyncio.run(trade())
    clean(exchange)
    assert (exchange.accepted(old.api_key), exchange.accepted(new.api_key)) == (1, 1)


@pytest.mark.parametrize("size", [1, 3])
def test_every_session_of_a_pool_logs_on_again(exchange, size) -> None:
    old, new = keys_of(exchange, ED25519, ED25519)

    async def trade() -> None:
        handle = Handle(old)
        async with bot(exchange, handle, size=size) as api:
            for _ in api.connections:
                await api.session_logon()
            handle.rotate(new)
            await until(lambda: len(used_by(exchange, "session.logon")) == 2 * size)
            await asyncio.gather(*[until_logged_on(api, each) for each in api.connections])
            exchange.keys.revoke(old.api_key)
            for _ in api.connections:
                assert await place(api) == 200

    asyncio.run(trade())
    clean(exchange)
    assert exchange.accepted(new.api_key) == 2 * size


async def until_logged_on(api, connection, *, wanted: bool = True) -> None:
    await until(lambda: connection.is_session_log_on is wanted)


@pytest.mark.parametrize("between", [HMAC, RSA])
def test_a_session_ends_for_keys_that_cannot_log_on_and_comes_back(exchange, between) -> None:
    keys = keys_of(exchange, ED25519, between, ED25519)

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle) as api:
            await api.session_logon()
            (connection,) = api.connections
            for old, new, is_logged_on in zip(keys, keys[1:], [False, True], strict=False):
                handle.rotate(new)
                await until_logged_on(api, connection, wanted=is_logged_on)
                await until(lambda: not connection.pending_request)
                assert await place(api) == 200
                exchange.keys.revoke(old.api_key)
                assert await place(api) == 200
            await api.session_logout()
            assert await place(api) == 200

    asyncio.run(trade())
    clean(exchange)
    assert len(used_by(exchange, "session.logon")) == 2


@pytest.mark.parametrize("retries", [False, True])
@pytest.mark.parametrize("is_logged_on", [False, True])
def test_a_rejected_key_is_reported_and_tried_again_once_where_asked_for(
    exchange, retries, is_logged_on
) -> None:
    """The SDK gives the rejection as data. With a session, the exchange names no request."""
    old, new = keys_of(exchange, ED25519, HMAC)

    async def trade(live) -> tuple[object, object]:
        async with bot(exchange, live, retry_rejected=retries) as api:
            if is_logged_on:
                await api.session_logon()
            memory.register("sdk", new.fields())
            exchange.keys.revoke(old.api_key)
            first = await place(api)
            await until(lambda: live.current.api_key.reveal() == new.api_key)
            await until(lambda: not api.connections[0].is_session_log_on)
            return first, await place(api)

    memory.register("sdk", old.fields())
    with load_credentials("memory:sdk", live=True) as live:
        first, second = asyncio.run(trade(live))
    memory.unregister("sdk")
    assert second == 200
    assert first == 200 if retries else "-2015" in str(first)
    assert exchange.accepted(new.api_key) == 1 + retries
    assert [r.code for r in exchange.rejected() if r.is_order] == [-2015]
    assert exchange.doubled() == []


def test_an_order_that_is_refused_for_its_own_fault_is_not_sent_again(exchange) -> None:
    async def trade(live) -> object:
        async with bot(exchange, live, retry_rejected=True) as api:
            return (await api.order_place(symbol="NO", side="BUY", type="MARKET")).data()

    memory.register("sdk", exchange.issue().fields())
    with load_credentials("memory:sdk", live=True) as live:
        assert "error" in asyncio.run(trade(live))
    memory.unregister("sdk")
    assert len(exchange.requests) == 1


def test_a_client_of_ones_own_is_attached_and_detached(exchange) -> None:
    own, other, last = keys_of(exchange, ED25519, HMAC, RSA)
    spot = Spot(
        config_ws_api=ConfigurationWebSocketAPI(
            stream_url=f"{exchange.ws_url}/ws-api/v3",
            api_key=own.api_key,
            private_key=own.private_key_pem,
        )
    )

    async def trade() -> None:
        handle, api = Handle(other), spot.websocket_api
        detach = attach(spot, handle)
        api.session = aiohttp.ClientSession()
        given = api.session
        await api.create_connection()
        assert await place(api) == 200
        detach()
        assert api.session is given
        assert await place(api) == 200
        handle.rotate(last)
        assert await place(api) == 200
        assert "open connections" in str(caught(attach, spot, handle))
        await api.close_connection()
        assert given.closed

    asyncio.run(trade())
    clean(exchange)
    assert [exchange.accepted(key.api_key) for key in (other, own, last)] == [1, 2, 0]


def test_a_connection_goes_where_the_key_may_go() -> None:
    """The SDK itself logs what stops a connection, and gives nothing."""
    spot = client(Spot, build(**new_key().fields()))
    for url in ("wss://ws-api.testnet.binance.vision/ws-api/v3", "wss://proxy.lan/ws-api/v3"):
        spot.websocket_api.configuration.stream_url = url
        with pytest.raises(ConfigurationError, match="is not sent there"):
            asyncio.run(spot.websocket_api.create_connection())


def test_a_logon_with_a_key_that_cannot_is_refused_before_it_is_sent(exchange) -> None:
    async def log_on() -> None:
        async with bot(exchange, Handle(exchange.issue(RSA))) as api:
            with pytest.raises(ConfigurationError, match="Ed25519"):
                await api.session_logon()
            assert await place(api) == 200

    asyncio.run(log_on())
    clean(exchange)


def test_an_accepted_request_is_reported(exchange) -> None:
    """A pair that signed accepted requests is not rolled back for a signature alone."""

    class Reported(Handle):
        accepted: list

        def report_acceptance(self, used) -> None:
            self.accepted.append(used)

        report_rejection = areport_rejection = None

    handle = Reported(exchange.issue())
    handle.accepted = []

    async def trade() -> None:
        async with bot(exchange, handle) as api:
            assert await place(api) == 200

    asyncio.run(trade())
    assert handle.accepted == [handle.current]
