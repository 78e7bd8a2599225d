"""The one cache of the process."""

from __future__ import annotations

from typing import Final

from binance_creds._cache import Cache
from binance_creds._chain import load_plan

__all__ = ["CACHE", "clear_cache"]

CACHE: Final = Cache(load_plan)


def clear_cache() -> None:
    """Forget all cached credentials; the next call of each reads its source again.

    Logins to stores stay: some, such as by a wrapped secret id of Vault, can be made only once.
    """
    CACHE.clear()
