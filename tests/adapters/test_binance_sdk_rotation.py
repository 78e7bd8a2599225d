"""One client of the official SDK through rotations under load, REST and WebSockets at once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle, islice, pairwise

import pytest

pytest.importorskip("binance_common")

from sdk_sockets import ORDER, Handle, bot, until
from support import rotations

from binance_creds import KeyType

TASKS = 100
THREADS = 8
PAUSE = 20  # tests of orders between two that are placed, each of which is two events


@pytest.mark.unmeasured
@rotations(3, 20)
def test_nothing_is_refused_mixed_doubled_or_lost(exchange, rotations) -> None:
    """100 tasks and 8 threads place orders while key types change.

    Every order is an event of the user data stream, on a session that is logged on when it can be.
    A key is revoked once its successor is in use everywhere and its last request is answered.
    """
    types = cycle([KeyType.ED25519, KeyType.HMAC, KeyType.ED25519, KeyType.RSA])
    keys = [exchange.issue(key_type) for key_type in islice(types, rotations + 1)]
    heard, is_over, turns = [], threading.Event(), [0] * (TASKS + THREADS)

    def by_rest(rest, number: int) -> None:
        while not is_over.is_set():
            order = rest.order_test if turns[number] % PAUSE else rest.new_order
            assert order(**ORDER).status == 200
            turns[number] += 1

    async def by_socket(api, number: int) -> None:
        while not is_over.is_set():
            order = api.order_test if turns[number] % PAUSE else api.order_place
            assert (await order(**ORDER)).data().status == 200
            turns[number] += 1

    async def trade() -> None:
        handle = Handle(keys[0])
        async with bot(exchange, handle, size=2, is_whole=True) as spot:
            api, rest = spot.websocket_api, spot.rest_api
            for _ in api.connections:
                await api.session_logon()
            answer = await api.user_data_stream_subscribe()
            answer.stream.on("message", lambda event: heard.append(named(event)))
            numbers = iter(range(TASKS + THREADS))
            work = [by_socket(api, number) for number in islice(numbers, TASKS)]
            run = partial(asyncio.get_running_loop().run_in_executor, ThreadPoolExecutor(THREADS))
            work += [run(by_rest, rest, number) for number in numbers]
            working = asyncio.gather(*work)
            try:
                for old, new in pairwise(keys):
                    handle.rotate(new)
                    await until(lambda key=new: all_follow(exchange, api, key) or working.done())
                    before = list(turns)
                    await until(lambda b=before: has_turned(b, turns) or working.done())
                    exchange.keys.revoke(old.api_key)
            finally:
                is_over.set()
            await working
            await until(lambda: len(heard) >= len(exchange.emitted))

    asyncio.run(trade())
    assert exchange.rejected() == exchange.mixed() == exchange.doubled() == []
    emitted = [each.event for each in exchange.emitted]
    assert [(event["e"], event.get("i")) for event in emitted] == heard
    assert min(exchange.accepted(key.api_key) for key in keys) > TASKS


def all_follow(exchange, api, key) -> bool:
    can_log_on = key.key_type is KeyType.ED25519
    sessions = [each.is_session_log_on for each in api.connections]
    return sessions == [can_log_on] * 2 and exchange.sockets.open == 2


def has_turned(before, turns) -> bool:
    return all(now > then + 1 for then, now in zip(before, turns, strict=True))


def named(event) -> tuple[str, int | None]:
    """Return the kind of an event, and the order that it is about."""
    event = getattr(event, "actual_instance", event)
    kind = type(event).__name__
    return f"{kind[0].lower()}{kind[1:]}", getattr(event, "i", None)
