"""Keys that stay outside: from a signer's URI to what signs there.

* `_schemes`: the schemes, and which of their options count only where they were named.
* `_opened`: build what a URI names, and try it once for each version of its key.

The keys themselves are each in the folder of their store.
"""

from binance_creds.providers.signing._opened import has_newer_version, opened_signer

__all__ = ["has_newer_version", "opened_signer"]
