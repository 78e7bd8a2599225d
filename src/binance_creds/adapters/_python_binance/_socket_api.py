"""The WebSocket API of python-binance, whose messages are signed when they are sent."""

from __future__ import annotations

import logging
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

import websockets  # python-binance brings it

from binance_creds._loopback import is_loopback_url
from binance_creds.adapters._python_binance._clients import joined
from binance_creds.adapters._python_binance._package import BinanceAPIException

if TYPE_CHECKING:
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
    """Sign each message once there is a connection to send it on."""

    _binance_creds: Wiring
    _url: str

    async def request(self, id: str, payload: dict[str, Any]) -> Any:  # noqa: A002  # its name there
        """Send a request, and return its answer; python-binance calls this."""
        wiring: Wiring = self._binance_creds
        base: Any = super()
        await base._ensure_ws_connection()  # noqa: SLF001  # the last wait
        message, used = await wiring.signer.asign_message(payload, self._url)
        try:
            answer = await base.request(id, message)
        except BinanceAPIException as error:
            # The frames below have the key in what they call payload.
            refused = error.with_traceback(None)
        else:
            wiring.rejected.accepted(used)
            return answer
        if not await wiring.rejected.aagain(refused, used):
            raise refused
        message, _ = await wiring.signer.asign_message(payload, self._url)
        return await base.request(id, message)
