"""A connection to streams by name: listen keys, and market streams, which stay silent.

Source: binance-spot-api-docs a5e0bc3d, web-socket-streams.md (Live Subscribing/Unsubscribing);
developers.binance.com, USD-M futures, User Data Streams (Connect, listenKeyExpired).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._symbols import Product
    from binance_creds.testing.exchange._streams._listen_keys import ListenKey
    from binance_creds.testing.exchange._streams._user_streams import Event
    from binance_creds.testing.exchange._websocket._connection import Connection
    from binance_creds.testing.exchange._websocket._venue import Venue

__all__ = ["NamedStreams", "names_in"]

_PATH: Final = re.compile(
    r"(/(private|public|market|pm))?/(?P<kind>ws|stream)(/(?P<names>[^?]*))?(\?(?P<query>.*))?"
)


def names_in(target: str) -> list[str] | None:
    """Return the streams that a path and query name, or `None` if it is no path of streams."""
    found = _PATH.fullmatch(target)
    if found is None:
        return None
    query = parse_qs(found["query"] or "")
    named = [found["names"] or "", *query.get("streams", []), *query.get("listenKey", [])]
    return [unquote(name) for each in named for name in each.split("/") if name]


@dataclass(frozen=True, slots=True, eq=False)
class _Keyed:
    """A subscription by listen key; the connection ends with it."""

    listen_key: ListenKey
    connection: Connection
    is_combined: bool

    @property
    def account(self) -> str:
        return self.listen_key.account

    @property
    def product(self) -> Product:
        return self.listen_key.product

    @property
    def api_key(self) -> str | None:
        return None  # the listen key knows who holds it

    def deliver(self, event: Event) -> None:
        wrapped = {"stream": self.listen_key.value, "data": event}
        self.connection.send(wrapped if self.is_combined else event)

    def end(self, now_ms: int) -> None:
        name = self.listen_key.value
        self.deliver({"e": "listenKeyExpired", "E": now_ms, "listenKey": name})
        self.connection.end()


class NamedStreams:
    """Deliver to the listen keys that are named, and answer `SUBSCRIBE` and its like."""

    def __init__(self, target: str, connection: Connection, venue: Venue) -> None:
        self._connection: Final = connection
        self._streams: Final = venue.streams
        self._listen_keys: Final = venue.listen_keys
        self._is_combined: Final = "/stream" in target.partition("?")[0]
        self._names: list[str] = []
        self._acts: Final[dict[object, Callable[[list[str]], object]]] = {
            "SUBSCRIBE": self._subscribe,
            "UNSUBSCRIBE": self._unsubscribe,
            "LIST_SUBSCRIPTIONS": lambda _: self._names,
        }
        self._subscribe(names_in(target) or [])

    def hear(self, text: str) -> None:
        """Answer a message."""
        self._connection.answer(self._answer(text))

    def closed(self) -> None:
        """Forget the subscriptions of the connection."""
        self._streams.forget(lambda subscription: subscription.connection is self._connection)

    def _answer(self, text: str) -> object:
        try:
            message = json.loads(text)
        except ValueError:
            return {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}
        method = message.get("method")
        act = self._acts.get(method)
        if act is None:
            return {"code": 2, "msg": f"Invalid request: unknown variant `{method}`"}
        return {"result": act(message.get("params", [])), "id": message.get("id")}

    def _subscribe(self, names: list[str]) -> None:
        for name in names:
            if name in self._names:
                continue
            self._names.append(name)
            listen_key = self._listen_keys.find(name)
            if listen_key is not None:
                self._streams.open(_Keyed(listen_key, self._connection, self._is_combined))

    def _unsubscribe(self, names: list[str]) -> None:
        self._names = [name for name in self._names if name not in names]
        self._streams.forget(
            lambda s: (
                s.connection is self._connection
                and isinstance(s, _Keyed)
                and s.listen_key.value in names
            )
        )
