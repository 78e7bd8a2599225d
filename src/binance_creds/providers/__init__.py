"""What the author of a provider needs.

Publish a callable that takes a `SourceURI` and gives a `Provider` as an entry point of the group
`binance_creds.providers`, named after the scheme:

    [project.entry-points."binance_creds.providers"]
    myscheme = "my_package:MyProvider"

`binance_creds.testing.ProviderContract` holds the laws that such a provider must obey, and
`StoreContract` those of one that can be written.

`provider_for` opens the provider of a source; what it can do besides reading is found with
`isinstance`: `Store`, `PreviousVersion`, `Diagnose` and the others.
"""

from binance_creds._late import late
from binance_creds._raw import RawSecret, Unchanged
from binance_creds._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from binance_creds._time._deadline import Deadline
    from binance_creds._uri import SourceURI
    from binance_creds.providers._protocols import (
        BatchFetch,
        Diagnose,
        Diagnosis,
        Erase,
        LoggedIn,
        Pinned,
        PreviousVersion,
        Probe,
        Provider,
        Store,
        StoreCheck,
        Version,
        VersionFetch,
    )
    from binance_creds.providers._registry import provider_for

__all__ = [
    "BatchFetch",
    "Deadline",
    "Diagnose",
    "Diagnosis",
    "Erase",
    "LoggedIn",
    "Pinned",
    "PreviousVersion",
    "Probe",
    "Provider",
    "RawSecret",
    "SourceURI",
    "Store",
    "StoreCheck",
    "Unchanged",
    "Version",
    "VersionFetch",
    "provider_for",
]

__getattr__, __dir__ = late(
    __name__,
    {
        "BatchFetch": "binance_creds.providers._protocols",
        "Deadline": "binance_creds._time._deadline",
        "Diagnose": "binance_creds.providers._protocols",
        "Diagnosis": "binance_creds.providers._protocols",
        "Erase": "binance_creds.providers._protocols",
        "LoggedIn": "binance_creds.providers._protocols",
        "Pinned": "binance_creds.providers._protocols",
        "PreviousVersion": "binance_creds.providers._protocols",
        "Probe": "binance_creds.providers._protocols",
        "Provider": "binance_creds.providers._protocols",
        "RawSecret": "binance_creds._raw",
        "SourceURI": "binance_creds._uri",
        "Store": "binance_creds.providers._protocols",
        "StoreCheck": "binance_creds.providers._protocols",
        "Unchanged": "binance_creds._raw",
        "Version": "binance_creds.providers._protocols",
        "VersionFetch": "binance_creds.providers._protocols",
        "provider_for": "binance_creds.providers._registry",
    },
)
