"""A session of the WebSocket API: who is logged on, and what it is asked.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md (Session Authentication, Authentication
requests, User Data Stream requests).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from binance_creds._enums import KeyType
from binance_creds.testing.exchange._errors import ExchangeError, mandatory, refused
from binance_creds.testing.exchange._incoming import Incoming
from binance_creds.testing.exchange._websocket._message import answer_of, error_of, read
from binance_creds.testing.exchange._websocket._methods import twin_of
from binance_creds.testing.exchange._websocket._session_streams import SessionStreams

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._keys import RegisteredKey
    from binance_creds.testing.exchange._websocket._connection import Connection
    from binance_creds.testing.exchange._websocket._message import Message
    from binance_creds.testing.exchange._websocket._venue import Venue

__all__ = ["WebSocketSession"]


class WebSocketSession:
    """Answer the messages of one connection to a WebSocket API."""

    def __init__(self, api: str, connection: Connection, venue: Venue) -> None:
        self._api: Final = api
        self._connection: Final = connection
        self._venue: Final = venue
        self._streams: Final = SessionStreams(connection, venue.streams)
        self._connected_since: Final = venue.now_ms()
        self._authorized_since: int | None = None
        self._key: RegisteredKey | None = None
        self._own: dict[str, Callable[[Message], object]] = {
            "session.logon": self._log_on,
            "session.status": self._status,
            "session.logout": self._log_out,
        }
        if api == "/ws-api/v3":
            self._own |= {
                "session.subscriptions": self._subscriptions,
                "userDataStream.subscribe": self._subscribe,
                "userDataStream.subscribe.signature": self._subscribe_by_signature,
                "userDataStream.subscribe.listenToken": self._subscribe_by_token,
                "userDataStream.unsubscribe": self._unsubscribe,
            }

    def hear(self, text: str) -> None:
        """Answer a message."""
        message = None
        try:
            message = read(text)
            answer = answer_of(message.id, self._answer(message))
        except ExchangeError as error:
            is_revoked = message is not None and self._is_revoked(message, error)
            answer = error_of(message.id if message and not is_revoked else None, error)
            if is_revoked:
                self._key = self._authorized_since = None
        self._connection.answer(answer)

    def closed(self) -> None:
        """Forget the subscriptions of the connection."""
        self._streams.forget()

    def _is_revoked(self, message: Message, error: ExchangeError) -> bool:
        """Whether the request failed with the session's own key, which is no longer valid."""
        if self._key is None or _names_a_key(message) or error.code != refused().code:
            return False
        current = self._venue.keys.find(self._key.api_key)
        return current is None or current.is_revoked

    def _answer(self, message: Message) -> object:
        own = self._own.get(message.method)
        if own is not None:
            return own(message)
        twin = twin_of(self._api, message.method)
        if twin is None:
            raise ExchangeError(400, -1020, "This operation is not supported.")
        return self._venue.answer(self._incoming(message, *twin))

    def _incoming(self, message: Message, method: str = "WS", path: str = "") -> Incoming:
        session = None if _names_a_key(message) else self._key
        return Incoming(
            method,
            path or message.method,
            {n: v for n, v in message.params.items() if n not in {"apiKey", "signature"}},
            message.payload,
            message.params.get("signature"),
            session.api_key if session else message.params.get("apiKey"),
            self._connection.address,
            transport="ws",
            session=session,
        )

    def _log_on(self, message: Message) -> object:
        for name in ("apiKey", "signature"):
            if not message.params.get(name):
                raise mandatory(name)
        return self._venue.answer_as(self._incoming(message), self._log_on_with)

    def _log_on_with(self, key: RegisteredKey) -> object:
        if key.key_type is not KeyType.ED25519:
            name = "HMAC_SHA256" if key.key_type is KeyType.HMAC else "RSA"
            raise ExchangeError(400, -4056, f"{name} API key is not supported.")
        self._key, self._authorized_since = key, self._venue.now_ms()
        return self._described()

    def _status(self, message: Message) -> object:
        return self._unsigned(message, self._described)

    def _log_out(self, message: Message) -> object:
        def forget() -> object:
            self._key = self._authorized_since = None
            self._streams.end_logged_on()
            return self._described()

        return self._unsigned(message, forget)

    def _subscriptions(self, message: Message) -> object:
        return self._unsigned(message, self._streams.listed)

    def _unsubscribe(self, message: Message) -> object:
        number = message.params.get("subscriptionId")
        return self._unsigned(message, lambda: self._streams.end(number))

    def _unsigned(self, message: Message, act: Callable[[], object]) -> object:
        incoming = self._incoming(message)._replace(api_key=None, session=None)
        return self._venue.answer_openly(incoming, act)

    def _subscribe(self, message: Message) -> object:
        if self._key is None:
            return self._unsigned(message, _refuse_stranger)
        incoming = self._incoming(message._replace(params={}))
        return self._venue.answer_as(incoming, partial(self._streams.open, by_logon=True))

    def _subscribe_by_signature(self, message: Message) -> object:
        for name in ("apiKey", "signature"):
            if not message.params.get(name):
                raise mandatory(name)
        incoming = self._incoming(message)
        return self._venue.answer_as(incoming, partial(self._streams.open, by_logon=False))

    def _subscribe_by_token(self, message: Message) -> object:
        def subscribe() -> object:
            if not message.params.get("listenToken"):
                raise mandatory("listenToken")
            token = self._venue.listen_keys.find(message.params["listenToken"])
            if token is None:
                raise ExchangeError(400, -1209, "Invalid listenToken.")
            return self._streams.open_by_token(token)

        return self._unsigned(message, subscribe)

    def _described(self) -> dict[str, object]:
        return {
            "apiKey": self._key and self._key.api_key,
            "authorizedSince": self._authorized_since,
            "connectedSince": self._connected_since,
            "returnRateLimits": False,
            "serverTime": self._venue.now_ms(),
            "userDataStream": bool(self._streams.listed()),
        }


def _refuse_stranger() -> object:
    raise ExchangeError(401, -1002, "You are not authorized to execute this request.")


def _names_a_key(message: Message) -> bool:
    return "apiKey" in message.params or "signature" in message.params
