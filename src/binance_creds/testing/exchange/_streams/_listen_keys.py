"""Listen keys and listen tokens: names of user data streams that REST gives out.

Source: developers.binance.com, USD-M futures, User Data Streams (Start, Keepalive, Close);
Margin Trading, Listen Token Websocket API.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from binance_creds.testing._tokens import new_token
from binance_creds.testing.exchange._errors import ExchangeError, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.testing.exchange._endpoints._symbols import Product
    from binance_creds.testing.exchange._keys import RegisteredKey

__all__ = ["ListenKey", "ListenKeys"]

_VALID_MS: Final = 60 * 60 * 1000
_TOKEN_VALID_MS: Final = 24 * 60 * 60 * 1000


@dataclass(slots=True)
class ListenKey:
    """The name of a stream.

    Attributes:
        value: the name.
        account: whose events it has.
        product: of which kind.
        ends_ms: until when it is valid.
        holders: the API keys that have asked for it; it ends when the last of them is revoked.
    """

    value: str
    account: str
    product: Product
    ends_ms: int
    holders: set[str] = field(default_factory=set)


class ListenKeys:
    """Give out, extend and end listen keys and tokens. Threads may share it.

    An account has one listen key for each product, which every API key of the account gets.

    Args:
        now_ms: what the exchange's clock shows.
        is_revoked: whether an API key is revoked; asked under the lock.
        on_end: called with each listen key that ends before its time.
    """

    def __init__(
        self,
        now_ms: Callable[[], int],
        is_revoked: Callable[[str], bool],
        on_end: Callable[[ListenKey], object],
    ) -> None:
        self._now_ms: Final = now_ms
        self._is_revoked: Final = is_revoked
        self._on_end: Final = on_end
        self._lock: Final = threading.Lock()  # guards _keys
        self._keys: dict[str, ListenKey] = {}

    def start(self, key: RegisteredKey, product: Product) -> ListenKey:
        """Return the listen key of an account, and extend it by 60 minutes."""
        with self._lock:
            found = self._of(key.account, product)
            if found is None:
                found = ListenKey(new_token(), key.account, product, 0)
                self._keys[found.value] = found
            return self._extend(found, key)

    def keep_alive(self, key: RegisteredKey, product: Product) -> ListenKey:
        """Extend the listen key of an account by 60 minutes.

        Raises:
            ExchangeError: -1125, it has none.
        """
        with self._lock:
            return self._extend(self._need(key.account, product), key)

    def close(self, key: RegisteredKey, product: Product) -> None:
        """End the listen key of an account.

        Raises:
            ExchangeError: -1125, it has none.
        """
        with self._lock:
            ended = self._need(key.account, product)
        self._end([ended])

    def issue_token(self, key: RegisteredKey, validity_ms: int = _TOKEN_VALID_MS) -> ListenKey:
        """Return a new listen token for the margin account of a key."""
        ends_ms = self._now_ms() + min(validity_ms, _TOKEN_VALID_MS)
        token = ListenKey(new_token(), key.account, "margin", ends_ms, {key.api_key})
        with self._lock:
            self._keys[token.value] = token
        return token

    def find(self, value: str) -> ListenKey | None:
        """Return a listen key or token that is valid, or `None`."""
        with self._lock:
            found = self._keys.get(value)
            return found if found and found.ends_ms > self._now_ms() else None

    def revoke(self, api_key: str) -> None:
        """End what a revoked API key was the last to hold."""
        with self._lock:
            held = [each for each in self._keys.values() if api_key in each.holders]
            for each in held:
                each.holders.discard(api_key)
        self._end([each for each in held if not each.holders])

    def end_all(self, account: str) -> None:
        """End the listen keys of an account."""
        with self._lock:
            ended = [each for each in self._keys.values() if each.account == account]
        self._end(ended)

    def _of(self, account: str, product: Product) -> ListenKey | None:
        valid = (k for k in self._keys.values() if k.ends_ms > self._now_ms())
        return next((k for k in valid if (k.account, k.product) == (account, product)), None)

    def _need(self, account: str, product: Product) -> ListenKey:
        found = self._of(account, product)
        if found is None:
            raise ExchangeError(400, -1125, "This listenKey does not exist.")
        return found

    def _extend(self, found: ListenKey, key: RegisteredKey) -> ListenKey:
        if self._is_revoked(key.api_key):
            raise refused()
        found.holders.add(key.api_key)
        found.ends_ms = self._now_ms() + _VALID_MS
        return found

    def _end(self, ended: list[ListenKey]) -> None:
        with self._lock:
            for each in ended:
                self._keys.pop(each.value, None)
        for each in ended:
            self._on_end(each)
