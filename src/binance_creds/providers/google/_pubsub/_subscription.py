"""Which Pub/Sub subscription a source names, a client for it, and what goes wrong with both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import google.pubsub_v1 as pubsub  # `from` would hide that it is absent
from google.api_core import exceptions
from google.pubsub_v1.services.subscriber import transports

from binance_creds.errors import AccessDeniedError, ConfigurationError
from binance_creds.providers.google._endpoint import PROJECT, Endpoint, channel_of, endpoint_of
from binance_creds.providers.google._errors import PERIMETER, table_of
from binance_creds.providers.google._login import NO_LOGIN_SERVER
from binance_creds.providers.remote._call import ATTEMPT_SECONDS, CONNECT_SECONDS
from binance_creds.providers.remote._error_row import ErrorRow

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI

__all__ = ["MESSAGES", "Subscription", "client_of", "subscription_of"]

_SUBSCRIPTION: Final = r"(?P<subscription>[A-Za-z][A-Za-z0-9._~+%-]{2,254})"  # resource names
_SHORT: Final = re.compile(f"{PROJECT}/{_SUBSCRIPTION}")
_FULL: Final = re.compile(f"projects/{PROJECT}/subscriptions/{_SUBSCRIPTION}")
_CHANNEL: Final = (
    ("grpc.use_local_subchannel_pool", 1),  # else a broken connection outlives its channel
    ("grpc.max_receive_message_length", -1),  # what is refused here would come again for ever
    ("grpc.min_reconnect_backoff_ms", int(CONNECT_SECONDS * 1000)),  # it bounds a connect as well
    ("grpc.keepalive_time_ms", 30_000),  # as in Google's own client: finds a connection that died
    ("grpc.keepalive_timeout_ms", int(ATTEMPT_SECONDS * 1000)),
)


class Subscription(NamedTuple):
    """Its full name, and where it is asked for."""

    name: str
    endpoint: Endpoint


def subscription_of(uri: SourceURI) -> Subscription:
    """Return what a source says.

    Raises:
        ConfigurationError: no subscription, or options that do not fit.
    """
    found = _FULL.fullmatch(uri.location) or _SHORT.fullmatch(uri.location)
    if found is None:
        msg = "the location is a project and a subscription, such as pubsub://my-project/bot."
        raise ConfigurationError(msg, source=uri.redacted)
    name = f"projects/{found['project']}/subscriptions/{found['subscription']}"
    return Subscription(name, endpoint_of(uri))


def client_of(subscription: Subscription, universe: str) -> Any:
    """Return a client without credentials: they are in the headers."""
    endpoint = subscription.endpoint
    host = endpoint.host or f"pubsub.{universe}"
    channel = channel_of(host, is_plain=endpoint.is_plain, options=_CHANNEL)
    transport = transports.SubscriberGrpcTransport(host=host, channel=channel)
    return pubsub.SubscriberClient(transport=transport)


# None is "not found": that says that the secret itself is gone.
MESSAGES: Final = table_of(
    {
        # The subscription was never made, was deleted, or expired after 31 days without a reader.
        exceptions.NotFound: ErrorRow(
            ConfigurationError,
            "there is no such subscription in this project.",
            "Check both names; an idle one expires: gcloud pubsub subscriptions create ...",
        ),
        exceptions.Forbidden: (
            # The API was never used in this project.
            ErrorRow(
                ConfigurationError,
                "the Pub/Sub API is off in this project.",
                "Run: gcloud services enable pubsub.googleapis.com",
                says="SERVICE_DISABLED",
            ),
            PERIMETER,
            # No grant on the subscription; without one also an absent subscription is denied.
            ErrorRow(
                AccessDeniedError,
                "this identity may not read the subscription.",
                "Grant it roles/pubsub.subscriber on the subscription.",
            ),
        ),
        # It is a push subscription, or its topic is gone (FAILED_PRECONDITION, INVALID_ARGUMENT).
        exceptions.BadRequest: ErrorRow(
            ConfigurationError,
            "this subscription cannot be pulled from.",
            "Check that it is a pull subscription and that its topic exists.",
        ),
        # requests, which logs in: refused, reset, timed out, no such host.
        OSError: NO_LOGIN_SERVER,
    },
    store="Pub/Sub",
    address="the option 'endpoint'",
)
