"""What all stores behind a network share.

* `_call`: one bounded call; `_retries`: when it is repeated.
* `_errors`: what an error means, by the rows of `_error_row` and those of the store.
* `_provider`: what all providers do besides reading.
* `_client_pool`: clients that several providers share.
* `_payload`: what a store holds, as text.
* `_quiet`: silence for what SDKs log.
"""

__all__: list[str] = []
