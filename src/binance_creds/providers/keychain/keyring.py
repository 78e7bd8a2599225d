"""`keyring://SERVICE[/ACCOUNT]`: the keychain of the operating system.

Three layouts: one item with the whole credential (`keyring://binance/main`), one item a field
(`keyring://binance`), and the habit of macOS's `security` (`keyring://binance?layout=security`).
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.providers.keychain._keyring import KeyringProvider

__all__ = ["KeyringProvider"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="keychain")
