"""Azure: Key Vault, and Storage Queues for the announcements of its changes.

* `key_vault`: the provider, in `_key_vault`; `_vault_name` reads its source, `_client` keeps the
  SDK's client, `_versions` reads, `_writing` writes, `_diagnosis` says who asks.
* `storage_queue`: the push source, in `_storage_queue`.
* `_login`: what a source says of its login; `_credentials` builds it, `_transport` carries it.
* `_login_errors`, `_errors`: what may go wrong.
"""

__all__: list[str] = []
