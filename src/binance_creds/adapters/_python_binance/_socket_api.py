"""The WebSocket API of python-binance, whose messages are signed when they are sent."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

import websockets  # python-binance brings it

from binance_creds._enums import KeyType
from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._python_binance._clients import joined
from binance_creds.adapters._python_binance._package import BinanceAPIException
from binance_creds.adapters._wire._message import LOGON, SIGNED_ALWAYS
from binance_creds.exchange import Security

if TYPE_CHECKING:
    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._attachment import Attachment
    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["attach_socket", "direct", "quiet"]

# Before version 15 websockets asks no proxy, and takes no such argument.
_NO_PROXY: Final = {
    name: None for name in ("proxy",) if name in signature(websockets.connect).parameters
}
_UNAUTHORIZED: Final = 401
_QUIET: Final = logging.getLogger("binance_creds.adapters.websockets")


def attach_socket(attachment: Attachment, socket: Any, wiring: Wiring) -> None:
    """Let a WebSocket API sign its messages."""
    attachment.set(socket, "_ws_kwargs", quiet(socket._ws_kwargs))  # noqa: SLF001  # no other way
    if is_loopback_url(socket._url):  # noqa: SLF001  # as above
        attachment.set(socket, "_https_proxy", None)
        attachment.set(socket, "_ws_kwargs", direct(socket._ws_kwargs))  # noqa: SLF001  # as above
    attachment.set(socket, "_binance_creds", wiring)
    attachment.set(socket, "_binance_creds_session", _Session())
    kind: Any = type(socket)
    attachment.set(socket, "__class__", joined(SigningSocketAPI, kind))


def direct(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of `websockets.connect` that reach this machine past every proxy."""
    return {**options, **_NO_PROXY}


def quiet(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of `websockets.connect` that keep messages, with their keys, out of logs."""
    _QUIET.setLevel(logging.INFO)  # whatever the level of those above it
    return {"logger": _QUIET, **options}


class _Session:
    """Who is logged on where, with a key that stays outside.

    Attributes:
        logged_on: whose session a connection is.
        connection: that connection.
        turn: held while one logs on.
        unsigned: the ids of requests without a signature that wait for their answers, in order.
    """

    def __init__(self) -> None:
        self.logged_on: Credentials | None = None
        self.connection: Any = None
        self.turn = asyncio.Lock()
        self.unsigned: dict[str, None] = {}


class SigningSocketAPI:
    """Sign each message once there is a connection to send it on.

    Where the key stays outside and can log a session on, it does so once for each connection, and
    messages go without a signature.
    """

    _binance_creds: Wiring
    _binance_creds_session: _Session
    _responses: dict[str, asyncio.Future[Any]]
    _url: str
    ws: Any

    async def request(self, id: str, payload: dict[str, Any]) -> Any:  # noqa: A002  # its name there
        """Send a request, and return its answer; python-binance calls this."""
        wiring: Wiring = self._binance_creds
        base: Any = super()
        await base._ensure_ws_connection()  # noqa: SLF001  # the last wait
        session = self._binance_creds_session
        logged_on = await self._log_on(base) if _may_go_unsigned(payload) else None
        message, used = await wiring.signer.asign_message(payload, self._url, logged_on=logged_on)
        if used is not None and used is logged_on:
            session.unsigned[id] = None
        try:
            answer = await base.request(id, message)
        except BinanceAPIException as error:
            # The frames below have the key in what they call payload.
            refused = error.with_traceback(None)
            session.logged_on = None
        else:
            wiring.rejected.accepted(used)
            return answer
        finally:
            session.unsigned.pop(id, None)
        if not await wiring.rejected.aagain(refused, used):
            raise refused
        message, _ = await wiring.signer.asign_message(payload, self._url)
        return await base.request(id, message)

    async def _log_on(self, base: Any) -> Credentials | None:
        """Return whose session the connection is, after a logon if each signature takes time."""
        session, signer = self._binance_creds_session, self._binance_creds.signer
        last = signer.last_used
        if last is None or last.signed_by is None:  # a key in the process signs in microseconds
            return None
        current = signer.credentials.current
        if current.signed_by is None or current.key_type is not KeyType.ED25519:
            return None
        async with session.turn:
            if session.logged_on is current and session.connection is self.ws:
                return current
            number = str(uuid.uuid4())
            session.connection, session.logged_on = self.ws, None
            logon, used = await signer.asign_message(
                {"id": number, "method": LOGON}, self._url, security=Security.SIGNED
            )
            with suppress(BinanceAPIException):  # the request itself is signed then, and refused
                await base.request(number, logon)
                session.logged_on = used
            return session.logged_on

    def _handle_message(self, msg: Any) -> Any:
        """Give an answer to who waits for it; python-binance calls this.

        A session whose key has become invalid is told so without the id of the request.
        """
        base: Any = super()
        try:
            return base._handle_message(msg)  # noqa: SLF001  # see above
        except BinanceAPIException as error:
            waiting = self._responses.get(next(iter(self._binance_creds_session.unsigned), ""))
            if error.status_code != _UNAUTHORIZED or waiting is None or waiting.done():
                raise
            waiting.set_exception(error)
        return None


def _may_go_unsigned(payload: dict[str, Any]) -> bool:
    params = payload.get("params") or {}
    return "signature" in params and payload.get("method") not in SIGNED_ALWAYS
