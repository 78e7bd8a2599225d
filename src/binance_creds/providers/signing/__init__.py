"""Keys that stay outside: from a signer's URI to what signs there.

* `_schemes`: the schemes, and which of their options count only where they were named.
* `_opened`: build what a URI names, and try it once for each version of its key.
* `_made`: make the key that a URI names, where it will stay.

The keys themselves are each in the folder of their store.
"""

from binance_creds.providers.signing._made import made_key
from binance_creds.providers.signing._opened import SIGNER_SCHEMES, key_of, opened_signer

__all__ = ["SIGNER_SCHEMES", "key_of", "made_key", "opened_signer"]
