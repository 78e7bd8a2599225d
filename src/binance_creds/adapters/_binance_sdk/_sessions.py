"""The WebSocket API of the SDK, with connections that follow the credentials."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from binance_creds.adapters._binance_sdk._socket import Socket
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.adapters._wire._attachment import Attachment
    from binance_creds.adapters._wire._wiring import Wiring

__all__ = ["attach_sockets"]


def attach_sockets(attachment: Attachment, api: Any, wiring: Wiring) -> None:
    """Let the WebSocket connections of a client follow the credentials. Streams are public.

    Raises:
        ConfigurationError: it has some already, or its class is unknown.
    """
    kind: Any = type(api)
    if not all(hasattr(kind, name) for name in ("connect", "init_connection", "close_connection")):
        raise _unknown(kind.__name__)
    if not hasattr(kind, "session_re_log_on") or hasattr(kind, "subscribe"):
        return
    if api.connections:
        msg = f"this {kind.__name__} has open connections already."
        raise ConfigurationError(msg, hint="Attach before create_connection().")
    attachment.set(api, "_binance_creds", wiring)
    attachment.set(api, "__class__", _rotating(kind))
    attachment.call_on_undo(_uncover, api)


class _Rotating:
    """What stands in front of a class of the SDK."""

    session: Any
    connections: list[Any]
    _binance_creds: Wiring

    async def connect(self, url: str, *arguments: Any, **options: Any) -> Any:
        """Connect, to where the key may go; the SDK itself logs what it refuses, and goes on."""
        self._binance_creds.signer.check(url)
        if not hasattr(self, "user_stream_connections"):
            raise _unknown(type(self).__name__)
        return await super().connect(url, *arguments, **options)  # type: ignore[misc]  # of the SDK

    async def init_connection(self, url: str, *arguments: Any, **options: Any) -> None:
        """Make a connection."""
        self._binance_creds.signer.check(url)
        if self.session is not None and not isinstance(self.session, _Session):
            self.session = _Session(self.session, self)
        await super().init_connection(url, *arguments, **options)  # type: ignore[misc]  # as above
        if not isinstance(self.connections[-1].websocket, Socket):
            raise _unknown(type(self).__name__)

    async def session_re_log_on(self, request: Mapping[str, Any], connection: Any) -> bool:
        """Log on again after the SDK has made a new connection."""
        connection.session_logon_request = request
        return bool(request) and await connection.websocket.log_on(request)


class _Session:
    """A session of aiohttp whose WebSocket connections follow the credentials."""

    def __init__(self, session: Any, api: _Rotating) -> None:
        self._session = session
        self._api = api

    async def ws_connect(self, url: str, **options: Any) -> Socket:
        """Connect."""
        dial = partial(self._session.ws_connect, url, **options)
        api = self._api
        return await Socket(dial, str(url), api._binance_creds, partial(_mark, api)).open()  # noqa: SLF001  # of this module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def _mark(api: _Rotating, socket: Socket, *, is_logged_on: bool) -> None:
    for connection in api.connections:
        if connection.websocket is socket:
            connection.is_session_log_on = is_logged_on


@cache
def _rotating(kind: Any) -> Any:
    """Return a class of the SDK with connections that follow the credentials."""
    return type(kind.__name__, (_Rotating, kind), {"__module__": kind.__module__})


def _uncover(api: Any) -> None:
    if isinstance(api.session, _Session):
        api.session = api.session._session  # noqa: SLF001  # of this module


def _unknown(name: str) -> ConfigurationError:
    msg = f"{name} makes WebSocket connections in an unknown way."
    return ConfigurationError(msg, hint="Known are binance-common 4.6 and 4.7.")
