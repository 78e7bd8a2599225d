"""The one cache of the process."""

from __future__ import annotations

from binance_creds._cache import Cache
from binance_creds._chain import load_plan
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

__all__ = ["CACHE", "clear_cache"]

CACHE: Final = Cache(load_plan)


def clear_cache() -> None:
    """Forget all cached credentials; the next call of each reads its source again.

    Logins to stores stay: some, such as by a wrapped secret id of Vault, can be made only once.
    """
    CACHE.clear()
