"""Azure: Key Vault, and Storage Queue for the announcements of its changes.

* `key_vault`: the provider; `_vault_name` says which vault and secret.
* `storage_queue`: the push source; `_queue_name` says which queue, `_queue_message` what it says.
* `_login`, `_login_errors`, `_errors`: what both share.
"""

__all__: list[str] = []
