"""Google Cloud KMS: keys that sign and never leave it.

* `key`: a version of a key; its code is in `_key`.
* `_creation`: a key that is made there.
* `_errors`: what may go wrong. Who asks, and where, is decided as for Secret Manager.
"""

__all__: list[str] = []
