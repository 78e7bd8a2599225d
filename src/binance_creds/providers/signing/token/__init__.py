"""Keys in a token with a PKCS#11 module: an HSM, a TPM, a smart card.

* `pkcs11`: the key.
* `_module`: one module of this process, and what is open of it; `_restart` starts it anew.
* `_search`: which token and which key a URI names; `_public_half` gives what is registered.
* `_creation`: a key that is made there.
* `_pin`, `_terminal`: where the PIN comes from, and that a refused one is not tried again.
* `_path`: which module.
* `_errors`: from its errors to ours.
"""

__all__: list[str] = []
