"""Azure Key Vault's keys, which sign and never leave the vault.

* `key`: a key by its vault and name; its code is in `_key`.
* `_creation`: a key that is made there.
* `_client` keeps the SDK's client; `_errors`: what may go wrong. Who asks is decided as for
  secrets.
"""

__all__: list[str] = []
