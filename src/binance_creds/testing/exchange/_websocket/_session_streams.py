"""The user data subscriptions of one connection to the WebSocket API.

Source: binance-spot-api-docs a5e0bc3d, web-socket-api.md (User Data Stream requests).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from binance_creds.testing.exchange._errors import ExchangeError, refused

if TYPE_CHECKING:
    from binance_creds.testing.exchange._endpoints._symbols import Product
    from binance_creds.testing.exchange._keys import RegisteredKey
    from binance_creds.testing.exchange._streams._listen_keys import ListenKey
    from binance_creds.testing.exchange._streams._user_streams import Event, UserStreams
    from binance_creds.testing.exchange._websocket._connection import Connection

__all__ = ["SessionStreams"]


@dataclass(frozen=True, slots=True, eq=False)
class _Numbered:
    """A subscription whose events carry its number."""

    number: int
    account: str
    product: Product
    api_key: str | None
    connection: Connection
    by_logon: bool = False
    listen_key: ListenKey | None = None

    def deliver(self, event: Event) -> None:
        self.connection.send({"subscriptionId": self.number, "event": event})

    def end(self, now_ms: int) -> None:
        self.deliver({"e": "eventStreamTerminated", "E": now_ms})


class SessionStreams:
    """Open, list and end the subscriptions of a connection."""

    def __init__(self, connection: Connection, streams: UserStreams) -> None:
        self._connection: Final = connection
        self._streams: Final = streams
        self._numbers: Final = count()

    def open(self, key: RegisteredKey, *, by_logon: bool) -> dict[str, object]:
        """Subscribe to the account of a key.

        Raises:
            ExchangeError: -2015, the key may not read; -2035, the account has a subscription on
                this connection.
        """
        if not key.permissions["enableReading"]:
            raise refused()
        number = next(self._numbers)
        self._streams.open(
            _Numbered(number, key.account, "spot", key.api_key, self._connection, by_logon)
        )
        return {"subscriptionId": number}

    def open_by_token(self, token: ListenKey) -> dict[str, object]:
        """Subscribe to the account of a listen token, or extend the subscription by a new one."""
        mine = [s for s in self._mine() if s.listen_key and s.account == token.account]
        if mine:
            self._streams.forget(lambda subscription: subscription in mine)
        number = mine[0].number if mine else next(self._numbers)
        subscription = _Numbered(
            number, token.account, token.product, None, self._connection, listen_key=token
        )
        self._streams.open(subscription)
        self._connection.later(
            token.ends_ms - self._streams.now_ms(),
            lambda: self._streams.end(lambda each: each is subscription),
        )
        return {"subscriptionId": number, "expirationTime": token.ends_ms}

    def listed(self) -> list[dict[str, object]]:
        """Return the open subscriptions as `session.subscriptions` does."""
        return [{"subscriptionId": each.number} for each in self._mine()]

    def end(self, number: str | None) -> dict[str, object]:
        """End one subscription, or all without a number.

        Raises:
            ExchangeError: -2036, there is no such subscription.
        """
        ended = [s for s in self._mine() if number is None or str(s.number) == number]
        if number is not None and not ended:
            raise ExchangeError(400, -2036, "User Data Stream subscription not active.")
        self._streams.end(lambda subscription: subscription in ended)
        return {}

    def end_logged_on(self) -> None:
        """End what `userDataStream.subscribe` opened."""
        ended = [subscription for subscription in self._mine() if subscription.by_logon]
        self._streams.end(lambda subscription: subscription in ended)

    def forget(self) -> None:
        """Stop delivering to a connection that is gone."""
        self._streams.forget(lambda subscription: subscription.connection is self._connection)

    def _mine(self) -> list[_Numbered]:
        return [s for s in self._streams.of(self._connection) if isinstance(s, _Numbered)]
