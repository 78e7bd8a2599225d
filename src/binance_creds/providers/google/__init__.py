"""Google Cloud: Secret Manager, and Pub/Sub for the announcements of its changes.

* `secret_manager`: the provider; `_secret_name` says which secret, `_crc32c` checks what came.
* `pubsub`: the push source; `_pubsub_message` reads what it says.
* `_login`, `_errors`: what both share.
"""

__all__: list[str] = []
