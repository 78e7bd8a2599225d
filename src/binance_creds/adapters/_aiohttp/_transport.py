"""How user data streams are sent with aiohttp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientRequest, ClientSession, WSMsgType
from yarl import URL

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._aiohttp._request import WithoutNetrc, look_for_no_login
from binance_creds.adapters._wire._request import API_KEY_HEADER
from binance_creds.adapters._wire._streams._reader import StreamOverError

if TYPE_CHECKING:
    from binance_creds.adapters._wire._request import Signed

__all__ = ["AiohttpTransport"]


class AiohttpTransport:
    """WebSockets and requests, each of a session of its own that does not sign.

    Args:
        options: of `aiohttp.ClientSession`.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options

    async def connect(self, url: str) -> _Channel:
        session = self._session(url)
        try:
            return _Channel(session, await session.ws_connect(url))
        except ClientError as error:  # which may name the listen key of the address
            kind = type(error).__name__
            await session.close()
        except BaseException:
            await session.close()
            raise
        msg = f"the exchange did not open a WebSocket ({kind})"
        raise ConnectionError(msg)

    async def request(self, method: str, signed: Signed) -> bytes:
        headers = {API_KEY_HEADER: signed.api_key.reveal()} if signed.api_key is not None else {}
        try:
            async with (
                self._session(signed.url) as session,
                session.request(
                    method,
                    URL(signed.url, encoded=True),
                    data=signed.body or None,
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                return await answer.read()
        except ClientError as error:
            kind = type(error).__name__
        finally:
            del headers  # a traceback with locals must not find the key here
        msg = f"the exchange did not answer ({kind})"
        raise ConnectionError(msg)

    def _session(self, url: str) -> ClientSession:
        direct = {"trust_env": False, "proxy": None} if is_loopback_url(url) else {}
        session = ClientSession(**{"request_class": _Request, **self._options, **direct})
        look_for_no_login(session)
        return session


class _Request(WithoutNetrc, ClientRequest):
    """Is sent without a login of `.netrc`."""


class _Channel:
    def __init__(self, session: ClientSession, socket: Any) -> None:
        self._session = session
        self._socket = socket

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)

    async def receive(self) -> str | bytes:
        message = await self._socket.receive()
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            raise StreamOverError
        data: str | bytes = message.data
        return data

    async def close(self) -> None:
        await self._socket.close()
        await self._session.close()
