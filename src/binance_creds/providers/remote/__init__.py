"""What all stores behind a network share.

* `_call`: one bounded call; `_retries`: when it is repeated; `_error_row`: what an error means.
* `_client_pool`: clients that several providers share.
* `_payload`: what a store holds, as text.
* `_quiet`: silence for what SDKs log.
"""

__all__: list[str] = []
