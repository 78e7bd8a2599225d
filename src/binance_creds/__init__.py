"""Binance API credentials from wherever they are kept.

    from binance_creds import load_credentials

    creds = load_credentials("dotenv:.env")
    signature = creds.sign(b"timestamp=1578963600000")

One function over pluggable sources; the store is chosen by configuration, never by code.
"""

from binance_creds._api import aload_credentials, clear_cache, load_credentials, load_many
from binance_creds._credentials import Credentials, CredentialsHandle
from binance_creds._enums import Environment, KeyType
from binance_creds._secret import Secret
from binance_creds._uri import SourceURI
from binance_creds._version import __version__
from binance_creds.errors import CredentialsError

__all__ = [
    "Credentials",
    "CredentialsError",
    "CredentialsHandle",
    "Environment",
    "KeyType",
    "Secret",
    "SourceURI",
    "__version__",
    "aload_credentials",
    "clear_cache",
    "load_credentials",
    "load_many",
]
