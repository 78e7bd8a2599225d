"""Azure: Key Vault's secrets and keys, and Storage Queues for the announcements of changes.

* `key_vault`: the provider, in `_key_vault`; `_vault_name` reads its source, `_client` keeps the
  SDK's client and says what its login may do, `_versions` reads, `_writing` writes.
* `storage_queue`: the push source, in `_storage_queue`.
* `keys`: keys that sign and never leave the vault.
* `_login`: what a source says of its login; `_credentials` builds it, `_transport` carries it.
* `_login_errors`, `_errors`: what may go wrong.
"""

__all__: list[str] = []
