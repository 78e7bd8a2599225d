"""The WebSocket API of python-binance, whose messages are signed when they are sent."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

import websockets  # python-binance brings it

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._python_binance._clients import joined
from binance_creds.adapters._python_binance._package import BinanceAPIException
from binance_creds.adapters._wire._message import LOGON
from binance_creds.adapters._wire._sessions._logon import Logon
from binance_creds.adapters._wire._sessions._standing import is_nameless, lacks_session
from binance_creds.adapters._wire._streams._refused import RefusedError
from binance_creds.exchange import Security

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Iterable

    from binance_creds._credentials import Credentials
    from binance_creds.adapters._wire._attachment import Attachment
    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["attach_socket", "direct", "quiet"]

# Before version 15 websockets asks no proxy, and takes no such argument.
_NO_PROXY: Final = {
    name: None for name in ("proxy",) if name in signature(websockets.connect).parameters
}
_QUIET: Final = logging.getLogger("binance_creds.adapters.websockets")


def attach_socket(attachment: Attachment, socket: Any, wiring: Wiring) -> None:
    """Let a WebSocket API sign its messages."""
    attachment.set(socket, "_ws_kwargs", quiet(socket._ws_kwargs))  # noqa: SLF001  # no other way
    if is_loopback_url(socket._url):  # noqa: SLF001  # as above
        attachment.set(socket, "_https_proxy", None)
        attachment.set(socket, "_ws_kwargs", direct(socket._ws_kwargs))  # noqa: SLF001  # as above
    attachment.set(socket, "_binance_creds", wiring)
    attachment.set(socket, "_binance_creds_logon", (None, None))
    kind: Any = type(socket)
    attachment.set(socket, "__class__", joined(SigningSocketAPI, kind))


def direct(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of `websockets.connect` that reach this machine past every proxy."""
    return {**options, **_NO_PROXY}


def quiet(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of `websockets.connect` that keep messages, with their keys, out of logs."""
    _QUIET.setLevel(logging.INFO)  # whatever the level of those above it
    return {"logger": _QUIET, **options}


class SigningSocketAPI:
    """Sign each message once there is a connection to send it on.

    Where the key stays outside and can log a session on, it does so once for each connection, and
    messages go without a signature.
    """

    _binance_creds: Wiring
    _binance_creds_logon: tuple[Any, Logon | None]  # of which connection
    _binance_creds_nameless: BinanceAPIException  # the last refusal without an id
    _responses: dict[str, asyncio.Future[Any]]
    _url: str
    ws: Any

    async def request(self, id: str, payload: dict[str, Any]) -> Any:  # noqa: A002  # its name there
        """Send a request, and return its answer; python-binance calls this."""
        rejected, was_lost, is_second = self._binance_creds.rejected, False, False
        while True:
            answer, used, relied = await self._asked(id, payload)
            if not isinstance(answer, BinanceAPIException):
                rejected.accepted(used)
                return answer
            if relied and lacks_session(answer.response) and not was_lost:
                was_lost = True
            elif not await rejected.aagain(answer, used) or is_second:
                raise answer
            else:
                is_second = True

    async def _asked(self, name: str, payload: dict[str, Any]) -> tuple[Any, Any, bool]:
        """Return the answer to a request or its refusal, who signed it, and whether by a logon."""
        base: Any = super()
        await base._ensure_ws_connection()  # noqa: SLF001  # the last wait
        logon, logged_on = self._logon(base), None
        if "signature" in (payload.get("params") or {}):
            with suppress(ConnectionError):  # the request has a further connection then
                logged_on = await logon.holder(payload.get("method"))
        message, used = await self._binance_creds.signer.asign_message(
            payload, self._url, logged_on=logged_on
        )
        standing, relies = logon.standing, used is not None and used is logged_on
        if relies:
            standing.relies(name)
        try:
            answer = await base.request(name, message)
        except BinanceAPIException as error:
            # The frames below have the key in what they call payload.
            answer = error.with_traceback(None)
            if not is_nameless(error.response):
                self._refuse(each for each in standing.heard(error.response) if each != name)
        else:
            self._refuse(standing.answered(name))
        finally:
            standing.forget(name)
        return answer, used, relies

    def _refuse(self, names: Iterable[str]) -> None:
        """Fail requests that were refused without their id."""
        for name in names:
            waiting = self._responses.get(name)
            if waiting is not None and not waiting.done():
                waiting.set_exception(self._binance_creds_nameless)

    def _logon(self, base: Any) -> Logon:
        """Return what logs the connection of now on."""
        connection, logon = self._binance_creds_logon
        if logon is None or connection is not self.ws:
            if logon is not None:
                logon.end()
            logon = Logon(self._binance_creds.signer, partial(self._log_on, base, self.ws))
            self._binance_creds_logon = self.ws, logon
        return logon

    async def _log_on(self, base: Any, connection: Any) -> Credentials:
        number, signer = str(uuid.uuid4()), self._binance_creds.signer
        logon, used = await signer.asign_message(
            {"id": number, "method": LOGON}, self._url, security=Security.SIGNED
        )
        assert used is not None  # noqa: S101  # what is signed is signed by somebody
        if self.ws is connection:  # else this would open another
            await self._granted(base.request(number, logon), used)
        if self.ws is not connection:
            msg = "the connection has been replaced"
            raise ConnectionResetError(msg)
        return used

    @staticmethod
    async def _granted(asked: Awaitable[object], used: Credentials) -> None:
        try:
            await asked
        except BinanceAPIException as error:
            answer = error.response  # the frames below have the key
        else:
            return
        raise RefusedError(answer, used, LOGON)

    def _handle_message(self, msg: Any) -> Any:
        """Give an answer to who waits for it; python-binance calls this.

        A session whose key has become invalid is told so without the id of the request. Where one
        is refused that nobody waits for any more, python-binance would read no further.
        """
        base: Any = super()
        try:
            return base._handle_message(msg)  # noqa: SLF001  # see above
        except BinanceAPIException as error:
            _, logon = self._binance_creds_logon
            if logon is not None and is_nameless(error.response):
                self._binance_creds_nameless = error
                self._refuse(logon.standing.heard(error.response))
            elif error.response.get("id") is None:
                raise
        return None
