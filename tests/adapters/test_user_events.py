"""User events of an account: each once, in order, through rotations and lost connections."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
from listener import Listener
from support import build, caught, new_key, rotations
from waiting import PATIENCE

from binance_creds import KeyType
from binance_creds.adapters.aiohttp import user_events as by_aiohttp
from binance_creds.adapters.websockets import user_events as by_websockets
from binance_creds.errors import (
    ConfigurationError,
    CredentialsExpiredError,
    ProviderUnavailableError,
    VerificationError,
)
from binance_creds.testing import assert_no_leak

PRODUCTS = ("spot", "margin", "um", "cm")


class Live:
    """A handle that is rotated by hand, and that tells of it."""

    def __init__(self, exchange, *, tells=True) -> None:
        self._exchange, self._hooks, self._turn = exchange, [], 0
        self.reported, self.retries = [], True
        if tells:
            self.on_rotation = self._on_rotation
        self.names = []
        self.next()

    def _on_rotation(self, hook):
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def next(self) -> None:
        self._turn += 1
        key = self._exchange.issue([KeyType.HMAC, KeyType.ED25519][self._turn % 2])
        self.names.append(key.api_key)
        self.current = build(**key.fields())
        for hook in self._hooks:
            hook(None)

    def revoke_old(self) -> None:
        self._exchange.keys.revoke(self.names[-2])

    def report_rejection(self, error, *, used):
        raise AssertionError("it blocks the loop")

    def report_acceptance(self, used) -> None:
        pass

    async def areport_rejection(self, error, *, used):
        self.reported.append(used)
        action = "retry" if self.retries and used is not self.current else "give_up"
        return type("Decision", (), {"action": type("Action", (), {"value": action})})


@pytest.fixture(params=[by_websockets, by_aiohttp], ids=["websockets", "aiohttp"])
def user_events(request):
    return request.param


@pytest.fixture
def events_of(user_events):
    """Give a function that listens to the exchange."""

    def listen(live, exchange, product="spot", **options):
        return _events_of(user_events, live, exchange, product, **options)

    return listen


def _events_of(user_events, live, exchange, product, **options):
    path = "/ws-api/v3" if product in {"spot", "margin"} else ""
    return user_events(
        live, product=product, url=exchange.ws_url + path, rest_url=exchange.url, **options
    )


async def until(is_so) -> None:
    """Wait for another thread."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.002)


def numbers(events):
    return [event["number"] for event in events]


def emit(exchange, number, product="spot"):
    return exchange.emit({"e": "test", "E": number, "number": number}, product=product)


class Collector:
    """Take events in a task."""

    def __init__(self, events) -> None:
        self.events, self._source = [], events

    async def __aenter__(self):
        self._task = asyncio.create_task(self._collect())
        return self

    async def _collect(self) -> None:
        async for event in self._source:
            self.events.append(event)

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def subscribed(exchange, account="main"):
    """Wait until somebody listens."""
    await until(lambda: exchange._streams.open_of(account))


@pytest.mark.unmeasured
@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("tells", [True, False])
@rotations(4, 20)
def test_no_event_is_lost_or_doubled_through_rotations(
    exchange, events_of, product, tells, rotations
) -> None:
    """An event before, while and after each; the old key is revoked once another has subscribed."""
    turns = rotations if tells else 2  # one that does not tell is looked at every second

    async def trading():
        live = Live(exchange, tells=tells)
        sent = iter(range(10**6))
        async with Collector(events_of(live, exchange, product)) as got:
            await subscribed(exchange)
            for _ in range(turns):
                before = exchange.sockets.opened
                live.next()
                while exchange.sockets.opened == before or exchange.sockets.open > 1:
                    emit(exchange, next(sent), product)
                    await asyncio.sleep(0.002)
                live.revoke_old()
                emit(exchange, next(sent), product)
            emitted = [e.event["number"] for e in exchange.emitted]
            await until(lambda: len(got.events) >= len(emitted))
            return numbers(got.events), emitted

    got, emitted = asyncio.run(trading())
    assert got == emitted
    assert all(e.deliveries for e in exchange.emitted)
    assert exchange.rejected() == exchange.mixed() == []


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("fault", ["cut", "terminated"])
def test_a_stream_that_ends_is_opened_again_and_reconciled(
    exchange, events_of, product, fault
) -> None:
    async def trading():
        calls = []

        async def reconcile():
            calls.append(1)

        live = Live(exchange)
        events = events_of(live, exchange, product, reconcile=reconcile)
        async with Collector(events) as got:
            await subscribed(exchange)
            emit(exchange, 1, product)
            await until(lambda: got.events)
            exchange.sockets.drop() if fault == "cut" else exchange.end_streams()
            await until(lambda: calls)
            number = 1
            while len(got.events) < 2:  # the exchange may end the next one, too
                emit(exchange, number := number + 1, product)
                await asyncio.sleep(0.002)
            return numbers(got.events)

    got = asyncio.run(trading())
    delivered = [e.event["number"] for e in exchange.emitted if e.deliveries]
    assert got == delivered[: len(got)]


def test_a_revoked_key_is_reported_and_the_better_one_used(exchange, events_of) -> None:
    async def trading():
        live = Live(exchange)
        old = live.current
        async with Collector(events_of(live, exchange)) as got:
            await subscribed(exchange)
            good = exchange.issue()
            hooks, live._hooks = live._hooks, []

            async def report(error, *, used):
                live.reported.append(used)
                live.current = build(**good.fields())
                return type("Decision", (), {"action": type("Action", (), {"value": "retry"})})

            live.areport_rejection = report
            exchange.keys.revoke(old.api_key.reveal())
            await until(lambda: live.reported)
            await subscribed(exchange)
            emit(exchange, 1)
            await until(lambda: got.events)
            live._hooks = hooks
            return live.reported == [old]

    assert asyncio.run(trading())


def test_a_refusal_that_no_waiting_mends_is_raised(exchange, events_of) -> None:
    """By both ways of iterating."""
    creds = build(**new_key().fields())

    async def taking(product):
        async for _ in events_of(creds, exchange, product):
            raise AssertionError("an event")

    for product in PRODUCTS:
        error = caught(asyncio.run, taking(product))
        assert isinstance(error, VerificationError)
        assert "-2008" in str(error)
    assert isinstance(caught(next, iter(events_of(creds, exchange))), VerificationError)


def test_credentials_that_have_expired_are_no_silence(exchange, events_of) -> None:
    class Expired:
        def __init__(self, first) -> None:
            self._first = [first]

        @property
        def current(self):
            if self._first:
                return self._first[0]
            raise CredentialsExpiredError("too old")

    handle = Expired(build(**exchange.issue().fields()))
    events = events_of(handle, exchange)
    handle._first.clear()
    assert isinstance(caught(next, iter(events)), CredentialsExpiredError)


def test_a_stream_goes_on_after_its_credentials_have_expired(exchange, events_of) -> None:
    class Expiring:
        is_over, refused, pair = False, 0, build(**exchange.issue().fields())

        @property
        def current(self):
            if self.is_over:
                self.refused += 1
                raise CredentialsExpiredError("too old")
            return self.pair

    async def trading():
        handle = Expiring()
        async with Collector(events_of(handle, exchange)) as got:
            await subscribed(exchange)
            handle.is_over = True
            await until(lambda: handle.refused)
            emit(exchange, 1)
            await until(lambda: got.events)
            exchange.end_streams()
            await asyncio.wait([got._task])
            return got._task.exception()

    assert isinstance(asyncio.run(trading()), CredentialsExpiredError)


def test_a_stream_goes_on_while_no_other_can_be_opened(exchange, events_of, caplog) -> None:
    """A new key that is refused, then one that is not; meanwhile the old one delivers."""

    async def trading():
        live = Live(exchange)
        first = live.current
        async with Collector(events_of(live, exchange)) as got:
            await subscribed(exchange)
            live.current = build(**new_key().fields())
            for hook in live._hooks:
                hook(None)
            await until(lambda: "-2008" in caplog.text)
            emit(exchange, 1)
            await until(lambda: got.events)
            live.current = first
            for hook in live._hooks:
                hook(None)
            emit(exchange, 2)
            await until(lambda: len(got.events) > 1)
            opened = exchange.sockets.open
            live.next()
            await until(lambda: exchange.accepted(live.names[-1]))
            emit(exchange, 3)
            await until(lambda: len(got.events) > 2)
            return numbers(got.events), opened

    got, _ = asyncio.run(trading())
    assert got == [1, 2, 3]


def test_connections_that_fail_are_tried_again(exchange, events_of, caplog) -> None:
    async def trading():
        exchange.sockets.refuse(2)
        async with Collector(events_of(Live(exchange), exchange)) as got:
            await subscribed(exchange)
            emit(exchange, 1)
            await until(lambda: got.events)

    asyncio.run(trading())
    assert caplog.text.count("No user data stream could be opened") == 2


def test_a_thread_that_cannot_be_started_is_said(exchange, events_of, monkeypatch) -> None:
    events = events_of(build(**new_key().fields()), exchange)
    monkeypatch.setattr("threading.Thread.start", lambda _: (_ for _ in ()).throw(RuntimeError()))
    error = caught(next, iter(events))
    assert isinstance(error, ProviderUnavailableError)


def test_events_are_taken_without_an_event_loop(exchange, events_of) -> None:
    """In a thread; leaving the loop closes the connection."""
    live, got = Live(exchange), []
    is_there = threading.Event()

    def take() -> None:
        for event in events_of(live, exchange):
            got.append(event["number"])
            is_there.set()
            if event["number"] == 2:
                break

    taker = threading.Thread(target=take)
    taker.start()
    asyncio.run(subscribed(exchange))
    emit(exchange, 1)
    assert is_there.wait(PATIENCE)
    live.next()
    asyncio.run(until(lambda: exchange.accepted(live.names[-1]) and exchange.sockets.open == 1))
    emit(exchange, 2)
    taker.join(PATIENCE)
    assert got == [1, 2]
    asyncio.run(until(lambda: not exchange.sockets.open))
    assert live._hooks == []


def test_addresses_are_those_of_the_environment_or_named(exchange, user_events) -> None:
    creds = build(**new_key().fields())
    testnet = build(**new_key().fields(), environment="testnet")
    assert "product" in str(caught(user_events, creds, product="options"))
    assert isinstance(caught(user_events, testnet, product="margin"), ConfigurationError)
    assert isinstance(
        caught(user_events, testnet, url="wss://ws-api.binance.com/ws-api/v3"), ConfigurationError
    )
    assert isinstance(
        caught(user_events, creds, product="um", rest_url="https://testnet.binancefuture.com"),
        ConfigurationError,
    )
    for product in PRODUCTS:
        user_events(creds, product=product)


def test_nothing_shows_key_or_signature(exchange, events_of, caplog) -> None:
    caplog.set_level(logging.DEBUG)

    async def trading():
        live = Live(exchange)
        for product in PRODUCTS:
            async with Collector(events_of(live, exchange, product)) as got:
                await subscribed(exchange)
                emit(exchange, 1, product)
                await until(lambda got=got: got.events)
            await until(lambda: not exchange.sockets.open)
        return live.names

    names = asyncio.run(trading())
    log = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.server")]
    for name in names:
        assert_no_leak(name, *log)


def test_no_proxy_is_asked_for_this_machine(exchange, events_of, monkeypatch) -> None:
    proxy = Listener()
    proxy.be_proxy(monkeypatch)

    async def trading():
        async with Collector(events_of(Live(exchange), exchange, "um")):
            await subscribed(exchange)

    asyncio.run(trading())
    proxy.close()
    assert proxy.heard == []


@pytest.mark.parametrize("product", ["um", "margin"])
def test_a_limit_of_requests_is_waited_for(exchange, events_of, caplog, product) -> None:
    """For half a minute, or until a rotation."""

    async def trading():
        live = Live(exchange)
        exchange.throttle()
        async with Collector(events_of(live, exchange, product)) as got:
            await until(lambda: "-1003" in caplog.text)
            live.next()
            await subscribed(exchange)
            emit(exchange, 1, product)
            await until(lambda: got.events)

    asyncio.run(trading())
