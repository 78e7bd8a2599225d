"""What stands in front of the classes of ccxt.pro: user streams that follow the credentials."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ccxt.base.errors import NetworkError

from binance_creds.adapters._ccxt._renew import LISTEN_KEYS
from binance_creds.adapters._ccxt._rest import AsyncExchange
from binance_creds.adapters._ccxt._socket import as_before, as_socket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.adapters._ccxt._streams import Streams

__all__ = ["ProExchange", "release"]


class ProExchange(AsyncExchange):
    """Let the WebSocket connections of an exchange follow the credentials."""

    clients: dict[str, Any]
    options: dict[str, Any]
    urls: dict[str, Any]

    def client(self, url: str) -> Any:
        """Return the connection to an address."""
        client = super().client(url)  # type: ignore[misc]  # of ccxt
        if self._binance_creds is None or self._streams() is None:
            return client
        keys = [stream for stream in self.user_streams().values() if isinstance(stream, str)]
        is_private = any(key in url for key in keys)
        return as_socket(client, self._binance_creds.signer, is_private=is_private)

    async def authenticate(self, params: Mapping[str, Any] | None = None) -> None:
        """Open a user data stream, unless it is open."""
        given, streams = {} if params is None else params, self._streams()
        if streams is None:
            await super().authenticate(given)  # type: ignore[misc]  # of ccxt
            return
        async with streams.opening:
            used = streams.snapshot()
            await super().authenticate(given)  # type: ignore[misc]  # of ccxt
            streams.note(self.user_streams(), used)

    def handle_message(self, client: Any, message: Any) -> None:
        """Take what arrives."""
        streams = self._streams()
        if streams is None or streams.heard(client, message):
            self.tell(client, message)

    def tell(self, client: Any, message: Any) -> None:
        """Let ccxt have a message."""
        super().handle_message(client, message)  # type: ignore[misc]  # of ccxt

    def on_error(self, client: Any, error: Any) -> None:
        """Forget a connection that failed, if it is in use."""
        if self._is_in_use(client):
            super().on_error(client, error)  # type: ignore[misc]  # of ccxt

    def on_close(self, client: Any, error: Any) -> None:
        """Forget a connection that ended, if it is in use."""
        if self._is_in_use(client):
            super().on_close(client, error)  # type: ignore[misc]  # of ccxt

    def _is_in_use(self, client: Any) -> bool:
        is_in_use = self.clients.get(client.url, client) is client
        if is_in_use and client.url == self._api_url and self._has_listen_token():
            self._margin()["lastAuthenticatedTime"] = 0  # else ccxt takes it for subscribed
        return is_in_use

    async def close(self, *arguments: Any, **options: Any) -> None:
        """Close every connection."""
        streams = self._streams()
        if streams is not None:
            await streams.close()
        await super().close(*arguments, **options)  # type: ignore[misc]  # of ccxt

    def user_streams(self) -> dict[str, Any]:
        """Return the user data streams by their kind: the connection, or the listen key."""
        client = (self.clients or {}).get(self._api_url)
        found: dict[str, Any] = {}
        if client is not None and "spot" in client.subscriptions:
            found["spot"] = client
        if client is not None and self._has_listen_token():
            found["margin"] = client
        for kind in LISTEN_KEYS:
            options = self.options.get(kind)
            if isinstance(options, dict) and options.get("listenKey") is not None:
                found[kind] = options["listenKey"]
        return found

    def forget_user_stream(self, kind: str, error: Exception) -> None:
        """Fail what waits for a stream, and let the next call authenticate."""
        stream = self.user_streams().get(kind)
        is_listen_key = isinstance(stream, str)
        if kind != "spot":
            self.options[kind]["lastAuthenticatedTime"] = 0
        if is_listen_key:
            self.options[kind]["listenKey"] = None
        for client in list(self.clients.values()):
            if (stream in client.url) if is_listen_key else (client is stream):
                client.subscriptions.pop(kind, None)
                client.reject(error)

    @property
    def _api_url(self) -> str:
        return str(self.urls["api"]["ws"]["ws-api"]["spot"])

    def _has_listen_token(self) -> bool:
        """Return whether a margin stream is open by a token; ccxt names it much later."""
        margin = self._margin()
        return bool(margin.get("listenToken") and margin.get("lastAuthenticatedTime"))

    def _margin(self) -> dict[str, Any]:
        return self.options.get("margin") or {}

    def _streams(self) -> Streams | None:
        way = self._binance_creds
        return None if way is None else way.streams


def release(exchange: Any) -> None:
    """Let the connections of an exchange that was detached be ccxt's own, and end them.

    They would go on to sign for what the exchange no longer has.
    """
    loop: Any = exchange.asyncio_loop  # set, where there are connections
    clients = list((exchange.clients or {}).values())
    for client in clients:
        logon = getattr(client, "logon", None)
        as_before(client)
        client.on_message_callback = exchange.handle_message
        client.on_error_callback, client.on_close_callback = exchange.on_error, exchange.on_close
        with suppress(RuntimeError):  # its loop has closed
            if logon is not None:
                loop.call_soon_threadsafe(logon.end)
            loop.call_soon_threadsafe(client.on_error, NetworkError("the adapter was detached"))
