"""What the author of a provider needs.

Publish a callable that takes a `SourceURI` and gives a `Provider` as an entry point of the group
`binance_creds.providers`, named after the scheme:

    [project.entry-points."binance_creds.providers"]
    myscheme = "my_package:MyProvider"

`binance_creds.testing.ProviderContract` holds the laws that such a provider must obey.
"""

from binance_creds._raw import RawSecret, Unchanged
from binance_creds._time._deadline import Deadline
from binance_creds._uri import SourceURI
from binance_creds.providers._protocols import (
    BatchFetch,
    Diagnose,
    Diagnosis,
    LoggedIn,
    Pinned,
    PreviousVersion,
    Probe,
    Provider,
    Store,
    Version,
    VersionFetch,
)

__all__ = [
    "BatchFetch",
    "Deadline",
    "Diagnose",
    "Diagnosis",
    "LoggedIn",
    "Pinned",
    "PreviousVersion",
    "Probe",
    "Provider",
    "RawSecret",
    "SourceURI",
    "Store",
    "Unchanged",
    "Version",
    "VersionFetch",
]
