"""User sockets and the WebSocket API of python-binance, through rotations and interruptions."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from contextlib import asynccontextmanager
from itertools import count, pairwise
from queue import SimpleQueue

import binance
import pytest
from binance.ws import streams
from binance.ws.constants import WSListenerState
from binance.ws.keepalive_websocket import KeepAliveWebsocket
from support import build, new_key, rotations
from waiting import PATIENCE, wait_for

from binance_creds import KeyType
from binance_creds.adapters import python_binance
from binance_creds.errors import ConfigurationError, VerificationError
from binance_creds.testing import watch_for_leaks

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": 1}
TYPES = (KeyType.HMAC, KeyType.ED25519, KeyType.RSA)
SOCKETS = {
    "user_socket": "spot",
    "margin_socket": "margin",
    "futures_user_socket": "um",
    "futures_socket": "um",
    "coin_futures_user_socket": "cm",
    "coin_futures_socket": "cm",
}


class Handle:
    """Credentials that the test rotates; hooks hear of it as those of a live handle do."""

    def __init__(self, key) -> None:
        self.current = build(**key.fields())
        self.hooks = []
        self.reported = []

    def on_rotation(self, hook):
        self.hooks.append(hook)
        return lambda: self.hooks.remove(hook)

    def rotate(self, key) -> None:
        self.current = build(**key.fields())
        for hook in list(self.hooks):
            hook(None)

    def report_rejection(self, error, *, used):
        raise AssertionError("it blocks the loop")

    async def areport_rejection(self, error, *, used):
        self.reported.append(used)
        is_old = used is not self.current
        action = type("action", (), {"value": "retry" if is_old else "give_up"})
        return type("decision", (), {"action": action})

    def report_acceptance(self, used) -> None:
        pass


class Late(Handle):
    """Credentials of which another key is current once a rejection is reported."""

    def __init__(self, keys) -> None:
        super().__init__(keys[0])
        self._next = keys[1]

    async def areport_rejection(self, error, *, used):
        self.rotate(self._next)
        return await super().areport_rejection(error, used=used)


def clean(exchange) -> None:
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []


async def until(is_so) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.002)


async def received(stream):
    return await asyncio.wait_for(stream.recv(), PATIENCE)


@asynccontextmanager
async def trading(exchange, handle, **options):
    client = await python_binance.async_client(
        handle, base_url=exchange.url, ws_base_url=exchange.ws_url, **options
    )
    try:
        yield client
    finally:
        client.ws_api.ws_state = client.ws_future.ws_state = WSListenerState.EXITING
        exchange.sockets.drop()
        await client.close_connection()
        if client.ws_future.ws:
            await client.ws_future.close()


def open_socket(client, name):
    """Return a socket of a manager that knows nothing of us."""
    return getattr(binance.BinanceSocketManager(client), name)()


@pytest.fixture
def keys(exchange):
    return issued(exchange, 6)


def issued(exchange, number: int):
    """Two of the keys at most are RSA, which takes long to make."""
    kinds = [TYPES[turn % (3 if turn < 6 else 2)] for turn in range(number)]
    return [
        exchange.issue(kind, permissions={"enableFutures": True, "enableMargin": True})
        for kind in kinds
    ]


# user sockets


@pytest.mark.unmeasured
@pytest.mark.parametrize(("name", "product"), SOCKETS.items())
@rotations(3, 20)
def test_no_event_is_lost_or_doubled_through_rotations(exchange, name, product, rotations) -> None:
    """An event all the time; each key is revoked once the socket has left it."""
    keys, sent, heard = issued(exchange, rotations + 1), [], []

    async def main() -> None:
        handle = Handle(keys[0])
        async with trading(exchange, handle) as client, open_socket(client, name) as stream:

            async def emit() -> None:
                for number in count():
                    sent.append(number)
                    exchange.emit({"e": "test", "E": number}, product=product)
                    await asyncio.sleep(0.001)

            emitting = asyncio.create_task(emit())
            for old, new in pairwise(keys):
                before = exchange.sockets.opened
                handle.rotate(new)
                await until(lambda n=before: exchange.sockets.opened > n)
                await until(lambda: exchange.sockets.open == 1)
                exchange.keys.revoke(old.api_key)
                await client.get_account()
            emitting.cancel()
            while len(heard) < len(sent):
                heard.append((await received(stream))["E"])
            assert stream._queue.empty()

    asyncio.run(main())
    assert heard == sent
    clean(exchange)


def test_an_isolated_margin_socket_moves(exchange, keys) -> None:
    """Its token is asked for with the symbol."""

    async def main() -> None:
        handle = Handle(keys[0])
        async with trading(exchange, handle) as client:
            manager = python_binance.socket_manager(client)
            async with manager.isolated_margin_socket("BTCUSDT") as stream:
                handle.rotate(keys[1])
                await until(lambda: exchange.sockets.opened == 2 and exchange.sockets.open == 1)
                exchange.emit({"e": "test"}, product="margin")
                assert await received(stream) == {"e": "test"}

    asyncio.run(main())
    asked = [r.params for r in exchange.requests if r.path == "/sapi/v1/userListenToken"]
    assert [(one["symbol"], one["isIsolated"]) for one in asked] == [("BTCUSDT", "true")] * 2
    clean(exchange)


def test_a_socket_of_portfolio_margin_is_opened_and_moves(exchange, keys) -> None:
    """At its own address; the exchange here has no listen keys of that kind."""

    async def main() -> None:
        handle = Handle(keys[0])
        async with trading(exchange, handle) as client:
            client.papi_stream_get_listen_key = client.futures_stream_get_listen_key
            async with open_socket(client, "portfolio_margin_socket") as stream:
                handle.rotate(keys[1])
                await until(lambda: exchange.sockets.opened == 2 and exchange.sockets.open == 1)
                exchange.emit({"e": "test"}, product="um")
                assert await received(stream) == {"e": "test"}

    asyncio.run(main())
    clean(exchange)


def test_several_sockets_of_one_account_are_open_at_once(exchange, keys) -> None:
    """One connection of the exchange has one stream of an account (-2035); each has its own."""

    async def main() -> None:
        async with (
            trading(exchange, Handle(keys[0])) as client,
            open_socket(client, "user_socket") as first,
            open_socket(client, "user_socket") as second,
        ):
            exchange.emit({"e": "test"})
            assert await received(first) == await received(second) == {"e": "test"}

    asyncio.run(main())
    clean(exchange)


@pytest.mark.parametrize(("name", "product"), [*SOCKETS.items()][:3])
@pytest.mark.parametrize("end", ["terminated", "dropped"])
def test_an_interruption_is_told_and_mended(exchange, keys, name, product, end) -> None:
    """`recv` gives an error message, events follow, and `reconcile` is called."""
    reconciled = []

    async def reconcile() -> None:
        reconciled.append(1)

    async def main() -> None:
        handle = Handle(keys[0])
        async with (
            trading(exchange, handle, reconcile=reconcile) as client,
            open_socket(client, name) as stream,
        ):
            await until(lambda: exchange.emit({"e": "test"}, product=product).deliveries)
            assert await received(stream) == {"e": "test"}
            exchange.end_streams() if end == "terminated" else exchange.sockets.drop()
            told = await received(stream)
            assert (told["e"], told["type"]) == ("error", "UserStreamInterrupted")
            await until(lambda: exchange.sockets.opened == 2 and exchange.sockets.open == 1)
            await until(lambda: exchange.emit({"e": "test"}, product=product).deliveries)
            assert await received(stream) == {"e": "test"}
            assert reconciled == [1]

    asyncio.run(main())
    clean(exchange)


def test_reconcile_is_called_at_a_rotation(exchange, keys) -> None:
    called = []

    async def main() -> None:
        handle = Handle(keys[0])
        async with (
            trading(exchange, handle, reconcile=lambda: called.append(handle.current)) as client,
            open_socket(client, "user_socket"),
        ):
            handle.rotate(keys[1])
            await until(lambda: called)

    asyncio.run(main())


def test_a_stream_that_is_refused_for_good_raises(exchange, keys) -> None:
    """Its key is revoked, and there is no other: `recv` raises, and goes on to."""

    async def main() -> None:
        async with trading(exchange, Handle(keys[0])) as client:
            manager = python_binance.socket_manager(client)
            async with manager.user_socket() as stream:
                exchange.keys.revoke(keys[0].api_key)
                assert (await received(stream))["type"] == "UserStreamInterrupted"
                stream.TIMEOUT = 0
                for _ in range(2):
                    with pytest.raises(VerificationError, match="-2015"):
                        await received(stream)

    asyncio.run(main())


@pytest.mark.parametrize("name", ["user_socket", "margin_socket", "futures_user_socket"])
def test_a_socket_that_cannot_be_opened_raises(exchange, name) -> None:
    """At once, as in python-binance alone."""

    async def main() -> None:
        async with trading(exchange, Handle(new_key())) as client:
            with pytest.raises(VerificationError):
                async with open_socket(client, name):
                    pass
            await until(lambda: exchange.sockets.open == 0)

    asyncio.run(main())


def test_a_socket_that_is_not_opened_in_time_raises(exchange, keys, monkeypatch) -> None:
    from binance_creds.adapters._python_binance import _user_socket

    monkeypatch.setattr(_user_socket, "OPEN_SECONDS", 0.05)

    async def main() -> None:
        async with trading(exchange, Handle(keys[0])) as client:
            exchange.sockets.refuse(100)
            with pytest.raises(binance.exceptions.BinanceWebsocketUnableToConnect):
                async with open_socket(client, "user_socket"):
                    pass

    asyncio.run(main())


def test_a_listen_key_is_kept_alive_and_moves_when_it_changes(exchange, keys) -> None:
    """Without a rotation; the exchange gives out another one, and nobody loses events."""

    async def main() -> None:
        async with trading(exchange, Handle(keys[0])) as client:
            manager = python_binance.socket_manager(client, user_timeout=0.01)
            async with manager.futures_user_socket() as stream:
                await until(lambda: asked() > 3)
                assert exchange.sockets.opened == 1
                client.futures_stream_get_listen_key = other_key(exchange, keys[0])
                for opened, product in ((2, "margin"), (3, "um")):
                    await until(lambda n=opened: exchange.sockets.opened == n)
                    await until(lambda: exchange.sockets.open == 1)
                    exchange.emit({"e": product}, product=product)
                    assert await received(stream) == {"e": product}
                    vars(client).pop("futures_stream_get_listen_key", None)

    def asked() -> int:
        return sum(r.path == "/fapi/v1/listenKey" for r in exchange.requests)

    asyncio.run(main())


def other_key(exchange, key):
    """Return a method that gives the name of another stream."""
    value = exchange._listen_keys.issue_token(exchange.keys.find(key.api_key)).value

    async def ask():
        return value

    return ask


def test_a_socket_ends_with_its_block(exchange, keys) -> None:
    """No task, no connection and no hook is left; the next one is another."""

    async def main() -> None:
        handle = Handle(keys[0])
        async with trading(exchange, handle) as client:
            manager = python_binance.socket_manager(client)
            before = asyncio.all_tasks()
            async with manager.user_socket() as first:
                pass
            await until(lambda: exchange.sockets.open == 0)
            assert asyncio.all_tasks() == before
            assert handle.hooks == []
            assert manager.user_socket() is not first

    asyncio.run(main())


def test_a_socket_that_was_never_opened_is_closed(exchange, keys) -> None:
    """Also one that no manager made."""

    async def main() -> None:
        async with trading(exchange, Handle(keys[0])) as client:
            await streams.KeepAliveWebsocket(client, f"{exchange.ws_url}/", "user").close()

    asyncio.run(main())


@pytest.mark.parametrize("name", ["user_socket", "margin_socket", "futures_user_socket"])
def test_a_stream_that_breaks_off_while_it_opens_is_opened_again(exchange, keys, name) -> None:
    """Nothing stays behind."""

    async def main() -> None:
        async with trading(exchange, Handle(keys[0])) as client:
            exchange.sockets.lose_answers()
            async with open_socket(client, name):
                await until(lambda: exchange.sockets.open == 1)
        assert exchange.sockets.opened == 2

    asyncio.run(main())


def test_a_stream_by_listen_key_needs_no_answer(exchange, keys, monkeypatch) -> None:
    """The exchange documents one for other streams; without it the handshake has to do."""
    from binance_creds.adapters._wire._streams import _stream

    monkeypatch.setattr(_stream, "ANSWER_SECONDS", 0)

    async def main() -> None:
        async with trading(exchange, Handle(keys[0])) as client:
            async with open_socket(client, "futures_user_socket") as stream:
                await until(lambda: exchange.emit({"e": "test"}, product="um").deliveries)
                assert await received(stream) == {"e": "test"}

    asyncio.run(main())


def test_streams_are_where_a_manager_says(exchange, keys) -> None:
    """When the client has no address of its own for them."""

    async def main() -> None:
        client = binance.AsyncClient()
        client.API_URL, client.FUTURES_URL = f"{exchange.url}/api", f"{exchange.url}/fapi"
        python_binance.attach(client, Handle(keys[0]))
        manager = binance.BinanceSocketManager(client)
        manager.FSTREAM_URL = f"{exchange.ws_url}/"
        async with manager.futures_user_socket() as stream:
            exchange.emit({"e": "test"}, product="um")
            assert await received(stream) == {"e": "test"}
        await client.close_connection()

    asyncio.run(main())


def test_the_sockets_of_other_clients_are_left_alone(exchange, keys) -> None:
    """And once the last client is detached, the class is the one it was."""
    kind = KeepAliveWebsocket

    async def main() -> None:
        first, second, other = (binance.AsyncClient() for _ in range(3))
        handle = Handle(keys[0])

        def are_alone() -> bool:
            """A thread of another test may hold its client for a moment more."""
            gc.collect()
            python_binance.attach(first, handle)()
            return streams.KeepAliveWebsocket is kind

        wait_for(are_alone)
        leave = [python_binance.attach(client, handle) for client in (first, second)]
        assert type(open_socket(other, "user_socket")) is kind
        assert type(open_socket(first, "user_socket")) is not kind
        leave[0]()
        assert type(open_socket(first, "user_socket")) is kind
        assert type(open_socket(second, "user_socket")) is not kind
        leave[1]()
        assert streams.KeepAliveWebsocket is kind
        for client in (first, second, other):
            await client.close_connection()

    asyncio.run(main())


def test_market_streams_are_where_the_client_is(exchange, keys) -> None:
    """Of `socket_manager`; elsewhere they stay as they are."""

    async def main() -> None:
        async with trading(exchange, Handle(keys[0])) as client:
            moved = python_binance.socket_manager(client)
            assert moved.trade_socket("BTCUSDT")._url == f"{exchange.ws_url}/"
            assert moved.FSTREAM_URL == f"{exchange.ws_url}/"
            own = await python_binance.async_client(Handle(keys[0]), base_url=exchange.url)
            plain = python_binance.socket_manager(own)
            assert plain.STREAM_URL == exchange.url.replace("http", "ws") + "/"
            await own.close_connection()
        client = binance.AsyncClient()
        assert "binance.com" in python_binance.socket_manager(client).STREAM_URL
        await client.close_connection()

    asyncio.run(main())


# the WebSocket API


def test_the_websocket_api_follows_rotations(exchange, keys) -> None:
    """Each message is signed by the key of its moment, on one connection."""

    async def main() -> None:
        handle = Handle(keys[0])
        async with trading(exchange, handle) as client:
            for old, new in pairwise(keys):
                await asyncio.gather(*(client.ws_get_account() for _ in range(3)))
                await client.ws_create_order(**ORDER)
                handle.rotate(new)
                exchange.keys.revoke(old.api_key)
                await client.ws_get_order_book(symbol="BTCUSDT")
        assert exchange.sockets.opened == 1

    asyncio.run(main())
    clean(exchange)
    assert all(exchange.accepted(key.api_key) == 4 for key in keys[:-1])


def test_the_websocket_api_of_the_synchronous_client_follows_rotations(
    exchange, keys, loop
) -> None:
    handle = Handle(keys[0])
    client = python_binance.client(handle, base_url=exchange.url, ws_base_url=exchange.ws_url)
    for old, new in pairwise(keys[:4]):
        client.ws_create_order(**ORDER)
        handle.rotate(new)
        exchange.keys.revoke(old.api_key)
    client.ws_get_account()
    client.ws_api.ws_state = WSListenerState.EXITING
    exchange.sockets.drop()
    client.loop.run_until_complete(client.ws_api.close())
    client.close_connection()
    clean(exchange)


def test_the_websocket_api_of_futures_signs(exchange, keys) -> None:
    async def main() -> None:
        async with trading(exchange, Handle(keys[1])) as client:
            await client.ws_futures_create_order(**ORDER)

    asyncio.run(main())
    clean(exchange)


VALUES = {"symbol": "币安人生USDT", "newClientOrderId": "a b&c/é+%"}


@pytest.mark.parametrize("key_type", TYPES)
def test_values_of_messages_are_signed_raw(exchange, key_type) -> None:
    """What has no value is left out; a signature of the user's own is refused."""

    async def main() -> None:
        async with trading(exchange, Handle(exchange.issue(key_type))) as client:
            with pytest.raises(binance.exceptions.BinanceAPIException) as refused:
                await client.ws_create_order(**ORDER | VALUES, price=None)
            assert refused.value.code == -1100
            with pytest.raises(ConfigurationError):
                await client.ws_get_account(signature="mine", apiKey="mine")

    asyncio.run(main())
    assert -1022 not in {r.code for r in exchange.rejected()}


@pytest.mark.parametrize("retry", [False, True])
def test_a_rejected_message_is_sent_once_more_if_asked_for(exchange, keys, retry) -> None:
    """An order is placed once."""

    async def main() -> None:
        handle = Late(keys)
        async with trading(exchange, handle, retry_rejected=retry) as client:
            exchange.keys.revoke(keys[0].api_key)
            if retry:
                await client.ws_create_order(**ORDER)
            else:
                with pytest.raises(binance.exceptions.BinanceAPIException):
                    await client.ws_create_order(**ORDER)
        assert len(handle.reported) == 1

    asyncio.run(main())
    assert [r.code for r in exchange.rejected()] == [-2015]
    assert exchange.doubled() == []


def test_no_log_shows_the_key(exchange, keys) -> None:
    """Not even that of websockets, which shows each message."""

    async def main() -> None:
        async with trading(exchange, Handle(keys[0]), verbose=True) as client:
            with watch_for_leaks(keys[0].api_key):
                await client.ws_get_account()
                async with open_socket(client, "user_socket"):
                    pass

    asyncio.run(main())
    logging.getLogger("binance.base_client").setLevel(logging.NOTSET)


# the threaded manager


@pytest.fixture
def threaded(exchange, keys, loop):
    """A manager of the user's own, attached; its client trades on the local exchange."""
    handle = Handle(keys[1])
    manager = python_binance.threaded_websocket_manager(
        handle, base_url=exchange.url, ws_base_url=exchange.ws_url, loop=asyncio.new_event_loop()
    )
    manager.start()
    yield manager, handle
    manager.stop()
    manager.join(PATIENCE)
    assert not manager.is_alive()
    manager._loop.close()


def test_the_threaded_manager_follows_rotations(exchange, keys, threaded) -> None:
    """With a private key, which it does not take by itself; two streams at once."""
    manager, handle = threaded
    heard = SimpleQueue()
    spot = manager.start_user_socket(heard.put)
    futures = manager.start_futures_user_socket(heard.put)
    assert spot != futures
    for number, new in enumerate(keys[2:6]):
        for product in ("spot", "um"):
            while not exchange.emit({"e": "test", "E": number}, product=product).deliveries:
                pass
            assert heard.get(timeout=PATIENCE)["E"] == number
        handle.rotate(new)
        asyncio.run(until(lambda n=number: exchange.sockets.opened == 4 + 2 * n))
        asyncio.run(until(lambda: exchange.sockets.open == 2))
    clean(exchange)


def test_the_threaded_manager_tells_of_a_stream_that_cannot_be_opened(exchange, keys, threaded):
    """To a callback of either kind."""
    manager, _ = threaded
    exchange.keys.revoke(keys[1].api_key)
    heard = SimpleQueue()

    async def put(message) -> None:
        heard.put(message)

    manager.start_user_socket(heard.put)
    manager.start_margin_socket(put)
    told = [heard.get(timeout=PATIENCE) for _ in range(2)]
    assert {(one["e"], one["type"]) for one in told} == {("error", "VerificationError")}


def test_a_threaded_manager_that_cannot_start_says_why(keys) -> None:
    manager = python_binance.threaded_websocket_manager(
        Handle(keys[0]), base_url="http://127.0.0.1:1", loop=asyncio.new_event_loop()
    )
    manager.start()
    manager.join(PATIENCE)
    with pytest.raises(Exception, match="127.0.0.1"):
        manager.start_user_socket(print)
    manager._loop.close()


def test_a_threaded_manager_of_the_user_is_attached_before_it_starts(keys, loop) -> None:
    key = new_key()
    manager = binance.ThreadedWebsocketManager(key.api_key, key.api_secret)
    before = dict(vars(manager))
    detach = python_binance.attach(manager, Handle(keys[0]))
    assert key.api_secret not in str(vars(manager))
    detach()
    assert (vars(manager), type(manager)) == (before, binance.ThreadedWebsocketManager)
    manager._client = object()
    with pytest.raises(ConfigurationError, match="has started"):
        python_binance.attach(manager, Handle(keys[0]))
    assert threading.active_count()
