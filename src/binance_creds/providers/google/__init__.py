"""Google Cloud: Secret Manager, and Pub/Sub for the announcements of its changes.

* `secret_manager`: the provider; `_secret_name` says which secret, `_client` asks for it,
  `_versions` makes the requests, `_crc32c` checks what came.
* `pubsub`: the push source; `_subscription` says which one, `_pubsub_message` what it says.
* `_login`, `_endpoint`: who asks where; `_answers`, `_errors`: what may go wrong.
"""

__all__: list[str] = []
