"""Binance API credentials from wherever they are kept.

    from binance_creds import load_credentials

    creds = load_credentials("dotenv:.env")
    signature = creds.sign(b"timestamp=1578963600000")

One function over pluggable sources; the store is chosen by configuration, never by code.
"""

from binance_creds import errors
from binance_creds._credentials import Credentials, Verifier
from binance_creds._enums import Environment, KeyType
from binance_creds._late import late
from binance_creds._secret import Secret
from binance_creds._typing import TYPE_CHECKING
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    AccessDeniedError,
    Attempt,
    AuthenticationError,
    ClosedError,
    ConfigurationError,
    ConflictError,
    CredentialsError,
    CredentialsExpiredError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
    ThrottledError,
    VerificationError,
)

if TYPE_CHECKING:
    from binance_creds._api._aload import aload_credentials
    from binance_creds._api._load import load_credentials
    from binance_creds._api._many import load_many
    from binance_creds._api._process_cache import clear_cache
    from binance_creds._api._types import Config, Source
    from binance_creds._config._listing import policies, profile_names
    from binance_creds._credentials_handle import CredentialsHandle
    from binance_creds._explanation import Explanation
    from binance_creds._harden import harden_process
    from binance_creds._refresh_policy import RefreshPolicy
    from binance_creds._version import __version__
    from binance_creds.live import LiveCredentials

__all__ = [
    "AccessDeniedError",
    "Attempt",
    "AuthenticationError",
    "ClosedError",
    "Config",
    "ConfigurationError",
    "ConflictError",
    "Credentials",
    "CredentialsError",
    "CredentialsExpiredError",
    "CredentialsHandle",
    "CredentialsWarning",
    "Environment",
    "Explanation",
    "KeyType",
    "LiveCredentials",
    "MalformedSecretError",
    "ProviderNotInstalledError",
    "ProviderUnavailableError",
    "RefreshPolicy",
    "Secret",
    "SecretDisabledError",
    "SecretNotFoundError",
    "Source",
    "SourceURI",
    "ThrottledError",
    "VerificationError",
    "Verifier",
    "__version__",
    "aload_credentials",
    "clear_cache",
    "errors",
    "harden_process",
    "load_credentials",
    "load_many",
    "policies",
    "profile_names",
]

__getattr__, __dir__ = late(
    __name__,
    {
        "Config": "binance_creds._api._types",
        "CredentialsHandle": "binance_creds._credentials_handle",
        "Explanation": "binance_creds._explanation",
        "LiveCredentials": "binance_creds.live",
        "RefreshPolicy": "binance_creds._refresh_policy",
        "Source": "binance_creds._api._types",
        "__version__": "binance_creds._version",
        "aload_credentials": "binance_creds._api._aload",
        "clear_cache": "binance_creds._api._process_cache",
        "harden_process": "binance_creds._harden",
        "load_credentials": "binance_creds._api._load",
        "load_many": "binance_creds._api._many",
        "policies": "binance_creds._config._listing",
        "profile_names": "binance_creds._config._listing",
    },
)
