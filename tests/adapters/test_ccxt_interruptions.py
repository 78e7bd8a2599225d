"""ccxt.pro in the midst of something: a rotation, an order, a subscription that is lost or refused."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("ccxt")

import ccxt
from ccxt_bot import ALL, STREAMS, Listener, Recording, Rotating, at, order_event, until

from binance_creds.adapters.ccxt import attach
from binance_creds.errors import CredentialsExpiredError

ACCOUNT = "/api/v3/account"  # what is recorded of `account.status`
STATUS, SUBSCRIBE = "account.status", "userDataStream.subscribe.signature"


class Expiring(Rotating):
    """Credentials that cannot be had while `is_over`."""

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


@pytest.fixture
def handle(exchange) -> Expiring:
    return Expiring(exchange)


def listening(exchange, handle, scenario, kind: str = "spot") -> None:
    """Run a scenario with a bot that listens; it hears each event, and of no failure."""

    async def main() -> None:
        async with Listener(exchange, handle, kind) as bot:
            bot.emit(5)
            await scenario(bot)
            bot.emit(5)
            await bot.hears_all()
            assert bot.failures == []

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["linear", "inverse"])
def test_the_stream_of_another_account_begins_where_the_old_one_ends(exchange, handle, kind):
    async def main() -> None:
        async with Listener(exchange, handle, kind) as bot:
            bot.emit(5)
            handle.rotate(account="other")
            await until(lambda: exchange.sockets.opened == 2 and exchange.sockets.open == 1)
            for number in range(6, 11):
                event = order_event(kind, number)
                exchange.emit(event, account="other", product=STREAMS[kind][0])
            await until(lambda: len(bot.heard) == 10, "the last event")
            assert bot.heard == list(range(1, 11))

    asyncio.run(main())


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_request_underway_keeps_its_connection_through_a_rotation(exchange, handle, is_lost):
    """If that is lost, the request fails, and nothing else does."""

    async def scenario(bot) -> None:
        with exchange.sockets.hold(method=STATUS) as held:
            asking = asyncio.create_task(bot.ccxt.fetch_balance_ws())
            await until(lambda: held, "the request")
            handle.rotate()
            await bot.is_on(handle.key)
            exchange.sockets.lose_answers(int(is_lost), method=STATUS)
        if is_lost:
            with pytest.raises(ccxt.NetworkError):
                await asking
        else:
            assert (await asking)["info"]
        await until(lambda: exchange.sockets.open == 1, "the end of the old connection")

    listening(exchange, handle, scenario)
    assert exchange.rejected() == exchange.doubled() == []


def test_what_ccxt_sends_late_goes_to_the_connection_of_now(exchange, handle) -> None:
    """It has chosen one before it waits for its rate limit."""

    async def scenario(bot) -> None:
        (old,), waiting, is_due = bot.ccxt.clients.values(), [], asyncio.Event()

        async def throttle(_: object) -> None:
            waiting.append(1)
            await is_due.wait()

        old.throttle, bot.ccxt.enableRateLimit = throttle, True
        asking = asyncio.create_task(bot.ccxt.fetch_balance_ws())
        await until(lambda: waiting, "the wait")
        handle.rotate()
        await bot.is_on(handle.key)
        await until(lambda: exchange.sockets.open == 1, "the end of the old connection")
        is_due.set()
        assert (await asking)["info"]
        signers = [it.signed_by for it in exchange.requests if it.path == ACCOUNT]
        assert signers == [handle.key.api_key]

    listening(exchange, handle, scenario)


def test_a_connection_with_market_data_is_left_alone(exchange, handle) -> None:
    async def scenario(bot) -> None:
        watching = asyncio.create_task(bot.ccxt.watch_ticker("BTC/USDT"))
        await until(lambda: exchange.sockets.opened == 2, "the connection")
        handle.rotate()
        await bot.is_on(handle.key)
        await until(lambda: exchange.sockets.open == 2, "the end of the old connection")
        assert exchange.sockets.opened == 3
        watching.cancel()

    listening(exchange, handle, scenario)


def test_a_connection_that_is_lost_while_it_subscribes_is_made_again(exchange, handle) -> None:
    async def main() -> None:
        async with Listener(exchange, handle, "spot") as bot:
            with exchange.sockets.hold(method=SUBSCRIBE) as held:
                handle.rotate()
                await until(lambda: held, "the subscription")
                exchange.sockets.drop()
            await bot.is_on(handle.key)
            bot.emit(5)
            await bot.hears_all()
            assert isinstance(bot.failures[0], ccxt.NetworkError)

    asyncio.run(main())


def test_a_key_that_was_replaced_while_it_subscribed_is_no_failure(exchange, handle, caplog):
    async def scenario(bot) -> None:
        with exchange.sockets.hold(method=SUBSCRIBE) as held:
            handle.rotate()
            await until(lambda: held, "the subscription")
            exchange.keys.revoke(handle.rotate().api_key)
        await bot.is_on(handle.key)

    listening(exchange, handle, scenario)
    assert "still has the old key" not in caplog.text


def test_a_stream_stays_while_no_further_connection_is_opened(exchange, handle, caplog) -> None:
    async def scenario(bot) -> None:
        exchange.sockets.refuse()
        handle.rotate()
        await until(lambda: "still has the old key" in caplog.text, "a refusal")
        assert exchange.sockets.opened == 1
        handle.rotate()
        await bot.is_on(handle.key)

    listening(exchange, handle, scenario)


def test_a_stream_stays_while_there_are_no_credentials(exchange, handle, caplog) -> None:
    async def scenario(bot) -> None:
        handle.is_over = True
        handle.tell()
        await until(lambda: "User data streams keep their key" in caplog.text, "the warning")
        handle.is_over = False
        handle.rotate()
        await bot.is_on(handle.key)

    listening(exchange, handle, scenario)


def test_an_exchange_that_was_detached_opens_streams_of_its_own_key(exchange, handle) -> None:
    own = exchange.issue(permissions=ALL)

    async def main() -> None:
        plain = Recording(
            {**at(exchange.url, exchange.ws_url), "apiKey": own.api_key, "secret": own.api_secret}
        )
        attach(plain, handle)()
        watching = asyncio.create_task(plain.watch_orders("BTC/USDT"))
        await until(lambda: exchange.requests and exchange.requests[-1].path == SUBSCRIBE)
        exchange.emit(order_event("spot", 1))
        assert (await watching)[0]["id"] == "1"
        await plain.close()

    asyncio.run(main())
    assert {it.signed_by for it in exchange.requests if it.signed_by} == {own.api_key}
