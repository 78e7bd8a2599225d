"""From the URI of a push source to what listens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError
from binance_creds.providers._registry import built

if TYPE_CHECKING:
    from binance_creds.providers._announcements import ChangeSource

__all__ = ["change_source_for"]

_REDIS: Final = "live.push.redis:RedisAnnouncements"
BUILT_IN: Final = {
    "pubsub": "providers.google.pubsub:PubSubAnnouncements",
    "redis": _REDIS,
    "rediss": _REDIS,
    "signal": "live.push.signals:SignalAnnouncements",
    "sqs": "providers.aws.sqs:SqsAnnouncements",
    "storage-queue": "providers.azure.storage_queue:EventGridAnnouncements",
}


def change_source_for(text: str) -> ChangeSource:
    """Build the push source of a URI.

    Raises:
        ConfigurationError: the scheme is unknown, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    uri = SourceURI.parse(text)
    row = BUILT_IN.get(uri.scheme)
    if row is None:
        msg = f"no push source has this scheme; there are {', '.join(sorted(BUILT_IN))}."
        raise ConfigurationError(msg)
    source: ChangeSource = built(row, uri)
    return source
