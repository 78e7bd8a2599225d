"""Binance API credentials from wherever they are kept.

    from binance_creds import load_credentials

    creds = load_credentials("dotenv:.env")
    signature = creds.sign(b"timestamp=1578963600000")

One function over pluggable sources; the store is chosen by configuration, never by code.
"""

from typing import TYPE_CHECKING

from binance_creds._api._load import load_credentials
from binance_creds._api._process_cache import clear_cache
from binance_creds._credentials import Credentials, CredentialsHandle
from binance_creds._enums import Environment, KeyType
from binance_creds._secret import Secret
from binance_creds._uri import SourceURI
from binance_creds._version import __version__
from binance_creds.errors import CredentialsError

if TYPE_CHECKING:
    from binance_creds._api._aload import aload_credentials
    from binance_creds._api._many import load_many
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds.live import LiveCredentials

__all__ = [
    "Credentials",
    "CredentialsError",
    "CredentialsHandle",
    "Environment",
    "KeyType",
    "LiveCredentials",
    "RefreshPolicy",
    "Secret",
    "SourceURI",
    "__version__",
    "aload_credentials",
    "clear_cache",
    "load_credentials",
    "load_many",
]

_LATE = {
    "LiveCredentials": "binance_creds.live",
    "RefreshPolicy": "binance_creds._refresh_policy",
    "aload_credentials": "binance_creds._api._aload",
    "load_many": "binance_creds._api._many",
}


def __getattr__(name: str) -> object:
    """Import what a plain load does not need when it is asked for: it stays quick."""
    if name not in _LATE:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415  # as the docstring says

    return getattr(import_module(_LATE[name]), name)


def __dir__() -> list[str]:
    """List these names too."""
    return sorted({*globals(), *_LATE})
