"""From the URI of a push source to what listens to it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, NamedTuple

from binance_creds._uri import SourceURI
from binance_creds.errors import ConfigurationError, ProviderNotInstalledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_creds.providers._announcements import ChangeSource

__all__ = ["change_source_for"]


class _Row(NamedTuple):
    module: str
    kind: str
    requires: tuple[str, ...] = ()
    extra: str | None = None


_BUILT_IN: Final = {
    "pubsub": _Row(
        "providers.google.pubsub", "PubSubAnnouncements", ("google.cloud", "google"), "pubsub"
    ),
    "redis": _Row("live.push.redis", "RedisAnnouncements", ("redis",), "redis"),
    "rediss": _Row("live.push.redis", "RedisAnnouncements", ("redis",), "redis"),
    "signal": _Row("live.push.signals", "SignalAnnouncements"),
    "sqs": _Row("providers.aws.sqs", "SqsAnnouncements", ("boto3", "botocore"), "aws"),
    "storage-queue": _Row(
        "providers.azure.storage_queue", "EventGridAnnouncements", ("azure",), "azure-queue"
    ),
}


def change_source_for(text: str) -> ChangeSource:
    """Build the push source of a URI.

    Raises:
        ConfigurationError: the scheme is unknown, or an option is wrong.
        ProviderNotInstalledError: with the `pip install` line of the missing extra.
    """
    uri = SourceURI.parse(text)
    row = _BUILT_IN.get(uri.scheme)
    if row is None:
        msg = f"no push source has this scheme; there are {', '.join(sorted(_BUILT_IN))}."
        raise ConfigurationError(msg)
    module = None
    try:
        module = importlib.import_module(f"binance_creds.{row.module}")
    except ModuleNotFoundError as error:
        if not any(f"{error.name}.".startswith(f"{name}.") for name in row.requires):
            raise
    if module is None:
        raise ProviderNotInstalledError(
            f"the package that {uri.scheme!r} needs is not installed.",
            source=uri.redacted,
            hint=f"Run: pip install 'binance-creds[{row.extra}]'",
        )
    kind: Callable[[SourceURI], ChangeSource] = getattr(module, row.kind)
    return kind(uri)
