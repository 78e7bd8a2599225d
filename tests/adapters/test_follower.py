"""What follows user events, with streams that are scripted: keeping alive, renewing, ending."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest
from support import build, new_key
from waiting import PATIENCE

from binance_creds.adapters._aiohttp._transport import AiohttpTransport
from binance_creds.adapters._websockets._transport import WebsocketsTransport
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._request import Outgoing
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.adapters._wire._streams._follower import Follower
from binance_creds.adapters._wire._streams._reader import Reader, StreamOverError
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.adapters._wire._streams._subscriptions import Place, opener
from binance_creds.exchange import Security
from binance_creds.testing import FakeExchange


class Stream:
    """A subscription that a test feeds; what it has not read yet is read after its end."""

    def __init__(self, used, *, renew_seconds=None, keeps=()) -> None:
        self.used, self.renew_seconds, self._keeps = used, renew_seconds, list(keeps)
        self.queue, self.kept, self.is_closed = asyncio.Queue(), 0, False
        self.ends = True

    async def receive(self):
        item = await self.queue.get()
        if isinstance(item, BaseException):
            raise item
        return item

    async def end(self) -> None:
        if self.ends:
            self.queue.put_nowait(StreamOverError())

    async def keep(self) -> bool:
        self.kept += 1
        answer = self._keeps.pop(0) if self._keeps else False
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def close(self) -> None:
        self.is_closed = True


async def following(*streams, reconcile=None, take):
    """Take so many events of scripted streams that are opened in turn."""
    creds, left, got = build(**new_key().fields()), list(streams), []

    async def open_():
        return left.pop(0)(creds)

    follower = Follower(open_, creds, rejected=Rejected(WireSigner(creds)), reconcile=reconcile)
    events = follower.events()
    async with asyncio.timeout(PATIENCE):
        while len(got) < take:
            got.append((await anext(events))["number"])
    await events.aclose()
    return got


def stream_of(made, *numbers, over=False, **options):
    def make(creds):
        stream = Stream(creds, **options)
        for number in numbers:
            stream.queue.put_nowait({"e": "x", "number": number})
        if over:
            stream.queue.put_nowait(StreamOverError())
        made.append(stream)
        return stream

    return make


def test_a_stream_is_kept_alive_until_it_cannot_be() -> None:
    """Then the next one takes over: after a refusal, an error, or where none keeps it."""
    made, calls = [], []
    renew = {"renew_seconds": 0.01}
    streams = [
        stream_of(made, 1, keeps=[True, True, False], **renew),
        stream_of(made, 2, keeps=[True, RefusedError(b'{"code": -1125}', None)], **renew),
        stream_of(made, 3, keeps=[OSError()], **renew),
        stream_of(made, 4),
    ]
    got = asyncio.run(following(*streams, reconcile=lambda: calls.append(1), take=4))
    assert got == [1, 2, 3, 4]
    assert [stream.kept for stream in made] == [3, 2, 1, 0]
    assert all(stream.is_closed for stream in made)
    assert len(calls) == 3


def test_a_stream_that_does_not_end_is_closed_all_the_same(monkeypatch) -> None:
    monkeypatch.setattr("binance_creds.adapters._wire._streams._reader.FAREWELL_SECONDS", 0.01)
    made = []

    def stubborn(creds):
        stream = stream_of(made, 1, renew_seconds=0.01)(creds)
        stream.ends = False
        return stream

    assert asyncio.run(following(stubborn, stream_of(made, 2), take=2)) == [1, 2]
    assert made[0].is_closed


def test_a_reader_that_was_never_started_ends_too() -> None:
    async def ending():
        await Reader().finish()
        await Reader().close()

    asyncio.run(ending())


@pytest.mark.parametrize("error", [OSError("gone"), StreamOverError()])
def test_a_stream_that_is_gone_is_followed_by_another(error) -> None:
    made = []

    def failing(creds):
        stream = stream_of(made, 1)(creds)
        stream.queue.put_nowait(error)
        return stream

    assert asyncio.run(following(failing, stream_of(made, 2), take=2)) == [1, 2]


def test_streams_that_end_at_once_are_not_opened_without_a_pause() -> None:
    """The first time it is; then after a quarter of a second, and more."""
    made = []
    streams = [stream_of(made, number, over=True) for number in range(4)]
    began = time.monotonic()
    assert asyncio.run(following(*streams, take=4)) == [0, 1, 2, 3]
    assert time.monotonic() - began > 0.5


TRANSPORTS = [WebsocketsTransport({}), AiohttpTransport({})]


@pytest.mark.parametrize("transport", TRANSPORTS, ids=["websockets", "aiohttp"])
def test_a_listen_key_is_kept_alive_with_the_key_of_now(exchange, transport) -> None:
    """Until the exchange has ended it, or has another one."""
    handle = type("Live", (), {"current": build(**exchange.issue().fields())})
    place = Place("um", exchange.ws_url, exchange.url)

    async def keeping():
        stream = await opener(WireSigner(handle), place, transport)()
        handle.current = build(**exchange.issue().fields())
        assert await stream.keep()
        assert exchange.accepted(handle.current.api_key.reveal()) == 1
        exchange.end_streams()
        with pytest.raises(RefusedError):
            await stream.keep()
        with pytest.raises(StreamOverError):
            await stream.receive()
        await stream.close()

    asyncio.run(keeping())


@pytest.mark.parametrize("transport", TRANSPORTS, ids=["websockets", "aiohttp"])
def test_what_is_not_there_is_an_error_without_the_key(transport) -> None:
    """Neither its text nor a frame has key, signature or listen key."""
    with FakeExchange() as gone:
        url, ws_url = gone.url, gone.ws_url
    key = new_key()
    signer = WireSigner(build(**key.fields()))

    async def asking():
        found = []
        signed = await signer.asign(
            Outgoing("POST", f"{url}/fapi/v1/listenKey"), security=Security.KEY
        )
        for call in (
            lambda: transport.request("POST", signed),
            lambda: transport.connect(f"{ws_url}/ws/listen-key-of-somebody"),
        ):
            with pytest.raises(OSError) as caught:
                await call()
            found.append(caught.value)
        return found

    for error in asyncio.run(asking()):
        trace, frames = error.__traceback__, []
        while trace is not None:
            frames.append(
                str(
                    {k: v for k, v in trace.tb_frame.f_locals.items() if k not in {"key", "signed"}}
                )
            )
            trace = trace.tb_next
        assert key.api_key not in str(frames) + str(error)


@pytest.mark.parametrize("transport", TRANSPORTS, ids=["websockets", "aiohttp"])
def test_a_redirect_is_not_followed(recorder, transport) -> None:
    recorder.redirects["/fapi/v1/listenKey"] = f"{recorder.url}/elsewhere"
    signer = WireSigner(build(**new_key().fields()))

    async def asking():
        url = f"{recorder.url}/fapi/v1/listenKey"
        signed = await signer.asign(Outgoing("POST", url), security=Security.KEY)
        return await transport.request("POST", signed)

    assert asyncio.run(asking()) == b"{}"
    assert len(recorder.seen) == 1


@pytest.mark.parametrize("transport", TRANSPORTS, ids=["websockets", "aiohttp"])
def test_an_answer_that_is_none_is_refused(recorder, transport) -> None:
    """Of a server that is no exchange."""
    signer = WireSigner(build(**new_key().fields()))

    async def opening(product):
        with pytest.raises((RefusedError, OSError)):
            await opener(signer, Place(product, "ws://127.0.0.1:1", recorder.url), transport)()

    for product in ("um", "margin"):
        asyncio.run(opening(product))


class Scripted:
    """A transport whose answers are given."""

    def __init__(self, rest=b"", messages=()) -> None:
        self._rest, self._messages, self.sent, self.is_closed = rest, list(messages), [], False

    async def connect(self, url):
        return self

    async def request(self, method, signed):
        return self._rest

    async def send(self, text) -> None:
        self.sent.append(json.loads(text))

    async def receive(self):
        if not self._messages:
            raise StreamOverError
        return self._messages.pop(0)

    async def close(self) -> None:
        self.is_closed = True


LOCAL = "ws://127.0.0.1:1/ws-api/v3"


def test_an_event_that_comes_before_the_answer_is_not_lost() -> None:
    """Nor does what is no event stop the stream; one without a number is ended whole."""
    event = {"e": "x", "number": 1}
    messages = [
        json.dumps({"subscriptionId": 0, "event": event}),
        '{"id": 1, "status": 200, "result": {}}',
        "no json",
        "[1]",
        '{"event": {"note": "no name"}}',
        json.dumps({"stream": "s", "data": {**event, "number": 2}}),
    ]
    transport = Scripted(messages=messages)

    async def opening():
        signer = WireSigner(build(**new_key().fields()))
        stream = await opener(signer, Place("spot", LOCAL, ""), transport)()
        got = [(await stream.receive())["number"] for _ in "12"]
        await stream.end()
        assert not await stream.keep()
        return got

    assert asyncio.run(opening()) == [1, 2]
    assert transport.sent[-1]["params"] == {}


def test_a_token_that_is_not_taken_closes_the_connection() -> None:
    token = b'{"token": "t", "expirationTime": 1}'
    transport = Scripted(token, ['{"id": 1, "status": 400, "error": {"code": -1209}}'])

    async def opening():
        signer = WireSigner(build(**new_key().fields()))
        place = Place("margin", LOCAL, "http://127.0.0.1:1")
        with pytest.raises(RefusedError):
            await opener(signer, place, transport)()

    asyncio.run(opening())
    assert transport.is_closed


def test_a_handshake_that_is_refused_or_given_up_leaves_nothing_open(exchange) -> None:
    """With aiohttp each connection has a session of its own."""
    transport = AiohttpTransport({})
    exchange.sockets.refuse()
    silent = socket.create_server(("127.0.0.1", 0))

    async def connecting():
        with pytest.raises(ConnectionError):
            await transport.connect(exchange.ws_url + "/ws-api/v3")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await transport.connect(f"ws://127.0.0.1:{silent.getsockname()[1]}/")

    asyncio.run(connecting())
    silent.close()


def test_a_channel_that_is_gone_takes_no_message(exchange) -> None:
    async def sending():
        channel = await WebsocketsTransport({}).connect(exchange.ws_url + "/ws-api/v3")
        await channel.close()
        with pytest.raises(StreamOverError):
            await channel.send("{}")

    asyncio.run(sending())


class Telling:
    """A handle whose rotations a test tells."""

    def __init__(self) -> None:
        self.current = build(**new_key().fields())

    def on_rotation(self, tell):
        self.tell = tell
        return lambda: None


@pytest.mark.parametrize("turns", range(6))
def test_what_ends_together_with_a_rotation_leaves_nothing_open(turns) -> None:
    """The news and the cancellation come in the same turns of the loop."""
    made, handle = [], Telling()

    async def open_():
        return stream_of(made, 1)(handle.current)

    async def main() -> None:
        follower = Follower(open_, handle, rejected=Rejected(WireSigner(handle)))
        events = follower.events()
        await anext(events)
        await asyncio.sleep(0)
        handle.tell(None)
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            await events.aclose()
        assert all(stream.is_closed for stream in made)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [one for one in tasks if "_supervise" in repr(one)]

    asyncio.run(main())
