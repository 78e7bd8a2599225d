"""The keychain of the operating system.

* `keyring`: the provider.
* `_items`, `_policy`: which items hold a credential, and which back ends may be used.
* `_secret_service`: the keychain of a Linux desktop.
* `_errors`: from its errors to ours.
"""

__all__: list[str] = []
