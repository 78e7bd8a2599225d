"""AWS KMS: keys that sign and never leave it.

* `key`: a key by its id, alias or ARN; its code is in `_key`.
* `_creation`: a key that is made there, under an alias.
* `_errors`: what may go wrong. Who asks, and where, is decided as for Secrets Manager.
"""

__all__: list[str] = []
