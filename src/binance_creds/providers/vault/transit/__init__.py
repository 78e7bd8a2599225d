"""Keys of the Transit engine of HashiCorp Vault and OpenBao, which sign there.

* `signing_key`: the key as a signer; `_versions`: which of its versions signs, and with what.
* `_options`: what a URI may say; `_errors`: what an answer means.
"""

__all__: list[str] = []
