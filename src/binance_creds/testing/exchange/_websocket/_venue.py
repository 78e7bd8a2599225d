"""What a WebSocket session needs of the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._incoming import Incoming
    from binance_creds.testing.exchange._keys import KeyRing, RegisteredKey
    from binance_creds.testing.exchange._streams._listen_keys import ListenKeys
    from binance_creds.testing.exchange._streams._user_streams import UserStreams

    Act = Callable[[RegisteredKey], object]

__all__ = ["Venue"]


class Venue(NamedTuple):
    """The exchange as a session sees it.

    Attributes:
        keys: all keys.
        streams: who listens to which account.
        listen_keys: the names of streams that REST gave out.
        now_ms: what its clock shows.
        answer: answers a request that has a twin in REST, and records it.
        answer_as: records a request and answers it with a function of the key that it proves.
        answer_openly: records a request that proves no key, and answers it with a function.
        check_running: raises `RuntimeError` unless the exchange is running.
    """

    keys: KeyRing
    streams: UserStreams
    listen_keys: ListenKeys
    now_ms: Callable[[], int]
    answer: Callable[[Incoming], object]
    answer_as: Callable[[Incoming, Act], object]
    answer_openly: Callable[[Incoming, Callable[[], object]], object]
    check_running: Callable[[], object]
