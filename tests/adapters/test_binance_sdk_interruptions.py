"""The WebSocket API of the official SDK in the midst of something: a logon, a rejection, a close."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import pytest

pytest.importorskip("binance_common")

from aiohttp import WSMsgType
from binance_common.websocket import WebSocketCommon
from binance_sdk_spot import Spot
from sdk_sockets import Handle, bot, event, listen, place, until
from support import build, caught, new_key

from binance_creds import ConfigurationError, KeyType
from binance_creds.adapters.binance_sdk import client
from binance_creds.errors import CredentialsExpiredError

ED25519, HMAC = KeyType.ED25519, KeyType.HMAC
_SINCE_4_7 = pytest.mark.skipif(
    version("binance-common") < "4.7", reason="the SDK itself logs on no more there"
)


class Expiring(Handle):
    """Credentials that cannot be had once `is_over`."""

    is_over = False

    @property
    def current(self):
        if self.is_over:
            raise CredentialsExpiredError("no confirmation from the source")
        return self._pair

    @current.setter
    def current(self, pair) -> None:
        self._pair = pair

    def tell(self) -> None:
        for hook in self.hooks:
            hook(None)


class Ending(Expiring):
    """Credentials that end while a rejection of them is reported, which is to be tried again."""

    async def areport_rejection(self, error, *, used):
        self.is_over = True
        return type("decision", (), {"action": type("action", (), {"value": "retry"})})

    def report_acceptance(self, used) -> None:
        pass


def test_a_connection_that_is_lost_while_it_logs_on_anew_makes_room_for_the_next(exchange) -> None:
    old, new = exchange.issue(ED25519), exchange.issue(ED25519)

    async def trade() -> None:
        handle = Handle(old)
        async with bot(exchange, handle) as api:
            await api.session_logon()
            with exchange.sockets.hold(method="session.logon") as held:
                handle.rotate(new)
                await until(lambda: held)
                exchange.sockets.drop()
                await until(lambda: not api.connections)
            assert await api.create_connection()
            exchange.keys.revoke(old.api_key)
            assert await place(api) == 200

    asyncio.run(trade())
    assert exchange.rejected() == exchange.doubled() == []


@_SINCE_4_7
def test_a_session_that_no_key_can_begin_anew_is_told(exchange, caplog) -> None:
    key = exchange.issue(ED25519)

    async def trade() -> None:
        async with bot(exchange, Handle(key)) as api:
            await api.session_logon()
            exchange.keys.revoke(key.api_key)
            await api.reconnect(api.connections[0], api.configuration)
            assert not api.connections[0].is_session_log_on

    asyncio.run(trade())
    assert "was not logged on again" in caplog.text


def test_a_stream_stays_while_there_are_no_credentials(exchange, caplog) -> None:
    old, new = exchange.issue(HMAC), exchange.issue(ED25519)

    async def trade() -> None:
        handle = Expiring(old)
        async with bot(exchange, handle) as api:
            heard = await listen(api)
            handle.is_over = True
            handle.tell()
            await until(lambda: "keeps its key" in caplog.text)
            exchange.emit(event(1))
            handle.is_over = False
            handle.rotate(new)
            await until(lambda: exchange.sockets.opened == 2 and exchange.sockets.open == 1)
            exchange.emit(event(2))
            await until(lambda: len(heard) == 2)
            assert heard == [1, 2]

    asyncio.run(trade())


def test_a_rejection_is_told_where_nothing_can_sign_once_more(exchange) -> None:
    key = exchange.issue(HMAC)

    async def trade() -> object:
        async with bot(exchange, Ending(key), retry_rejected=True) as api:
            exchange.keys.revoke(key.api_key)
            return await place(api)

    assert "-2015" in str(asyncio.run(trade()))
    assert [it.code for it in exchange.rejected()] == [-2015]


def test_a_connection_that_was_closed_says_so_to_whoever_reads_on(exchange) -> None:
    async def trade() -> None:
        async with bot(exchange, Handle(exchange.issue())) as api:
            socket = api.connections[0].websocket
            await socket.close()
            read = [(await socket.receive()).type for _ in range(3)]
            assert set(read) == {WSMsgType.CLOSED}

    asyncio.run(trade())


@pytest.mark.parametrize("name", ["connect", "init_connection"])
def test_sockets_of_an_unknown_kind_are_refused(monkeypatch, name) -> None:
    """As of a later SDK, which would otherwise send placeholders."""
    monkeypatch.delattr(WebSocketCommon, name)
    error = caught(client, Spot, build(**new_key().fields()))
    assert isinstance(error, ConfigurationError)
    assert "in an unknown way" in str(error)
