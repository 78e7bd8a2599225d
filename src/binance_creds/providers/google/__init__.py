"""Google Cloud: Secret Manager, Pub/Sub for the announcements of its changes, and KMS.

* `secret_manager`: the provider; `_secret_name` says which secret, `_client` asks for it,
  `_versions` makes the requests, `_crc32c` checks what came.
* `pubsub`: the push source; its code is in `_pubsub`.
* `kms`: keys that sign and never leave it.
* `_login`, `_endpoint`, `_transport`: who asks where, and how.
* `_answers`, `_errors`: what may go wrong.
"""

__all__: list[str] = []
