"""A client that builds on a session of aiohttp, and signs with placeholders."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager

import aiohttp
import pytest
from support import build, caught

from binance_creds import KeyType
from binance_creds.adapters._aiohttp._session import attach_session, prove, unconnected_session
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.adapters._wire._rejected import Rejected
from binance_creds.adapters._wire._request import PLACEHOLDER_KEY
from binance_creds.adapters._wire._signer import WireSigner
from binance_creds.errors import ConfigurationError, CredentialsExpiredError

ACCOUNT, ORDER, PING = "/api/v3/account", "/api/v3/order/test", "/api/v3/ping"


def placeholders(**more) -> dict[str, object]:
    stamp = int(time.time() * 1000) - 3_600_000
    return {**more, "timestamp": str(stamp), "signature": "0" * 64}


@pytest.fixture(params=list(KeyType))
def key(request, exchange):
    return exchange.issue(request.param)


@asynccontextmanager
async def attached(key, **options):
    """A session as such a client has it."""
    async with aiohttp.ClientSession(
        headers={"X-MBX-APIKEY": PLACEHOLDER_KEY}, **options
    ) as session:
        signer = WireSigner(build(**key.fields()))
        with Attachment() as attachment:
            attach_session(attachment, session, signer.aresign, sign_message=signer.asign_message)
            prove(signer, session, "the client")
        yield session


async def status(answering) -> int:
    async with answering as answer:
        await answer.read()
        return answer.status


def test_a_signature_is_replaced_where_it_stands(key, exchange) -> None:
    """In the query, and in a body that becomes longer or shorter; traces see the placeholders."""
    order = placeholders(symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1")
    seen = []
    config = aiohttp.TraceConfig()

    async def note(_, __, params) -> None:
        seen.append(params.chunk)

    config.on_request_chunk_sent.append(note)

    async def trading():
        async with attached(key, trace_configs=[config]) as session:
            assert (
                await status(session.get(exchange.url + ACCOUNT, params=placeholders(x="é"))) == 200
            )
            assert await status(session.post(exchange.url + ORDER, data=order)) == 200
            assert await status(session.post(exchange.url + ORDER, params=order)) == 200

    asyncio.run(trading())
    assert exchange.rejected() == exchange.mixed() == []
    assert [b"0" * 64 in chunk for chunk in seen if chunk] == [True]


def test_a_public_request_has_no_key(key, recorder) -> None:
    async def trading():
        async with attached(key) as session:
            await status(session.get(recorder.url + PING))
            await status(
                session.get(recorder.url + PING, headers={"X-MBX-APIKEY": PLACEHOLDER_KEY})
            )

    asyncio.run(trading())
    assert not any("X-MBX-APIKEY" in seen.headers for seen in recorder.seen)


def test_a_handshake_without_placeholders_is_left_alone(key, exchange) -> None:
    """With a placeholder it gets the key: streams of the SDK have one."""

    async def trading():
        async with attached(key) as session:
            async with session.ws_connect(exchange.ws_url + "/ws-api/v3") as socket:
                await socket.send_str("[]")
            session.headers.pop("X-MBX-APIKEY")
            async with session.ws_connect(exchange.ws_url + "/ws-api/v3") as socket:
                await socket.send_bytes(b"[]")

    asyncio.run(trading())
    assert exchange.sockets.opened == 2


def test_messages_with_placeholders_are_signed(key, exchange) -> None:
    """And only those."""
    asked = {"apiKey": PLACEHOLDER_KEY, "signature": "0", "timestamp": 1}
    heard = []

    class Recording(aiohttp.ClientWebSocketResponse):
        async def send_bytes(self, data, *_, **__) -> None:
            heard.append(data)

    async def trading():
        async with attached(key, ws_response_class=Recording) as session:
            async with session.ws_connect(exchange.ws_url + "/ws-api/v3") as socket:
                for message in (
                    {"id": 1, "method": "account.status", "params": asked},
                    {"id": 2, "method": "ping", "params": {}},
                    {"id": 3, "method": "no", "params": ['"apiKey"']},
                ):
                    await socket.send_json(message)
                    await socket.send_bytes(json.dumps(message).encode())
                await socket.send_str('no json with "apiKey"')
                return [(await socket.receive_json())["status"] for _ in "123"]

    assert asyncio.run(trading()) == [200, 200, 400]
    assert exchange.mixed() == []
    assert json.loads(heard[0])["params"]["apiKey"] == key.api_key
    assert json.loads(heard[1]) == {"id": 2, "method": "ping", "params": {}}


def test_a_message_that_is_no_text_is_refused_by_aiohttp(key, exchange) -> None:
    async def trading():
        async with attached(key) as session:
            async with session.ws_connect(exchange.ws_url + "/ws-api/v3") as socket:
                for send in (socket.send_str, socket.send_bytes):
                    with pytest.raises(TypeError):
                        await send(None)

    asyncio.run(trading())


def test_a_session_without_middlewares_repeats_nothing(key) -> None:
    """aiohttp before 3.12 has none."""

    async def attaching():
        async with aiohttp.ClientSession() as session:
            del session._middlewares
            signer = WireSigner(build(**key.fields()))
            with Attachment() as attachment:
                rejected = Rejected(signer)
                error = caught(attach_session, attachment, session, signer.asign, rejected=rejected)
            attachment.detach()
            return error

    error = asyncio.run(attaching())
    assert isinstance(error, ConfigurationError)
    assert "3.12" in error.hint


def test_credentials_that_cannot_be_had_are_said_to_be_that(key) -> None:
    class Expiring:
        current = build(**key.fields())

    async def attaching():
        handle = Expiring()
        signer = WireSigner(handle)
        Expiring.current = property(lambda _: (_ for _ in ()).throw(CredentialsExpiredError("old")))
        async with aiohttp.ClientSession() as session:
            with Attachment() as attachment:
                attach_session(attachment, session, signer.asign)
                return caught(prove, signer, session, "the client")

    assert isinstance(asyncio.run(attaching()), CredentialsExpiredError)


def test_an_unconnected_session_sends_nothing(key, exchange) -> None:
    """Its requests come to the signer, and end there."""

    async def proving():
        session = unconnected_session()
        signer = WireSigner(build(**key.fields()))
        with Attachment() as attachment:
            attach_session(attachment, session, signer.asign)
            with signer.proving() as proof:
                await session.get(exchange.url + ACCOUNT)
        session.detach()
        return proof.is_reached

    assert asyncio.run(proving())
    assert exchange.requests == []


def test_the_address_of_a_request_looks_as_it_did(key, exchange) -> None:
    """While it is sent, only path and query are others."""
    shown = []

    class Watched(aiohttp.ClientRequest):
        async def send(self, conn):
            shown.append((repr(self.url), str(self.url), self.is_ssl()))
            return await super().send(conn)

    async def trading():
        async with attached(key, request_class=Watched) as session:
            await status(
                session.get(exchange.url + ACCOUNT, params={"signature": "0", "timestamp": "1"})
            )

    asyncio.run(trading())
    url = f"{exchange.url}{ACCOUNT}?signature=0&timestamp=1"
    assert shown == [(f"URL('{url}')", url, False)]
