"""`load_credentials` and its siblings.

* `_load`, `_aload`: the one function, blocking and awaitable.
* `_many`: many at once.
* `_plans`: from arguments to a plan.
* `_process_cache`: what they share.
* `_live`: what `live` and `verify` add.
"""

from binance_creds._api._aload import aload_credentials
from binance_creds._api._load import load_credentials
from binance_creds._api._many import load_many
from binance_creds._api._process_cache import clear_cache

__all__ = ["aload_credentials", "clear_cache", "load_credentials", "load_many"]
